package pipeline

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"sparsel/pipeline/store"
)

// firstDay is the date of every entry. ZIP files have no earlier one.
var firstDay = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// Packed says what Pack wrote.
type Packed struct {
	Results int // records
	Files   int // contents
}

// Pack writes the results of a plan's current steps to w: a ZIP archive that
// other stores can use as a second level (see remote.Place). It leaves out the
// contents of the nodes for which bare returns true, and of those that this
// store does not have. They stay known from their records, so whoever needs
// them makes them again.
func (e *Engine) Pack(ctx context.Context, p *Plan, w io.Writer, bare func(*Node) bool) (Packed, error) {
	var done Packed
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	written := map[string]bool{}
	// add writes what open returns, once.
	add := func(key string, open func() (io.ReadCloser, error)) error {
		if written[key] {
			return nil
		}
		r, err := open()
		if err != nil {
			return err
		}
		defer r.Close()
		entry, err := z.CreateHeader(&zip.FileHeader{Name: key, Method: zip.Deflate, Modified: firstDay})
		if err != nil {
			return err
		}
		_, err = io.Copy(entry, r)
		written[key] = err == nil
		return err
	}
	text := func(b []byte) func() (io.ReadCloser, error) {
		return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
	}
	if err := add(formatKey, text([]byte(store.Format))); err != nil {
		return done, fmt.Errorf("pack: %w", err)
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		if err := ctx.Err(); err != nil {
			return done, err
		}
		if s.State != Current || s.Far {
			continue
		}
		rec, err := e.Store.Record(s.Action)
		if err != nil {
			return done, fmt.Errorf("pack: %w", err)
		}
		if rec.Conflict != nil {
			return done, fmt.Errorf("pack: %s gave different bytes when it was done again; `why` says more", rec.Node)
		}
		rec.Outputs = slices.Clone(rec.Outputs)
		for k, o := range rec.Outputs {
			if bare(s.Node) {
				rec.Outputs[k].Away = true
				continue
			}
			key := store.IDPath("blobs", o.Content)
			err := add(key, func() (io.ReadCloser, error) { return openVerified(e.Store.BlobPath(o.Content), o.Content) })
			rec.Outputs[k].Away = o.Away && errors.Is(err, fs.ErrNotExist)
			if err != nil && !rec.Outputs[k].Away {
				return done, fmt.Errorf("pack: %s, output %s: %w", rec.Node, o.Name, err)
			}
		}
		a, err := decodeAction(rec.Detail)
		if err != nil {
			return done, fmt.Errorf("pack: %w", err)
		}
		manifest, err := e.Store.ManifestText(a.Code)
		if err != nil {
			return done, fmt.Errorf("pack: %w", err)
		}
		record, err := rec.Text()
		if err != nil {
			return done, fmt.Errorf("pack: %w", err)
		}
		err = errors.Join(add(store.IDPath("manifests", a.Code), text(manifest)), add(store.IDPath("actions", rec.Action), text(record)))
		if err != nil {
			return done, fmt.Errorf("pack: %w", err)
		}
		done.Results++
	}
	for key := range written {
		if strings.HasPrefix(key, "blobs/") {
			done.Files++
		}
	}
	if err := z.Close(); err != nil {
		return done, fmt.Errorf("pack: %w", err)
	}
	return done, nil
}

// openVerified opens a content whose bytes are right.
func openVerified(path string, id ContentID) (io.ReadCloser, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	_, err = io.Copy(h, file)
	if err == nil && ContentID(h.Sum(nil)) != id {
		err = fmt.Errorf("its bytes have changed: %w; `all -paranoid` makes them again", store.ErrDamaged)
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
