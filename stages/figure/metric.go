package figure

import (
	"slices"
	"strings"

	"sparsel/stages/quantity"
)

// factors are the metrics that a panel's is the product of; mostly one.
func (p Panel) factors() []string { return strings.Split(p.Metric, " * ") }

// derived tells whether a panel's numbers are computed run by run: from others,
// or because no summary has them.
func (p Panel) derived() bool { return p.Difference || len(p.factors()) > 1 || further(p.Metric) }

// further tells whether a metric is in no summary of all epochs.
func further(metric string) bool {
	m, _ := quantity.Find(metric)
	return m.Further
}

// ofNetwork tells whether the panel's numbers belong to the network and not to
// its layers.
func (p Panel) ofNetwork() bool {
	return !slices.ContainsFunc(p.factors(), func(name string) bool { m, _ := quantity.Find(name); return !m.Network })
}

// words is what the panel's metric is called.
func (p Panel) words() string {
	factors := p.factors()
	if m, ok := quantity.Find(p.Metric); ok {
		return m.Words
	}
	return strings.Join(factors, " × ")
}
