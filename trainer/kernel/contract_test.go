package kernel

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"testing"
)

// contracts are digests of what each version of the package computes.
var contracts = map[string]string{
	"kernel 1": "89e40a6344c2e24ffa7b3754fd054c6439f009464c56c681bbb768b388a1362f",
	"kernel 2": "9848c063f50559d5e3e949fffddd5991f25bc503cb0e45942b5896c0cdc56423", // as version 1, plus what is recorded of activations
}

// updateContracts are digests of rules that were added to a version after its
// digest was taken: Nesterov's momentum and vSGD.
var updateContracts = map[string]string{
	"kernel 2": "fd831e753717db4be714dc93687367583462e4e3e917d165e5e3aea1120266ad",
}

// sumContracts are digests of VSGDSum, which was added later still.
var sumContracts = map[string]string{
	"kernel 2": "8a75a7d38896299df892f250cab5acd76057e2e35a79ab0c9822890dfd4c5b70",
}

// TestContract compares a digest of everything that the package computes with
// the one of its version. If it fails and the results are meant to change,
// raise Contract, so that trainings are repeated, and add the digest.
func TestContract(t *testing.T) {
	want, known := contracts[Contract]
	if !known {
		t.Fatalf("no digest of contract %q", Contract)
	}
	forEach(t, func(t *testing.T, s *Set) {
		if got := results(s); got != want {
			t.Errorf("results of contract %q have digest %s, want %s", Contract, got, want)
		}
		if got, want := updateResults(s), updateContracts[Contract]; got != want {
			t.Errorf("further rules of contract %q have digest %s, want %s", Contract, got, want)
		}
		if got, want := sumResults(s), sumContracts[Contract]; got != want {
			t.Errorf("sums of contract %q have digest %s, want %s", Contract, got, want)
		}
	})
}

