package disk

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// Append adds data to the end of path, all or nothing, and forces it to disk if
// sync is set. Appends of other processes wait in the meantime.
func (d Disk) Append(path string, data []byte, sync bool) error {
	return d.append(path, data, sync, false)
}

// AppendLine is Append for a file of lines. It first cuts off an incomplete
// last line, which a writer that died or a power cut has left and which nobody
// will complete.
func (d Disk) AppendLine(path string, line []byte, sync bool) error {
	return d.append(path, line, sync, true)
}

func (d Disk) append(path string, data []byte, sync, lines bool) error {
	f, size, err := openToAppend(path)
	if err != nil {
		return fmt.Errorf("append: %w", err)
	}
	defer f.Close()
	if lines {
		whole, err := wholeLines(f, size)
		if err != nil {
			return fmt.Errorf("append %s: %w", path, err)
		}
		if whole < size {
			if err := d.cut(f, path, whole); err != nil {
				return err
			}
			size = whole
		}
	}
	err = d.step(Step{Op: Append, Path: path, Bytes: int64(len(data))}, func() error {
		n, err := f.Write(data)
		if err != nil && n > 0 { // a full disk may have accepted a part
			if cerr := d.cut(f, path, size); cerr != nil {
				return fmt.Errorf("%w; and then: %w", err, cerr)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	if sync {
		unlockWhole(f) // others may append during the sync
		return d.step(Step{Op: Sync, Path: path}, f.Sync)
	}
	return nil
}

func (d Disk) cut(f *os.File, path string, size int64) error {
	return d.step(Step{Op: Cut, Path: path, Bytes: size}, func() error { return f.Truncate(size) })
}

// openToAppend returns the file at path, locked so that nobody else appends to
// it until it is closed, and its size.
func openToAppend(path string) (*os.File, int64, error) {
	for {
		if info, err := os.Lstat(path); err == nil {
			if err := Regular(path, info); err != nil {
				return nil, 0, err
			}
		}
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND|nonBlocking|noFollow, 0o666)
		if err != nil {
			return nil, 0, err
		}
		err = lockWhole(f)
		held, herr := f.Stat()
		if err == nil {
			err = herr
		}
		if err != nil {
			f.Close()
			return nil, 0, err
		}
		// The previous holder of the lock may have put another file in its place.
		if named, err := os.Lstat(path); err == nil && os.SameFile(held, named) {
			if err = Regular(path, held); err == nil {
				return f, held.Size(), nil
			}
			f.Close()
			return nil, 0, err
		}
		f.Close()
	}
}

// wholeLines returns the length of the complete lines at the beginning of a
// file.
func wholeLines(f io.ReaderAt, size int64) (int64, error) {
	var last [1]byte
	for step := int64(1); size > 0; step = 4096 {
		part := last[:]
		if step > 1 {
			part = make([]byte, min(step, size))
		}
		at := size - int64(len(part))
		if _, err := f.ReadAt(part, at); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return at + int64(i) + 1, nil
		}
		size = at
	}
	return 0, nil
}

// Rewrite replaces the content of a file that is appended to, all or nothing,
// through tmp, which must be on the same file system. edit is called with the
// old content and returns the new one. Nobody appends in between.
func (d Disk) Rewrite(tmp, path string, edit func(old []byte) ([]byte, error)) error {
	f, size, err := openToAppend(path)
	if err != nil {
		return fmt.Errorf("rewrite: %w", err)
	}
	defer f.Close()
	old := make([]byte, size)
	if _, err := f.ReadAt(old, 0); err != nil && size > 0 {
		return fmt.Errorf("rewrite %s: %w", path, err)
	}
	text, err := edit(old)
	if err != nil {
		return fmt.Errorf("rewrite %s: %w", path, err)
	}
	return d.WriteFile(tmp, path, text, 0o666)
}
