package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestLowVelocities compares both kinds of momentum, with velocities that decay
// to the smallest numbers, without gradients and with small ones, step by step
// with the portable rule. Weights are of all sizes, among them those that such
// velocities still move.
func TestLowVelocities(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		random := rand.New(rand.NewPCG(7, 7))
		among := func(low, high int) float32 {
			x := float32(math.Exp2(float64(low) + random.Float64()*float64(high-low)))
			if random.IntN(2) == 0 {
				x = -x
			}
			return x
		}
		type testCase struct {
			momentum, rate float32
			nesterov       bool
		}
		var cases []testCase
		for _, momentum := range []float32{0, 0.1, 0.5, 0.9, 0.99, 0.9999, 1 - 0x1p-24, 1, -0.5} {
			for _, rate := range []float32{0, 1e-4, 0.1, 0x1p19, 0x1p90} {
				cases = append(cases, testCase{momentum, rate, false}, testCase{momentum, rate, true})
			}
		}
		steps := 200
		if s.Name != "avx2" && s.Name != "avx512" {
			steps = 40
		}
		for _, c := range cases {
			const n = 8 * Width
			vectors := func() (x []float32) {
				for i := range n {
					switch kind := i / Width % 4; {
					case random.IntN(8) == 0:
						x = append(x, float32(math.Copysign(0, random.NormFloat64())))
					case kind == 0:
						x = append(x, among(-149, -120))
					case kind == 1:
						x = append(x, among(-127, -124)) // on both sides of where the paths part
					case kind == 2 && random.IntN(2) == 0:
						x = append(x, among(-92, -88))
					case kind == 2:
						x = append(x, among(-149, 0))
					case random.IntN(20) == 0:
						x = append(x, float32(math.Inf(1-2*random.IntN(2))), float32(math.NaN()))
					default:
						x = append(x, among(-140, 100))
					}
				}
				return x[:n]
			}
			v, w, none := vectors(), vectors(), make([]float32, n)
			for i := range w {
				switch random.IntN(3) {
				case 0:
					w[i] = among(-72, -68)
				case 1:
					w[i] = among(-5, 1)
				}
			}
			wantV, wantW := append([]float32(nil), v...), append([]float32(nil), w...)
			rule := (*Set).Momentum
			if c.nesterov {
				rule = (*Set).Nesterov
			}
			for step := range steps {
				g := none
				if step%50 == 3 {
					g = vectors()
				}
				rates := MomentumStep{LR: c.rate, Momentum: c.momentum}
				ok, want := rule(s, w, g, v, rates), rule(portable, wantW, g, wantV, rates)
				what := fmt.Sprintf("nesterov %t, momentum %g, rate %g, step %d: ", c.nesterov, c.momentum, c.rate, step)
				if ok != want {
					t.Fatalf("%sreturned %t, want %t", what, ok, want)
				}
				equal(t, what+"v", v, wantV)
				equal(t, what+"w", w, wantW)
			}
		}
	})
}
