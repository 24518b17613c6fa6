package kernel

// Product describes C = A·B, or the continuation of the chains already in C,
// over whole panels of 16 columns. A panel of B is K rows of 16 contiguous
// floats.
type Product struct {
	M, K, Panels int

	C            []float32 // element (i, 16p+j) at i*CRow + p*CPanel + j
	CRow, CPanel int
	A            []float32 // element (i, k) at i*ARow + k*ACol
	ARow, ACol   int
	Packed       bool      // A is in the layout of Set.Pack; ARow and ACol are not used
	B            []float32 // element (k, 16p+j) at p*BPanel + 16k + j
	BPanel       int

	// More continues chains: they start at the present values of C. Otherwise
	// they start at +0 and C is not read.
	More bool
}

// Multiply computes, for every i < M and column j < 16·Panels,
//
//	acc := +0, or C(i, j) if p.More
//	for k := range p.K {
//		acc = FMA(A(i, k), B(k, j), acc)
//	}
//	C(i, j) = acc
//
// It splits the rows evenly over register tiles, so that no M leaves a thin
// last tile. It does not block for the caches: K·16 floats of B should fit in
// half of L1. C must not overlap A or B.
func (s *Set) Multiply(p *Product) {
	p.check()
	if p.M == 0 || p.Panels == 0 {
		return
	}
	if p.K == 0 || s.loops.tiles == nil {
		p.portable()
		return
	}
	for q := 0; q < p.Panels; {
		t := s.widest(p.Panels-q, p.M)
		low, high := t.split(p.M)
		if high > 0 {
			p.tiles(t, 0, q, low+1, high)
		}
		p.tiles(t, high*(low+1), q, low, (p.M-high*(low+1))/low)
		q += t.panels
	}
}

// tiles runs count tiles of the given number of rows, beginning at row i and
// panel q.
func (p *Product) tiles(t *tiles, i, q, rows, count int) {
	a, aRow, aCol, aTile := i*p.ARow, p.ARow, p.ACol, rows*p.ARow
	if p.Packed {
		a, aRow, aCol, aTile = i*p.K, 1, rows, rows*p.K
	}
	t.byRows[rows-1](&p.C[i*p.CRow+q*p.CPanel], p.CRow, p.CPanel, &p.A[a], aRow, aCol, aTile,
		&p.B[q*p.BPanel], p.BPanel, p.K, count, p.More)
}

// split divides m rows over as few tiles as possible and as evenly as possible:
// high tiles of low+1 rows, then tiles of low rows.
func (t *tiles) split(m int) (low, high int) {
	count := (m + len(t.byRows) - 1) / len(t.byRows)
	return m / count, m % count
}

// widest returns the tiles for the panels left and m rows. Tiles of few rows
// and many panels are listed first. They keep enough chains in flight when m is
// small, and are only for such m, because splitting a larger m over them would
// load B more often.
func (s *Set) widest(panels, m int) *tiles {
	all := s.loops.tiles
	for i := range all {
		t := &all[i]
		if t.panels <= panels && (m <= len(t.byRows) || len(t.byRows) >= minRows) {
			return t
		}
	}
	return &all[len(all)-1]
}

const minRows = 4

// Pack copies the m×k matrix A whose element (i, x) is a[i + x*aCol] into dst,
// m·k floats, in the order in which Multiply reads it if Product.Packed is set:
// tile after tile, each with k steps of its rows. The first-level cache is best
// at sequential reads. A strided A costs a tenth of the speed, so packing pays
// if A is used with several panels.
func (s *Set) Pack(dst, a []float32, aCol, m, k int) {
	if m <= 0 || k <= 0 {
		return
	}
	if len(dst) < m*k || aCol < m || len(a) < (k-1)*aCol+m {
		panic("kernel: matrix does not fit its slice")
	}
	low, high := s.packing(m)
	for i := 0; i < m; {
		rows := low
		if i < high*(low+1) {
			rows++
		}
		s.packTile(dst[i*k:], a[i:], aCol, rows, k)
		i += rows
	}
}

