package claim

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// mostFlips is the largest sample whose signs are all flipped: 2^20 sums.
const mostFlips = 20

// signFlip is the exact sign-flip test of a sample's centre (Fisher 1935). It
// returns the share of the 2^n ways of choosing the signs of the distances from
// the bound that give a sum of at least, and of at most, the observed one. The
// test assumes only that the distances are symmetric about 0.
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
	slack := 1e-12 * size // for sums that differ only by the order of rounding
	half := len(distances) / 2
	first, second := flippedSums(distances[:half]), flippedSums(distances[half:])
	var high, low int
	// Both halves are sorted, so the greater the sum from the first half, the
	// earlier in the second half the total reaches the bound.
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

// flippedSums returns the sums of the distances for each of the 2^n choices of
// their signs, in ascending order.
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

// count says that k of n runs have a property.
type count struct{ k, n int }

// share returns the proportion k/n.
func (c count) share() float64 { return float64(c.k) / float64(c.n) }

// interval returns the interval of Clopper and Pearson (Biometrika 26, 1934),
// whose coverage is at least the given one.
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

// tails returns the exact binomial tails.
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

// binomial returns the probability of k successes in n trials.
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
