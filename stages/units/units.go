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
	"slices"
	"strings"

	"sparsel/analysis/activity"
	"sparsel/analysis/chart"
	"sparsel/analysis/metric"
	"sparsel/analysis/portrait"
	"sparsel/artifacts/runs"
	"sparsel/pipeline"
	"sparsel/stages/words"
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
	Experiment              string
	Rows                    [][]Network
	Style                   chart.Style
}

// Network is what a panel shows. The stage has an input of its name, which is
// the record of a run.
type Network struct {
	Title, Input string
	Epsilon      float64 // of CCMAS

	Seed            uint32 // of the run
	Seeds           int    // how many runs differ from it in their seed alone
	Split           string // images that the units are measured on: "test" or "train"
	Epochs, Updates int    // of the run; Updates is 0 if it makes whole epochs
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
	Epochs:   "How many units are how selective after each epoch, in steps of 0.05, the untrained network at 0",
	Classes:  "Each unit's class means over its largest, from 0 (dark) to 1 (bright)",
	Activity: "A point is a unit",
}

// errFailed says that a network has no record, because its run failed.
var errFailed = errors.New("the run failed")

// describe describes the figure. The panel of a run that failed is empty, and
// the caption names it.
func (p Params) describe(read func(Network) ([]runs.Epoch, error)) (chart.Figure, error) {
	f := chart.Figure{ID: p.ID, Title: p.Title, Mark: p.Mark,
		Note: fmt.Sprintf("%s. Layer %d, %s %d.", notes[p.Kind], p.Layer, p.measurement(), p.Epoch)}
	sentences := append([]string{stopped(p.Title), f.Note}, p.shown()...)
	var failed []string
	for _, networks := range p.Rows {
		row := chart.Row{ShareY: true}
		var shown *chart.Panel // a panel of a run that did not fail
		for _, n := range networks {
			epochs, err := read(n)
			if errors.Is(err, errFailed) {
				failed, row.Panels = append(failed, n.Title), append(row.Panels, empty(n.Title))
				continue
			}
			if err != nil {
				return f, err
			}
			over, err := p.results(n, epochs)
			if err != nil {
				return f, fmt.Errorf("figure %s: %s: %w", p.ID, n.Title, err)
			}
			panel, err := p.panel(over)
			if err != nil {
				return f, fmt.Errorf("figure %s: %s: %w", p.ID, n.Title, err)
			}
			var text string
			text, panel.Blank = p.gaps(n, over)
			panel.Title, shown = n.Title, &panel
			row.Panels = append(row.Panels, panel)
			if text != "" {
				sentences = append(sentences, n.Title+": "+text+".")
			}
		}
		// Panels beside one another have one axis of y, also those of failed runs.
		for i := range row.Panels {
			if shown != nil {
				row.Panels[i].Y = shown.Y
			}
		}
		f.Rows = append(f.Rows, row)
	}
	oneScale(f)
	if failed != nil {
		sentences = append(sentences, "Empty where the run failed: "+strings.Join(failed, "; ")+".")
	}
	for _, text := range []string{p.Remark, p.Mark} {
		sentences = append(sentences, stopped(text))
	}
	sentences = slices.DeleteFunc(sentences, func(s string) bool { return s == "" })
	f.Caption = strings.Join(sentences, " ")
	return f, nil
}

// oneScale gives the heat maps of a figure the colours of the one with the
// largest value, so that they can be compared.
func oneScale(f chart.Figure) {
	most := 0.0
	for _, row := range f.Rows {
		for _, p := range row.Panels {
			if p.Heat != nil {
				most = max(most, p.Heat.Max)
			}
		}
	}
	for _, row := range f.Rows {
		for _, p := range row.Panels {
			if p.Heat != nil {
				p.Heat.Max = most
			}
		}
	}
}

// stopped adds a full stop to a text that has no stop at its end.
func stopped(text string) string {
	if text != "" && !strings.ContainsAny(text[len(text)-1:], ".!?") {
		text += "."
	}
	return text
}

// empty returns a panel that shows nothing but its title.
func empty(title string) chart.Panel {
	nothing := chart.Series{Role: "selectivity", Marks: chart.Points, X: []float64{0}, Y: []float64{math.NaN()}, Names: []string{""}}
	return chart.Panel{
		Title: title, X: chart.Axis{Min: 0, Max: 1}, Y: chart.Axis{Min: 0, Max: 1}, Series: []chart.Series{nothing}, Blank: errFailed.Error(),
	}
}

// measurement is what the numbers of epochs count. A run with a fixed number of
// updates is measured after equal parts of them, which are no epochs.
func (p Params) measurement() string {
	words := map[bool]bool{}
	for _, n := range slices.Concat(p.Rows...) {
		words[n.Updates > 0] = true
	}
	switch {
	case words[true] && words[false]:
		return "epoch or measurement"
	case words[true]:
		return "measurement"
	}
	return "epoch"
}

