package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Contents lists the files of the store, and those in its directory that do not
// belong to it.
func (s *Store) Contents() (files []Garbage, strange []Fault, err error) {
	entries, faults, err := s.list()
	if err != nil {
		return nil, nil, fmt.Errorf("list store: %w", err)
	}
	for _, e := range entries {
		g := Garbage{Path: e.path, Bytes: e.size}
		if e.kind == "actions" {
			g.Action = e.id
		}
		files = append(files, g)
	}
	for _, f := range faults {
		if f.Kind == Extra || f.Kind == Unreadable {
			strange = append(strange, f)
		}
	}
	return files, strange, nil
}

// Clear removes every file of the store, and the directories that become empty.
// Files that do not belong to the store stay. Afterwards the collector can only
// be closed. If Clear is interrupted, it leaves a store with fewer results.
func (c *Collector) Clear(ctx context.Context) error {
	files, _, err := c.Contents()
	if err != nil {
		return err
	}
	// Remove the records first, and last what shows that this is a store.
	rank := func(g Garbage) int {
		switch kind, _, _ := strings.Cut(g.Path, "/"); kind {
		case "actions":
			return 0
		case "journal.jsonl":
			return 2
		case "format":
			return 3
		}
		return 1
	}
	slices.SortStableFunc(files, func(a, b Garbage) int { return cmp.Compare(rank(a), rank(b)) })
	for _, g := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if g.Path == "gc.lock" {
			continue
		}
		if err := os.Remove(c.Path(g.Path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("clear store: %w", err)
		}
	}
	if err := c.Writer.Close(); err != nil {
		return fmt.Errorf("clear store: %w", err)
	}
	c.cleared = true
	c.removeEmpty()
	// The lock file is removed while it is locked, so that whoever waits for it
	// notices.
	if err := os.Remove(c.gcPath()); err != nil {
		return fmt.Errorf("clear store: %w", err)
	}
	if info, err := os.Lstat(c.Store.dir); err == nil && info.IsDir() { // a link is somebody's choice, and stays
		_ = os.Remove(c.Store.dir) // fails if somebody has put something there
	}
	return nil
}

// removeEmpty removes the store's empty directories, deepest first.
func (c *Collector) removeEmpty() {
	root, err := filepath.EvalSymlinks(c.Store.dir) // the store may be behind a link
	if err != nil {
		return
	}
	var dirs []string
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && path != root {
			dirs = append(dirs, path)
		}
		return nil
	})
	for _, dir := range slices.Backward(dirs) {
		if name, err := filepath.Rel(root, dir); err == nil && folders[strings.Split(filepath.ToSlash(name), "/")[0]] {
			_ = os.Remove(dir)
		}
	}
}
