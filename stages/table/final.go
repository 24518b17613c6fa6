package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sparsel/analysis/tabulate"
	"sparsel/artifacts/measures"
)

// Condition is a row of an experiment, and how a table names it.
type Condition struct {
	Name  string
	Label string
}

// FinalParams chooses what a table of final values shows.
type FinalParams struct {
	ID, Title, Mark string
	Experiment      string
	Conditions      []Condition // the order of the rows of an optimizer
	Parameter       string      // what the conditions vary; empty where they have names of their own
	Layers          []string    // a row each
	Error           string      // "se" or "se_population"
	Metrics         []string    // the columns
	Optimizers      []string    // the order of the blocks of rows
	Notes           []string
}

// finalRow is one line of the table: an optimizer's condition and layer.
type finalRow struct {
	optimizer, label, condition, layer string
	epoch                              int
	cells                              []measures.Summary // by metric
}

// rows reads every condition after the last epoch that all of them have: a short training is compared with the
// same stretch of a long one.
func (p FinalParams) rows(summaries []measures.Summary) ([]finalRow, error) {
	type place struct{ condition, optimizer, layer, metric string }
	last := map[string]int{}
	for _, s := range summaries {
		last[s.Condition] = max(last[s.Condition], s.Epoch)
	}
	epoch := 0
	for _, c := range p.Conditions {
		if n := last[c.Name]; epoch == 0 || n < epoch {
			epoch = n
		}
	}
	found := map[place]measures.Summary{}
	for _, s := range summaries {
		if s.Epoch == epoch {
			found[place{s.Condition, s.Optimizer, s.Layer, s.Metric}] = s
		}
	}
	var rows []finalRow
	for _, optimizer := range p.Optimizers {
		for _, c := range p.Conditions {
			for _, layer := range p.Layers {
				row := finalRow{optimizer: optimizer, label: c.Label, condition: c.Name, layer: layer, epoch: epoch}
				for _, metric := range p.Metrics {
					if s, ok := found[place{c.Name, optimizer, layer, metric}]; ok {
						row.cells = append(row.cells, s)
					}
				}
				switch len(row.cells) {
				case len(p.Metrics):
					rows = append(rows, row)
				case 0: // not every optimizer has every condition
				default:
					return nil, fmt.Errorf("%s, %s, layer %s: has %d of the %d metrics", c.Name, optimizer, layer, len(row.cells), len(p.Metrics))
				}
			}
		}
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("experiment %s has no values of %s", p.Experiment, strings.Join(p.Metrics, ", "))
	}
	return rows, nil
}

func (p FinalParams) table(summaries []measures.Summary) (tabulate.Table, error) {
	rows, err := p.rows(summaries)
	if err != nil {
		return tabulate.Table{}, err
	}
	t := tabulate.Table{ID: p.ID, Title: p.Title, Caption: p.caption(rows), Header: []string{"optimizer", "condition"}, Data: p.data(rows)}
	if t.Title == "" {
		t.Title = "Final values of experiment " + p.Experiment
	}
	if p.Parameter != "" {
		t.Header[1] = p.Parameter
	}
	if len(p.Layers) > 1 {
		t.Header = append(t.Header, "layer")
	}
	t.Header = append(append(t.Header, "n"), p.Metrics...)
	for _, r := range rows {
		line := []string{r.optimizer, r.label}
		if len(p.Layers) > 1 {
			line = append(line, r.layer)
		}
		line = append(line, r.counts())
		for _, c := range r.cells {
			line = append(line, meanError(c, p.Error))
		}
		t.Rows = append(t.Rows, line)
		if m := r.missing(); m != "" {
			t.Notes = append(t.Notes, fmt.Sprintf("%s, %s: %s.", r.optimizer, r.condition, m))
		}
	}
	t.Notes = append(append(t.Notes, p.Notes...), marks(p.Mark)...)
	return t, nil
}

func (p FinalParams) caption(rows []finalRow) string {
	return fmt.Sprintf("After epoch %d. %s over the n runs", rows[0].epoch, errorName(p.Error))
}

// errorName says what stands behind the sign ±.
func errorName(kind string) string {
	if kind == "se" {
		return "Mean ± standard error (deviation with divisor n−1, over √n)"
	}
	return "Mean ± standard error as the study has it (deviation with divisor n, over √n)"
}

// meanError is a mean and its standard error. One run has no error, and no run has neither.
func meanError(s measures.Summary, kind string) string {
	switch {
	case s.N == 0:
		return "–"
	case s.N == 1:
		return fmt.Sprintf("%.4f", s.Mean)
	case kind == "se":
		return fmt.Sprintf("%.4f ± %.4f", s.Mean, s.SE)
	}
	return fmt.Sprintf("%.4f ± %.4f", s.Mean, s.SEPopulation)
}

// counts is the number of runs behind every cell of a row, as n or n/expected; the notes name who misses where.
func (r finalRow) counts() string {
	n, expected := r.cells[0].N, r.cells[0].Expected
	for _, c := range r.cells {
		n = min(n, c.N)
	}
	if n == expected {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d/%d", n, expected)
}

// missing names the runs that a row's numbers are not over.
func (r finalRow) missing() string {
	var parts []string
	for _, c := range r.cells {
		parts = append(parts, absences(c)...)
	}
	return strings.Join(slices.Compact(parts), ", ")
}

// absences names the runs that a summary is not over.
func absences(s measures.Summary) []string {
	var parts []string
	if s.Missing != "" {
		parts = append(parts, s.Metric+" missing: "+strings.ReplaceAll(s.Missing, ";", ", "))
	}
	if s.NonFinite != "" {
		parts = append(parts, s.Metric+" not finite: "+strings.ReplaceAll(s.NonFinite, ";", ", "))
	}
	return parts
}

// data is every statistic with all its digits.
func (p FinalParams) data(rows []finalRow) [][]string {
	header := []string{"experiment", "condition", "optimizer", "layer", "epoch"}
	for _, m := range p.Metrics {
		header = append(header, m+"_n", m+"_expected", m+"_mean", m+"_sd", m+"_se", m+"_se_population", m+"_ci95_low", m+"_ci95_high")
	}
	records := [][]string{append(header, "missing")}
	for _, r := range rows {
		record := []string{p.Experiment, r.condition, r.optimizer, r.layer, strconv.Itoa(r.epoch)}
		for _, c := range r.cells {
			record = append(record, strconv.Itoa(c.N), strconv.Itoa(c.Expected))
			for _, v := range []float64{c.Mean, c.SD, c.SE, c.SEPopulation, c.CILow, c.CIHigh} {
				record = append(record, strconv.FormatFloat(v, 'g', -1, 64))
			}
		}
		records = append(records, append(record, r.missing()))
	}
	return records
}
