package digits

import (
	"math"
	"testing"

	"sparsel/trainer/rng"
)

func TestShapesStayOnTheirGrid(t *testing.T) {
	for class, ways := range shapes {
		if len(ways) < 3 {
			t.Errorf("only %d ways to write a %d", len(ways), class)
		}
		for w, lines := range ways {
			for _, s := range lines {
				if len(s) < 2 {
					t.Errorf("%d, way %d: a stroke of %d points", class, w, len(s))
				}
				// Control points may be outside to pull the curve. The curve
				// itself may leave the box by at most a tenth of the width.
				for _, p := range s.flatten() {
					if p.x < -10 || p.x > 110 || p.y < -10 || p.y > 150 {
						t.Errorf("%d, way %d: the curve passes %v, outside of its grid", class, w, p)
					}
				}
			}
		}
	}
}

func TestFlatten(t *testing.T) {
	const scale = 3600 // the weights of a step are fractions of it, so that all is exact
	at := func(x, y int64) point { return point{x * scale, y * scale} }

	chain := stroke{at(0, 0), at(10, 0), at(10, 0), at(10, 20)}.flatten()
	if len(chain) != 2*steps+1 || chain[0] != at(0, 0) || chain[steps] != at(10, 0) || chain[2*steps] != at(10, 20) {
		t.Errorf("corner: %v", chain)
	}
	for i, p := range chain {
		if i <= steps && p.y != 0 || i >= steps && p.x != 10*scale {
			t.Errorf("a side of the corner is not straight at %d: %v", i, p)
		}
	}

	// The middle of a parabola is (a + 2b + c)/4.
	chain = stroke{at(0, 0), at(4, 8), at(8, 0)}.flatten()
	if chain[steps/2] != at(4, 4) || chain[steps] != at(8, 0) {
		t.Errorf("parabola: %v", chain)
	}
	if chain = (stroke{at(1, 2), at(3, 4)}).flatten(); len(chain) != 2 || chain[1] != at(3, 4) {
		t.Errorf("line: %v", chain)
	}
}

func TestBell(t *testing.T) {
	const width, n = 600, 100000
	r := rng.New(1)
	var sum, squares float64
	for range n {
		v := float64(bell(r, width))
		if math.Abs(v) > width {
			t.Fatalf("%v of width %d", v, width)
		}
		sum, squares = sum+v, squares+v*v
	}
	sd := width / math.Sqrt(12)
	// Five standard errors: sd/√n for a mean, and at most sd/√(2n) for the
	// standard deviation of a distribution that is flatter than the normal one.
	if mean := sum / n; math.Abs(mean) > 5*sd/math.Sqrt(n) {
		t.Errorf("mean %.3f", mean)
	}
	if got := math.Sqrt(squares / n); math.Abs(got-sd) > 5*sd/math.Sqrt(2*n) {
		t.Errorf("standard deviation %.2f, want %.2f", got, sd)
	}
}