// packing returns the heights of packed tiles. All tiles that split a matrix
// have the same largest height, and a matrix low enough for the others is a
// single tile, so the layout does not depend on the panels of the product.
func (s *Set) packing(m int) (low, high int) {
	if s.loops.tiles == nil {
		return m, 0
	}
	return s.loops.tiles[len(s.loops.tiles)-1].split(m)
}

// packTile copies k runs of rows floats from a, aCol apart, to adjacent places
// in dst.
func (s *Set) packTile(dst, a []float32, aCol, rows, k int) {
	x := 0
	// Copy a vector at a time. The next run or the next tile overwrites the
	// surplus, as long as neither slice ends within it.
	if lane := s.loops.lane; s.loops.pack != nil && rows <= lane && len(dst) >= lane && len(a) >= lane {
		x = min(k, (len(dst)-lane)/rows+1, (len(a)-lane)/aCol+1)
		s.loops.pack(&dst[0], &a[0], aCol, rows, x)
	}
	for ; x < k; x++ {
		copy(dst[x*rows:][:rows], a[x*aCol:])
	}
}

func (p *Product) portable() {
	aRow, aCol := p.ARow, p.ACol
	if p.Packed {
		aRow, aCol = 1, p.M
	}
	for q := range p.Panels {
		var b []float32
		if p.K > 0 {
			b = p.B[q*p.BPanel:]
		}
		for i := range p.M {
			c := (*[Width]float32)(p.C[i*p.CRow+q*p.CPanel:])
			var acc [Width]float32
			if p.More {
				acc = *c
			}
			for k := range p.K {
				x := p.A[i*aRow+k*aCol]
				fmaRow(&acc, x, (*[Width]float32)(b[Width*k:]))
			}
			*c = acc
		}
	}
}

func (p *Product) check() {
	if p.M < 0 || p.K < 0 || p.Panels < 0 || p.CRow < 0 || p.CPanel < 0 || p.ARow < 0 || p.ACol < 0 || p.BPanel < 0 {
		panic("kernel: negative dimension or stride")
	}
	if p.M == 0 || p.Panels == 0 {
		return
	}
	if len(p.C) < (p.M-1)*p.CRow+(p.Panels-1)*p.CPanel+Width {
		panic("kernel: C does not fit its slice")
	}
	if p.K == 0 {
		return
	}
	need := (p.M-1)*p.ARow + (p.K-1)*p.ACol + 1
	if p.Packed {
		need = p.M * p.K
	}
	if len(p.A) < need {
		panic("kernel: A does not fit its slice")
	}
	if len(p.B) < (p.Panels-1)*p.BPanel+p.K*Width {
		panic("kernel: B does not fit its slice")
	}
}

// TransposeBlocks transposes count blocks of 16×16 floats. Block t is 256
// contiguous floats at dst[t*dstStep] and src[t*srcStep]:
//
//	dst[t*dstStep + 16*i + j] = src[t*srcStep + 16*j + i]
//
// dst and src must not overlap.
func (s *Set) TransposeBlocks(dst, src []float32, count, dstStep, srcStep int) {
	const size = Width * Width
	if count <= 0 {
		return
	}
	if dstStep < 0 || srcStep < 0 || len(dst) < (count-1)*dstStep+size || len(src) < (count-1)*srcStep+size {
		panic("kernel: blocks do not fit their slice")
	}
	if s.loops.transpose16 != nil {
		s.loops.transpose16(&dst[0], &src[0], count, dstStep, srcStep)
		return
	}
	for t := range count {
		d, r := dst[t*dstStep:][:size], src[t*srcStep:][:size]
		for i := range Width {
			for j := range Width {
				d[Width*i+j] = r[Width*j+i]
			}
		}
	}
}
