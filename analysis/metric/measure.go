package metric

import (
	"errors"
	"fmt"
)

// Measures are the metrics of a layer, or of a network as the mean over its layers.
type Measures struct {
	Sparsity       float64 // mean over samples of Hoyer's sparsity
	SparsityStd    float64 // over samples, n − 1
	Selectivity    float64 // mean over units of CCMAS
	SelectivityStd float64 // over units, n
}

// Measure returns the metrics of one layer. The error names statistics that
// contradict themselves; numbers that are not finite are no error.
func (s Statistics) Measure(epsilon float64) (Measures, error) {
	if err := s.check(); err != nil {
		return Measures{}, fmt.Errorf("measure layer: %w", err)
	}
	m := Measures{Sparsity: s.Sparsity(), SparsityStd: s.SparsityStd()}
	m.Selectivity, m.SelectivityStd = MeanStd(s.Selectivity(epsilon))
	return m, nil
}

// Average returns the mean of each measure over the layers of a network. All layers
// weigh the same, whatever their width: the study's definition for deep networks.
func Average(layers []Measures) (Measures, error) {
	if len(layers) == 0 {
		return Measures{}, errors.New("average layers: none given")
	}
	var sum Measures
	for _, m := range layers {
		sum.Sparsity += m.Sparsity
		sum.SparsityStd += m.SparsityStd
		sum.Selectivity += m.Selectivity
		sum.SelectivityStd += m.SelectivityStd
	}
	k := float64(len(layers))
	return Measures{
		Sparsity:       sum.Sparsity / k,
		SparsityStd:    sum.SparsityStd / k,
		Selectivity:    sum.Selectivity / k,
		SelectivityStd: sum.SelectivityStd / k,
	}, nil
}
