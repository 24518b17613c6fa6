package stages

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
	"sparsel/pipeline/store/disk"
	"sparsel/stages/lock"
	"sparsel/stages/words"
)

// AuditFlags are the flags of Audit. A nil flag was not given.
type AuditFlags struct {
	Level   *int    // 1: rehash everything; 2: also repeat everything after the trainings; 3: also repeat trainings
	Minutes *int    // stop after this many minutes and say how far it got; 0: no limit
	K       *int    // trainings that level 3 repeats; 0: one per experiment
	State   *string // file that keeps what is proven for the next session
}

// auditor is one session of Audit.
type auditor struct {
	*workspace
	scratch string
	state   *auditState
	lock    *lock.Lock // nil if there is none, or it cannot be read
	locked  bool       // the lock is of these parameters, so a difference from it is a fault
	audit   *pipeline.Audit
	byName  map[string]*pipeline.Resolved

	measured []*pipeline.Resolved // from activations of other programs

	mu     sync.Mutex
	report auditReport
	redone map[*pipeline.Node]bool // those that gave the same bytes again
	ticks  int
	said   time.Time
}

// Audit compares everything under out with everything else. It reports all that
// is wrong, and how much is proven. It writes nothing into out and takes no
// lock, so it also works on a read-only copy.
func Audit(ctx context.Context, f AuditFlags, o Options) (err error) {
	level, minutes, k := orDefault(f.Level, 1), orDefault(f.Minutes, 0), orDefault(f.K, 0)
	if level < 1 || level > 3 {
		return fmt.Errorf("audit: -level=%d: must be 1 (rehash everything), 2 (and make all but the trainings again) "+
			"or 3 (and repeat trainings)", level)
	}
	switch {
	case minutes < 0:
		return fmt.Errorf("audit: -minutes=%d: must not be negative", minutes)
	case k < 0:
		return fmt.Errorf("audit: -k=%d: must not be negative", k)
	case k > 0 && level < 3:
		return fmt.Errorf("audit: -k=%d: only -level=3 repeats trainings, and -level=%d does not", k, level)
	}
	if _, err := o.jobs(); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if minutes > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(minutes)*time.Minute)
		defer cancel()
	}
	a, err := newAuditor(level, orDefault(f.State, ""), o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	if err := a.levels(ctx, level, k); err != nil {
		return err
	}
	return a.conclude(ctx)
}

// newAuditor prepares a session, which close ends.
func newAuditor(level int, state string, o Options) (a *auditor, err error) {
	a = &auditor{redone: map[*pipeline.Node]bool{}, byName: map[string]*pipeline.Resolved{}, report: auditReport{Level: level},
		said: time.Now()}
	if a.workspace, a.scratch, err = o.openReadOnly(); err != nil {
		return nil, err
	}
	if a.state, err = openState(state); err != nil {
		os.RemoveAll(a.scratch)
		return nil, err
	}
	return a, nil
}

func (a *auditor) close() error { return errors.Join(a.state.close(), os.RemoveAll(a.scratch)) }

func (a *auditor) levels(ctx context.Context, level, k int) error {
	if err := a.rehash(ctx); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return errors.New("audit: the time was up before everything was hashed; with -state=FILE the next session continues from here")
		}
		return err
	}
	redo := &repeater{auditor: a}
	if level >= 2 {
		var list []*pipeline.Resolved
		for _, r := range a.audit.Resolved {
			if derived(r.Node) && r.Made != nil {
				list = append(list, r)
			}
		}
		list = append(list, a.measuredAgain()...)
		if err := redo.do(ctx, "derive again", list); err != nil {
			return err
		}
		if again := a.measuredSame(); again > 0 {
			a.note("%s of measured activations were made again, and are the same", words.Counted(again, "result"))
		}
	}
	if level >= 3 {
		return redo.do(ctx, "train again", a.sample(k))
	}
	return nil
}

// rehash carries out level 1.
func (a *auditor) rehash(ctx context.Context) (err error) {
	options := store.ScanOptions{Skip: a.state.known, Hashed: a.state.addHashed, Progress: a.hashing}
	if a.audit, err = a.engine.Rehash(ctx, a.Graph, options); err != nil {
		return err
	}
	all, err := a.others(ctx)
	if err != nil {
		return err
	}
	if err := a.auditMeasured(ctx); err != nil {
		return err
	}
	a.report.Files, a.report.Bytes = a.audit.Files, a.audit.Bytes
	a.report.Faults, a.report.Notes = append(a.report.Faults, a.audit.Faults...), append(a.report.Notes, a.audit.Notes...)
	for _, r := range a.audit.Resolved {
		a.byName[r.Node.Name] = r
	}
	a.auditPinned()
	a.auditPages(all)
	if err := a.auditData(ctx); err != nil {
		return err
	}
	return a.auditLock()
}

