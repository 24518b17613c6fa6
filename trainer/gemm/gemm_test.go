package gemm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"sparsel/trainer/kernel"
)

// forEach runs a test body on an engine of every set. A set that the machine
// lacks is skipped, unless SPARSEL_REQUIRE names it.
func forEach(t *testing.T, body func(t *testing.T, e *Engine)) {
	for _, name := range []string{"portable", "avx2", "avx512", "neon"} {
		t.Run(name, func(t *testing.T) {
			s, err := kernel.ByName(name)
			if err != nil {
				if slices.Contains(strings.Split(os.Getenv("SPARSEL_REQUIRE"), ","), name) {
					t.Fatal(err)
				}
				t.Skip(err)
			}
			body(t, NewEngine(s))
		})
	}
}

var nan = float32(math.NaN())

// matrix returns a rows×cols matrix with a stride of ld and NaN between the
// rows.
func matrix(r *rand.Rand, rows, cols, ld int) []float32 {
	x := make([]float32, rows*ld)
	for i := range x {
		if x[i] = nan; i%ld < cols {
			x[i] = float32(r.NormFloat64())
		}
	}
	return x
}

func panels(r *rand.Rand, rows, cols int) *Panels {
	p := NewPanels(rows, cols)
	for i := range rows {
		for j := range cols {
			p.Set(i, j, float32(r.NormFloat64()))
		}
	}
	return p
}

// chain is the definition of an output element.
func chain(n int, x, y func(k int) float32) float32 {
	acc := float32(0)
	for k := range n {
		acc = kernel.FMA(x(k), y(k), acc)
	}
	return acc
}

func same(t *testing.T, what string, got, want float32) {
	t.Helper()
	if kernel.Bits(got) != kernel.Bits(want) {
		t.Fatalf("%s is %g (%#08x), want %g (%#08x)", what, got, kernel.Bits(got), want, kernel.Bits(want))
	}
}

func round16(n int) int { return (n + 15) / 16 * 16 }

// shapes returns triples m, k, n: a sparse sample of all small ones, and those
// around the edges of tiles and blocks.
func shapes(r *rand.Rand) [][3]int {
	all := [][3]int{
		{0, 5, 5}, {5, 0, 5}, {5, 5, 0}, {1, 1, 1}, {50, 784, 20}, {3, 257, 17}, {6, 512, 16}, {7, 513, 33},
		{257, 9, 40}, {256, 3, 16}, {300, 300, 10}, {50, 30, 256}, {8, 12, 48}, {7, 12, 48}, {513, 20, 49},
	}
	for range 60 {
		all = append(all, [3]int{r.IntN(68), r.IntN(68), r.IntN(68)})
	}
	return all
}

func TestMul(t *testing.T) {
	forEach(t, func(t *testing.T, e *Engine) {
		r := rand.New(rand.NewPCG(1, 1))
		for _, s := range shapes(r) {
			m, k, n := s[0], s[1], s[2]
			lda, ldc := k+r.IntN(3), round16(n)+r.IntN(3)
			a, b := matrix(r, m, k, lda), panels(r, k, n)
			c := matrix(r, m, 0, ldc)
			e.Mul(c, ldc, a, lda, m, b)
			for i := range m {
				for j := range ldc {
					want := nan
					if j < n {
						want = chain(k, func(x int) float32 { return a[i*lda+x] }, func(x int) float32 { return b.At(x, j) })
					} else if j < round16(n) {
						want = 0
					}
					same(t, fmt.Sprintf("%v: C(%d, %d)", s, i, j), c[i*ldc+j], want)
				}
			}
		}
	})
}

func TestMulTransposed(t *testing.T) {
	forEach(t, func(t *testing.T, e *Engine) {
		r := rand.New(rand.NewPCG(2, 1))
		for _, s := range shapes(r) {
			m, n, k := s[0], s[1], s[2] // B is n×k
			ldd, ldc := k+r.IntN(3), round16(n)+r.IntN(3)
			d, b := matrix(r, m, k, ldd), panels(r, n, k)
			c := matrix(r, m, 0, ldc)
			e.MulTransposed(c, ldc, d, ldd, m, b)
			for i := range m {
				for j := range ldc {
					want := nan
					if j < n {
						want = chain(k, func(x int) float32 { return d[i*ldd+x] }, func(x int) float32 { return b.At(j, x) })
					} else if j < round16(n) {
						want = 0
					}
					same(t, fmt.Sprintf("%v: C(%d, %d)", s, i, j), c[i*ldc+j], want)
				}
			}
		}
	})
}

// collect gathers a gradient's panels and checks that they come in order.
func collect(t *testing.T, k, n int, gradient func(visit func(panel int, g []float32))) [][]float32 {
	t.Helper()
	var all [][]float32
	gradient(func(q int, g []float32) {
		if q != len(all) || len(g) != 16*k {
			t.Fatalf("panel %d of %d floats, want panel %d of %d", q, len(g), len(all), 16*k)
		}
		all = append(all, slices.Clone(g))
		for i := range g {
			g[i] = nan // the visitor may change it
		}
	})
	if len(all) != (n+15)/16 {
		t.Fatalf("%d panels, want %d", len(all), (n+15)/16)
	}
	return all
}

