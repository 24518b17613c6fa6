package gemm

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"testing"

	"sparsel/trainer/kernel"
)

// contracts are digests of what each version of the package computes.
var contracts = map[string]string{
	"gemm 1": "974c5c3d6e01021986ff3c0d9ef128ddd9b5184a86a9388bd35e81b18990b89d",
}

// TestContract compares a digest of everything that the package computes with
// the one of its version. If it fails and the results are meant to change,
// raise Contract, so that trainings are repeated, and add the digest.
func TestContract(t *testing.T) {
	want, known := contracts[Contract]
	if !known {
		t.Fatalf("no digest of contract %q", Contract)
	}
	forEach(t, func(t *testing.T, e *Engine) {
		if got := results(e); got != want {
			t.Errorf("results of contract %q have digest %s, want %s", Contract, got, want)
		}
	})
}

// results calls the exported functions of the package on shapes within and
// beyond its blocks and on numbers of all kinds, and returns the digest of the
// results. For products it hashes the columns, and for gradients also the
// padding, which is always +0.
func results(e *Engine) string {
	h := sha256.New()
	put := func(x ...float32) {
		var b [4]byte
		for _, v := range x {
			binary.LittleEndian.PutUint32(b[:], kernel.Bits(v))
			h.Write(b[:])
		}
	}
	rows := func(c []float32, ld, m, n int) {
		for i := range m {
			put(c[i*ld:][:n]...)
		}
	}
	r := rand.New(rand.NewPCG(8, 8))
	// This avoids float64 arithmetic, which compilers may fuse.
	finite := func() float32 { return r.Float32()*4 - 2 }
	odd := []float32{nan, float32(math.Inf(1)), float32(math.Inf(-1)), 0, float32(math.Copysign(0, -1)), 0x1p-149, 0x1p127}
	all := func() float32 {
		if r.IntN(60) == 0 {
			return odd[r.IntN(len(odd))]
		}
		return finite()
	}
	some := func(n int, next func() float32) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = next()
		}
		return x
	}
	filled := func(rows, cols int, next func() float32) *Panels {
		p := NewPanels(rows, cols)
		for i := range rows {
			for j := range cols {
				p.Set(i, j, next())
			}
		}
		return p
	}
	visit := func(_ int, g []float32) { put(g...) }
	padded := func(n int) int { return count(n) * kernel.Width }

	for _, s := range []struct{ m, k, n int }{{1, 1, 1}, {1, 40, 10}, {3, 17, 33}, {50, 100, 10}, {23, 300, 48}, {300, 20, 26}, {9, 64, 100}} {
		for _, next := range []func() float32{finite, all} {
			a, b, d := some(s.m*s.k, next), filled(s.k, s.n, next), some(s.m*padded(s.n), next)
			c := make([]float32, s.m*padded(s.n))
			e.Mul(c, padded(s.n), a, s.k, s.m, b)
			rows(c, padded(s.n), s.m, s.n)
			back := make([]float32, s.m*padded(s.k))
			e.MulTransposed(back, padded(s.k), d, padded(s.n), s.m, b)
			rows(back, padded(s.k), s.m, s.k)
			e.Gradient(a, s.k, s.m, s.k, d, padded(s.n), s.n, visit)
		}
	}

	// Several batches of images, loaded one after the other into the same
	// memory, including blocks of columns.
	const pixels, images = 131, 150
	data := make([]byte, pixels*images)
	for i := range data {
		if r.IntN(4) == 0 {
			data[i] = byte(r.IntN(256))
		}
	}
	clear(data[7*pixels : 8*pixels]) // a blank image
	var batch Sparse
	for _, m := range []int{1, 50, 64, 65, 1, 130, 16} {
		order := make([]int32, m)
		for i := range order {
			order[i] = int32(r.IntN(images))
		}
		order[0] = int32(7 * (m % 2)) // blank or not
		e.LoadSparse(&batch, data, pixels, order)
		for _, n := range []int{10, 37} {
			b, d := filled(pixels, n, finite), some(m*padded(n), finite)
			c := make([]float32, m*padded(n))
			e.MulSparse(c, padded(n), &batch, b)
			rows(c, padded(n), m, n)
			e.GradientSparse(&batch, d, padded(n), n, visit)
			if m > kernel.ColumnSamples {
				continue
			}
			lit := batch.Lit(nil)
			if m == 1 {
				put(batch.Values(nil)...)
			}
			e.GradientRows(&batch, d, padded(n), n, lit, func(_ int, g []float32) {
				for _, k := range lit {
					put(float32(k))
					put(g[k*kernel.Width:][:kernel.Width]...)
				}
			})
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
