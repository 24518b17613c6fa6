//go:build !unix

package store

import "os"

// statSignature has no change time and no inode to offer here.
func statSignature(path string) (signature, error) {
	info, err := os.Stat(path)
	if err != nil {
		return signature{}, err
	}
	return signature{size: info.Size(), mtime: info.ModTime().UnixNano()}, nil
}
