//go:build !noasm

package kernel

import (
	"math"
	"testing"
)

// TestNEONInstructions passes every pair of special values, in every place of a
// vector, through loops that together use all instructions which the assembly
// writes as numbers, and compares the results with Go's operations.
func TestNEONInstructions(t *testing.T) {
	values := append([]float32(nil), special...)
	r := newSource(31)
	for range 40 {
		values = append(values, 30*r.ordinary(), math.Float32frombits(r.Uint32()))
	}
	var x, y []float32
	for _, a := range values {
		for _, b := range values {
			x, y = append(x, a), append(y, b)
		}
	}
	n := body(len(x) - 3)
	for _, c := range []struct {
		name   string
		vector func(x, y []float32)
		scalar func(x, y float32) float32
	}{
		{"sum", neon.add, func(x, y float32) float32 { return x + y }},
		{"difference and products", neon.SigmoidBackward,
			func(x, y float32) float32 { return float32(x*float32(1-y)) * y }},
		{"exponential", func(x, y []float32) { neon.BiasSigmoid(x, len(x), 1, y) },
			func(x, y float32) float32 { return 1 / (1 + Exp(-(x + y))) }},
		// Without eps, and with w = 0, Adagrad and Adadelta reduce to these.
		{"root and quotient", func(x, y []float32) {
			w := make([]float32, len(x))
			neon.Adagrad(w, x, y, AdagradStep{LR: -1})
			copy(x, w)
		}, func(x, y float32) float32 { return 0 + x/plusZero(sqrt32(FMA(x, x, y))) }},
		{"quotient of roots", func(x, y []float32) {
			w, g := make([]float32, len(x)), fill(make([]float32, len(x)), func() float32 { return 1 })
			neon.Adadelta(w, g, y, x, AdadeltaStep{LR: -1, Rho: 1})
			copy(x, w)
		}, func(x, y float32) float32 { return FMA(1, sqrt32(plusZero(x))/sqrt32(plusZero(y)), 0) }},
		{"fused", func(x, y []float32) { neon.SGD(x, y, SGDStep{LR: 1.0 / 3}) },
			func(x, y float32) float32 { return FMA(-1.0/3, y, x) }},
	} {
		for shift := range 4 {
			got, other := append([]float32(nil), x[shift:][:n]...), append([]float32(nil), y[shift:][:n]...)
			c.vector(got, other)
			for i := range got {
				a, b := x[shift+i], y[shift+i]
				if want := c.scalar(a, b); Bits(got[i]) != Bits(want) {
					t.Fatalf("%s of %g and %g is %g, want %g", c.name, a, b, got[i], want)
				}
			}
		}
	}
}

// A chain of fused multiply-adds differs from rounded products. The result must
// be the fused one for all four lanes that a factor can be in.
func TestNEONLanes(t *testing.T) {
	const pixels = 4
	r := newSource(37)
	b := fill(make([]float32, pixels*Width), r.ordinary)
	c := make([]float32, Lanes*Width)
	var steps [pixels]Step
	for i := range steps {
		for l := range Lanes {
			steps[i].Offset[l], steps[i].Value[l] = uint32(64*((i+l)%pixels)), r.ordinary()
		}
	}
	neon.MultiplySparse(&SparseProduct{Panels: 1, C: c, CRow: Width, A: []Group{{Steps: steps[:], Rows: [Lanes]int32{2, 0, 3, 1}}},
		B: b, K: pixels, BPanel: pixels * Width})
	for l, row := range []int{2, 0, 3, 1} {
		for j := range Width {
			acc := float32(0)
			for _, s := range steps {
				acc = FMA(s.Value[l], b[int(s.Offset[l])/4+j], acc)
			}
			if c[row*Width+j] != acc {
				t.Errorf("lane %d, column %d: %g, want %g", l, j, c[row*Width+j], acc)
			}
		}
	}
}
