// Package figure is the pipeline's figure stage. It makes a drawn figure, and a
// table of the numbers behind it, from the summaries of experiments. A figure's
// parameters say what its panels, x axis and lines stand for. The package turns
// them into the panels and series that package analysis/chart draws.
package figure

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"

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

// Params holds everything besides the numbers that determines what a figure
// looks like.
type Params struct {
	ID, Title string
	Mark      string // what distinguishes the numbers from the study's; empty if nothing does
	Remark    string // the end of the caption

	Sources []Source // one for each experiment, with an input of its name

	// What rows, columns and lines stand for. Each is "metric", "optimizer",
	// "condition", "layer", "experiment" or empty.
	Rows, Columns string
	Lines         []string // the first is shown by colour, the second by dash
	X             X

	Panels    []Panel // one for each metric, in the order of rows or columns
	Vertical  string  // vertical lines: "baseline", "best METRIC" or empty
	Reference *Reference
	Error     string // what the bands show: "se", "se_population" or "ci"
	Epoch     int    // at which values are read, and the last one along x
	Classes   int    `json:",omitempty"` // of the images; 0 stands for ten
	Style     chart.Style

	// Difference adds a row of panels with the second condition minus the
	// first, run by run.
	Difference bool
}

// X says what the x axis stands for.
type X struct {
	Kind  XKind
	Label string
	Scale string // for values: "linear", "log" or "equal"

	Reverse bool // equal distances in descending order

	Limits []Limits // by optimizer

	Metric    string     // the metric that numbers are drawn against
	Condition *Condition // the condition that numbers are drawn against, and its label
	Name      string
}

// XKind is a kind of x axis.
type XKind string

const (
	Epochs           XKind = "epoch"
	Steps            XKind = "step" // of training, also within the first epoch
	Layers           XKind = "layer"
	Conditions       XKind = "condition" // each is a category
	Values           XKind = "value"     // values of the varied parameter
	AgainstMetric    XKind = "against metric"
	AgainstCondition XKind = "against condition"
)

// against reports whether each number is drawn against another one, with a dot
// for each epoch and without bands.
func (x X) against() bool { return x.Kind == AgainstMetric || x.Kind == AgainstCondition }

// Limits are the ends of an axis for one optimizer.
type Limits struct {
	Optimizer string
	Min, Max  float64
}

// Panel is a metric, or a product of several metrics joined by " * ", and the
// limits of its axis, which come from the data if both are 0.
type Panel struct {
	Metric     string
	Min, Max   float64
	Zoom       bool // whether the panel magnifies another one
	Difference bool // whether it shows the source's second condition minus the first
}

// Source is an experiment, and what the figure shows of it.
type Source struct {
	Experiment string
	Optimizers []Optimizer
	Entries    []Entry
	Parameter  string // the varied parameter, in words
	Layers     int
}

// Optimizer is an optimizer, and the baseline's value of the varied parameter
// for it.
type Optimizer struct {
	Name        string
	Baseline    float64
	HasBaseline bool
}

// Entry is a condition, or several that differ in their position along x.
type Entry struct {
	Label      string
	Conditions []Condition
}

// Condition is a condition with the runs of each of its optimizers, which need
// not be the same.
type Condition struct {
	Name string
	Runs []Runs
}

// Runs are the runs of a condition and an optimizer, one for each seed.
type Runs struct {
	Optimizer string
	Seeds     []uint32
	Value     float64 // of the varied parameter
	Label     string  // of the value
	Epochs    int     // measurements, which are equal parts of the updates if these are fixed
	Updates   int     `json:",omitempty"` // 0 if the run makes whole epochs
	Split     string  // images that sparsity and selectivity are measured on: "test" or "train"
}

// of returns the runs of an optimizer.
func (c Condition) of(optimizer string) Runs {
	for _, r := range c.Runs {
		if r.Optimizer == optimizer {
			return r
		}
	}
	return Runs{Optimizer: optimizer}
}

// Reference is a condition drawn as horizontal lines.
type Reference struct {
	Experiment string
	Condition  Condition
	Label      string
}

// Input returns the name of the stage's input that holds the metrics of one
// run.
func Input(experiment, condition, optimizer string, seed uint32) string {
	return fmt.Sprintf("%s/%s/%s/seed=%d", experiment, condition, optimizer, seed)
}

// Numbers holds the numbers of an experiment: the summaries of all its runs
// and, if a figure needs them ([Params.NeedsRuns]), the values of each run.
type Numbers struct {
	Summaries []measures.Summary
	Runs      []Run
}

// Run holds the values of one run.
type Run struct {
	Condition, Optimizer string
	Seed                 uint32
	Rows                 []measures.Row
}

// Kind is the stage's name in the pipeline and in the names of nodes.
const Kind = "figure"

