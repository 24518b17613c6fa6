package pipeline

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
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
	Lacking int // contents that this store does not have, without those of bare nodes
}

// Pack writes the results of a plan's current steps to w: a ZIP archive that
// other stores can use as a second level (see remote.Place). It leaves out the
// contents of the nodes for which bare returns true, and of those that this
// store does not have. They stay known from their records, so whoever needs
// them makes them again.
func (e *Engine) Pack(ctx context.Context, p *Plan, w io.Writer, bare func(*Node) bool) (Packed, error) {
	k := packer{zip: zip.NewWriter(w), written: map[string]bool{}, lacking: map[ContentID]bool{}}
	k.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	err := k.add(formatKey, strings.NewReader(store.Format))
	for i := 0; err == nil && i < len(p.Steps); i++ {
		if err = ctx.Err(); err == nil && p.Steps[i].State == Current && !p.Steps[i].Far {
			err = k.step(e, p, &p.Steps[i], bare(p.Steps[i].Node))
		}
	}
	if err == nil {
		err = k.zip.Close()
	}
	if err != nil {
		return k.done, fmt.Errorf("pack: %w", err)
	}
	return k.done, nil
}

// packer writes results to an archive.
type packer struct {
	zip     *zip.Writer
	written map[string]bool // by key
	lacking map[ContentID]bool
	done    Packed
}

// step writes the result of one step. If bare is true, it leaves out the
// contents.
func (k *packer) step(e *Engine, p *Plan, s *Step, bare bool) error {
	rec, err := e.Store.Record(s.Action)
	if err != nil {
		return err
	}
	if rec.Conflict != nil {
		return fmt.Errorf("%s gave different bytes when it was done again; `why` says more", rec.Node)
	}
	rec.Outputs = slices.Clone(rec.Outputs)
	for i, o := range rec.Outputs {
		rec.Outputs[i].Away = bare
		if bare {
			continue
		}
		err := p.checker.Blob(o.Content, o.Size, store.TrustNothing)
		if rec.Outputs[i].Away = o.Away && errors.Is(err, fs.ErrNotExist); rec.Outputs[i].Away {
			k.lack(o.Content)
			continue
		}
		if err == nil {
			err = k.blob(e.Store, o.Content)
		}
		if err != nil {
			return fmt.Errorf("%s, output %s: %w", rec.Node, o.Name, err)
		}
	}
	a, err := decodeAction(rec.Detail)
	if err != nil {
		return err
	}
	for _, code := range a.codes() {
		manifest, err := e.manifestText(a, code)
		if err == nil && manifest != nil {
			err = k.add(store.IDPath("manifests", code), bytes.NewReader(manifest))
		}
		if err != nil {
			return err
		}
	}
	record, err := rec.Text()
	if err != nil {
		return err
	}
	k.done.Results++
	return k.add(store.IDPath("actions", rec.Action), bytes.NewReader(record))
}

// lack counts contents that cannot be written.
func (k *packer) lack(id ContentID) {
	if !k.lacking[id] {
		k.lacking[id] = true
		k.done.Lacking++
	}
}

func (k *packer) blob(s *store.Store, id ContentID) error {
	key := store.IDPath("blobs", id)
	if k.written[key] {
		return nil
	}
	file, err := os.Open(s.BlobPath(id))
	if err != nil {
		return err
	}
	defer file.Close()
	k.done.Files++
	return k.add(key, file)
}

// add writes an entry, unless the archive has it.
func (k *packer) add(key string, r io.Reader) error {
	if k.written[key] {
		return nil
	}
	k.written[key] = true
	entry, err := k.zip.CreateHeader(&zip.FileHeader{Name: key, Method: zip.Deflate, Modified: firstDay})
	if err == nil {
		_, err = io.Copy(entry, r)
	}
	return err
}
