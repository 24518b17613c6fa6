package stages

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"sparsel/pipeline"
)

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
	return w.build(ctx, request, targets)
}

// build plans the targets and carries the plan out, or prints it for a dry run.
func (w *workspace) build(ctx context.Context, request string, targets []string) error {
	if orDefault(w.o.DryRun, false) {
		plan, err := w.engine.Plan(ctx, w.Graph, targets)
		if err != nil {
			return err
		}
		return printPlan(w.o, plan)
	}
	plan, report, err := w.run(ctx, request, targets)
	if err != nil {
		return err
	}
	w.reportLock(report)
	return w.o.printReport(plan, report)
}

// run brings the targets up to date. It ends early, and safely, with ctx or SIGTERM.
func (w *workspace) run(ctx context.Context, request string, targets []string) (*pipeline.Plan, *pipeline.Report, error) {
	jobs, err := w.o.jobs()
	if err != nil {
		return nil, nil, err
	}
	ctx, stop := untilTerminated(ctx)
	defer stop()
	plan, err := w.engine.Plan(ctx, w.Graph, targets)
	if err != nil {
		return nil, nil, err
	}
	report, err := w.engine.Run(ctx, plan, pipeline.Options{Jobs: jobs, Request: w.o.request(request), Workers: workers(w.setup), Memory: memoryForWorkers()})
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
