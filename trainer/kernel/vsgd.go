package kernel

import "math"

// VSGDState is what vSGD keeps for each element: the running averages of the
// gradient, of its square, of the curvature and of its square, and the memory
// of these averages, in steps.
type VSGDState struct{ G, V, H, V2, Tau []float32 }

// VSGDSums are sums over the samples of a batch, for each element, of g, g²,
// |g-g'| and (g-g')². Here g is a sample's part of the mean gradient of the
// batch, so that n·g is the sample's own gradient, and g' is the same with the
// parameters shifted.
type VSGDSums struct{ G, V, H, V2 []float32 }

// VSGDStep holds the scalars of a step: the number of samples n and the
// smallest size of a shift.
type VSGDStep struct{ Samples, Eps float32 }

// VSGDBatch is what the sums are computed from: the inputs of every sample and
// the gradients of its outputs, and both again with the parameters shifted.
type VSGDBatch struct {
	A, B []float32 // the inputs of sample i begin at i·Step
	Step int

	D, E  []float32 // the Width gradients of sample i begin at i·DStep
	DStep int

	// Spans has a row for each input, whose samples are Samples[from:to]. The
	// others must add nothing, because the input is 0 in A and in B and the
	// gradients are finite.
	Spans   []Span
	Samples []int32
}

// A Span is a part of a list.
type Span struct{ From, To int32 }

// VSGDSum computes the sums of the parameters that connect the inputs with Width
// outputs. For input k and output j, at 16k+j, these are the sums over the
// samples of the input, in their order and starting from +0, of
//
//	g = a·d
//	|g-g'|, where g' = b·e
//
// and of the squares of both. Spans and Samples are not checked: numbers
// outside of what they refer to read outside of it.
func (s *Set) VSGDSum(sums VSGDSums, p *VSGDBatch) {
	sums = sums.checked(len(p.Spans) * Width)
	if len(p.Spans) == 0 {
		return
	}
	if s.loops.vsgdSum != nil && len(p.Samples) > 0 {
		s.loops.vsgdSum(&sums.G[0], &sums.V[0], &sums.H[0], &sums.V2[0], &p.A[0], &p.B[0], p.Step,
			&p.D[0], &p.E[0], p.DStep, &p.Spans[0].From, &p.Samples[0], len(p.Spans))
		return
	}
	for k, span := range p.Spans {
		var g, v, h, v2 [Width]float32
		for _, i := range p.Samples[span.From:span.To] {
			a, b := p.A[int(i)*p.Step+k], p.B[int(i)*p.Step+k]
			d, e := (*[Width]float32)(p.D[int(i)*p.DStep:]), (*[Width]float32)(p.E[int(i)*p.DStep:])
			for j := range d {
				x := float32(a * d[j])
				y := x - float32(b*e[j])
				g[j] += x
				v[j] += float32(x * x)
				h[j] += max(y, -y)
				v2[j] += float32(y * y)
			}
		}
		copy(sums.G[k*Width:], g[:])
		copy(sums.V[k*Width:], v[:])
		copy(sums.H[k*Width:], h[:])
		copy(sums.V2[k*Width:], v2[:])
	}
}

// VSGDShift shifts every element by g, lengthened by eps so that it can be
// divided by: to[i] = w[i] + (g[i] + eps), with -eps if g[i] has the sign bit.
// It returns whether all results are finite. to may be w.
func (s *Set) VSGDShift(to, w, g []float32, eps float32) bool {
	checkSame(len(to), len(w), len(g))
	const sign = 1 << 31
	longer := math.Float32bits(eps) &^ sign
	n, ok := 0, true
	if s.loops.vsgdShift != nil && body(len(w)) > 0 {
		n = body(len(w))
		ok = s.loops.vsgdShift(&to[0], &w[0], &g[0], n, math.Float32frombits(longer))
	}
	for i := n; i < len(w); i++ {
		// Signs are random, so a branch would be mispredicted half of the time.
		x := g[i]
		to[i] = w[i] + (x + math.Float32frombits(longer|math.Float32bits(x)&sign))
		ok = ok && finite(to[i])
	}
	return ok
}

// VSGDAverage adds the sums of a batch to the averages and does not change the
// memory. With d the shift and t the memory,
//
//	G  = (1-1/t)·G  + 1/t · Σ g
//	V  = (1-1/t)·V  + 1/t · n·Σ g²
//	H  = (1-1/t)·H  + 1/t · Σ |g-g'|/|d|
//	V2 = (1-1/t)·V2 + 1/t · n·Σ (g-g')²/d²
func (s *Set) VSGDAverage(state VSGDState, sums VSGDSums, c VSGDStep) {
	all := len(state.G)
	state, sums = state.checked(all), sums.checked(all)
	n := 0
	if s.loops.vsgdAverage != nil && body(all) > 0 {
		n = body(all)
		s.loops.vsgdAverage(&state.G[0], &state.V[0], &state.H[0], &state.V2[0], &state.Tau[0],
			&sums.G[0], &sums.V[0], &sums.H[0], &sums.V2[0], n, c.Samples, c.Eps)
	}
	for i := n; i < all; i++ {
		e := vsgdElement{state.G[i], state.V[i], state.H[i], state.V2[i]}
		x := sums.at(i, e.g, c)
		take := 1 / state.Tau[i]
		e.average(&x, take, 1-take)
		state.G[i], state.V[i], state.H[i], state.V2[i] = e.g, e.v, e.h, e.v2
	}
}

