package table

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"sparsel/analysis/summary"
	"sparsel/analysis/tabulate"
	"sparsel/stages/runvalues"
)

// EffectsParams selects an experiment whose conditions are all combinations of
// some factors at two levels.
type EffectsParams struct {
	ID, Title, Mark string
	Experiment      string
	Factors         []Factor
	Metrics         []string
	Measurement     string // what is numbered like epochs, if that is not an epoch for all runs
	Notes           []string
}

// Factor is a factor with two levels, and the conditions at the second one.
type Factor struct {
	Name, Low, High string
	Second          []string
}

// table has a row for each main effect and each interaction. Each is computed
// from all conditions within each seed, and then summarised over the seeds.
func (p EffectsParams) table(runs map[string][]runvalues.Run) (tabulate.Table, error) {
	of := runs[p.Experiment]
	seeds := seedsOf(of)
	t := tabulate.Table{
		ID: p.ID, Title: p.Title, Header: []string{"effect", "n"},
		Data: [][]string{{"effect", "order", "metric", "seeds", "mean", "sd", "ci95_low", "ci95_high", "expected", "left_out"}},
		Caption: "After the last " + epochOr(p.Measurement) + ". A main effect is what the mean changes by from a factor's first level to its second; " +
			"an interaction of two is half the difference of one's effect between the other's levels, and so on. " +
			"Computed in each seed; mean and 95 % interval over the seeds",
	}
	var columns []measured
	for _, metric := range p.Metrics {
		m, err := p.measure(of, seeds, metric)
		if err != nil {
			return t, err
		}
		t.Header, columns = append(t.Header, words(metric)), append(columns, m)
	}
	for _, set := range p.sets() {
		var names []string
		for f, factor := range p.Factors {
			if set>>f&1 == 1 {
				names = append(names, factor.Name)
			}
		}
		line := []string{strings.Join(names, " × "), counts(columns, len(seeds))}
		for _, m := range columns {
			var effects []float64
			for _, values := range m.seeds {
				effects = append(effects, p.effect(values, set))
			}
			s := summary.Describe(effects)
			line = append(line, estimate(s))
			record := append([]string{strings.Join(names, " × "), fmt.Sprint(len(names)), m.metric}, exactly(s)...)
			t.Data = append(t.Data, append(record, fmt.Sprint(len(seeds)), m.leftOut))
		}
		t.Rows = append(t.Rows, line)
	}
	for _, f := range p.Factors {
		t.Notes = append(t.Notes, fmt.Sprintf("%s: from %s to %s.", f.Name, f.Low, f.High))
	}
	var left listed
	for _, m := range columns {
		left.add(m.leftOut, words(m.metric))
	}
	for _, l := range left {
		t.Notes = append(t.Notes, fmt.Sprintf("Left out of %s: %s.", strings.Join(l.members, ", "), l.text))
	}
	t.Notes = append(append(t.Notes, p.Notes...), marks(p.Mark)...)
	return t, nil
}

// measured is a metric in the seeds in which every condition has a finite value
// of it, because an effect takes all of them.
type measured struct {
	metric  string
	seeds   [][]level
	leftOut string // the other seeds and the reason, for reading
}

// level is a condition's value in one seed.
type level struct {
	condition string
	value     float64
}

func (p EffectsParams) measure(runs []runvalues.Run, seeds []uint32, metric string) (measured, error) {
	m := measured{metric: metric}
	var left listed
	for _, seed := range seeds {
		var values []level
		var reasons []string
		for _, r := range runs {
			if r.Seed != seed {
				continue
			}
			v, err := r.Value(metric)
			switch {
			case err != nil:
				return m, err
			case r.Failed:
				reasons = append(reasons, r.Condition+" failed")
			case v-v != 0:
				reasons = append(reasons, r.Condition+" not finite")
			}
			values = append(values, level{r.Condition, v})
		}
		if len(values) < 1<<len(p.Factors) {
			reasons = append(reasons, "not every condition has a run")
		}
		if reasons == nil {
			m.seeds = append(m.seeds, values)
			continue
		}
		left.add(strings.Join(reasons, "; "), fmt.Sprint(seed))
	}
	var parts []string
	for _, l := range left {
		parts = append(parts, fmt.Sprintf("%s (%s)", seedWords(l.members), l.text))
	}
	m.leftOut = strings.Join(parts, ", ")
	return m, nil
}

// counts says how many seeds the numbers of a row are from: a single number if
// it is the same for all of them, and of how many unless it is all.
func counts(list []measured, expected int) string {
	var parts []string
	same := true
	for _, m := range list {
		n := fmt.Sprint(len(m.seeds))
		if len(m.seeds) < expected {
			n = fmt.Sprintf("%s/%d", n, expected)
		}
		parts = append(parts, words(m.metric)+" "+n)
		same = same && len(m.seeds) == len(list[0].seeds)
	}
	if same {
		return strings.TrimPrefix(parts[0], words(list[0].metric)+" ")
	}
	return strings.Join(parts, ", ")
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

// effect returns the effect of a set of factors in one seed, from the values of
// its conditions.
func (p EffectsParams) effect(values []level, set uint) float64 {
	var sum float64
	for _, l := range values {
		v := l.value
		for f, factor := range p.Factors {
			if set>>f&1 == 1 && !slices.Contains(factor.Second, l.condition) {
				v = -v
			}
		}
		sum += v
	}
	return 2 * sum / float64(len(values))
}
