package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"sparsel/pipeline/codeid"
	"sparsel/pipeline/store"
)

// An Audit is the result of reading everything under an output directory and
// comparing it with everything else.
type Audit struct {
	Faults     []store.Fault // paths are relative to the output directory
	Notes      []string
	Files      int // files that were hashed or read
	Bytes      int64
	Provenance *Provenance
	Resolved   []*Resolved // in execution order

	mu        sync.Mutex // guards sound while results are produced again
	written   Written
	lost      map[string]bool // manifests known to be lost for good, by path
	sound     map[ContentID]int64
	published map[string]bool // files that have the right content, by path
	bad       map[string]bool // store files with faults, by path
	cleaned   int             // published files that were removed on purpose
}

// Rehash reads every byte of the store and of the published files of a graph,
// and names whatever is damaged, missing or does not belong there. It takes no
// lock and writes nothing. The error is about the audit itself; findings are in
// Faults.
func (e *Engine) Rehash(ctx context.Context, g *Graph, o store.ScanOptions) (*Audit, error) {
	scan, err := e.Store.Scan(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	a := newAudit(e, scan)
	a.below(e)
	slices.SortFunc(a.Faults, func(x, y store.Fault) int {
		return cmp.Or(strings.Compare(x.Path, y.Path), strings.Compare(x.What, y.What))
	})
	if a.Resolved, err = e.Resolve(ctx, g, a.Provenance); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	if err := a.auditPublished(e, a.Resolved); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	return a, nil
}

// newAudit compares the parts of a scan of the store with one another. Paths
// are relative to the store.
func newAudit(e *Engine, scan *store.Scan) *Audit {
	a := &Audit{
		Faults: scan.Faults, Notes: scan.Notes, Files: scan.Files, Bytes: scan.Bytes,
		written: writtenIn(scan.Events), lost: lostFiles(scan.Events),
		sound: scan.Blobs, published: map[string]bool{}, bad: map[string]bool{},
	}
	p, faults := newProvenance(e.Store, scan.Records)
	a.Provenance, a.Faults = p, append(a.Faults, faults...)
	a.adopted(e.Store)
	a.manifests(e.Store)
	a.journal(scan.Events)
	a.cache(e.Store)
	return a
}

// Written returns the contents of the files for people, as far as the journal
// tells.
func (a *Audit) Written() Written { return a.written }

// cache checks the cached answers of the go command about modules.
func (a *Audit) cache(s *store.Store) {
	if err := codeid.CheckCache(cachePath(s)); err != nil && !errors.Is(err, fs.ErrNotExist) && !a.named("cache/modules") {
		a.fault(store.Damaged, "cache/modules", "%v; it is made again and decides nothing", err)
	}
}

// named reports whether there is a fault with that path.
func (a *Audit) named(path string) bool {
	return slices.ContainsFunc(a.Faults, func(f store.Fault) bool { return f.Path == path })
}

// journal checks that the journal tells of the runs that produced the results.
func (a *Audit) journal(events []store.Event) {
	runs := forgottenRuns(events, a.Provenance.actions)
	if len(runs) == 0 || a.named("journal.jsonl") {
		return
	}
	results := 0
	for _, n := range runs {
		results += n
	}
	a.fault(store.Damaged, "journal.jsonl",
		"it does not mention %s, of which %s is the first, that made %s: a part of it is gone; no result is lost",
		counted(len(runs), "run"), slices.Min(slices.Collect(maps.Keys(runs))), counted(results, "result"))
}

// AlsoPublished checks the files that another graph publishes from the same
// store, and adds what it finds. The two graphs must publish to different
// directories.
func (a *Audit) AlsoPublished(ctx context.Context, e *Engine, g *Graph) error {
	resolved, err := e.Resolve(ctx, g, a.Provenance)
	if err == nil {
		err = a.auditPublished(e, resolved)
	}
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// manifests checks that the code manifests named by the records exist.
func (a *Audit) manifests(s *store.Store) {
	users := map[codeid.Hash]string{}
	for _, m := range a.Provenance.actions {
		for _, code := range m.codes() {
			if users[code] == "" || m.Node < users[code] {
				users[code] = m.Node
			}
		}
	}
	for code, node := range users {
		_, err := a.Provenance.Code(code)
		switch path := store.IDPath("manifests", code); {
		case errors.Is(err, fs.ErrNotExist) && a.lost[path]:
			a.Notes = append(a.Notes,
				fmt.Sprintf("the code that made %s, and perhaps others, is no longer known: its description was damaged", node))
		case errors.Is(err, fs.ErrNotExist):
			a.fault(store.Missing, path, "is the code that made %s and perhaps others", node)
		case err != nil && !a.named(path):
			a.fault(store.Damaged, path, "%v", err)
		}
	}
	slices.Sort(a.Notes)
}

// below turns paths relative to the store into paths relative to the output
// directory.
func (a *Audit) below(e *Engine) {
	prefix := e.Store.Dir()
	if out, err := filepath.Abs(e.Out); err == nil {
		if relative, err := filepath.Rel(out, prefix); err == nil {
			prefix = relative
		}
	}
	for i := range a.Faults {
		a.bad[a.Faults[i].Path] = true
		a.Faults[i].Path = path.Join(filepath.ToSlash(prefix), a.Faults[i].Path)
	}
}

func (a *Audit) fault(kind store.FaultKind, path, what string, args ...any) {
	a.Faults = append(a.Faults, store.Fault{Kind: kind, Path: path, What: fmt.Sprintf(what, args...)})
}

// auditPublished checks every file in the directories that the graph publishes
// to.
func (a *Audit) auditPublished(e *Engine, resolved []*Resolved) error {
	owner := map[string]*Resolved{}
	dirs := map[string]bool{}
	before := a.cleaned
	for _, r := range resolved {
		for _, output := range slices.Sorted(maps.Keys(r.Node.Publish)) {
			path := filepath.Clean(r.Node.Publish[output])
			owner[path], dirs[filepath.Dir(path)] = r, true
			if err := a.auditFile(e, r, output, path); err != nil {
				return err
			}
		}
	}
	if n := a.cleaned - before; n > 0 {
		a.Notes = append(a.Notes, fmt.Sprintf("%d published files were removed by `clean`; the next run publishes them again", n))
	}
	for _, dir := range slices.Sorted(maps.Keys(dirs)) {
		files, err := os.ReadDir(filepath.Join(e.Out, dir))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, f := range files {
			path := filepath.Join(dir, f.Name())
			if f.IsDir() || owner[path] != nil {
				continue
			}
			if strings.HasPrefix(f.Name(), tempMark) {
				a.Notes = append(a.Notes, filepath.ToSlash(path)+" is half published: by a run at work, or by one that was killed")
				continue
			}
			a.auditStray(e, path)
		}
	}
	return nil
}

// auditFile compares one published file with the output of its node.
func (a *Audit) auditFile(e *Engine, r *Resolved, output, path string) error {
	shown := filepath.ToSlash(path)
	got, size, err := store.HashFile(filepath.Join(e.Out, path))
	absent := errors.Is(err, fs.ErrNotExist)
	if err == nil {
		a.Files, a.Bytes = a.Files+1, a.Bytes+size
	}
	var want *store.Output
	if r.Made != nil {
		want = r.Made.Output(output)
	}
	switch {
	case absent && want == nil: // it was never requested
	case absent && a.written.Removed[shown]:
		a.cleaned++
		a.published[path] = true // the store still has its content, which is judged there
	case absent:
		a.fault(store.Missing, shown, "is %s of %s, which the store has; the next run publishes it again", output, r.Node.Name)
	case err != nil:
		a.fault(store.Unreadable, shown, "%v", err)
	case want != nil && got == want.Content:
		a.published[path] = true
	case a.Provenance.makers[got] != nil, a.earlier(shown, got):
		what := shown + " is out of date: " + collected
		if m := a.Provenance.Maker(got, r.Node.Name); m != nil {
			what = fmt.Sprintf("%s is out of date: it was made by action %s in run %s, with other parameters, inputs or code "+
				"than the present ones", shown, m.Action.Short(), m.Run)
		}
		if want == nil {
			a.Notes = append(a.Notes, what)
		} else {
			a.fault(store.Damaged, shown, "does not hold %s of %s: %s", output, r.Node.Name, what)
		}
	case want != nil:
		a.fault(store.Damaged, shown, "has been altered: its SHA-256 is %s, %s of %s has %s", got, output, r.Node.Name, want.Content)
	default:
		a.fault(store.Extra, shown, "no record says what made it, by its SHA-256 %s", got)
	}
	return nil
}

// auditStray judges a file that no node of the graph publishes.
func (a *Audit) auditStray(e *Engine, path string) {
	shown := filepath.ToSlash(path)
	got, size, err := store.HashFile(filepath.Join(e.Out, path))
	if err != nil {
		a.fault(store.Unreadable, shown, "%v", err)
		return
	}
	a.Files, a.Bytes = a.Files+1, a.Bytes+size
	if m := a.Provenance.Maker(got, ""); m != nil {
		a.Notes = append(a.Notes, fmt.Sprintf("%s is left over: %s made it, and the parameters no longer ask for it there", shown, m.Node))
		return
	}
	if a.earlier(shown, got) {
		a.Notes = append(a.Notes, fmt.Sprintf("%s is left over: %s, and the parameters no longer ask for it there", shown, collected))
		return
	}
	a.fault(store.Extra, shown, "was not made by this store; move it away")
}

// collected says what is known of a file when its record is gone.
const collected = "an earlier run published it, and a collection has removed the record of what made it"

// earlier reports whether a file is what the journal says was published there
// last.
func (a *Audit) earlier(shown string, got ContentID) bool {
	was, told := a.written.Holds[shown]
	return told && was == got
}

// Sound reports whether every byte of a result was found to be right: its
// record, its outputs and the node's published files, except for those that
// were removed on purpose.
func (a *Audit) Sound(r *Resolved) bool {
	if r.Made == nil || a.bad[storePath(a.Provenance.store, a.Provenance.store.RecordPath(r.Made.Action))] {
		return false
	}
	for _, o := range r.Made.Outputs {
		if size, ok := a.sound[o.Content]; !ok || size != o.Size {
			return false
		}
	}
	for output, path := range r.Node.Publish {
		if r.Made.Output(output) != nil && !a.published[filepath.Clean(path)] {
			return false
		}
	}
	return true
}
