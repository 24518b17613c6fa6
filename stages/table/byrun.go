package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sparsel/analysis/summary"
	"sparsel/analysis/tabulate"
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

// seedWords names seeds in a note.
func seedWords(seeds []string) string {
	if len(seeds) == 1 {
		return "seed " + seeds[0]
	}
	return "seeds " + strings.Join(seeds, ", ")
}

// estimate formats a mean over seeds with its 95 % interval, for reading.
func estimate(s summary.Statistics) string {
	switch {
	case s.N == 0:
		return "–"
	case s.N == 1:
		return fmt.Sprintf("%.3f", s.Mean)
	}
	return fmt.Sprintf("%.3f [%.3f, %.3f]", s.Mean, s.CILow, s.CIHigh)
}

// meanOnly formats a mean alone, for reading, with its number of seeds unless
// it is the expected one.
func meanOnly(s summary.Statistics, expected int) string {
	switch {
	case s.N == 0:
		return "–"
	case s.N < expected:
		return fmt.Sprintf("%.2f, n = %d", s.Mean, s.N)
	}
	return fmt.Sprintf("%.2f", s.Mean)
}

// exactly formats an estimate's numbers for programs.
func exactly(s summary.Statistics) []string {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	return []string{strconv.Itoa(s.N), number(s.Mean), number(s.SD), number(s.CILow), number(s.CIHigh)}
}

// words returns a metric's name for the head of a column.
func words(metric string) string { return strings.ReplaceAll(metric, "_", " ") }
