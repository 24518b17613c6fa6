package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// A step by hand, in numbers that float32 represents exactly, and the cases in
// which a quotient has no divisor.
func TestVSGD(t *testing.T) {
	one := func(x float32) []float32 { return []float32{x} }
	type numbers struct{ w, g, v, h, v2, tau float32 }
	tests := []struct {
		name    string
		before  numbers
		sums    [4]float32 // Σ g, Σ g², Σ |g-g'|, Σ (g-g')²
		samples float32
		want    numbers
	}{
		// The shift is 1+1. The mean gradient 1 is not an outlier from 1, and
		// the mean curvature is 4/2 = 2 = H. The averages keep half: G = 1, V =
		// (4+2·2)/2 = 4, H = 2, V2 = (8 + 2·16/4)/2 = 8. The rate is 2/8 ·
		// 2·1/(4+1) = 0.1.
		{"an ordinary step", numbers{5, 1, 4, 2, 8, 2}, [4]float32{1, 2, 4, 16}, 2,
			numbers{5 - float32(0.25)*(float32(2)/5), 1, 4, 2, 8, 0.75*2 + 1}},
		// With n = 1 the rate is 2/8 · 1/4.
		{"one sample", numbers{5, 1, 4, 2, 8, 2}, [4]float32{1, 4, 4, 32}, 1, numbers{5 - 0.0625, 1, 4, 2, 8, 2.5}},
		// |5-1| > 2√(2-1): the memory becomes 4, and the new values count a
		// quarter.
		{"an outlier", numbers{5, 1, 2, 2, 8, 3}, [4]float32{5, 25, 4, 32}, 1,
			numbers{5 - 5*(float32(2)/8)*(float32(4)/7.75), 2, 7.75, 2, 8, (1-float32(4)/7.75)*4 + 1}},
		{"no gradient ever", numbers{5, 0, 0, 0, 0, 3}, [4]float32{}, 4, numbers{5, 0, 0, 0, 0, 4}},
		{"no curvature", numbers{5, 1, 1, 0, 0, 2}, [4]float32{1, 1, 0, 0}, 1, numbers{5, 1, 1, 0, 0, 1}},
	}
	forEach(t, func(t *testing.T, s *Set) {
		for _, tt := range tests {
			b := tt.before
			w, state := one(b.w), VSGDState{one(b.g), one(b.v), one(b.h), one(b.v2), one(b.tau)}
			s.VSGD(w, state, VSGDSums{one(tt.sums[0]), one(tt.sums[1]), one(tt.sums[2]), one(tt.sums[3])}, VSGDStep{tt.samples, 1})
			if got := (numbers{w[0], state.G[0], state.V[0], state.H[0], state.V2[0], state.Tau[0]}); got != tt.want {
				t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
			}
		}
		w := []float32{1, 1, 1}
		s.VSGDShift(w, w, []float32{2, -2, 0}, 0.5)
		if w[0] != 3.5 || w[1] != -1.5 || w[2] != 1.5 {
			t.Errorf("shifted to %v", w)
		}
	})
}

// TestVSGDSum compares the sums with those of the portable loop, over small
// numbers of inputs and of samples, some of which are left out.
func TestVSGDSum(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		r := newSource(5)
		for _, next := range []func() float32{r.ordinary, r.any} {
			for rows := range 6 {
				for samples := range 7 {
					for _, share := range []int{0, 50, 100} {
						p := someBatch(r, next, rows, samples, share)
						var got, want [4][]float32
						var guards []*guarded
						for i := range got {
							g := guard(rows*Width, r.IntN(17))
							guards = append(guards, g)
							got[i], want[i] = fill(g.slice(), next), fill(make([]float32, rows*Width), next)
						}
						s.VSGDSum(VSGDSums{got[0], got[1], got[2], got[3]}, p)
						portable.VSGDSum(VSGDSums{want[0], want[1], want[2], want[3]}, p)
						for i, g := range guards {
							equal(t, fmt.Sprintf("%d rows, %d samples, sum %d", rows, samples, i), got[i], want[i])
							g.check(t)
						}
					}
				}
			}
		}
	})
}

// someBatch returns a batch in which every input has about the given
// percentage of the samples.
func someBatch(r source, next func() float32, rows, samples, share int) *VSGDBatch {
	p := &VSGDBatch{Step: rows + r.IntN(3), DStep: Width + r.IntN(20)}
	some := func(step, width int) []float32 {
		return fill(make([]float32, max(0, (samples-1)*step+width)), next)
	}
	p.A, p.B, p.D, p.E = some(p.Step, rows), some(p.Step, rows), some(p.DStep, Width), some(p.DStep, Width)
	for range rows {
		from := int32(len(p.Samples))
		for i := range int32(samples) {
			if r.IntN(100) < share {
				p.Samples = append(p.Samples, i)
			}
		}
		p.Spans = append(p.Spans, Span{from, int32(len(p.Samples))})
	}
	return p
}

// Samples may be left out if both inputs are zeros and the gradients are finite.
func TestVSGDSumLeavesZerosOut(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		r := newSource(6)
		const rows, samples = 9, 8
		p := someBatch(r, func() float32 { return r.ordinary() * 0x1p-140 }, rows, samples, 50)
		for k, span := range p.Spans {
			for i := range samples {
				if !slices.Contains(p.Samples[span.From:span.To], int32(i)) {
					p.A[i*p.Step+k], p.B[i*p.Step+k] = float32(math.Copysign(0, r.NormFloat64())), float32(math.Copysign(0, r.NormFloat64()))
				}
			}
		}
		sums := func() (x [4][]float32) {
			for i := range x {
				x[i] = make([]float32, rows*Width)
			}
			s.VSGDSum(VSGDSums{x[0], x[1], x[2], x[3]}, p)
			return x
		}
		few := sums()
		p.Samples = []int32{0, 1, 2, 3, 4, 5, 6, 7}
		for k := range p.Spans {
			p.Spans[k] = Span{0, samples}
		}
		for i, all := range sums() {
			equal(t, fmt.Sprintf("sum %d", i), few[i], all)
		}
	})
}