func TestGradient(t *testing.T) {
	forEach(t, func(t *testing.T, e *Engine) {
		r := rand.New(rand.NewPCG(3, 1))
		for _, s := range shapes(r) {
			m, k, n := s[0], s[1], s[2]
			lda, ldd := k+r.IntN(3), n+r.IntN(3)
			a, d := matrix(r, m, k, lda), matrix(r, m, n, ldd)
			all := collect(t, k, n, func(visit func(int, []float32)) { e.Gradient(a, lda, m, k, d, ldd, n, visit) })
			for i := range k {
				for j := range round16(n) {
					want := float32(0)
					if j < n {
						want = chain(m, func(x int) float32 { return a[x*lda+i] }, func(x int) float32 { return d[x*ldd+j] })
					}
					same(t, fmt.Sprintf("%v: G(%d, %d)", s, i, j), all[j/16][i*16+j%16], want)
				}
			}
		}
	})
}

// Infinities and NaN reach exactly the elements whose chains include them, and
// never the padding of a gradient.
func TestNonFinite(t *testing.T) {
	forEach(t, func(t *testing.T, e *Engine) {
		r := rand.New(rand.NewPCG(4, 1))
		const m, k, n = 9, 21, 19
		for _, bad := range []float32{nan, float32(math.Inf(1)), float32(math.Inf(-1))} {
			a, d, b := matrix(r, m, k, k), matrix(r, m, n, n), panels(r, k, n)
			a[4*k+7] = bad
			c := make([]float32, m*32)
			e.Mul(c, 32, a, k, m, b)
			for i := range m {
				for j := range n {
					want := chain(k, func(x int) float32 { return a[i*k+x] }, func(x int) float32 { return b.At(x, j) })
					if finite := want-want == 0; finite == (i == 4) {
						t.Fatalf("reference C(%d, %d) is %g", i, j, want)
					}
					same(t, fmt.Sprintf("C(%d, %d)", i, j), c[i*32+j], want)
				}
			}
			all := collect(t, k, n, func(visit func(int, []float32)) { e.Gradient(a, k, m, k, d, n, n, visit) })
			for i := range k {
				for j := range 32 {
					g := all[j/16][i*16+j%16]
					if j >= n {
						same(t, fmt.Sprintf("padding G(%d, %d)", i, j), g, 0)
					} else if finite := g-g == 0; finite == (i == 7) {
						t.Fatalf("G(%d, %d) is %g", i, j, g)
					}
				}
			}
			d[3*n+2] = bad
			e.MulTransposed(c, 32, d, n, m, b)
			for i := range m {
				for j := range k {
					if x := c[i*32+j]; (x-x == 0) == (i == 3) {
						t.Fatalf("transposed C(%d, %d) is %g", i, j, x)
					}
				}
			}
		}
	})
}

func TestPanels(t *testing.T) {
	p := NewPanels(3, 18)
	if p.Count() != 2 || p.Padded() != 32 || len(p.Data) != 96 {
		t.Fatalf("count %d, padded %d, %d floats", p.Count(), p.Padded(), len(p.Data))
	}
	for i := range 3 {
		for j := range 18 {
			p.Set(i, j, float32(100*i+j))
		}
	}
	for i := range 3 {
		for j := range 18 {
			same(t, "element", p.At(i, j), float32(100*i+j))
			same(t, "element of panel", p.Panel(j / 16)[16*i+j%16], float32(100*i+j))
		}
		for j := 2; j < 16; j++ {
			same(t, "padding", p.Panel(1)[16*i+j], 0)
		}
	}
	for _, ij := range [][2]int{{-1, 0}, {3, 0}, {0, -1}, {0, 18}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("At(%d, %d) did not panic", ij[0], ij[1])
				}
			}()
			p.At(ij[0], ij[1])
		}()
	}
}

func TestNoAllocation(t *testing.T) {
	forEach(t, func(t *testing.T, e *Engine) {
		r := rand.New(rand.NewPCG(5, 1))
		const m, k, n = 9, 130, 70
		a, d, b := matrix(r, m, k, k), matrix(r, m, n, n), panels(r, k, n)
		c, back := make([]float32, m*80), make([]float32, m*144)
		data, rows := images(r, 12, k), []int32{3, 1, 4, 1, 5, 9, 2, 6, 11}
		var s Sparse
		visit := func(int, []float32) {}
		if got := testing.AllocsPerRun(5, func() {
			e.Mul(c, 80, a, k, m, b)
			e.MulTransposed(back, 144, d, n, m, b)
			e.Gradient(a, k, m, k, d, n, n, visit)
			e.LoadSparse(&s, data, k, rows)
			e.MulSparse(c, 80, &s, b)
			e.GradientSparse(&s, d, n, n, visit)
		}); got != 0 {
			t.Errorf("%g allocations", got)
		}
	})
}
