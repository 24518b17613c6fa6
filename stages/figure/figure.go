// Package figure is the pipeline's figure stage: from the summaries of experiments to a drawn figure and the
// numbers behind it. It turns a figure's grammar (what is told apart by panels, along x and by lines) into the
// panels and series that package analysis/chart draws.
package figure

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"os"

	"sparsel/analysis/chart"
	"sparsel/artifacts/measures"
	"sparsel/pipeline"
)

// Outputs of the stage.
const (
	PNG  = "figure.png"
	SVG  = "figure.svg"
	PDF  = "figure.pdf"
	CSV  = "figure.csv"
	JSON = "figure.json" // id, title, caption and note
)

// Params is everything besides the numbers that decides what a figure looks like.
type Params struct {
	ID, Title string
	Mark      string // what sets the numbers apart from the study's; empty where nothing does
	Remark    string // ends the caption

	Sources []Source // one an experiment; the stage has an input of each one's name

	// What is told apart where: each is "metric", "optimizer", "condition", "layer", "experiment" or empty.
	Rows, Columns string
	Lines         []string // the first by colour, the second by dash
	X             X

	Panels    []Panel // a metric each, in the order of rows or columns
	Vertical  string  // "baseline", "best METRIC" or empty
	Reference *Reference
	Error     string // the bands: "se", "se_population" or "ci"
	Epoch     int    // at which values are read, and the last along x; 0: the last that all have
	Style     chart.Style
}

// X is what runs along the x axis.
type X struct {
	Kind  string // "epoch", "condition", "value", "layer", "metric NAME", "condition NAME"
	Label string
	Scale string // of values: "linear", "log" or "equal"

	Limits []Limits // by optimizer
	Names  []string // of a condition that the axis is about, and of the one that y is about
}

// Limits are the ends of an axis for one optimizer.
type Limits struct {
	Optimizer string
	Min, Max  float64
}

// Panel is a metric, or a product of two joined by " * ", and the limits of its axis: from the data where both
// are 0.
type Panel struct {
	Metric   string
	Min, Max float64
	Zoom     bool // the panel magnifies another
}

// Source is an experiment: what of it is shown.
type Source struct {
	Experiment string
	Optimizers []Optimizer
	Entries    []Entry
	Parameter  string // that varies, in words
	Layers     int
}

// Optimizer is an optimizer and the varied parameter's value in its baseline.
type Optimizer struct {
	Name        string
	Baseline    float64
	HasBaseline bool
}

// Entry is a condition, or several that differ in their place along x.
type Entry struct {
	Label      string
	Conditions []Condition
}

// Condition is a condition and the value of the parameter that varies.
type Condition struct {
	Name  string
	Value float64
}

// Reference is a condition drawn as horizontal lines.
type Reference struct{ Experiment, Condition, Label string }

// Kind is what the pipeline and the names of nodes call the stage.
const Kind = "figure"

// Stage is the figure stage.
func Stage() *pipeline.Stage {
	return &pipeline.Stage{
		Name:    Kind,
		Package: "sparsel/stages/figure",
		Outputs: []string{PNG, SVG, PDF, CSV, JSON},
		Run:     run,
	}
}

func run(_ context.Context, job *pipeline.Job) error {
	p := job.Node().Params.(Params)
	experiments := map[string][]measures.Summary{}
	metadata := map[string]string{"project": "sparsel", "figure": p.ID}
	for _, input := range job.Node().Inputs {
		path, _ := job.Input(input.Name)
		_, summaries, err := measures.ReadSummaries(path)
		if err != nil {
			return err
		}
		experiments[input.Name] = summaries
		// The figure names the numbers it was drawn from, so that a copy of it can be traced. Code is left out: a
		// figure drawn again by other code stays the same file as long as it looks the same.
		id := job.InputID(input.Name)
		metadata["summaries-sha256-"+input.Name] = hex.EncodeToString(id[:])
	}
	f, err := Describe(p, experiments)
	if err != nil {
		return err
	}
	f.Metadata = metadata
	for _, out := range []struct{ name, format string }{{PNG, "png"}, {SVG, "svg"}, {PDF, "pdf"}, {CSV, "csv"}} {
		data, err := chart.Render(f, p.Style, out.format)
		if err != nil {
			return err
		}
		if err := os.WriteFile(job.Output(out.name), data, 0o644); err != nil {
			return err
		}
	}
	words, err := json.MarshalIndent(map[string]string{"id": p.ID, "title": p.Title, "caption": f.Caption, "note": f.Note}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(job.Output(JSON), append(words, '\n'), 0o644)
}
