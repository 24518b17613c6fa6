package disk

import (
	"io"
	"io/fs"
)

// Sync makes the files created, renamed and removed in a directory durable.
func (d Disk) Sync(dir string) error { return d.syncDir(dir) }

// Fill gives path the size bytes that fill writes, all or nothing, through tmp,
// which must not exist and must be on the same file system. If fill fails,
// everything stays as it was.
func (d Disk) Fill(tmp, path string, perm fs.FileMode, size int64, fill func(io.Writer) error) error {
	return d.write(tmp, path, perm, size, fill)
}
