package table

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sparsel/analysis/seeds"
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
	Measurement     string   // what is numbered like epochs, if that is not an epoch for all runs
	Unequal         bool     // whether some runs continue beyond it
	Error           string   // "se" or "se_population"
	Metrics         []string // the columns
	Undefined       []Undefined
	Notes           []string
}

// Row is a line of the table: what it is read from, and its label for the
// condition.
type Row struct{ Optimizer, Condition, Label, Layer string }

// Undefined is a metric that the runs of a condition with an optimizer cannot
// have, and the reason.
type Undefined struct{ Optimizer, Condition, Metric, Why string }

// finalRow is a row with its numbers, by metric.
type finalRow struct {
	Row
	cells     []measures.Summary
	undefined []string // for each cell, why its metric is not defined; empty if it is
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
			row.cells, row.undefined = append(row.cells, s), append(row.undefined, p.why(q))
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// why says why a number is not defined. It is empty if it is.
func (p FinalParams) why(q place) string {
	i := slices.IndexFunc(p.Undefined, func(u Undefined) bool {
		return u.Optimizer == q.optimizer && u.Condition == q.condition && u.Metric == q.metric
	})
	if i < 0 {
		return ""
	}
	return p.Undefined[i].Why
}

func (p FinalParams) table(summaries []measures.Summary) (tabulate.Table, error) {
	rows, err := p.rows(summaries)
	if err != nil {
		return tabulate.Table{}, err
	}
	t := tabulate.Table{ID: p.ID, Title: p.Title, Header: []string{"optimizer", "condition"}, Data: p.data(rows)}
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
	fewer := false
	for _, r := range rows {
		line := []string{r.Optimizer, r.Label}
		if p.ShowLayer {
			line = append(line, r.Layer)
		}
		line = append(line, r.counts())
		for i := range r.cells {
			line = append(line, r.cell(i, p.Error))
		}
		fewer = fewer || r.fewer()
		t.Rows = append(t.Rows, line)
	}
	t.Caption = p.caption(fewer)
	t.Notes = slices.Concat(p.undefinedNotes(rows), p.missingNotes(rows), p.Notes, marks(p.Mark))
	return t, nil
}

// undefinedNotes says which metrics are not defined for which rows, and why.
func (p FinalParams) undefinedNotes(rows []finalRow) []string {
	var of, everywhere listed
	for _, r := range rows {
		for _, text := range p.undefined(r) {
			of.addOnce(text, r.Optimizer+", "+r.Condition)
		}
		everywhere.addOnce("every row", r.Optimizer+", "+r.Condition)
	}
	var notes []string
	for _, l := range of {
		where := strings.Join(l.members, "; ")
		if len(l.members) == len(everywhere[0].members) {
			where = "any row"
		}
		notes = append(notes, fmt.Sprintf("Not defined for %s: %s.", where, l.text))
	}
	return notes
}

// undefined lists the metrics of a row that are not defined, by the reason.
func (p FinalParams) undefined(r finalRow) []string {
	var reasons listed
	for i, why := range r.undefined {
		reasons.add(why, p.Metrics[i])
	}
	var texts []string
	for _, l := range reasons {
		why := l.text
		if rest, ok := strings.CutPrefix(why, "it "); ok && len(l.members) > 1 {
			why = "each " + rest
		}
		texts = append(texts, strings.Join(l.members, ", ")+"; "+why)
	}
	return texts
}

// missingNotes names the runs that the numbers of rows do not include.
func (p FinalParams) missingNotes(rows []finalRow) []string {
	var of listed
	for _, r := range rows {
		where := r.Optimizer + ", " + r.Condition
		if p.ShowLayer {
			where += ", layer " + r.Layer
		}
		of.add(r.missing(), where)
	}
	var notes []string
	for _, l := range of {
		notes = append(notes, fmt.Sprintf("%s: %s.", strings.Join(l.members, "; "), l.text))
	}
	return notes
}

func (p FinalParams) caption(fewer bool) string {
	return fmt.Sprintf("%s. %s over the n runs%s", after(p.Measurement, p.Epoch, p.Unequal), errorName(p.Error), ownCounts(fewer))
}

// ownCounts says that some numbers are over fewer runs than their row.
func ownCounts(fewer bool) string {
	if !fewer {
		return ""
	}
	return ", or over n where a cell has its own"
}

// after says at which epoch or measurement the numbers of a table were read.
func after(measurement string, epoch int, unequal bool) string {
	text := fmt.Sprintf("After %s %d", epochOr(measurement), epoch)
	if unequal {
		text += ", the last that all runs have"
	}
	return text
}

// epochOr returns what is numbered like epochs, which is an epoch unless the
// parameters say otherwise.
func epochOr(measurement string) string { return cmp.Or(measurement, "epoch") }

// errorName says what the number after ± is.
func errorName(kind string) string {
	if kind == "se" {
		return "Mean ± standard error (deviation with divisor n−1, over √n)"
	}
	return "Mean ± standard error as the study has it (deviation with divisor n, over √n)"
}

// defined lists the cells whose metric is defined.
func (r finalRow) defined() []measures.Summary {
	var list []measures.Summary
	for i, c := range r.cells {
		if r.why(i) == "" {
			list = append(list, c)
		}
	}
	return list
}

// why says why the metric of a cell is not defined. It is empty if it is.
func (r finalRow) why(i int) string {
	if r.undefined == nil {
		return ""
	}
	return r.undefined[i]
}

// n returns the number of runs behind a row: those that have any of its
// numbers.
func (r finalRow) n() int {
	n := 0
	for _, c := range r.defined() {
		n = max(n, c.N)
	}
	return n
}

// counts formats the number of runs behind a row, as n or n/expected. Cells
// over fewer runs have an n of their own, and the notes say which runs are
// missing.
func (r finalRow) counts() string {
	list := r.defined()
	if len(list) == 0 {
		return "–"
	}
	return outOf(r.n(), list[0].Expected)
}

// cell formats the number of a cell. The n is in brackets, as an interval would
// be, so that the cell remains a number for macros.
func (r finalRow) cell(i int, kind string) string {
	c := r.cells[i]
	switch {
	case r.why(i) != "":
		return "–"
	case 0 < c.N && c.N < r.n():
		return fmt.Sprintf("%s [n = %d]", meanError(c, kind), c.N)
	}
	return meanError(c, kind)
}

// fewer reports whether a cell has an n of its own.
func (r finalRow) fewer() bool {
	return slices.ContainsFunc(r.defined(), func(c measures.Summary) bool { return 0 < c.N && c.N < r.n() })
}

// missing names the runs that a row's numbers do not include.
func (r finalRow) missing() string { return strings.Join(absences(r.defined()...), "; ") }

// absences names the runs that summaries do not include. Metrics that lack the
// same runs are named together.
func absences(list ...measures.Summary) []string {
	var of listed
	for _, s := range list {
		if s.Missing != "" {
			of.add("missing: "+seedsIn(s.Missing), s.Metric)
		}
		if s.NonFinite != "" {
			of.add("not finite: "+seedsIn(s.NonFinite), s.Metric)
		}
	}
	var parts []string
	for _, l := range of {
		parts = append(parts, strings.Join(l.members, ", ")+" "+l.text)
	}
	return parts
}

// seedsIn names the seeds in a summary's list of runs.
func seedsIn(runs string) string { return seeds.Words(strings.Split(runs, ";")) }

// data returns every statistic with all its digits. Of a metric that is not
// defined no run is expected.
func (p FinalParams) data(rows []finalRow) [][]string {
	header := []string{"experiment", "condition", "optimizer", "layer", "epoch"}
	for _, m := range p.Metrics {
		header = append(header, m+"_n", m+"_expected", m+"_mean", m+"_sd", m+"_se", m+"_se_population", m+"_ci95_low", m+"_ci95_high")
	}
	records := [][]string{append(header, "missing")}
	for _, r := range rows {
		record := []string{p.Experiment, r.Condition, r.Optimizer, r.Layer, strconv.Itoa(p.Epoch)}
		for i, c := range r.cells {
			expected := c.Expected
			if r.why(i) != "" {
				expected = 0
			}
			record = append(record, strconv.Itoa(c.N), strconv.Itoa(expected), exact(c.Mean), exact(c.SD), exact(c.SE), exact(c.SEPopulation),
				exact(c.CILow), exact(c.CIHigh))
		}
		records = append(records, append(record, r.missing()))
	}
	return records
}
