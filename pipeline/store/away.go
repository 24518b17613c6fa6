package store

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// A store may know a result without holding its bytes: the outputs in its
// record are Away. The functions in this file add and remove bytes
// independently of the record.

// Format is the content of the file that says which format a store has.
const Format = formatText

// ParseRecord parses the text of a record from elsewhere. The error wraps
// ErrDamaged.
func ParseRecord(text []byte) (*Record, error) { return parseRecord(text) }

// Text returns the record as it is written to its file.
func (r *Record) Text() ([]byte, error) { return encodeRecord(r) }

// ManifestText returns a manifest as it is in its file, after checking it.
func (s *Store) ManifestText(id [32]byte) ([]byte, error) {
	text, err := os.ReadFile(s.ManifestPath(id))
	if err != nil {
		return nil, err
	}
	if _, err := unsealed(bytes.TrimSuffix(text, []byte("\n"))); err != nil {
		return nil, fmt.Errorf("read manifest %x: %w: %w", id[:6], err, ErrDamaged)
	}
	return text, nil
}

// AddManifest stores the text of a manifest from elsewhere.
func (w *Writer) AddManifest(id [32]byte, text []byte) error {
	if _, err := unsealed(bytes.TrimSuffix(text, []byte("\n"))); err != nil {
		return fmt.Errorf("read manifest %x: %w: %w", id[:6], err, ErrDamaged)
	}
	return w.install(w.ManifestPath(id), text)
}

// Adopt stores a record from elsewhere whose outputs are Away, unless there is
// already one that can be believed. The caller holds the action's lock.
func (w *Writer) Adopt(r *Record) error {
	if _, err := w.Record(r.Action); err == nil {
		return nil
	}
	away := *r
	away.Outputs = slices.Clone(r.Outputs)
	for i := range away.Outputs {
		away.Outputs[i].Away = true
	}
	return w.Rewrite(&away)
}

// Rewrite replaces a record. The caller holds the action's lock.
func (w *Writer) Rewrite(r *Record) error {
	text, err := encodeRecord(r)
	if err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	return w.install(w.RecordPath(r.Action), text)
}

// Receive stores bytes that get writes, provided that they are those of id. The
// error wraps ErrDamaged if they are not.
func (w *Writer) Receive(id ContentID, size int64, get func(io.Writer) error) error {
	path := w.BlobPath(id)
	if err := w.Disk.MkdirAll(filepath.Dir(path)); err != nil {
		return err
	}
	return w.Disk.Fill(w.temp(), path, 0o444, size, func(file io.Writer) error {
		h := sha256.New()
		sized := &counted{Writer: io.MultiWriter(file, h), left: size}
		if err := get(sized); err != nil {
			return err
		}
		if sized.left != 0 || ContentID(h.Sum(nil)) != id {
			return fmt.Errorf("the bytes that arrived are not those of content %s: %w", id.Short(), ErrDamaged)
		}
		return nil
	})
}

// counted rejects more bytes than were announced.
type counted struct {
	io.Writer
	left int64
}

func (c *counted) Write(p []byte) (int, error) {
	if c.left -= int64(len(p)); c.left < 0 {
		return 0, fmt.Errorf("more bytes arrived than were announced: %w", ErrDamaged)
	}
	return c.Writer.Write(p)
}

// LetGo removes the bytes of an output. It first marks the output as Away in
// every one of the records, so that no record misses its bytes, whatever the
// moment of a crash. If somebody is working on one of those actions, nothing is
// removed and ok is false.
func (w *Writer) LetGo(id ContentID, records []ActionID) (ok bool, err error) {
	for _, action := range records {
		if ok, err := w.markAway(id, action); !ok || err != nil {
			return false, err
		}
	}
	path := w.BlobPath(id)
	if err := w.Disk.RemoveAll(path); err != nil {
		return false, err
	}
	return true, w.Disk.Sync(filepath.Dir(path))
}

func (w *Writer) markAway(id ContentID, action ActionID) (ok bool, err error) {
	lock, ok, err := w.TryLock(action)
	if !ok || err != nil {
		return false, err
	}
	defer lock.Release()
	r, err := w.Record(action)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	changed := false
	for i, o := range r.Outputs {
		if o.Content == id && !o.Away {
			r.Outputs[i].Away, changed = true, true
		}
	}
	if !changed {
		return true, nil
	}
	return true, w.Rewrite(r)
}
