// Package stages is what the study is: it binds the parameter file's experiments, figures and tables to nodes
// of a pipeline, and holds what the targets of the magefile do.
//
// Each stage is a package of its own below this one, because a stage's code identity is the closure of the
// packages it imports: what an edit does not touch is not computed again.
package stages

import (
	"fmt"
	"path"
	"slices"

	"sparsel/pipeline"
	"sparsel/stages/aggregate"
	"sparsel/stages/effort"
	"sparsel/stages/fetch"
	"sparsel/stages/figure"
	"sparsel/stages/metrics"
	"sparsel/stages/params"
	"sparsel/stages/train"
)

// study is the graph of a parameter file.
type study struct {
	params   *params.Params
	graph    *pipeline.Graph
	figures  map[string]*pipeline.Node // by id
	tables   map[string]*pipeline.Node // by id
	findings map[string]*pipeline.Node // by id
	tidy     *pipeline.Node            // the table of every epoch of every run
	// aggregates are the summaries of each experiment.
	aggregates map[string]*pipeline.Node
	dataset    *pipeline.Node
	sources    fetch.Sources // where MNIST may be found
	mark       string        // what sets a profile's results apart; see params.Profile.Mark
}

// measured is what a metrics node is for: experiments that share a run may differ in what they divide by.
type measured struct {
	run          *params.Run
	ccmasEpsilon float64
}

// builder makes the nodes of a study.
type builder struct {
	params     *params.Params
	prefix     string // of the names of nodes and of published files; empty for the whole study
	images     string // what the data set's images are of
	mark       string // what figures, tables and findings of a profile say of themselves; empty for the whole study
	nodes      []*pipeline.Node
	dataset    *pipeline.Node
	trained    map[*params.Run]*pipeline.Node
	metrics    map[measured]*pipeline.Node
	aggregates map[string]*pipeline.Node // by experiment
	uses       []params.Use
	order      []string // of the experiments
}

// newStudy binds a parameter file to nodes. Sources say where MNIST may be found.
func newStudy(p *params.Params, sources fetch.Sources) (*study, error) {
	b := &builder{params: p, trained: map[*params.Run]*pipeline.Node{}, metrics: map[measured]*pipeline.Node{}, aggregates: map[string]*pipeline.Node{}}
	s := &study{params: p, sources: sources, figures: map[string]*pipeline.Node{}}
	if p.Profile != nil {
		b.prefix = p.Profile.Name()
	}
	b.addDataset(p, sources)
	s.dataset = b.dataset
	s.mark = p.Profile.Mark(b.images)
	var runs []*params.Run
	runs, b.uses = p.Expand()
	b.addRuns(runs)
	b.addMetrics(b.uses)
	b.addAggregates(b.uses)
	s.aggregates = b.aggregates
	s.tidy = b.addTidy(p.TidyID())
	figures := figure.Stage()
	for _, f := range p.CompleteFigures() {
		s.figures[f.ID] = b.addFigure(figures, f)
	}
	s.findings = b.addFindings()
	s.tables = b.addTables(s.tidy, s.findings)
	graph, err := pipeline.NewGraph(b.nodes)
	s.graph = graph
	return s, err
}

// add adds a node. Those of a profile stay apart from the study's, in the journal and among the published files.
func (b *builder) add(n *pipeline.Node) *pipeline.Node {
	n.Name, n.Memory = path.Join(b.prefix, n.Name), workerMemory
	for output, file := range n.Publish {
		n.Publish[output] = path.Join(b.prefix, file)
	}
	b.nodes = append(b.nodes, n)
	return n
}

func (b *builder) addRuns(runs []*params.Run) {
	stage := train.Stage()
	// Equal trainings have equal parameters: all images are all images, whether a profile counts them or not.
	first := func(images, all int) int {
		if images == all {
			return 0
		}
		return images
	}
	trained, tested := first(b.params.Study.TrainImages, params.TrainSamples), first(b.params.Study.TestImages, params.TestSamples)
	for _, r := range runs {
		archive := b.params.Archived(r.Config.Epochs)
		b.trained[r] = b.add(&pipeline.Node{
			Name: "train/" + r.Name, Group: r.Experiment, Stage: stage, Cost: effort.Training(r.Config, params.TrainSamples, params.TestSamples),
			Params: train.Params{Data: b.images, Classes: params.Classes, Run: r.Config, Archive: archive, TrainFirst: trained, TestFirst: tested},
			Inputs: []pipeline.Input{
				{Name: train.TrainImages, From: b.dataset, Output: train.TrainImages},
				{Name: train.TrainLabels, From: b.dataset, Output: train.TrainLabels},
				{Name: train.TestImages, From: b.dataset, Output: train.TestImages},
				{Name: train.TestLabels, From: b.dataset, Output: train.TestLabels},
			},
		})
	}
}

// addMetrics adds a metrics node for each run and each epsilon that it is measured with.
func (b *builder) addMetrics(uses []params.Use) {
	stage := metrics.Stage()
	for _, u := range uses {
		m := measured{u.Run, u.CCMASEpsilon}
		if b.metrics[m] != nil {
			continue
		}
		name := "metrics/" + u.Run.Name
		if u.Experiment != u.Run.Experiment {
			name += fmt.Sprintf("/epsilon=%g", u.CCMASEpsilon) // the run's own experiment came first, with another
		}
		t := b.trained[u.Run]
		b.metrics[m] = b.add(&pipeline.Node{
			Name: name, Group: u.Run.Experiment, Stage: stage, Cost: float64(len(b.params.Archived(u.Run.Config.Epochs))),
			Params: metrics.Params{CCMASEpsilon: u.CCMASEpsilon, Split: u.Split()},
			Inputs: []pipeline.Input{
				{Name: metrics.Record, From: t, Output: train.Record},
				{Name: metrics.Activations, From: t, Output: train.Activations},
			},
		})
	}
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
		n := &pipeline.Node{Name: "aggregate/" + name, Stage: stage}
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
				Name: use.Input(), From: b.metrics[measured{u.Run, u.CCMASEpsilon}], Output: metrics.Measures, Optional: b.params.Study.OnFailedRun == "show",
			})
		}
		n.Params, n.Cost = p, float64(len(p.Uses))
		b.aggregates[name] = b.add(n)
	}
}

// find returns a figure's or table's node by its id.
func find(kind string, nodes map[string]*pipeline.Node, id string) (*pipeline.Node, error) {
	n, ok := nodes[id]
	if !ok {
		var known []string
		for k := range nodes {
			known = append(known, k)
		}
		slices.Sort(known)
		return nil, fmt.Errorf("no %s has the id %q; params.toml has %v", kind, id, known)
	}
	return n, nil
}
