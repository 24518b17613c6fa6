package kernel

// Nesterov does, for every element, what torch.optim.SGD does with
// nesterov=True:
//
//	g' = fma(WeightDecay, w, g)
//	v  = g' on the first step, else (Momentum*v) + g'
//	w  = fma(-LR, fma(Momentum, v, g'), w)
//
// On the first step v is only written, not read.
func (s *Set) Nesterov(w, g, v []float32, c MomentumStep) bool {
	checkSame(len(w), len(g), len(v))
	n, ok := 0, true
	if s.loops.nesterov != nil && body(len(w)) > 0 {
		n = body(len(w))
		ok = s.loops.nesterov(&w[0], &g[0], &v[0], n, -c.LR, c.Momentum, c.WeightDecay, c.First)
	}
	for i := n; i < len(w); i++ {
		u := decayed(c.WeightDecay, w[i], g[i])
		if c.First {
			v[i] = u
		} else {
			v[i] = float32(c.Momentum*v[i]) + u
		}
		w[i] = FMA(-c.LR, FMA(c.Momentum, v[i], u), w[i])
		ok = ok && finite(w[i])
	}
	return ok
}
