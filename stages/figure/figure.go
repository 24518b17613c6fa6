// Package figure is the pipeline's figure stage: from an experiment's summaries to a drawn figure and the
// numbers behind it. Each kind of figure is one file that turns summaries into a description; package
// analysis/chart draws it.
package figure

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"

	"sparsel/analysis/chart"
	"sparsel/artifacts/measures"
	"sparsel/pipeline"
)

// Outputs of the stage.
const (
	PNG = "figure.png"
	SVG = "figure.svg"
	PDF = "figure.pdf"
	CSV = "figure.csv"
)

// Summaries is the stage's input.
const Summaries = "summaries"

// Params is everything besides the numbers that decides what a figure looks like.
type Params struct {
	ID, Title             string
	Kind                  string // "epochs"
	Experiment, Condition string
	Error                 string // "se" or "se_population"
	Optimizers            []string
	Panels                []Panel
	Style                 chart.Style
}

// Panel is one metric.
type Panel struct {
	Metric, Label string
	Min, Max      float64 // limits of the y axis; from the data where both are 0
}

// Stage is the figure stage.
func Stage() *pipeline.Stage {
	return &pipeline.Stage{
		Name:    "figure",
		Package: "sparsel/stages/figure",
		Outputs: []string{PNG, SVG, PDF, CSV},
		Run:     run,
	}
}

func run(_ context.Context, job *pipeline.Job) error {
	p := job.Node().Params.(Params)
	path, _ := job.Input(Summaries)
	_, summaries, err := measures.ReadSummaries(path)
	if err != nil {
		return err
	}
	f, err := p.epochs(summaries)
	if err != nil {
		return fmt.Errorf("figure %s: %w", p.ID, err)
	}
	// The figure names the numbers it was drawn from, so that a copy of it can be traced. Code is left out: a
	// figure drawn again by other code stays the same file as long as it looks the same.
	input := job.InputID(Summaries)
	f.Metadata = map[string]string{"project": "sparsel", "figure": p.ID, "summaries-sha256": hex.EncodeToString(input[:])}
	for _, out := range []struct{ name, format string }{{PNG, "png"}, {SVG, "svg"}, {PDF, "pdf"}, {CSV, "csv"}} {
		data, err := chart.Render(f, p.Style, out.format)
		if err != nil {
			return err
		}
		if err := os.WriteFile(job.Output(out.name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// epochs describes a figure of kind "epochs": a panel for each metric, a line for each optimizer, over the epochs.
func (p Params) epochs(summaries []measures.Summary) (chart.Figure, error) {
	f := chart.Figure{ID: p.ID, Title: p.Title}
	var shown []measures.Summary
	var row chart.Row
	for _, panel := range p.Panels {
		drawn := chart.Panel{Y: chart.Axis{Label: panel.Label, Min: panel.Min, Max: panel.Max}}
		for _, optimizer := range p.Optimizers {
			points := p.points(summaries, optimizer, panel.Metric)
			if len(points) == 0 {
				return f, fmt.Errorf("no %s of %s in experiment %s, condition %s", panel.Metric, optimizer, p.Experiment, p.Condition)
			}
			drawn.Series = append(drawn.Series, p.series(optimizer, points))
			shown = append(shown, points...)
		}
		drawn.X = epochAxis(shown)
		row.Panels = append(row.Panels, drawn)
	}
	f.Rows = []chart.Row{row}
	f.Note, f.Caption = p.note(shown), p.caption(shown)
	return f, nil
}

// epochAxis runs from 0, which was not measured, to just beyond the last epoch; the first epoch has a tick of its own.
func epochAxis(shown []measures.Summary) chart.Axis {
	last := 0
	for _, s := range shown {
		last = max(last, s.Epoch)
	}
	step := 1
	for _, larger := range []int{2, 5, 10, 20, 50, 100, 200, 500, 1000} {
		if last > 6*step {
			step = larger
		}
	}
	axis := chart.Axis{Label: "epoch", Min: 0, Max: 1.03 * float64(last), Ticks: []float64{1}}
	for tick := step; tick <= last; tick += step {
		if tick > 1 {
			axis.Ticks = append(axis.Ticks, float64(tick))
		}
	}
	return axis
}

// points are the summaries of one line, by epoch.
func (p Params) points(summaries []measures.Summary, optimizer, metric string) []measures.Summary {
	var points []measures.Summary
	for _, s := range summaries {
		if s.Condition == p.Condition && s.Optimizer == optimizer && s.Metric == metric && s.Layer == measures.AllLayers {
			points = append(points, s)
		}
	}
	slices.SortFunc(points, func(a, b measures.Summary) int { return a.Epoch - b.Epoch })
	return points
}

func (p Params) series(optimizer string, points []measures.Summary) chart.Series {
	s := chart.Series{Label: optimizer, Role: optimizer}
	for _, q := range points {
		half := q.SEPopulation
		if p.Error == "se" {
			half = q.SE
		}
		s.X = append(s.X, float64(q.Epoch))
		s.Y = append(s.Y, q.Mean)
		s.Lo = append(s.Lo, q.Mean-half)
		s.Hi = append(s.Hi, q.Mean+half)
	}
	return s
}

// note says in the legend what the bands are and how many runs they are over.
func (p Params) note(shown []measures.Summary) string {
	low, high := shown[0].N, shown[0].N
	for _, s := range shown {
		low, high = min(low, s.N), max(high, s.N)
	}
	n := fmt.Sprintf("n = %d", low)
	if low != high {
		n = fmt.Sprintf("n = %d to %d", low, high)
	}
	if gaps := gaps(shown); len(gaps) > 0 {
		n += " (" + strings.Join(gaps, "; ") + ")"
	}
	if p.Error == "se" {
		return "mean ± SE, " + n
	}
	return "mean ± SE (deviation over n), " + n
}

func (p Params) caption(shown []measures.Summary) string {
	caption := fmt.Sprintf("Experiment %s, condition %s, test set after each epoch. Lines are means over the seeds, bands one standard error", p.Experiment, p.Condition)
	if p.Error == "se_population" {
		caption += " as the study has it (deviation with divisor n)"
	}
	if gaps := gaps(shown); len(gaps) > 0 {
		caption += "; without " + strings.Join(gaps, "; ")
	}
	return caption + "."
}

// gaps names the runs that the numbers shown are not over, each once.
func gaps(shown []measures.Summary) []string {
	var list []string
	add := func(optimizer, runs, what string) {
		for run := range strings.SplitSeq(runs, ";") {
			text := fmt.Sprintf("%s %s %s", optimizer, run, what)
			if run != "" && !slices.Contains(list, text) {
				list = append(list, text)
			}
		}
	}
	for _, s := range shown {
		add(s.Optimizer, s.Missing, "missing")
		add(s.Optimizer, s.NonFinite, "not finite")
	}
	return list
}
