package claim

import (
	"fmt"
	"math"
)

// AllLayers is the layer of values over all hidden layers.
const AllLayers = "all"

// Reading is what is taken of a run's course: its mean over a window of epochs, or the mean size of its steps
// from epoch to epoch within the window.
type Reading struct {
	from, to int // epochs; 0 is the last one, −1 the one before
	steps    bool
}

// First and Last are the values after the first and the last epoch. Where curves of different length are
// compared, the last epoch is the last that all of them have.
var (
	First = Epoch(1)
	Last  = Epoch(0)
)

// Epoch is the value after an epoch, from 1; 0 is the last one and −k the one k before it.
func Epoch(e int) Reading { return Reading{from: e, to: e} }

// Mean is the mean over the epochs, counted as in Epoch, from the first named to the second, as far as there are such.
func Mean(from, to int) Reading { return Reading{from: from, to: to} }

// StepSize is the mean of |v(e+1) − v(e)| over the epochs from the first named to the second, counted as in Epoch, as
// far as there are such.
func StepSize(from, to int) Reading { return Reading{from: from, to: to, steps: true} }

// span is the reading's first and last epoch in a course of so many. Of a window it is what lies in the course.
func (r Reading) span(epochs int) (from, to int) {
	from, to = r.from, r.to
	if from <= 0 {
		from += epochs
	}
	if to <= 0 {
		to += epochs
	}
	if r.from != r.to {
		from, to = max(from, 1), min(to, epochs)
	}
	return from, to
}

// window is span for a course that has such epochs.
func (r Reading) window(epochs int) (from, to int, err error) {
	from, to = r.span(epochs)
	if from < 1 || to > epochs || from > to || r.steps && from == to {
		return 0, 0, missing("%s: its runs have %d epochs", r.name(epochs), epochs)
	}
	return from, to, nil
}

func (r Reading) name(epochs int) string {
	from, to := r.span(epochs)
	switch {
	case r.steps && to == from+1:
		return fmt.Sprintf("step from epoch %d to %d", from, to)
	case r.steps:
		return fmt.Sprintf("mean step over epochs %d to %d", from, to)
	case from != to:
		return fmt.Sprintf("mean of epochs %d to %d", from, to)
	}
	return fmt.Sprintf("epoch %d", from)
}

// of takes the reading of a course; NaN if it has no finite value where one is needed.
func (r Reading) of(values []float64, from, to int) float64 {
	if to > len(values) {
		return math.NaN()
	}
	var sum float64
	if r.steps {
		for e := from; e < to; e++ {
			sum += math.Abs(values[e] - values[e-1])
		}
		return sum / float64(to-from)
	}
	for _, v := range values[from-1 : to] {
		sum += v
	}
	return sum / float64(to-from+1)
}

// Curves selects curves: all combinations of what it names. Its methods return changed copies.
type Curves struct {
	experiment string
	conditions []string
	prefix     string // of a sweep, in place of conditions
	low, high  float64
	optimizers []string
	metrics    []string
	layers     []string
	reading    Reading
	keep       string // the metric whose mean must exceed atLeast
	atLeast    float64
}

// In selects conditions of an experiment, in the order given, at their last epoch and over all layers.
func In(experiment string, conditions ...string) Curves {
	return Curves{experiment: experiment, conditions: conditions, layers: []string{AllLayers}, reading: Last}
}

// When selects other conditions of the experiment.
func (c Curves) When(conditions ...string) Curves { c.conditions = conditions; return c }

// Sweep selects the conditions whose names are the prefix and a number, in ascending order.
func Sweep(experiment, prefix string) Curves {
	c := In(experiment)
	c.prefix, c.low, c.high = prefix, math.Inf(-1), math.Inf(1)
	return c
}

// Between keeps the conditions of a sweep whose numbers lie in [low, high].
func (c Curves) Between(low, high float64) Curves { c.low, c.high = low, high; return c }

// By selects optimizers.
func (c Curves) By(optimizers ...string) Curves { c.optimizers = optimizers; return c }

// Of selects metrics.
func (c Curves) Of(metrics ...string) Curves { c.metrics = metrics; return c }

// Layers selects hidden layers, "1" being the one after the input.
func (c Curves) Layers(layers ...string) Curves { c.layers = layers; return c }

// At selects what is read from the curves; the value after the last epoch if not called.
func (c Curves) At(r Reading) Curves { c.reading = r; return c }

// Where keeps the conditions at which the optimizer's mean of a metric exceeds a bound.
func (c Curves) Where(metric string, bound float64) Curves {
	c.keep, c.atLeast = metric, bound
	return c
}

// lines returns for each optimizer and metric its curves, in the order of the conditions and layers.
func (c Curves) lines(d *Data) ([][]Curve, error) {
	conditions := c.conditions
	if c.prefix != "" {
		var err error
		if conditions, err = d.sweep(c.experiment, c.prefix, c.low, c.high); err != nil {
			return nil, err
		}
	}
	var lines [][]Curve
	for _, optimizer := range c.optimizers {
		for _, metric := range c.metrics {
			var line []Curve
			for _, condition := range conditions {
				for _, layer := range c.layers {
					q := Curve{c.experiment, condition, optimizer, layer, metric}
					kept, err := c.kept(d, q)
					if err != nil {
						return nil, err
					}
					if kept {
						line = append(line, q)
					}
				}
			}
			if len(line) > 0 {
				lines = append(lines, line)
			}
		}
	}
	if len(lines) == 0 {
		if c.keep != "" {
			return nil, missing("condition with %s above %v in experiment %s", c.keep, c.atLeast, c.experiment)
		}
		return nil, fmt.Errorf("claim about experiment %s: names no optimizer, metric, condition or layer", c.experiment)
	}
	return lines, nil
}

// kept tells whether Where keeps a curve.
func (c Curves) kept(d *Data, q Curve) (bool, error) {
	if c.keep == "" {
		return true, nil
	}
	q.Metric = c.keep
	m, err := d.mean(q, c.reading)
	return m > c.atLeast, err
}

// each lists all curves.
func (c Curves) each(d *Data) ([]Curve, error) {
	lines, err := c.lines(d)
	var list []Curve
	for _, line := range lines {
		list = append(list, line...)
	}
	return list, err
}

// like fills in what a selection leaves open from a curve that it is compared with.
func (c Curves) like(other Curve) Curves {
	if c.experiment == "" {
		c.experiment = other.Experiment
	}
	if c.conditions == nil && c.prefix == "" {
		c.conditions = []string{other.Condition}
	}
	if c.optimizers == nil {
		c.optimizers = []string{other.Optimizer}
	}
	if c.metrics == nil {
		c.metrics = []string{other.Metric}
	}
	return c
}
