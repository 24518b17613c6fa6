package stages

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sparsel/pipeline"
	"sparsel/stages/train"
	"sparsel/trainer/kernel"
)

// AdoptFlags are the flags of Adopt. A nil flag was not given.
type AdoptFlags struct {
	Stage *string // whose results are adopted; must be train
	K     *int    // trainings to repeat besides the cheapest of each experiment and those that coverage needs
}

// Adopt takes over results that other code made if repeating a sample of them
// with the present code gives the same bytes. A single difference means that
// nothing is adopted. The repeated results stay in the store, because the
// present code made them.
func Adopt(ctx context.Context, f AdoptFlags, o Options) error {
	stage, k := orDefault(f.Stage, ""), orDefault(f.K, 10)
	if stage != train.Kind {
		return fmt.Errorf("adopt: -stage=%s: must be %s; what follows the trainings is made again in less time than it takes to prove it",
			stage, train.Kind)
	}
	if k < 0 {
		return fmt.Errorf("adopt: -k=%d: must not be negative", k)
	}
	if _, err := o.jobs(); err != nil {
		return fmt.Errorf("adopt: %w", err)
	}
	w, err := o.open(events())
	if err != nil {
		return err
	}
	a, err := w.newAdoption(ctx, k)
	if err != nil {
		return err
	}
	if err := a.differences(); err != nil {
		return err
	}
	if len(a.candidates) == 0 {
		_, err := fmt.Fprintln(o.stdout(), "there is nothing to adopt: every training has a result of the present code, or none to be taken over")
		return errors.Join(err, a.sayForeign())
	}
	if orDefault(o.DryRun, false) {
		return a.announce(ctx)
	}
	return a.carryOut(ctx)
}

// carryOut repeats the sample, compares it, and adopts the rest.
func (a *adoption) carryOut(ctx context.Context) error {
	ctx, stop := untilTerminated(ctx)
	defer stop()
	ran := 0
	if targets := a.targets(); len(targets) > 0 { // an empty list would mean every target
		_, report, err := a.run(ctx, "adopt "+train.Kind, targets)
		if err != nil {
			return fmt.Errorf("adopt: nothing is adopted, the sample is not complete: %w", err)
		}
		ran = report.Counts[pipeline.Executed]
	}
	// The sample stays as it was chosen, although its trainings now have
	// results of the present code.
	sample := a.sample
	if err := a.resolve(ctx); err != nil {
		return err
	}
	a.sample = nil
	for _, r := range sample {
		a.sample = append(a.sample, a.byName[r.Node.Name])
	}
	if err := a.differences(); err != nil {
		return err
	}
	if missing := a.uncovered(); len(missing) > 0 {
		return fmt.Errorf("adopt: nothing is adopted, no repeated training has %s", strings.Join(missing, "; "))
	}
	witnesses, err := a.tryKernels(ctx, ran > 0)
	if err != nil {
		return err
	}
	for _, r := range a.evidence() {
		witnesses = append(witnesses, pipeline.Witness{Node: r.Node.Name})
	}
	var nodes []string
	for _, r := range a.candidates {
		nodes = append(nodes, r.Node.Name)
	}
	if len(nodes) == 0 {
		_, err := fmt.Fprintf(a.o.stdout(), "%s repeated, the same to the last byte; nothing is left to adopt\n",
			countOf(len(a.evidence()), train.Kind))
		return err
	}
	adopted, left, err := a.engine.Adopt(ctx, a.Graph, nodes, witnesses, a.o.request("adopt "+train.Kind))
	out := a.o.stdout()
	for _, text := range left {
		fmt.Fprintf(out, "not adopted: %s\n", text)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s adopted, on the evidence of %d repetitions that gave the same bytes; `why` and a training's name list them\n",
		countOf(len(adopted), train.Kind), len(witnesses))
	return a.sayForeign()
}

