package stages

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
	"sparsel/stages/train"
)

// Force runs nodes again, on their stored inputs, and compares the outputs with
// the stored ones. An input that the store knows but does not keep is made
// again first. The nodes are given by their names or ids, separated by commas.
// Force changes nothing: a node whose bytes differ is an error, and its results
// stay as they are.
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
	f := forcer{workspace: w, plan: plan, checker: w.store.NewChecker(), scratch: scratch, redone: map[string]*pipeline.Redone{}}
	var errs []error
	for _, name := range targets {
		errs = append(errs, f.force(ctx, name))
	}
	return errors.Join(errs...)
}

// forcer makes the nodes of a plan again.
type forcer struct {
	*workspace
	plan    *pipeline.Plan
	checker *store.Checker
	scratch string
	redone  map[string]*pipeline.Redone // by the names of the nodes
}

// again makes a node again, once, in a directory of its own.
func (f *forcer) again(ctx context.Context, name string) (*pipeline.Redone, error) {
	if r := f.redone[name]; r != nil {
		return r, nil
	}
	n := f.plan.Step(name).Node
	inputs := map[string]pipeline.File{}
	for _, in := range n.Inputs {
		for _, output := range f.plan.Step(in.From.Name).Outputs {
			if output.Name != in.Output {
				continue
			}
			file, err := f.input(ctx, in.From.Name, output)
			if err != nil {
				return nil, err
			}
			inputs[in.Name] = file
		}
	}
	r, err := f.engine.Redo(ctx, n, inputs, filepath.Join(f.scratch, fmt.Sprint(len(f.redone))))
	if err != nil {
		return nil, fmt.Errorf("force: %w", err)
	}
	f.redone[name] = r
	return r, nil
}

// input returns an output of a node for the nodes that read it.
func (f *forcer) input(ctx context.Context, from string, output store.Output) (pipeline.File, error) {
	err := f.checker.Blob(output.Content, output.Size, store.TrustNothing)
	switch {
	case err == nil:
		return pipeline.File{Content: output.Content, Path: f.store.BlobPath(output.Content)}, nil
	case !output.Away || !errors.Is(err, fs.ErrNotExist):
		return pipeline.File{}, fmt.Errorf("force: %s of %s: %w; `%s` repairs it", output.Name, from, err, f.o.command("all -paranoid"))
	}
	r, err := f.again(ctx, from)
	if err != nil {
		return pipeline.File{}, err
	}
	file := r.File(output.Name)
	if file.Content != output.Content {
		return pipeline.File{}, fmt.Errorf("force: %s of %s is not kept here, and made again it has other bytes: SHA-256 %s instead of %s",
			output.Name, from, file.Content, output.Content)
	}
	return file, nil
}

// force makes a node again and compares.
func (f *forcer) force(ctx context.Context, name string) error {
	redone, err := f.again(ctx, name)
	if err != nil {
		return err
	}
	w, step := f.workspace, f.plan.Step(name)
	out := w.o.stdout()
	same := true
	for _, output := range step.Outputs {
		got := redone.File(output.Name).Content
		if got == output.Content {
			if _, err := fmt.Fprintf(out, "%s %s: the same %d bytes, SHA-256 %s\n", name, output.Name, output.Size, got); err != nil {
				return err
			}
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
