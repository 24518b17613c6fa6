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

	"sparsel/pipeline"
	"sparsel/pipeline/codeid"
	"sparsel/pipeline/store"
	"sparsel/pipeline/store/disk"
	"sparsel/stages/aggregate"
	"sparsel/stages/fetch"
	"sparsel/stages/lock"
	"sparsel/stages/train"
	"sparsel/stages/words"
)

// Lock writes artifacts.lock beside the parameter file. It records the contents
// of everything that a complete run produces. Lock hashes all of it again, and
// refuses to write while anything is not current.
func Lock(ctx context.Context, o Options) error {
	w, err := o.open(nil)
	if err != nil {
		return err
	}
	w.engine.Paranoid = true
	plan, err := w.engine.Plan(ctx, w.Graph, w.Targets())
	if err != nil {
		return err
	}
	if !plan.Idle() {
		return fmt.Errorf("lock: %s; `%s` brings everything up to date", notIdle(plan), o.command("all"))
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
		lockOutputs(l, s.Node, s.Outputs)
		if m := p.Action(s.Action); m != nil {
			seconds += m.Seconds
			if m.Adopted != nil {
				l.Adopted[s.Node.Name] = lock.ID(m.Adopted.Code)
			}
		}
	}
	l.Seconds = int64(math.Ceil(seconds))
	if err := disk.WriteBeside(o.lockPath(), l.Encode(), 0o666); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	_, err = fmt.Fprintf(o.stdout(), "%s: %s of %s\n",
		o.lockPath(), words.Counted(len(l.Outputs), "output"), words.Counted(len(plan.Steps), "node"))
	return err
}

// notIdle says how much of a plan is to be done.
func notIdle(plan *pipeline.Plan) string {
	var parts []string
	if n := len(plan.Steps) - plan.Count(pipeline.Current); n > 0 {
		parts = append(parts, fmt.Sprintf("%d of %s %s not current", n, words.Counted(len(plan.Steps), "node"), be(n)))
	}
	files := 0
	for _, s := range plan.Steps {
		files += len(s.Restore)
	}
	if files > 0 {
		parts = append(parts, fmt.Sprintf("%s %s missing or changed", words.Counted(files, "published file"), be(files)))
	}
	return strings.Join(parts, ", and ")
}

// lockPath returns the path of the lock, which is beside the parameters that it
// belongs to: artifacts.lock for params.toml, mine.artifacts.lock for
// mine.toml, artifacts.quick.lock for a profile. So two parameter files in a
// folder do not overwrite each other's lock.
func (o Options) lockPath() string {
	dir, file := filepath.Split(o.params())
	var parts []string
	if file != "params.toml" {
		parts = append(parts, strings.TrimSuffix(file, ".toml"))
	}
	parts = append(parts, "artifacts")
	if o.prefix() != "" {
		parts = append(parts, o.prefix())
	}
	return filepath.Join(dir, strings.Join(append(parts, "lock"), "."))
}

// paramsOfLock returns the name of the parameter file that a lock of this name
// is beside; see lockPath.
func paramsOfLock(file string) string {
	name, _, named := strings.Cut(filepath.Base(file), ".artifacts.")
	if !named {
		return "params.toml"
	}
	return name + ".toml"
}

// diffCommand returns the command that compares the results with the lock.
func (o Options) diffCommand() string { return o.command("diff " + word(o.lockPath())) }

// maxLock is larger than the lock of any study.
const maxLock = 1 << 28

// readLock returns nil if there is no lock.
func (o Options) readLock() (*lock.Lock, error) {
	l, err := parseLock(o.lockPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w; restore it from version control, or move it away and write it again with `%s`", err, o.command("lock"))
	}
	return l, nil
}

// parseLock reads a lock from its file.
func parseLock(file string) (*lock.Lock, error) {
	text, err := disk.ReadLinked(file, maxLock)
	if err != nil {
		return nil, err
	}
	l, err := lock.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return l, nil
}

