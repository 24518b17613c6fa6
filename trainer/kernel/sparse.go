package kernel

import "unsafe"

// A product with exact zeros among its factors can leave them out: for finite
// w, fma(±0, w, acc) is acc, except that it turns an acc of -0 (which only the
// underflow of a product can have produced) into +0 or not, depending on signs.
// The sparse products below therefore end each chain by adding +0, which makes
// that -0 a +0 and changes nothing else. With that the result no longer depends
// on which zeros were left out, and equals the dense chain but for -0.
// Factors that are Inf or NaN need the dense product: 0·Inf is NaN.

// Entry is one nonzero factor of a sparse matrix in a list: the index of the
// row of the other matrix it multiplies, and its value.
type Entry struct {
	Row   int32
	Value float32
}

// SparseProduct describes C = A·B where A is given by the lists of nonzero
// elements of its rows.
type SparseProduct struct {
	Panels int
	C      []float32 // row i is at i*CRow, 16·Panels floats
	CRow   int
	A      [][]Entry // A[l] is row Order[l], Entry.Row ascending and below K
	Order  []int32
	B      []float32 // K·16 floats at p*BPanel
	K      int
	BPanel int
}

// MultiplySparse computes, for every list l with i = Order[l] and every column
// j < 16·Panels,
//
//	acc := +0
//	for _, e := range A[l] {
//		acc = FMA(e.Value, B(e.Row, j), acc)
//	}
//	C(i, j) = acc + 0
//
// Lists that follow one another are done in pairs; neighbours of like length
// are fastest. Entry.Row is trusted: an index outside [0, K) reads outside B.
func (s *Set) MultiplySparse(p *SparseProduct) {
	p.check()
	if s.loops.rows == nil {
		p.portable()
		return
	}
	var spare [Width * 8]float32
	for q := 0; q < p.Panels; {
		r := s.rowsFor(p.Panels-q, len(p.A))
		b, c := &p.B[q*p.BPanel], p.C[q*Width:]
		for l := 0; l < len(p.A); l++ {
			c0, a0 := &c[int(p.Order[l])*p.CRow], p.A[l]
			c1, a1 := &spare[0], []Entry(nil)
			if r.pair && l+1 < len(p.A) {
				l++
				c1, a1 = &c[int(p.Order[l])*p.CRow], p.A[l]
			}
			r.run(c0, c1, first(a0), len(a0), first(a1), len(a1), b, p.BPanel)
		}
		q += r.panels
	}
}

// rowsFor picks the widest kernel for the panels left; pairs of rows only when
// there is more than one.
func (s *Set) rowsFor(panels, lists int) *rows {
	all := s.loops.rows
	for i := range all {
		if all[i].panels <= panels && all[i].pair == (lists > 1) {
			return &all[i]
		}
	}
	return &all[len(all)-1]
}

// first returns where the vector routines find the entries: 8 bytes each, the
// row before the value.
func first(e []Entry) *byte { return (*byte)(unsafe.Pointer(unsafe.SliceData(e))) }

func (p *SparseProduct) portable() {
	for l, list := range p.A {
		for q := range p.Panels {
			b := p.B[q*p.BPanel:]
			var acc [Width]float32
			for _, e := range list {
				fmaRow(&acc, e.Value, (*[Width]float32)(b[Width*int(e.Row):]))
			}
			c := (*[Width]float32)(p.C[int(p.Order[l])*p.CRow+q*Width:])
			for j := range acc {
				c[j] = acc[j] + 0
			}
		}
	}
}

func (p *SparseProduct) check() {
	if len(p.Order) != len(p.A) || p.Panels < 0 || p.CRow < Width*p.Panels || p.BPanel < 0 {
		panic("kernel: malformed sparse product")
	}
	if len(p.A) == 0 || p.Panels == 0 {
		return
	}
	for _, i := range p.Order {
		if i < 0 || len(p.C) < int(i)*p.CRow+Width*p.Panels {
			panic("kernel: C does not fit its slice")
		}
	}
	if p.K <= 0 || len(p.B) < (p.Panels-1)*p.BPanel+p.K*Width {
		panic("kernel: B does not fit its slice")
	}
}

// ColumnProduct describes G = Aᵀ·D where A (samples × K) is given by the lists
// of nonzero elements of its columns, and D is packed: row s is 16·Panels
// contiguous floats at s*16*Panels. Panels must be a value of ColumnPanels.
type ColumnProduct struct {
	Panels  int
	G       []float32 // element (k, 16p+j) at p*GPanel + 16k + j
	GPanel  int
	Starts  []int32 // K+1 offsets: column k is Entries[Starts[k]:Starts[k+1]]
	Entries []Entry // Entry.Row is the sample, ascending in a column
	D       []float32

	// More continues the chains that are in G; otherwise they start at +0.
	More bool
}

// MultiplyColumns computes, for every k < len(Starts)-1 and j < 16·Panels,
//
//	acc := +0, or G(k, j) if p.More
//	for _, e := range p.Entries[p.Starts[k]:p.Starts[k+1]] {
//		acc = FMA(e.Value, D(e.Row, j), acc)
//	}
//	G(k, j) = acc + 0
//
// Entry.Row is trusted, as in MultiplySparse.
func (s *Set) MultiplyColumns(p *ColumnProduct) {
	k := len(p.Starts) - 1
	if k < 0 || p.Panels < 1 || p.GPanel < 0 || len(p.G) < (p.Panels-1)*p.GPanel+k*Width ||
		int(p.Starts[k]) > len(p.Entries) || p.Starts[0] < 0 {
		panic("kernel: malformed column product")
	}
	if k == 0 {
		return
	}
	if p.Starts[k] == p.Starts[0] {
		p.empty(k)
		return
	}
	for i := range s.loops.columns {
		if c := &s.loops.columns[i]; c.panels == p.Panels {
			c.run(&p.G[0], p.GPanel, &p.Starts[0], k, first(p.Entries), &p.D[0], p.More)
			return
		}
	}
	p.portable(k)
}

// ColumnPanels returns the panels that one ColumnProduct should take when left
// remain.
func (s *Set) ColumnPanels(left int) int {
	for i := range s.loops.columns {
		if n := s.loops.columns[i].panels; n <= left {
			return n
		}
	}
	return 1
}

// empty does a product without any nonzero factor.
func (p *ColumnProduct) empty(k int) {
	for q := range p.Panels {
		g := p.G[q*p.GPanel:][:k*Width]
		if !p.More {
			clear(g)
		}
		for i := range g {
			g[i] += 0
		}
	}
}

func (p *ColumnProduct) portable(k int) {
	for q := range p.Panels {
		for r := range k {
			g := (*[Width]float32)(p.G[q*p.GPanel+r*Width:])
			var acc [Width]float32
			if p.More {
				acc = *g
			}
			for _, e := range p.Entries[p.Starts[r]:p.Starts[r+1]] {
				fmaRow(&acc, e.Value, (*[Width]float32)(p.D[(int(e.Row)*p.Panels+q)*Width:]))
			}
			for j := range acc {
				g[j] = acc[j] + 0
			}
		}
	}
}