// shown says which networks the panels show, and what of them.
func (p Params) shown() []string {
	networks := slices.Concat(p.Rows...)
	first := networks[0]
	seed := func(n Network) string {
		if n.Seeds > 1 {
			return fmt.Sprintf("seed %d, the first of %d", n.Seed, n.Seeds)
		}
		return fmt.Sprintf("seed %d", n.Seed)
	}
	list := []string{fmt.Sprintf("One network a panel: experiment %s, %s.", p.Experiment, seed(first))}
	var other, trained, updates, longer []string
	for _, n := range networks {
		if seed(n) != seed(first) {
			other = append(other, fmt.Sprintf("%s (%s)", n.Title, seed(n)))
		}
		if n.Split == "train" {
			trained = append(trained, n.Title)
		}
		length := fmt.Sprintf("%d epochs", n.Epochs)
		if n.Updates > 0 {
			length = fmt.Sprintf("%s, measured %s", words.Counted(n.Updates, "update"), words.Times(n.Epochs))
			updates = append(updates, fmt.Sprintf("%s (%s, measurement %d after %s)",
				n.Title, length, p.Epoch, words.Counted(n.Updates*p.Epoch/max(1, n.Epochs), "update")))
		}
		if n.Epochs > p.Epoch {
			longer = append(longer, fmt.Sprintf("%s (%s)", n.Title, length))
		}
	}
	if len(trained) == len(networks) {
		list = append(list, "Units are measured on training images.")
		trained = nil
	}
	for _, s := range []struct {
		words string
		names []string
	}{
		{"Of another seed", other}, {"Measured on training images, and the others on test images", trained},
		{"Measured after equal parts of a fixed number of updates, not after epochs", updates},
		{"Longer runs, of which the rest is not shown", longer},
	} {
		if len(s.names) > 0 {
			list = append(list, s.words+": "+strings.Join(s.names, "; ")+".")
		}
	}
	return list
}

// reason says why a panel does not show some units of a network.
type reason struct {
	has  func(result, activity.Unit) bool
	text string // continues "3 of 8 units"
	all  string // is drawn in a panel that shows no unit for this reason
}

// reasons lists those that units of a network may have. A unit has one of them
// at most.
func (p Params) reasons(n Network, over []result) []reason {
	zero := func(r result, u activity.Unit) bool {
		return r.absent == nil && finite(u.Mean) && !finite(u.Selectivity)
	}
	because := "have no selectivity (0/0), because they are 0 for all images, and are left out"
	if p.Kind == Classes { // with an epsilon such a unit has a selectivity
		zero = func(_ result, u activity.Unit) bool { return u.Mean == 0 }
		because = "are 0 for all images, so they have no shares, and are left out"
	}
	list := []reason{
		{func(_ result, u activity.Unit) bool { return !finite(u.Mean) },
			"have activations that are not finite (NaN or infinite), because the training diverged, and are left out", ""},
		{zero, because, "all units are 0"},
	}
	if p.Kind == Classes {
		return list
	}
	for _, r := range over {
		if r.absent != nil {
			classes := words.Either(r.absent)
			return append(list, reason{func(r result, u activity.Unit) bool { return r.absent != nil && finite(u.Mean) },
				fmt.Sprintf("have no selectivity, because no %s image is of class %s, and are left out", n.images(), classes),
				fmt.Sprintf("no image is of class %s", classes)})
		}
	}
	return list
}

// images names the images that the network is measured on.
func (n Network) images() string {
	if n.Split == "train" {
		return "training"
	}
	return "test"
}

// gaps says which units of a network a panel does not show, and why. If it
// shows none, and all for one reason, blank is a short form of it.
func (p Params) gaps(n Network, over []result) (text, blank string) {
	var parts []string
	for _, why := range p.reasons(n, over) {
		most, units, first, whole := 0, 0, 0, 0
		for _, r := range over {
			count := 0
			for _, u := range r.Units {
				if why.has(r, u) {
					count++
				}
			}
			if count > 0 && most == 0 {
				first = r.epoch
			}
			if count == len(r.Units) {
				whole++
			}
			most, units = max(most, count), len(r.Units)
		}
		if whole == len(over) {
			blank = why.all
		}
		switch {
		case most == 0:
		case p.Kind == Epochs:
			parts = append(parts, fmt.Sprintf("from %s %d on, up to %d of %d units %s", p.measurement(), first, most, units, why.text))
		default:
			parts = append(parts, fmt.Sprintf("%d of %d units %s", most, units, why.text))
		}
	}
	if absent := over[0].absent; p.Kind == Classes && absent != nil {
		parts = append(parts, fmt.Sprintf("no %s image is of class %s, and shares are of the largest mean of the other classes",
			n.images(), words.Either(absent)))
	}
	return strings.Join(parts, "; "), blank
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// result is what the units of a network do after an epoch.
type result struct {
	activity.Result
	epoch  int
	absent []int64 // classes of which no image was measured
}

// results returns what the units of a network do after the epochs that the
// figure shows.
func (p Params) results(n Network, epochs []runs.Epoch) ([]result, error) {
	var over []result
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
			return nil, fmt.Errorf("epoch %d: %w", e.Epoch, err)
		}
		var absent []int64
		for c, n := range l.ClassCounts {
			if n == 0 {
				absent = append(absent, classes[c])
			}
		}
		over = append(over, result{r, e.Epoch, absent})
	}
	if len(over) == 0 {
		return nil, fmt.Errorf("the record has no epoch %d", p.Epoch)
	}
	return over, nil
}

// panel draws what the units of a network do.
func (p Params) panel(over []result) (chart.Panel, error) {
	switch p.Kind {
	case Epochs:
		var list []activity.Result
		for _, r := range over {
			list = append(list, r.Result)
		}
		panel := portrait.Epochs(list)
		panel.X.Label, panel.X.Ticks = p.measurement(), wholeNumbers(len(over))
		return panel, nil
	case Classes:
		panel := portrait.Classes(over[0].Result)
		panel.X.Ticks = wholeNumbers(len(over[0].Units))
		return panel, nil
	case Activity:
		return portrait.Activity(over[0].Result), nil
	}
	return chart.Panel{}, fmt.Errorf("no figure of units is of kind %q", p.Kind)
}

// wholeNumbers returns the ticks of the columns of a heat map. It returns none
// if there are so many that an axis has no ticks between them.
func wholeNumbers(columns int) []float64 {
	if columns > 4 {
		return nil
	}
	return []float64{0, 1, 2, 3}[:columns]
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
