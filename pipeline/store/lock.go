package store

import (
	"fmt"
	"os"

	"github.com/gofrs/flock"
)

// A Lock is held by one process, or by one of several holders in a process,
// until Release or death.
type Lock struct{ f *flock.Flock }

// tryLock takes the lock file at path if nobody holds it.
//
// Lock files are removed on release so that ten thousand actions leave no ten
// thousand empty files. Between opening a file and locking it, its holder may
// have removed it; a lock on a file without a name guards nothing, so the name
// is checked after locking.
func tryLock(path string) (*Lock, bool, error) {
	for {
		f := flock.New(path)
		ok, err := f.TryLock()
		if err != nil {
			return nil, false, fmt.Errorf("lock %s: %w", path, err)
		}
		if !ok {
			f.Close()
			return nil, false, nil
		}
		held, err := f.Stat()
		if err == nil {
			if named, err := os.Stat(path); err == nil && os.SameFile(held, named) {
				return &Lock{f}, true, nil
			}
		}
		f.Close()
	}
}

// Release lets the next holder in.
func (l *Lock) Release() {
	os.Remove(l.f.Path()) // while held: whoever opened it will notice
	l.f.Close()
}
