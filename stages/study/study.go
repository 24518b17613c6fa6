// Package study binds a parameter file to the nodes of a pipeline. There is a
// node for each distinct training and for its metrics, one for each
// experiment's summaries, and one for each figure, table and finding.
//
// The package knows every stage, but not how nodes are scheduled, stored or
// shown. With this package alone a worker process can build the same graph as
// the process that started it; see [Setup].
package study

import (
	"fmt"
	"path"
	"slices"
	"sync"

	"sparsel/pipeline"
	"sparsel/stages/aggregate"
	"sparsel/stages/cost"
	"sparsel/stages/fetch"
	"sparsel/stages/figure"
	"sparsel/stages/metrics"
	"sparsel/stages/params"
	"sparsel/stages/train"
	"sparsel/stages/units"
	"sparsel/trainer"
)

// A Study is the graph of a parameter file, with the nodes that people ask for
// by id.
type Study struct {
	File       string // the parameter file as it was given
	Params     *params.Params
	Graph      *pipeline.Graph
	Figures    map[string]*pipeline.Node
	Tables     map[string]*pipeline.Node
	Findings   map[string]*pipeline.Node
	Aggregates map[string]*pipeline.Node // the summaries of each experiment, by name
	Tidy       *pipeline.Node            // the table of every epoch of every run
	Dataset    *pipeline.Node
	Images     string        // what the data set's images show
	Files      []fetch.File  // of the data set; nil if it is drawn
	Sources    fetch.Sources // where to find the files
	Prefix     string        // of the names of a profile's nodes; empty for the whole study
	Layer      string        // which question its findings answer; see package finding
	Mark       string        // what distinguishes a profile's results; see params.Params.Mark

	plain     sync.Once // for Rate
	plainRate float64
}

// measured identifies a metrics node. Experiments that share a run may differ
// in the epsilon of CCMAS, and in whether units are removed.
type measured struct {
	run          *params.Run
	ccmasEpsilon float64
	ablate       bool
}

// measuredAs returns what a use requires of its run's metrics.
func measuredAs(u params.Use) measured { return measured{u.Run, u.CCMASEpsilon, u.Ablate} }

// builder makes the nodes of a study.
type builder struct {
	params     *params.Params
	prefix     string // of the names of nodes and of published files; empty for the whole study
	images     string // what the data set's images show
	layer      string // which question findings answer; see package finding
	mark       string // what figures, tables and findings say about themselves if they are not about all of MNIST
	nodes      []*pipeline.Node
	dataset    *pipeline.Node
	trained    map[*params.Run]*pipeline.Node
	metrics    map[measured]*pipeline.Node
	aggregates map[string]*pipeline.Node // by experiment
	uses       []params.Use
	order      []string                  // names of the experiments
	places     map[*pipeline.Node]string // where the file asks for a node, for messages

	aggregatePrefix string // of the names of aggregates, before the profile's
}

func newBuilder(p *params.Params) *builder {
	b := &builder{
		params: p, trained: map[*params.Run]*pipeline.Node{}, metrics: map[measured]*pipeline.Node{}, aggregates: map[string]*pipeline.Node{},
		places: map[*pipeline.Node]string{},
	}
	if p.Profile != nil {
		b.prefix = p.Profile.Name()
	}
	b.prefix = path.Join(b.prefix, p.Try())
	return b
}

// New binds a parameter file to nodes. file is its name for messages. sources
// says where to find the data set's files. Parts of the file that can't be made
// are reported as *[params.Problems].
func New(file string, p *params.Params, sources fetch.Sources) (*Study, error) {
	return bind(file, p, sources, imagesOf(p, sources), true)
}

func bind(file string, p *params.Params, sources fetch.Sources, images string, check bool) (*Study, error) {
	b := newBuilder(p)
	s := &Study{File: file, Params: p, Sources: sources, Prefix: b.prefix, Figures: map[string]*pipeline.Node{}}
	b.addDataset(s, sources, images)
	var runs []*params.Run
	runs, b.uses = p.Expand()
	b.addRuns(runs)
	b.addMetrics(b.uses)
	b.addAggregates(b.uses)
	s.Aggregates = b.aggregates
	b.layer = b.layerOf()
	s.Layer = b.layer
	s.Tidy = b.addTidy(p.TidyID(), true)
	figures, ofUnits := figure.Stage(), units.Stage()
	for i, f := range p.CompleteFigures() {
		n := b.addFigure(figures, ofUnits, f)
		s.Figures[f.ID], b.places[n] = n, p.FigurePlace(i)
	}
	s.Findings = b.addFindings()
	s.Tables = b.addTables(s.Tidy, s.Findings)
	if check {
		if err := p.Refuse(append(b.judgeLabels(s), b.check()...)); err != nil {
			return nil, err
		}
	}
	graph, err := pipeline.NewGraph(b.nodes)
	s.Graph = graph
	return s, err
}

