package ablation

import (
	"cmp"
	"math"
	"slices"
)

// Accuracies divides counts by the number of samples.
func (c Counts) Accuracies(counts []int64) []float64 {
	list := make([]float64, len(counts))
	for i, n := range counts {
		list[i] = float64(n) / float64(c.Samples)
	}
	return list
}

// Area is the area under the accuracies over the share of units that are
// removed, from none to all, by the trapezoidal rule. It is a mean accuracy.
func Area(accuracies []float64) float64 {
	sum := 0.0
	for i := 1; i < len(accuracies); i++ {
		sum += (accuracies[i-1] + accuracies[i]) / 2
	}
	return sum / float64(len(accuracies)-1)
}

// P returns the two-sided p value of an area. The others are the areas of
// orders that would be equally likely if it did not matter which unit is which.
// P is twice the smaller of the shares of areas that are at most, or at least,
// the given one, which is itself counted among them.
func P(area float64, others []float64) float64 {
	if len(others) == 0 {
		return math.NaN()
	}
	below, above := 1, 1
	for _, a := range others {
		if a <= area {
			below++
		}
		if a >= area {
			above++
		}
	}
	return math.Min(1, 2*float64(min(below, above))/float64(len(others)+1))
}

// Quantile returns the smallest value that at least the share p of the values
// do not exceed.
func Quantile(values []float64, p float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, min(len(sorted)-1, int(math.Ceil(p*float64(len(sorted))))-1))]
}

// Spearman returns the rank correlation of two lists, in which equal values
// share the mean of their ranks (American Journal of Psychology 15, 1904).
// Pairs with a value that is not finite are left out. The result is NaN if one
// of the lists is constant.
func Spearman(x, y []float64) float64 {
	var a, b []float64
	for i := range x {
		if !math.IsNaN(x[i]-y[i]) && !math.IsInf(x[i]-y[i], 0) {
			a, b = append(a, x[i]), append(b, y[i])
		}
	}
	a, b = ranks(a), ranks(b)
	mean := float64(len(a)+1) / 2
	var ab, aa, bb float64
	for i := range a {
		p, q := a[i]-mean, b[i]-mean
		ab, aa, bb = ab+float64(p*q), aa+float64(p*p), bb+float64(q*q)
	}
	return ab / math.Sqrt(aa) / math.Sqrt(bb)
}

// ranks returns the rank of each value, counting from 1.
func ranks(values []float64) []float64 {
	order := ascending(len(values))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	list := make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			list[i] = float64(from+to+1) / 2
		}
		from = to
	}
	return list
}
