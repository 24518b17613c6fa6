package toolkit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"

	"sparsel/artifacts/foreign"
	"sparsel/pipeline/store"
)

// Sources knows files of other programs by their content. A file is hashed
// once. The hash is trusted while the file's size, times and inode stay the
// same. Sources keeps what it knows in a file, and losing that file does no
// harm.
type Sources struct {
	path  string
	files []source
}

// source is one source of activations or weights.
type source struct {
	Content string // SHA-256 of its file, or of the columns and SHA-256 of its arrays
	Path    string // to open it with
	Parts   []stamp
}

// stamp describes a file as it was when it was hashed.
type stamp struct {
	Column, Path, SHA256 string
	Size                 int64
	Signature            string
	Young                bool `json:",omitempty"` // it had changed just before, so its signature does not reveal every later change

	now bool // it was hashed by this process
}

// OpenSources reads the file at path, if there is one.
func OpenSources(path string) *Sources {
	s := &Sources{path: path}
	data, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(data, &s.files) != nil {
		s.files = nil
	}
	return s
}

// Forget removes the file in which s keeps what it knows, if it had anything to
// read.
func (s *Sources) Forget() error {
	if len(s.files) == 0 {
		return nil
	}
	s.files = nil
	if err := os.Remove(s.path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// settled is the age from which a file's times are sure to reveal another
// change. Some file systems store times in steps of two seconds.
const settled = 2 * time.Second

// Identify returns the content id of a source that consists of the parts and is
// opened at path. It reports the number of bytes hashed to progress unless that
// is nil.
func (s *Sources) Identify(ctx context.Context, path string, parts []foreign.Part,
	progress func(done, all int64)) (content string, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return "", err
	}
	known := map[string]stamp{}
	for _, f := range s.files {
		for _, p := range f.Parts {
			known[p.Path] = p
		}
	}
	now := source{Path: path}
	sum := sha256.New()
	for _, part := range parts {
		p := stamp{Column: part.Column}
		if p.Path, err = filepath.Abs(part.Path); err == nil {
			p.Path, err = filepath.EvalSymlinks(p.Path)
		}
		if err != nil {
			return "", err
		}
		info, err := os.Stat(p.Path)
		if err != nil {
			return "", err
		}
		if p.Signature, err = store.Signature(p.Path); err != nil {
			return "", err
		}
		p.Size = info.Size()
		if before, ok := known[p.Path]; ok && before.Signature == p.Signature && (before.now || !before.Young) {
			p.SHA256 = before.SHA256
		} else if p.SHA256, err = hash(ctx, p.Path, p.Size, progress); err != nil {
			return "", err
		}
		p.Young, p.now = time.Since(info.ModTime()) <= settled, true
		now.Parts = append(now.Parts, p)
		fmt.Fprintf(sum, "%s %s\n", p.Column, p.SHA256)
	}
	now.Content = hex.EncodeToString(sum.Sum(nil))
	if len(parts) == 1 && parts[0].Column == "" {
		now.Content = now.Parts[0].SHA256
	}
	list := []source{now}
	for _, f := range s.files {
		if f.Path != path {
			list = append(list, f)
		}
	}
	s.files = list
	return now.Content, s.save()
}

func (s *Sources) save() error {
	data, err := json.MarshalIndent(s.files, "", "\t")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o777); err != nil {
		return err
	}
	return renameio.WriteFile(s.path, data, 0o666)
}

func hash(ctx context.Context, path string, size int64, progress func(done, all int64)) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h, done := sha256.New(), int64(0)
	buffer := make([]byte, 1<<20)
	for {
		n, err := f.Read(buffer)
		h.Write(buffer[:n])
		if done += int64(n); progress != nil {
			progress(done, max(size, done))
		}
		switch {
		case errors.Is(err, io.EOF):
			return hex.EncodeToString(h.Sum(nil)), nil
		case err != nil:
			return "", fmt.Errorf("hash %s: %w", path, err)
		case ctx.Err() != nil:
			return "", context.Cause(ctx)
		}
	}
}

// ErrGone is in the error chain of Find if no file with the content is known,
// or the known ones have changed.
var ErrGone = errors.New("no file of this content is where it was; give it to `measure` again, from wherever it is now")

// Find is a measured.Finder.
func (s *Sources) Find(content string) (path string, unchanged func() error, err error) {
	for _, f := range s.files {
		if f.Content == content && f.verify() == nil {
			return f.Path, f.unchanged, nil
		}
	}
	return "", nil, fmt.Errorf("%.12s…: %w", content, ErrGone)
}

// verify returns an error if a source has changed since it was hashed. It hashes
// again what was young then.
func (f source) verify() error {
	if err := f.unchanged(); err != nil {
		return err
	}
	for _, p := range f.Parts {
		if !p.Young || p.now {
			continue
		}
		if sum, err := hash(context.Background(), p.Path, p.Size, nil); err != nil || sum != p.SHA256 {
			return cmp.Or(err, fs.ErrInvalid)
		}
	}
	return nil
}

// unchanged returns an error if a source's files do not look as they did when
// they were hashed.
func (f source) unchanged() error {
	for _, p := range f.Parts {
		signature, err := store.Signature(p.Path)
		if err != nil {
			return err
		}
		if signature != p.Signature {
			return fmt.Errorf("%s was changed while it was read; measure it again: %w", p.Path, fs.ErrInvalid)
		}
	}
	return nil
}
