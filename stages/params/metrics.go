package params

import (
	"math"
	"slices"
)

// A Metric is a number that figures and tables may show of a run.
type Metric struct {
	Name      string  // in the file
	Label     string  // of axes and captions
	Low, High float64 // what it lies between; infinite where nothing bounds it
	OfNetwork bool    // it has one value for the whole network, whatever the layer
}

// metricList is all of them. What they are computed from is a row of the same name in package aggregate.
var metricList = []Metric{
	{"accuracy", "test accuracy", 0, 1, true},
	{"sparsity", "sparsity (Hoyer)", 0, 1, false},
	{"selectivity", "selectivity (CCMAS)", 0, 1, false},
	{"selectivity_std", "spread of selectivity over units", 0, 1, false},
	{"sparsity_std", "spread of sparsity over images", 0, 1, false},
	{"train_loss", "training loss", 0, math.Inf(1), true},
	{"test_loss", "test loss", 0, math.Inf(1), true},
}

// AllMetrics lists the metrics that figures and tables may show.
func AllMetrics() []Metric { return slices.Clone(metricList) }

// MetricOf finds a metric by its name.
func MetricOf(name string) (Metric, bool) {
	i := slices.IndexFunc(metricList, func(m Metric) bool { return m.Name == name })
	if i < 0 {
		return Metric{}, false
	}
	return metricList[i], true
}

// MetricNames are the names of all metrics.
var MetricNames = func() []string {
	var names []string
	for _, m := range metricList {
		names = append(names, m.Name)
	}
	return names
}()
