package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A store is used by one host at a time. Not every network file system enforces
// locks between hosts, and without them two runs would remove each other's
// private directories and interleave their lines in the journal. So a run's
// lock file names its host, and is written again at every beat. A run on
// another host that was alive less than foreignAge ago keeps others out. Ages
// are measured by the clock of the file system, using the times of files.
//
// What another host writes may become visible late, by up to a minute with the
// usual settings of NFS; foreignAge is longer than that plus a beat. Two runs
// that begin at the same moment may not see each other at once, so every beat
// checks again.
const (
	beat       = 30 * time.Second
	foreignAge = 2 * time.Minute
)

// hostMark is the beginning of a lock file that names the host of its run.
const hostMark = "host "

// ErrForeign says that a run on another host is using the store.
var ErrForeign = errors.New("a run on another host is at work on the store")

// thisHost identifies this host, even among hosts with the same name.
var thisHost = sync.OnceValue(func() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		name = "a-host-without-a-name"
	}
	id, _ := os.ReadFile("/etc/machine-id")
	return strings.Join(append(strings.Fields(name), strings.TrimSpace(string(id))), " ")
})

// sign writes this host into the run's lock file, and returns the file system's
// time.
func (w *Writer) sign() (time.Time, error) {
	path := w.dir + ".lock"
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return time.Time{}, err
	}
	_, err = f.WriteString(hostMark + thisHost() + "\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return time.Time{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// foreign returns an error that names a live run on another host, if there is
// one.
func (w *Writer) foreign(now time.Time) error {
	locks, err := filepath.Glob(w.path("tmp", "*.lock"))
	if err != nil {
		return err
	}
	for _, path := range locks {
		if path == w.dir+".lock" {
			continue
		}
		info, err := os.Lstat(path)
		if err != nil || !info.Mode().IsRegular() {
			continue // it has ended in the meantime; anything but a file is removed later
		}
		text, err := readFile(path, maxSmall)
		if err != nil {
			continue
		}
		line, whole := strings.CutSuffix(string(text), "\n") // a power cut may leave half of the line
		host, signed := strings.CutPrefix(line, hostMark)
		age := now.Sub(info.ModTime())
		if !whole || !signed || host == thisHost() || age > foreignAge { // earlier programs did not sign
			continue
		}
		name, _, _ := strings.Cut(host, " ")
		return fmt.Errorf("%w: on %q, which was alive %v ago; a store has one host at a time: use -workers to work on several, or an -out of "+
			"your own and one -remote; if that run is dead, try again in %v",
			ErrForeign, name, max(0, age).Round(time.Second), (foreignAge - age).Round(time.Second))
	}
	return nil
}

// claim reserves the store for this host, or says which host uses it.
func (w *Writer) claim() error {
	now, err := w.sign()
	if err == nil {
		err = w.foreign(now)
	}
	if err != nil {
		return err
	}
	w.stop = make(chan struct{})
	w.beats.Go(func() {
		tick := time.NewTicker(beat)
		defer tick.Stop()
		for {
			select {
			case <-w.stop:
				return
			case <-tick.C:
			}
			now, err := w.sign()
			if err == nil {
				err = w.foreign(now)
			}
			if errors.Is(err, ErrForeign) {
				w.intruder.Store(&err)
			}
		}
	})
	return nil
}

// undisturbed returns an error once another host has begun to use the store.
func (w *Writer) undisturbed() error {
	if err := w.intruder.Load(); err != nil {
		return *err
	}
	return nil
}

// lockError adds to a failed lock's error what to do if the file system is to
// blame.
func lockError(path string, err error) error {
	for _, cause := range []error{syscall.ENOLCK, syscall.ENOSYS, syscall.EOPNOTSUPP} {
		if errors.Is(err, cause) {
			return fmt.Errorf("lock %s: %w: the file system does not support locks, which a store needs; use -out=DIR on one that does, "+
				"and this folder as a second level with -remote=file://FOLDER", path, err)
		}
	}
	return fmt.Errorf("lock %s: %w", path, err)
}
