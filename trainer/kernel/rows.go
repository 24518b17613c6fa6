package kernel

import "slices"

// This file updates a few rows of panels. With small batches most rows of the
// first layer have a gradient of exactly +0, and a step with such a gradient
//
//   - leaves everything as it is with plain gradient descent and Adagrad: -LR·0
//     is -0, and so is -0 divided by √sum + Eps > 0; x + -0 is x for every x,
//   - only decays the means with Adadelta, as long as they are finite
//     (√(acc+Eps) is finite then, times 0 is +0, and fma(-LR, +0, w) is w),
//   - decays the means with Adam and continues to move the weight by their
//     ratio.
//
// So a row may sleep. When it is needed again, it makes the steps that it has
// missed, each with the operations, the constants and the roundings that it
// would have had, so its bits are those of the rule for all rows. This does not
// work with weight decay, under which no row has a gradient of 0.
//
// The results tell whether the rows just updated may sleep again. If not, all
// rows must be woken and the rule for all rows used from the next step on.

// Rows are some rows of 16 of a few panels, and their gradients.
type Rows struct {
	Panels, Panel int     // number of panels, and the distance in floats from one to the next
	Index         []int32 // the rows, ascending
	Sleeps        []int32 // number of steps that each row has missed (Adadelta, Adam)

	// G has the gradient of element j of row r of panel p at p·Panel+16r+j. If
	// Values is not nil, the gradients are products instead: that of row
	// Index[i] is Values[i]·G[16p+j] + 0.
	G, Values []float32
}

// SGDRows is SGD without weight decay for some rows. They may sleep if their
// weights are finite.
func (s *Set) SGDRows(w []float32, r *Rows, c SGDStep) bool {
	r.check(len(w), true)
	c.WeightDecay = 0
	if s.loops.sgdRows == nil {
		return r.portable(func(_, from, to int, g []float32) bool { return s.SGD(w[from:to], g, c) })
	}
	return overPanels(r, s.loops.sgdRows, func(run sgdRows, at, panel int, g, x *float32) bool {
		return run(&w[at], g, x, panel, &r.Index[0], len(r.Index), -c.LR)
	})
}

// AdagradRows is Adagrad without weight decay for some rows. They may sleep if
// their weights are finite.
func (s *Set) AdagradRows(w, sum []float32, r *Rows, c AdagradStep) bool {
	checkSame(len(w), len(sum))
	r.check(len(w), true)
	c.WeightDecay = 0
	if s.loops.adagradRows == nil {
		return r.portable(func(_, from, to int, g []float32) bool {
			return s.Adagrad(w[from:to], g, sum[from:to], c)
		})
	}
	return overPanels(r, s.loops.adagradRows, func(run adagradRows, at, panel int, g, x *float32) bool {
		return run(&w[at], &sum[at], g, x, panel, &r.Index[0], len(r.Index), -c.LR, c.Eps)
	})
}

// AdadeltaRows makes the missed steps of some rows and then, if awake is set,
// their current step with their gradients, without weight decay. A missed step
// is
//
//	sq  = Rho*sq
//	acc = Rho*acc
//
// The rows may sleep if their weights and means are finite.
func (s *Set) AdadeltaRows(w, sq, acc []float32, r *Rows, c AdadeltaStep, awake bool) bool {
	checkSame(len(w), len(sq), len(acc))
	checkSame(len(r.Index), len(r.Sleeps))
	r.check(len(w), awake)
	c.WeightDecay = 0
	if s.loops.adadeltaRows == nil {
		return r.portable(func(i, from, to int, g []float32) bool {
			return s.adadeltaRow(w[from:to], g, sq[from:to], acc[from:to], int(r.Sleeps[i]), c, awake)
		})
	}
	low := c.low()
	return overPanels(r, s.loops.adadeltaRows, func(run adadeltaRows, at, panel int, g, x *float32) bool {
		low := low
		if awake && low != 0 {
			low &= r.lowest(at / max(r.Panel, 1))
		}
		return run(&w[at], &sq[at], &acc[at], g, x, panel, &r.Index[0], &r.Sleeps[0], len(r.Index),
			-c.LR, c.Rho, c.OneMinusRho, c.Eps, awake, low)
	})
}

