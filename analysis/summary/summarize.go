package summary

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"sparsel/analysis/seeds"
)

// Group is the summary of one group of the design.
type Group struct {
	Key
	Statistics // statistics of the finite values

	Expected  int      // number of runs that the design has in the group
	Missing   []string // runs without a value, ascending
	NonFinite []string // runs whose value is NaN or infinite, ascending
}

// Summarize returns a summary of every group of the design, including those
// without any value, ordered by condition, optimizer, layer, metric and epoch.
// N, the missing runs and the non-finite runs add up to Expected.
func Summarize(design Design, values []Value) ([]Group, error) {
	all, err := design.groups()
	if err != nil {
		return nil, fmt.Errorf("summarize: %w", err)
	}
	for _, v := range values {
		e, ok := all[v.Key]
		if !ok {
			return nil, fmt.Errorf("summarize: the design has no group (%v): add it or leave its values out", v.Key)
		}
		if _, ok := slices.BinarySearchFunc(e.runs, v.Run, seeds.Compare); !ok {
			return nil, fmt.Errorf("summarize: group (%v) has no run %q among %q: add it to the design", v.Key, v.Run, e.runs)
		}
	}
	found, err := byGroup(values)
	if err != nil {
		return nil, fmt.Errorf("summarize: %w", err)
	}
	groups := make([]Group, 0, len(all))
	for _, k := range slices.SortedFunc(maps.Keys(all), Key.compare) {
		joined, err := k.join()
		if err != nil {
			return nil, fmt.Errorf("summarize: %w", err)
		}
		groups = append(groups, summarize(k, all[k], found[joined]))
	}
	return groups, nil
}

func summarize(k Key, e expected, value map[string]float64) Group {
	g := Group{Key: k, Expected: len(e.runs)}
	finite := make([]float64, 0, len(e.runs))
	for _, run := range e.runs {
		v, ok := value[run]
		switch {
		case !ok:
			g.Missing = append(g.Missing, run)
		case math.IsNaN(v) || math.IsInf(v, 0):
			g.NonFinite = append(g.NonFinite, run)
		default:
			finite = append(finite, v)
		}
	}
	describe := Describe
	if e.share {
		describe = DescribeShares
	}
	g.Statistics = describe(finite)
	return g
}

func (k Key) compare(other Key) int {
	return cmp.Or(
		cmp.Compare(k.Condition, other.Condition),
		cmp.Compare(k.Optimizer, other.Optimizer),
		cmp.Compare(k.Layer, other.Layer),
		cmp.Compare(k.Metric, other.Metric),
		cmp.Compare(k.Epoch, other.Epoch),
	)
}
