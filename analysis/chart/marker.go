package chart

import (
	"math"

	"gonum.org/v1/plot/vg"
)

// markers are the outlines of the markers. Radius 1 refers to the circle; the
// others are scaled to about its area, so that no series looks heavier than
// another.
var markers = map[string]func(vg.Point, vg.Length) vg.Path{
	"circle":   circle,
	"square":   polygon(vg.Point{X: -.89, Y: -.89}, vg.Point{X: .89, Y: -.89}, vg.Point{X: .89, Y: .89}, vg.Point{X: -.89, Y: .89}),
	"triangle": polygon(vg.Point{X: -1.17, Y: -.78}, vg.Point{X: 1.17, Y: -.78}, vg.Point{X: 0, Y: 1.3}),
	"down":     polygon(vg.Point{X: -1.17, Y: .78}, vg.Point{X: 1.17, Y: .78}, vg.Point{X: 0, Y: -1.3}),
	"plus":     polygon(bars(0)...),
	"cross":    polygon(bars(1)...),
	"star":     polygon(star...),
	"pentagon": polygon(pentagon...),
	"left":     polygon(vg.Point{X: .78, Y: -1.17}, vg.Point{X: .78, Y: 1.17}, vg.Point{X: -1.3, Y: 0}),
	"right":    polygon(vg.Point{X: -.78, Y: -1.17}, vg.Point{X: -.78, Y: 1.17}, vg.Point{X: 1.3, Y: 0}),
	"diamond":  polygon(vg.Point{X: -1.25, Y: 0}, vg.Point{X: 0, Y: -1.25}, vg.Point{X: 1.25, Y: 0}, vg.Point{X: 0, Y: 1.25}),
}

var pentagon = []vg.Point{{X: 0, Y: 1.15}, {X: -1.09, Y: .36}, {X: -.68, Y: -.93}, {X: .68, Y: -.93}, {X: 1.09, Y: .36}}

// star has five points.
var star = []vg.Point{
	{X: 0, Y: 1.5}, {X: -.37, Y: .51}, {X: -1.43, Y: .46}, {X: -.6, Y: -.2}, {X: -.88, Y: -1.21},
	{X: 0, Y: -.63}, {X: .88, Y: -1.21}, {X: .6, Y: -.2}, {X: 1.43, Y: .46}, {X: .37, Y: .51},
}

// bars returns the corners of two crossed bars, upright or, turned by an eighth
// of a circle, oblique.
func bars(turned int) []vg.Point {
	const long, half, r = 1.3, 0.42, math.Sqrt2 / 2
	corners := []vg.Point{
		{X: half, Y: half}, {X: half, Y: long}, {X: -half, Y: long}, {X: -half, Y: half}, {X: -long, Y: half}, {X: -long, Y: -half},
		{X: -half, Y: -half}, {X: -half, Y: -long}, {X: half, Y: -long}, {X: half, Y: -half}, {X: long, Y: -half}, {X: long, Y: half},
	}
	for i, c := range corners {
		if turned == 1 {
			corners[i] = vg.Point{X: vg.Length(r * float64(c.X-c.Y)), Y: vg.Length(r * float64(c.X+c.Y))}
		}
	}
	return corners
}

func polygon(corners ...vg.Point) func(vg.Point, vg.Length) vg.Path {
	return func(at vg.Point, r vg.Length) vg.Path {
		var p vg.Path
		p.Move(at.Add(corners[0].Scale(r)))
		for _, c := range corners[1:] {
			p.Line(at.Add(c.Scale(r)))
		}
		p.Close()
		return p
	}
}

// circle returns a circle made of four cubic curves, which all formats draw
// alike. The control length 0.5523 keeps the radius within 0.03 %.
func circle(at vg.Point, r vg.Length) vg.Path {
	const k = 0.5523
	point := func(x, y vg.Length) vg.Point { return at.Add(vg.Point{X: x, Y: y}.Scale(r)) }
	var p vg.Path
	p.Move(point(1, 0))
	p.CubeTo(point(1, k), point(k, 1), point(0, 1))
	p.CubeTo(point(-k, 1), point(-1, k), point(-1, 0))
	p.CubeTo(point(-1, -k), point(-k, -1), point(0, -1))
	p.CubeTo(point(k, -1), point(1, -k), point(1, 0))
	p.Close()
	return p
}
