package metric

import (
	"math"
	"slices"
)

// Begin returns the statistics of no samples, to which samples are added one by one, each by [Statistics.AddUnits] and
// [Statistics.AddSample]. In the order of the samples they come to the bits of [FromActivations].
func Begin(units, classes int, thresholds []float32) Statistics {
	return Statistics{
		Units:       units,
		ClassSums:   make([]float64, classes*units),
		ClassCounts: make([]int64, classes),
		Squares:     make([]float64, units),
		Least:       slices.Repeat([]float32{float32(math.NaN())}, units),
		Most:        make([]float32, units),
		Thresholds:  slices.Clone(thresholds),
		Below:       make([]int64, len(thresholds)*units),
	}
}

// AddSample adds what is kept over the units of a sample: its class, [Ratio] and [Rank].
func (s *Statistics) AddSample(class int, ratio float32, rank float64) {
	s.Samples++
	s.ClassCounts[class]++
	r := float64(ratio)
	s.RatioSum += r
	s.RatioSquares += float64(r * r)
	s.RatioFourths += float64(float64(r*r) * float64(r*r))
	s.RankSum += rank
	s.RankSquares += float64(rank * rank)
}

// AddUnits adds what is kept of each unit of a sample, for the units from one up to another, which is not among them. Calls
// for different units may run at the same time.
func (s *Statistics) AddUnits(row []float32, class, from, to int) {
	sums := s.ClassSums[class*s.Units:][:s.Units]
	for j := from; j < to; j++ {
		a := float32(math.Abs(float64(row[j])))
		sums[j] += float64(a)
		s.Squares[j] += float64(float64(a) * float64(a)) // exact: 48 bits
		if !(s.Least[j] <= a) && a == a {                // a number comes before NaN, which is what there is to begin with
			s.Least[j] = a
		}
		if !(a <= s.Most[j]) && s.Most[j] == s.Most[j] { // NaN, once there, stays
			s.Most[j] = a
		}
		for k, t := range s.Thresholds {
			if a < t {
				s.Below[k*s.Units+j]++
			}
		}
	}
}