func (s *Set) adadeltaRow(w, g, sq, acc []float32, missed int, c AdadeltaStep, awake bool) bool {
	for j := range w {
		sq[j] = decay(sq[j], c.Rho, missed)
		acc[j] = decay(acc[j], c.Rho, missed)
	}
	if !awake {
		return true
	}
	calm := s.Adadelta(w, g, sq, acc, c)
	for j := range w {
		calm = calm && finite(sq[j]+c.Eps) && finite(acc[j])
	}
	return calm
}

// decay multiplies x by factor as many times as times says, or until that does
// not change it any more.
func decay(x, factor float32, times int) float32 {
	for range times {
		next := x * factor
		if next == x {
			break
		}
		x = next
	}
	return x
}

// AdamPast holds those scalars of a past step of Adam that differ from step to
// step.
type AdamPast struct{ NegStepSize, SqrtBias2 float32 }

// Magnitudes from which up a row may not sleep under Adam.
const (
	AdamCalmWeight = 0x1p100
	AdamCalmMoment = 0x1p41
)

// AdamRows makes the missed steps of some rows and then, if awake is set, their
// current step with their gradients, without weight decay. The last missed step
// uses the last scalars of past, the one before it those before, and so on. A
// missed step is
//
//	m = Beta1*m + 0
//	v = Beta2*v
//	w = w + (-StepSize*m) / (√v/SqrtBias2 + Eps)
//
// The rows may sleep if no weight reaches AdamCalmWeight and no m
// AdamCalmMoment. The caller must ensure that no sleep that starts below these,
// however long, leads to a number that is not finite. settles says that
// AdamSettles returns true; it makes long sleeps faster.
func (s *Set) AdamRows(w, m, v []float32, r *Rows, past []AdamPast, c AdamStep, settles, awake bool) bool {
	checkSame(len(w), len(m), len(v))
	checkSame(len(r.Index), len(r.Sleeps))
	r.check(len(w), awake)
	if len(r.Sleeps) > 0 && (slices.Min(r.Sleeps) < 0 || int(slices.Max(r.Sleeps)) > len(past)) {
		panic("kernel: a row has missed more steps than there were")
	}
	c.WeightDecay = 0
	var last *float32
	if len(past) > 0 {
		last = &past[len(past)-1].NegStepSize
	}
	if s.loops.adamRows == nil {
		return r.portable(func(i, from, to int, g []float32) bool {
			return s.adamRow(w[from:to], g, m[from:to], v[from:to], past[len(past)-int(r.Sleeps[i]):], c, awake)
		})
	}
	low := c.low()
	for _, x := range r.Values {
		if !(x > -0x1p4 && x < 0x1p4) {
			low &= takeSquares | takeAsleep
		}
	}
	return overPanels(r, s.loops.adamRows, func(run adamRows, at, panel int, g, x *float32) bool {
		low := low
		if awake && low != 0 {
			low &= r.lowest(at / max(r.Panel, 1))
		}
		return run(&w[at], &m[at], &v[at], g, x, panel, &r.Index[0], &r.Sleeps[0], len(r.Index), last,
			-c.StepSize, c.Beta1, c.OneMinusBeta1, c.Beta2, c.OneMinusBeta2, c.SqrtBias2, c.Eps, settles, awake, low)
	})
}

func (s *Set) adamRow(w, g, m, v []float32, missed []AdamPast, c AdamStep, awake bool) bool {
	for _, p := range missed {
		for j := range w {
			m[j] = float32(c.Beta1*m[j]) + 0
			v[j] *= c.Beta2
			w[j] += float32(p.NegStepSize*m[j]) / (float32(sqrt32(v[j])/p.SqrtBias2) + c.Eps)
		}
	}
	if !awake {
		return true
	}
	s.Adam(w, g, m, v, c)
	calm := true
	for j := range w {
		calm = calm && finite(w[j]*0x1p28) && finite(m[j]*0x1p87)
	}
	return calm
}

