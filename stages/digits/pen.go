package digits

import (
	"math"

	"sparsel/trainer/rng"
)

const (
	side = 28  // pixels of an image, each way
	box  = 20  // pixels of the square that a digit is fitted into
	unit = 256 // units of length in a pixel
)

// Widths of pens, in units. The radius is where the ink has half its strength.
const (
	radiusMin, radiusMax = 190, 400
	pressure             = 110      // width of the bell that the radius gains along a stroke, from -1 to 1 times it
	softMin, softMax     = 230, 400 // from full ink to none
	grain                = 24       // of 256, what a pixel's ink may lose
	shrink               = 2 * unit // by how much a digit may fall short of the box
)

// far is beyond the reach of any pen, and small enough to compute with.
const far = 1 << 20

// A page is one image in the making: for each pixel's centre, the distance
// from the edge of the ink, negative inside. It is used again for the next.
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

// fit scales the lines so that the longer side of their bounding box is so
// long, and moves its centre to that of the image.
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

// pixels returns the range of the pixels whose centres lie between two places.
func pixels(low, high int64) (from, to int64) {
	return max(0, low/unit), min(side, high/unit+1)
}

// root is the square root of n < 2⁵³, rounded down. Converting such a number
// is exact and the square root correctly rounded, so this is the same on every
// machine; rounding up to a whole number would need n = k²-1 with k > 2²⁶.
func root(n int64) int64 { return int64(math.Sqrt(float64(n))) }

// print inks the page and writes it to an image, moved by whole pixels so that
// its centre of mass is as near to the middle as they allow.
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
	// Nothing is pushed over the edge of the image.
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

// middle is the distance from moment/mass to (side-1)/2, rounded.
func middle(moment, mass int64) int64 {
	twice := (side-1)*mass - 2*moment + mass // and half a pixel, to round
	steps := twice / (2 * mass)
	if twice < 0 && twice%(2*mass) != 0 {
		steps-- // towards minus infinity
	}
	return steps
}
