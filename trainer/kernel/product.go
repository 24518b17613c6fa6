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
	B            []float32 // element (k, 16p+j) at p*BPanel + 16k + j
	BPanel       int

	// More continues: the chains start at the present values of C. Otherwise
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
// It splits the rows evenly over register tiles, so that no M has a thin last
// tile, and does nothing for the caches: K·16 floats of B should fit in half of
// L1. C must not overlap A or B.
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
		t := widest(s.loops.tiles, p.Panels-q, p.M)
		// count tiles, the first `tall` of them one row higher.
		count := (p.M + len(t.byRows) - 1) / len(t.byRows)
		low, tall := p.M/count, p.M%count
		if tall > 0 {
			p.tile(t.byRows[low], 0, q, tall)
		}
		p.tile(t.byRows[low-1], tall*(low+1), q, count-tall)
		q += t.panels
	}
}

// widest returns the first (widest) kernels that suit the panels left and the
// rows. Kernels with few rows exist to keep enough chains in flight when M is
// small; they are listed in front of the ones for any M.
func widest(all []tiles, panels, m int) *tiles {
	for i := range all {
		t := &all[i]
		if t.panels <= panels && (m <= len(t.byRows) || !t.small()) {
			return t
		}
	}
	return &all[len(all)-1]
}

func (t *tiles) small() bool { return len(t.byRows) < minRows }

// minRows: kernels with fewer rows than this are for products that have no more
// rows than that; splitting a larger M over them would waste loads of B.
const minRows = 4

func (p *Product) tile(f tileFunc, i, q, count int) {
	f(&p.C[i*p.CRow+q*p.CPanel], p.CRow, p.CPanel, &p.A[i*p.ARow], p.ARow, p.ACol,
		&p.B[q*p.BPanel], p.BPanel, p.K, count, p.More)
}

func (p *Product) portable() {
	for q := range p.Panels {
		b := p.B[q*p.BPanel:]
		for i := range p.M {
			c := (*[Width]float32)(p.C[i*p.CRow+q*p.CPanel:])
			var acc [Width]float32
			if p.More {
				acc = *c
			}
			for k := range p.K {
				x := p.A[i*p.ARow+k*p.ACol]
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
	if len(p.A) < (p.M-1)*p.ARow+(p.K-1)*p.ACol+1 {
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
