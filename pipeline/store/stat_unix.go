//go:build unix

package store

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// statSignature includes the change time, which tools that restore a
// modification time cannot set.
func statSignature(path string) (signature, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return signature{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return signature{int64(st.Size), st.Mtim.Nano(), st.Ctim.Nano(), uint64(st.Ino)}, nil
}
