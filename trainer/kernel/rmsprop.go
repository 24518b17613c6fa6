package kernel

// RMSpropStep holds the scalars of one RMSprop step (momentum 0, not centred).
type RMSpropStep struct{ LR, Alpha, OneMinusAlpha, Eps, WeightDecay float32 }

// RMSprop does, for every element,
//
//	g' = fma(WeightDecay, w, g)
//	sq = fma(OneMinusAlpha*g', g', Alpha*sq)
//	w  = w + (-LR*g') / (√sq + Eps)
func (s *Set) RMSprop(w, g, sq []float32, c RMSpropStep) bool {
	checkSame(len(w), len(g), len(sq))
	n, ok := 0, true
	if s.loops.rmsprop != nil && body(len(w)) > 0 {
		n = body(len(w))
		ok = s.loops.rmsprop(&w[0], &g[0], &sq[0], n, -c.LR, c.Alpha, c.OneMinusAlpha, c.Eps, c.WeightDecay, c.low())
	}
	for i := n; i < len(w); i++ {
		u := decayed(c.WeightDecay, w[i], g[i])
		sq[i] = FMA(float32(c.OneMinusAlpha*u), u, float32(c.Alpha*sq[i]))
		w[i] += float32(-c.LR*u) / (sqrt32(sq[i]) + c.Eps)
		ok = ok && finite(w[i])
	}
	return ok
}

// The two rules below are the variants of Adagrad and Adadelta that the thesis
// proposes (equations 6.1 and 6.2) and did not run. Both multiply the step by K
// times the square of the accumulated squared gradient. Their state is that of
// the original rules. PyTorch has no such rules to follow, so the factor is
// multiplied last and the rest is as in Adagrad and Adadelta.

// AdagradKStep holds the scalars of one step of the variant of Adagrad.
type AdagradKStep struct{ LR, K, Eps, WeightDecay float32 }

// AdagradK does, for every element,
//
//	g'  = fma(WeightDecay, w, g)
//	sum = fma(g', g', sum)
//	w   = fma((-LR*g') / (√sum + Eps), K*(sum*sum), w)
//
// which is w - LR·K·sum²/(√sum + Eps)·g', equation 6.1.
func (s *Set) AdagradK(w, g, sum []float32, c AdagradKStep) bool {
	checkSame(len(w), len(g), len(sum))
	n, ok := 0, true
	if s.loops.adagradK != nil && body(len(w)) > 0 {
		n = body(len(w))
		ok = s.loops.adagradK(&w[0], &g[0], &sum[0], n, -c.LR, c.K, c.Eps, c.WeightDecay)
	}
	for i := n; i < len(w); i++ {
		u := decayed(c.WeightDecay, w[i], g[i])
		sum[i] = FMA(u, u, sum[i])
		d := float32(-c.LR*u) / (sqrt32(sum[i]) + c.Eps)
		w[i] = FMA(d, float32(c.K*float32(sum[i]*sum[i])), w[i])
		ok = ok && finite(w[i])
	}
	return ok
}

// AdadeltaKStep holds the scalars of one step of the variant of Adadelta.
type AdadeltaKStep struct{ LR, K, Rho, OneMinusRho, Eps, WeightDecay float32 }

// AdadeltaK does, for every element,
//
//	g'  = fma(WeightDecay, w, g)
//	sq  = fma(OneMinusRho*g', g', Rho*sq)
//	d   = ((√(acc+Eps) / √(sq+Eps)) * g') * (K*(sq*sq))
//	acc = fma(OneMinusRho*d, d, Rho*acc)
//	w   = fma(-LR, d, w)
//
// which is equation 6.2. acc averages Δθ². Δθ is taken to be what the equation
// subtracts, without the learning rate, as in Adadelta, so it includes the new
// factor.
func (s *Set) AdadeltaK(w, g, sq, acc []float32, c AdadeltaKStep) bool {
	checkSame(len(w), len(g), len(sq), len(acc))
	n, ok := 0, true
	if s.loops.adadeltaK != nil && body(len(w)) > 0 {
		n = body(len(w))
		ok = s.loops.adadeltaK(&w[0], &g[0], &sq[0], &acc[0], n, -c.LR, c.K, c.Rho, c.OneMinusRho, c.Eps, c.WeightDecay)
	}
	for i := n; i < len(w); i++ {
		u := decayed(c.WeightDecay, w[i], g[i])
		sq[i] = FMA(float32(c.OneMinusRho*u), u, float32(c.Rho*sq[i]))
		d := float32(float32(sqrt32(acc[i]+c.Eps)/sqrt32(sq[i]+c.Eps)) * u)
		d = float32(d * float32(c.K*float32(sq[i]*sq[i])))
		acc[i] = FMA(float32(c.OneMinusRho*d), d, float32(c.Rho*acc[i]))
		w[i] = FMA(-c.LR, d, w[i])
		ok = ok && finite(w[i])
	}
	return ok
}
