package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// Collected says that gc is about to remove the record of an action, so that
// its absence is not damage.
const Collected EventKind = "collected"

// A collection must not run beside runs, because it may remove what a run is
// about to read. Therefore every Writer holds the collection lock shared, and a
// Collector holds it exclusively. A plan is made before its run has the lock.
// So that the run notices a collection in between, the lock file contains a
// text that every collection changes, the generation.

func (s *Store) gcPath() string { return s.path("gc.lock") }

// Generation returns a text that changes whenever something is removed from the
// store. It is empty as long as nothing has been removed.
func (s *Store) Generation() string {
	text, err := readFile(s.gcPath(), maxSmall)
	if err != nil {
		return "" // taking the lock reports that it is unreadable
	}
	return string(text)
}

// share waits for a collection to end and prevents others from beginning. The
// previous holder may have removed the whole store with its lock; share then
// begins again.
func (w *Writer) share() error {
	for {
		if err := w.Disk.MkdirAll(w.Store.dir); err != nil {
			return err
		}
		f, err := w.gcLock()
		if err == nil {
			err = f.RLock()
		}
		if err != nil {
			return lockError(w.gcPath(), err)
		}
		if isNamed(f) {
			w.shared = f
			return nil
		}
		f.Close()
	}
}

// gcLock names the collection lock. Anything in its place that is not a file is
// moved into quarantine.
func (w *Writer) gcLock() (*flock.Flock, error) {
	f, err := lockFile(w.gcPath())
	if errors.Is(err, ErrDamaged) {
		if _, err := w.moveAside(w.gcPath()); err != nil {
			return nil, err
		}
		f, err = lockFile(w.gcPath())
	}
	return f, err
}

// ErrBusy says that a run is at work on the store.
var ErrBusy = errors.New("a run is at work on the store")

// A Collector removes files from a store that it has to itself.
type Collector struct {
	*Writer
	alone   *flock.Flock
	cleared bool // the store has been removed
}

// NewCollector takes exclusive use of the store. It does not wait for runs that
// are at work: the error wraps ErrBusy then. Runs that begin later wait for
// Close.
func (s *Store) NewCollector(now func() time.Time) (*Collector, error) {
	w := newWriter(s, now)
	f, err := w.gcLock()
	ok := false
	if err == nil {
		ok, err = f.TryLock()
	}
	if err != nil {
		return nil, lockError(s.gcPath(), err)
	}
	if !ok || !isNamed(f) {
		f.Close()
		return nil, fmt.Errorf("%w: wait until it ends, or stop it", ErrBusy)
	}
	if err := w.prepare(); err != nil {
		f.Close()
		return nil, err
	}
	return &Collector{Writer: w, alone: f}, nil
}

// Close lets runs begin again.
func (c *Collector) Close() error {
	if c.cleared {
		return c.alone.Close()
	}
	return errors.Join(c.Writer.Close(), c.alone.Close())
}

// Garbage is a file that nothing needs.
type Garbage struct {
	Path   string // relative to the store, with slashes
	Bytes  int64
	Action ActionID // a record's action; zero for other files
}

// Garbage lists the files to remove if only the given actions, their outputs
// and the given manifests are kept. The list is in the order of removal,
// records first.
func (s *Store) Garbage(records map[ActionID]*Record, actions map[ActionID]bool, manifests map[[32]byte]bool) ([]Garbage, error) {
	entries, _, err := s.list()
	if err != nil {
		return nil, fmt.Errorf("list garbage: %w", err)
	}
	blobs := map[ContentID]bool{}
	for id, r := range records {
		if actions[id] {
			for _, o := range slices.Concat(r.Outputs, r.Conflict) {
				blobs[o.Content] = true
			}
		}
	}
	var list []Garbage
	for _, e := range entries {
		g := Garbage{Path: e.path, Bytes: e.size}
		keep := true
		switch e.kind {
		case "actions":
			keep, g.Action = actions[e.id], e.id
		case "blobs":
			keep = blobs[e.id]
		case "manifests":
			keep = manifests[e.id]
		case "quarantine":
			keep = false
		}
		if !keep {
			list = append(list, g)
		}
	}
	slices.SortStableFunc(list, func(a, b Garbage) int { return strings.Compare(order(a), order(b)) })
	return list, nil
}

// order puts the records first, so that an interrupted removal leaves blobs
// without records, which nothing misses.
func order(g Garbage) string {
	if g.Action != (ActionID{}) {
		return " " + g.Path
	}
	return g.Path
}

// Remove removes what Garbage has listed since this collector was made. If it
// is interrupted, it never leaves a record whose blobs are gone.
func (c *Collector) Remove(ctx context.Context, list []Garbage) error {
	if err := c.begun(list); err != nil {
		return fmt.Errorf("collect garbage: %w", err)
	}
	for len(list) > 0 {
		n := slices.IndexFunc(list, func(g Garbage) bool { return g.Action == ActionID{} })
		if n <= 0 {
			n = len(list)
		}
		if err := c.removeAll(ctx, list[:n]); err != nil {
			return fmt.Errorf("collect garbage: %w", err)
		}
		list = list[n:]
	}
	// Change the generation again, for plans made in the meantime.
	return c.renew("ended")
}

// renew changes the generation. It writes in place, because the lock is on this
// file.
func (w *Writer) renew(what string) error {
	text := w.Run + " " + what
	return os.WriteFile(w.gcPath(), []byte(text+" "+sealSum([]byte(text))+"\n"), 0o666)
}

// generationForm is the text that a collection leaves in the lock file: its
// run, how far it got and a checksum of both, which earlier programs did not
// write.
var generationForm = regexp.MustCompile(`^(\d{8}T\d{6}Z-[0-9a-f]{6} (?:began|ended))(?: ([0-9a-f]{16}))?\n$`)

// checkGeneration returns an error that wraps ErrDamaged if the text of the
// collection lock is not what a collection leaves there. collected says that
// there was a collection.
func (s *Store) checkGeneration(collected bool) error {
	text, err := readFile(s.gcPath(), maxSmall)
	if err != nil {
		return err
	}
	if len(text) == 0 && !collected {
		return nil
	}
	m := generationForm.FindSubmatch(text)
	if m == nil || len(m[2]) > 0 && string(m[2]) != sealSum(m[1]) {
		return fmt.Errorf("its text is not what a collection leaves there: %w", ErrDamaged)
	}
	return nil
}

// begun changes the generation and notes in the journal which records will be
// removed, before the first one is.
func (c *Collector) begun(list []Garbage) error {
	if err := c.renew("began"); err != nil {
		return err
	}
	var events []Event
	for _, g := range list {
		if g.Action != (ActionID{}) {
			events = append(events, Event{Kind: Collected, Action: &g.Action})
		}
	}
	if events == nil {
		return nil
	}
	return c.AppendAll(events, true)
}

// removeAll removes files and makes the removal durable.
func (c *Collector) removeAll(ctx context.Context, list []Garbage) error {
	dirs := map[string]bool{}
	for _, g := range list {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.Disk.RemoveAll(c.path(filepath.FromSlash(g.Path))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		dirs[path.Dir(g.Path)] = true
	}
	for dir := range dirs {
		if err := c.Disk.Sync(c.path(filepath.FromSlash(dir))); err != nil {
			return err
		}
	}
	return nil
}
