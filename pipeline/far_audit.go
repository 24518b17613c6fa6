package pipeline

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"sparsel/pipeline/store"
	"sparsel/pipeline/store/remote"
)

// Bring fetches bytes that the store does not hold from the second level into a
// file of the caller's, provided that they are the right ones.
func (e *Engine) Bring(ctx context.Context, o store.Output, path string) error {
	if !e.far.up(ctx) {
		return fmt.Errorf("content %s is not kept here, and there is no second level to fetch it from: %w", o.Content.Short(), fs.ErrNotExist)
	}
	return e.far.c.Fetch(ctx, store.IDPath("blobs", o.Content), func(get func(io.Writer) error) error {
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		defer file.Close()
		h := sha256.New()
		if err := get(io.MultiWriter(file, h)); err != nil {
			return err
		}
		if ContentID(h.Sum(nil)) != o.Content {
			return fmt.Errorf("content %s: other bytes arrived: %w", o.Content.Short(), remote.ErrDamaged)
		}
		return file.Close()
	})
}

// BringInputs returns the stored files that a result was made from. It brings
// those that are not kept here to dir. ok is false if one of them was not found
// sound or cannot be had, because then nothing that is derived from it proves
// anything.
func (e *Engine) BringInputs(ctx context.Context, a *Audit, r *Resolved, dir string) (inputs map[string]File, ok bool) {
	inputs = map[string]File{}
	for _, in := range r.Made.Inputs {
		if in.Content == nil {
			continue
		}
		path := a.Provenance.store.BlobPath(*in.Content)
		_, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			path = filepath.Join(dir, "input-"+filepath.Base(path))
			if err := os.MkdirAll(dir, 0o755); err != nil || e.Bring(ctx, store.Output{Content: *in.Content}, path) != nil {
				return nil, false
			}
			if info, err := os.Stat(path); err == nil {
				a.found(*in.Content, info.Size())
			}
		} else if !a.isSound(*in.Content) {
			return nil, false // damaged
		}
		inputs[in.Name] = File{*in.Content, path}
	}
	return inputs, true
}

// found records bytes that were hashed while they arrived from elsewhere.
func (a *Audit) found(id ContentID, size int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sound[id] = size
}

func (a *Audit) isSound(id ContentID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, ok := a.sound[id]
	return ok
}

// Away reports whether a result is not Sound only because its bytes are not
// kept here.
func (a *Audit) Away(r *Resolved) bool {
	if r.Made == nil || a.Sound(r) {
		return false
	}
	return a.copyWith(r.Made.Outputs).Sound(r)
}

// copyWith returns a copy of the audit in which those of the outputs that are
// away count as sound.
func (a *Audit) copyWith(outputs []store.Output) *Audit {
	b := &Audit{Provenance: a.Provenance, published: a.published, bad: a.bad, sound: map[ContentID]int64{}}
	for _, o := range outputs {
		if _, err := os.Lstat(a.Provenance.store.BlobPath(o.Content)); o.Away && errors.Is(err, fs.ErrNotExist) {
			b.sound[o.Content] = o.Size
		} else if size, ok := a.sound[o.Content]; ok {
			b.sound[o.Content] = size
		}
	}
	return b
}
