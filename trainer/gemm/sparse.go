package gemm

import "sparsel/trainer/kernel"

// blockSamples rows of D, 64 columns wide, make 96·64·4 = 24 KB: they stay in
// L1 (32 KB or more) while all pixels go by.
const blockSamples = 96

// MulSparse computes C = A·B for the batch s of s.Len() rows: Mul without the
// zero pixels. Weights must be finite (see the package comment); exact zeros in
// C are +0.
func (e *Engine) MulSparse(c []float32, ldc int, s *Sparse, b *Panels) {
	checkMatrix("C", len(c), ldc, s.Len(), b.Padded())
	if s.Len() == 0 {
		return
	}
	if s.pixels != b.Rows {
		panic("gemm: images and weights disagree on the number of pixels")
	}
	e.sparse = kernel.SparseProduct{
		Panels: b.Count(), C: c, CRow: ldc, A: s.lists, Order: s.order,
		B: b.Data, K: b.Rows, BPanel: b.Rows * kernel.Width,
	}
	e.set.MultiplySparse(&e.sparse)
	e.sparse = kernel.SparseProduct{}
}

// GradientSparse computes G = Aᵀ·D (pixels×n) for the batch s and the
// s.Len()×n matrix D: Gradient without the zero pixels, with the same calls of
// visit. D must be finite; exact zeros in G are +0.
func (e *Engine) GradientSparse(s *Sparse, d []float32, ldd, n int, visit func(panel int, g []float32)) {
	m := s.Len()
	checkMatrix("D", len(d), ldd, m, n)
	if m == 0 {
		return
	}
	s.columns()
	k := s.pixels
	size := k * kernel.Width
	bm := split(m, blockSamples)
	for q := 0; q < count(n); {
		panels := e.set.ColumnPanels(count(n) - q)
		g := grow(&e.gradient, panels*size)
		p := &e.columns
		for i := 0; i < m; i += bm {
			b := i / bm
			*p = kernel.ColumnProduct{
				Panels: panels, G: g, GPanel: size,
				Starts: s.starts[b*(k+1):][:k+1], Entries: s.entries,
				D:    e.pack(d[i*ldd:], ldd, min(bm, m-i), n, q, panels, true),
				More: i > 0,
			}
			e.set.MultiplyColumns(p)
		}
		*p = kernel.ColumnProduct{}
		e.visit(g, size, q, panels, n, visit)
		q += panels
	}
}

// columns makes the form by columns: for each block of rows, for each pixel,
// the samples (counted from the block's first) in which it is not zero.
func (s *Sparse) columns() {
	if s.byColumn {
		return
	}
	m, k := len(s.rows), s.pixels
	bm := split(m, blockSamples)
	blocks := (m + bm - 1) / bm
	total := 0
	for _, list := range s.lists {
		total += len(list)
	}
	s.entries = resized(s.entries, total)
	s.starts = zeroed(s.starts, blocks*(k+1))
	s.next = resized(s.next, k)
	at := int32(0)
	for b := range blocks {
		starts := s.starts[b*(k+1):][:k+1]
		rows := s.rows[b*bm : min((b+1)*bm, m)]
		for _, i := range rows {
			for _, e := range s.images.image(i) {
				starts[e.Row]++
			}
		}
		for r := range starts {
			n := starts[r]
			starts[r] = at
			at += n
		}
		copy(s.next, starts)
		for r, i := range rows {
			for _, e := range s.images.image(i) {
				s.entries[s.next[e.Row]] = kernel.Entry{Row: int32(r), Value: e.Value}
				s.next[e.Row]++
			}
		}
	}
	s.byColumn = true
}

// resized returns s with n elements of unspecified value.
func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// zeroed returns s with n zero elements.
func zeroed(s []int32, n int) []int32 {
	s = resized(s, n)
	clear(s)
	return s
}
