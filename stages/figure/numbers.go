package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"sparsel/analysis/summary"
	"sparsel/artifacts/measures"
	"sparsel/stages/quantity"
)

// A source of numbers has the values of runs, one by one and summarised.
type source interface {
	summary(k key) (measures.Summary, bool)

	// run returns the value of one run, or false if the run failed.
	run(k key, seed uint32) (float64, bool)

	// moments lists when the runs of a condition and an optimizer were measured,
	// in order, up to an epoch.
	moments(c cell, epochs int) []moment
}

// key identifies numbers of an experiment.
type key struct {
	experiment, condition, optimizer, layer, metric string
	moment
}

// moment is when a run was measured: after an epoch, or after a step within the
// first one, in which case the epoch is 0.
type moment struct{ epoch, step int }

// cell identifies the runs of a condition and an optimizer.
type cell struct{ experiment, condition, optimizer string }

// numbers is a source that holds what the experiments of a figure have.
type numbers struct {
	summaries map[key]measures.Summary
	rows      map[row]measures.Row
	measured  map[cell][]moment
}

// row identifies a row of a run's metrics.
type row struct {
	experiment, condition, optimizer, layer string
	moment
	seed uint32
}

func newNumbers(experiments map[string]Numbers) numbers {
	n := numbers{map[key]measures.Summary{}, map[row]measures.Row{}, map[cell][]moment{}}
	for experiment, list := range experiments {
		n.add(experiment, list)
	}
	return n
}

func (n numbers) add(experiment string, list Numbers) {
	for _, s := range list.Summaries {
		n.summaries[key{experiment, s.Condition, s.Optimizer, s.Layer, s.Metric, after(s.Epoch)}] = s
	}
	for _, r := range list.Runs {
		c := cell{experiment, r.Condition, r.Optimizer}
		for _, values := range r.Rows {
			at := moment{values.Epoch, values.Step}
			if !slices.Contains(n.measured[c], at) {
				n.measured[c] = append(n.measured[c], at)
			}
			if at.epoch > 0 {
				at = after(at.epoch)
			}
			n.rows[row{experiment, r.Condition, r.Optimizer, values.Layer, at, r.Seed}] = values
		}
	}
}

// after returns the moment of the numbers after an epoch, which identifies them
// without the step.
func after(epoch int) moment { return moment{epoch: epoch} }

func (n numbers) moments(c cell, epochs int) []moment {
	list := slices.DeleteFunc(slices.Clone(n.measured[c]), func(m moment) bool { return m.epoch > epochs })
	slices.SortFunc(list, func(a, b moment) int { return cmp.Or(a.step-b.step, a.epoch-b.epoch) })
	return list
}

func (n numbers) summary(k key) (measures.Summary, bool) {
	s, ok := n.summaries[k]
	return s, ok
}

func (n numbers) run(k key, seed uint32) (float64, bool) {
	values, ok := n.rows[row{k.experiment, k.condition, k.optimizer, k.layer, k.moment, seed}]
	m, known := quantity.Find(k.metric)
	if !ok || !known {
		return math.NaN(), false
	}
	return m.Value(values), true
}

// number is one number to draw: a mean over runs and an interval around it. low
// and high are NaN if there is a single run, which says nothing about the
// spread.
type number struct {
	mean, low, high float64
	n, expected     int
	missing         []string           // absent runs
	nonFinite       []string           // runs whose value is NaN or infinite
	early           []string           // runs whose value is not defined yet
	runs            map[uint32]float64 // the finite values by seed, if the figure shows them
}

// key returns the key of a metric's numbers at a place. Epoch 0 stands for the
// place's step within the first epoch.
func (at place) key(name string, epoch int) key {
	layer := at.layer
	if m, _ := quantity.Find(name); m.Network {
		layer = measures.AllLayers
	}
	when := after(epoch)
	if epoch == 0 {
		when.step = at.step
	}
	return key{at.experiment, at.condition.Name, at.optimizer.Name, layer, name, when}
}

