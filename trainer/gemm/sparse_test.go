package gemm

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"testing"

	"sparsel/trainer/kernel"
)

// images returns n images like MNIST's: a few strokes in the middle, a border
// that is always 0, and one image in eight blank or full.
func images(r *rand.Rand, n, pixels int) []byte {
	data := make([]byte, n*pixels)
	for i := range n {
		image := data[i*pixels:][:pixels]
		switch r.IntN(16) {
		case 0:
			continue
		case 1:
			for k := range image {
				image[k] = byte(1 + r.IntN(255))
			}
			continue
		}
		for k := pixels / 8; k < pixels-pixels/8; k++ {
			for run := r.IntN(9); r.IntN(5) == 0 && run > 0 && k < pixels-pixels/8; run-- {
				image[k] = byte(1 + r.IntN(255))
				k++
			}
		}
	}
	return data
}

// TestSparseEqualsDense compares both sparse products with the dense ones on
// the same batch, and treats a -0 of the dense chain as +0.
func TestSparseEqualsDense(t *testing.T) {
	forEach(t, func(t *testing.T, e *Engine) {
		r := rand.New(rand.NewPCG(6, 1))
		var s Sparse // reused, so that remains of an earlier batch would show
		for _, shape := range [][3]int{
			{0, 9, 5}, {1, 1, 1}, {1, 784, 64}, {1, 100, 160}, {2, 65, 16}, {3, 64, 17}, {5, 63, 80}, {4, 130, 70},
			{50, 784, 32}, {7, 784, 144}, {63, 40, 40}, {64, 40, 64}, {65, 40, 64}, {129, 90, 33}, {200, 70, 20}, {6, 30, 10},
		} {
			m, k, n := shape[0], shape[1], shape[2]
			data := images(r, 80, k)
			rows := make([]int32, m)
			a := make([]float32, m*k)
			for i := range rows {
				rows[i] = int32(r.IntN(80))
				e.set.Pixels(a[i*k:][:k], data[int(rows[i])*k:][:k])
			}
			b, ldc := panels(r, k, n), round16(n)+r.IntN(3)
			c, want := matrix(r, m, 0, ldc), matrix(r, m, 0, ldc)
			e.LoadSparse(&s, data, k, rows)
			if s.Len() != m {
				t.Fatalf("%v: length %d", shape, s.Len())
			}
			e.MulSparse(c, ldc, &s, b)
			e.Mul(want, ldc, a, k, m, b)
			for i := range c {
				same(t, fmt.Sprintf("%v: C(%d, %d)", shape, i/ldc, i%ldc), c[i], want[i]+0)
			}

			ldd := n + r.IntN(3)
			d := matrix(r, m, n, ldd)
			if m == 0 {
				e.GradientSparse(&s, d, ldd, n, func(int, []float32) { t.Error("an empty batch has a gradient") })
				continue
			}
			for range 2 { // the form by columns is computed once and kept
				got := collect(t, k, n, func(visit func(int, []float32)) { e.GradientSparse(&s, d, ldd, n, visit) })
				dense := collect(t, k, n, func(visit func(int, []float32)) { e.Gradient(a, k, m, k, d, ldd, n, visit) })
				for q := range dense {
					for i := range dense[q] {
						same(t, fmt.Sprintf("%v: panel %d, element %d", shape, q, i), got[q][i], dense[q][i]+0)
					}
				}
			}
		}
	})
}

// Batches must not retain the caller's slices.
func TestLoadSparseCopies(t *testing.T) {
	forEach(t, func(t *testing.T, e *Engine) {
		r := rand.New(rand.NewPCG(7, 1))
		const k, n = 70, 16
		data, rows, b := images(r, 6, k), []int32{5, 0, 3}, panels(r, k, n)
		var s Sparse
		var c [2][3 * 16]float32
		for i := range c {
			if i == 0 {
				e.LoadSparse(&s, data, k, rows)
			}
			e.MulSparse(c[i][:], 16, &s, b)
			clear(data)
			clear(rows)
		}
		if c[0] != c[1] {
			t.Error("the product changed with the caller's slices")
		}
	})
}

func TestSparsePanics(t *testing.T) {
	e := NewEngine(kernel.Available()[0])
	var s Sparse
	e.LoadSparse(&s, make([]byte, 20), 10, []int32{0, 1})
	for name, f := range map[string]func(){
		"no pixels":      func() { e.LoadSparse(&s, nil, 0, nil) },
		"missing image":  func() { e.LoadSparse(new(Sparse), make([]byte, 20), 10, []int32{2}) },
		"negative image": func() { e.LoadSparse(new(Sparse), make([]byte, 20), 10, []int32{-1}) },
		"other weights":  func() { e.MulSparse(make([]float32, 32), 16, &s, NewPanels(11, 4)) },
		"short C":        func() { e.MulSparse(make([]float32, 31), 16, &s, NewPanels(10, 4)) },
		"short D":        func() { e.GradientSparse(&s, make([]float32, 7), 4, 4, func(int, []float32) {}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func TestSortByCount(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	var scratch []int32
	for n := range 40 {
		counts, order := make([]int32, n), make([]int32, n)
		for i := range counts {
			counts[i] = int32(r.IntN(10))
		}
		scratch = sortByCount(order, counts, 9, scratch)
		var seen uint64
		for i, x := range order {
			seen |= 1 << x
			if i > 0 && (counts[order[i-1]] > counts[x] || counts[order[i-1]] == counts[x] && order[i-1] > x) {
				t.Fatalf("order %v of counts %v", order, counts)
			}
		}
		if bits.OnesCount64(seen) != n {
			t.Fatalf("order %v is not a permutation", order)
		}
	}
}
