package kernel

import (
	"fmt"
	"math"
	"testing"
)

// multiplyNaive is a direct implementation of the comment of Set.Multiply.
func multiplyNaive(p *Product) {
	for i := range p.M {
		for q := range p.Panels {
			for j := range Width {
				c := &p.C[i*p.CRow+q*p.CPanel+j]
				acc := float32(0)
				if p.More {
					acc = *c
				}
				for k := range p.K {
					acc = FMA(p.A[i*p.ARow+k*p.ACol], p.B[q*p.BPanel+Width*k+j], acc)
				}
				*c = acc
			}
		}
	}
}

// product returns a Product on guarded, misaligned slices with random strides.
// With byColumn, A is read along its columns, as for gradients.
func product(r source, m, k, panels int, more, byColumn bool, next func() float32) (*Product, []*guarded) {
	p := &Product{M: m, K: k, Panels: panels, More: more, BPanel: k*Width + r.IntN(3)}
	if byColumn {
		p.ARow, p.ACol = 1, m+r.IntN(4)
		p.CRow, p.CPanel = Width, m*Width+r.IntN(3)
	} else {
		p.ARow, p.ACol = k+r.IntN(4), 1
		p.CRow, p.CPanel = panels*Width+r.IntN(4), Width
	}
	size := func(empty bool, n int) int {
		if empty {
			return 0
		}
		return n
	}
	a := guard(size(m == 0 || k == 0, (m-1)*p.ARow+(k-1)*p.ACol+1), r.IntN(17))
	b := guard(size(panels == 0 || k == 0, (panels-1)*p.BPanel+k*Width), r.IntN(17))
	c := guard(size(m == 0 || panels == 0, (m-1)*p.CRow+(panels-1)*p.CPanel+Width), r.IntN(17))
	p.A, p.B, p.C = fill(a.slice(), next), fill(b.slice(), next), c.slice()
	if more {
		fill(p.C, next)
	}
	return p, []*guarded{a, b, c}
}

// checkProduct compares one product of s with the naive one. If the chains
// start at +0, C is filled with NaN beforehand, so that reading it would show.
func checkProduct(t *testing.T, s *Set, p *Product, guards []*guarded) {
	t.Helper()
	want := *p
	want.C = append([]float32(nil), p.C...)
	multiplyNaive(&want)
	before := append([]float32(nil), p.C...)
	what := fmt.Sprintf("m=%d k=%d panels=%d more=%t", p.M, p.K, p.Panels, p.More)
	s.Multiply(p)
	equal(t, what, p.C, want.C)
	for _, g := range guards {
		g.check(t)
	}
	if p.ARow == 1 && p.ACol >= p.M && p.K > 0 && p.M > 0 {
		packed := guard(p.M*p.K, 3)
		s.Pack(packed.slice(), p.A, p.ACol, p.M, p.K)
		packed.check(t)
		copy(p.C, before)
		q := *p
		q.A, q.Packed, q.ARow, q.ACol = packed.slice(), true, 0, 0
		s.Multiply(&q)
		equal(t, what+" packed", q.C, want.C)
	}
}

func TestMultiplyShapes(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		r := newSource(11)
		for m := range 68 {
			for _, k := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 67} {
				if k > 9 && m > 24 && m%8 > 1 {
					continue
				}
				for panels := range 7 {
					p, guards := product(r, m, k, panels, r.IntN(2) == 0, r.IntN(2) == 0, r.ordinary)
					checkProduct(t, s, p, guards)
				}
			}
		}
		for k := range 68 {
			p, guards := product(r, 13, k, 5, k%2 == 0, k%3 == 0, r.ordinary)
			checkProduct(t, s, p, guards)
		}
	})
}

// Infinities and NaNs, subnormals and both zeros go through the dense chain as
// they do through FMA.
func TestMultiplySpecialValues(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		r := newSource(12)
		for n := range 400 {
			p, guards := product(r, 1+r.IntN(14), 1+r.IntN(6), 1+r.IntN(5), n%2 == 0, n%4 < 2, r.any)
			checkProduct(t, s, p, guards)
		}
	})
}

func TestMultiplyContinuesChains(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		r := newSource(13)
		const m, k, panels = 11, 60, 3
		p, _ := product(r, m, k, panels, false, false, r.ordinary)
		s.Multiply(p)
		whole := append([]float32(nil), p.C...)
		for cut := 1; cut < k; cut += 7 {
			a, b := *p, *p
			a.K = cut
			b.K, b.More = k-cut, true
			b.A, b.B = p.A[cut:], p.B[cut*Width:]
			s.Multiply(&a)
			s.Multiply(&b)
			for i := range m {
				equal(t, fmt.Sprintf("cut at %d", cut), p.C[i*p.CRow:][:panels*Width], whole[i*p.CRow:][:panels*Width])
			}
		}
	})
}

func TestMultiplyPanics(t *testing.T) {
	full := func() *Product {
		return &Product{M: 2, K: 3, Panels: 2, CRow: 32, CPanel: 16, ARow: 3, ACol: 1, BPanel: 48,
			A: make([]float32, 6), B: make([]float32, 96), C: make([]float32, 64)}
	}
	portable.Multiply(full())
	for name, spoil := range map[string]func(*Product){
		"short A":  func(p *Product) { p.A = p.A[:5] },
		"short B":  func(p *Product) { p.B = p.B[:95] },
		"short C":  func(p *Product) { p.C = p.C[:63] },
		"negative": func(p *Product) { p.M = -1 },
		"packed":   func(p *Product) { p.Packed, p.A = true, p.A[:5] },
	} {
		forEach(t, func(t *testing.T, s *Set) {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			p := full()
			spoil(p)
			s.Multiply(p)
		})
	}
}

func TestTransposeBlocks(t *testing.T) {
	const size = Width * Width
	forEach(t, func(t *testing.T, s *Set) {
		r := newSource(14)
		for count := range 5 {
			for _, step := range []int{size, size + 16, 3 * size} {
				n := max(0, (count-1)*step+size)
				src := fill(make([]float32, n+1), func() float32 { return math.Float32frombits(r.Uint32()) })[1:]
				dst := guard(max(0, (count-1)*size+size), 5)
				s.TransposeBlocks(dst.slice(), src, count, size, step)
				dst.check(t)
				for b := range count {
					for i := range Width {
						for j := range Width {
							got, want := dst.slice()[b*size+i*Width+j], src[b*step+j*Width+i]
							if math.Float32bits(got) != math.Float32bits(want) {
								t.Fatalf("block %d, element (%d, %d): %g, want %g", b, i, j, got, want)
							}
						}
					}
				}
			}
		}
	})
}