// add adds a node. The nodes of a profile stay separate from the study's, both
// in the journal and among the published files.
func (b *builder) add(n *pipeline.Node) *pipeline.Node {
	n.Name, n.Memory = path.Join(b.prefix, n.Name), max(n.Memory, peak(b.params.Dataset(), 0, 0))
	n.Cost = max(n.Cost, perStage)
	for output, file := range n.Publish {
		n.Publish[output] = path.Join(b.prefix, file)
	}
	b.nodes = append(b.nodes, n)
	return n
}

func (b *builder) addRuns(runs []*params.Run) {
	stage := train.Stage()
	// Equal trainings must have equal parameters. All images are the same as no
	// limit, even if a profile states their number.
	first := func(images, all int) int {
		if images == all {
			return 0
		}
		return images
	}
	data := b.params.Dataset()
	trained, tested := first(b.params.Study.TrainImages, data.Train), first(b.params.Study.TestImages, data.Test)
	for _, r := range runs {
		archive := b.params.Archived(r.Config.Epochs)
		var release []string
		if !b.params.KeepsArchive(r.Config.Seeding.Seed) {
			release = []string{train.Activations}
		}
		b.trained[r] = b.add(&pipeline.Node{
			Name: "train/" + r.Name, Group: r.Experiment, Stage: stage, Release: release, Work: cost.Kind(r.Config),
			Cost:   cost.Training(r.Config, size(b.params)),
			Memory: trainingMemory(r.Config, data, size(b.params), len(archive)),
			Params: train.Params{Data: b.images, Classes: data.Classes, Run: r.Config, Archive: archive, TrainFirst: trained, TestFirst: tested},
			Inputs: []pipeline.Input{
				{Name: train.TrainImages, From: b.dataset, Output: train.TrainImages},
				{Name: train.TrainLabels, From: b.dataset, Output: train.TrainLabels},
				{Name: train.TestImages, From: b.dataset, Output: train.TestImages},
				{Name: train.TestLabels, From: b.dataset, Output: train.TestLabels},
			},
		})
	}
}

// addMetrics adds a metrics node for each run and each way in which it is
// measured.
func (b *builder) addMetrics(uses []params.Use) {
	stage := metrics.Stage()
	for _, u := range uses {
		m := measuredAs(u)
		if b.metrics[m] != nil {
			continue
		}
		name := "metrics/" + u.Run.Name
		if u.Experiment != u.Run.Experiment {
			name += fmt.Sprintf("/epsilon=%g", u.CCMASEpsilon) // the run's own experiment came first, with another epsilon
		}
		if u.Ablate {
			name += "/ablate"
		}
		t := b.trained[u.Run]
		n := b.add(&pipeline.Node{
			Name: name, Group: u.Run.Experiment, Stage: stage, Cost: b.metricsSeconds(u.Run.Config),
			Memory: metricsMemory(u.Run.Config, b.params.Dataset(), size(b.params), len(b.params.Archived(u.Run.Config.Epochs))),
			Params: metrics.Params{CCMASEpsilon: u.CCMASEpsilon, Split: u.Split(), Phases: phases(u.Run.Config, b.params.Dataset().Classes),
				Ablate: u.Ablate},
			Inputs: []pipeline.Input{
				{Name: metrics.Record, From: t, Output: train.Record},
				{Name: metrics.Activations, From: t, Output: train.Activations},
			},
		})
		if u.Ablate {
			n.Inputs = append(n.Inputs, pipeline.Input{Name: metrics.Weights, From: t, Output: train.Weights})
		}
		b.metrics[m] = n
	}
}

// phases returns the phases of a run, with the classes that its seed draws.
func phases(c trainer.Config, classes int) []metrics.Phase {
	var list []metrics.Phase
	if c.Sampler.Kind != "phases" {
		return nil
	}
	for i, of := range c.PhaseClasses(classes) {
		list = append(list, metrics.Phase{Classes: of, Epochs: c.Sampler.Phases[i].Epochs})
	}
	return list
}

func (b *builder) addAggregates(uses []params.Use) {
	stage := aggregate.Stage()
	for _, u := range uses {
		if !slices.Contains(b.order, u.Experiment) {
			b.order = append(b.order, u.Experiment)
		}
	}
	for _, name := range b.order {
		p := aggregate.Params{Experiment: name}
		n := &pipeline.Node{Name: path.Join(b.aggregatePrefix, "aggregate", name), Stage: stage}
		for _, u := range uses {
			if u.Experiment != name {
				continue
			}
			c := u.Run.Config
			use := aggregate.Use{
				Condition: u.Condition, Optimizer: u.Optimizer, Seed: u.Seed, Column: u.Column, Value: u.Value,
				Tidy: u.Tidy, Split: u.Split(),
				Epochs: c.Epochs, Layers: len(c.Network.Hidden),
			}
			p.Uses = append(p.Uses, use)
			n.Inputs = append(n.Inputs, pipeline.Input{
				Name: use.Input(), From: b.metrics[measuredAs(u)], Output: metrics.Measures, Optional: b.params.Study.OnFailedRun == "show",
			})
		}
		n.Params, n.Cost = p, summarySeconds(p)
		b.aggregates[name] = b.add(n)
	}
}
