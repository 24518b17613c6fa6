package metric

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// lanes is the number of partial sums that a norm is split into. The number is
// part of the definition of the statistics; this package is not free to change
// it.
const lanes = 16

// Statistics is what the metrics of one layer need to know about its
// activations on one evaluation set.
type Statistics struct {
	Units int // H, the width of the layer

	// ClassSums[c*Units+j] is the sum of the absolute value of unit j's
	// activation over the samples of class c, in float64, added in the order of
	// the samples. Both metrics use absolute values, because with tanh a strong
	// negative response is a response, and with class means of opposite signs a
	// selectivity could leave the range from -1 to 1.
	ClassSums   []float64
	ClassCounts []int64 // samples of each class

	// Activation is the activation function of the units: sigmoid, relu or
	// tanh.
	Activation string

	Squares     []float64 // per unit: sum of squares, in float64, in the order of the samples
	Least, Most []float32 // per unit: the smallest and the largest absolute value; NaN counts as the largest

	// Below[k*Units+j] is the number of samples for which the absolute value of
	// unit j is below Thresholds[k]. NaN is never below.
	Thresholds []float32
	Below      []int64

	// RatioSum, RatioSquares and RatioFourths are the sums over all samples of
	// r, r² and r⁴, where r is the float32 ratio of a sample's L1 norm to its
	// L2 norm; see [Ratio].
	RatioSum, RatioSquares, RatioFourths float64

	// RankSum and RankSquares are the sums over all samples of s and s², where
	// s is the mean rank of a unit, weighted by activation; see [Rank].
	RankSum, RankSquares float64

	Samples int64
}

// FromActivations reduces the activations of one layer. Values is
// samples×units, row-major, and labels has one class per sample, each below
// classes. It reads values once and does not retain them.
func FromActivations(values []float32, units int, labels []uint8, classes int, thresholds []float32) (Statistics, error) {
	if units < 1 {
		return Statistics{}, fmt.Errorf("reduce activations: %d units: give the width of the layer, 1 or more", units)
	}
	if len(values) != len(labels)*units {
		return Statistics{}, fmt.Errorf("reduce activations: %d values for %d samples of %d units, want %d: check the width of the layer",
			len(values), len(labels), units, len(labels)*units)
	}
	s := Begin(units, classes, thresholds)
	for i, label := range labels {
		if int(label) >= classes {
			return Statistics{}, fmt.Errorf("reduce activations: sample %d has class %d: labels run from 0 to %d", i, label, classes-1)
		}
		row := values[i*units : (i+1)*units]
		s.AddUnits(row, int(label), 0, units)
		s.AddSample(int(label), Ratio(row), Rank(row))
	}
	return s, nil
}

// Rank returns the mean rank of the units of a, weighted by absolute value: Σ
// k·|a|₍ₖ₎ / Σ |a|. The smallest absolute value has rank 1. Both sums are taken
// in float64 from the largest value down; the terms of the first are the
// partial sums of the second. The result is NaN if all values are zero or one
// is NaN.
func Rank(a []float32) float64 {
	var one, two [stackUnits]uint32
	var total, ranks float64
	sizes := sortedSizes(a, one[:], two[:])
	for _, size := range slices.Backward(sizes) {
		total += float64(math.Float32frombits(size))
		ranks += total
	}
	for range len(a) - len(sizes) { // the zeros
		ranks += total
	}
	return ranks / total
}

// Ratio returns the ratio of the L1 norm to the L2 norm of a in float32.
// Element j is added to partial sum j mod 16, in ascending order; the partial
// sums are then added in a tree (8, 4, 2, 1 apart). Squares are rounded before
// they are added.
//
// Up to rounding, the ratio lies between 1 (only one element is nonzero) and
// the square root of len(a) (all are equal).
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
	// Taking the root in float64 and rounding it once gives the correctly
	// rounded float32 root, because 53 bits are enough more than twice 24.
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
	case len(s.Squares) != s.Units || len(s.Least) != s.Units || len(s.Most) != s.Units || len(s.Below) != len(s.Thresholds)*s.Units:
		return fmt.Errorf("squares, extremes or counts below thresholds are not of %d units", s.Units)
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

// Same returns nil if s and other are equal bit for bit, with all NaNs equal,
// and otherwise an error that names the first difference.
func (s Statistics) Same(other Statistics) error {
	switch {
	case s.Units != other.Units:
		return fmt.Errorf("statistics differ: %d units and %d", s.Units, other.Units)
	case s.Samples != other.Samples:
		return fmt.Errorf("statistics differ: %d samples and %d", s.Samples, other.Samples)
	case len(s.ClassCounts) != len(other.ClassCounts), len(s.ClassSums) != len(other.ClassSums):
		return fmt.Errorf("statistics differ: %d classes and %d", len(s.ClassCounts), len(other.ClassCounts))
	}
	if !slices.Equal(s.Thresholds, other.Thresholds) || len(s.Squares) != len(other.Squares) || len(s.Below) != len(other.Below) ||
		len(s.Least) != len(other.Least) || len(s.Most) != len(other.Most) {
		return fmt.Errorf("statistics differ: thresholds %v and %v", s.Thresholds, other.Thresholds)
	}
	for c, n := range s.ClassCounts {
		if n != other.ClassCounts[c] {
			return fmt.Errorf("statistics differ: class %d has %d samples and %d", c, n, other.ClassCounts[c])
		}
	}
	for _, sum := range []struct {
		name string
		a, b float64
	}{
		{"norm ratios", s.RatioSum, other.RatioSum}, {"squared norm ratios", s.RatioSquares, other.RatioSquares},
		{"fourth powers of norm ratios", s.RatioFourths, other.RatioFourths},
		{"mean ranks", s.RankSum, other.RankSum}, {"squared mean ranks", s.RankSquares, other.RankSquares},
	} {
		if !sameBits(sum.a, sum.b) {
			return fmt.Errorf("statistics differ: sum of %s %v and %v", sum.name, sum.a, sum.b)
		}
	}
	for i, v := range s.ClassSums {
		if !sameBits(v, other.ClassSums[i]) {
			return fmt.Errorf("statistics differ: class %d, unit %d: sum %v and %v", i/s.Units, i%s.Units, v, other.ClassSums[i])
		}
	}
	for j := range s.Units {
		switch {
		case !sameBits(s.Squares[j], other.Squares[j]):
			return fmt.Errorf("statistics differ: unit %d: sum of squares %v and %v", j, s.Squares[j], other.Squares[j])
		case !sameBits(float64(s.Least[j]), float64(other.Least[j])) || !sameBits(float64(s.Most[j]), float64(other.Most[j])):
			return fmt.Errorf("statistics differ: unit %d: from %v to %v and from %v to %v", j, s.Least[j], s.Most[j], other.Least[j], other.Most[j])
		}
		for k, t := range s.Thresholds {
			if a, b := s.Below[k*s.Units+j], other.Below[k*s.Units+j]; a != b {
				return fmt.Errorf("statistics differ: unit %d: %d and %d samples below %v", j, a, b, t)
			}
		}
	}
	return nil
}

func sameBits(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b)
}
