package table

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"sparsel/artifacts/measures"
	"sparsel/pipeline"
)

// Outputs of the final stage.
const (
	CSV      = "table.csv"
	Markdown = "table.md"
	LaTeX    = "table.tex"
)

// Summaries is the final stage's input.
const Summaries = "summaries"

// FinalParams chooses what a table of final values shows.
type FinalParams struct {
	Experiment string
	Error      string   // "se" or "se_population"
	Metrics    []string // the columns
	Optimizers []string // the order of the rows
}

// FinalStage tabulates an experiment's means and standard errors after its last epoch.
func FinalStage() *pipeline.Stage {
	return &pipeline.Stage{
		Name:    "table",
		Package: "sparsel/stages/table",
		Outputs: []string{CSV, Markdown, LaTeX},
		Run:     final,
	}
}

func final(_ context.Context, job *pipeline.Job) error {
	p := job.Node().Params.(FinalParams)
	path, _ := job.Input(Summaries)
	_, summaries, err := measures.ReadSummaries(path)
	if err != nil {
		return err
	}
	rows := finalRows(p, summaries)
	for _, out := range []struct {
		name   string
		render func(FinalParams, []finalRow) (string, error)
	}{{CSV, renderCSV}, {Markdown, renderMarkdown}, {LaTeX, renderLaTeX}} {
		text, err := out.render(p, rows)
		if err != nil {
			return err
		}
		if err := os.WriteFile(job.Output(out.name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// finalRow is one line of the table: a condition and optimizer after the condition's last epoch.
type finalRow struct {
	condition, optimizer string
	epoch                int
	cells                []measures.Summary // by metric
}

func finalRows(p FinalParams, summaries []measures.Summary) []finalRow {
	last := map[[2]string]int{}
	for _, s := range summaries {
		k := [2]string{s.Condition, s.Optimizer}
		last[k] = max(last[k], s.Epoch)
	}
	var rows []finalRow
	for _, s := range summaries {
		m := slices.Index(p.Metrics, s.Metric)
		if s.Layer != measures.AllLayers || m < 0 || s.Epoch != last[[2]string{s.Condition, s.Optimizer}] {
			continue
		}
		i := slices.IndexFunc(rows, func(r finalRow) bool { return r.condition == s.Condition && r.optimizer == s.Optimizer })
		if i < 0 {
			i = len(rows)
			rows = append(rows, finalRow{s.Condition, s.Optimizer, s.Epoch, make([]measures.Summary, len(p.Metrics))})
		}
		rows[i].cells[m] = s
	}
	slices.SortStableFunc(rows, func(a, b finalRow) int {
		if a.condition != b.condition {
			return 0 // the summaries' order
		}
		return slices.Index(p.Optimizers, a.optimizer) - slices.Index(p.Optimizers, b.optimizer)
	})
	return rows
}

// standardError is the error that the table shows.
func (p FinalParams) standardError(s measures.Summary) float64 {
	if p.Error == "se" {
		return s.SE
	}
	return s.SEPopulation
}

// cell is a mean and its standard error. One run has no error, and no run has neither.
func (p FinalParams) cell(s measures.Summary, plusMinus string) string {
	switch {
	case s.N == 0:
		return "–"
	case s.N == 1:
		return fmt.Sprintf("%.4f", s.Mean)
	}
	return fmt.Sprintf("%.4f%s%.4f", s.Mean, plusMinus, p.standardError(s))
}

// note says what the numbers are.
func (p FinalParams) note() string {
	divisor := "n"
	if p.Error == "se" {
		divisor = "n−1"
	}
	return fmt.Sprintf("Mean ± standard error (deviation with divisor %s, over √n) over the n runs, test set, after the last epoch.", divisor)
}

// missing names the runs that a row's numbers are not over.
func (r finalRow) missing() string {
	var parts []string
	for _, c := range r.cells {
		if c.Missing != "" {
			parts = append(parts, c.Metric+" missing: "+c.Missing)
		}
		if c.NonFinite != "" {
			parts = append(parts, c.Metric+" not finite: "+c.NonFinite)
		}
	}
	return strings.Join(parts, ", ")
}

func renderCSV(p FinalParams, rows []finalRow) (string, error) {
	var b strings.Builder
	w := csv.NewWriter(&b)
	header := []string{"experiment", "condition", "optimizer", "epoch"}
	for _, m := range p.Metrics {
		header = append(header, m+"_n", m+"_expected", m+"_mean", m+"_sd", m+"_se", m+"_se_population", m+"_ci95_low", m+"_ci95_high")
	}
	records := [][]string{append(header, "missing")}
	for _, r := range rows {
		record := []string{p.Experiment, r.condition, r.optimizer, strconv.Itoa(r.epoch)}
		for _, c := range r.cells {
			record = append(record, strconv.Itoa(c.N), strconv.Itoa(c.Expected))
			for _, v := range []float64{c.Mean, c.SD, c.SE, c.SEPopulation, c.CILow, c.CIHigh} {
				record = append(record, strconv.FormatFloat(v, 'g', -1, 64))
			}
		}
		records = append(records, append(record, r.missing()))
	}
	if err := w.WriteAll(records); err != nil {
		return "", err
	}
	return b.String(), nil
}

func renderMarkdown(p FinalParams, rows []finalRow) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "| condition | optimizer | epoch | n | %s |\n", strings.Join(p.Metrics, " | "))
	b.WriteString("|---|---|--:|--:|" + strings.Repeat("--:|", len(p.Metrics)) + "\n")
	var notes []string
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %d | %s |", strings.ReplaceAll(r.condition, "|", `\|`), r.optimizer, r.epoch, r.counts())
		for _, c := range r.cells {
			fmt.Fprintf(&b, " %s |", p.cell(c, " ± "))
		}
		b.WriteString("\n")
		if m := r.missing(); m != "" {
			notes = append(notes, fmt.Sprintf("%s, %s: %s.", r.condition, r.optimizer, m))
		}
	}
	fmt.Fprintf(&b, "\n%s\n", strings.Join(append([]string{p.note()}, notes...), "\n"))
	return b.String(), nil
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

var latexEscapes = strings.NewReplacer(`\`, `\textbackslash{}`, `_`, `\_`, `%`, `\%`, `&`, `\&`, `#`, `\#`, `$`, `\$`, `{`, `\{`, `}`, `\}`, `~`, `\textasciitilde{}`, `^`, `\textasciicircum{}`)

func renderLaTeX(p FinalParams, rows []finalRow) (string, error) {
	var b strings.Builder
	var head []string
	for _, m := range p.Metrics {
		head = append(head, latexEscapes.Replace(m))
	}
	fmt.Fprintf(&b, "%% %s\n", strings.ReplaceAll(p.note(), "−", "-"))
	fmt.Fprintf(&b, "\\begin{tabular}{llrr%s}\n\\hline\n", strings.Repeat("r", len(p.Metrics)))
	fmt.Fprintf(&b, "condition & optimizer & epoch & n & %s \\\\\n\\hline\n", strings.Join(head, " & "))
	for _, r := range rows {
		fmt.Fprintf(&b, "%s & %s & %d & %s", latexEscapes.Replace(r.condition), latexEscapes.Replace(r.optimizer), r.epoch, r.counts())
		for _, c := range r.cells {
			fmt.Fprintf(&b, " & $%s$", strings.ReplaceAll(p.cell(c, ` \pm `), "–", "-"))
		}
		b.WriteString(" \\\\\n")
		if m := r.missing(); m != "" {
			fmt.Fprintf(&b, "%% %s, %s: %s\n", r.condition, r.optimizer, m)
		}
	}
	b.WriteString("\\hline\n\\end{tabular}\n")
	return b.String(), nil
}
