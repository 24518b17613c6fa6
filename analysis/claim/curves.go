package claim

import (
	"fmt"
	"math"
	"strings"
)

// AllLayers is the layer of values over all hidden layers.
const AllLayers = "all"

// Curves selects curves: every combination of the conditions, optimizers,
// metrics and layers that it names. Its methods return changed copies.
type Curves struct {
	experiment string
	conditions []string
	prefix     string // for a sweep, instead of conditions
	low, high  float64
	optimizers []string
	metrics    []string
	layers     []string
	reading    Reading
	only       filter
}

// filter keeps the runs whose metric lies in a range after their last epoch.
// The zero value keeps all runs.
type filter struct {
	metric string
	in     Range
}

// In selects conditions of an experiment, in the given order, at their last
// epoch and over all layers.
func In(experiment string, conditions ...string) Curves {
	return Curves{experiment: experiment, conditions: conditions, layers: []string{AllLayers}, reading: Last}
}

// When selects other conditions of the experiment.
func (c Curves) When(conditions ...string) Curves { c.conditions = conditions; return c }

// Sweep selects the conditions whose names are the prefix and a number, in
// ascending order of the number.
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

// At selects what is read from the curves. The default is the value after the
// last epoch.
func (c Curves) At(r Reading) Curves { c.reading = r; return c }

// Only keeps the runs whose metric lies in a range after their last epoch, such
// as networks that learnt. The notes say how many others there were.
func (c Curves) Only(metric string, in Range) Curves {
	c.only = filter{metric, in}
	return c
}

// String returns the selection in full. It is part of a claim's definition.
func (c Curves) String() string {
	var b strings.Builder
	b.WriteString(c.experiment + "[")
	if c.prefix != "" {
		fmt.Fprintf(&b, "%s%s..%s", c.prefix, exact(c.low), exact(c.high))
	} else {
		b.WriteString(strings.Join(c.conditions, ","))
	}
	fmt.Fprintf(&b, "] by [%s] of [%s] layers [%s] at %s",
		strings.Join(c.optimizers, ","), strings.Join(c.metrics, ","), strings.Join(c.layers, ","), c.reading)
	if c.only != (filter{}) {
		fmt.Fprintf(&b, " of runs with %s %s", c.only.metric, c.only.in)
	}
	return b.String()
}

// term returns the selection's reading of one of its curves.
func (c Curves) term(q Curve, coefficient float64) term { return c.read(q, c.reading, coefficient) }

// read returns another reading of one of the selection's curves.
func (c Curves) read(q Curve, r Reading, coefficient float64) term {
	return term{q, r, coefficient, c.only}
}

// lines returns the curves of each optimizer and metric, in the order of the
// conditions and layers.
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
					line = append(line, Curve{c.experiment, condition, optimizer, layer, metric})
				}
			}
			if len(line) > 0 {
				lines = append(lines, line)
			}
		}
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("claim about experiment %s: names no optimizer, metric, condition or layer", c.experiment)
	}
	return lines, nil
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

// like fills in whatever a selection leaves open from the curve that it is
// compared with.
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
