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
	// For numbers that are not negative the order of their bits is their order,
	// with NaN above all.
	for j, v := range row {
		size := math.Float32bits(v) &^ (1 << 31)
		a := float64(math.Float32frombits(size))
		sums[j] += a
		squares[j] += float64(a * a) // exact: 48 bits
		// NaN is above all numbers, so it stays in most once it is there, and is
		// in least only as long as there is no number; it is there at the beginning.
		if size < math.Float32bits(least[j]) {
			least[j] = math.Float32frombits(size)
		}
		if size > math.Float32bits(most[j]) {
			most[j] = math.Float32frombits(size)
		}
	}
	// The difference is negative, and its highest bit 1, exactly for values below
	// the threshold. A branch here would be unpredictable. Two thresholds at a
	// time read each value half as often.
	k := 0
	for ; k+1 < len(s.Thresholds); k += 2 {
		bound, other := orderOf(s.Thresholds[k]), orderOf(s.Thresholds[k+1])
		below, below2 := s.Below[k*s.Units+from:][:len(row)], s.Below[(k+1)*s.Units+from:][:len(row)]
		for j, v := range row {
			size := uint64(math.Float32bits(v) &^ (1 << 31))
			below[j] += int64((size - bound) >> 63)
			below2[j] += int64((size - other) >> 63)
		}
	}
	if k < len(s.Thresholds) {
		bound, below := orderOf(s.Thresholds[k]), s.Below[k*s.Units+from:][:len(row)]
		for j, v := range row {
			below[j] += int64((uint64(math.Float32bits(v)&^(1<<31)) - bound) >> 63)
		}
	}
}

// orderOf returns the bits of a threshold, or 0 if no absolute value is below it.
func orderOf(threshold float32) uint64 {
	if threshold > 0 {
		return uint64(math.Float32bits(threshold))
	}
	return 0
}
