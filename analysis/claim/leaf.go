package claim

import "math"

// tails returns the one-sided p values against an effect of at most, and of at
// least, a bound.
type tails func(bound float64) (above, below float64)

// judged completes a part from its estimate, its range and its margin: p
// values, verdict and the smallest margin. Numbers are rounded as they are
// published, so that a reader arrives at the same verdict.
//
// A claim with one bound is tested two-sided at 0.05: it is supported if the 95
// % interval lies beyond the bound. A claim with two bounds is tested by two
// one-sided tests at 0.05 each. So is equivalence, which applies only to claims
// about a sign.
func (p Part) judged(test, flips tails, interval func(coverage float64) (low, high float64)) Part {
	p.Low, p.High = interval(1 - alpha)
	p.P, p.rank, p.Contra = p.Claimed.test(test)
	p.Flip = math.NaN()
	if flips != nil {
		p.Flip, _, _ = p.Claimed.test(flips)
	}
	p.Equal = math.NaN()
	largest := func(level float64) float64 { // the largest effect that two one-sided tests do not exclude
		low, high := interval(1 - 2*level)
		return math.Max(math.Abs(low), math.Abs(high))
	}
	switch c := p.Claimed; {
	case c.sign() && p.Margin > 0:
		above, _ := test(-p.Margin)
		_, below := test(p.Margin)
		p.Equal = math.Max(above, below)
		p.smallest = largest
	case c.both() && c.Above == -c.Below:
		p.Margin, p.smallest, p.bounded = c.Below, largest, true
	case c.both() || c.sign():
		p.Margin = math.NaN()
	case !math.IsInf(c.Above, -1) && c.Above < 0: // "not worse"
		p.Margin, p.bounded = -c.Above, true
		p.smallest = func(level float64) float64 { low, _ := interval(1 - level); return math.Max(0, -low) }
	case !math.IsInf(c.Below, 1) && c.Below > 0 && p.Margin > 0: // "not better", for a difference
		p.Margin, p.bounded = c.Below, true
		p.smallest = func(level float64) float64 { _, high := interval(1 - level); return math.Max(0, high) }
	default:
		p.Margin = math.NaN()
	}
	p.Smallest, p.alone = p.needed(alpha), p.smallest
	if math.IsInf(p.Effect, 0) || math.IsInf(p.Low, 0) || math.IsInf(p.High, 0) {
		for _, x := range []*float64{&p.Low, &p.High, &p.P, &p.Flip, &p.Contra, &p.Equal, &p.Smallest} {
			*x = math.NaN()
		}
		p.smallest, p.alone = nil, nil
	}
	p.Exact = p.P
	if p.N >= fewestFlips && !math.IsNaN(p.Flip) {
		p.Exact = p.Flip
	}
	for _, x := range []*float64{&p.Effect, &p.Low, &p.High, &p.DZ, &p.P, &p.Flip, &p.Exact, &p.Contra, &p.Equal, &p.Smallest} {
		*x = significant(*x, 6)
	}
	if math.IsNaN(p.rank) {
		p.rank = 2 // without an interval it is weaker than any part that has one
		if !(p.Effect > p.Claimed.Above && p.Effect < p.Claimed.Below) {
			p.rank = 3
		}
	}
	p.decide()
	return p
}

// test returns the p value against an effect outside the range, the one-sided p
// value that it comes from, and the p value against an effect inside the range.
func (r Range) test(t tails) (p, one, contra float64) {
	var outside []float64 // one-sided p values against an effect on the claimed side of each bound
	for _, bound := range []struct {
		at    float64
		above bool
	}{{r.Above, true}, {r.Below, false}} {
		if math.IsInf(bound.at, 0) {
			continue
		}
		above, below := t(bound.at)
		if !bound.above {
			above, below = below, above
		}
		if len(outside) == 0 || above > one || math.IsNaN(above) {
			one = above
		}
		outside = append(outside, below)
	}
	contra = math.Inf(1)
	for _, q := range outside {
		contra = math.Min(contra, math.Min(1, 2*q))
	}
	if r.both() {
		return one, one, contra
	}
	return math.Min(1, 2*one), one, contra
}

// part judges a mean or a contrast. Only differences of paired runs have sign
// flips: a single reading or a correlation need not be symmetric about a bound.
func (e estimate) part(what string, claimed Range, margin float64, notes []string) Part {
	if e.n > 1 && e.se == 0 {
		notes = append(notes, "the runs agree, which leaves no spread for a t test")
	}
	p := Part{What: what, Effect: e.effect, N: e.n, DZ: e.dz(), Claimed: claimed, Margin: margin, Notes: notes}
	var flips tails
	if e.difference && len(e.values) > 1 && len(e.values) <= mostFlips {
		flips = func(bound float64) (float64, float64) { return signFlip(e.values, bound) }
	}
	return p.judged(e.tails, flips, e.interval)
}
