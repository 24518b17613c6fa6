package metric

import "math"

// Hoyer returns the sparsity of one sample's activations, in float32:
//
//	(√H − Σ|a| / √Σa²) / (√H − 1)
//
// with H = len(a) and the ratio of norms from [Ratio]. It is 1 for a vector with one
// element above zero and 0 for a constant one, up to rounding: a constant vector may
// come out a few 1e-7 below zero. A single unit has no sparsity: H = 1 gives NaN.
func Hoyer(a []float32) float32 {
	root := math.Sqrt(float64(len(a)))
	return (float32(root) - Ratio(a)) / float32(root-1)
}

// Sparsity returns the mean of [Hoyer] over the samples, taken in float64 from the
// sum of the ratios: (√H − mean ratio) / (√H − 1). It is NaN without samples and for
// a single unit.
func (s Statistics) Sparsity() float64 {
	if s.Units < 2 {
		return math.NaN()
	}
	root := math.Sqrt(float64(s.Units))
	return (root - s.RatioSum/float64(s.Samples)) / (root - 1)
}

// SparsityStd returns the standard deviation of [Hoyer] over the samples with n − 1
// in the denominator. It is NaN below two samples and when any sample's sparsity is
// not finite.
//
// The difference of sums loses about log10(mean²/variance) of 16 digits: for ratios
// near 16 that spread by 0.01, six digits.
func (s Statistics) SparsityStd() float64 {
	if s.Units < 2 || s.Samples < 2 {
		return math.NaN()
	}
	n := float64(s.Samples)
	squares := s.RatioSquares - float64(s.RatioSum*s.RatioSum)/n
	if squares < 0 { // rounding around a spread of zero; NaN is not < 0
		squares = 0
	}
	return math.Sqrt(squares/(n-1)) / (math.Sqrt(float64(s.Units)) - 1)
}
