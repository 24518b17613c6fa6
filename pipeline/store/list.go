package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// A FaultKind says what is wrong with a file.
type FaultKind string

// The kinds of faults.
const (
	Damaged    FaultKind = "damaged"    // its content is wrong
	Missing    FaultKind = "missing"    // another file says that it should exist
	Extra      FaultKind = "extra"      // the store never writes such a file
	Unreadable FaultKind = "unreadable" // the file system cannot read it
)

// A Fault is something that is wrong with one file.
type Fault struct {
	Kind FaultKind `json:"kind"`
	Path string    `json:"path"`
	What string    `json:"what"`
}

func (f Fault) String() string { return fmt.Sprintf("%s %s: %s", f.Kind, f.Path, f.What) }

// entry is one file of a store.
type entry struct {
	kind string // its top-level directory, or its name at the top level
	path string // relative to the store, with slashes
	id   [32]byte
	size int64
}

// identified are the directories whose files are named after ids and lie in
// subdirectories named after the first two digits.
var identified = map[string]bool{"blobs": true, "actions": true, "manifests": true}

// folders are the directories at the top level, and files are the files there.
// Directories that are not in identified have contents of no fixed form.
var (
	folders = map[string]bool{
		"blobs": true, "actions": true, "manifests": true,
		"quarantine": true, "logs": true, "locks": true, "tmp": true, "cache": true,
	}
	files = map[string]bool{"format": true, "journal.jsonl": true, "gc.lock": true}
)

// list finds every file of the store, sorted by path. Files that do not belong
// there, anything else in the place of a file, and unreadable directories are
// faults.
func (s *Store) list() (entries []entry, faults []Fault, err error) {
	add := func(kind FaultKind, path, what string) { faults = append(faults, Fault{kind, path, what}) }
	root, err := filepath.EvalSymlinks(s.dir) // the store may be behind a link
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		relative, rerr := filepath.Rel(root, name)
		if rerr != nil {
			return rerr
		}
		relative = filepath.ToSlash(relative)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // there is no store, or a run has just removed this file
		}
		if err != nil {
			add(Unreadable, relative, err.Error())
			return nil
		}
		e := entry{path: relative}
		e.kind, _, _ = strings.Cut(relative, "/")
		if d.IsDir() {
			kind, what := e.strangeDir()
			if what == "" {
				return nil
			}
			add(kind, relative, what)
			return filepath.SkipDir
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			add(Unreadable, relative, err.Error())
			return nil
		}
		e.size = info.Size()
		switch {
		case folders[relative]:
			add(Damaged, relative, "there should be a directory, and it is none")
			return nil
		case identified[e.kind] && !e.identify():
			add(Extra, relative, "the store has no file of that name there; take it away")
			return nil
		case !folders[e.kind] && !files[e.kind]:
			add(Extra, relative, noSuchName)
			return nil
		}
		entries = append(entries, e)
		return nil
	})
	return entries, faults, err
}

const noSuchName = "the store has no file of that name; take it away"

// strangeDir returns what is wrong with a directory, or "" if it belongs there.
func (e *entry) strangeDir() (kind FaultKind, what string) {
	const inPlace = "there should be a file, and it is a directory"
	switch {
	case e.path == "." || folders[e.path]:
		return "", ""
	case files[e.path], e.path == "cache/hashes", e.path == "cache/modules":
		return Damaged, inPlace
	case identified[e.kind]:
		if e.identify() {
			return Damaged, inPlace
		}
		digits, _ := strings.CutPrefix(e.path, e.kind+"/")
		if _, err := hex.DecodeString(digits); len(digits) == 2 && err == nil && digits == strings.ToLower(digits) {
			return "", ""
		}
		return Extra, noSuchName
	case folders[e.kind]:
		return "", ""
	}
	return Extra, noSuchName
}

// identify takes the id from the path, which must be KIND/ab/ab12….
func (e *entry) identify() bool {
	dir, base := path.Split(e.path)
	if len(base) != hex.EncodedLen(len(e.id)) || base != strings.ToLower(base) || dir != e.kind+"/"+base[:2]+"/" {
		return false
	}
	_, err := hex.Decode(e.id[:], []byte(base))
	return err == nil
}

// Records reads all records. It returns those that cannot be believed as
// faults, and reads no blob.
func (s *Store) Records(ctx context.Context) (map[ActionID]*Record, []Fault, error) {
	entries, faults, err := s.list()
	if err != nil {
		return nil, nil, fmt.Errorf("read records: %w", err)
	}
	records := map[ActionID]*Record{}
	var mu sync.Mutex
	err = each(ctx, entries, func(e entry) error {
		if e.kind != "actions" {
			return nil
		}
		r, err := s.Record(e.id)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			records[e.id] = r
		case !errors.Is(err, fs.ErrNotExist):
			faults = append(faults, faultOf(e.path, err))
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read records: %w", err)
	}
	return records, faults, nil
}

func faultOf(path string, err error) Fault {
	if errors.Is(err, ErrDamaged) {
		return Fault{Damaged, path, err.Error()}
	}
	var pe *os.PathError
	if errors.As(err, &pe) {
		err = pe.Err // the message already begins with the path
	}
	return Fault{Unreadable, path, err.Error()}
}

// each calls do for every element of list, on all cores, in no particular
// order. It stops at the first error and when ctx ends.
func each[T any](ctx context.Context, list []T, do func(T) error) error {
	g, ctx := errgroup.WithContext(ctx)
	next := make(chan T)
	g.Go(func() error {
		defer close(next)
		for _, v := range list {
			select {
			case next <- v:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			for v := range next {
				if err := do(v); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}
