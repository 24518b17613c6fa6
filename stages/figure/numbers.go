package figure

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"sparsel/artifacts/measures"
)

// numbers are the summaries of the experiments that a figure shows.
type numbers map[key]measures.Summary

type key struct {
	experiment, condition, optimizer, layer, metric string
	epoch                                           int
}

func (n numbers) add(experiment string, summaries []measures.Summary) {
	for _, s := range summaries {
		n[key{experiment, s.Condition, s.Optimizer, s.Layer, s.Metric, s.Epoch}] = s
	}
}

// number is one number to draw: a mean over runs and an interval around it. Low and high are NaN where a single
// run says nothing about its spread.
type number struct {
	mean, low, high float64
	n, expected     int
	missing         []string // runs that are absent
	nonFinite       []string // runs whose value is NaN or infinite
}

// at returns the number at a place; the error is that the study has none.
func (n numbers) at(at place, epoch int, kind string) (number, error) {
	result := number{mean: 1, n: math.MaxInt}
	var below, above float64
	for _, metric := range at.panel.factors() {
		layer := at.layer
		if ofNetwork(metric) {
			layer = measures.AllLayers
		}
		s, ok := n[key{at.experiment, at.condition.Name, at.optimizer.Name, layer, metric, epoch}]
		if !ok {
			return number{}, fmt.Errorf("experiment %s, condition %s, %s has no %s of layer %s at epoch %d",
				at.experiment, at.condition.Name, at.optimizer.Name, metric, layer, epoch)
		}
		// Of a product, to first order, and at most: the errors may go together in any way.
		down, up := halfWidths(s, kind)
		below = math.Abs(float64(result.mean*down)) + math.Abs(float64(s.Mean*below))
		above = math.Abs(float64(result.mean*up)) + math.Abs(float64(s.Mean*above))
		result.mean *= s.Mean
		result.n, result.expected = min(result.n, s.N), max(result.expected, s.Expected)
		result.missing = union(result.missing, s.Missing)
		result.nonFinite = union(result.nonFinite, s.NonFinite)
	}
	result.low, result.high = result.mean-below, result.mean+above
	return result, nil
}

// halfWidths are how far the interval reaches below and above a mean.
func halfWidths(s measures.Summary, kind string) (below, above float64) {
	switch {
	case s.N < 2:
		return math.NaN(), math.NaN()
	case kind == "se":
		return s.SE, s.SE
	case kind == "ci":
		return s.Mean - s.CILow, s.CIHigh - s.Mean
	}
	return s.SEPopulation, s.SEPopulation
}

// union adds the names of a list joined by ";".
func union(list []string, names string) []string {
	for name := range strings.SplitSeq(names, ";") {
		if name != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// lastEpoch is the last that a condition has.
func (n numbers) lastEpoch(experiment, condition string) int {
	last := 0
	for k := range n {
		if k.experiment == experiment && k.condition == condition {
			last = max(last, k.epoch)
		}
	}
	return last
}

// ofNetwork tells whether a metric belongs to the network and not to its layers.
func ofNetwork(metric string) bool {
	return slices.Contains([]string{"accuracy", "train_loss", "test_loss"}, metric)
}

func (p Panel) factors() []string { return strings.Split(p.Metric, " * ") }

// words are what axes and captions call the metrics.
var words = map[string]string{
	"accuracy": "test accuracy", "sparsity": "sparsity (Hoyer)", "selectivity": "selectivity (CCMAS)",
	"train_loss": "training loss", "test_loss": "test loss",
	"sparsity_std": "spread of sparsity over images", "selectivity_std": "spread of selectivity over units",
}

// words is what the metric is called.
func (p Panel) words() string {
	factors := p.factors()
	if len(factors) == 1 {
		return words[p.Metric]
	}
	return strings.Join(factors, " × ")
}
