package stages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"slices"

	"sparsel/pipeline"
	"sparsel/pipeline/store/disk"
	"sparsel/stages/words"
)

// build opens the study and builds the results of a kind with the given ids.
func build(ctx context.Context, kind, ids string, o Options) error {
	w, err := o.open(events())
	if err != nil {
		return err
	}
	var targets []string
	for _, id := range several(ids) {
		names, err := w.Of(kind, id)
		if err != nil {
			return err
		}
		targets = append(targets, names...)
	}
	return w.build(ctx, kind+" "+ids, targets)
}

// build plans the targets and carries the plan out. For a dry run it only
// prints the plan.
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
		if report != nil && orDefault(w.o.JSON, false) { // so that a program reading it sees what failed
			err = errors.Join(err, printJSON(w.o.stdout(), report))
		}
		return err
	}
	w.reportLock(report)
	if err := w.noteTry(); err != nil {
		return err
	}
	return w.o.printReport(plan, report)
}

// run brings the targets up to date. It ends early, and safely, when ctx ends
// or on SIGTERM.
func (w *workspace) run(ctx context.Context, request string, targets []string) (*pipeline.Plan, *pipeline.Report, error) {
	jobs, err := w.o.jobs()
	if err != nil {
		return nil, nil, err
	}
	ctx, stop := untilTerminated(ctx)
	defer stop()
	w.o.sweep()
	plan, err := w.engine.Plan(ctx, w.Graph, targets)
	if err != nil {
		return nil, nil, err
	}
	o := pipeline.Options{Jobs: jobs, Request: w.o.request(request), Workers: workers(w.setup, w.Images), Memory: memoryForWorkers()}
	if err := w.o.launch(&o); err != nil {
		return nil, nil, err
	}
	if o.Memory > 0 { // otherwise it is unknown, or work is done on other machines
		if err := fits(plan, machineMemory()); err != nil {
			return nil, nil, err
		}
	}
	report, err := w.engine.Run(ctx, plan, o)
	return plan, report, err
}

// sweep removes temporary files of commands that were killed while they wrote a
// lock or a report. It ignores errors, such as those of a read-only folder,
// because the files do no harm.
func (o Options) sweep() {
	for _, path := range []string{o.lockPath(), filepath.Join(o.out(), o.prefix(), reportFile)} {
		earlier := regexp.MustCompile(`^\.` + regexp.QuoteMeta(filepath.Base(path)) + `[0-9]+$`) // as earlier programs called it
		_ = disk.SweepBeside(path, earlier)
	}
}

// mostPaths is how many published files are listed one by one. If there are
// more, they are counted by folder.
const mostPaths = 12

// printReport says where the results are.
func (o Options) printReport(plan *pipeline.Plan, report *pipeline.Report) error {
	if orDefault(o.JSON, false) {
		return printJSON(o.stdout(), report)
	}
	var paths []string
	folders := map[string]int{}
	for _, s := range plan.Steps {
		for _, path := range s.Node.Publish {
			paths = append(paths, filepath.Join(o.out(), path))
			folders[filepath.Join(o.out(), filepath.Dir(path))]++
		}
	}
	slices.Sort(paths)
	if len(paths) > mostPaths && !orDefault(o.Verbose, false) {
		paths = nil
		for _, folder := range slices.Sorted(maps.Keys(folders)) {
			paths = append(paths, fmt.Sprintf("%s: %s", folder, words.Counted(folders[folder], "file")))
		}
	}
	for _, path := range paths {
		if _, err := fmt.Fprintln(o.stdout(), path); err != nil {
			return err
		}
	}
	return nil
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
