package pipeline

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"sparsel/pipeline/canon"
	"sparsel/pipeline/store"
)

// A File is a stored or newly written file that a stage may read.
type File struct {
	Content ContentID
	Path    string
}

// Redone is the result of running a stage again.
type Redone struct {
	Outputs []store.Output
	dir     string
}

// Path returns the path of the named output. It is valid until the caller
// removes the directory that was given to Redo.
func (r *Redone) Path(output string) string { return filepath.Join(r.dir, "out", output) }

// File returns an output as an input for another stage.
func (r *Redone) File(output string) File {
	for _, o := range r.Outputs {
		if o.Name == output {
			return File{o.Content, r.Path(output)}
		}
	}
	return File{}
}

// Redo runs the stage of a node in dir, on files that the caller vouches for.
// It creates dir, and the caller removes it. The store gets neither a record
// nor a file. An input that is not in the map is absent, which is allowed only
// if it is optional.
func (e *Engine) Redo(ctx context.Context, n *Node, inputs map[string]File, dir string) (*Redone, error) {
	return e.redo(ctx, n, inputs, dir, perform)
}

// RedoIn is Redo in a worker process that is started for it.
func (e *Engine) RedoIn(ctx context.Context, w *Workers, n *Node, inputs map[string]File, dir string) (*Redone, error) {
	p, err := newPool(w, 1, nil)
	if err != nil {
		return nil, fmt.Errorf("redo %s: %w", n.Name, err)
	}
	defer p.close()
	return e.redo(ctx, n, inputs, dir, func(ctx context.Context, job *Job) error {
		_, err := p.do(ctx, job, max(defaultSilence, n.Stage.Silence), nobodysTry)
		return err
	})
}

func (e *Engine) redo(ctx context.Context, n *Node, inputs map[string]File, dir string,
	perform func(context.Context, *Job) error) (*Redone, error) {
	if err := os.MkdirAll(filepath.Join(dir, "out"), 0o755); err != nil {
		return nil, fmt.Errorf("redo %s: %w", n.Name, err)
	}
	log := newNodeLog(filepath.Join(dir, "log"), n.Name, e.Now)
	defer log.close()
	job := &Job{
		node: n, dir: dir, inputs: make(map[string]jobInput, len(n.Inputs)),
		say:     func(text string) { log.printf("%s", text) },
		blob:    func(ContentID) (string, bool) { return "", false },
		advance: func(float64, float64, string) {},
	}
	job.action = e.RedoActionID(n, inputs)
	for _, in := range n.Inputs {
		f, ok := inputs[in.Name]
		if !ok && !in.Optional {
			return nil, fmt.Errorf("redo %s: input %s is not there", n.Name, in.Name)
		}
		job.inputs[in.Name] = jobInput{f.Content, f.Path}
	}
	if err := perform(ctx, job); err != nil {
		return nil, fmt.Errorf("redo %s: %w", n.Name, err)
	}
	outputs, err := collect(new(store.Checker), job)
	if err != nil {
		return nil, fmt.Errorf("redo %s: %w", n.Name, err)
	}
	return &Redone{outputs, dir}, nil
}

// RedoActionID returns the action that Redo does. The engine must have resolved
// or planned the node's graph.
func (e *Engine) RedoActionID(n *Node, inputs map[string]File) ActionID {
	a := recipe(n, e.code[n.Stage.Package], nil)
	a.complete(n, func(in Input) *ContentID {
		if f, ok := inputs[in.Name]; ok {
			return &f.Content
		}
		return nil
	}, nil)
	return a.id
}

// PinnedActionID is RedoActionID combined with the source of the pinned
// packages of this program, because what one program has shown does not hold
// for another.
func (e *Engine) PinnedActionID(n *Node, inputs map[string]File) ActionID {
	action, pinned := e.RedoActionID(n, inputs), e.code[n.Stage.Package].Pinned
	if len(pinned) == 0 {
		return action
	}
	h := canon.NewHash("sparsel doing 1", nil)
	h.Bytes("action", action[:])
	for _, path := range slices.Sorted(maps.Keys(pinned)) {
		source := pinned[path].Source
		h.Bytes(path, source[:])
	}
	return h.Sum()
}
