package ablation

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Layer is the last hidden layer with the output layer behind it.
type Layer struct {
	Units       int
	Values      []float32 // samples×units, row-major: the activations
	Labels      []uint8   // one class a sample
	Weights     []float32 // classes×units, row-major: of the output layer
	Bias        []float32 // one a class
	Selectivity []float64 // one a unit; NaN is the least
}

// Source is what random orders come from: rng.Source is one.
type Source interface {
	// Perm fills p with a random permutation of its indices.
	Perm(p []int32)
}

// Result is what came of taking units out.
type Result struct {
	// Selective, Unselective and Random are areas under the accuracy over the share of units that are out, from none to
	// all: the most selective go first, the least selective go first, or they go in random order (the mean over orders).
	Selective, Unselective, Random float64
	// Matched compares units of equal activity. They are paired, in the order of their mean, and of each pair the more
	// selective is one kind and the less selective the other. It is the area when one after another of the less
	// selective ones goes less the area when the more selective ones go, both up to half of all units, pairs in random
	// order (the mean over orders). Above 0 the selective units matter more.
	Matched float64
	// Impact is Spearman's correlation, over units, of selectivity with the accuracy that is lost when a unit goes alone.
	// It is NaN if either is equal for all units.
	Impact float64
}

// state is a layer with its logits while units are out.
type state struct {
	*Layer
	samples, classes int
	means            []float64 // of units
	logits           []float64 // samples×classes
}

// Remove takes units out in all these ways. Each source gives one random order.
func Remove(l Layer, orders []Source) (Result, error) {
	s := &state{Layer: &l, samples: len(l.Labels), classes: len(l.Bias)}
	switch {
	case l.Units < 1 || s.samples < 1 || s.classes < 2:
		return Result{}, fmt.Errorf("remove units: %d units, %d samples and %d classes", l.Units, s.samples, s.classes)
	case len(l.Values) != s.samples*l.Units || len(l.Weights) != s.classes*l.Units || len(l.Selectivity) != l.Units:
		return Result{}, fmt.Errorf("remove units: %d activations, %d weights and %d selectivities do not fit %d samples, %d units and %d classes",
			len(l.Values), len(l.Weights), len(l.Selectivity), s.samples, l.Units, s.classes)
	case len(orders) == 0:
		return Result{}, errors.New("remove units: no source of random orders")
	}
	s.means = make([]float64, l.Units)
	for i, v := range l.Values {
		s.means[i%l.Units] += float64(v) / float64(s.samples)
	}
	least := make([]int, l.Units) // units by selectivity, the least first
	for j := range least {
		least[j] = j
	}
	slices.SortStableFunc(least, func(a, b int) int { return compare(l.Selectivity[a], l.Selectivity[b]) })
	most := slices.Clone(least)
	slices.Reverse(most)
	var r Result
	r.Selective, r.Unselective = s.area(most), s.area(least)
	n := float64(len(orders))
	low, high := s.pairs()
	for _, source := range orders {
		r.Random += s.area(permuted(source, least)) / n
		if len(low) > 0 {
			order := permuted(source, indices(len(low)))
			r.Matched += (s.area(at(low, order)) - s.area(at(high, order))) / n
		}
	}
	r.Impact = s.impact()
	return r, nil
}

// compare puts NaN first.
func compare(a, b float64) int { return cmp.Compare(a, b) }

func indices(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func at(list, order []int) []int {
	chosen := make([]int, len(order))
	for i, k := range order {
		chosen[i] = list[k]
	}
	return chosen
}

func permuted(source Source, list []int) []int {
	p := make([]int32, len(list))
	source.Perm(p)
	order := make([]int, len(list))
	for i, k := range p {
		order[i] = list[k]
	}
	return order
}

// pairs divides the units in two halves of equal activity: neighbours in the order of their means, by selectivity.
func (s *state) pairs() (low, high []int) {
	order := indices(s.Units)
	slices.SortStableFunc(order, func(a, b int) int { return compare(s.means[a], s.means[b]) })
	for i := 0; i+1 < len(order); i += 2 {
		a, b := order[i], order[i+1]
		if compare(s.Selectivity[a], s.Selectivity[b]) > 0 {
			a, b = b, a
		}
		low, high = append(low, a), append(high, b)
	}
	return low, high
}

// whole makes the logits those of the whole layer.
func (s *state) whole() {
	s.logits = make([]float64, s.samples*s.classes)
	for i := range s.samples {
		row := s.Values[i*s.Units:][:s.Units]
		for c := range s.classes {
			sum := float64(s.Bias[c])
			for j, w := range s.Weights[c*s.Units:][:s.Units] {
				sum += float64(float64(w) * float64(row[j]))
			}
			s.logits[i*s.classes+c] = sum
		}
	}
}

// take takes a unit out, or with a sign of 1 puts it back.
func (s *state) take(unit int, sign float64) {
	for i := range s.samples {
		change := sign * (float64(s.Values[i*s.Units+unit]) - s.means[unit])
		logits := s.logits[i*s.classes:][:s.classes]
		for c := range logits {
			logits[c] += float64(float64(s.Weights[c*s.Units+unit]) * change)
		}
	}
}

// correct counts the samples whose largest logit, the first of equal ones, is that of their class.
func (s *state) correct() int {
	n := 0
	for i, label := range s.Labels {
		logits := s.logits[i*s.classes:][:s.classes]
		best := 0
		for c, v := range logits {
			if v > logits[best] {
				best = c
			}
		}
		if best == int(label) {
			n++
		}
	}
	return n
}

// area is the one under the accuracy while units go in an order, by the trapezoidal rule.
func (s *state) area(order []int) float64 {
	s.whole()
	sum := float64(s.correct()) / 2
	for i, unit := range order {
		s.take(unit, -1)
		weight := 1.0
		if i == len(order)-1 {
			weight = 0.5
		}
		sum += float64(weight * float64(s.correct()))
	}
	return sum / float64(len(order)*s.samples)
}

// impact is the correlation of selectivity with what each unit's absence costs.
func (s *state) impact() float64 {
	s.whole()
	whole := s.correct()
	full := slices.Clone(s.logits)
	lost := make([]float64, s.Units)
	for j := range lost {
		copy(s.logits, full)
		s.take(j, -1)
		lost[j] = float64(whole - s.correct())
	}
	return spearman(s.Selectivity, lost)
}

// spearman is the correlation of ranks, equal values sharing the mean of theirs.
func spearman(x, y []float64) float64 {
	a, b := ranks(x), ranks(y)
	mean := float64(len(x)-1) / 2
	var xy, xx, yy float64
	for i := range a {
		xy += float64((a[i] - mean) * (b[i] - mean))
		xx += float64((a[i] - mean) * (a[i] - mean))
		yy += float64((b[i] - mean) * (b[i] - mean))
	}
	return xy / math.Sqrt(float64(xx*yy)) // 0/0 is NaN
}

func ranks(x []float64) []float64 {
	order := indices(len(x))
	slices.SortStableFunc(order, func(a, b int) int { return compare(x[a], x[b]) })
	ranks := make([]float64, len(x))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && compare(x[order[to]], x[order[from]]) == 0 {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = float64(from+to-1) / 2
		}
		from = to
	}
	return ranks
}
