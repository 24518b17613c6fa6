package stages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"sparsel/pipeline"
)

// everything is the request of All.
const everything = "all"

// All builds every figure, table and finding, and writes the report of them, also where something failed. The report is
// of the parameters and the code that the run had: either may have been edited in the hours since it began.
func All(ctx context.Context, o Options) error {
	w, err := o.open(events())
	if err != nil {
		return err
	}
	err = w.build(ctx, o, everything, w.targets())
	if orDefault(o.DryRun, false) || err != nil && !errors.Is(err, pipeline.ErrFailed) {
		return err
	}
	return errors.Join(err, w.writeReport(ctx, o, false))
}

// Figure builds one figure.
func Figure(ctx context.Context, id string, o Options) error {
	return build(ctx, o, "figure "+id, func(w *workspace) ([]string, error) { return only("figure", w.figures, id) })
}

// Table builds one table.
func Table(ctx context.Context, id string, o Options) error {
	return build(ctx, o, "table "+id, func(w *workspace) ([]string, error) { return only("table", w.tables, id) })
}

// Experiment builds one experiment: its runs, their summaries, and the figures and tables of it alone.
func Experiment(ctx context.Context, name string, o Options) error {
	return build(ctx, o, "experiment "+name, func(w *workspace) ([]string, error) { return w.experiment(name) })
}

// experiment lists an experiment's summaries and what is made of them alone.
func (s *study) experiment(name string) ([]string, error) {
	aggregate, err := find("experiment", s.aggregates, name)
	if err != nil {
		return nil, err
	}
	targets := []string{aggregate.Name}
	for _, n := range s.graph.Nodes() {
		other := func(in pipeline.Input) bool { return in.From != aggregate }
		if len(n.Inputs) > 0 && !slices.ContainsFunc(n.Inputs, other) {
			targets = append(targets, n.Name)
		}
	}
	return targets, nil
}

func only(kind string, nodes map[string]*pipeline.Node, id string) ([]string, error) {
	n, err := find(kind, nodes, id)
	if err != nil {
		return nil, err
	}
	return []string{n.Name}, nil
}

// build opens the study and builds the targets that are chosen from it.
func build(ctx context.Context, o Options, request string, choose func(*workspace) ([]string, error)) error {
	w, err := o.open(events())
	if err != nil {
		return err
	}
	targets, err := choose(w)
	if err != nil {
		return err
	}
	return w.build(ctx, o, request, targets)
}

// build plans the targets and carries the plan out, or prints it for a dry run.
func (w *workspace) build(ctx context.Context, o Options, request string, targets []string) error {
	if orDefault(o.DryRun, false) {
		plan, err := w.engine.Plan(ctx, w.graph, targets)
		if err != nil {
			return err
		}
		return printPlan(o, plan)
	}
	plan, report, err := w.run(ctx, o, request, targets)
	if err != nil {
		return err
	}
	w.reportLock(o, report)
	return o.printReport(plan, report)
}

// run brings the targets up to date. It ends early, and safely, with ctx or SIGTERM.
func (w *workspace) run(ctx context.Context, o Options, request string, targets []string) (*pipeline.Plan, *pipeline.Report, error) {
	jobs, err := o.jobs()
	if err != nil {
		return nil, nil, err
	}
	ctx, stop := untilTerminated(ctx)
	defer stop()
	plan, err := w.engine.Plan(ctx, w.graph, targets)
	if err != nil {
		return nil, nil, err
	}
	report, err := w.engine.Run(ctx, plan, pipeline.Options{Jobs: jobs, Request: o.request(request), Workers: w.setup.workers(), Memory: memoryForWorkers()})
	return plan, report, err
}

// printReport says where the results are.
func (o Options) printReport(plan *pipeline.Plan, report *pipeline.Report) error {
	if orDefault(o.JSON, false) {
		return printJSON(o.stdout(), report)
	}
	for _, s := range plan.Steps {
		for _, path := range s.Node.Publish {
			if _, err := fmt.Fprintln(o.stdout(), filepath.Join(o.out(), path)); err != nil {
				return err
			}
		}
	}
	return nil
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
