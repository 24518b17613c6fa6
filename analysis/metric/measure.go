package metric

import (
	"errors"
	"fmt"
)

// Measures are the metrics of a layer, or of a network as the mean over its
// layers.
type Measures struct {
	Sparsity       float64 // mean over samples of Hoyer's sparsity
	SparsityStd    float64 // over samples, n − 1
	Selectivity    float64 // mean over units of CCMAS
	SelectivityStd float64 // over units, n
	Gini           float64 // mean over samples of the Gini index
	GiniStd        float64 // over samples, n − 1
	TrevesRolls    float64 // mean over samples of Treves and Rolls' sparseness
	TrevesRollsStd float64 // over samples, n − 1
	CSI            float64 // mean over units of the class selectivity index
	CSIStd         float64 // over units, n
	Shares
}

// fields lists all measures.
func (m *Measures) fields() []*float64 {
	return []*float64{
		&m.Sparsity, &m.SparsityStd, &m.Selectivity, &m.SelectivityStd, &m.Gini, &m.GiniStd, &m.TrevesRolls, &m.TrevesRollsStd,
		&m.CSI, &m.CSIStd, &m.Dead, &m.Saturated, &m.Below,
	}
}

// Measure returns the metrics of one layer. Epsilon is the one in the
// definition of CCMAS. It returns an error if the statistics contradict
// themselves; numbers that are not finite are not an error.
//
// The class selectivity index has the formula of CCMAS with an epsilon of its
// own, [CSIEpsilon], so a unit that is silent for all classes never makes it
// NaN.
func (s Statistics) Measure(epsilon float64) (Measures, error) {
	if err := s.check(); err != nil {
		return Measures{}, fmt.Errorf("measure layer: %w", err)
	}
	m := Measures{
		Sparsity: s.Sparsity(), SparsityStd: s.SparsityStd(), Gini: s.Gini(), GiniStd: s.GiniStd(),
		TrevesRolls: s.TrevesRolls(), TrevesRollsStd: s.TrevesRollsStd(),
	}
	m.Selectivity, m.SelectivityStd = MeanStd(s.Selectivity(epsilon))
	m.CSI, m.CSIStd = MeanStd(s.Selectivity(CSIEpsilon))
	var err error
	if m.Shares, err = s.shares(); err != nil {
		return Measures{}, fmt.Errorf("measure layer: %w", err)
	}
	return m, nil
}

// Average returns the mean of each measure over the layers of a network. All
// layers have the same weight, whatever their width. This is how the study
// defines the measures of deep networks.
func Average(layers []Measures) (Measures, error) {
	if len(layers) == 0 {
		return Measures{}, errors.New("average layers: none given")
	}
	var mean Measures
	sums := mean.fields()
	for _, m := range layers {
		for i, v := range m.fields() {
			*sums[i] += *v
		}
	}
	for _, sum := range sums {
		*sum /= float64(len(layers))
	}
	return mean, nil
}

// Activity returns the sum over units of their mean absolute activation, which
// tells how active a layer is.
func (s Statistics) Activity() float64 {
	var sum float64
	for _, v := range s.ClassSums {
		sum += v
	}
	return sum / float64(s.Samples)
}
