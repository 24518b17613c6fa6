package figure

import (
	"slices"
	"strings"

	"sparsel/stages/quantity"
)

// factors returns the metrics whose product the panel shows, usually a single
// one.
func (p Panel) factors() []string { return strings.Split(p.Metric, " * ") }

// derived reports whether a panel's numbers are computed run by run, either
// from other numbers or because no summary has them.
func (p Panel) derived() bool { return p.Difference || len(p.factors()) > 1 || further(p.Metric) }

// further reports whether a metric is missing from the summaries of all epochs.
func further(metric string) bool {
	m, _ := quantity.Find(metric)
	return m.Further
}

// share reports whether the panel's numbers lie in [0, 1].
func (p Panel) share() bool {
	return !p.Difference && !slices.ContainsFunc(p.factors(), func(name string) bool {
		m, ok := quantity.Find(name)
		return !ok || m.Low != 0 || m.High != 1
	})
}

// bounds returns what no number of the panel is below or above. Both are 0 if
// that is not known.
func (p Panel) bounds() (least, most float64) {
	factors := p.factors()
	m, _ := quantity.Find(factors[0])
	least, most = m.Low, m.High
	for _, name := range factors[1:] {
		m, _ := quantity.Find(name)
		least, most = min(least, m.Low), most*m.High
	}
	if p.Difference || len(factors) > 1 && least < 0 {
		return 0, 0
	}
	return least, most
}

// ofNetwork reports whether the panel's numbers belong to the network and not
// to its layers.
func (p Panel) ofNetwork() bool {
	return !slices.ContainsFunc(p.factors(), func(name string) bool { m, _ := quantity.Find(name); return !m.Network })
}

// lineName returns what a line of a metric is called in legends: its name if
// the study shows it, else its words, because the names of the others are those
// of columns.
func lineName(metric string) string {
	if m, _ := quantity.Find(metric); m.Further {
		return m.Words
	}
	return metric
}

// words returns the panel's metric in words.
func (p Panel) words() string {
	factors := p.factors()
	if m, ok := quantity.Find(p.Metric); ok {
		return m.Words
	}
	return strings.Join(factors, " × ")
}