// announce prints what a dry run would do.
func (a *adoption) announce(ctx context.Context) error {
	out := a.o.stdout()
	jobs, err := a.o.jobs()
	if err != nil {
		return err
	}
	text := "how long it takes is not known yet"
	if targets := a.targets(); len(targets) > 0 {
		plan, err := a.engine.Plan(ctx, a.Graph, targets)
		if err != nil {
			return err
		}
		if d, unknown := plan.Estimate(jobs); d > 0 {
			text = "about " + duration(d)
			if unknown > 0 {
				text += fmt.Sprintf(" and %d steps never measured", unknown)
			}
		}
	} else {
		text = "no time, all are done"
	}
	rest := 0
	for _, r := range a.candidates {
		if !slices.Contains(a.sample, r) {
			rest++
		}
	}
	fmt.Fprintf(out, "would repeat %s, %s; %d done already are evidence too\n", countOf(len(a.targets()), train.Kind), text, len(a.evidence()))
	if names := a.otherKernels(len(a.targets()) > 0); len(names) > 0 {
		if r := a.cheapestOfAll(); r != nil {
			fmt.Fprintf(out, "would repeat %s with the kernels %s besides\n", r.Node.Name, strings.Join(names, ", "))
		}
	}
	fmt.Fprintf(out, "would adopt %s if all give the same bytes\n", countOf(rest, train.Kind))
	for _, code := range a.origins() {
		n := 0
		for _, r := range a.candidates {
			if originOf(r) == code {
				n++
			}
		}
		fmt.Fprintf(out, "  %d of %s without a result of the present code have one of code %s%s\n",
			n, countOf(len(a.candidates), train.Kind), code.String()[:12], a.goOf(code))
	}
	if orDefault(a.o.Verbose, false) {
		for _, r := range a.sample {
			fmt.Fprintf(out, "  %s: %s\n", r.Node.Name, a.reasons[r.Node.Name])
		}
	}
	return a.sayForeign()
}

// otherKernels lists the kernel sets, besides the active one, that a repetition
// must be made with. ran says that trainings were run in this session.
func (a *adoption) otherKernels(ran bool) []string {
	active, err := kernel.Active()
	var names []string
	for _, s := range kernel.Available() {
		if err != nil || !ran || s.Name != active.Name {
			names = append(names, s.Name)
		}
	}
	return names
}

// tryKernels repeats the cheapest training with every kernel set of this
// machine that no training of this session used.
func (a *adoption) tryKernels(ctx context.Context, ran bool) (list []pipeline.Witness, err error) {
	r := a.cheapestOfAll()
	if r == nil {
		return nil, errors.New("adopt: nothing is adopted, nothing was repeated")
	}
	scratch, err := os.MkdirTemp("", "sparsel-")
	if err != nil {
		return nil, fmt.Errorf("adopt: %w", err)
	}
	defer os.RemoveAll(scratch)
	inputs := map[string]pipeline.File{}
	for _, in := range r.Made.Inputs {
		inputs[in.Name] = pipeline.File{Content: *in.Content, Path: a.store.BlobPath(*in.Content)}
	}
	for _, name := range a.otherKernels(ran) {
		again := workers(a.setup, a.Images)
		if again == nil {
			return nil, errors.New("adopt: nothing is adopted, this program cannot start itself with other kernels")
		}
		again.Command = func() (*exec.Cmd, error) { return pipeline.Again(workerVariable+"=1", "SPARSEL_KERNEL="+name) }
		start := time.Now()
		redone, err := a.engine.RedoIn(ctx, again, r.Node, inputs, filepath.Join(scratch, name))
		if err != nil {
			return nil, fmt.Errorf("adopt: nothing is adopted, with the kernels %s: %w", name, err)
		}
		for _, o := range r.Made.Outputs {
			if redone.File(o.Name).Content != o.Content {
				text := ""
				if o.Name == train.Record {
					text = ": " + firstEpoch(a.store.BlobPath(o.Content), redone.Path(o.Name))
				}
				return nil, fmt.Errorf("adopt: nothing is adopted: %s %s has other bytes with the kernels %s%s", r.Node.Name, o.Name, name, text)
			}
		}
		fmt.Fprintf(os.Stderr, "adopt: %s with the kernels %s: the same, in %s\n", r.Node.Name, name, duration(time.Since(start)))
		list = append(list, pipeline.Witness{Node: r.Node.Name, With: "kernels " + name})
	}
	return list, nil
}
