package gemm

import "sparsel/trainer/kernel"

// MulSparse computes C = A·B for the batch s of s.Len() rows. It is Mul without
// the zero pixels. Weights must be finite (see the package comment). Exact
// zeros in C are +0.
func (e *Engine) MulSparse(c []float32, ldc int, s *Sparse, b *Panels) {
	checkMatrix("C", len(c), ldc, s.Len(), b.Padded())
	if s.Len() == 0 {
		return
	}
	if s.pixels != b.Rows {
		panic("gemm: images and weights disagree on the number of pixels")
	}
	e.sparse = kernel.SparseProduct{
		Panels: b.Count(), C: c, CRow: ldc, A: s.groups,
		B: b.Data, K: b.Rows, BPanel: b.Rows * kernel.Width,
	}
	e.set.MultiplySparse(&e.sparse)
	e.sparse = kernel.SparseProduct{}
}

// GradientRows is GradientSparse for a few rows of G, those of the pixels in
// rows. The other rows of g have unspecified values when visit is called. A
// batch has at most [kernel.ColumnSamples] rows.
func (e *Engine) GradientRows(s *Sparse, d []float32, ldd, n int, rows []int32, visit func(panel int, g []float32)) {
	checkMatrix("D", len(d), ldd, s.Len(), n)
	if s.Len() == 0 {
		return
	}
	if s.Len() > kernel.ColumnSamples {
		panic("gemm: a batch of several blocks")
	}
	size := s.pixels * kernel.Width
	for q := 0; q < count(n); {
		panels := e.set.ColumnPanels(count(n) - q)
		g := grow(&e.gradient, panels*size)
		e.columns = kernel.ColumnProduct{
			Panels: panels, G: g, GPanel: size,
			Samples: s.Len(), Images: s.images, Pixels: s.pixels, Scale: &scale,
			Masks: s.columns[:s.pixels], Order: rows,
			D: e.pack(d, ldd, s.Len(), n, q, panels, true), Scaled: grow(&e.scaled, s.Len()*panels*kernel.Width),
		}
		e.set.MultiplyColumns(&e.columns)
		e.columns = kernel.ColumnProduct{}
		for p := range panels {
			visit(q+p, g[p*size:(p+1)*size:(p+1)*size])
		}
		q += panels
	}
}

// GradientSparse computes G = Aᵀ·D (pixels×n) for the batch s and the s.Len()×n
// matrix D. It is Gradient without the zero pixels, with the same calls of
// visit. D must be finite. Exact zeros in G are +0. For an empty batch visit is
// not called.
func (e *Engine) GradientSparse(s *Sparse, d []float32, ldd, n int, visit func(panel int, g []float32)) {
	checkMatrix("D", len(d), ldd, s.Len(), n)
	if s.Len() == 0 {
		return
	}
	blocks := s.byColumn()
	size := s.pixels * kernel.Width
	for q := 0; q < count(n); {
		panels := e.set.ColumnPanels(count(n) - q)
		g := grow(&e.gradient, panels*size)
		for i, b := range blocks {
			e.columns = kernel.ColumnProduct{
				Panels: panels, G: g, GPanel: size,
				Samples: b.samples, Images: s.images[b.first*s.pixels:], Pixels: s.pixels, Scale: &scale,
				Masks: b.masks, Order: b.order,
				D:      e.pack(d[b.first*ldd:], ldd, b.samples, n, q, panels, true),
				Scaled: grow(&e.scaled, b.samples*panels*kernel.Width),
				More:   i > 0,
			}
			e.set.MultiplyColumns(&e.columns)
		}
		e.columns = kernel.ColumnProduct{}
		e.visit(g, size, q, panels, n, visit)
		q += panels
	}
}
