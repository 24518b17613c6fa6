package claim

import (
	"math"
	"slices"
	"strconv"
	"sync"

	"gonum.org/v1/gonum/stat/distuv"
)

// moments are the properties of a sample from which an interval is computed.
type moments struct {
	n        int
	mean     float64 // NaN if n = 0
	variance float64 // divisor n − 1; NaN if n < 2
}

// rounding is by how much equal values may differ, because they were added in
// different orders, in units of the largest of them or of 1.
const rounding = 1e-12

// momentsOf adds the values in the given order. If the values agree but for
// rounding, the mean is the first one and the variance 0.
func momentsOf(values []float64) moments {
	n := float64(len(values))
	if len(values) > 1 {
		low, high := slices.Min(values), slices.Max(values) // NaN if one of them is
		if high-low <= rounding*max(1, math.Abs(low), math.Abs(high)) {
			return moments{n: len(values), mean: values[0]}
		}
	}
	var sum, squares float64
	for _, v := range values {
		sum += v
	}
	mean := sum / n
	for _, v := range values {
		d := v - mean
		squares += float64(d * d)
	}
	m := moments{n: len(values), mean: mean, variance: math.NaN()}
	if m.n > 1 {
		m.variance = squares / (n - 1)
	}
	return m
}

// estimate is an effect whose error is a multiple of Student's t.
type estimate struct {
	effect, se, df float64
	n              int       // runs in the smallest sample
	values         []float64 // of the runs, with the effect as their mean; nil if the samples are independent
	share          bool      // the effect is a mean of values in [0, 1]
	difference     bool      // the values are differences between readings of paired runs
}

// student estimates a mean, for example of the differences of paired runs.
func student(values []float64) estimate {
	m := momentsOf(values)
	return estimate{effect: m.mean, se: math.Sqrt(m.variance / float64(m.n)), df: float64(m.n - 1), n: m.n, values: values}
}

// welch estimates the sum of the means of independent samples, with
// Satterthwaite's degrees of freedom.
func welch(samples []moments) estimate {
	e := estimate{n: math.MaxInt}
	var variance, inverse float64
	for _, s := range samples {
		e.effect += s.mean
		variance += s.variance / float64(s.n)
		e.n = min(e.n, s.n)
	}
	for _, s := range samples {
		share := s.variance / float64(s.n) / variance
		inverse += float64(share * share / float64(s.n-1))
	}
	e.se, e.df = math.Sqrt(variance), 1/inverse
	return e
}

// logit reports whether the interval is computed on the logit scale, as it is
// for a mean within (0, 1) of values in [0, 1]. To first order, the mean's
// error on that scale is se/(m(1−m)).
func (e estimate) logit() bool { return e.share && 0 < e.effect && e.effect < 1 }

func logit(x float64) float64 { return math.Log(x / (1 - x)) }

// agreement returns the one-sided p value against a centre on the other side of
// a bound if all runs agree. There is no spread for a t test, and what is left
// is that all n lie on one side (the sign test). Independent samples without
// spread have no p value.
func (e estimate) agreement() float64 {
	if e.values == nil {
		return math.NaN()
	}
	return math.Ldexp(1, -e.n)
}

// interval returns the central interval of the given coverage.
func (e estimate) interval(coverage float64) (low, high float64) {
	switch {
	case e.n < 2 || math.IsNaN(e.se):
		return math.NaN(), math.NaN()
	case e.se == 0 && e.agreement() <= (1-coverage)/2:
		return e.effect, e.effect
	case e.se == 0:
		return math.NaN(), math.NaN()
	}
	t := tQuantile(e.df, (1+coverage)/2)
	if e.logit() {
		half := t * e.se / (e.effect * (1 - e.effect))
		odds := e.effect / (1 - e.effect)
		low, high := odds*math.Exp(-half), odds*math.Exp(half)
		if math.IsInf(high, 1) {
			return low / (1 + low), 1
		}
		return low / (1 + low), high / (1 + high)
	}
	low, high = e.effect-float64(t*e.se), e.effect+float64(t*e.se)
	if e.share { // a mean of 0 or 1, or numerically outside
		low, high = math.Max(low, math.Min(0, e.effect)), math.Min(high, math.Max(1, e.effect))
	}
	return low, high
}

// tails returns the one-sided p values against an effect of at most, and of at
// least, the bound.
func (e estimate) tails(bound float64) (above, below float64) {
	if e.n < 2 || math.IsNaN(e.se) || math.IsInf(e.se, 0) {
		return math.NaN(), math.NaN()
	}
	if e.se == 0 {
		switch p := e.agreement(); {
		case math.IsNaN(p):
			return p, p
		case e.effect > bound:
			return p, 1
		case e.effect < bound:
			return 1, p
		}
		return 1, 1
	}
	distance, se := e.effect-bound, e.se
	if e.logit() {
		distance, se = logit(e.effect)-logit(math.Max(0, math.Min(1, bound))), e.se/(e.effect*(1-e.effect))
	}
	if math.IsInf(distance, 0) { // a share, and a bound at the end of its range
		if distance > 0 {
			return 0, 1
		}
		return 1, 0
	}
	t := distance / se
	tail := tenDigits(distuv.StudentsT{Mu: 0, Sigma: 1, Nu: e.df}.CDF(-math.Abs(t)))
	if t > 0 {
		return tail, 1 - tail
	}
	return 1 - tail, tail
}

// dz returns the effect over the standard deviation of the runs' differences.
// Nothing else has one.
func (e estimate) dz() float64 {
	if !e.difference || e.se == 0 {
		return math.NaN()
	}
	return e.effect / (e.se * math.Sqrt(float64(e.n)))
}

// tQuantile is a quantile of Student's t. It takes many iterations, so those of
// whole degrees of freedom, which recur, are remembered.
func tQuantile(df, p float64) float64 {
	key := [2]float64{df, p}
	if t, ok := quantiles.Load(key); ok {
		return t.(float64)
	}
	t := tenDigits(distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile(p))
	if df == math.Trunc(df) {
		quantiles.Store(key, t)
	}
	return t
}

var quantiles sync.Map // of degrees of freedom and probability

// tenDigits keeps ten significant digits. Further digits come from iterations
// and library functions whose last bits differ between architectures.
func tenDigits(x float64) float64 { return significant(x, 10) }

func significant(x float64, digits int) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', digits-1, 64), 64)
	if err != nil {
		return x // rounding overflowed: keep the number
	}
	return y
}
