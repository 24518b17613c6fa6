package chart

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawRuns draws the values of single runs: as a thin line if the series is a
// line with occasional markers, and as dots otherwise. A single value between
// gaps is a dot in both cases.
func (k curve) drawRuns(c *draw.Canvas, style Style, x, y func(float64) vg.Length) {
	l := k.series.look(style)
	color := withAlpha(mustColor(l.color), runAlpha)
	thin := draw.LineStyle{Color: color, Width: vg.Length(0.4 * style.LineWidth)}
	radius := vg.Length(0.21 * style.MarkerSize)
	for _, r := range k.series.Runs {
		run := newCurve(Series{X: k.series.X, Y: r.Y}, x, y)
		for _, p := range run.pieces {
			if l.marks == LineMarks && len(p.at) > 1 {
				c.StrokeLines(thin, c.ClipLinesXY(p.at)...)
				continue
			}
			c.SetColor(color)
			for _, at := range p.at {
				if inside(c, at, radius) {
					c.Fill(circle(at, radius))
				}
			}
		}
	}
}

// exitSize is the length of the arrow where a line leaves the panel, in marker
// sizes.
const exitSize = 1.1

// drawExits marks where a line continues above or below the panel: at each
// crossing of the frame, and at a value whose line never enters the panel.
func (k curve) drawExits(c *draw.Canvas, style Style) {
	l := k.series.look(style)
	if l.marks == Points {
		return
	}
	size := vg.Length(exitSize * style.MarkerSize)
	arrow := func(x vg.Length, up bool) {
		if x < c.Min.X || x > c.Max.X {
			return
		}
		tip, base := c.Min.Y, c.Min.Y+size
		if up {
			tip, base = c.Max.Y, c.Max.Y-size
		}
		var p vg.Path
		p.Move(vg.Point{X: x, Y: tip})
		p.Line(vg.Point{X: x - vg.Length(0.4*size), Y: base})
		p.Line(vg.Point{X: x + vg.Length(0.4*size), Y: base})
		p.Close()
		c.SetColor(mustColor(l.color))
		c.Fill(p)
	}
	for _, p := range k.pieces {
		for i, at := range p.at {
			if c.ContainsY(at.Y) {
				continue
			}
			up, edge := at.Y > c.Max.Y, c.Min.Y
			if up {
				edge = c.Max.Y
			}
			crosses := false
			for _, j := range []int{i - 1, i + 1} {
				if j < 0 || j == len(p.at) {
					continue
				}
				other := p.at[j]
				if up && other.Y < edge || !up && other.Y > edge { // the segment leaves through this edge
					share := (edge - other.Y) / (at.Y - other.Y)
					arrow(other.X+vg.Length(share*(at.X-other.X)), up)
					crosses = true
				}
			}
			if !crosses && (l.marks == LinePoints || len(p.at) == 1 || i == 0) {
				arrow(at.X, up)
			}
		}
	}
}
