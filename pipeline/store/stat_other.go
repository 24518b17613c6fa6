//go:build !unix

package store

import (
	"fmt"
	"os"
)

// statSignature has no change time and no inode to offer here.
func statSignature(path string) (signature, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return signature{}, err
	}
	if !info.Mode().IsRegular() {
		return signature{}, fmt.Errorf("%s is no regular file: %w", path, ErrDamaged)
	}
	return signature{size: info.Size(), mtime: info.ModTime().UnixNano()}, nil
}
