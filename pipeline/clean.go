package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sparsel/pipeline/store"
)

// Cleaning lists what Clean removes, or has removed, and what it leaves.
type Cleaning struct {
	Remove []store.Garbage // published files; paths are relative to Config.Out, with slashes
	Leave  []store.Fault   // files beside them that belong to somebody else
}

// Bytes returns the total size of the files to remove.
func (c *Cleaning) Bytes() int64 {
	var sum int64
	for _, g := range c.Remove {
		sum += g.Bytes
	}
	return sum
}

// Published sorts the files in the directories that the graphs publish to, and
// the pages, which WriteFile wrote, into those that this store published and
// those that it did not. A file is the store's only if the store says that it
// published a file of this name and knows its bytes. For a page that the
// journal does not mention, Published calls sealed.
func (e *Engine) Published(ctx context.Context, graphs []*Graph, pages []string, sealed func(path string) bool) (*Cleaning, error) {
	p, _, err := ReadProvenance(ctx, e.Store)
	if err != nil {
		return nil, err
	}
	written, err := e.Written()
	if err != nil {
		return nil, err
	}
	c := &Cleaning{}
	s := sorter{e, c, p, written, map[string]bool{}, map[string]bool{}}
	dirs := map[string]bool{}
	for _, g := range graphs {
		for _, n := range g.nodes {
			for _, pub := range publications(n) {
				s.names[filepath.ToSlash(filepath.Clean(pub.path))] = true
				dirs[filepath.Dir(filepath.Clean(pub.path))] = true
			}
		}
	}
	for dir := range dirs {
		for ; dir != "." && !s.above[dir]; dir = filepath.Dir(dir) {
			s.above[dir] = true
		}
	}
	for dir := range dirs {
		if err := s.dir(dir); err != nil {
			return nil, err
		}
	}
	for _, page := range pages {
		if err := s.page(filepath.ToSlash(page), sealed); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(c.Remove, func(a, b store.Garbage) int { return strings.Compare(a.Path, b.Path) })
	slices.SortFunc(c.Leave, func(a, b store.Fault) int { return strings.Compare(a.Path, b.Path) })
	return c, nil
}

// sorter is the state of one call of Published.
type sorter struct {
	e       *Engine
	c       *Cleaning
	p       *Provenance
	written Written
	names   map[string]bool // paths that the graphs publish to
	above   map[string]bool // directories of these, and those above them
}

func (s sorter) leave(path, what string) {
	s.c.Leave = append(s.c.Leave, store.Fault{Kind: store.Extra, Path: path, What: what})
}

func (s sorter) dir(dir string) error {
	files, err := os.ReadDir(filepath.Join(s.e.Out, dir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, f := range files {
		path := filepath.ToSlash(filepath.Join(dir, f.Name()))
		if f.IsDir() && s.above[filepath.Join(dir, f.Name())] {
			continue // dir is called for it as well
		}
		if !f.Type().IsRegular() {
			s.leave(path, "is not a regular file, so it was not published")
			continue
		}
		id, size, err := store.HashFile(filepath.Join(s.e.Out, path))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		was, told := s.written.Holds[path]
		switch {
		case strings.HasPrefix(f.Name(), tempMark), told && was == id, s.names[path] && s.p.makers[id] != nil, told && s.p.makers[id] != nil:
			s.c.Remove = append(s.c.Remove, store.Garbage{Path: path, Bytes: size})
		case told || s.names[path]:
			s.leave(path, "was changed after it was published")
		default:
			s.leave(path, "was not published there")
		}
	}
	return nil
}

func (s sorter) page(path string, sealed func(string) bool) error {
	full := filepath.Join(s.e.Out, path)
	id, size, err := store.HashFile(full)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	was, told := s.written.Holds[path]
	if err == nil && (told && was == id || !told && sealed(full)) {
		s.c.Remove = append(s.c.Remove, store.Garbage{Path: path, Bytes: size})
		return nil
	}
	what := "was changed after it was written"
	if err != nil {
		what = err.Error()
	}
	s.leave(path, what)
	return nil
}

// ErrNoStore says that there is no store to tell which files belong to it.
var ErrNoStore = errors.New("there is no store that says what was published there")

// Alone calls f while no run can use the store. The error wraps store.ErrBusy
// if a run is using it, and ErrNoStore if there is no store.
func (e *Engine) Alone(f func(*store.Collector) error) (err error) {
	if !e.Store.Begun() {
		return ErrNoStore
	}
	alone, err := e.Store.NewCollector(e.Now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, alone.Close()) }()
	return f(alone)
}

// Clean removes what Published lists, and the directories that become empty. It
// announces this in the journal first. The caller must have the store alone.
func (e *Engine) Clean(ctx context.Context, alone *store.Collector, c *Cleaning) error {
	events := make([]store.Event, 0, len(c.Remove))
	for _, g := range c.Remove {
		events = append(events, store.Event{Kind: store.RemovedEvent, Path: g.Path})
	}
	if len(events) == 0 {
		return nil
	}
	if err := alone.AppendAll(events, true); err != nil {
		return fmt.Errorf("clean: %w", err)
	}
	dirs := map[string]bool{}
	for _, g := range c.Remove {
		if err := ctx.Err(); err != nil {
			return err
		}
		path := filepath.Join(e.Out, filepath.FromSlash(g.Path))
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("clean: %w", err)
		}
		for dir := filepath.Dir(filepath.FromSlash(g.Path)); dir != "."; dir = filepath.Dir(dir) {
			dirs[dir] = true
		}
	}
	list := slices.Collect(maps.Keys(dirs))
	slices.SortFunc(list, func(a, b string) int { return len(b) - len(a) })
	for _, dir := range list {
		_ = os.Remove(filepath.Join(e.Out, dir)) // fails if it is not empty
	}
	return nil
}
