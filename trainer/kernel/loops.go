package kernel

// loops are the vector routines of a set. Pointers point to first elements.
// Counts and strides are in elements and positive, and element-wise counts are
// multiples of Width. The doc comments of the Set methods say what each routine
// computes.
type loops struct {
	tiles       []tiles   // dense products, widest first, the last one panel wide
	rows        []rows    // sparse rows, for each number of rows widest first, down to one panel
	columns     []columns // sparse columns, likewise
	lowColumns  []lowColumns
	scaled      func(dst, src *float32, n int) bool
	pack        func(dst, a *float32, aCol, rows, count int)
	prefetch    func(src *byte, lines int)
	nonzero     func(mask *uint32, src *byte, n int)
	gather      func(steps *byte, columns *uint64, bit uint64, image *byte, mask *uint64, words int, scale *float32)
	transpose16 func(dst, src *float32, blocks, dstStep, srcStep int)

	biasSigmoid     func(z, bias *float32, n int)
	add             func(dst, x *float32, n int)
	sigmoidBackward func(d, a *float32, n int)
	pixels          func(dst *float32, src *byte, n int)
	finite          func(x *float32, n int) bool
	pool            func(dst *float32, ldd int, arg *uint8, top, bottom *float32, ld, windows, channels int, bias *float32)

	sgd       func(w, g *float32, n int, negLR, decay float32) bool
	momentum  func(w, g, v *float32, n int, negLR, momentum, decay float32, first bool) bool
	nesterov  func(w, g, v *float32, n int, negLR, momentum, decay float32, first bool) bool
	adagrad   func(w, g, sum *float32, n int, negLR, eps, decay float32) bool
	adagradK  func(w, g, sum *float32, n int, negLR, k, eps, decay float32) bool
	adadelta  func(w, g, sq, acc *float32, n int, negLR, rho, oneMinusRho, eps, decay float32, low uint8) bool
	adadeltaK func(w, g, sq, acc *float32, n int, negLR, k, rho, oneMinusRho, eps, decay float32) bool
	adam      func(w, g, m, v *float32, n int, negStep, beta1, oneMinusBeta1, beta2, oneMinusBeta2, sqrtBias2, eps, decay float32, low uint8) bool
	rmsprop   func(w, g, sq *float32, n int, negLR, alpha, oneMinusAlpha, eps, decay float32, low uint8) bool

	// vSGD; see Set.VSGD and similar methods.
	vsgd        func(w, g, v, h, v2, tau, xg, xv, xh, xv2 *float32, n int, samples, others, eps float32) bool
	vsgdAverage func(g, v, h, v2, tau, xg, xv, xh, xv2 *float32, n int, samples, eps float32)
	vsgdShift   func(to, w, g *float32, n int, eps float32) bool
	vsgdSum     func(xg, xv, xh, xv2, a, b *float32, step int, d, e *float32, dStep int, spans, samples *int32, rows int)

	// Updates of rows in several panels at once, widest first, down to one
	// panel; nil if there are none.
	sgdRows      []panelled[sgdRows]
	adagradRows  []panelled[adagradRows]
	adadeltaRows []panelled[adadeltaRows]
	adamRows     []panelled[adamRows]

	// What is recorded of activations; see Set.Tally, Set.Norms and
	// Set.RankSums.
	tally    func(a *float32, rows int, labels *uint8, sums *float64, classStep int, squares *float64, least, most, below *uint32)
	norms    func(l1, l2, a *float32, step, panels, rows int)
	sort     sorter
	rankSums func(ranks, totals *float64, t *float32, n int)

	peak func(rounds int)
	lane int // number of float32 in a vector
}

// tiles are the dense micro-kernels of one width: byRows[r-1] computes register
// tiles of r rows and 16·panels columns.
type tiles struct {
	panels int
	byRows []tileFunc
}

// tileFunc computes count tiles, one below the other; see Set.Multiply.
type tileFunc func(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)

// rows computes some rows (Lanes, or only the first) of one group of a sparse
// product over some panels; see Set.MultiplySparse.
type rows struct {
	rows, panels int
	run          func(c *float32, rows *int32, cRow int, steps *byte, n int, b *float32, bPanel int)
}

// columns computes rows of G over some panels; see Set.MultiplyColumns.
type columns struct {
	panels int
	run    func(out *float32, gPanel int, order *int32, count int, masks *uint64, images *byte, pixels int,
		scale *float32, d *float32, more bool)
}

// lowColumns is columns without subnormal numbers; see ColumnProduct.Scaled.
type lowColumns struct {
	panels int
	run    func(out *float32, gPanel int, order *int32, count int, masks *uint64, images *byte, pixels int,
		scale *float32, d, scaled *float32, more bool)
}

// panelled is a routine for a certain number of panels.
type panelled[F any] struct {
	panels int
	run    F
}

// Updates of rows; see Set.SGDRows and similar methods. panel is the distance
// between panels in bytes.
type (
	sgdRows      func(w, grad, values *float32, panel int, rows *int32, n int, negLR float32) bool
	adagradRows  func(w, sum, grad, values *float32, panel int, rows *int32, n int, negLR, eps float32) bool
	adadeltaRows func(w, sq, acc, grad, values *float32, panel int, rows, sleeps *int32, n int,
		negLR, rho, oneMinusRho, eps float32, awake bool, low uint8) bool
	adamRows func(w, m, v, grad, values *float32, panel int, rows, sleeps *int32, n int, past *float32,
		negStep, beta1, oneMinusBeta1, beta2, oneMinusBeta2, sqrtBias2, eps float32, settles, awake bool, low uint8) bool
)

// body returns the part of a length that the vector routines process.
func body(n int) int { return n &^ (Width - 1) }
