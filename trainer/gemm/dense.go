package gemm

import "sparsel/trainer/kernel"

// Mul computes C = A·B for the m×b.Rows matrix A and the panels B, padding
// columns included: c[i*ldc+j] for j < b.Padded() is the chain over k of
// a[i*lda+k]·B(k, j). C is not read; it must not overlap A or B.
func (e *Engine) Mul(c []float32, ldc int, a []float32, lda, m int, b *Panels) {
	checkMatrix("C", len(c), ldc, m, b.Padded())
	checkMatrix("A", len(a), lda, m, b.Rows)
	e.mul(c, ldc, a, lda, m, b.Rows, b.Data, b.Rows*kernel.Width, b.Count())
}

// mul blocks C = A·B. The outer loop is over blocks of k, so that one block of
// every panel of B meets a block of A that stays in L2; then come rows, then
// panels.
func (e *Engine) mul(c []float32, ldc int, a []float32, lda, m, k int, b []float32, panel, panels int) {
	p := &e.product
	*p = kernel.Product{
		Panels: panels, CRow: ldc, CPanel: kernel.Width,
		ARow: lda, ACol: 1, BPanel: panel,
	}
	if m == 0 || panels == 0 {
		return
	}
	bm, bk := split(m, blockM), split(k, blockK)
	for i := 0; i < m; i += bm {
		p.M = min(bm, m-i)
		p.C = c[i*ldc:]
		for x := 0; x == 0 || x < k; x += bk {
			p.K, p.More = min(bk, k-x), x > 0
			if k > 0 {
				p.A, p.B = a[i*lda+x:], b[x*kernel.Width:]
			}
			e.set.Multiply(p)
		}
	}
	*p = kernel.Product{}
}

// MulTransposed computes C = D·Bᵀ for the m×b.Cols matrix D: c[i*ldc+r] for
// r < b.Rows is the chain over the columns j of B, ascending, of
// d[i*ldd+j]·B(r, j). The columns of C from b.Rows up to the next multiple of
// 16 are padding. C is not read; it must not overlap D.
func (e *Engine) MulTransposed(c []float32, ldc int, d []float32, ldd, m int, b *Panels) {
	panels := count(b.Rows)
	checkMatrix("C", len(c), ldc, m, panels*kernel.Width)
	checkMatrix("D", len(d), ldd, m, b.Cols)
	panel := b.Padded() * kernel.Width
	t := grow(&e.transposed, panels*panel)
	e.transpose(t, b)
	e.mul(c, ldc, d, ldd, m, b.Cols, t, panel, panels)
}

// transpose writes Bᵀ as panels of b.Padded() rows: 16 rows of panel q of B are
// a contiguous block of 16×16 floats, and so is their transpose in t.
func (e *Engine) transpose(t []float32, b *Panels) {
	const block = kernel.Width * kernel.Width
	full, rest := b.Rows/kernel.Width, b.Rows%kernel.Width
	panel := b.Padded() * kernel.Width
	for q := range b.Count() {
		src := b.Panel(q)
		e.set.TransposeBlocks(t[q*block:], src, full, panel, block)
		if rest > 0 {
			last := t[full*panel+q*block:][:block]
			tail := src[full*block:]
			for i := range kernel.Width {
				row := last[kernel.Width*i:][:kernel.Width]
				for r := range rest {
					row[r] = tail[kernel.Width*r+i]
				}
				clear(row[rest:])
			}
		}
	}
}

// Packing A pays from this many rows and panels up. Below, the copy costs more
// than the strided reads that it saves.
const (
	packRows   = 8
	packPanels = 3
)

// Gradient computes G = Aᵀ·D (k×n) for the m×k matrix A and the m×n matrix D,
// one panel at a time in ascending order, and calls visit with each panel. g is
// k×16 floats, which are valid and may be changed during the call, so that the
// weights can be updated while g is in cache. Element (r, j) is the chain over
// the m rows, ascending, of a[i*lda+r]·d[i*ldd+j]. Columns from n up are +0.
func (e *Engine) Gradient(a []float32, lda, m, k int, d []float32, ldd, n int, visit func(panel int, g []float32)) {
	checkMatrix("A", len(a), lda, m, k)
	checkMatrix("D", len(d), ldd, m, n)
	const group = 2 // number of panels at a time, as many as the widest register tiles take
	size := k * kernel.Width
	g := grow(&e.gradient, group*size)
	bm := split(m, blockK)
	packed := m >= packRows && count(n) >= packPanels
	if packed {
		out := grow(&e.packedA, m*k)
		for i := 0; i < m; i += bm {
			e.set.Pack(out[i*k:], a[i*lda:], lda, k, min(bm, m-i))
		}
	}
	for q := 0; q < count(n); q += group {
		p := &e.product
		*p = kernel.Product{
			M: k, Panels: min(group, count(n)-q), C: g, CRow: kernel.Width, CPanel: size,
			ARow: 1, ACol: lda, Packed: packed,
		}
		for i := 0; i == 0 || i < m; i += bm {
			p.K, p.More = min(bm, m-i), i > 0
			if packed {
				p.A = e.packedA[i*k:]
			} else {
				p.A = a[i*lda:]
			}
			p.BPanel = p.K * kernel.Width
			p.B = e.pack(d[i*ldd:], ldd, p.K, n, q, p.Panels, false)
			e.set.Multiply(p)
		}
		panels := p.Panels
		*p = kernel.Product{}
		e.visit(g, size, q, panels, n, visit)
	}
}

// visit passes the panels q, q+1, … of a gradient with n columns to the
// visitor.
func (e *Engine) visit(g []float32, size, q, panels, n int, visit func(panel int, g []float32)) {
	for p := range panels {
		gp := g[p*size : (p+1)*size : (p+1)*size]
		// Non-finite factors times padding are NaN, finite ones +0.
		if cols := n - kernel.Width*(q+p); cols < kernel.Width && !e.set.Finite(gp) {
			for r := 0; r < size; r += kernel.Width {
				clear(gp[r+cols : r+kernel.Width])
			}
		}
		visit(q+p, gp)
	}
}

// pack copies m rows of the given panels of D, with +0 for the columns from n
// up: either panel after panel (m×16 each), or interleaved, with row s of all
// panels adjacent.
func (e *Engine) pack(d []float32, ldd, m, n, q, panels int, interleaved bool) []float32 {
	out := grow(&e.packed, m*panels*kernel.Width)
	row, panel := kernel.Width, m*kernel.Width
	if interleaved {
		row, panel = panels*kernel.Width, kernel.Width
	}
	for p := range panels {
		j := (q + p) * kernel.Width
		cols := min(kernel.Width, n-j)
		for s := range m {
			dst := (*[kernel.Width]float32)(out[p*panel+s*row:])
			if cols == kernel.Width {
				*dst = [kernel.Width]float32(d[s*ldd+j:])
			} else {
				*dst = [kernel.Width]float32{}
				copy(dst[:], d[s*ldd+j:][:cols])
			}
		}
	}
	return out
}

func checkMatrix(name string, have, ld, rows, cols int) {
	if rows < 0 || cols < 0 || ld < cols || rows > 0 && have < (rows-1)*ld+cols {
		panic("gemm: " + name + " does not fit its slice")
	}
}
