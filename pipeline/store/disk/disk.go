// Package disk is the one place where the store and the publisher write files.
//
// Every step that a crash, a full disk or a power cut can separate from the
// next (create, write, sync, rename, sync of the directory, append, remove) is
// announced to a hook first. A test can stop the process there, make the step
// fail, or keep a model of what a power cut would leave. In production the hook
// is nil. A library that writes atomically in one call would hide those steps,
// so none is used here.
package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// An Op is a kind of step.
type Op string

// The steps, as the hook sees them.
const (
	Mkdir   Op = "mkdir"
	Create  Op = "create"
	Write   Op = "write"
	Sync    Op = "sync"
	Chmod   Op = "chmod"
	Rename  Op = "rename"
	SyncDir Op = "sync directory"
	Append  Op = "append"
	Cut     Op = "cut back"
	Remove  Op = "remove"
)

// A Step is about to happen to Path. To is the new name in a rename. Bytes is
// the length of a write or append, or the length that remains after a cut.
type Step struct {
	Op       Op
	Path, To string
	Bytes    int64
}

// A Disk performs file operations. The zero value is ready for use. New files
// and directories get the permissions that the user's umask permits.
type Disk struct {
	// Hook, if not nil, is called before each step. An error from it makes the
	// step fail. It may be called from several goroutines.
	Hook func(Step) error
}

func (d Disk) step(s Step, do func() error) error {
	if d.Hook != nil {
		if err := d.Hook(s); err != nil {
			return fmt.Errorf("%s %s: %w", s.Op, s.Path, err)
		}
	}
	if err := do(); err != nil {
		if s.Bytes > 0 {
			return fmt.Errorf("%s %s (%d bytes): %w", s.Op, s.Path, s.Bytes, err)
		}
		return fmt.Errorf("%s %s: %w", s.Op, s.Path, err)
	}
	return nil
}

// MkdirAll makes dir and its parents, and makes the new names durable.
func (d Disk) MkdirAll(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := d.MkdirAll(parent); err != nil {
			return err
		}
	}
	err := d.step(Step{Op: Mkdir, Path: dir}, func() error {
		err := os.Mkdir(dir, 0o777)
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		if info, serr := os.Stat(dir); serr == nil && info.IsDir() {
			return nil // another process was faster
		}
		return fmt.Errorf("there should be a directory, but something else has its name; move it away: %w", err)
	})
	if err != nil {
		return err
	}
	return d.syncDir(filepath.Dir(dir))
}

// Install moves the finished file tmp to path. It checks the file's length,
// forces its bytes to disk, makes it read-only, and only then gives it its
// final name, which it makes durable, too. tmp must be on the file system of
// path.
func (d Disk) Install(tmp, path string, size int64) error {
	f, err := Open(tmp)
	if err != nil {
		return fmt.Errorf("install %s: %w", path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("install %s: %w", path, err)
	}
	if info.Size() != size {
		return fmt.Errorf("install %s: %s is %d bytes long, want %d", path, tmp, info.Size(), size)
	}
	if err := d.step(Step{Op: Chmod, Path: tmp}, func() error { return os.Chmod(tmp, 0o444&^umask) }); err != nil {
		return err
	}
	if err := d.step(Step{Op: Sync, Path: tmp}, f.Sync); err != nil {
		return err
	}
	return d.rename(tmp, path)
}

// WriteFile gives path the content data, all or nothing, through tmp, which
// must not exist and must be on the same file system.
func (d Disk) WriteFile(tmp, path string, data []byte, perm fs.FileMode) error {
	return d.write(tmp, path, perm, int64(len(data)), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// CopyFile gives path the content of the file src, all or nothing, through tmp,
// which must not exist and must be on path's file system. Every byte is also
// written to also, for example a hash. check is called after all bytes are
// written and before path appears.
func (d Disk) CopyFile(tmp, path, src string, perm fs.FileMode, also io.Writer, check func() error) error {
	f, err := Open(src)
	if err != nil {
		return fmt.Errorf("copy %s: %w", src, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("copy %s: %w", src, err)
	}
	return d.write(tmp, path, perm, info.Size(), func(w io.Writer) error {
		if _, err := io.Copy(io.MultiWriter(w, also), f); err != nil {
			return err
		}
		return check()
	})
}

func (d Disk) write(tmp, path string, perm fs.FileMode, size int64, fill func(io.Writer) error) error {
	var f *os.File
	err := d.step(Step{Op: Create, Path: tmp}, func() (err error) {
		f, err = os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		return err
	})
	if err != nil {
		return err
	}
	defer os.Remove(tmp) // fails after the rename, as it should
	defer f.Close()
	if err := d.step(Step{Op: Write, Path: tmp, To: path, Bytes: size}, func() error { return fill(f) }); err != nil {
		return err
	}
	if err := d.step(Step{Op: Chmod, Path: tmp}, func() error { return f.Chmod(perm &^ umask) }); err != nil {
		return err
	}
	if err := d.step(Step{Op: Sync, Path: tmp}, f.Sync); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("close %s: %w", tmp, err)
	}
	return d.rename(tmp, path)
}

// Move renames path to to and makes the change durable in both directories.
func (d Disk) Move(path, to string) error {
	if err := d.rename(path, to); err != nil {
		return err
	}
	return d.syncDir(filepath.Dir(path))
}

// RemoveAll removes path and everything below it.
func (d Disk) RemoveAll(path string) error {
	return d.step(Step{Op: Remove, Path: path}, func() error { return os.RemoveAll(path) })
}

func (d Disk) rename(from, to string) error {
	if err := d.step(Step{Op: Rename, Path: from, To: to}, func() error { return os.Rename(from, to) }); err != nil {
		return err
	}
	return d.syncDir(filepath.Dir(to))
}

func (d Disk) syncDir(dir string) error {
	return d.step(Step{Op: SyncDir, Path: dir}, func() error {
		f, err := os.Open(dir)
		if err != nil {
			return err
		}
		defer f.Close()
		return f.Sync()
	})
}
