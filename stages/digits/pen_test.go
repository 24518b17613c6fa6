package digits

import (
	"math"
	"testing"

	"sparsel/trainer/rng"
)

// Squares and their neighbours, up to the largest that is exact.
func TestRoot(t *testing.T) {
	for k := int64(1); k < 1<<26; k += 1 + k/7 {
		if root(k*k) != k || root(k*k-1) != k-1 || root(k*k+2*k) != k {
			t.Errorf("near %d²: %d, %d, %d", k, root(k*k-1), root(k*k), root(k*k+2*k))
		}
	}
}

func TestMiddle(t *testing.T) {
	for mass := int64(1); mass < 40; mass++ {
		for moment := int64(0); moment <= (side-1)*mass; moment++ {
			exact := (side-1)/2.0 - float64(moment)/float64(mass)
			if got := float64(middle(moment, mass)); got != math.Floor(exact+0.5) && math.Abs(exact-got) > 0.5 {
				t.Fatalf("moment %d of mass %d: %v, want %v rounded", moment, mass, got, exact)
			}
		}
	}
}

// The ink of a line is compared with the distance in floating point, at all
// pixels.
func TestLine(t *testing.T) {
	r := rng.New(5)
	anywhere := func() point {
		return point{int64(r.Bounded(side * unit)), int64(r.Bounded(side * unit))}
	}
	for range 200 {
		a, b := anywhere(), anywhere()
		radius := int64(100 + r.Bounded(300))
		var p page
		p.soft = 300
		for i := range p.edge {
			p.edge[i] = far
		}
		p.line(a, b, radius)
		for i, edge := range p.edge {
			x, y := float64(i%side*unit+unit/2), float64(i/side*unit+unit/2)
			d := distance(x-float64(a.x), y-float64(a.y), float64(b.x-a.x), float64(b.y-a.y)) - float64(radius)
			if edge == far {
				if d < float64(p.soft)/2 {
					t.Fatalf("line %v to %v: pixel %d is %.1f from the edge and was left out", a, b, i, d)
				}
				continue
			}
			// The distance is rounded down, and divided by a length that was
			// rounded down too. That gives a relative error of 1/length for up
			// to 28√2 pixels, and lines are not shorter than some units.
			if length := math.Hypot(float64(b.x-a.x), float64(b.y-a.y)); math.Abs(float64(edge)-d) > 1+side*unit*math.Sqrt2/length {
				t.Fatalf("line %v to %v: pixel %d at %d, want %.1f", a, b, i, edge, d)
			}
		}
	}
}

// distance returns the distance of (x, y) from the line from the origin to (dx,
// dy).
func distance(x, y, dx, dy float64) float64 {
	along := max(0, min(1, (x*dx+y*dy)/(dx*dx+dy*dy)))
	return math.Hypot(x-along*dx, y-along*dy)
}

func BenchmarkDraw(b *testing.B) {
	for b.Loop() {
		Draw(1, Train, 1000)
	}
}