// lockCode adds the code that a stage consists of.
func lockCode(l *lock.Lock, code codeid.Identity) {
	l.Go = code.Go
	maps.Copy(l.Modules, code.Modules)
	for path, sum := range code.Packages {
		l.Packages[path] = lock.ID(sum)
	}
}

// lockOutputs adds the outputs of a node that are recorded in the lock.
func lockOutputs(l *lock.Lock, n *pipeline.Node, outputs []store.Output) {
	for _, output := range outputs {
		if path, ok := lockedPath(n, output.Name); ok {
			l.Outputs[lock.Output{Node: n.Name, Name: output.Name}] = lock.Result{Content: lock.ID(output.Content), Path: path}
		}
	}
}

// newLock returns the lock of this study, without results.
func (w *workspace) newLock(ctx context.Context) (*lock.Lock, error) {
	code, err := w.engine.CodeOf(ctx, w.Graph)
	if err != nil {
		return nil, err
	}
	l := lock.New()
	l.Profile, l.Params = w.Params.Profile.Name(), w.Graph.ParamsHash()
	for stage, id := range code {
		l.Code[stage] = lock.ID(id.ID)
		lockCode(l, id)
	}
	for _, n := range w.Graph.Nodes() {
		if n.Stage.Contract != "" {
			l.Contract[n.Stage.Name] = n.Stage.Contract
		}
	}
	return l, nil
}

// lockedPath reports whether an output is recorded in the lock, and where it is
// published. Besides what people see, the lock records the data, the record of
// every training, by which it can be repeated and compared without a store, and
// the numbers behind the figures, by which a lost figure can be recognised.
func lockedPath(n *pipeline.Node, output string) (path string, ok bool) {
	if path, ok = n.Publish[output]; ok {
		return filepath.ToSlash(path), true
	}
	switch n.Stage.Name {
	case fetch.Kind:
		return "", true
	case train.Kind:
		return "", output == train.Record
	case aggregate.Kind:
		return "", output == aggregate.Summaries
	}
	return "", false
}

// outputsOf maps nodes and output names to content ids.
type outputsOf map[string]map[string]pipeline.ContentID

// differing lists the outputs whose content differs from the lock's. It ignores
// outputs that only one side has, because a run may cover only a part, and a
// lock may be older.
func (have outputsOf) differing(l *lock.Lock) []lock.Output {
	var list []lock.Output
	for _, o := range l.Sorted() {
		if id, ok := have[o.Node][o.Name]; ok && lock.ID(id) != l.Outputs[o].Content {
			list = append(list, o)
		}
	}
	return list
}

// isOf reports whether a lock was written from the workspace's parameters.
// Others may well give something else.
func (w *workspace) isOf(l *lock.Lock) bool {
	return l.Params == lock.ID(w.Graph.ParamsHash())
}

// lockNote says in one line that results differ from those of the lock, or that
// the lock cannot be read. It is empty if there is nothing to say.
func (w *workspace) lockNote(have outputsOf) string {
	l, err := w.o.readLock()
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
	if !w.isOf(l) {
		why = ", and so do the parameters"
	}
	const shown = 5
	rest := ""
	if len(nodes) > shown {
		rest = fmt.Sprintf(" and %d more", len(nodes)-shown)
	}
	return fmt.Sprintf("results differ from %s in %s%s%s; `%s` says how",
		w.o.lockPath(), strings.Join(nodes[:min(shown, len(nodes))], ", "), rest, why, w.o.diffCommand())
}

// reportLock is lockNote for a finished run.
func (w *workspace) reportLock(report *pipeline.Report) {
	have := outputsOf{}
	for _, r := range report.Results {
		have[r.Name] = r.Outputs
	}
	if note := w.lockNote(have); note != "" {
		fmt.Fprintln(os.Stderr, note)
	}
}

// statusLock is lockNote for a status.
func (w *workspace) statusLock(status *pipeline.Status) error {
	have := outputsOf{}
	for _, n := range status.Nodes {
		have[n.Name] = n.Outputs
	}
	note := w.lockNote(have)
	if note == "" {
		return nil
	}
	_, err := fmt.Fprintln(w.o.stdout(), note)
	return err
}
