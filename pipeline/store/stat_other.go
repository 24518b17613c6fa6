//go:build !unix

package store

import (
	"fmt"
	"os"
)

// statSignature leaves out the change time and the inode, which this platform
// does not offer.
func statSignature(path string) (signature, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return signature{}, err
	}
	if !info.Mode().IsRegular() {
		return signature{}, fmt.Errorf("%s is not a regular file: %w", path, ErrDamaged)
	}
	return signature{size: info.Size(), mtime: info.ModTime().UnixNano()}, nil
}
