package activity

import (
	"math"
	"math/bits"
	"slices"

	"sparsel/analysis/metric"
)

// draw is one permutation of the labels, drawn as the rows arrive.
type draw struct {
	source Source
	left   []int64 // a Fenwick tree that counts the labels left of each class
	all    int64

	// The rows taken last. Within each block of together rows, numbered from 0,
	// those of one class follow each other in order.
	order  []int32
	groups [][]group // of each block
	count  []int32   // scratch: 0 for each class

	units int
	sums  [][beside]float64 // [blocks of units][classes], the last block filled up
}

func newDraw(source Source, counts []int64, units int) *draw {
	d := &draw{source: source, left: make([]int64, len(counts)+1), count: make([]int32, len(counts)), units: units}
	d.sums = make([][beside]float64, (units+beside-1)/beside*len(counts))
	for i, n := range counts {
		d.all += n
		for k := i + 1; k < len(d.left); k += k & -k {
			d.left[k] += n
		}
	}
	return d
}

// group is the rows of one class in a block: those in order up to end.
type group struct{ class, end int32 }

// classes returns the number of classes.
func (d *draw) classes() int { return len(d.left) - 1 }

// next draws the class of the next row.
func (d *draw) next() int {
	// Pick the label at a random place among those left, in the order of classes.
	place := int64(d.source.Bounded(uint32(d.all - 1)))
	class := 0
	for step := 1 << (bits.Len(uint(d.classes())) - 1); step > 0; step /= 2 {
		if k := class + step; k < len(d.left) && d.left[k] <= place {
			class, place = k, place-d.left[k]
		}
	}
	for k := class + 1; k < len(d.left); k += k & -k {
		d.left[k]--
	}
	d.all--
	return class
}

// take draws the classes of the next n rows.
func (d *draw) take(n int) {
	d.order = slices.Grow(d.order[:0], n)[:n]
	d.groups = slices.Grow(d.groups[:0], (n+together-1)/together)[:(n+together-1)/together]
	var drawn [together]int
	for b := range d.groups {
		order := d.order[b*together : min((b+1)*together, n)]
		groups := d.groups[b][:0]
		for i := range order {
			drawn[i] = d.next()
			if d.count[drawn[i]]++; d.count[drawn[i]] == 1 {
				groups = append(groups, group{class: int32(drawn[i])})
			}
		}
		end := int32(0)
		for g := range groups {
			place := end
			end += d.count[groups[g].class]
			groups[g].end = end
			d.count[groups[g].class] = place
		}
		for i := range order {
			place := &d.count[drawn[i]]
			order[*place] = int32(i)
			*place++
		}
		for _, g := range groups {
			d.count[g.class] = 0
		}
		d.groups[b] = groups
	}
}

// add adds a block of the rows taken last to the sums of a block of units.
func (d *draw) add(sizes []float64, rows, units int) {
	order := d.order[rows*together:]
	sums := d.sums[units*d.classes():][:d.classes()]
	from := int32(0)
	for _, g := range d.groups[rows] {
		addRows(&sums[g.class], sizes, order[from:g.end])
		from = g.end
	}
}

// classSums returns the sums as classes×units, row-major.
func (d *draw) classSums() []float64 {
	var all []float64
	for c := range d.classes() {
		for from := 0; from < d.units; from += beside {
			all = append(all, d.sums[from/beside*d.classes()+c][:min(beside, d.units-from)]...)
		}
	}
	return all
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
		s.ClassSums = make([]float64, classes*units)
		for i := range labels {
			sums := s.ClassSums[d.next()*units:][:units]
			for j, v := range values[i*units:][:units] {
				sums[j] += math.Abs(float64(v))
			}
		}
		mean, _ := metric.MeanStd(s.Selectivity(epsilon))
		layer += mean
	}
	return layer / float64(len(sources))
}