// VSGDScale multiplies the averages of the squared gradient and of the
// curvature by factor, and that of the squared curvature by the square of
// factor.
func (s *Set) VSGDScale(state VSGDState, factor float32) {
	state = state.checked(len(state.G))
	square := float32(factor * factor)
	for i := range state.V {
		state.V[i] *= factor
		state.H[i] *= factor
		state.V2[i] *= square
	}
}

// VSGD makes a step. For every element, with g the mean gradient of the batch
// and h its mean curvature,
//
//	t = t + 1 where |g-G| > 2√(V-G²) or |h-H| > 2√(V2-H²)
//	G, V, H, V2 as VSGDAverage has them
//	w = w - (H/V2) · n·G²/(V+(n-1)·G²) · g
//	t = (1 - G²/V)·t + 1
//
// A variance below 0, which only rounding can cause, counts as 0, G²/V is at
// most 1, and a quotient with a divisor of 0 is 0. So a parameter without a
// gradient, or without curvature, is not changed. VSGD returns whether all new
// weights are finite.
func (s *Set) VSGD(w []float32, state VSGDState, sums VSGDSums, c VSGDStep) bool {
	state, sums = state.checked(len(w)), sums.checked(len(w))
	n, ok := 0, true
	if s.loops.vsgd != nil && body(len(w)) > 0 {
		n = body(len(w))
		ok = s.loops.vsgd(&w[0], &state.G[0], &state.V[0], &state.H[0], &state.V2[0], &state.Tau[0],
			&sums.G[0], &sums.V[0], &sums.H[0], &sums.V2[0], n, c.Samples, c.Samples-1, c.Eps)
	}
	for i := n; i < len(w); i++ {
		tau := state.Tau[i]
		e := vsgdElement{state.G[i], state.V[i], state.H[i], state.V2[i]}
		x := sums.at(i, e.g, c)
		if outlier(x.g-e.g, e.v, e.g) || outlier(x.h-e.h, e.v2, e.h) {
			tau++
		}
		take := 1 / tau
		e.average(&x, take, 1-take)
		square := float32(e.g * e.g)
		part := quotient(float32(c.Samples*square), e.v+float32((c.Samples-1)*square))
		rate := float32(quotient(e.h, e.v2) * part)
		w[i] -= float32(rate * x.g)
		tau = float32((1-min(quotient(square, e.v), 1))*tau) + 1
		state.G[i], state.V[i], state.H[i], state.V2[i], state.Tau[i] = e.g, e.v, e.h, e.v2, tau
		ok = ok && finite(w[i])
	}
	return ok
}

// vsgdElement has one element's averages, or what a batch adds to them.
type vsgdElement struct{ g, v, h, v2 float32 }

func (e *vsgdElement) average(x *vsgdElement, take, keep float32) {
	e.g = float32(keep*e.g) + float32(take*x.g)
	e.v = float32(keep*e.v) + float32(take*x.v)
	e.h = float32(keep*e.h) + float32(take*x.h)
	e.v2 = float32(keep*e.v2) + float32(take*x.v2)
}

// outlier reports |distance| > 2√(second-mean²).
func outlier(distance, second, mean float32) bool {
	variance := second - float32(mean*mean)
	return float32(distance*distance) > 4*max(variance, 0)
}

// quotient returns a/b, or 0 if b is 0.
func quotient(a, b float32) float32 {
	if b == 0 {
		return 0
	}
	return a / b
}

// checked returns the first n elements of everything. It panics if a length is
// not n.
func (s VSGDState) checked(n int) VSGDState {
	checkSame(n, len(s.G), len(s.V), len(s.H), len(s.V2), len(s.Tau))
	return VSGDState{s.G[:n], s.V[:n], s.H[:n], s.V2[:n], s.Tau[:n]}
}

func (s VSGDSums) checked(n int) VSGDSums {
	checkSame(n, len(s.G), len(s.V), len(s.H), len(s.V2))
	return VSGDSums{s.G[:n], s.V[:n], s.H[:n], s.V2[:n]}
}

// at returns what the batch adds to the averages of an element whose running
// mean gradient was g when the parameters were shifted.
func (s *VSGDSums) at(i int, g float32, c VSGDStep) vsgdElement {
	size := 1 / (max(g, -g) + c.Eps)
	return vsgdElement{
		g:  s.G[i],
		v:  float32(c.Samples * s.V[i]),
		h:  float32(s.H[i] * size),
		v2: float32(float32(float32(c.Samples*s.V2[i])*size) * size),
	}
}