// at returns the number at a place, or an error if the study has none.
func (d *description) at(at place, epoch int) (number, error) {
	if at.panel.derived() || epoch == 0 { // summaries begin after the first epoch
		return d.derived(at, epoch), nil
	}
	k := at.key(at.panel.Metric, epoch)
	s, ok := d.source.summary(k)
	if !ok {
		return number{}, fmt.Errorf("experiment %s, condition %s, %s has no %s of layer %s at epoch %d",
			k.experiment, k.condition, k.optimizer, k.metric, k.layer, epoch)
	}
	n := number{mean: s.Mean, n: s.N, expected: s.Expected, missing: names(s.Missing), nonFinite: names(s.NonFinite)}
	n.low, n.high = interval(summary.Statistics{
		N: s.N, Mean: s.Mean, SE: s.SE, SEPopulation: s.SEPopulation, CILow: s.CILow, CIHigh: s.CIHigh,
	}, d.Error)
	if d.seeds || d.modal {
		n.runs = map[uint32]float64{}
		for _, seed := range at.condition.of(at.optimizer.Name).Seeds {
			if v, ok := d.source.run(k, seed); ok && finite(v) {
				n.runs[seed] = v
			}
		}
	}
	return n, nil
}

// derived computes a product or a difference run by run and then summarises it.
// The mean of products is not the product of means, and the summaries of two
// numbers do not say how they vary together.
func (d *description) derived(at place, epoch int) number { return d.without(at, epoch, nil) }

// without is derived without some runs, which are given by name.
func (d *description) without(at place, epoch int, left []string) number {
	n := number{runs: map[uint32]float64{}}
	var values []float64
	for _, seed := range at.condition.of(at.optimizer.Name).Seeds {
		n.expected++
		v, ok := d.one(at, epoch, seed)
		switch name := fmt.Sprintf("seed %d", seed); {
		case slices.Contains(left, name):
		case !ok:
			n.missing = append(n.missing, name)
		case !finite(v) && d.begun(at, epoch, seed):
			n.nonFinite = append(n.nonFinite, name)
		case !finite(v):
			n.early = append(n.early, name)
		default:
			values = append(values, v)
			n.runs[seed] = v
		}
	}
	s := summary.Describe(values)
	if d.Error == "ci" && at.panel.share() {
		s = summary.DescribeShares(values)
	}
	n.mean, n.n = s.Mean, s.N
	n.low, n.high = interval(s, d.Error)
	return n
}

// one returns the value of a single run at a place, or false if the run failed.
func (d *description) one(at place, epoch int, seed uint32) (float64, bool) {
	if at.panel.Difference {
		at.panel.Difference = false
		first, ok1 := d.one(at.in(at.source.Entries[0]), epoch, seed)
		second, ok2 := d.one(at.in(at.source.Entries[1]), epoch, seed)
		return second - first, ok1 && ok2
	}
	product := 1.0
	for _, name := range at.panel.factors() {
		v, ok := d.source.run(at.key(name, epoch), seed)
		if !ok {
			return math.NaN(), false
		}
		product *= v
	}
	return product, true
}

// begun reports whether a run's number at a place is defined already.
// Forgetting is not before the first phase ends, although the accuracy on that
// phase's classes is.
func (d *description) begun(at place, epoch int, seed uint32) bool {
	if !slices.Contains(at.panel.factors(), "forgetting") {
		return true
	}
	forgetting, _ := d.source.run(at.key("forgetting", epoch), seed)
	accuracy, _ := d.source.run(at.key("phase_accuracy", epoch), seed)
	return !math.IsNaN(forgetting) || math.IsNaN(accuracy)
}

// interval returns the interval around a mean, which need not be in its middle.
// It is NaN if there is a single run, which says nothing about the spread.
func interval(s summary.Statistics, kind string) (low, high float64) {
	switch {
	case s.N < 2:
		return math.NaN(), math.NaN()
	case kind == "se":
		return s.Mean - s.SE, s.Mean + s.SE
	case kind == "ci":
		return min(s.CILow, s.Mean), max(s.CIHigh, s.Mean)
	}
	return s.Mean - s.SEPopulation, s.Mean + s.SEPopulation
}

// names splits names that are joined by ";".
func names(list string) []string {
	return slices.DeleteFunc(strings.Split(list, ";"), func(name string) bool { return name == "" })
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
