package claim

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// mostFlips bounds the sample of which all signs are flipped: 2^20 sums.
const mostFlips = 20

// signFlip is the exact sign-flip test of a sample's centre (Fisher 1935): the share of the 2^n ways to give the
// distances from the bound their signs whose sum is at least, and at most, the one seen. It asks that the distances be
// symmetric about 0 and nothing more.
func signFlip(values []float64, bound float64) (above, below float64) {
	distances := make([]float64, len(values))
	var seen, size float64
	for i, v := range values {
		distances[i] = v - bound
		seen += distances[i]
		size += math.Abs(distances[i])
	}
	if math.IsNaN(size) || math.IsInf(size, 0) {
		return math.NaN(), math.NaN()
	}
	slack := 1e-12 * size // sums that are equal but for the order of their rounding
	half := len(distances) / 2
	first, second := flippedSums(distances[:half]), flippedSums(distances[half:])
	var high, low int
	// With both halves sorted, what reaches the bound together with a greater sum of the first half begins earlier in the second.
	reach, within := len(second), len(second)
	for _, sum := range first {
		for reach > 0 && sum+second[reach-1] >= seen-slack {
			reach--
		}
		for within > 0 && sum+second[within-1] > seen+slack {
			within--
		}
		high, low = high+len(second)-reach, low+within
	}
	all := math.Ldexp(1, len(values))
	return float64(high) / all, float64(low) / all
}

// flippedSums are the sums of the distances with each of the 2^n choices of their signs, in ascending order.
func flippedSums(distances []float64) []float64 {
	sums := []float64{0}
	for _, d := range distances {
		for i, sum := range sums {
			sums[i] = sum - d
			sums = append(sums, sum+d)
		}
	}
	slices.Sort(sums)
	return sums
}

// count is so many runs of n.
type count struct{ k, n int }

// share is the proportion.
func (c count) share() float64 { return float64(c.k) / float64(c.n) }

// interval is that of Clopper and Pearson (Biometrika 26, 1934): it covers at least as often as it says.
func (c count) interval(coverage float64) (low, high float64) {
	if c.n == 0 {
		return math.NaN(), math.NaN()
	}
	tail := (1 - coverage) / 2
	low, high = 0, 1
	if c.k > 0 {
		low = tenDigits(distuv.Beta{Alpha: float64(c.k), Beta: float64(c.n - c.k + 1)}.Quantile(tail))
	}
	if c.k < c.n {
		high = tenDigits(distuv.Beta{Alpha: float64(c.k + 1), Beta: float64(c.n - c.k)}.Quantile(1 - tail))
	}
	return low, high
}

// tails are the exact binomial ones.
func (c count) tails(bound float64) (above, below float64) {
	if c.n == 0 {
		return math.NaN(), math.NaN()
	}
	for i := 0; i <= c.n; i++ {
		p := binomial(c.n, i, bound)
		if i >= c.k {
			above += p
		}
		if i <= c.k {
			below += p
		}
	}
	return tenDigits(math.Min(1, above)), tenDigits(math.Min(1, below))
}

// binomial is the probability of k successes of n.
func binomial(n, k int, p float64) float64 {
	ways := 1.0
	for i := range k {
		ways = ways * float64(n-i) / float64(i+1)
	}
	return float64(ways * math.Pow(p, float64(k)) * math.Pow(1-p, float64(n-k)))
}

// part judges a count.
func (c count) part(what string, claimed Range, notes []string) Part {
	p := Part{What: what, Effect: c.share(), N: c.n, DZ: math.NaN(), Claimed: claimed, Margin: math.NaN(), Notes: notes}
	return p.judged(c.tails, nil, c.interval)
}
