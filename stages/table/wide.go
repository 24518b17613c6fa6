package table

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"sparsel/analysis/summary"
	"sparsel/analysis/tabulate"
	"sparsel/artifacts/measures"
)

// Tables that are made run by run, from the values of every run.

// ByRun reports whether a table is made run by run, and from which experiments.
func ByRun(parameters any) (experiments []string, ok bool) {
	switch p := parameters.(type) {
	case KendallParams:
		return p.Experiments, true
	case EffectsParams:
		return []string{p.Experiment}, true
	}
	return nil, false
}

// runTable makes a table from the values of runs after their last epoch, by
// experiment.
func runTable(parameters any, rows map[string][]measures.WideRow) (tabulate.Table, error) {
	switch p := parameters.(type) {
	case KendallParams:
		return p.table(rows), nil
	case EffectsParams:
		return p.table(rows)
	}
	return tabulate.Table{}, fmt.Errorf("no table is made from %T", parameters)
}

// TryRuns makes a table in every format and discards it. The rows of the runs
// may be made up.
func TryRuns(parameters any, rows map[string][]measures.WideRow) error {
	t, err := runTable(parameters, rows)
	if err != nil {
		return err
	}
	return render(t)
}

func readWide(path string) ([]measures.WideRow, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := measures.ReadWideCSV(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rows, nil
}

// lastRows returns the rows of the network after each run's last epoch.
func lastRows(rows []measures.WideRow) []measures.WideRow {
	type run struct {
		condition, optimizer, split, column, value string
		seed                                       uint32
	}
	at := map[run]int{}
	var last []measures.WideRow
	for _, r := range rows {
		if r.Layer != measures.AllLayers {
			continue
		}
		k := run{r.Condition, r.Optimizer, r.Split, r.ParamName, r.ParamValue.String(), r.Seed}
		if i, known := at[k]; !known {
			at[k], last = len(last), append(last, r)
		} else if r.Epoch > last[i].Epoch {
			last[i] = r
		}
	}
	return last
}

// metricOf returns a metric in a row, or false if it was not recorded.
func metricOf(r measures.WideRow, metric string) (float64, bool) {
	of := func(name string) measures.Number {
		if i := slices.Index(measures.Further, name); i >= 0 && i < len(r.Further) {
			return r.Further[i]
		}
		return measures.Number{}
	}
	var n measures.Number
	switch metric {
	case "accuracy":
		n = r.Accuracy
	case "sparsity":
		n = r.Sparsity
	case "selectivity":
		n = r.SelectivityAvg
	case "selectivity_std":
		n = r.SelectivityStd
	case "selectivity_above_chance":
		chance := of("ccmas_chance")
		n = measures.Number{Value: r.SelectivityAvg.Value - chance.Value, Recorded: r.SelectivityAvg.Recorded && chance.Recorded}
	default:
		n = of(metric)
	}
	return n.Value, n.Recorded
}

// seedsOf lists the seeds of rows, each once, in their order.
func seedsOf(rows []measures.WideRow) []uint32 {
	var list []uint32
	for _, r := range rows {
		if !slices.Contains(list, r.Seed) {
			list = append(list, r.Seed)
		}
	}
	return list
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

// meanOnly formats a mean alone, for reading.
func meanOnly(s summary.Statistics) string {
	if s.N == 0 {
		return "–"
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
