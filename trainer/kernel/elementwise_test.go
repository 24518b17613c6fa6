package kernel

import (
	"fmt"
	"math"
	"testing"
)

// loopCase is one element-wise loop on up to ten slices. run returns what the
// loop returned.
type loopCase struct {
	name   string
	slices int
	run    func(s *Set, x [][]float32) bool
}

func loopCases() []loopCase {
	cases := []loopCase{
		{"SigmoidBackward", 2, func(s *Set, x [][]float32) bool { s.SigmoidBackward(x[0], x[1]); return true }},
		{"Finite", 1, func(s *Set, x [][]float32) bool { return s.Finite(x[0]) }},
		{"AddBias", 2, func(s *Set, x [][]float32) bool { s.AddBias(x[0], len(x[0]), rowsOf(x[0]), x[1]); return true }},
		{"BiasSigmoid", 2, func(s *Set, x [][]float32) bool { s.BiasSigmoid(x[0], len(x[0]), rowsOf(x[0]), x[1]); return true }},
		{"ColumnSums", 2, func(s *Set, x [][]float32) bool { s.ColumnSums(x[0], x[1], len(x[1]), rowsOf(x[1])); return true }},
	}
	for _, decay := range []float32{0, float32(math.Copysign(0, -1)), 1e-3, -0.5} {
		add := func(name string, slices int, run func(s *Set, x [][]float32) bool) {
			cases = append(cases, loopCase{fmt.Sprintf("%s/decay=%g", name, decay), slices, run})
		}
		add("SGD", 2, func(s *Set, x [][]float32) bool { return s.SGD(x[0], x[1], SGDStep{0.1, decay}) })
		for _, first := range []bool{true, false} {
			add(fmt.Sprintf("Momentum/first=%t", first), 3, func(s *Set, x [][]float32) bool {
				return s.Momentum(x[0], x[1], x[2], MomentumStep{0.1, 0.9, decay, first})
			})
			add(fmt.Sprintf("Nesterov/first=%t", first), 3, func(s *Set, x [][]float32) bool {
				return s.Nesterov(x[0], x[1], x[2], MomentumStep{0.1, 0.9, decay, first})
			})
		}
		add("Adagrad", 3, func(s *Set, x [][]float32) bool {
			return s.Adagrad(x[0], x[1], x[2], AdagradStep{0.01, 1e-10, decay})
		})
		add("Adadelta", 4, func(s *Set, x [][]float32) bool {
			return s.Adadelta(x[0], x[1], x[2], x[3], AdadeltaStep{1, 0.9, 0.1, 1e-6, decay})
		})
		add("Adam", 4, func(s *Set, x [][]float32) bool {
			return s.Adam(x[0], x[1], x[2], x[3], AdamStep{0.01, 0.9, 0.1, 0.999, 0.001, 0.0316, 1e-8, decay})
		})
		for _, eps := range []float32{1e-6, 0} {
			add(fmt.Sprintf("RMSprop/eps=%g", eps), 3, func(s *Set, x [][]float32) bool {
				return s.RMSprop(x[0], x[1], x[2], RMSpropStep{0.01, 0.99, 0.01, eps, decay})
			})
			for _, k := range []float32{2, 0} {
				add(fmt.Sprintf("AdagradK/eps=%g/K=%g", eps, k), 3, func(s *Set, x [][]float32) bool {
					return s.AdagradK(x[0], x[1], x[2], AdagradKStep{0.01, k, eps, decay})
				})
				add(fmt.Sprintf("AdadeltaK/eps=%g/K=%g", eps, k), 4, func(s *Set, x [][]float32) bool {
					return s.AdadeltaK(x[0], x[1], x[2], x[3], AdadeltaKStep{1, k, 0.9, 0.1, eps, decay})
				})
			}
		}
	}
	for _, c := range []VSGDStep{{1, 1e-6}, {50, 0}, {3, -0.1}} {
		step := fmt.Sprintf("%g samples/eps=%g", c.Samples, c.Eps)
		cases = append(cases,
			loopCase{"VSGDShift/" + step, 3, func(s *Set, x [][]float32) bool { return s.VSGDShift(x[0], x[1], x[2], c.Eps) }},
			loopCase{"VSGDShift in place/" + step, 2, func(s *Set, x [][]float32) bool { return s.VSGDShift(x[0], x[0], x[1], c.Eps) }},
			loopCase{"VSGDAverage/" + step, 9, func(s *Set, x [][]float32) bool {
				s.VSGDAverage(vsgdState(x), vsgdSums(x), c)
				return true
			}},
			loopCase{"VSGD/" + step, 10, func(s *Set, x [][]float32) bool { return s.VSGD(x[9], vsgdState(x), vsgdSums(x), c) }},
			loopCase{"VSGD of possible numbers/" + step, 10, func(s *Set, x [][]float32) bool {
				state, sums := vsgdState(x), vsgdSums(x)
				for _, squares := range [][]float32{state.V, state.H, state.V2, state.Tau, sums.V, sums.H, sums.V2} {
					for i, v := range squares {
						squares[i] = max(v, -v)
					}
				}
				for i, g := range state.G {
					state.V[i] += float32(g * g)
					state.V2[i] += float32(state.H[i] * state.H[i])
				}
				return s.VSGD(x[9], state, sums, c)
			}})
	}
	return cases
}

