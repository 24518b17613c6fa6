package chart

import (
	"cmp"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// frameWidth is the width of the frame and the ticks, in points.
const frameWidth = 0.6

// markerGap is the smallest distance between two markers of a [LineMarks]
// series, in points.
const markerGap = 22

// runAlpha is the opacity of the lines and dots of single runs.
const runAlpha = 0.6

// contents draws the inside of a panel's axes. It is a plot.Plotter.
type contents struct {
	panel Panel
	style Style
	x, y  []plot.Tick // as places on their scales

	// The diagonal runs from the lowest to the highest limit of the axes.
	low, high float64
}

// Plot draws from back to front: grid, rules, bands, lines, markers, frame.
func (d contents) Plot(c draw.Canvas, p *plot.Plot) {
	alongX, alongY := p.Transforms(&c)
	d.grid(&c, alongX, alongY)
	x := d.panel.X.Scale.mapping(span{p.X.Min, p.X.Max}, alongX)
	y := d.panel.Y.Scale.mapping(span{p.Y.Min, p.Y.Max}, alongY)
	if d.panel.Heat != nil {
		d.panel.Heat.draw(&c, x, y)
	}
	for _, r := range d.panel.Rules {
		d.rule(&c, r, x, y)
	}
	if why := d.panel.blank(span{p.X.Min, p.X.Max}, span{p.Y.Min, p.Y.Max}); why != "" {
		t := textStyle(d.style, d.style.TickSize)
		t.XAlign = draw.XCenter
		drawText(&c, t, c.Center(), why)
	}
	curves := make([]curve, len(d.panel.Series))
	for i, s := range d.panel.Series {
		curves[i] = newCurve(s, x, y)
		curves[i].drawBand(&c, d.style)
	}
	for i := range curves {
		curves[i].drawRuns(&c, d.style, x, y)
	}
	for i := range curves {
		curves[i].drawLine(&c, d.style)
	}
	for i := range curves {
		curves[i].drawMarkers(&c, d.style, float64(i)/float64(len(curves)))
	}
	for i := range curves {
		curves[i].drawExits(&c, d.style)
	}
	frame := draw.LineStyle{Color: mustColor(d.style.Ink), Width: frameWidth}
	c.StrokeLines(frame, []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}, c.Min, {X: c.Max.X, Y: c.Min.Y}})
}

// blank says why the panel shows nothing within the limits, which are on its
// scales. It is empty if the panel shows something.
func (p Panel) blank(x, y span) string {
	why := cmp.Or(p.Blank, "no finite values")
	if p.Heat != nil {
		for _, line := range p.Heat.Values {
			if slices.ContainsFunc(line, finite) {
				return ""
			}
		}
		return why
	}
	for _, s := range p.Series {
		alongX, alongY := emptySpan, emptySpan // spans of the values, because a line may cross the panel between two values outside
		for i := range s.Y {
			if !finite(s.Y[i]) {
				continue
			}
			why = "no values in this range"
			vx, vy := p.X.Scale.at(s.X[i]), p.Y.Scale.at(s.Y[i])
			inside := vx >= x.lo && vx <= x.hi && vy >= y.lo && vy <= y.hi
			if inside {
				return ""
			}
			if s.Marks != Points {
				alongX, alongY = span{min(alongX.lo, vx), max(alongX.hi, vx)}, span{min(alongY.lo, vy), max(alongY.hi, vy)}
			}
		}
		if alongX.lo <= x.hi && alongX.hi >= x.lo && alongY.lo <= y.hi && alongY.hi >= y.lo {
			return ""
		}
	}
	return why
}

// grid draws a line at each labelled tick; x and y take places on the scales.
func (d contents) grid(c *draw.Canvas, x, y func(float64) vg.Length) {
	line := draw.LineStyle{Color: mustColor(d.style.Grid), Width: 0.5}
	for _, t := range d.x {
		if at := x(t.Value); !t.IsMinor() && c.ContainsX(at) {
			c.StrokeLine2(line, at, c.Min.Y, at, c.Max.Y)
		}
	}
	for _, t := range d.y {
		if at := y(t.Value); !t.IsMinor() && c.ContainsY(at) {
			c.StrokeLine2(line, c.Min.X, at, c.Max.X, at)
		}
	}
}

func (d contents) rule(c *draw.Canvas, r Rule, x, y func(float64) vg.Length) {
	var from, to vg.Point
	switch r.Kind {
	case Vertical:
		from, to = vg.Point{X: x(r.At), Y: c.Min.Y}, vg.Point{X: x(r.At), Y: c.Max.Y}
	case Horizontal:
		from, to = vg.Point{X: c.Min.X, Y: y(r.At)}, vg.Point{X: c.Max.X, Y: y(r.At)}
	case Diagonal:
		// The diagonal is straight on two linear and on two log scales.
		from, to = vg.Point{X: x(d.low), Y: y(d.low)}, vg.Point{X: x(d.high), Y: y(d.high)}
	}
	c.StrokeLines(d.style.ruleLine(r), c.ClipLinesXY([]vg.Point{from, to})...)
}

// ruleLine returns the line style of a rule: dashed, thinner than a series, and
// gray unless it has the colour of a role.
func (s Style) ruleLine(r Rule) draw.LineStyle {
	width := vg.Length(0.8 * s.LineWidth)
	line := draw.LineStyle{Color: mixed(mustColor(s.Ink), 0.35), Width: width, Dashes: dashPattern("dashed", width)}
	if r.Role != "" {
		line.Color = mustColor(s.Roles[r.Role].Color)
	}
	if r.Dash != "" {
		line.Dashes = dashPattern(r.Dash, width)
	}
	return line
}

// mixed returns c mixed with a share of white.
func mixed(c color.NRGBA, white float64) color.NRGBA {
	mix := func(v uint8) uint8 { return uint8(float64(float64(v)*(1-white)) + float64(255*white)) }
	return color.NRGBA{R: mix(c.R), G: mix(c.G), B: mix(c.B), A: c.A}
}
