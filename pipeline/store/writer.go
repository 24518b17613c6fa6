package store

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
)

// A Writer changes a store on behalf of one run. It is safe for concurrent use;
// many writers, in many processes, may be open at once.
type Writer struct {
	*Store
	// Run is the id of the run: a time for people, and random digits.
	Run string

	now    func() time.Time
	alive  *Lock
	shared *flock.Flock // keeps gc away; nil for gc itself
	dir    string       // tmp/RUN
	seq    atomic.Int64
}

// NewWriter prepares the store for writing: it makes the directories, removes
// what dead runs left under tmp, and marks this run as alive. On a store that
// cannot be written it fails before anything else is done.
func (s *Store) NewWriter(now func() time.Time) (*Writer, error) {
	w := &Writer{Store: s, now: now}
	if err := s.Disk.MkdirAll(s.dir); err != nil {
		return nil, fmt.Errorf("prepare store: %w", err)
	}
	if err := w.share(); err != nil {
		return nil, fmt.Errorf("prepare store: %w", err)
	}
	if err := w.prepare(); err != nil {
		w.shared.Close()
		return nil, err
	}
	return w, nil
}

func (w *Writer) prepare() error {
	s := w.Store
	for _, d := range []string{"blobs", "actions", "manifests", "locks", "tmp", "cache"} {
		if err := s.Disk.MkdirAll(s.path(d)); err != nil {
			return fmt.Errorf("prepare store: %w", err)
		}
	}
	if err := w.begin(); err != nil {
		return fmt.Errorf("prepare store: %w", err)
	}
	if err := w.stampFormat(); err != nil {
		w.Close()
		return fmt.Errorf("prepare store: %w", err)
	}
	if err := w.sweep(); err != nil {
		w.Close()
		return fmt.Errorf("prepare store: remove what dead runs left: %w", err)
	}
	return nil
}

// begin takes the run's lock before its directory exists: a directory whose
// lock is free belongs to the dead.
func (w *Writer) begin() error {
	for {
		var random [3]byte
		rand.Read(random[:])
		w.Run = w.now().UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(random[:])
		w.dir = w.path("tmp", w.Run)
		lock, ok, err := tryLock(w.dir + ".lock")
		if err != nil {
			return err
		}
		if ok {
			w.alive = lock
			return w.Disk.MkdirAll(w.dir)
		}
	}
}

func (w *Writer) stampFormat() error {
	text, err := os.ReadFile(w.path("format"))
	if err == nil && string(text) == formatText {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// An empty journal first: naming the format file makes both names durable.
	if err := w.Disk.Append(w.JournalPath(), nil, false); err != nil {
		return err
	}
	return w.Disk.WriteFile(w.temp(), w.path("format"), []byte(formatText), 0o444)
}

// sweep removes the private directories of runs that are no more, and the lock
// files they held.
func (w *Writer) sweep() error {
	runs, err := os.ReadDir(w.path("tmp"))
	if err != nil {
		return err
	}
	for _, e := range runs {
		run := strings.TrimSuffix(e.Name(), ".lock")
		if run == w.Run {
			continue
		}
		lock, ok, err := tryLock(w.path("tmp", run+".lock"))
		if err != nil {
			return err
		}
		if !ok {
			continue // alive
		}
		err = w.Disk.RemoveAll(w.path("tmp", run))
		lock.Release()
		if err != nil {
			return err
		}
	}
	locks, err := os.ReadDir(w.path("locks"))
	if err != nil {
		return err
	}
	for _, e := range locks {
		lock, ok, err := tryLock(w.path("locks", e.Name()))
		if err != nil {
			return err
		}
		if ok {
			lock.Release() // removes it
		}
	}
	return nil
}

// Littered reports whether a run left something behind, or is under way: the
// next writer clears up.
func (s *Store) Littered() bool {
	for _, dir := range []string{"tmp", "locks"} {
		if left, err := os.ReadDir(s.path(dir)); err == nil && len(left) > 0 {
			return true
		}
	}
	return false
}

// Alive reports whether the named run, of any process, still has its Writer.
func (w *Writer) Alive(run string) (bool, error) {
	if run == w.Run {
		return true, nil
	}
	lock, ok, err := tryLock(w.path("tmp", run+".lock"))
	if ok {
		lock.Release()
	}
	return !ok && err == nil, err
}

// Close ends the run and removes its private directory.
func (w *Writer) Close() error {
	err := w.Disk.RemoveAll(w.dir)
	w.alive.Release()
	if w.shared != nil {
		w.shared.Close()
	}
	return err
}

// temp returns a fresh private path.
func (w *Writer) temp() string {
	return filepath.Join(w.dir, fmt.Sprintf("%d", w.seq.Add(1)))
}

// JobDir makes a private directory with an empty directory "out" in it.
func (w *Writer) JobDir() (string, error) {
	dir := w.temp()
	if err := os.MkdirAll(filepath.Join(dir, "out"), 0o755); err != nil {
		return "", fmt.Errorf("make job directory: %w", err)
	}
	return dir, nil
}

// TryLock takes the lock of an action unless somebody works on it.
func (w *Writer) TryLock(id ActionID) (*Lock, bool, error) {
	return tryLock(w.path("locks", id.String()))
}

// Append adds an event to the journal, stamped with the run and the time. It is
// on disk when Append returns, except for starts and uses, whose loss harms
// nothing.
func (w *Writer) Append(e Event) error {
	e.Run, e.Time = w.Run, w.now().UTC()
	line, err := seal(e)
	if err == nil {
		err = w.Disk.Append(w.JournalPath(), line, e.Kind != NodeStart && e.Kind != NodeUse)
	}
	if err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}
