//go:build unix

package store

import (
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"
)

// statSignature rejects anything but a regular file. The signature includes the
// change time, which tools that restore a modification time cannot set.
func statSignature(path string) (signature, error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return signature{}, &fs.PathError{Op: "lstat", Path: path, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return signature{}, fmt.Errorf("%s is not a regular file: %w", path, ErrDamaged)
	}
	return signature{int64(st.Size), st.Mtim.Nano(), st.Ctim.Nano(), uint64(st.Ino)}, nil
}
