package activity

import (
	"math"

	"sparsel/analysis/metric"
)

// Result is the measurement of one layer.
type Result struct {
	metric.Measures
	Samples  int64
	Accuracy float64 // the share of rows whose prediction equals their label

	// Chance is the mean CCMAS under permuted labels. P is the share of
	// permutations, counting the true labels as one more, whose mean over units
	// is at least that of the true labels. Both are NaN without permutations.
	Chance, P float64

	Classes []int64     // the labels, ascending
	Means   [][]float64 // mean absolute activation by class and unit
	Units   []Unit
	Bins    [Bins]int64 // samples by Hoyer's sparsity; values beyond an end count in the end's bin
}

// Unit is the measurement of one unit.
type Unit struct {
	Best                     int64 // the label with the largest class mean, the first of equal ones
	Selectivity, Chance, CSI float64
	Mean, RMS                float64 // mean and root mean square of the absolute activation, over all samples
	Least, Most              float32
}

// Result ends the layer. Epsilon is the one in the definition of CCMAS.
func (l *Layer) Result(epsilon float64) (Result, error) {
	l.flush()
	l.adding.Wait()
	s := l.stats
	if s.Activation = l.function; s.Activation == "" {
		s.Activation = "relu" // for an unknown function, a unit that is always 0 counts as dead
	}
	m, err := s.Measure(epsilon)
	if err != nil {
		return Result{}, err
	}
	if l.function == "" {
		m.Saturated = math.NaN()
	}
	r := ofUnits(s, l.classes, epsilon)
	r.Measures, r.Accuracy, r.Bins = m, float64(l.correct)/float64(s.Samples), l.bins
	for j, chance := range l.chance(&r, epsilon) {
		r.Units[j].Chance = chance
	}
	return r, nil
}

// OfStatistics returns what stored statistics say about a layer: everything
// except its accuracy, its bins and the level of chance. Classes are the labels
// in ascending order.
func OfStatistics(s metric.Statistics, classes []int64, epsilon float64) (Result, error) {
	m, err := s.Measure(epsilon)
	if err != nil {
		return Result{}, err
	}
	r := ofUnits(s, classes, epsilon)
	r.Measures, r.Accuracy = m, math.NaN()
	for j := range r.Units {
		r.Units[j].Chance = math.NaN()
	}
	return r, nil
}

// ofUnits returns what statistics say about each unit.
func ofUnits(s metric.Statistics, classes []int64, epsilon float64) Result {
	r := Result{Samples: s.Samples, Chance: math.NaN(), P: math.NaN(), Classes: classes, Units: make([]Unit, s.Units)}
	selectivity, csi := s.Selectivity(epsilon), s.Selectivity(metric.CSIEpsilon)
	for c, n := range s.ClassCounts {
		means := make([]float64, s.Units)
		for j := range means {
			means[j] = s.ClassSums[c*s.Units+j] / float64(n)
		}
		r.Means = append(r.Means, means)
	}
	for j := range r.Units {
		u := Unit{Selectivity: selectivity[j], CSI: csi[j], Least: s.Least[j], Most: s.Most[j]}
		best := 0
		for c := range classes {
			u.Mean += s.ClassSums[c*s.Units+j]
			if r.Means[c][j] > r.Means[best][j] {
				best = c
			}
		}
		u.Best = classes[best]
		u.Mean /= float64(s.Samples)
		u.RMS = math.Sqrt(s.Squares[j] / float64(s.Samples))
		r.Units[j] = u
	}
	return r
}

// chance returns each unit's mean CCMAS under the permutations, and sets the
// layer's.
func (l *Layer) chance(r *Result, epsilon float64) []float64 {
	units := make([]float64, l.stats.Units)
	var layer float64
	reached := 1
	for _, d := range l.draws {
		s := l.stats
		s.ClassSums = d.classSums()
		values := s.Selectivity(epsilon)
		for j, v := range values {
			units[j] += v
		}
		mean, _ := metric.MeanStd(values)
		layer += mean
		if !(mean < r.Selectivity) {
			reached++
		}
	}
	n := float64(len(l.draws))
	for j := range units {
		units[j] /= n // NaN if n is 0
	}
	if n > 0 {
		r.Chance, r.P = layer/n, float64(reached)/(n+1)
	}
	return units
}