// AdamSettles reports whether a sleep can settle: whether, once a missed step
// has hardly moved a weight, no later one of the same sleep moves it at all, so
// that only the means are left to decay. first has the scalars of the run's
// first step. Later steps must have a StepSize that is no larger and a
// SqrtBias2 that is neither smaller nor above 1.
//
// Let u be what a missed step adds to w, b its SqrtBias2, and let a weight be
// settled after it if m is 0 or |u| <= 2^-26·b·(|w|-2^-47). Then all later
// changes u' of the sleep leave w as it is. If m is 0, they are all -0. (They do
// not turn a w of -0 into +0, either.) Otherwise, write e for 2^-24, the
// relative error of a rounding.
//
// The denominator D = √v/SqrtBias2 + Eps shrinks slowly. As long as v is a
// normal number, √v shrinks at most by √(Beta2·(1-e)) in a step. SqrtBias2
// grows from b, which is at least 2^-6, to at most 1 in all steps together. Once
// v has fallen below 2^-125, √v/SqrtBias2 is below 2^-55, next to nothing beside
// Eps, and D can shrink no further. So after j steps D' >=
// D·b·√(Beta2·(1-e))^j·(1-2^-14).
//
// The numerator N = StepSize·m shrinks faster. StepSize does not grow, and as
// long as m is a normal number it shrinks at least by Beta1·(1+e). After that
// |m| < 2^-126, where decays may come to a standstill. So N' <=
// N·(Beta1·(1+e))^j + 2^10·2^-126.
//
// With Beta1 <= 0.99·√Beta2 the first part of N'/D' is at most 2^0.1/b·N/D,
// and with Eps >= 2^-40 the second one is at most 2^-76. Roundings of N, D and u
// add factors near 1, and 2^-149/2^-40 for results that are not normal numbers:
// |u'| <= 2^0.2/b·|u| + 2^-75 <= 2^-25.8·(|w|-2^-47) + 2^-75 < 2^-25·|w|, since
// |w| >= 2^-47. That is at most half of the distance between |w| and the next
// smaller number, so w + u' rounds to w.
func AdamSettles(first AdamStep) bool {
	b1, b2 := float64(first.Beta1), float64(first.Beta2)
	return b2 >= 0.5 && b2 < 1 && b1 >= 0 && b1*b1 <= 0.98*b2 && first.Eps >= 0x1p-40 &&
		first.StepSize >= 0 && first.StepSize <= 0x1p10 && first.SqrtBias2 >= 0x1p-6
}

// check panics if the rows do not fit slices of the given number of floats.
// Since the index is ascending, it checks only its ends.
func (r *Rows) check(floats int, gradients bool) {
	if len(r.Index) == 0 || r.Panels == 0 {
		return
	}
	last := int(r.Index[len(r.Index)-1])
	if r.Panels < 0 || r.Panel < 0 || r.Index[0] < 0 || last < 0 || (r.Panels-1)*r.Panel+(last+1)*Width > floats {
		panic("kernel: rows do not fit their panels")
	}
	need := (r.Panels-1)*r.Panel + (last+1)*Width
	if r.Values != nil {
		checkSame(len(r.Index), len(r.Values))
		need = r.Panels * Width
	}
	if gradients && len(r.G) < need {
		panic("kernel: rows have no gradients")
	}
}

// overPanels repeatedly calls f with the widest routine for the panels that are
// left. It passes the routine, where its first panel begins, the distance
// between panels in bytes, and what the routine takes as its gradients.
func overPanels[F any](r *Rows, routines []panelled[F], f func(run F, at, panel int, g, x *float32) bool) bool {
	calm := true
	if len(r.Index) == 0 {
		return calm
	}
	for p := 0; p < r.Panels; {
		i := 0
		for routines[i].panels > r.Panels-p {
			i++
		}
		var g, x *float32
		if r.Values != nil {
			g, x = &r.G[p*Width], &r.Values[0]
		} else if r.G != nil {
			g = &r.G[p*r.Panel]
		}
		calm = f(routines[i].run, p*r.Panel, 4*r.Panel, g, x) && calm
		p += routines[i].panels
	}
	return calm
}

// portable calls f with each row of each panel: its place in Index, its place
// in the slices, and its gradient, which is nil if there are no gradients.
func (r *Rows) portable(f func(i, from, to int, g []float32) bool) bool {
	calm := true
	var product [Width]float32
	for p := range r.Panels {
		for i, row := range r.Index {
			from := p*r.Panel + int(row)*Width
			var g []float32
			switch {
			case r.Values != nil:
				for j := range product {
					product[j] = float32(r.Values[i]*r.G[p*Width+j]) + 0
				}
				g = product[:]
			case r.G != nil:
				g = r.G[from : from+Width]
			}
			calm = f(i, from, from+Width, g) && calm
		}
	}
	return calm
}