// results calls the exported functions of the package on numbers of all kinds
// and returns the digest of the results.
func results(s *Set) string {
	h := sha256.New()
	put := func(lists ...[]float32) {
		var b [4]byte
		for _, x := range lists {
			for _, v := range x {
				binary.LittleEndian.PutUint32(b[:], Bits(v))
				h.Write(b[:])
			}
		}
	}
	r := newSource(77)
	answer := func(yes bool) { h.Write([]byte(fmt.Sprint(yes))) }
	some := func(n int, next func() float32) []float32 { return fill(make([]float32, n), next) }
	// This avoids float64 arithmetic, which compilers may fuse.
	ordinary := func() float32 { return r.Float32()*4 - 2 }
	small := func() float32 { return ordinary() / 16 }
	any := func() float32 {
		switch r.IntN(8) {
		case 0:
			return special[r.IntN(len(special))]
		case 1:
			return math.Float32frombits(r.Uint32())
		}
		return ordinary()
	}

	for range 2000 {
		x, y, z := any(), any(), any()
		put([]float32{FMA(x, y, z), Exp(x), Log(x), Sigmoid(x), Tanh(x), ReLU(x)})
	}

	// Products.
	const m, k, panels = 23, 37, 5
	for _, next := range []func() float32{ordinary, any} {
		c := some(m*panels*Width, next)
		p := &Product{M: m, K: k, Panels: panels, C: c, CRow: panels * Width, CPanel: Width,
			A: some(m*k, next), ARow: k, ACol: 1, B: some(panels*k*Width, next), BPanel: k * Width}
		for range 2 {
			s.Multiply(p)
			put(c)
			p.More = true
		}
		// Each set has its own layout of packed tiles.
		columns, tiles := some(m*k, next), make([]float32, m*k)
		s.Pack(tiles, columns, m, m, k)
		p.A, p.Packed = tiles, true
		s.Multiply(p)
		blocks := make([]float32, 2*Width*Width)
		s.TransposeBlocks(blocks, some(2*Width*Width, next), 2, Width*Width, Width*Width)
		put(c, blocks)
	}
	const pixels = 70
	image, columns := sparseMatrix(r, m, pixels, 19), make([]uint64, pixels)
	c := make([]float32, m*panels*Width)
	s.MultiplySparse(&SparseProduct{Panels: panels, C: c, CRow: panels * Width, A: groups(s, image, m, pixels, columns),
		B: some(panels*pixels*Width, small), K: pixels, BPanel: pixels * Width})
	gradient := some(pixels*Width, ordinary)
	for _, more := range []bool{true, false} {
		s.MultiplyColumns(&ColumnProduct{Panels: 1, G: gradient, GPanel: pixels * Width, Samples: m, Images: append(image, 0),
			Pixels: pixels, Scale: &testScale, Masks: columns, Order: permutation(r, pixels), D: some(m*Width, ordinary), More: more})
		put(gradient)
	}
	put(c)

	// The element-wise loops, in lengths that are not multiples of a vector.
	const n = 1003
	for _, next := range []func() float32{small, ordinary, any} {
		bias := some(17, next)
		for _, f := range []func(z []float32, ld, m int, bias []float32){s.BiasSigmoid, s.BiasReLU, s.BiasTanh, s.AddBias} {
			z := some(59*17, next)
			f(z, 17, 59, bias)
			put(z)
		}
		for _, f := range []func(d, a []float32){s.SigmoidBackward, s.ReLUBackward, s.TanhBackward} {
			d := some(n, next)
			f(d, some(n, next))
			put(d)
		}
		sums := make([]float32, 17)
		s.ColumnSums(sums, some(59*17, next), 17, 59)
		pooled, places := make([]float32, 5*17), make([]uint8, 5*17)
		s.BiasReLUPool(pooled, 17, places, some(10*17, next), some(10*17, next), 17, 5, 17, bias)
		put(sums, pooled)
		h.Write(places)

		w, g, a, b := some(n, next), some(n, next), make([]float32, n), make([]float32, n)
		for step := range 6 {
			decay := float32(step%2) * 1e-3
			answer(s.Finite(w))
			answer(s.SGD(w, g, SGDStep{0.1, decay}))
			answer(s.Momentum(w, g, a, MomentumStep{0.1, 0.9, decay, step == 0}))
			put(w, a)
		}
		for _, rule := range []func(t float32) bool{
			func(t float32) bool { return s.Adagrad(w, g, a, AdagradStep{0.1, 1e-10, 0}) },
			func(t float32) bool { return s.AdagradK(w, g, a, AdagradKStep{0.1, 2, 1e-10, 1e-3}) },
			func(t float32) bool { return s.Adadelta(w, g, a, b, AdadeltaStep{1, 0.9, 0.1, 1e-6, 1e-3}) },
			func(t float32) bool { return s.AdadeltaK(w, g, a, b, AdadeltaKStep{1, 2, 0.9, 0.1, 1e-6, 0}) },
			func(t float32) bool { return s.RMSprop(w, g, a, RMSpropStep{1e-2, 0.99, 0.01, 1e-8, 0}) },
			func(t float32) bool {
				return s.Adam(w, g, a, b, AdamStep{1e-3 * (1 + t), 0.9, 0.1, 0.999, 0.001, 1 / (1 + t), 1e-8, 0})
			},
		} {
			w, a, b = some(n, next), make([]float32, n), make([]float32, n)
			for step := range 6 {
				answer(rule(float32(step)))
				put(w, a, b)
			}
		}
	}
	bytes := make([]byte, 256)
	for i := range bytes {
		bytes[i] = byte(i)
	}
	grey := make([]float32, len(bytes))
	s.Pixels(grey, bytes)
	put(grey)

	// Rows that have slept.
	const height = 9
	rows := &Rows{Panels: panels, Panel: height * Width, Index: []int32{1, 2, 5, 8}, Sleeps: []int32{0, 3, 1, 40},
		G: some(panels*height*Width, small)}
	var past []AdamPast
	for t := range 40 {
		past = append(past, AdamPast{-1e-3 * (1 + 1/float32(t+1)), 1 - 0.9/float32(t+1)})
	}
	adam := AdamStep{1e-3, 0.9, 0.1, 0.999, 0.001, 1, 1e-8, 0}
	first := adam
	first.SqrtBias2 = 0.03
	answer(AdamSettles(first))
	for _, awake := range []bool{true, false, true} {
		for _, next := range []func() float32{small, any} {
			w, a, b := some(len(rows.G), next), some(len(rows.G), r.Float32), some(len(rows.G), r.Float32)
			answer(s.AdadeltaRows(w, a, b, rows, AdadeltaStep{1, 0.9, 0.1, 1e-6, 0}, awake))
			put(w, a, b)
			answer(s.AdamRows(w, a, b, rows, past, adam, false, awake))
			put(w, a, b)
			w, a, b = some(len(rows.G), small), some(len(rows.G), r.Float32), some(len(rows.G), r.Float32)
			answer(s.AdamRows(w, a, b, rows, past, adam, true, awake))
			put(w, a, b)
			answer(s.SGDRows(w, rows, SGDStep{LR: 0.1}))
			put(w)
			answer(s.AdagradRows(w, a, rows, AdagradStep{LR: 0.1, Eps: 1e-10}))
			put(w, a)
		}
		rows.G, rows.Values = some(len(rows.G), small), []float32{0.5, 1, 0, 1e-3}
	}

	// What is recorded of activations.
	put64 := func(list []float64) {
		for _, v := range list {
			if v != v {
				v = math.NaN()
			}
			h.Write(binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)))
		}
	}
	for _, next := range []func() float32{ordinary, any} {
		const samples, units = 41, 90
		tally, labels := NewTally(6, 3), make([]uint8, samples)
		for i := range labels {
			labels[i] = uint8(r.IntN(3))
		}
		a := some(6*samples*Width, next)
		for range 2 {
			s.Tally(tally, a, samples*Width, labels)
		}
		l1, l2 := make([]float32, samples), make([]float32, samples)
		s.Norms(l1, l2, a, samples*Width, 6)
		put(l1, l2)
		put64(tally.Sums)
		put64(tally.Squares)
		h.Write([]byte(fmt.Sprint(tally.Least, tally.Most, tally.Below)))
		var ranked Ranked
		s.RankSums(&ranked, some(RankRows(units)*Width, next), units)
		put64(ranked.Ranks[:])
		put64(ranked.Totals[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// updateResults is results for Nesterov's momentum and vSGD.
func updateResults(s *Set) string {
	h := sha256.New()
	r := newSource(78)
	some := func(n int, next func() float32) []float32 { return fill(make([]float32, n), next) }
	put := func(ok bool, lists ...[]float32) {
		fmt.Fprint(h, ok)
		for _, x := range lists {
			for _, v := range x {
				h.Write(binary.LittleEndian.AppendUint32(nil, Bits(v)))
			}
		}
	}
	ordinary := func() float32 { return r.Float32()*4 - 2 }
	any := func() float32 {
		if r.IntN(8) == 0 {
			return special[r.IntN(len(special))]
		}
		return ordinary()
	}
	const n = 1003
	for _, next := range []func() float32{ordinary, any} {
		w, v := some(n, next), make([]float32, n)
		for step := range 6 {
			ok := s.Nesterov(w, some(n, next), v, MomentumStep{0.1, 0.9, float32(step%2) * 1e-3, step == 0})
			put(ok, w, v)
		}
		size := func() float32 { x := next(); return max(x, -x) }
		list := func() []float32 { return make([]float32, n) }
		state := VSGDState{list(), list(), list(), list(), list()}
		for step := range 12 {
			sums := VSGDSums{some(n, next), some(n, size), some(n, size), some(n, size)}
			c := VSGDStep{Samples: float32(1 + step%3), Eps: 1e-3}
			s.VSGDShift(w, w, state.G, c.Eps)
			ok := true
			if step < 4 {
				fill(state.Tau, func() float32 { return float32(step + 1) })
				s.VSGDAverage(state, sums, c)
			} else {
				ok = s.VSGD(w, state, sums, c)
			}
			if step == 3 {
				s.VSGDScale(state, 5)
			}
			put(ok, w, state.G, state.V, state.H, state.V2, state.Tau)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// sumResults is results for VSGDSum.
func sumResults(s *Set) string {
	h := sha256.New()
	r := newSource(79)
	ordinary := func() float32 { return r.Float32()*4 - 2 }
	any := func() float32 {
		if r.IntN(4) == 0 {
			return special[r.IntN(len(special))]
		}
		return ordinary()
	}
	for _, next := range []func() float32{ordinary, any} {
		p := someBatch(r, next, 37, 19, 40)
		list := func() []float32 { return make([]float32, 37*Width) }
		sums := VSGDSums{list(), list(), list(), list()}
		s.VSGDSum(sums, p)
		for _, x := range [][]float32{sums.G, sums.V, sums.H, sums.V2} {
			for _, v := range x {
				h.Write(binary.LittleEndian.AppendUint32(nil, Bits(v)))
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
