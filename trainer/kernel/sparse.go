package kernel

import (
	"math/bits"
	"unsafe"
)

// A product can leave out exact zeros among its factors: for finite w, fma(±0,
// w, acc) is acc, except that it may turn an acc of -0 (which only the
// underflow of a product can have produced) into +0. The sparse products below
// therefore end each chain by adding +0, which turns that -0 into +0 and
// changes nothing else. So the result does not depend on which zeros were left
// out, and equals the dense chain except for -0. Factors that are Inf or NaN
// need the dense product, because 0·Inf is NaN.

// Lanes is the number of rows that a sparse product processes side by side.
const Lanes = 4

// Step is one factor of each of four rows of a sparse matrix: the offset of the
// row of the other matrix that it multiplies, in bytes (64 times the index),
// and its value. A value of 0 has no effect: it pads the shorter rows.
type Step struct {
	Offset [Lanes]uint32
	Value  [Lanes]float32
}

// Group is four rows of a sparse matrix side by side. Offsets ascend within a
// lane up to its padding.
type Group struct {
	Steps []Step
	Rows  [Lanes]int32 // row of C for each lane; negative if there is none
}

// single reports whether only the first lane is in use.
func (g *Group) single() bool { return g.Rows[1] < 0 && g.Rows[2] < 0 && g.Rows[3] < 0 }

// SparseProduct describes C = A·B for a sparse A.
type SparseProduct struct {
	Panels int
	C      []float32 // row i is at i*CRow, 16·Panels floats
	CRow   int
	A      []Group
	B      []float32 // panel p is K·16 floats at p*BPanel
	K      int
	BPanel int
}

// MultiplySparse computes, for every lane l with row i = Rows[l] >= 0 of every
// group and every column j < 16·Panels,
//
//	acc := +0
//	for _, s := range Steps {
//		acc = FMA(s.Value[l], B(s.Offset[l]/64, j), acc)
//	}
//	C(i, j) = acc + 0
//
// Offsets are not checked: one outside B reads outside B.
func (s *Set) MultiplySparse(p *SparseProduct) {
	p.check()
	if len(p.A) == 0 {
		return
	}
	if s.loops.rows == nil {
		for i := range p.A {
			p.portable(&p.A[i])
		}
		return
	}
	for q := 0; q < p.Panels; {
		all, one := s.rowsFor(Lanes, p.Panels-q), s.rowsFor(1, p.Panels-q)
		// Process all groups over the same panels, which stay in cache. The
		// routine of fewer panels repeats.
		width := max(all.panels, one.panels)
		if !p.A[len(p.A)-1].single() {
			width = all.panels
		}
		for i := range p.A {
			g := &p.A[i]
			r := all
			if g.single() {
				r = one
			}
			steps := (*byte)(unsafe.Pointer(unsafe.SliceData(g.Steps)))
			for x := q; x < q+width; x += r.panels {
				r.run(&p.C[x*Width], &g.Rows[0], p.CRow, steps, len(g.Steps), &p.B[x*p.BPanel], p.BPanel)
			}
		}
		q += width
	}
}

// rowsFor returns the widest routine for the rows and the panels left.
func (s *Set) rowsFor(n, panels int) *rows {
	for i := range s.loops.rows {
		if r := &s.loops.rows[i]; r.rows == n && r.panels <= panels {
			return r
		}
	}
	panic("kernel: no routine for sparse rows")
}

func (p *SparseProduct) portable(g *Group) {
	for l, i := range g.Rows {
		if i < 0 {
			continue
		}
		for q := range p.Panels {
			b := p.B[q*p.BPanel:]
			var acc [Width]float32
			for t := range g.Steps {
				s := &g.Steps[t]
				if s.Value[l] != 0 {
					fmaRow(&acc, s.Value[l], (*[Width]float32)(b[s.Offset[l]/4:]))
				}
			}
			c := (*[Width]float32)(p.C[int(i)*p.CRow+q*Width:])
			for j := range acc {
				c[j] = acc[j] + 0
			}
		}
	}
}

func (p *SparseProduct) check() {
	if p.Panels < 0 || p.CRow < Width*p.Panels || p.BPanel < 0 || p.K < 0 {
		panic("kernel: malformed sparse product")
	}
	if len(p.A) == 0 || p.Panels == 0 {
		return
	}
	for i := range p.A {
		for _, r := range p.A[i].Rows {
			if r >= 0 && len(p.C) < int(r)*p.CRow+Width*p.Panels {
				panic("kernel: C does not fit its slice")
			}
		}
	}
	if p.K <= 0 || len(p.B) < (p.Panels-1)*p.BPanel+p.K*Width {
		panic("kernel: B does not fit its slice")
	}
}

