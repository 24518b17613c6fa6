package figure

import (
	"slices"
	"strings"

	"sparsel/artifacts/measures"
)

// metric is a number that a run has at each epoch.
type metric struct {
	name    string
	words   string // what axes and captions call it
	network bool   // belongs to the network and not to its layers
	value   func(measures.Row) float64
}

// metrics are those that a figure can show, by the names of the parameter file.
var metrics = []metric{
	{"accuracy", "test accuracy", true, func(r measures.Row) float64 { return r.Accuracy }},
	{"sparsity", "sparsity (Hoyer)", false, func(r measures.Row) float64 { return r.Sparsity }},
	{"selectivity", "selectivity (CCMAS)", false, func(r measures.Row) float64 { return r.Selectivity }},
	{"selectivity_std", "spread of selectivity over units", false, func(r measures.Row) float64 { return r.SelectivityStd }},
	{"sparsity_std", "spread of sparsity over images", false, func(r measures.Row) float64 { return r.SparsityStd }},
	{"train_loss", "training loss", true, func(r measures.Row) float64 { return r.TrainLoss }},
	{"test_loss", "test loss", true, func(r measures.Row) float64 { return r.TestLoss }},
}

// metricOf finds a metric by its name.
func metricOf(name string) (metric, bool) {
	i := slices.IndexFunc(metrics, func(m metric) bool { return m.name == name })
	if i < 0 {
		return metric{}, false
	}
	return metrics[i], true
}

// factors are the metrics that a panel's is the product of; mostly one.
func (p Panel) factors() []string { return strings.Split(p.Metric, " * ") }

// derived tells whether a panel's numbers are computed run by run from others.
func (p Panel) derived() bool { return p.Difference || len(p.factors()) > 1 }

// ofNetwork tells whether the panel's numbers belong to the network and not to its layers.
func (p Panel) ofNetwork() bool {
	return !slices.ContainsFunc(p.factors(), func(name string) bool { m, _ := metricOf(name); return !m.network })
}

// words is what the panel's metric is called.
func (p Panel) words() string {
	factors := p.factors()
	if m, ok := metricOf(p.Metric); ok {
		return m.words
	}
	return strings.Join(factors, " × ")
}
