package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sparsel/analysis/seeds"
	"sparsel/analysis/summary"
	"sparsel/analysis/tabulate"
	"sparsel/stages/quantity"
	"sparsel/stages/runvalues"
)

// Tables that are made run by run, from the values of every run.

// ByRun reports whether a table is made run by run, and from which experiments.
func ByRun(parameters any) (experiments []string, ok bool) {
	switch p := parameters.(type) {
	case KendallParams:
		return p.Experiments, true
	case EffectsParams:
		return []string{p.Experiment}, true
	case ParetoParams:
		return p.Experiments, true
	case DistancesParams:
		return []string{p.Experiment}, true
	}
	return nil, false
}

// runTable makes a table from the values of runs after their last epoch, by
// experiment.
func runTable(parameters any, runs map[string][]runvalues.Run) (tabulate.Table, error) {
	switch p := parameters.(type) {
	case KendallParams:
		return p.table(runs)
	case EffectsParams:
		return p.table(runs)
	case ParetoParams:
		return p.table(runs)
	case DistancesParams:
		return p.table(runs)
	}
	return tabulate.Table{}, fmt.Errorf("no table is made from %T", parameters)
}

// TryRuns makes a table in every format and discards it. The values of the runs
// may be made up.
func TryRuns(parameters any, runs map[string][]runvalues.Run) error {
	t, err := runTable(parameters, runs)
	if err != nil {
		return err
	}
	return render(t)
}

// seedsOf lists the seeds of runs, each once, in their order.
func seedsOf(runs []runvalues.Run) []uint32 {
	var list []uint32
	for _, r := range runs {
		if !slices.Contains(list, r.Seed) {
			list = append(list, r.Seed)
		}
	}
	return list
}

// listed groups the members of a note by what the note says about them, in the
// order in which the texts first appear.
type listed []struct {
	text    string
	members []string
}

// add lists a member under a text, unless the text is empty.
func (l *listed) add(text, member string) {
	if text == "" {
		return
	}
	for i := range *l {
		if (*l)[i].text == text {
			(*l)[i].members = append((*l)[i].members, member)
			return
		}
	}
	*l = append(*l, struct {
		text    string
		members []string
	}{text, []string{member}})
}

// addOnce is like add, but lists a member only once.
func (l *listed) addOnce(text, member string) {
	for _, known := range *l {
		if known.text == text && slices.Contains(known.members, member) {
			return
		}
	}
	l.add(text, member)
}

// seedWords names seeds in a note.
func seedWords(numbers []string) string {
	var runs []string
	for _, n := range numbers {
		runs = append(runs, "seed "+n)
	}
	return seeds.Words(runs)
}

// describe returns the statistics of a metric's values. The interval of a metric
// in [0, 1] is the one that summaries have of it.
func describe(metric string, values []float64) summary.Statistics {
	if m, ok := quantity.Find(metric); ok && m.Low == 0 && m.High == 1 && !strings.HasSuffix(metric, "_std") {
		return summary.DescribeShares(values)
	}
	return summary.Describe(values)
}

// estimate formats a mean over seeds with its 95 % interval, for reading.
func estimate(s summary.Statistics) string {
	switch s.N {
	case 0:
		return "–"
	case 1:
		return rounded(3, s.Mean)[0]
	}
	texts := rounded(3, s.Mean, s.CILow, s.CIHigh)
	return fmt.Sprintf("%s [%s, %s]", texts[0], texts[1], texts[2])
}

// meanOnly formats a mean alone, for reading, with its number of seeds unless
// it is the expected one.
func meanOnly(s summary.Statistics, expected int) string {
	if s.N == 0 {
		return "–"
	}
	text := rounded(2, s.Mean)[0]
	if s.N < expected {
		text += fmt.Sprintf(", n = %d", s.N)
	}
	return text
}

// exactly formats an estimate's numbers for programs.
func exactly(s summary.Statistics) []string {
	return []string{strconv.Itoa(s.N), exact(s.Mean), exact(s.SD), exact(s.CILow), exact(s.CIHigh)}
}

// words returns a metric's name for the head of a column.
func words(metric string) string { return strings.ReplaceAll(metric, "_", " ") }
