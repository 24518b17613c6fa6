package summary

import (
	"errors"
	"fmt"
	"slices"

	"sparsel/analysis/seeds"
)

// Key names a group of values that differ only in their run.
type Key struct {
	Condition, Optimizer string
	Layer                string // "1", "2", ... from the input side, or "all"
	Metric               string
	Epoch                int
}

func (k Key) String() string {
	return fmt.Sprintf("%s, %s, layer %s, %s, epoch %d", k.Condition, k.Optimizer, k.Layer, k.Metric, k.Epoch)
}

// Value is one number from one run.
type Value struct {
	Key
	Run   string // what distinguishes the runs of a group, such as "seed 100"
	Value float64
}

// Cell is a set of groups that should all have a value from each of the same
// runs: one group for each combination of layer, metric and epoch.
type Cell struct {
	Condition, Optimizer string
	Runs                 []string
	Layers, Metrics      []string
	Epochs               []int
	// Shares are the metrics whose values lie in [0, 1]. Their intervals are
	// computed on the logit scale.
	Shares []string
}

// Design lists the values that a complete study has. Cells may share a
// condition and an optimizer but not a group.
type Design []Cell

// expected is what the design says about a group: its runs, in ascending order,
// and whether its values lie in [0, 1].
type expected struct {
	runs  []string
	share bool
}

// groups returns what the design expects of each group.
func (d Design) groups() (map[Key]expected, error) {
	groups := make(map[Key]expected)
	for _, c := range d {
		runs, err := c.sortedRuns()
		if err != nil {
			return nil, fmt.Errorf("design of %s, %s: %w", c.Condition, c.Optimizer, err)
		}
		for _, layer := range c.Layers {
			for _, metric := range c.Metrics {
				for _, epoch := range c.Epochs {
					k := Key{c.Condition, c.Optimizer, layer, metric, epoch}
					if _, twice := groups[k]; twice {
						return nil, fmt.Errorf("design: group (%v) is given twice: merge the cells", k)
					}
					groups[k] = expected{runs, slices.Contains(c.Shares, metric)}
				}
			}
		}
	}
	return groups, nil
}

// unnamed are the strings that gota takes for a missing value when it splits a
// frame, and the empty string, which would be invisible in a report.
var unnamed = []string{"", "NA", "NaN", "<nil>"}

func (c Cell) sortedRuns() ([]string, error) {
	if len(c.Runs) == 0 || len(c.Layers) == 0 || len(c.Metrics) == 0 || len(c.Epochs) == 0 {
		return nil, errors.New("a cell needs runs, layers, metrics and epochs")
	}
	for _, run := range c.Runs {
		if slices.Contains(unnamed, run) {
			return nil, fmt.Errorf("%q cannot name a run: the frame reads it as a missing value", run)
		}
	}
	runs := slices.SortedFunc(slices.Values(c.Runs), seeds.Compare)
	if distinct := slices.Compact(slices.Clone(runs)); len(distinct) != len(runs) {
		return nil, fmt.Errorf("a run is named twice among %q", runs)
	}
	return runs, nil
}
