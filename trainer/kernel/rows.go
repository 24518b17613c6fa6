package kernel

// The updates of a few rows of a panel. At small batches most rows of the first
// layer have a gradient of exactly +0, and a step with that
//
//   - leaves everything as it is with plain gradient descent and Adagrad: -LR·0
//     is -0, and so is -0 divided by √sum + Eps > 0; x + -0 is x for every x,
//   - only decays the means with Adadelta, as long as they are finite (√(acc+Eps)
//     is finite then, times 0 is +0, and fma(-LR, +0, w) is w),
//   - decays the means with Adam and goes on with their ratio.
//
// So a row may sleep, and when it is needed again make the steps it has missed,
// each with the operations, the constants and the roundings that it would have
// had: the bits are those of the rule for all rows. Weight decay, under which
// no row has a gradient of 0, has no place here.
//
// rows lists rows of 16; sleeps[i] is how many steps rows[i] has missed. The
// results tell whether the rows just updated may sleep again. If not, all rows
// must be woken and the rule for all rows used from the next step on.

// SGDRows is SGD without weight decay for some rows. They may sleep if their
// weights are finite.
func (s *Set) SGDRows(w, g []float32, rows []int32, c SGDStep) bool {
	checkSame(len(w), len(g))
	if checkIndices(rows, len(w)); len(rows) == 0 {
		return true
	}
	if s.loops.sgdRows != nil {
		return s.loops.sgdRows(&w[0], &g[0], &rows[0], len(rows), -c.LR)
	}
	calm := true
	for _, r := range rows {
		from, to := bounds(r)
		calm = s.SGD(w[from:to], g[from:to], SGDStep{LR: c.LR}) && calm
	}
	return calm
}

// AdagradRows is Adagrad without weight decay for some rows. They may sleep if
// their weights are finite.
func (s *Set) AdagradRows(w, g, sum []float32, rows []int32, c AdagradStep) bool {
	checkSame(len(w), len(g), len(sum))
	if checkIndices(rows, len(w)); len(rows) == 0 {
		return true
	}
	if s.loops.adagradRows != nil {
		return s.loops.adagradRows(&w[0], &g[0], &sum[0], &rows[0], len(rows), -c.LR, c.Eps)
	}
	c.WeightDecay = 0
	calm := true
	for _, r := range rows {
		from, to := bounds(r)
		calm = s.Adagrad(w[from:to], g[from:to], sum[from:to], c) && calm
	}
	return calm
}

// AdadeltaRows makes the missed steps of some rows and, if awake is set, then
// their step with gradient g, without weight decay. A missed step is
//
//	sq  = Rho*sq
//	acc = Rho*acc
//
// The rows may sleep if their weights and means are finite.
func (s *Set) AdadeltaRows(w, g, sq, acc []float32, rows, sleeps []int32, c AdadeltaStep, awake bool) bool {
	checkSame(len(w), len(g), len(sq), len(acc))
	checkSame(len(rows), len(sleeps))
	if checkIndices(rows, len(w)); len(rows) == 0 {
		return true
	}
	if s.loops.adadeltaRows != nil {
		return s.loops.adadeltaRows(&w[0], &g[0], &sq[0], &acc[0], &rows[0], &sleeps[0], len(rows),
			-c.LR, c.Rho, c.OneMinusRho, c.Eps, awake)
	}
	c.WeightDecay = 0
	calm := true
	for i, r := range rows {
		from, to := bounds(r)
		for j := from; j < to; j++ {
			for range sleeps[i] {
				sq[j] *= c.Rho
				acc[j] *= c.Rho
			}
		}
		if !awake {
			continue
		}
		calm = s.Adadelta(w[from:to], g[from:to], sq[from:to], acc[from:to], c) && calm
		for j := from; j < to; j++ {
			calm = calm && finite(sq[j]+c.Eps) && finite(acc[j])
		}
	}
	return calm
}

// AdamPast holds the scalars of one past step of Adam that differ from step to
// step.
type AdamPast struct{ NegStepSize, SqrtBias2 float32 }

// Magnitudes from which on a row may not sleep under Adam.
const (
	AdamCalmWeight = 0x1p100
	AdamCalmMoment = 0x1p41
)

// AdamRows makes the missed steps of some rows and, if awake is set, then their
// step with gradient g, without weight decay. The last missed step has the last
// scalars of past, the one before it those before, and so on. A missed step is
//
//	m = Beta1*m + 0
//	v = Beta2*v
//	w = w + (-StepSize*m) / (√v/SqrtBias2 + Eps)
//
// The rows may sleep if no weight reaches AdamCalmWeight and no m
// AdamCalmMoment; the caller sees to it that from there no sleep, however long,
// leads to a number that is not finite.
func (s *Set) AdamRows(w, g, m, v []float32, rows, sleeps []int32, past []AdamPast, c AdamStep, awake bool) bool {
	checkSame(len(w), len(g), len(m), len(v))
	checkSame(len(rows), len(sleeps))
	for _, n := range sleeps {
		if n < 0 || int(n) > len(past) {
			panic("kernel: a row has missed more steps than there were")
		}
	}
	if checkIndices(rows, len(w)); len(rows) == 0 {
		return true
	}
	if s.loops.adamRows != nil {
		var last *float32
		if len(past) > 0 {
			last = &past[len(past)-1].NegStepSize
		}
		return s.loops.adamRows(&w[0], &g[0], &m[0], &v[0], &rows[0], &sleeps[0], len(rows), last,
			-c.StepSize, c.Beta1, c.OneMinusBeta1, c.Beta2, c.OneMinusBeta2, c.SqrtBias2, c.Eps, awake)
	}
	c.WeightDecay = 0
	calm := true
	for i, r := range rows {
		from, to := bounds(r)
		for _, p := range past[len(past)-int(sleeps[i]):] {
			for j := from; j < to; j++ {
				m[j] = float32(c.Beta1*m[j]) + 0
				v[j] *= c.Beta2
				w[j] += float32(p.NegStepSize*m[j]) / (float32(sqrt32(v[j])/p.SqrtBias2) + c.Eps)
			}
		}
		if !awake {
			continue
		}
		s.Adam(w[from:to], g[from:to], m[from:to], v[from:to], c)
		for j := from; j < to; j++ {
			calm = calm && finite(w[j]*0x1p28) && finite(m[j]*0x1p87)
		}
	}
	return calm
}

func bounds(row int32) (from, to int) { return int(row) * Width, int(row+1) * Width }

func checkIndices(rows []int32, floats int) {
	for _, r := range rows {
		if r < 0 || int(r+1)*Width > floats {
			panic("kernel: row out of range")
		}
	}
}
