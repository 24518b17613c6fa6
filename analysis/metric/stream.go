package metric

import (
	"math"
	"slices"
)

// Begin returns the statistics of no samples. Samples are then added one by
// one, each by [Statistics.AddUnits] and [Statistics.AddSample]. If they are
// added in order, the result has the bits of [FromActivations].
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

// AddSample adds what is kept of a sample as a whole: its class, [Ratio] and
// [Rank].
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

// AddUnits adds what is kept of each unit of a sample, for the units in [from,
// to). Calls for different units may run at the same time.
func (s *Statistics) AddUnits(row []float32, class, from, to int) {
	row = row[from:to]
	sums, squares := s.ClassSums[class*s.Units+from:][:len(row)], s.Squares[from:][:len(row)]
	least, most := s.Least[from:][:len(row)], s.Most[from:][:len(row)]
	for j, v := range row {
		a := float32(math.Abs(float64(v)))
		sums[j] += float64(a)
		squares[j] += float64(float64(a) * float64(a)) // exact: 48 bits
		if !(least[j] <= a) && a == a {                // also true for the first number, because Least begins as NaN
			least[j] = a
		}
		if !(a <= most[j]) && most[j] == most[j] { // once NaN, it stays NaN
			most[j] = a
		}
	}
	for k, t := range s.Thresholds {
		if !(t > 0) {
			continue // no absolute value is below it
		}
		// For numbers that are not negative the order of their bits is their
		// order, with NaN above all. So the difference is negative, and its
		// highest bit 1, exactly for values below the threshold. A branch here
		// would be unpredictable.
		bound, below := uint64(math.Float32bits(t)), s.Below[k*s.Units+from:][:len(row)]
		for j, v := range row {
			below[j] += int64((uint64(math.Float32bits(v)&^(1<<31)) - bound) >> 63)
		}
	}
}
