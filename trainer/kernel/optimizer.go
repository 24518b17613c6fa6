package kernel

// The optimizer updates follow PyTorch 1.13 on a CPU (torch.optim with
// foreach=False), operation by operation, including those that ATen's vector
// code fuses: add(alpha) is a fused multiply-add, addcmul(t, t, value) is
// fma(value*t, t, self), addcdiv is self + (value*t1)/t2, and division by a
// scalar is a division. Scalars are computed in float64, as in Python, and then
// rounded once to float32, as in ATen: 1-rho is float32(1-0.9), not
// 1-float32(0.9).
//
// Weight decay is coupled, g' = fma(decay, w, g), and omitted altogether if it
// is 0. g itself is not changed. Each update returns whether all new weights
// are finite.

// SGDStep holds the scalars of one step of plain gradient descent.
type SGDStep struct{ LR, WeightDecay float32 }

// SGD does, for every element,
//
//	g' = fma(WeightDecay, w, g)
//	w  = fma(-LR, g', w)
func (s *Set) SGD(w, g []float32, c SGDStep) bool {
	checkSame(len(w), len(g))
	n, ok := 0, true
	if s.loops.sgd != nil && body(len(w)) > 0 {
		n = body(len(w))
		ok = s.loops.sgd(&w[0], &g[0], n, -c.LR, c.WeightDecay)
	}
	for i := n; i < len(w); i++ {
		w[i] = FMA(-c.LR, decayed(c.WeightDecay, w[i], g[i]), w[i])
		ok = ok && finite(w[i])
	}
	return ok
}

// MomentumStep holds the scalars of one step of gradient descent with momentum
// (dampening 0, not Nesterov's).
type MomentumStep struct {
	LR, Momentum, WeightDecay float32
	First                     bool // the first step of a run: v starts as the gradient
}

// Momentum does, for every element,
//
//	g' = fma(WeightDecay, w, g)
//	v  = g' on the first step, else (Momentum*v) + g'
//	w  = fma(-LR, v, w)
//
// On the first step v is only written, not read.
func (s *Set) Momentum(w, g, v []float32, c MomentumStep) bool {
	checkSame(len(w), len(g), len(v))
	n, ok := 0, true
	if s.loops.momentum != nil && body(len(w)) > 0 {
		n = body(len(w))
		ok = s.loops.momentum(&w[0], &g[0], &v[0], n, -c.LR, c.Momentum, c.WeightDecay, c.First)
	}
	for i := n; i < len(w); i++ {
		u := decayed(c.WeightDecay, w[i], g[i])
		if !c.First {
			u = float32(c.Momentum*v[i]) + u
		}
		v[i] = u
		w[i] = FMA(-c.LR, u, w[i])
		ok = ok && finite(w[i])
	}
	return ok
}

// AdagradStep holds the scalars of one Adagrad step (lr_decay 0).
type AdagradStep struct{ LR, Eps, WeightDecay float32 }

// Adagrad does, for every element,
//
//	g'  = fma(WeightDecay, w, g)
//	sum = fma(g', g', sum)
//	w   = w + (-LR*g') / (√sum + Eps)
func (s *Set) Adagrad(w, g, sum []float32, c AdagradStep) bool {
	checkSame(len(w), len(g), len(sum))
	n, ok := 0, true
	if s.loops.adagrad != nil && body(len(w)) > 0 {
		n = body(len(w))
		ok = s.loops.adagrad(&w[0], &g[0], &sum[0], n, -c.LR, c.Eps, c.WeightDecay)
	}
	for i := n; i < len(w); i++ {
		u := decayed(c.WeightDecay, w[i], g[i])
		sum[i] = FMA(u, u, sum[i])
		w[i] += float32(-c.LR*u) / (sqrt32(sum[i]) + c.Eps)
		ok = ok && finite(w[i])
	}
	return ok
}

// AdadeltaStep holds the scalars of one Adadelta step.
type AdadeltaStep struct{ LR, Rho, OneMinusRho, Eps, WeightDecay float32 }

// Adadelta does, for every element,
//
//	g'  = fma(WeightDecay, w, g)
//	sq  = fma(OneMinusRho*g', g', Rho*sq)
//	d   = (√(acc+Eps) / √(sq+Eps)) * g'
//	acc = fma(OneMinusRho*d, d, Rho*acc)
//	w   = fma(-LR, d, w)
func (s *Set) Adadelta(w, g, sq, acc []float32, c AdadeltaStep) bool {
	checkSame(len(w), len(g), len(sq), len(acc))
	n, ok := 0, true
	if s.loops.adadelta != nil && body(len(w)) > 0 {
		n = body(len(w))
		ok = s.loops.adadelta(&w[0], &g[0], &sq[0], &acc[0], n, -c.LR, c.Rho, c.OneMinusRho, c.Eps, c.WeightDecay, c.low())
	}
	for i := n; i < len(w); i++ {
		u := decayed(c.WeightDecay, w[i], g[i])
		sq[i] = FMA(float32(c.OneMinusRho*u), u, float32(c.Rho*sq[i]))
		d := float32(float32(sqrt32(acc[i]+c.Eps)/sqrt32(sq[i]+c.Eps)) * u)
		acc[i] = FMA(float32(c.OneMinusRho*d), d, float32(c.Rho*acc[i]))
		w[i] = FMA(-c.LR, d, w[i])
		ok = ok && finite(w[i])
	}
	return ok
}

// AdamStep holds the scalars of Adam's step t (counted from 1), each computed
// in float64 and rounded once:
//
//	StepSize      = lr / (1 - beta1^t)
//	SqrtBias2     = √(1 - beta2^t)
//	OneMinusBeta1 = 1 - beta1, OneMinusBeta2 = 1 - beta2
type AdamStep struct {
	StepSize, Beta1, OneMinusBeta1, Beta2, OneMinusBeta2, SqrtBias2, Eps, WeightDecay float32
}

// Adam does, for every element,
//
//	g' = fma(WeightDecay, w, g)
//	m  = fma(OneMinusBeta1, g', Beta1*m)
//	v  = fma(OneMinusBeta2*g', g', Beta2*v)
//	w  = w + (-StepSize*m) / (√v/SqrtBias2 + Eps)
func (s *Set) Adam(w, g, m, v []float32, c AdamStep) bool {
	checkSame(len(w), len(g), len(m), len(v))
	n, ok := 0, true
	if s.loops.adam != nil && body(len(w)) > 0 {
		n = body(len(w))
		ok = s.loops.adam(&w[0], &g[0], &m[0], &v[0], n, -c.StepSize, c.Beta1, c.OneMinusBeta1,
			c.Beta2, c.OneMinusBeta2, c.SqrtBias2, c.Eps, c.WeightDecay, c.low())
	}
	for i := n; i < len(w); i++ {
		u := decayed(c.WeightDecay, w[i], g[i])
		m[i] = FMA(c.OneMinusBeta1, u, float32(c.Beta1*m[i]))
		v[i] = FMA(float32(c.OneMinusBeta2*u), u, float32(c.Beta2*v[i]))
		w[i] += float32(-c.StepSize*m[i]) / (float32(sqrt32(v[i])/c.SqrtBias2) + c.Eps)
		ok = ok && finite(w[i])
	}
	return ok
}

// decayed returns the gradient with the coupled weight decay added.
func decayed(decay, w, g float32) float32 {
	if decay == 0 {
		return g
	}
	return FMA(decay, w, g)
}