func vsgdState(x [][]float32) VSGDState { return VSGDState{x[0], x[1], x[2], x[3], x[4]} }
func vsgdSums(x [][]float32) VSGDSums   { return VSGDSums{x[5], x[6], x[7], x[8]} }

func rowsOf(x []float32) int { return min(len(x), 1) }

// TestLoops compares every element-wise loop of every set with the portable
// one, at all small lengths and misalignments, on ordinary and on special
// values.
func TestLoops(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		for _, c := range loopCases() {
			t.Run(c.name, func(t *testing.T) {
				r := newSource(7)
				for n := range 68 {
					for _, next := range []func() float32{r.ordinary, r.any} {
						var got, want [10][]float32
						var guards []*guarded
						for i := range c.slices {
							g := guard(n, r.IntN(17))
							guards = append(guards, g)
							got[i] = fill(g.slice(), next)
							want[i] = append([]float32(nil), got[i]...)
						}
						okGot, okWant := c.run(s, got[:c.slices]), c.run(portable, want[:c.slices])
						if okGot != okWant {
							t.Fatalf("length %d: returned %t, want %t", n, okGot, okWant)
						}
						for i, g := range guards {
							equal(t, fmt.Sprintf("length %d, slice %d", n, i), got[i], want[i])
							g.check(t)
						}
					}
				}
			})
		}
	})
}

// The optimizers' result must reveal any one bad weight, wherever it is.
func TestFiniteReport(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		const n = 37
		for _, bad := range []float32{float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())} {
			for i := -1; i < n; i++ {
				w := fill(make([]float32, n), func() float32 { return math.MaxFloat32 })
				g := make([]float32, n)
				if i >= 0 {
					w[i] = bad
				}
				if got := s.Finite(w); got != (i < 0) {
					t.Fatalf("Finite with %g at %d: %t", bad, i, got)
				}
				if got := s.SGD(w, g, SGDStep{LR: 1}); got != (i < 0) {
					t.Fatalf("SGD with %g at %d: %t", bad, i, got)
				}
			}
		}
	})
}

// TestRows checks the loops over matrices: strides wider than the row, several
// rows, and nothing written beside them.
func TestRows(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		r := newSource(3)
		for _, width := range []int{0, 1, 15, 16, 17, 32, 48, 67} {
			for m := range 6 {
				ld := width + r.IntN(5)
				size := max(0, (m-1)*ld+width)
				bias := fill(make([]float32, width), r.any)
				z := guard(size, r.IntN(9))
				in := append([]float32(nil), fill(z.slice(), r.any)...)
				want := append([]float32(nil), in...)
				for i := range m {
					for j := range width {
						want[i*ld+j] = Sigmoid(in[i*ld+j] + bias[j])
					}
				}
				s.BiasSigmoid(z.slice(), ld, m, bias)
				equal(t, "BiasSigmoid", z.slice(), want)
				z.check(t)

				copy(z.slice(), in)
				copy(want, in)
				for i := range m {
					for j := range width {
						want[i*ld+j] = in[i*ld+j] + bias[j]
					}
				}
				s.AddBias(z.slice(), ld, m, bias)
				equal(t, "AddBias", z.slice(), want)
				z.check(t)

				sums, sum := guard(width, r.IntN(9)), make([]float32, width)
				for j := range sum {
					for i := range m {
						if i == 0 {
							sum[j] = in[j]
						} else {
							sum[j] += in[i*ld+j]
						}
					}
				}
				s.ColumnSums(sums.slice(), in, ld, m)
				equal(t, "ColumnSums", sums.slice(), sum)
				sums.check(t)
			}
		}
	})
}

func TestPixels(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	forEach(t, func(t *testing.T, s *Set) {
		for lo := range 20 {
			for _, hi := range []int{lo, lo + 1, lo + 15, lo + 16, lo + 17, lo + 67, 256} {
				g := guard(hi-lo, lo%7)
				s.Pixels(g.slice(), all[lo:hi])
				for i, x := range g.slice() {
					if want := float32(lo+i) / 255; Bits(x) != Bits(want) {
						t.Fatalf("pixel %d is %g, want %g", lo+i, x, want)
					}
				}
				g.check(t)
			}
		}
	})
}
