package metric

import (
	"errors"
	"fmt"
	"math"
)

// Classes is the number of classes of the data: the ten digits.
const Classes = 10

// lanes is the number of partial sums that a norm is split into. The number is part
// of the definition of the statistics, not a choice of this package.
const lanes = 16

// Statistics is what the metrics of one layer need to know about its activations
// on one evaluation set.
type Statistics struct {
	Units int // H, the width of the layer

	// ClassSums[c*Units+j] is the sum of the absolute value of unit j's activation over
	// the samples of class c, in float64, added in the order of the samples. Both metrics
	// are about absolute values: with tanh a strong negative response is a response, and
	// means of opposite signs could make a selectivity outside of -1 to 1.
	ClassSums   []float64
	ClassCounts []int64 // samples of each class

	// RatioSum and RatioSquares are the sums over all samples of r and r², with r the
	// float32 ratio of a sample's L1 norm to its L2 norm; see [Ratio].
	RatioSum, RatioSquares float64

	Samples int64
}

// FromActivations reduces the activations of one layer: values is samples×units,
// row-major, and labels has one class per sample. It reads values once and keeps
// no reference to it.
func FromActivations(values []float32, units int, labels []uint8) (Statistics, error) {
	if units < 1 {
		return Statistics{}, fmt.Errorf("reduce activations: %d units: give the width of the layer, 1 or more", units)
	}
	if len(values) != len(labels)*units {
		return Statistics{}, fmt.Errorf("reduce activations: %d values for %d samples of %d units, want %d: check the width of the layer",
			len(values), len(labels), units, len(labels)*units)
	}
	s := Statistics{
		Units:       units,
		ClassSums:   make([]float64, Classes*units),
		ClassCounts: make([]int64, Classes),
		Samples:     int64(len(labels)),
	}
	for i, label := range labels {
		if label >= Classes {
			return Statistics{}, fmt.Errorf("reduce activations: sample %d has class %d: labels run from 0 to %d", i, label, Classes-1)
		}
		row := values[i*units : (i+1)*units]
		sums := s.ClassSums[int(label)*units:][:units]
		for j, a := range row {
			sums[j] += math.Abs(float64(a))
		}
		s.ClassCounts[label]++

		r := float64(Ratio(row))
		s.RatioSum += r
		s.RatioSquares += float64(r * r)
	}
	return s, nil
}

// Ratio returns the ratio of the L1 norm to the L2 norm of a in float32. Element j
// goes to partial sum j mod 16, in ascending order; the partial sums are then added
// in a tree (8, 4, 2, 1 apart). Squares are rounded before they are added.
//
// The ratio lies between 1 (one element differs from zero) and the square root of
// len(a) (all are equal), up to rounding.
func Ratio(a []float32) float32 {
	var l1, l2 [lanes]float32
	for j, v := range a {
		l1[j%lanes] += float32(math.Abs(float64(v)))
		l2[j%lanes] += float32(v * v)
	}
	for w := lanes / 2; w > 0; w /= 2 {
		for i := range w {
			l1[i] += l1[i+w]
			l2[i] += l2[i+w]
		}
	}
	// The square root of a float32 taken in float64 and rounded once is the
	// correctly rounded float32 root: 53 bits exceed twice 24 by enough.
	return l1[0] / float32(math.Sqrt(float64(l2[0])))
}

// check reports statistics whose slices do not fit their width.
func (s Statistics) check() error {
	switch {
	case s.Units < 1:
		return errors.New("statistics without units")
	case len(s.ClassCounts) < 2:
		return fmt.Errorf("statistics of %d classes: selectivity compares at least 2", len(s.ClassCounts))
	case len(s.ClassSums) != len(s.ClassCounts)*s.Units:
		return fmt.Errorf("%d class sums for %d classes of %d units", len(s.ClassSums), len(s.ClassCounts), s.Units)
	}
	var n int64
	for _, c := range s.ClassCounts {
		n += c
	}
	if n != s.Samples {
		return fmt.Errorf("class counts add up to %d of %d samples", n, s.Samples)
	}
	return nil
}

// Same returns nil if s and other are equal bit for bit, all NaNs being equal, and
// otherwise an error that names the first difference.
func (s Statistics) Same(other Statistics) error {
	switch {
	case s.Units != other.Units:
		return fmt.Errorf("statistics differ: %d units and %d", s.Units, other.Units)
	case s.Samples != other.Samples:
		return fmt.Errorf("statistics differ: %d samples and %d", s.Samples, other.Samples)
	case len(s.ClassCounts) != len(other.ClassCounts), len(s.ClassSums) != len(other.ClassSums):
		return fmt.Errorf("statistics differ: %d classes and %d", len(s.ClassCounts), len(other.ClassCounts))
	}
	for c, n := range s.ClassCounts {
		if n != other.ClassCounts[c] {
			return fmt.Errorf("statistics differ: class %d has %d samples and %d", c, n, other.ClassCounts[c])
		}
	}
	if !sameBits(s.RatioSum, other.RatioSum) {
		return fmt.Errorf("statistics differ: sum of norm ratios %v and %v", s.RatioSum, other.RatioSum)
	}
	if !sameBits(s.RatioSquares, other.RatioSquares) {
		return fmt.Errorf("statistics differ: sum of squared norm ratios %v and %v", s.RatioSquares, other.RatioSquares)
	}
	for i, v := range s.ClassSums {
		if !sameBits(v, other.ClassSums[i]) {
			return fmt.Errorf("statistics differ: class %d, unit %d: sum %v and %v", i/s.Units, i%s.Units, v, other.ClassSums[i])
		}
	}
	return nil
}

func sameBits(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b)
}
