// Package units is the pipeline's stage for figures of units. They show what
// each unit of a layer does, with one network per panel. The stage reads the
// record of each run, which keeps statistics for each unit.
package units

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"

	"sparsel/analysis/activity"
	"sparsel/analysis/chart"
	"sparsel/analysis/metric"
	"sparsel/analysis/portrait"
	"sparsel/artifacts/runs"
	"sparsel/pipeline"
)

// Outputs of the stage, which are those of a figure.
const (
	PNG  = "figure.png"
	SVG  = "figure.svg"
	PDF  = "figure.pdf"
	CSV  = "figure.csv"
	JSON = "figure.json"
)

// Kinds of figures.
const (
	Epochs   = "epochs"   // histogram of the units by selectivity, over the epochs
	Classes  = "classes"  // heat map of units and classes
	Activity = "activity" // selectivity against mean activity
)

// Params is what a figure shows.
type Params struct {
	ID, Title, Mark, Remark string
	Kind                    string
	Layer                   int // from 1
	Epoch                   int // the one that is shown, and the last in a histogram over the epochs
	Rows                    [][]Network
	Style                   chart.Style
}

// Network is what a panel shows. The stage has an input of its name, which is
// the record of a run.
type Network struct {
	Title, Input string
	Epsilon      float64 // of CCMAS
}

// Stage draws the figures.
func Stage() *pipeline.Stage {
	return &pipeline.Stage{Name: "units", Package: "sparsel/stages/units", Outputs: []string{PNG, SVG, PDF, CSV, JSON}, Run: run}
}

func run(_ context.Context, job *pipeline.Job) error {
	p := job.Node().Params.(Params)
	sums := map[string]string{"project": "sparsel", "figure": p.ID}
	f, err := p.describe(func(n Network) ([]runs.Epoch, error) {
		path, ok := job.Input(n.Input)
		if !ok {
			return nil, errFailed
		}
		id := job.InputID(n.Input)
		sums[fmt.Sprintf("record-sha256-%d", len(sums)-1)] = hex.EncodeToString(id[:])
		_, epochs, err := runs.ReadRecord(path)
		return epochs, err
	})
	if err != nil {
		return err
	}
	f.Metadata = sums
	if err := chart.WriteFiles(f, p.Style, func(format string) string { return job.Output("figure." + format) }); err != nil {
		return err
	}
	return chart.WriteWords(f, job.Output(JSON))
}

// notes explains how to read a figure, by kind.
var notes = map[string]string{
	Epochs:   "How many units are how selective after each epoch, the untrained network at 0: bright is many",
	Classes:  "Each unit's class means over its largest, from 0 (dark) to 1 (bright)",
	Activity: "A point is a unit",
}

// errFailed says that a network has no record, because its run failed.
var errFailed = errors.New("the run failed")

// describe describes the figure. The panel of a run that failed is empty, and
// the caption names it.
func (p Params) describe(read func(Network) ([]runs.Epoch, error)) (chart.Figure, error) {
	f := chart.Figure{ID: p.ID, Title: p.Title, Mark: p.Mark, Note: fmt.Sprintf("%s. Layer %d, epoch %d.", notes[p.Kind], p.Layer, p.Epoch)}
	var failed []string
	for _, networks := range p.Rows {
		var row chart.Row
		for _, n := range networks {
			epochs, err := read(n)
			if errors.Is(err, errFailed) {
				failed, row.Panels = append(failed, n.Title), append(row.Panels, empty(n.Title))
				continue
			}
			if err != nil {
				return f, err
			}
			panel, err := p.panel(n, epochs)
			if err != nil {
				return f, fmt.Errorf("figure %s: %s: %w", p.ID, n.Title, err)
			}
			panel.Title = n.Title
			row.Panels = append(row.Panels, panel)
		}
		f.Rows = append(f.Rows, row)
	}
	f.Caption = strings.TrimSuffix(p.Title, "?") + ". " + f.Note + " One network a panel. "
	if failed != nil {
		f.Caption += "Empty where the run failed: " + strings.Join(failed, "; ") + ". "
	}
	f.Caption = strings.TrimSpace(f.Caption + p.Remark)
	return f, nil
}

// empty returns a panel that shows nothing but its title.
func empty(title string) chart.Panel {
	nothing := chart.Series{Role: "selectivity", Marks: chart.Points, X: []float64{0}, Y: []float64{math.NaN()}, Names: []string{""}}
	return chart.Panel{Title: title, X: chart.Axis{Min: 0, Max: 1}, Y: chart.Axis{Min: 0, Max: 1}, Series: []chart.Series{nothing}}
}

func (p Params) panel(n Network, epochs []runs.Epoch) (chart.Panel, error) {
	var over []activity.Result
	for _, e := range epochs {
		if e.Epoch > p.Epoch || e.Epoch == 0 && e.Step > 0 || p.Kind != Epochs && e.Epoch != p.Epoch {
			continue
		}
		l := e.Layers[p.Layer-1]
		s := metric.Statistics{
			Units: l.Units, Activation: l.Activation, ClassSums: l.ClassSums, ClassCounts: l.ClassCounts, Squares: l.Squares,
			Least: l.Least, Most: l.Most, Thresholds: l.Thresholds, Below: l.Below, Samples: l.Samples,
		}
		classes := make([]int64, len(l.ClassCounts))
		for c := range classes {
			classes[c] = int64(c)
		}
		r, err := activity.OfStatistics(s, classes, n.Epsilon)
		if err != nil {
			return chart.Panel{}, fmt.Errorf("epoch %d: %w", e.Epoch, err)
		}
		over = append(over, r)
	}
	if len(over) == 0 {
		return chart.Panel{}, fmt.Errorf("the record has no epoch %d", p.Epoch)
	}
	switch p.Kind {
	case Epochs:
		return portrait.Epochs(over), nil
	case Classes:
		return portrait.Classes(over[0]), nil
	case Activity:
		return portrait.Activity(over[0]), nil
	}
	return chart.Panel{}, fmt.Errorf("no figure of units is of kind %q", p.Kind)
}

// Try describes and lays out the figure with a made-up network in every panel,
// using the code that draws it.
func Try(p Params) error {
	made := runs.Layer{
		Units: 3, Activation: "sigmoid", ClassSums: []float64{1, 2, 3, 3, 1, 1}, ClassCounts: []int64{10, 10}, Squares: []float64{1, 1, 1},
		Least: make([]float32, 3), Most: []float32{1, 1, 1}, Thresholds: thresholds, Below: make([]int64, 3*len(thresholds)), Samples: 20,
	}
	layers := make([]runs.Layer, p.Layer)
	for i := range layers {
		layers[i] = made
	}
	f, err := p.describe(func(Network) ([]runs.Epoch, error) {
		return []runs.Epoch{{Layers: layers}, {Epoch: p.Epoch, Layers: layers}}, nil
	})
	if err != nil {
		return err
	}
	return chart.Check(f, p.Style)
}

// thresholds are the thresholds that metric.Shares needs.
var thresholds = []float32{1e-45, 0.05, 0.1, 0.95}
