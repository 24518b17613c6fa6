package chart

import (
	"math"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// steady rounds all points to 2^-20 of a point before a canvas sees them.
// Layout uses floating-point arithmetic, whose last bits differ because some
// architectures contract it. A format that keeps a few decimals makes such a
// bit visible if a point lies halfway between two of its numbers, which happens
// because margins and widths are short decimals. On this grid a point is never
// halfway between short decimals, so equal figures reach every canvas with
// equal bits.
type steady struct{ vg.CanvasSizer }

const steps = 1 << 20

func steadyPoint(p vg.Point) vg.Point { return vg.Point{X: steadyLength(p.X), Y: steadyLength(p.Y)} }

func steadyLength(l vg.Length) vg.Length { return vg.Length(math.Round(float64(l)*steps) / steps) }

func (s steady) Fill(p vg.Path)   { s.CanvasSizer.Fill(mapPoints(p, steadyPoint)) }
func (s steady) Stroke(p vg.Path) { s.CanvasSizer.Stroke(mapPoints(p, steadyPoint)) }

func (s steady) FillString(face font.Face, at vg.Point, text string) {
	s.CanvasSizer.FillString(face, steadyPoint(at), text)
}

// mapPoints returns a copy of p with f applied to its points.
func mapPoints(p vg.Path, f func(vg.Point) vg.Point) vg.Path {
	mapped := make(vg.Path, len(p))
	for i, s := range p {
		s.Pos = f(s.Pos)
		control := make([]vg.Point, len(s.Control))
		for j, at := range s.Control {
			control[j] = f(at)
		}
		s.Control = control
		mapped[i] = s
	}
	return mapped
}
