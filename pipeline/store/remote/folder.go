package remote

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// folder is a second level in a directory, which many machines may share. It
// requires three things of the file system: bytes can be forced to disk before
// they get a name, a hard link fails if its name is taken, and a process that
// opens a file after it was closed sees all of it.
type folder struct {
	dir   string
	place Place
}

// incoming is the directory of files that do not have their final name yet.
const incoming = "tmp"

var incomingKey = regexp.MustCompile(`^` + incoming + `/[0-9a-f]{24}$`)

// Unfinished reports whether a key that List yields is that of a file that a
// Put is writing, or was writing when its process was killed.
func Unfinished(key string) bool { return incomingKey.MatchString(key) }

func (f folder) String() string { return f.place.String() }

func (f folder) path(key string) string { return filepath.Join(f.dir, filepath.FromSlash(key)) }

// there distinguishes a directory that is missing, perhaps because it is not
// mounted, from one that lacks a key.
func (f folder) there() error {
	info, err := os.Stat(f.dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return fmt.Errorf("%s is not a folder: mount it, or make it once with mkdir: %w", f.dir, ErrRefused)
	}
	return err
}

func (f folder) missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		if gone := f.there(); gone != nil {
			return gone
		}
	}
	return refused(err)
}

// refused marks the file system errors that trying again does not cure.
func refused(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("%w: %w", err, ErrRefused)
	}
	return err
}

func (f folder) Get(ctx context.Context, key string, w io.Writer) error {
	// To open a pipe would wait for somebody to write to it.
	info, err := os.Stat(f.path(key))
	if err != nil {
		return f.missing(err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("get %s: it is not a file: %w", key, ErrDamaged)
	}
	file, err := os.Open(f.path(key))
	if err != nil {
		return f.missing(err)
	}
	defer file.Close()
	_, err = io.Copy(w, until{ctx, file})
	return err
}

// until is a reader that fails when its context ends.
type until struct {
	ctx context.Context
	io.Reader
}

func (u until) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, context.Cause(u.ctx)
	}
	return u.Reader.Read(p)
}

func (f folder) Put(ctx context.Context, key string, o Object, overwrite bool) error {
	if err := f.there(); err != nil {
		return err
	}
	path := f.path(key)
	if _, err := os.Lstat(path); err == nil && !overwrite {
		return fmt.Errorf("put %s: %w", key, fs.ErrExist) // avoids writing everything just to find out
	}
	var random [12]byte
	rand.Read(random[:])
	tmp := filepath.Join(f.dir, incoming, hex.EncodeToString(random[:]))
	for _, dir := range []string{filepath.Dir(tmp), filepath.Dir(path)} {
		if err := os.MkdirAll(dir, 0o777); err != nil { // the user's umask decides who shares the directory
			return refused(err)
		}
	}
	defer os.Remove(tmp)
	if err := f.write(ctx, tmp, o); err != nil {
		return fmt.Errorf("put %s: %w", key, refused(err))
	}
	if overwrite {
		if err := os.Rename(tmp, path); err != nil {
			return refused(err)
		}
	} else if err := os.Link(tmp, path); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("put %s: %w", key, fs.ErrExist)
	} else if errors.Is(err, syscall.EPERM) || errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("put %s: the file system of %s has no hard links, which keep two machines from writing one name: use another: %w: %w",
			key, f.dir, err, ErrRefused)
	} else if err != nil {
		return refused(err)
	}
	return syncDir(filepath.Dir(path))
}

// write writes the bytes of o to tmp and forces them to disk, or rejects them.
func (f folder) write(ctx context.Context, tmp string, o Object) error {
	file, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return err
	}
	defer file.Close()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(file, h), until{ctx, o.Body()})
	if err != nil {
		return err
	}
	if n != o.Size || [32]byte(h.Sum(nil)) != o.Sum {
		return fmt.Errorf("%d bytes arrived that are not the ones announced: %w", n, ErrDamaged)
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return file.Close()
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) { // some network file systems cannot sync, and need not
		return err
	}
	return nil
}

func (f folder) Stat(_ context.Context, key string) (Entry, error) {
	info, err := os.Lstat(f.path(key))
	if err != nil {
		return Entry{}, f.missing(err)
	}
	return Entry{key, info.Size(), info.ModTime()}, nil
}

func (f folder) List(ctx context.Context, prefix string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if err := f.there(); err != nil {
			yield(Entry{}, err)
			return
		}
		dir, err := filepath.EvalSymlinks(f.dir) // the folder may be a link
		if err != nil {
			yield(Entry{}, refused(err))
			return
		}
		// Start at the directory that the last slash of the prefix ends.
		root := filepath.Join(dir, filepath.FromSlash(prefix[:strings.LastIndex(prefix, "/")+1]))
		err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			key, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			key = filepath.ToSlash(key)
			if d.IsDir() || !strings.HasPrefix(key, prefix) {
				return nil
			}
			info, err := d.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			if !yield(Entry{key, info.Size(), info.ModTime()}, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(Entry{}, refused(err))
		}
	}
}

func (f folder) Delete(_ context.Context, keys []string) error {
	for _, key := range keys {
		if err := os.Remove(f.path(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return refused(err)
		}
	}
	return nil
}
