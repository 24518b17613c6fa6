package store

import (
	"fmt"
	"os"

	"github.com/gofrs/flock"

	"sparsel/pipeline/store/disk"
)

// A Lock is held by one process, or by one of several holders in a process,
// until Release or until the process dies.
type Lock struct{ f *flock.Flock }

// lockFile names a lock without opening it. The error wraps ErrDamaged if the
// path is something other than a file: opening a pipe may block for ever. Every
// user who may read the store can hold its locks.
func lockFile(path string) (*flock.Flock, error) {
	if info, err := os.Lstat(path); err == nil {
		if err := disk.Regular(path, info); err != nil {
			return nil, irregular(err)
		}
	}
	return flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDONLY|disk.LockFlags), flock.SetPermissions(0o666)), nil
}

// tryLock takes the lock file at path if nobody holds it.
//
// Lock files are removed on release, so that ten thousand actions do not leave
// ten thousand empty files. The holder may remove the file after this process
// has opened it and before it has locked it. A lock on a file without a name
// protects nothing, so tryLock checks the name after locking.
func tryLock(path string) (*Lock, bool, error) {
	for {
		f, err := lockFile(path)
		if err != nil {
			return nil, false, fmt.Errorf("lock %s: %w", path, err)
		}
		ok, err := f.TryLock()
		if err != nil {
			return nil, false, lockError(path, err)
		}
		if !ok {
			f.Close()
			return nil, false, nil
		}
		if isNamed(f) {
			return &Lock{f}, true, nil
		}
		f.Close()
	}
}

// isNamed reports whether the locked file still has its name.
func isNamed(f *flock.Flock) bool {
	held, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(f.Path())
	return err == nil && os.SameFile(held, named)
}

// Release lets the next holder take the lock.
func (l *Lock) Release() {
	os.Remove(l.f.Path()) // while it is locked, so that whoever opened it will notice
	l.f.Close()
}
