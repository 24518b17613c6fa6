package noop

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"sparsel/pipeline"
)

// own is this pipeline. It is asked twice: for a status line, and for a run. A
// run does not trust the times of files where work would read their content.
type own struct {
	dir   string
	nodes int
}

func (o *own) name() string { return "sparsel" }

func (o *own) prepare(ctx context.Context, dir string, nodes int) error {
	o.dir, o.nodes = dir, nodes
	return o.run(ctx, false)
}

func (o *own) build(ctx context.Context) error { return o.run(ctx, true) }

// run does everything that a command does, from building the graph to computing
// the code's identity.
func (o *own) run(ctx context.Context, idle bool) error {
	g, err := graph(o.nodes)
	if err != nil {
		return err
	}
	s, err := pipeline.OpenStore(filepath.Join(o.dir, "store"))
	if err != nil {
		return err
	}
	e := pipeline.New(pipeline.Config{Store: s, Out: o.dir, Code: pipeline.Code("", s, nil)})
	p, err := e.Plan(ctx, g, nil)
	if err != nil {
		return err
	}
	if p.Idle() != idle {
		return fmt.Errorf("%d of %d nodes are to run", p.Count(pipeline.Stale), len(p.Steps))
	}
	_, err = e.Run(ctx, p, pipeline.Options{Jobs: 2})
	return err
}

// graph returns a study with the given number of nodes.
func graph(nodes int) (*pipeline.Graph, error) {
	stage := func(name string) *pipeline.Stage {
		return &pipeline.Stage{Name: name, Package: "sparsel/stages/bench/noop", Outputs: []string{"file"}, Run: concatenate}
	}
	source := &pipeline.Node{Name: "source", Stage: stage("source"), Params: struct{ Text string }{"source"}}
	list := []*pipeline.Node{source}
	train, metric := stage("train"), stage("metric")
	all := &pipeline.Node{Name: "aggregate", Stage: stage("aggregate")}
	for i := range pairs(nodes) {
		t := &pipeline.Node{Name: fmt.Sprint("train", i), Stage: train, Params: struct{ Seed int }{i},
			Inputs: []pipeline.Input{{Name: "in", From: source, Output: "file"}}}
		m := &pipeline.Node{Name: fmt.Sprint("metric", i), Stage: metric,
			Inputs: []pipeline.Input{{Name: "in", From: t, Output: "file"}}}
		list = append(list, t, m)
		all.Inputs = append(all.Inputs, pipeline.Input{Name: m.Name, From: m, Output: "file"})
	}
	figure := &pipeline.Node{Name: "figure", Stage: stage("figure"),
		Inputs:  []pipeline.Input{{Name: "in", From: all, Output: "file"}},
		Publish: map[string]string{"file": "figure"}}
	return pipeline.NewGraph(append(list, all, figure))
}

// pairs returns the number of trainings, and of metrics, in a graph with the
// given number of nodes.
func pairs(nodes int) int { return (nodes - 3) / 2 }

// concatenate writes the parameters and all inputs.
func concatenate(_ context.Context, job *pipeline.Job) error {
	var b bytes.Buffer
	fmt.Fprintln(&b, job.Node().Stage.Name, job.Node().Params)
	for _, in := range job.Node().Inputs {
		path, _ := job.Input(in.Name)
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		b.Write(text)
	}
	return os.WriteFile(job.Output("file"), b.Bytes(), 0o644)
}
