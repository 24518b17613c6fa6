package remote

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// archive is a second level in a ZIP file, whose entries are named for keys. It
// can only be read. The file stays open as long as the process lives.
type archive struct {
	place Place
	open  func() (map[string]*zip.File, error)
}

func openArchive(p Place) archive {
	return archive{p, sync.OnceValues(func() (map[string]*zip.File, error) {
		file, err := zip.OpenReader(p.Archive)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("%s is not there: %w", p.Archive, ErrRefused)
		case errors.Is(err, zip.ErrFormat):
			return nil, fmt.Errorf("%s is no ZIP archive, or was cut short: %w", p.Archive, ErrRefused)
		case err != nil:
			return nil, refused(err)
		}
		entries := make(map[string]*zip.File, len(file.File))
		for _, f := range file.File {
			entries[f.Name] = f
		}
		return entries, nil
	})}
}

func (a archive) String() string { return a.place.String() }

func (a archive) entry(key string) (*zip.File, error) {
	entries, err := a.open()
	if err != nil {
		return nil, err
	}
	f, ok := entries[key]
	if !ok {
		return nil, fmt.Errorf("%s in %s: %w", key, a.place.Archive, fs.ErrNotExist)
	}
	return f, nil
}

func (a archive) Get(ctx context.Context, key string, w io.Writer) error {
	f, err := a.entry(key)
	if err != nil {
		return err
	}
	r, err := f.Open()
	if err != nil {
		return damagedEntry(err)
	}
	defer r.Close()
	_, err = io.Copy(w, until{ctx, damageReader{r}})
	return err
}

// damageReader marks the errors of an entry whose bytes are not what the
// archive says.
type damageReader struct{ io.Reader }

func (d damageReader) Read(p []byte) (int, error) {
	n, err := d.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = damagedEntry(err)
	}
	return n, err
}

func damagedEntry(err error) error {
	var path *os.PathError
	if errors.As(err, &path) { // the disk, not the archive
		return err
	}
	return fmt.Errorf("%w: %w", err, ErrDamaged)
}

func (a archive) Stat(_ context.Context, key string) (Entry, error) {
	f, err := a.entry(key)
	if err != nil {
		return Entry{}, err
	}
	return Entry{key, int64(f.UncompressedSize64), f.Modified}, nil
}

func (a archive) List(ctx context.Context, prefix string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		entries, err := a.open()
		if err != nil {
			yield(Entry{}, err)
			return
		}
		var keys []string
		for key := range entries {
			if strings.HasPrefix(key, prefix) {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		for _, key := range keys {
			e, err := a.Stat(ctx, key)
			if err == nil {
				err = ctx.Err()
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func (a archive) Put(context.Context, string, Object, bool) error { return a.fixed() }

func (a archive) Delete(context.Context, []string) error { return a.fixed() }

func (a archive) fixed() error {
	return fmt.Errorf("%s is an archive, which cannot be changed: %w", filepath.Base(a.place.Archive), ErrRefused)
}
