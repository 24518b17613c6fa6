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

// A File is stored or fresh bytes that a stage may read.
type File struct {
	Content ContentID
	Path    string
}

// Redone is what came out when a stage ran again.
type Redone struct {
	Outputs []store.Output
	dir     string
}

// Path returns where the named output lies until the directory it was made in
// is removed.
func (r *Redone) Path(output string) string { return filepath.Join(r.dir, "out", output) }

// File returns an output as another stage may read it.
func (r *Redone) File(output string) File {
	for _, o := range r.Outputs {
		if o.Name == output {
			return File{o.Content, r.Path(output)}
		}
	}
	return File{}
}

// Redo runs the stage of a node in dir, a directory that is made and is the
// caller's to remove, on files that the caller vouches for. The store gets no
// record of it and no file. An input that the map lacks is absent, which only
// an optional one may be.
func (e *Engine) Redo(ctx context.Context, n *Node, inputs map[string]File, dir string) (*Redone, error) {
	return e.redo(ctx, n, inputs, dir, perform)
}

// RedoIn is Redo in a worker process, which is started for it.
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

func (e *Engine) redo(ctx context.Context, n *Node, inputs map[string]File, dir string, perform func(context.Context, *Job) error) (*Redone, error) {
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

// RedoActionID returns the action that Redo does. The engine must have resolved or
// planned the node's graph.
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

// PinnedActionID is RedoActionID with the source of the pinned packages that this program
// does the action with: what one program has shown, another has not.
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
