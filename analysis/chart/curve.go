package chart

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// look is how a series is drawn, after its role and its own settings are
// resolved.
type look struct {
	color, dash, marker string
	marks               Marks
	alpha               float64
	band, hollow        bool
}

func (s Series) look(style Style) look {
	role := style.Roles[s.Role]
	l := look{color: role.Color, dash: role.Dash, marker: role.Marker, marks: s.Marks, alpha: s.Alpha, band: len(s.Lo) > 0, hollow: s.Hollow}
	if s.Dash != "" {
		l.dash = s.Dash
	}
	if s.Marker != "" {
		l.marker = s.Marker
	}
	if l.marker == "" {
		l.marker = "circle"
	}
	if l.alpha == 0 {
		l.alpha = 1
	}
	return l
}

// partial reports whether a value is based on fewer runs than expected.
func (s Series) partial(i int) bool {
	return len(s.N) > 0 && len(s.Expected) > 0 && s.N[i] < s.Expected[i]
}

// line returns the line style; alpha is the opacity.
func (l look) line(style Style) draw.LineStyle {
	width := vg.Length(style.LineWidth)
	return draw.LineStyle{Color: withAlpha(mustColor(l.color), l.alpha), Width: width, Dashes: dashPattern(l.dash, width)}
}

// drawMarker draws one marker. An opaque marker has a thin white edge, which
// keeps markers apart where series cross.
func (l look) drawMarker(c *draw.Canvas, style Style, at vg.Point) {
	outline := markers[l.marker](at, vg.Length(style.MarkerSize/2))
	if l.hollow {
		// An outline is as large as a filled marker and has the line of the
		// series as its edge.
		c.SetColor(color.White)
		c.Fill(outline)
		edge := draw.LineStyle{Color: withAlpha(mustColor(l.color), l.alpha), Width: vg.Length(0.8 * style.LineWidth)}
		c.SetLineStyle(edge)
		c.Stroke(markers[l.marker](at, vg.Length(style.MarkerSize/2-0.4*style.LineWidth)))
		return
	}
	if l.alpha == 1 {
		c.SetLineStyle(draw.LineStyle{Color: color.White, Width: vg.Length(style.LineWidth)})
		c.Stroke(outline)
	}
	c.SetColor(withAlpha(mustColor(l.color), l.alpha))
	c.Fill(outline)
}

// curve is a series in drawing coordinates, split at its gaps.
type curve struct {
	series Series
	pieces []piece
}

// piece is a stretch of values without a gap. If there is no interval, lo and
// hi are those of the value itself.
type piece struct {
	at, lo, hi []vg.Point
	index      []int // indices of the values
}

func newCurve(s Series, x, y func(float64) vg.Length) curve {
	c := curve{series: s}
	open := false
	for i, v := range s.Y {
		if !finite(v) {
			open = false
			continue
		}
		if !open {
			c.pieces = append(c.pieces, piece{})
			open = true
		}
		lo, hi := v, v
		if len(s.Lo) > 0 && !math.IsNaN(s.Lo[i]) && !math.IsNaN(s.Hi[i]) {
			lo, hi = s.Lo[i], s.Hi[i]
		}
		last := &c.pieces[len(c.pieces)-1]
		last.at = append(last.at, vg.Point{X: x(s.X[i]), Y: y(v)})
		last.index = append(last.index, i)
		at := last.at[len(last.at)-1].X
		last.lo = append(last.lo, vg.Point{X: at, Y: y(lo)})
		last.hi = append(last.hi, vg.Point{X: at, Y: y(hi)})
	}
	return c
}

// drawBand fills the area between the ends. A single value has no area and gets
// a bar.
func (k curve) drawBand(c *draw.Canvas, style Style) {
	l := k.series.look(style)
	if !l.band {
		return
	}
	for _, p := range k.pieces {
		if len(p.at) == 1 {
			bar := draw.LineStyle{Color: mustColor(l.color), Width: vg.Length(0.7 * style.LineWidth)}
			c.StrokeLines(bar, c.ClipLinesXY([]vg.Point{p.lo[0], p.hi[0]})...)
			continue
		}
		outline := make([]vg.Point, 0, 2*len(p.at))
		outline = append(outline, p.hi...)
		for i := len(p.lo) - 1; i >= 0; i-- {
			outline = append(outline, p.lo[i])
		}
		c.FillPolygon(withAlpha(mustColor(l.color), style.BandAlpha), c.ClipPolygonXY(outline))
	}
}

func (k curve) drawLine(c *draw.Canvas, style Style) {
	l := k.series.look(style)
	if l.marks == Points {
		return
	}
	line := l.line(style)
	for _, p := range k.pieces {
		c.StrokeLines(line, c.ClipLinesXY(p.at)...)
	}
}

// drawMarkers draws the markers within the axes. On a line with sparse markers
// the first one is placed a share phase of the gap after the start, so that
// series that overlap show their markers in turn.
func (k curve) drawMarkers(c *draw.Canvas, style Style, phase float64) {
	l := k.series.look(style)
	next := vg.Length(phase * markerGap)
	var walked vg.Length
	var previous vg.Point
	for i, p := range k.pieces {
		for j, at := range p.at {
			if i+j > 0 {
				walked += vg.Length(math.Abs(float64(at.X - previous.X)))
			}
			previous = at
			alone := len(p.at) == 1
			switch {
			case !c.Contains(at):
				continue
			case l.marks == LineOnly && !alone:
				continue
			case l.marks == LineMarks && !alone:
				if walked < next-1e-6 || !inside(c, at, vg.Length(style.MarkerSize/2)) {
					continue
				}
				for next <= walked+1e-6 {
					next += markerGap
				}
			}
			marker := l
			marker.hollow = l.hollow || k.series.partial(p.index[j])
			marker.drawMarker(c, style, at)
		}
	}
}

// inside reports whether a whole marker at a point is within the frame.
func inside(c *draw.Canvas, at vg.Point, radius vg.Length) bool {
	return at.X-radius >= c.Min.X && at.X+radius <= c.Max.X && at.Y-radius >= c.Min.Y && at.Y+radius <= c.Max.Y
}
