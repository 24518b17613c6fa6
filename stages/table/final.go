package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sparsel/analysis/tabulate"
	"sparsel/artifacts/measures"
)

// FinalParams says what a table of final values shows.
type FinalParams struct {
	ID, Title, Mark string
	Experiment      string
	Rows            []Row
	Parameter       string   // what the conditions vary; empty if they have names of their own
	ShowLayer       bool     // whether a column shows the layer of a row
	Epoch           int      // at which all rows are read
	Unequal         bool     // whether some runs continue beyond it
	Error           string   // "se" or "se_population"
	Metrics         []string // the columns
	Notes           []string
}

// Row is a line of the table: what it is read from, and its label for the
// condition.
type Row struct{ Optimizer, Condition, Label, Layer string }

// finalRow is a row with its numbers, by metric.
type finalRow struct {
	Row
	cells []measures.Summary
}

// place identifies a number of an experiment.
type place struct {
	condition, optimizer, layer, metric string
	epoch                               int
}

func (q place) String() string {
	return fmt.Sprintf("%s of %s, condition %s, layer %s, epoch %d", q.metric, q.optimizer, q.condition, q.layer, q.epoch)
}

// at indexes the summaries of one epoch.
func at(epoch int, summaries []measures.Summary) map[place]measures.Summary {
	found := map[place]measures.Summary{}
	for _, s := range summaries {
		if s.Epoch == epoch {
			found[place{s.Condition, s.Optimizer, s.Layer, s.Metric, s.Epoch}] = s
		}
	}
	return found
}

// rows reads every row. A row without numbers is an error, because the table
// says what it shows and must not leave anything out.
func (p FinalParams) rows(summaries []measures.Summary) ([]finalRow, error) {
	found := at(p.Epoch, summaries)
	var rows []finalRow
	for _, r := range p.Rows {
		row := finalRow{Row: r}
		for _, metric := range p.Metrics {
			q := place{r.Condition, r.Optimizer, r.Layer, metric, p.Epoch}
			s, ok := found[q]
			if !ok {
				return nil, fmt.Errorf("experiment %s has no %v", p.Experiment, q)
			}
			row.cells = append(row.cells, s)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (p FinalParams) table(summaries []measures.Summary) (tabulate.Table, error) {
	rows, err := p.rows(summaries)
	if err != nil {
		return tabulate.Table{}, err
	}
	t := tabulate.Table{ID: p.ID, Title: p.Title, Caption: p.caption(), Header: []string{"optimizer", "condition"}, Data: p.data(rows)}
	if t.Title == "" {
		t.Title = "Final values of experiment " + p.Experiment
	}
	if p.Parameter != "" {
		t.Header[1] = p.Parameter
	}
	if p.ShowLayer {
		t.Header = append(t.Header, "layer")
	}
	t.Header = append(append(t.Header, "n"), p.Metrics...)
	for _, r := range rows {
		line := []string{r.Optimizer, r.Label}
		if p.ShowLayer {
			line = append(line, r.Layer)
		}
		line = append(line, r.counts())
		for _, c := range r.cells {
			line = append(line, meanError(c, p.Error))
		}
		t.Rows = append(t.Rows, line)
		if m := r.missing(); m != "" {
			where := r.Optimizer + ", " + r.Condition
			if p.ShowLayer {
				where += ", layer " + r.Layer
			}
			t.Notes = append(t.Notes, fmt.Sprintf("%s: %s.", where, m))
		}
	}
	t.Notes = append(append(t.Notes, p.Notes...), marks(p.Mark)...)
	return t, nil
}

func (p FinalParams) caption() string {
	return fmt.Sprintf("%s. %s over the n runs", after(p.Epoch, p.Unequal), errorName(p.Error))
}

// after says at which epoch the numbers of a table were read.
func after(epoch int, unequal bool) string {
	if unequal {
		return fmt.Sprintf("After epoch %d, the last that all runs have", epoch)
	}
	return fmt.Sprintf("After epoch %d", epoch)
}

// errorName says what the number after ± is.
func errorName(kind string) string {
	if kind == "se" {
		return "Mean ± standard error (deviation with divisor n−1, over √n)"
	}
	return "Mean ± standard error as the study has it (deviation with divisor n, over √n)"
}

// meanError formats a mean and its standard error. There is no error for a
// single run, and neither number without any run.
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

// counts returns the number of runs behind every cell of a row, as n or
// n/expected. The notes say which runs are missing where.
func (r finalRow) counts() string {
	n, expected := r.cells[0].N, r.cells[0].Expected
	for _, c := range r.cells {
		n = min(n, c.N)
	}
	return outOf(n, expected)
}

// outOf formats a number of runs, with the expected one unless it is the same.
func outOf(n, expected int) string {
	if n == expected {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d/%d", n, expected)
}

// missing names the runs that a row's numbers do not include.
func (r finalRow) missing() string {
	var parts []string
	for _, c := range r.cells {
		parts = append(parts, absences(c)...)
	}
	return strings.Join(slices.Compact(parts), ", ")
}

// absences names the runs that a summary does not include.
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

// data returns every statistic with all its digits.
func (p FinalParams) data(rows []finalRow) [][]string {
	header := []string{"experiment", "condition", "optimizer", "layer", "epoch"}
	for _, m := range p.Metrics {
		header = append(header, m+"_n", m+"_expected", m+"_mean", m+"_sd", m+"_se", m+"_se_population", m+"_ci95_low", m+"_ci95_high")
	}
	records := [][]string{append(header, "missing")}
	for _, r := range rows {
		record := []string{p.Experiment, r.Condition, r.Optimizer, r.Layer, strconv.Itoa(p.Epoch)}
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
