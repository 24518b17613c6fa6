package claim

import (
	"cmp"
	"math"
	"slices"
)

// Holm corrects p values so that the probability of even one wrong claim among
// them is bounded (Scandinavian Journal of Statistics 6, 1979). A claim without
// a p value, NaN, counts as one with p = 1.
func Holm(p []float64) []float64 {
	order, corrected := ranked(p), make([]float64, len(p))
	worst := 0.0
	for rank, i := range order {
		worst = math.Max(worst, math.Min(1, float64(len(p)-rank)*orOne(p[i])))
		corrected[i] = worst
	}
	return corrected
}

// BenjaminiHochberg corrects p values so that the expected share of wrong
// claims among the accepted ones is bounded (Journal of the Royal Statistical
// Society B 57, 1995).
func BenjaminiHochberg(p []float64) []float64 {
	order, corrected := ranked(p), make([]float64, len(p))
	best := 1.0
	for rank, i := range slices.Backward(order) {
		best = math.Min(best, float64(len(p))/float64(rank+1)*orOne(p[i]))
		corrected[i] = best
	}
	return corrected
}

func orOne(p float64) float64 {
	if math.IsNaN(p) {
		return 1
	}
	return p
}

// ranked lists the indices by ascending p.
func ranked(p []float64) []int {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(orOne(p[a]), orOne(p[b])) })
	return order
}
