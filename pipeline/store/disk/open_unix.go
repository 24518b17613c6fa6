//go:build unix

package disk

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

const (
	nonBlocking = unix.O_NONBLOCK
	noFollow    = unix.O_NOFOLLOW
)

// LockFlags are flags for opening a lock file without waiting and without
// following a symbolic link.
const LockFlags = nonBlocking | noFollow

// umask is the permissions that the user denies to new files. It can only be
// read by setting it, which is safe during initialisation.
var umask = func() os.FileMode {
	m := unix.Umask(0o077)
	unix.Umask(m)
	return os.FileMode(m) & 0o777
}()

// Writable returns nil if this process may create and remove files in a
// directory, or append to a file.
func Writable(path string) error {
	err := unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK, unix.AT_EACCESS)
	if err != nil {
		return &os.PathError{Op: "write to", Path: path, Err: err}
	}
	return nil
}

func unlockWhole(f *os.File) { _ = unix.Flock(int(f.Fd()), unix.LOCK_UN) } // closing the file does the same

// lockWhole keeps other appenders away from an open file until it is closed.
func lockWhole(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