// Stage returns the figure stage.
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
	experiments := map[string]Numbers{}
	sums := map[string]string{}
	for _, name := range p.Experiments() {
		path, _ := job.Input(name)
		_, summaries, err := measures.ReadSummaries(path)
		if err != nil {
			return err
		}
		id := job.InputID(name)
		sums[name] = hex.EncodeToString(id[:])
		n := Numbers{Summaries: summaries}
		if p.NeedsRuns() {
			if n.Runs, err = p.readRuns(job, name); err != nil {
				return err
			}
		}
		experiments[name] = n
	}
	f, err := Describe(p, experiments)
	if err != nil {
		return err
	}
	f.Metadata = p.metadata(sums)
	if err := chart.WriteFiles(f, p.Style, func(format string) string { return job.Output("figure." + format) }); err != nil {
		return err
	}
	return chart.WriteWords(f, job.Output(JSON))
}

// readRuns reads the values that the figure shows of each run of an experiment.
// If an input is absent, the run failed.
func (p Params) readRuns(job *pipeline.Job, experiment string) ([]Run, error) {
	read := measures.ReadRun
	if p.X.Kind == Steps {
		read = measures.ReadPoints
	}
	var list []Run
	for _, c := range p.conditions(experiment) {
		for _, r := range c.Runs {
			for _, seed := range r.Seeds {
				path, ok := job.Input(Input(experiment, c.Name, r.Optimizer, seed))
				if !ok {
					continue
				}
				_, rows, err := read(path)
				if err != nil {
					return nil, err
				}
				list = append(list, Run{c.Name, r.Optimizer, seed, rows})
			}
		}
	}
	return list, nil
}

// metadata names the numbers that the figure was drawn from, so that a copy of
// it can be traced. It does not name the code, so that other code that draws
// the same picture writes the same file.
func (p Params) metadata(sums map[string]string) map[string]string {
	metadata := map[string]string{"project": "sparsel", "figure": p.ID}
	for experiment, sum := range sums {
		metadata["summaries-sha256-"+experiment] = sum
	}
	return metadata
}

// Experiments lists the experiments that the figure has numbers of.
func (p Params) Experiments() []string {
	var list []string
	for _, s := range p.Sources {
		list = append(list, s.Experiment)
	}
	if p.Reference != nil && !slices.Contains(list, p.Reference.Experiment) {
		list = append(list, p.Reference.Experiment)
	}
	return list
}

// conditions lists the conditions of an experiment that the figure has numbers
// of, each once.
func (p Params) conditions(experiment string) []Condition {
	var list []Condition
	add := func(c Condition) {
		if !slices.ContainsFunc(list, func(other Condition) bool { return other.Name == c.Name }) {
			list = append(list, c)
		}
	}
	for i, s := range p.Sources {
		if s.Experiment != experiment {
			continue
		}
		for _, e := range s.Entries {
			for _, c := range e.Conditions {
				add(c)
			}
		}
		if p.X.Condition != nil && i == 0 {
			add(*p.X.Condition)
		}
	}
	if p.Reference != nil && p.Reference.Experiment == experiment {
		add(p.Reference.Condition)
	}
	return list
}

// seedsShown is the largest number of runs behind a number for which each run
// is shown beside the mean. So few runs say too little about the spread for a
// band alone, and they fit into the picture.
const seedsShown = 5

// seedsOfModes is the largest number of runs for which each run is shown if
// some of them learn and some stay at chance. Their mean is then far from every
// run, and a band around it says nothing about any.
const seedsOfModes = 12

// A run whose accuracy is below chanceBelow has stayed near chance, and one
// above learntAbove has learnt. Both are made for ten classes.
const chanceBelow, learntAbove = 0.2, 0.5

// mostRuns returns the largest number of runs behind a number.
func (p Params) mostRuns() int {
	most := 0
	for _, experiment := range p.Experiments() {
		for _, c := range p.conditions(experiment) {
			for _, r := range c.Runs {
				most = max(most, len(r.Seeds))
			}
		}
	}
	return most
}

// showsSeeds reports whether each run is shown beside the mean.
func (p Params) showsSeeds() bool {
	most := p.mostRuns()
	return !p.X.against() && most > 1 && most <= seedsShown
}

// mayShowSeeds reports whether each run is shown where runs have two modes.
// Whether they do is known only when the figure is drawn.
func (p Params) mayShowSeeds() bool {
	most := p.mostRuns()
	return p.Classes == 0 && !p.X.against() && most > seedsShown && most <= seedsOfModes
}

// NeedsRuns reports whether the figure needs the numbers of each run besides
// their summaries.
func (p Params) NeedsRuns() bool {
	return p.showsSeeds() || p.mayShowSeeds() || p.X.against() || p.X.Kind == Steps || p.Difference || slices.ContainsFunc(p.Panels, Panel.derived)
}

// EachRun calls each with the arguments of [Input] for every run whose metrics
// the stage needs besides the summaries.
func (p Params) EachRun(each func(experiment, condition, optimizer string, seed uint32)) {
	if !p.NeedsRuns() {
		return
	}
	for _, experiment := range p.Experiments() {
		for _, c := range p.conditions(experiment) {
			for _, r := range c.Runs {
				for _, seed := range r.Seeds {
					each(experiment, c.Name, r.Optimizer, seed)
				}
			}
		}
	}
}
