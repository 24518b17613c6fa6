package pipeline

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"sparsel/pipeline/store"
	"sparsel/pipeline/store/disk"
)

// WriteFile gives a file below Config.Out that no node publishes its content,
// all or nothing. If there is a store, it notes the content in the journal, and
// waits for a collection to end.
func (e *Engine) WriteFile(path string, data []byte) (err error) {
	if !e.Store.Begun() {
		return e.writeFile(path, data, "")
	}
	w, err := e.Store.NewWriter(e.Now)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if err := e.writeFile(path, data, w.Run); err != nil {
		return err
	}
	return w.Append(wrote(path, "", sha256.Sum256(data)))
}

func (e *Engine) writeFile(path string, data []byte, run string) error {
	target := filepath.Join(e.Out, path)
	err := e.Store.Disk.MkdirAll(filepath.Dir(target))
	if err == nil {
		_, err = moveDirAside(target, run)
	}
	if err == nil {
		err = disk.WriteBeside(target, data, 0o666)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// wrote returns the event that a file for people got new content.
func wrote(path, output string, id ContentID) store.Event {
	return store.Event{Kind: store.WroteEvent, Path: filepath.ToSlash(path), Outputs: map[string]ContentID{output: id}}
}

// temporary returns the name of a temporary file for target. It is in the same
// directory, because the output directory may be on another file system than
// the store.
func temporary(target, run string) string {
	dir, base := filepath.Split(target)
	return filepath.Join(dir, tempMark+run+"-"+base)
}

// moveDirAside renames a directory that is in the place of a file about to be
// written, or removes it if it is empty. Writing the file replaces anything
// else.
func moveDirAside(target, run string) (moved string, err error) {
	info, err := os.Lstat(target)
	if err != nil || !info.IsDir() {
		return "", nil // writing the file reports what is wrong
	}
	if os.Remove(target) == nil {
		return "", nil
	}
	moved = target + ".moved-" + run
	return moved, os.Rename(target, moved)
}

// Written lists the files for people below the output directory, as far as the
// journal tells.
type Written struct {
	// Holds maps the paths of files that should be there, with slashes, to their
	// contents.
	Holds map[string]ContentID
	// Removed are the files that were removed on purpose.
	Removed map[string]bool
}

// Written returns, from the journal, the files for people.
func (e *Engine) Written() (Written, error) {
	events, _, err := e.Store.Journal()
	return writtenIn(events), err
}

func writtenIn(events []store.Event) Written {
	w := Written{map[string]ContentID{}, map[string]bool{}}
	for _, e := range events {
		switch e.Kind {
		case store.WroteEvent:
			for _, id := range e.Outputs {
				w.Holds[e.Path] = id
			}
			delete(w.Removed, e.Path)
		case store.RemovedEvent:
			delete(w.Holds, e.Path)
			w.Removed[e.Path] = true
		}
	}
	return w
}
