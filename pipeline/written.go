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

// WriteFile gives a file below Config.Out, which no node publishes, its content,
// all or nothing, and notes in the journal what it holds, if there is a store. It
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

// wrote is the event that a file for people was given a content.
func wrote(path, output string, id ContentID) store.Event {
	return store.Event{Kind: store.WroteEvent, Path: filepath.ToSlash(path), Outputs: map[string]ContentID{output: id}}
}

// temporary is the name of a file on its way to target. Beside the target: the
// output directory may lie on another file system than the store.
func temporary(target, run string) string {
	dir, base := filepath.Split(target)
	return filepath.Join(dir, tempMark+run+"-"+base)
}

// moveDirAside gives a directory that stands where a file is to be written
// another name; an empty one is removed. Anything else gives way to the file.
func moveDirAside(target, run string) (moved string, err error) {
	info, err := os.Lstat(target)
	if err != nil || !info.IsDir() {
		return "", nil // what is wrong shows when the file is written
	}
	if os.Remove(target) == nil {
		return "", nil
	}
	moved = target + ".moved-" + run
	return moved, os.Rename(target, moved)
}

// Written says what the files for people below the output directory hold, as far
// as the journal tells.
type Written struct {
	// Holds are contents by path, with slashes, of files that should be there.
	Holds map[string]ContentID
	// Removed are those that were removed on purpose.
	Removed map[string]bool
}

// Written reads the journal.
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
