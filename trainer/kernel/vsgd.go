package kernel

// VSGDState is what vSGD keeps of each element: the running averages of the
// gradient, of its square, of the curvature and of its square, and the memory,
// in steps, of these averages.
type VSGDState struct{ G, V, H, V2, Tau []float32 }

// VSGDSums are sums over the samples of a batch, for each element: of g, g²,
// |g-g'| and (g-g')², where g is a sample's part of the mean gradient of the
// batch, so that n·g is the sample's own gradient, and g' the same with the
// parameters shifted.
type VSGDSums struct{ G, V, H, V2 []float32 }

// VSGDStep holds the scalars of a step: the number of samples n and the least
// size of a shift.
type VSGDStep struct{ Samples, Eps float32 }

// vsgdShift returns the shift of a parameter whose running mean gradient is g:
// g itself, made longer by eps. The sum never cancels, so that the shift is one
// to divide by.
func vsgdShift(g, eps float32) float32 {
	if g < 0 {
		return g - eps
	}
	return g + eps
}

// VSGDShift moves every element by its shift: w[i] += g[i] ± eps.
func (s *Set) VSGDShift(w, g []float32, eps float32) {
	checkSame(len(w), len(g))
	for i, x := range g {
		w[i] += vsgdShift(x, eps)
	}
}

// VSGDAverage takes the sums of a batch into the averages and leaves the memory
// alone. With d the shift and t the memory,
//
//	G  = G·(1-1/t)  + 1/t · Σ g
//	V  = V·(1-1/t)  + 1/t · n·Σ g²
//	H  = H·(1-1/t)  + 1/t · Σ |g-g'|/|d|
//	V2 = V2·(1-1/t) + 1/t · n·Σ (g-g')²/d²
func (s *Set) VSGDAverage(state VSGDState, sums VSGDSums, c VSGDStep) {
	state.check()
	sums.check(len(state.G))
	for i := range state.G {
		e := state.at(i)
		e.average(sums.at(i, e.g, c))
		state.set(i, e)
	}
}

// VSGDScale multiplies the averages of the squared gradient and of the curvature
// by factor and that of the squared curvature by its square.
func (s *Set) VSGDScale(state VSGDState, factor float32) {
	state.check()
	square := float32(factor * factor)
	for i := range state.V {
		state.V[i] *= factor
		state.H[i] *= factor
		state.V2[i] *= square
	}
}

// VSGD makes a step, for every element: with g the mean gradient of the batch and
// h its mean curvature,
//
//	t = t + 1 where |g-G| > 2√(V-G²) or |h-H| > 2√(V2-H²)
//	G, V, H, V2 as VSGDAverage has them
//	w = w - (H/V2) · n·G²/(V+(n-1)·G²) · g
//	t = (1 - G²/V)·t + 1
//
// A variance below 0, which only rounding makes, is 0, G²/V is at most 1, and a
// quotient with a divisor of 0 is 0: a parameter without a gradient, or without
// curvature, stays where it is. It returns whether all new weights are finite.
func (s *Set) VSGD(w []float32, state VSGDState, sums VSGDSums, c VSGDStep) bool {
	state.check()
	sums.check(len(w))
	checkSame(len(w), len(state.G))
	ok := true
	for i := range w {
		e := state.at(i)
		x := sums.at(i, e.g, c)
		if outlier(x.g-e.g, e.v, e.g) || outlier(x.h-e.h, e.v2, e.h) {
			e.tau++
		}
		e.average(x)
		square := float32(e.g * e.g)
		part := quotient(float32(c.Samples*square), FMA(c.Samples-1, square, e.v))
		rate := float32(quotient(e.h, e.v2) * part)
		w[i] = FMA(-rate, x.g, w[i])
		e.tau = FMA(1-min(quotient(square, e.v), 1), e.tau, 1)
		state.set(i, e)
		ok = ok && finite(w[i])
	}
	return ok
}

// vsgdElement is one element's averages or, without tau, what a batch adds.
type vsgdElement struct{ g, v, h, v2, tau float32 }

func (e *vsgdElement) average(x vsgdElement) {
	take := 1 / e.tau
	keep := 1 - take
	e.g = FMA(take, x.g, float32(keep*e.g))
	e.v = FMA(take, x.v, float32(keep*e.v))
	e.h = FMA(take, x.h, float32(keep*e.h))
	e.v2 = FMA(take, x.v2, float32(keep*e.v2))
}

// outlier reports |distance| > 2√(second-mean²).
func outlier(distance, second, mean float32) bool {
	variance := max(FMA(-mean, mean, second), 0)
	return float32(distance*distance) > 4*variance
}

// quotient returns a/b, or 0 where b is 0.
func quotient(a, b float32) float32 {
	if b == 0 {
		return 0
	}
	return a / b
}

func (s VSGDState) check() { checkSame(len(s.G), len(s.V), len(s.H), len(s.V2), len(s.Tau)) }

func (s VSGDState) at(i int) vsgdElement {
	return vsgdElement{s.G[i], s.V[i], s.H[i], s.V2[i], s.Tau[i]}
}

func (s VSGDState) set(i int, e vsgdElement) {
	s.G[i], s.V[i], s.H[i], s.V2[i], s.Tau[i] = e.g, e.v, e.h, e.v2, e.tau
}

func (s VSGDSums) check(n int) { checkSame(n, len(s.G), len(s.V), len(s.H), len(s.V2)) }

// at returns what the batch adds to the averages of an element whose running mean
// gradient was g when the parameters were shifted.
func (s VSGDSums) at(i int, g float32, c VSGDStep) vsgdElement {
	scale := 1 / vsgdShift(g, c.Eps)
	size := max(scale, -scale)
	return vsgdElement{
		g:  s.G[i],
		v:  float32(c.Samples * s.V[i]),
		h:  float32(s.H[i] * size),
		v2: float32(float32(float32(c.Samples*s.V2[i])*size) * size),
	}
}
