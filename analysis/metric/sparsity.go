package metric

import "math"

// Hoyer returns the sparsity of one sample's activations, in float32:
//
//	(√H − Σ|a| / √Σa²) / (√H − 1)
//
// where H = len(a) and the ratio of norms comes from [Ratio]. It is 1 for a
// vector with a single nonzero element and 0 for a constant one, up to
// rounding: a constant vector may give a few 1e-7 below zero. The sparsity of a
// single unit is not defined: H = 1 gives NaN.
func Hoyer(a []float32) float32 {
	root := math.Sqrt(float64(len(a)))
	return (float32(root) - Ratio(a)) / float32(root-1)
}

// Sparsity returns the mean of [Hoyer] over the samples, computed in float64
// from the sum of the ratios: (√H − mean ratio) / (√H − 1). It is NaN without
// samples and for a single unit.
func (s Statistics) Sparsity() float64 {
	if s.Units < 2 {
		return math.NaN()
	}
	root := math.Sqrt(float64(s.Units))
	return (root - s.RatioSum/float64(s.Samples)) / (root - 1)
}

// SparsityStd returns the standard deviation of [Hoyer] over the samples with n
// − 1 in the denominator. It is NaN for fewer than two samples and when any
// sample's sparsity is not finite.
//
// The subtraction loses about log10(mean²/variance) of 16 digits: six digits
// for ratios near 16 that vary by 0.01.
func (s Statistics) SparsityStd() float64 {
	if s.Units < 2 {
		return math.NaN()
	}
	return spread(s.RatioSum, s.RatioSquares, s.Samples) / (math.Sqrt(float64(s.Units)) - 1)
}

// Gini returns the mean over the samples of the Gini index of their
// activations,
//
//	(2·Σ k·|a|₍ₖ₎ / Σ |a| − (H + 1)) / H
//
// where |a|₍ₖ₎ is the k-th smallest absolute value (Hurley and Rickard, 2009,
// IEEE Trans. Inf. Theory 55, table I). It is 0 where all units are equally
// active and 1 − 1/H where only one is active.
func (s Statistics) Gini() float64 {
	h := float64(s.Units)
	return (2*s.RankSum/float64(s.Samples) - (h + 1)) / h
}

// GiniStd returns the standard deviation of the Gini index over the samples,
// with n − 1 in the denominator.
func (s Statistics) GiniStd() float64 {
	return 2 / float64(s.Units) * spread(s.RankSum, s.RankSquares, s.Samples)
}

// TrevesRolls returns the mean over the samples of their sparseness according
// to Treves and Rolls (1991, Network 2, p. 371), in the form of Vinje and
// Gallant (2000, Science 287, p. 1273): (1 − a)/(1 − 1/H) with a = (Σ|a|/H)² /
// (Σa²/H). It is 0 where all units are equally active and 1 where only one is
// active. It is NaN for a single unit.
//
// The a of a sample is the square of its norm ratio divided by H.
func (s Statistics) TrevesRolls() float64 {
	if s.Units < 2 {
		return math.NaN()
	}
	h := float64(s.Units)
	return (1 - s.RatioSquares/float64(s.Samples)/h) / (1 - 1/h)
}

// TrevesRollsStd returns the standard deviation of that sparseness over the
// samples, with n − 1 in the denominator.
func (s Statistics) TrevesRollsStd() float64 {
	if s.Units < 2 {
		return math.NaN()
	}
	return spread(s.RatioSquares, s.RatioFourths, s.Samples) / (float64(s.Units) - 1)
}

// spread returns the standard deviation of n numbers, with n − 1 in the
// denominator, from their sum and the sum of their squares.
// [Statistics.SparsityStd] tells how much precision the subtraction costs.
func spread(sum, squares float64, n int64) float64 {
	if n < 2 {
		return math.NaN()
	}
	difference := squares - float64(sum*sum)/float64(n)
	if difference < 0 { // rounding around a variance of zero; NaN is not < 0
		difference = 0
	}
	return math.Sqrt(difference / float64(n-1))
}
