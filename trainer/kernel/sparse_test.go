package kernel

import (
	"fmt"
	"math"
	"testing"
)

// sparseMatrix is a random batch of byte images of the given density (percent).
func sparseMatrix(r source, m, pixels, density int) []byte {
	a := make([]byte, m*pixels)
	for i := range a {
		if r.IntN(100) < density {
			a[i] = byte(1 + r.IntN(255))
		}
	}
	return a
}

var testScale = func() (t [256]float32) {
	for b := range t {
		t[b] = float32(b) / 255
	}
	return t
}()

// plusZero returns x with -0 as +0.
func plusZero(x float32) float32 { return x + 0 }

func TestPlusZero(t *testing.T) {
	if x := plusZero(float32(math.Copysign(0, -1))); math.Float32bits(x) != 0 {
		t.Error("-0 + 0 is not +0: the compiler removed the addition")
	}
}

// groups arranges a batch in groups of four rows, with routines of the set.
func groups(s *Set, a []byte, m, pixels int, columns []uint64) []Group {
	words := (pixels + 63) / 64
	var all []Group
	for i := 0; i < m; i += Lanes {
		g := Group{Rows: [Lanes]int32{-1, -1, -1, -1}, Steps: make([]Step, pixels)}
		for l := range min(Lanes, m-i) {
			g.Rows[l] = int32(i + l)
			image, mask := a[(i+l)*pixels:][:pixels], make([]uint64, words)
			s.Nonzero(mask, image)
			s.Gather(g.Steps, l, columns, (i+l)%64, image, mask, &testScale)
		}
		all = append(all, g)
	}
	return all
}

// TestMultiplySparse compares with the dense chain over all pixels.
func TestMultiplySparse(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		r := newSource(21)
		for _, pixels := range []int{1, 7, 63, 64, 65, 130, 784} {
			for _, m := range []int{0, 1, 2, 3, 4, 5, 8, 9, 13} {
				for _, panels := range []int{0, 1, 2, 3, 4, 5, 8, 9, 13} {
					if pixels == 784 && (m*panels)%3 != 1 {
						continue
					}
					density := []int{0, 5, 19, 100}[r.IntN(4)]
					a := sparseMatrix(r, m, pixels, density)
					b := fill(make([]float32, panels*pixels*Width), r.ordinary)
					c := guard(m*(panels*Width+3), r.IntN(17))
					p := &SparseProduct{Panels: panels, C: c.slice(), CRow: panels*Width + 3,
						A: groups(s, a, m, pixels, make([]uint64, pixels)), B: b, K: pixels, BPanel: pixels * Width}
					s.MultiplySparse(p)
					c.check(t)
					for i := range m {
						want := make([]float32, panels*Width)
						for j := range want {
							acc := float32(0)
							for k, x := range a[i*pixels:][:pixels] {
								acc = FMA(testScale[x], b[(j/Width*pixels+k)*Width+j%Width], acc)
							}
							want[j] = plusZero(acc)
						}
						equal(t, fmt.Sprintf("%d pixels, density %d, row %d of %d, %d panels", pixels, density, i, m, panels),
							c.slice()[i*p.CRow:][:panels*Width], want)
					}
				}
			}
		}
	})
}

