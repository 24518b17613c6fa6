package table

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"sparsel/analysis/summary"
	"sparsel/analysis/tabulate"
	"sparsel/artifacts/measures"
)

// EffectsParams selects an experiment whose conditions are all combinations of
// some factors at two levels.
type EffectsParams struct {
	ID, Title, Mark string
	Experiment      string
	Factors         []Factor
	Metrics         []string
	Notes           []string
}

// Factor is a factor with two levels, and the conditions at the second one.
type Factor struct {
	Name, Low, High string
	Second          []string
}

// table has a row for each main effect and each interaction. Each is computed
// from all conditions within each seed, and then summarised over the seeds.
func (p EffectsParams) table(rows map[string][]measures.WideRow) (tabulate.Table, error) {
	last := lastRows(rows[p.Experiment])
	seeds := seedsOf(last)
	t := tabulate.Table{
		ID: p.ID, Title: p.Title, Header: []string{"effect", "n"},
		Data: [][]string{{"effect", "order", "metric", "seeds", "mean", "sd", "ci95_low", "ci95_high"}},
		Caption: "After the last epoch. A main effect is what the mean changes by from a factor's first level to its second; " +
			"an interaction of two is half the difference of one's effect between the other's levels, and so on. " +
			"Computed in each seed; mean and 95 % interval over the seeds",
	}
	for _, metric := range p.Metrics {
		t.Header = append(t.Header, words(metric))
	}
	for _, set := range p.sets() {
		var names []string
		for f, factor := range p.Factors {
			if set>>f&1 == 1 {
				names = append(names, factor.Name)
			}
		}
		line := []string{strings.Join(names, " × "), ""}
		for _, metric := range p.Metrics {
			var effects []float64
			for _, seed := range seeds {
				if v, ok := p.effect(last, seed, set, metric); ok {
					effects = append(effects, v)
				}
			}
			s := summary.Describe(effects)
			line[1] = fmt.Sprint(s.N)
			line = append(line, estimate(s))
			t.Data = append(t.Data, append([]string{strings.Join(names, " × "), fmt.Sprint(len(names)), metric}, exactly(s)...))
		}
		t.Rows = append(t.Rows, line)
	}
	for _, f := range p.Factors {
		t.Notes = append(t.Notes, fmt.Sprintf("%s: from %s to %s.", f.Name, f.Low, f.High))
	}
	t.Notes = append(append(t.Notes, p.Notes...), marks(p.Mark)...)
	return t, nil
}

// sets lists all sets of factors except the empty one, as bits: first single
// factors, then pairs, and so on.
func (p EffectsParams) sets() []uint {
	var list []uint
	for set := uint(1); set < 1<<len(p.Factors); set++ {
		list = append(list, set)
	}
	slices.SortStableFunc(list, func(a, b uint) int { return bits.OnesCount(a) - bits.OnesCount(b) })
	return list
}

// effect returns the effect of a set of factors for one seed, or false unless
// every condition has a finite value.
func (p EffectsParams) effect(rows []measures.WideRow, seed uint32, set uint, metric string) (float64, bool) {
	var sum float64
	n := 0
	for _, r := range rows {
		if r.Seed != seed {
			continue
		}
		v, ok := metricOf(r, metric)
		if !ok || v-v != 0 {
			return 0, false
		}
		for f, factor := range p.Factors {
			if set>>f&1 == 1 && !slices.Contains(factor.Second, r.Condition) {
				v = -v
			}
		}
		sum += v
		n++
	}
	return 2 * sum / float64(n), n == 1<<len(p.Factors)
}
