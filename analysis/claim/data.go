package claim

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Curve identifies one metric of the runs of a condition and optimizer over the
// epochs.
type Curve struct {
	Experiment, Condition, Optimizer string
	Layer                            string // "all", "1", "2", ...
	Metric                           string
}

// runs names the runs that a curve belongs to.
type runs struct{ experiment, condition, optimizer string }

func (c Curve) runs() runs { return runs{c.Experiment, c.Condition, c.Optimizer} }

// course is one run's values of a metric, from epoch 1.
type course struct {
	run    string
	values []float64 // NaN if there is none
	absent []bool    // true if no value was recorded, for example because the run failed
}

// Data holds the values of a study's runs.
type Data struct {
	curves      map[Curve][]*course // by run, ascending
	conditions  map[string][]string // by experiment, in the order of the values
	blocks      map[runs]string
	shares      map[string]bool // metrics whose values lie in [0, 1]
	differences map[string]bool // metrics whose values are differences
}

// NewData returns data without values. Shares are the metrics whose values lie
// in [0, 1].
func NewData(shares ...string) *Data {
	d := &Data{curves: map[Curve][]*course{}, conditions: map[string][]string{}, blocks: map[runs]string{},
		shares: map[string]bool{}, differences: map[string]bool{}}
	for _, metric := range shares {
		d.shares[metric] = true
	}
	return d
}

// Differences says which metrics are themselves differences between two readings
// of a run, such as what a network has gained since the start. A single value of
// theirs has a margin and sign flips, as the difference of two values has.
func (d *Data) Differences(metrics ...string) {
	for _, metric := range metrics {
		d.differences[metric] = true
	}
}

// Pair puts the runs of a condition and optimizer in a block. Runs in one block
// that have the same name, such as a seed, share something that makes their
// values alike, for example the start of the training or the network itself.
// Comparisons among them are made run by run. Runs in different blocks are
// independent.
func (d *Data) Pair(experiment, condition, optimizer, block string) {
	d.blocks[runs{experiment, condition, optimizer}] = block
}

// block returns the block within which a curve's runs are compared run by run.
func (d *Data) block(c Curve) string {
	if b, ok := d.blocks[c.runs()]; ok {
		return "\x00" + b
	}
	return c.Experiment + "\x00" + c.Condition + "\x00" + c.Optimizer
}

// Add records a run's value after an epoch, counted from 1. Recorded is false
// for a value that should exist and does not. A value that is not finite is
// kept; it enters no statistic, and its run is named.
func (d *Data) Add(c Curve, run string, epoch int, value float64, recorded bool) error {
	if epoch < 1 {
		return fmt.Errorf("add %s of %s: epoch %d, must be 1 or more", c.Metric, run, epoch)
	}
	if !slices.Contains(d.conditions[c.Experiment], c.Condition) {
		d.conditions[c.Experiment] = append(d.conditions[c.Experiment], c.Condition)
	}
	list := d.curves[c]
	i, found := slices.BinarySearchFunc(list, run, func(q *course, run string) int { return cmp.Compare(q.run, run) })
	if !found {
		list = slices.Insert(list, i, &course{run: run})
		d.curves[c] = list
	}
	q := list[i]
	for len(q.values) < epoch {
		q.values, q.absent = append(q.values, math.NaN()), append(q.absent, true)
	}
	if !q.absent[epoch-1] {
		return fmt.Errorf("add %s of %s, %s, %s, %s: epoch %d has a value already", c.Metric, c.Experiment, c.Condition, c.Optimizer, run, epoch)
	}
	q.values[epoch-1], q.absent[epoch-1] = value, !recorded
	if !recorded {
		q.values[epoch-1] = math.NaN()
	}
	return nil
}

// MissingError says what a claim needs and the data do not have.
type MissingError struct{ What string }

func (e *MissingError) Error() string { return "the study has no " + e.What }

func missing(format string, args ...any) error {
	return &MissingError{fmt.Sprintf(format, args...)}
}

// epochs returns the number of epochs of a curve.
func (d *Data) epochs(c Curve) (int, error) {
	n := 0
	for _, q := range d.curves[c] {
		n = max(n, len(q.values))
	}
	if n > 0 {
		return n, nil
	}
	switch {
	case d.conditions[c.Experiment] == nil:
		return 0, missing("experiment %s", c.Experiment)
	case !d.has(func(k Curve) bool { return k.Metric == c.Metric }):
		return 0, missing("metric %s", c.Metric)
	case !slices.Contains(d.conditions[c.Experiment], c.Condition):
		return 0, missing("condition %s in experiment %s", c.Condition, c.Experiment)
	case !d.has(func(k Curve) bool { return k.runs() == c.runs() }):
		return 0, missing("runs of %s in experiment %s, condition %s", c.Optimizer, c.Experiment, c.Condition)
	case !d.has(func(k Curve) bool { return k.runs() == c.runs() && k.Layer == c.Layer }):
		return 0, missing("layer %s of %s in experiment %s, condition %s", c.Layer, c.Optimizer, c.Experiment, c.Condition)
	}
	return 0, missing("%s of %s in experiment %s, condition %s", c.Metric, c.Optimizer, c.Experiment, c.Condition)
}

func (d *Data) has(ok func(Curve) bool) bool {
	for c := range maps.Keys(d.curves) {
		if ok(c) {
			return true
		}
	}
	return false
}

// sweep lists the conditions of an experiment that are a prefix and a number
// within [low, high], ordered by the number.
func (d *Data) sweep(experiment, prefix string, low, high float64) ([]string, error) {
	type point struct {
		condition string
		value     float64
	}
	var points []point
	for _, condition := range d.conditions[experiment] {
		text, ok := strings.CutPrefix(condition, prefix)
		if !ok {
			continue
		}
		// A claim gives the ends as they are written, and the study computes
		// the grid's points, so allow for rounding.
		if v, err := strconv.ParseFloat(text, 64); err == nil && v >= low-1e-9*math.Abs(low) && v <= high+1e-9*math.Abs(high) {
			points = append(points, point{condition, v})
		}
	}
	switch {
	case d.conditions[experiment] == nil:
		return nil, missing("experiment %s", experiment)
	case len(points) == 0:
		return nil, missing("condition %s[%v, %v] in experiment %s", prefix, low, high, experiment)
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.value, b.value) })
	list := make([]string, len(points))
	for i, p := range points {
		list[i] = p.condition
	}
	return list, nil
}

// value returns the number at the end of a sweep's condition.
func value(condition string) float64 {
	v, err := strconv.ParseFloat(condition[strings.LastIndex(condition, "=")+1:], 64)
	if err != nil {
		return math.NaN()
	}
	return v
}