// others checks what the same store has published for the parameter file's
// other profiles and for tries. It returns everything that the store publishes.
func (a *auditor) others(ctx context.Context) ([]*workspace, error) {
	all, err := a.o.openAll()
	if len(all) == 0 {
		return nil, err
	}
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			a.note("%s", strings.TrimSuffix(line, "\n"))
		}
	}
	for _, w := range all {
		if w.o.prefix() == a.o.prefix() {
			continue
		}
		w.engine.Code = a.engine.Code
		if err := a.audit.AlsoPublished(ctx, w.engine, w.Graph); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// auditLock compares the content ids of the results with those of the lock.
// Rehashing has already checked that the stored bytes match these ids.
func (a *auditor) auditLock() (err error) {
	if a.lock, err = a.o.readLock(); err != nil {
		a.fault(store.Damaged, filepath.Base(a.o.lockPath()), "%v", err)
		return nil
	}
	if a.lock == nil {
		a.note("there is no %s to compare with", a.o.lockPath())
		return nil
	}
	have := outputsOf{}
	for _, r := range a.audit.Resolved {
		if r.Made == nil {
			continue
		}
		have[r.Node.Name] = map[string]pipeline.ContentID{}
		for _, o := range r.Made.Outputs {
			have[r.Node.Name][o.Name] = o.Content
		}
	}
	differing, name := have.differing(a.lock), filepath.Base(a.o.lockPath())
	if a.locked = a.isOf(a.lock); a.locked {
		for _, d := range differing {
			a.fault(differs, d.Node+" "+d.Name, "stored is %s, %s says %s", have[d.Node][d.Name], name, a.lock.Outputs[d].Content)
		}
		return nil
	}
	note := a.o.lockPath() + " was written from other parameters"
	if len(differing) > 0 {
		note += fmt.Sprintf(", and says something else of %s", words.Counted(len(differing), "output"))
	}
	a.note("%s; `%s` says which", note, a.o.diffCommand())
	return nil
}

func (a *auditor) note(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.report.Notes = append(a.report.Notes, fmt.Sprintf(format, args...))
}

func (a *auditor) fault(kind store.FaultKind, path, format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.report.Faults = append(a.report.Faults, store.Fault{Kind: kind, Path: path, What: fmt.Sprintf(format, args...)})
}

// conclude prints what was found. Its error gives the number of faults.
func (a *auditor) conclude(ctx context.Context) error {
	slices.SortStableFunc(a.report.Faults, func(x, y store.Fault) int { return strings.Compare(x.Path, y.Path) })
	a.report.Proven = a.proven()
	a.report.TimeUp = ctx.Err() != nil
	var err error
	if orDefault(a.o.JSON, false) {
		err = printJSON(a.o.stdout(), a.report)
	} else {
		err = a.report.print(a.o.stdout(), a.o.out(), orDefault(a.o.Verbose, false))
	}
	switch {
	case err != nil:
		return err
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("audit: stopped: %w", context.Cause(ctx))
	case len(a.report.Faults) > 0:
		return fmt.Errorf("audit: %s under %s", words.Counted(len(a.report.Faults), "fault"), a.o.out())
	}
	return nil
}

// openReadOnly is open for targets that promise to write nothing below out, not
// even a cache. They write to scratch instead, which the caller must remove.
func (o Options) openReadOnly() (w *workspace, scratch string, err error) {
	if w, err = o.open(nil); err != nil {
		return nil, "", err
	}
	if scratch, err = os.MkdirTemp("", "sparsel-"); err != nil {
		return nil, "", err
	}
	if err = w.cacheAside(scratch); err != nil {
		os.RemoveAll(scratch)
		return nil, "", err
	}
	return w, scratch, nil
}

// cacheAside makes the engine cache what it learns about code in scratch.
func (w *workspace) cacheAside(scratch string) error {
	aside, err := pipeline.OpenStore(filepath.Join(scratch, "store"))
	if err != nil {
		return err
	}
	// What the cache knows about modules is copied if it can be read. It checks
	// itself, and asking the go command takes a second.
	const modules = "cache/modules"
	if known, err := disk.ReadFile(w.store.Path(modules), maxPage); err == nil {
		if err := os.MkdirAll(filepath.Dir(aside.Path(modules)), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(aside.Path(modules), known, 0o644); err != nil {
			return err
		}
	}
	w.engine.Code = codeOf(aside)
	return nil
}

// resolve reads the records of the store and looks up the results of the
// study's nodes. Records that cannot be trusted are faults.
func (w *workspace) resolve(ctx context.Context) (*pipeline.Provenance, []*pipeline.Resolved, []store.Fault, error) {
	p, faults, err := pipeline.ReadProvenance(ctx, w.store)
	if err != nil {
		return nil, nil, nil, err
	}
	resolved, err := w.engine.Resolve(ctx, w.Graph, p)
	return p, resolved, faults, err
}