// ColumnSamples is the largest number of samples of one ColumnProduct.
const ColumnSamples = 64

// ColumnProduct describes G = Aᵀ·D for a batch A of byte images, of which only
// the nonzero pixels are used: A(s, k) = Scale[Images[s*Pixels+k]].
type ColumnProduct struct {
	Panels int       // 1 or a value of ColumnPanels
	G      []float32 // element (k, 16p+j) at p*GPanel + 16k + j
	GPanel int

	Samples int    // at most ColumnSamples
	Images  []byte // Samples×Pixels
	Pixels  int
	Scale   *[256]float32
	Masks   []uint64 // bit s of Masks[k] says that pixel k of sample s is not 0
	Order   []int32  // the pixels in the order in which they are processed

	D []float32 // row s is 16·Panels contiguous floats at s*16*Panels

	// Scaled is memory for as many floats as D, of unspecified value, or nil. On
	// processors on which operations with subnormal numbers are slow it holds
	// 2^64·D if D has numbers that lead to such operations.
	Scaled []float32

	// More continues the chains in G. Otherwise they start at +0 and G is not
	// read.
	More bool
}

// MultiplyColumns computes, for every k of Order and every j < 16·Panels,
//
//	acc := +0, or G(k, j) if p.More
//	for s := range p.Samples {
//		if Masks[k] has bit s {
//			acc = FMA(A(s, k), D(s, j), acc)
//		}
//	}
//	G(k, j) = acc + 0
//
// It is fastest if pixels are ordered by the number of their samples, because
// the processor then predicts the ends of their loops. Bits of Masks from
// Samples up must be 0.
func (s *Set) MultiplyColumns(p *ColumnProduct) {
	p.checkColumns()
	if len(p.Order) == 0 {
		return
	}
	n := p.Samples * p.Panels * Width
	if slowSubnormals && s.loops.scaled != nil && p.Scaled != nil && n > 0 && !s.loops.scaled(&p.Scaled[0], &p.D[0], n) {
		for i := range s.loops.lowColumns {
			if c := &s.loops.lowColumns[i]; c.panels == p.Panels {
				c.run(&p.G[0], p.GPanel, &p.Order[0], len(p.Order), &p.Masks[0], &p.Images[0], p.Pixels,
					&p.Scale[0], &p.D[0], &p.Scaled[0], p.More)
				return
			}
		}
	}
	for i := range s.loops.columns {
		if c := &s.loops.columns[i]; c.panels == p.Panels {
			c.run(&p.G[0], p.GPanel, &p.Order[0], len(p.Order), &p.Masks[0], &p.Images[0], p.Pixels,
				&p.Scale[0], &p.D[0], p.More)
			return
		}
	}
	for _, k := range p.Order {
		p.portable(int(k))
	}
}

// ColumnPanels returns the number of panels that one ColumnProduct should
// process when left remain.
func (s *Set) ColumnPanels(left int) int {
	for i := range s.loops.columns {
		if n := s.loops.columns[i].panels; n <= left {
			return n
		}
	}
	return 1
}

func (p *ColumnProduct) portable(k int) {
	for q := range p.Panels {
		g := (*[Width]float32)(p.G[q*p.GPanel+k*Width:])
		var acc [Width]float32
		if p.More {
			acc = *g
		}
		for m := p.Masks[k]; m != 0; m &= m - 1 {
			s := bits.TrailingZeros64(m)
			x := p.Scale[p.Images[s*p.Pixels+k]]
			fmaRow(&acc, x, (*[Width]float32)(p.D[(s*p.Panels+q)*Width:]))
		}
		for j := range acc {
			g[j] = acc[j] + 0
		}
	}
}

func (p *ColumnProduct) checkColumns() {
	n := p.Samples * p.Panels * Width
	if p.Panels < 1 || p.GPanel < 0 || p.Pixels < 0 || p.Samples < 0 || p.Samples > ColumnSamples ||
		len(p.Masks) < p.Pixels || len(p.Images) < p.Samples*p.Pixels || len(p.D) < n ||
		p.Scaled != nil && len(p.Scaled) < n ||
		len(p.G) < (p.Panels-1)*p.GPanel+p.Pixels*Width {
		panic("kernel: malformed column product")
	}
	for _, k := range p.Order {
		if uint(k) >= uint(p.Pixels) {
			panic("kernel: pixel out of range")
		}
	}
}
