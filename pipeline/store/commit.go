package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sparsel/pipeline/store/disk"
)

// PutManifest stores a description under an id that determines it.
func (w *Writer) PutManifest(id [32]byte, v any) error {
	var old json.RawMessage
	if w.Manifest(id, &old) == nil {
		return nil
	}
	line, err := seal(v)
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return w.install(w.ManifestPath(id), line)
}

func (w *Writer) install(path string, data []byte) error {
	if err := w.makeRoom(path); err != nil {
		return err
	}
	return w.Disk.WriteFile(w.temp(), path, data, 0o444)
}

// makeRoom makes the directory of an entry, and removes whatever is in its
// place and is not a file.
func (w *Writer) makeRoom(path string) error {
	if err := w.mkdir(filepath.Dir(path)); err != nil {
		return err
	}
	return w.clearWay(path)
}

// ErrConflict says that one action gave different bytes twice.
var ErrConflict = errors.New("the same action gave different bytes")

// Commit stores the files and then the record. The files must lie in a
// directory made by JobDir, from which they are moved. Outputs must hold their
// names, content ids and sizes. If outputs of this action are already known,
// they must be the same. Otherwise both are kept, the record says so, and the
// error wraps ErrConflict. The caller holds the action's lock.
func (w *Writer) Commit(r *Record, known []Output, file func(name string) string) error {
	slices.SortFunc(r.Outputs, func(a, b Output) int { return strings.Compare(a.Name, b.Name) })
	for _, o := range r.Outputs {
		path := w.BlobPath(o.Content)
		if err := w.makeRoom(path); err != nil {
			return err
		}
		// Install the file even if the blob exists: the new bytes are known to be
		// good.
		if err := w.Disk.Install(file(o.Name), path, o.Size); err != nil {
			return err
		}
	}
	name := ""
	if known != nil {
		name = sameOutputs(known, r.Outputs)
	}
	var conflict error
	if name != "" {
		conflict = fmt.Errorf("output %s: %w: %s", name, ErrConflict, w.describeConflict(name, known, r.Outputs))
		if r.Between != "" {
			conflict = fmt.Errorf("%w; %s", conflict, r.Between)
		}
		r.Outputs, r.Conflict = known, r.Outputs
	} else {
		r.Between = ""
	}
	text, err := encodeRecord(r)
	if err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	return errors.Join(w.install(w.RecordPath(r.Action), text), conflict)
}

// PutAdopted stores the record of an action that was not done and whose outputs
// the store already has. The caller holds the action's lock and vouches for the
// outputs.
func (w *Writer) PutAdopted(r *Record) error {
	r.Adopted = true
	slices.SortFunc(r.Outputs, func(a, b Output) int { return strings.Compare(a.Name, b.Name) })
	text, err := encodeRecord(r)
	if err == nil {
		err = w.install(w.RecordPath(r.Action), text)
	}
	if err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	return nil
}

func (w *Writer) describeConflict(name string, before, now []Output) string {
	ids, kept := [2]string{"absent", "absent"}, "both kept under blobs"
	for i, list := range [][]Output{before, now} {
		for _, o := range list {
			if o.Name != name {
				continue
			}
			ids[i] = o.Content.Short()
			if _, err := os.Stat(w.BlobPath(o.Content)); err != nil {
				kept = "the former lost, the latter kept under blobs"
			}
		}
	}
	return fmt.Sprintf("content %s before, %s now, %s: make the stage deterministic", ids[0], ids[1], kept)
}

// Quarantine moves a damaged file out of the way and notes it in the journal.
func (w *Writer) Quarantine(path, reason string) error {
	to, err := w.moveAside(path)
	if to == "" || err != nil {
		return err
	}
	if id, err := ParseContentID(filepath.Base(path)); err == nil {
		if now, _, err := HashFile(to); err == nil && now == id {
			return w.Disk.Move(to, path) // another run has repaired it in the meantime
		}
	}
	return w.Append(Event{Kind: NoteEvent, Text: fmt.Sprintf("moved %s to quarantine: %s", filepath.Base(path), reason)})
}

// quarantine is Quarantine for something that is not a file of the store.
func (w *Writer) quarantine(path string) error {
	what := errors.New("it is not a file of the store")
	if info, err := os.Lstat(path); err == nil {
		if err := disk.Regular(path, info); err != nil {
			what = err
		}
	}
	return w.Quarantine(path, what.Error())
}

// moveAside moves something into quarantine and returns its name there, or ""
// if it no longer exists.
func (w *Writer) moveAside(path string) (to string, err error) {
	dir := w.path("quarantine")
	if info, err := os.Lstat(dir); err == nil && !info.IsDir() {
		// The quarantine directory itself is damaged.
		if err := w.Disk.Move(dir, fmt.Sprintf("%s.%d", w.temp(), w.seq.Add(1))); err != nil {
			return "", err
		}
	}
	if err := w.Disk.MkdirAll(dir); err != nil {
		return "", err
	}
	to = filepath.Join(dir, fmt.Sprintf("%s.%s.%d", filepath.Base(path), w.Run, w.seq.Add(1)))
	err = w.Disk.Move(path, to)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return to, err
}
