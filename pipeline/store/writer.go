package store

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"sparsel/pipeline/store/disk"
)

// A Writer changes a store on behalf of one run. It is safe for concurrent use.
// Many writers, in many processes, may be open at once.
type Writer struct {
	*Store
	// Run is the id of the run: a time for people, followed by random digits.
	Run string

	now    func() time.Time
	alive  *Lock
	shared *flock.Flock // keeps gc away; nil for gc itself
	dir    string       // tmp/RUN
	seq    atomic.Int64

	beats    sync.WaitGroup
	stop     chan struct{} // ends the beats
	intruder atomic.Pointer[error]
}

// NewWriter prepares the store for writing: it makes the directories, removes
// what dead runs left under tmp, and marks this run as alive. If the store
// cannot be written, it fails before it does anything else.
func (s *Store) NewWriter(now func() time.Time) (*Writer, error) {
	w := newWriter(s, now)
	if err := w.share(); err != nil {
		return nil, fmt.Errorf("prepare store: %w", err)
	}
	if err := w.prepare(); err != nil {
		w.shared.Close()
		return nil, err
	}
	return w, nil
}

func newWriter(s *Store, now func() time.Time) *Writer {
	w := &Writer{Store: s, now: now}
	w.name()
	return w
}

// name sets the run's id.
func (w *Writer) name() {
	var random [3]byte
	rand.Read(random[:])
	w.Run = w.now().UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(random[:])
	w.dir = w.path("tmp", w.Run)
}

func (w *Writer) prepare() error {
	for _, d := range []string{"tmp", "blobs", "actions", "manifests", "locks", "cache"} {
		if err := w.mkdir(w.path(d)); err != nil {
			return fmt.Errorf("prepare store: %w", err)
		}
	}
	if err := w.mayWrite(); err != nil {
		return fmt.Errorf("prepare store: %w", err)
	}
	if err := w.begin(); err != nil {
		return fmt.Errorf("prepare store: %w", err)
	}
	err := w.clearWay(w.JournalPath())
	if err == nil {
		err = w.stampFormat()
	}
	if err != nil {
		w.Close()
		return fmt.Errorf("prepare store: %w", err)
	}
	if err := w.sweep(); err != nil {
		w.Close()
		return fmt.Errorf("prepare store: remove what dead runs left: %w", err)
	}
	return nil
}

// mayWrite checks every directory of a store that another user may have made,
// and the journal, so that it does not turn out hours later that a result
// cannot be stored.
func (w *Writer) mayWrite() error {
	list := []string{w.Store.dir}
	if info, err := os.Lstat(w.JournalPath()); err == nil && info.Mode().IsRegular() {
		list = append(list, w.JournalPath())
	}
	for _, kind := range []string{"blobs", "actions", "manifests"} {
		dirs, err := os.ReadDir(w.path(kind))
		if err != nil {
			return err
		}
		for _, d := range dirs {
			if d.IsDir() {
				list = append(list, w.path(kind, d.Name()))
			}
		}
	}
	for _, kind := range []string{"blobs", "actions", "manifests", "locks", "tmp", "cache", "logs", "quarantine"} {
		list = append(list, w.path(kind))
	}
	for _, path := range list {
		if err := disk.Writable(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w; if the store is another user's, make it a group's "+
				"(`chmod -R g+rwX`, `chmod g+s` of its directories, umask 002) or use another -out", err)
		}
	}
	return nil
}

// begin takes the run's lock before its directory exists, because a directory
// whose lock is free belongs to a dead run.
func (w *Writer) begin() error {
	for {
		lock, ok, err := tryLock(w.dir + ".lock")
		if err != nil {
			return err
		}
		if ok {
			w.alive = lock
			if err := w.claim(); err != nil {
				lock.Release()
				return err
			}
			return w.Disk.MkdirAll(w.dir)
		}
		w.name()
	}
}

// sweep removes the private directories and lock files of runs that no longer
// exist.
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
		if err := w.clearWay(w.path("tmp", run+".lock")); err != nil {
			return err
		}
		lock, ok, err := tryLock(w.path("tmp", run+".lock"))
		if err != nil {
			return err
		}
		if !ok {
			continue // the run is alive
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
		if err := w.clearWay(w.path("locks", e.Name())); err != nil {
			return err
		}
		lock, ok, err := tryLock(w.path("locks", e.Name()))
		if err != nil {
			return err
		}
		if ok {
			lock.Release() // removes the lock file
		}
	}
	for name, old := range cacheLitter {
		if err := disk.SweepBeside(w.path("cache", name), old); err != nil {
			return err
		}
	}
	return nil
}

// cacheLitter lists the files of the cache, which commands without a Writer
// replace, with patterns of the names that earlier programs gave to their
// temporary files.
var cacheLitter = map[string]*regexp.Regexp{
	"hashes":  regexp.MustCompile(`^hashes-[0-9]+$`),
	"modules": regexp.MustCompile(`^modules-[0-9]+$`),
}

// PushedList is the prefix of files in the cache that belong to package
// pipeline. They list what it has pushed to a second level.
const PushedList = "pushed-"

// Littered reports whether a run has left something behind or is under way. The
// next writer cleans up.
func (s *Store) Littered() bool {
	for _, dir := range []string{"tmp", "locks"} {
		if left, err := os.ReadDir(s.path(dir)); err == nil && len(left) > 0 {
			return true
		}
	}
	cached, err := os.ReadDir(s.path("cache"))
	return err == nil && slices.ContainsFunc(cached, func(e fs.DirEntry) bool {
		return cacheLitter[e.Name()] == nil && !strings.HasPrefix(e.Name(), PushedList)
	})
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
	close(w.stop)
	w.beats.Wait()
	w.alive.Release()
	if w.shared != nil {
		w.shared.Close()
	}
	return err
}

// temp returns a new private path.
func (w *Writer) temp() string {
	return filepath.Join(w.dir, fmt.Sprintf("%d", w.seq.Add(1)))
}

// JobDir makes a private directory that contains an empty directory "out".
func (w *Writer) JobDir() (string, error) {
	if err := w.undisturbed(); err != nil {
		return "", err
	}
	dir := w.temp()
	if err := os.MkdirAll(filepath.Join(dir, "out"), 0o777); err != nil {
		return "", fmt.Errorf("make job directory: %w", err)
	}
	return dir, nil
}

// TryLock takes the lock of an action unless somebody is working on it.
func (w *Writer) TryLock(id ActionID) (*Lock, bool, error) {
	return tryLock(w.path("locks", id.String()))
}

// Append adds an event to the journal, with the run and the time. The event is
// on disk when Append returns, except for starts, uses and published files,
// whose loss does no harm.
func (w *Writer) Append(e Event) error {
	return w.AppendAll([]Event{e}, e.Kind != NodeStart && e.Kind != NodeUse && e.Kind != WroteEvent)
}

// AppendAll is Append for events that belong together.
func (w *Writer) AppendAll(events []Event, sync bool) error {
	var text []byte
	for _, e := range events {
		e.Run, e.Time = w.Run, w.now().UTC()
		line, err := seal(e)
		if err != nil {
			return fmt.Errorf("write journal: %w", err)
		}
		text = append(text, line...)
	}
	if err := w.Disk.AppendLine(w.JournalPath(), text, sync); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}
