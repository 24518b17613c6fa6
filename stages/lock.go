package stages

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"

	"sparsel/pipeline"
	"sparsel/stages/aggregate"
	"sparsel/stages/lock"
	"sparsel/stages/params"
	"sparsel/stages/train"
)

// Lock writes artifacts.lock beside the parameter file: the contents of everything that a complete run has given.
// It hashes all of it anew, and refuses while anything is not current.
func Lock(ctx context.Context, o Options) error {
	w, err := o.open(nil)
	if err != nil {
		return err
	}
	w.engine.Paranoid = true
	plan, err := w.engine.Plan(ctx, w.graph, w.targets())
	if err != nil {
		return err
	}
	if !plan.Idle() {
		n := len(plan.Steps) - plan.Count(pipeline.Current)
		return fmt.Errorf("lock: %d of %d nodes are not current, or a published file is not what it should be; bring them up to date with `go tool mage all` and try again", n, len(plan.Steps))
	}
	l, err := w.newLock(ctx)
	if err != nil {
		return err
	}
	p, _, err := pipeline.ReadProvenance(ctx, w.store)
	if err != nil {
		return err
	}
	seconds := 0.0
	for i := range plan.Steps {
		s := &plan.Steps[i]
		for _, output := range s.Outputs {
			if path, ok := locked(s.Node, output.Name); ok {
				l.Outputs[lock.Output{Node: s.Node.Name, Name: output.Name}] = lock.Result{Content: lock.ID(output.Content), Path: path}
			}
		}
		if m := p.Action(s.Action); m != nil {
			seconds += m.Seconds
		}
	}
	l.Seconds = int64(math.Ceil(seconds))
	if err := renameio.WriteFile(o.lockPath(), l.Encode(), 0o644); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	_, err = fmt.Fprintf(o.stdout(), "%s: %d outputs of %d nodes\n", o.lockPath(), len(l.Outputs), len(plan.Steps))
	return err
}

// lockPath is beside the parameters, whose results it holds; each profile has its own.
func (o Options) lockPath() string {
	name := "artifacts.lock"
	if profile := orDefault(o.Profile, params.Paper); profile != params.Paper && profile != "" {
		name = "artifacts." + profile + ".lock"
	}
	return filepath.Join(filepath.Dir(orDefault(o.Params, "params.toml")), name)
}

// readLock returns nil where there is none.
func (o Options) readLock() (*lock.Lock, error) {
	text, err := os.ReadFile(o.lockPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	l, err := lock.Parse(text)
	if err != nil {
		err = fmt.Errorf("read %s: %w", o.lockPath(), err)
	}
	return l, err
}

// newLock is the lock of this study, without results.
func (w *workspace) newLock(ctx context.Context) (*lock.Lock, error) {
	code, err := w.engine.CodeOf(ctx, w.graph)
	if err != nil {
		return nil, err
	}
	l := &lock.Lock{
		Profile: w.params.Profile.Name(), Params: w.graph.ParamsHash(),
		Code: map[string]lock.ID{}, Modules: map[string]string{}, Packages: map[string]lock.ID{}, Outputs: map[lock.Output]lock.Result{},
	}
	for stage, id := range code {
		l.Go, l.Code[stage] = id.Go, lock.ID(id.ID)
		for path, sum := range id.Packages {
			l.Packages[path] = lock.ID(sum)
		}
		maps.Copy(l.Modules, id.Modules)
	}
	return l, nil
}

// locked reports whether an output stands in the lock, and where it is published. Besides what people see, these are
// the data, the record of every training (by which it can be repeated and compared without a store) and the numbers
// behind the figures (by which a lost figure is known).
func locked(n *pipeline.Node, output string) (path string, ok bool) {
	if path, ok = n.Publish[output]; ok {
		return filepath.ToSlash(path), true
	}
	switch n.Stage.Name {
	case "fetch":
		return "", true
	case "train":
		return "", output == train.Record
	case "aggregate":
		return "", output == aggregate.Summaries
	}
	return "", false
}

// outputsOf are contents by node and output name.
type outputsOf map[string]map[string]pipeline.ContentID

// differing lists the outputs whose content is another than the lock's. What is only on one side is left out: a run
// may be of a part, and a lock of an earlier time.
func (have outputsOf) differing(l *lock.Lock) []lock.Output {
	var list []lock.Output
	for _, o := range l.Sorted() {
		if id, ok := have[o.Node][o.Name]; ok && lock.ID(id) != l.Outputs[o].Content {
			list = append(list, o)
		}
	}
	return list
}

// lockNote says in a line that results are not those of the lock, or that the lock cannot be read; it is empty where
// there is nothing to say.
func (w *workspace) lockNote(o Options, have outputsOf) string {
	l, err := o.readLock()
	if err != nil {
		return err.Error()
	}
	if l == nil {
		return ""
	}
	var nodes []string
	for _, d := range have.differing(l) {
		if !slices.Contains(nodes, d.Node) {
			nodes = append(nodes, d.Node)
		}
	}
	if nodes == nil {
		return ""
	}
	why := ""
	if l.Params != lock.ID(w.graph.ParamsHash()) {
		why = ", and so do the parameters"
	}
	const shown = 5
	rest := ""
	if len(nodes) > shown {
		rest = fmt.Sprintf(" and %d more", len(nodes)-shown)
	}
	return fmt.Sprintf("results differ from %s in %s%s%s; `go tool mage diff` says how", o.lockPath(), strings.Join(nodes[:min(shown, len(nodes))], ", "), rest, why)
}

// reportLock is lockNote for a finished run.
func (w *workspace) reportLock(o Options, report *pipeline.Report) {
	have := outputsOf{}
	for _, r := range report.Results {
		have[r.Name] = r.Outputs
	}
	if note := w.lockNote(o, have); note != "" {
		fmt.Fprintln(os.Stderr, note)
	}
}

// statusLock is lockNote for a status.
func (w *workspace) statusLock(o Options, status *pipeline.Status) error {
	have := outputsOf{}
	for _, n := range status.Nodes {
		have[n.Name] = n.Outputs
	}
	note := w.lockNote(o, have)
	if note == "" {
		return nil
	}
	_, err := fmt.Fprintln(o.stdout(), note)
	return err
}