// TestMultiplyColumns compares with the dense chain over all samples.
func TestMultiplyColumns(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		r := newSource(22)
		for _, panels := range []int{1, 4, 8} {
			if panels != 1 && s.ColumnPanels(panels) != panels {
				continue
			}
			for _, pixels := range []int{1, 5, 64, 65, 130} {
				for _, m := range []int{0, 1, 2, 9, 50, 63, 64} {
					for _, more := range []bool{false, true} {
						density := []int{0, 5, 19, 100}[r.IntN(4)]
						a := sparseMatrix(r, m, pixels, density)
						masks := make([]uint64, pixels)
						groups(s, a, m, pixels, masks)
						d := fill(make([]float32, max(1, m)*panels*Width), r.ordinary)
						g := guard(panels*pixels*Width, r.IntN(17))
						if more {
							fill(g.slice(), r.ordinary)
						}
						want := append([]float32(nil), g.slice()...)
						for q := range panels {
							for k := range pixels {
								for j := range Width {
									w := &want[(q*pixels+k)*Width+j]
									acc := float32(0)
									if more {
										acc = *w
									}
									for i := range m {
										acc = FMA(testScale[a[i*pixels+k]], d[(i*panels+q)*Width+j], acc)
									}
									*w = plusZero(acc)
								}
							}
						}
						s.MultiplyColumns(&ColumnProduct{Panels: panels, G: g.slice(), GPanel: pixels * Width,
							Samples: m, Images: append(a, 0), Pixels: pixels, Scale: &testScale, Masks: masks,
							Order: permutation(r, pixels), D: d, More: more})
						g.check(t)
						equal(t, fmt.Sprintf("%d panels, %d pixels, %d samples, more=%t", panels, pixels, m, more), g.slice(), want)
					}
				}
			}
		}
	})
}

func permutation(r source, n int) []int32 {
	p := make([]int32, n)
	for i, x := range r.Perm(n) {
		p[i] = int32(x)
	}
	return p
}

// Leaving out zeros could be noticed if a product underflows to -0 at the start
// of a chain.
func TestSparseNegativeZero(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		a := []byte{1, 0, 0}
		b := make([]float32, 3*Width)
		b[0] = -0x1p-149 // times 1/255 gives -0
		c := make([]float32, Width)
		columns := make([]uint64, 3)
		s.MultiplySparse(&SparseProduct{Panels: 1, C: c, CRow: Width, A: groups(s, a, 1, 3, columns), B: b, K: 3, BPanel: 3 * Width})
		if math.Float32bits(c[0]) != 0 {
			t.Errorf("product is %g, want +0", c[0])
		}
		d, g := make([]float32, Width), make([]float32, 3*Width)
		d[0] = -0x1p-149
		s.MultiplyColumns(&ColumnProduct{Panels: 1, G: g, GPanel: 3 * Width, Samples: 1, Images: a, Pixels: 3,
			Scale: &testScale, Masks: columns, Order: []int32{0, 1, 2}, D: d})
		if math.Float32bits(g[0]) != 0 {
			t.Errorf("gradient is %g, want +0", g[0])
		}
	})
}

func TestNonzeroAndGather(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		r := newSource(23)
		for n := 1; n < 300; n++ {
			image := sparseMatrix(r, 1, n+3, r.IntN(101))[3:]
			words := (n + 63) / 64
			mask := make([]uint64, words+1)
			for w := range mask {
				mask[w] = r.Uint64()
			}
			canary := mask[words]
			s.Nonzero(mask, image)
			if mask[words] != canary {
				t.Fatalf("%d bytes: wrote behind the mask", n)
			}
			for i := range 64 * words {
				want := i < n && image[i] != 0
				if got := mask[i/64]>>(i%64)&1 != 0; got != want {
					t.Fatalf("%d bytes: bit %d is %t", n, i, got)
				}
			}
			lane, bit := r.IntN(Lanes), r.IntN(64)
			steps, columns := make([]Step, n+1), make([]uint64, n)
			for k := range columns {
				columns[k] = r.Uint64() &^ (1 << bit)
			}
			before := append([]uint64(nil), columns...)
			want := make([]Step, n+1)
			at := 0
			for k, b := range image {
				if b != 0 {
					want[at].Offset[lane], want[at].Value[lane] = uint32(64*k), testScale[b]
					before[k] |= 1 << bit
					at++
				}
			}
			s.Gather(steps, lane, columns, bit, image, mask[:words], &testScale)
			for i := range steps {
				if steps[i] != want[i] {
					t.Fatalf("%d bytes: step %d is %v, want %v", n, i, steps[i], want[i])
				}
			}
			for k := range columns {
				if columns[k] != before[k] {
					t.Fatalf("%d bytes: column %d is %x, want %x", n, k, columns[k], before[k])
				}
			}
		}
	})
}
