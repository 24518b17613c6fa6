package activity

import (
	"math"
	"math/bits"

	"sparsel/analysis/metric"
)

// draw is one permutation of the labels, drawn as the rows arrive.
type draw struct {
	source Source
	left   []int64 // a Fenwick tree that counts the labels left of each class
	all    int64
	sums   []float64 // [classes][units]
}

func newDraw(source Source, counts []int64, units int) *draw {
	d := &draw{source: source, left: make([]int64, len(counts)+1), sums: make([]float64, len(counts)*units)}
	for i, n := range counts {
		d.all += n
		for k := i + 1; k < len(d.left); k += k & -k {
			d.left[k] += n
		}
	}
	return d
}

// take returns the classes of the next n rows.
func (d *draw) take(n int) []int {
	classes := make([]int, n)
	for i := range classes {
		// Pick the label at a random place among those left, in the order of
		// classes.
		place := int64(d.source.Bounded(uint32(d.all - 1)))
		class := 0
		for step := 1 << (bits.Len(uint(len(d.left)-1)) - 1); step > 0; step /= 2 {
			if k := class + step; k < len(d.left) && d.left[k] <= place {
				class, place = k, place-d.left[k]
			}
		}
		for k := class + 1; k < len(d.left); k += k & -k {
			d.left[k]--
		}
		d.all--
		classes[i] = class
	}
	return classes
}

// Chance returns the mean CCMAS of a layer's units under permuted labels,
// averaged over one permutation for each source. Values is samples×units,
// row-major, and labels has one class per sample, each below classes. The
// result equals [Result.Chance] of a [Layer] that is given the same rows.
func Chance(values []float32, units int, labels []uint8, classes int, epsilon float64, sources []Source) float64 {
	s := metric.Statistics{Units: units, ClassCounts: make([]int64, classes)}
	for _, label := range labels {
		s.ClassCounts[label]++
	}
	var layer float64
	for _, source := range sources {
		d := newDraw(source, s.ClassCounts, units)
		for i, class := range d.take(len(labels)) {
			sums := d.sums[class*units:][:units]
			for j, v := range values[i*units:][:units] {
				sums[j] += math.Abs(float64(v))
			}
		}
		s.ClassSums = d.sums
		mean, _ := metric.MeanStd(s.Selectivity(epsilon))
		layer += mean
	}
	return layer / float64(len(sources))
}
