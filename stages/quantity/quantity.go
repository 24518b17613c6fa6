// Package quantity lists the metrics: the numbers of a run that figures and tables may show. What reads a parameter file and what
// draws a figure know them from here. A new metric is a row here, and one of the same name in package aggregate.
package quantity

import (
	"math"
	"slices"

	"sparsel/artifacts/measures"
)

// A Metric is a number that a run has at each epoch.
type Metric struct {
	Name      string // in parameter files, tables and summaries
	Words     string // what axes and captions call it
	Network   bool   // it belongs to the network and not to its layers
	Low, High float64
	Value     func(measures.Row) float64
}

var metrics = []Metric{
	{"accuracy", "test accuracy", true, 0, 1, func(r measures.Row) float64 { return r.Accuracy }},
	{"sparsity", "sparsity (Hoyer)", false, 0, 1, func(r measures.Row) float64 { return r.Sparsity }},
	{"selectivity", "selectivity (CCMAS)", false, 0, 1, func(r measures.Row) float64 { return r.Selectivity }},
	{"selectivity_std", "spread of selectivity over units", false, 0, 1, func(r measures.Row) float64 { return r.SelectivityStd }},
	{"sparsity_std", "spread of sparsity over images", false, 0, 1, func(r measures.Row) float64 { return r.SparsityStd }},
	{"train_loss", "training loss", true, 0, math.Inf(1), func(r measures.Row) float64 { return r.TrainLoss }},
	{"test_loss", "test loss", true, 0, math.Inf(1), func(r measures.Row) float64 { return r.TestLoss }},
}

// All lists all of them.
func All() []Metric { return slices.Clone(metrics) }

// Find finds a metric by its name.
func Find(name string) (Metric, bool) {
	i := slices.IndexFunc(metrics, func(m Metric) bool { return m.Name == name })
	if i < 0 {
		return Metric{}, false
	}
	return metrics[i], true
}
