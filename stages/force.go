package stages

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
	"sparsel/stages/train"
)

// Force runs nodes again, on their stored inputs, and compares the outputs with
// the stored ones. The nodes are given by their names or ids, separated by
// commas. Force changes nothing: a node whose bytes differ is an error, and its
// results stay as they are.
func Force(ctx context.Context, nodes string, o Options) error {
	w, scratch, err := o.openReadOnly()
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	ctx, stop := untilTerminated(ctx)
	defer stop()
	var targets []string
	for _, word := range several(nodes) {
		node, err := w.Node(word)
		if err != nil {
			return fmt.Errorf("force: %w", err)
		}
		targets = append(targets, node.Name)
	}
	plan, err := w.engine.Plan(ctx, w.Graph, targets)
	if err != nil {
		return err
	}
	for _, name := range targets {
		if step := plan.Step(name); step.State != pipeline.Current {
			return fmt.Errorf("force: %s is %s, so there is nothing to compare with; `%s` makes it",
				name, step.State, o.command(w.Target(step.Node)))
		}
	}
	var errs []error
	for i, name := range targets {
		errs = append(errs, w.force(ctx, plan, name, filepath.Join(scratch, fmt.Sprint(i))))
	}
	return errors.Join(errs...)
}

// force runs one node in a directory of its own.
func (w *workspace) force(ctx context.Context, plan *pipeline.Plan, name, dir string) error {
	step, checker := plan.Step(name), w.store.NewChecker()
	inputs := map[string]pipeline.File{}
	for _, in := range step.Node.Inputs {
		for _, output := range plan.Step(in.From.Name).Outputs {
			if output.Name != in.Output {
				continue
			}
			if err := checker.Blob(output.Content, output.Size, store.TrustNothing); err != nil {
				return fmt.Errorf("force: %s of %s: %w; `%s` repairs it", output.Name, in.From.Name, err, w.o.command("all -paranoid"))
			}
			inputs[in.Name] = pipeline.File{Content: output.Content, Path: w.store.BlobPath(output.Content)}
		}
	}
	redone, err := w.engine.Redo(ctx, step.Node, inputs, dir)
	if err != nil {
		return fmt.Errorf("force: %w", err)
	}
	out := w.o.stdout()
	same := true
	for _, output := range step.Outputs {
		got := redone.File(output.Name).Content
		if got == output.Content {
			fmt.Fprintf(out, "%s %s: the same %d bytes, SHA-256 %s\n", name, output.Name, output.Size, got)
			continue
		}
		same = false
		fmt.Fprintf(out, "%s %s: OTHER bytes, SHA-256 %s, stored is %s\n", name, output.Name, got, output.Content)
		there, here := w.engine.MadeOn(step.Action)
		fmt.Fprintf(out, "  what is stored was made on %s, and again on %s\n", there, here)
		if step.Node.Stage.Name == train.Kind && output.Name == train.Record {
			fmt.Fprintf(out, "  %s\n", firstEpoch(w.store.BlobPath(output.Content), redone.Path(output.Name)))
		}
	}
	if !same {
		return fmt.Errorf("force: %s gave other bytes than are stored; nothing was changed. A stage that is not deterministic or a damaged "+
			"machine does this", name)
	}
	return nil
}
