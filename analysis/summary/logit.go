package summary

import "math"

// DescribeShares is like Describe for values in [0, 1], with the interval that
// the groups of a design's shares have.
func DescribeShares(values []float64) Statistics {
	s := Describe(values)
	s.CILow, s.CIHigh = onLogit(s)
	return s
}

// onLogit returns the 95 % interval of a mean of values in [0, 1]. It takes
// t(N−1) standard errors around the logit m of the mean, each SE/(m(1−m)) to
// first order, and transforms the ends back, so the interval stays within [0,
// 1]. Where the logit does not exist, as for a mean of 0 or 1, the result is
// the plain interval clipped to [0, 1].
func onLogit(s Statistics) (low, high float64) {
	if s.N < 2 || s.SE == 0 || !(s.Mean > 0 && s.Mean < 1) {
		return math.Max(s.CILow, math.Min(0, s.Mean)), math.Min(s.CIHigh, math.Max(1, s.Mean))
	}
	odds := s.Mean / (1 - s.Mean)
	factor := exp(tQuantile(s.N-1) * s.SE / (s.Mean * (1 - s.Mean)))
	if math.IsInf(factor, 1) {
		return 0, 1
	}
	below, above := odds/factor, float64(odds*factor)
	return below / (1 + below), above / (1 + above)
}

// exp returns e^x for x ≥ 0, with the same bits on every machine, which the
// library does not promise. It sums the series of e^(x/2^k) and squares the
// result k times. Each squaring doubles the relative error, which stays below
// 1e-12 for all finite results.
func exp(x float64) float64 {
	if x > 700 {
		return math.Inf(1)
	}
	k := 0
	for ; x > 1.0/16; k++ {
		x /= 2
	}
	sum := 1.0
	for n := 12; n > 0; n-- { // Horner; the first omitted term is below 1e-25
		sum = 1 + float64(x*sum)/float64(n)
	}
	for range k {
		sum = float64(sum * sum)
	}
	return sum
}
