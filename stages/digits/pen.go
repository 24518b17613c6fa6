package digits

import (
	"math"

	"sparsel/trainer/rng"
)

const (
	side = 28  // pixels of an image in each direction
	box  = 20  // pixels along the square into which a digit is fitted
	unit = 256 // units of length per pixel
)

// Widths of pens, in units. The radius is the distance at which the ink has
// half its strength.
const (
	radiusMin, radiusMax = 190, 400
	pressure             = 110      // width of the bell; the radius gains from -1 to 1 times it along a stroke
	softMin, softMax     = 230, 400 // distance from full ink to none
	grain                = 24       // of 256, the most that a pixel's ink may lose
	shrink               = 2 * unit // the most that a digit may fall short of the box
)

// far is beyond the reach of any pen, and small enough to compute with.
const far = 1 << 20

// A page is an image that is being drawn. For each pixel's centre it holds the
// distance from the edge of the ink, which is negative inside. The page is
// reused for the next image.
type page struct {
	edge [side * side]int64
	ink  [side * side]int64
	soft int64
}

// draw puts the lines on the page, fitted into the box in the middle.
func (p *page) draw(r *rng.Source, lines []stroke) {
	for i := range p.edge {
		p.edge[i] = far
	}
	p.soft = softMin + int64(r.Bounded(softMax-softMin))
	radius := radiusMin + int64(r.Bounded(radiusMax-radiusMin))
	gain := bell(r, pressure)
	fit(lines, box*unit-2*radius-int64(r.Bounded(shrink)))
	for _, s := range lines {
		for i := 1; i < len(s); i++ {
			n := int64(len(s) - 1)
			p.line(s[i-1], s[i], radius+gain*(2*int64(i)-n)/n)
		}
	}
}

// fit scales the lines so that the longer side of their bounding box has the
// given length, and moves the centre of the box to that of the image.
func fit(lines []stroke, length int64) {
	low, high := lines[0][0], lines[0][0]
	for _, s := range lines {
		for _, q := range s {
			low = point{min(low.x, q.x), min(low.y, q.y)}
			high = point{max(high.x, q.x), max(high.y, q.y)}
		}
	}
	extent := max(high.x-low.x, high.y-low.y)
	for _, s := range lines {
		for i, q := range s {
			s[i] = point{
				side*unit/2 + (2*q.x-low.x-high.x)*length/(2*extent),
				side*unit/2 + (2*q.y-low.y-high.y)*length/(2*extent),
			}
		}
	}
}

// line lowers edge to the distance from a line of this radius, for the pixels
// that its ink can reach.
func (p *page) line(a, b point, radius int64) {
	dx, dy := b.x-a.x, b.y-a.y
	square := dx*dx + dy*dy
	length := root(square)
	reach := radius + p.soft
	x0, x1 := pixels(min(a.x, b.x)-reach, max(a.x, b.x)+reach)
	y0, y1 := pixels(min(a.y, b.y)-reach, max(a.y, b.y)+reach)
	for y := y0; y < y1; y++ {
		py := y*unit + unit/2 - a.y
		for x := x0; x < x1; x++ {
			px := x*unit + unit/2 - a.x
			var d int64
			switch along := px*dx + py*dy; {
			case along <= 0:
				d = root(px*px + py*py)
			case along >= square:
				d = root((px-dx)*(px-dx) + (py-dy)*(py-dy))
			default:
				d = max(px*dy-py*dx, py*dx-px*dy) / length
			}
			if at := &p.edge[y*side+x]; d-radius < *at {
				*at = d - radius
			}
		}
	}
}

// pixels returns the range of the pixels whose centres lie between two
// positions.
func pixels(low, high int64) (from, to int64) {
	return max(0, low/unit), min(side, high/unit+1)
}

// root returns the square root of n < 2⁵³, rounded down. Converting such a
// number is exact and the square root is correctly rounded, so the result is
// the same on every machine. Rounding up to a whole number would need n = k²-1
// with k > 2²⁶.
func root(n int64) int64 { return int64(math.Sqrt(float64(n))) }

// print inks the page and writes it to an image. It moves the image by whole
// pixels so that its centre of mass is as near to the middle as they allow.
func (p *page) print(r *rng.Source, image []byte) {
	var mass, atX, atY int64
	low, high := point{side, side}, point{}
	for i, edge := range p.edge {
		v := max(0, min(255, (p.soft/2-edge)*255/p.soft))
		if p.ink[i] = v; v == 0 {
			continue
		}
		x, y := int64(i%side), int64(i/side)
		mass, atX, atY = mass+v, atX+v*x, atY+v*y
		low = point{min(low.x, x), min(low.y, y)}
		high = point{max(high.x, x), max(high.y, y)}
	}
	// The shift pushes no ink over the edge of the image.
	dx := max(-low.x, min(side-1-high.x, middle(atX, mass)))
	dy := max(-low.y, min(side-1-high.y, middle(atY, mass)))
	for y := low.y; y <= high.y; y++ {
		for x := low.x; x <= high.x; x++ {
			if v := p.ink[y*side+x]; v > 0 {
				v -= v * int64(r.Bounded(grain)) / 256
				image[(y+dy)*side+x+dx] = byte(v)
			}
		}
	}
}

// middle returns the distance from moment/mass to (side-1)/2, rounded.
func middle(moment, mass int64) int64 {
	twice := (side-1)*mass - 2*moment + mass // plus half a pixel, for rounding
	steps := twice / (2 * mass)
	if twice < 0 && twice%(2*mass) != 0 {
		steps-- // round towards minus infinity
	}
	return steps
}
