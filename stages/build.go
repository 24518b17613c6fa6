package stages

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"sparsel/pipeline"
)

// All builds every figure and table.
func All(ctx context.Context, o Options) error {
	return build(ctx, o, func(w *workspace) ([]string, error) { return w.targets(), nil })
}

// Figure builds one figure.
func Figure(ctx context.Context, id string, o Options) error {
	return build(ctx, o, func(w *workspace) ([]string, error) { return only("figure", w.figures, id) })
}

// Table builds one table.
func Table(ctx context.Context, id string, o Options) error {
	return build(ctx, o, func(w *workspace) ([]string, error) { return only("table", w.tables, id) })
}

func only(kind string, nodes map[string]*pipeline.Node, id string) ([]string, error) {
	n, err := find(kind, nodes, id)
	if err != nil {
		return nil, err
	}
	return []string{n.Name}, nil
}

// build plans the targets and carries the plan out, or prints it for a dry run.
func build(ctx context.Context, o Options, choose func(*workspace) ([]string, error)) error {
	jobs, err := o.jobs()
	if err != nil {
		return err
	}
	events := events()
	w, err := o.open(events)
	if err != nil {
		return err
	}
	targets, err := choose(w)
	if err != nil {
		return err
	}
	plan, err := w.engine.Plan(ctx, w.graph, targets)
	if err != nil {
		return err
	}
	if orDefault(o.DryRun, false) {
		return printPlan(o, plan, jobs)
	}
	report, err := w.engine.Run(ctx, plan, pipeline.Options{Jobs: jobs})
	if report == nil || err != nil {
		return err
	}
	return o.printReport(plan, report)
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
