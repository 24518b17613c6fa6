package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// ErrIrregular says that something else is in the place of a regular file: a
// directory, a named pipe, a device, a socket or a symbolic link.
var ErrIrregular = errors.New("not a regular file")

// Open opens a regular file for reading. For anything else it returns an error
// that says what it is and wraps ErrIrregular, and does not open it: opening a
// pipe waits for a process at the other end, and opening a device may have
// effects on it.
func Open(path string) (*os.File, error) { return open(path, os.Lstat, noFollow) }

// OpenLinked is Open for files that users name and that may be behind a
// symbolic link.
func OpenLinked(path string) (*os.File, error) { return open(path, os.Stat, 0) }

func open(path string, stat func(string) (fs.FileInfo, error), flag int) (*os.File, error) {
	info, err := stat(path)
	if err == nil {
		err = Regular(path, info)
	}
	if err != nil {
		return nil, err
	}
	// The file may have been replaced since, so opening it must still not block.
	f, err := os.OpenFile(path, os.O_RDONLY|nonBlocking|flag, 0)
	if flag != 0 && errors.Is(err, syscall.ELOOP) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("it is a symbolic link, %w", ErrIrregular)}
	}
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil {
		err = Regular(path, info)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Regular returns an error that wraps ErrIrregular unless info, which describes
// path, is that of a regular file.
func Regular(path string, info fs.FileInfo) error {
	if info.Mode().IsRegular() {
		return nil
	}
	return &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("it is %s, %w", kindOf(info.Mode()), ErrIrregular)}
}

func kindOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&fs.ModeSymlink != 0:
		return "a symbolic link"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "something else"
}

// ReadFile returns the bytes of a regular file of at most limit bytes. For a
// longer file it returns an error that wraps ErrTooLong without reading it,
// because a file with the name of a small one may be as long as a disk.
func ReadFile(path string, limit int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	return readAll(f, path, limit)
}

// ReadLinked is ReadFile with OpenLinked.
func ReadLinked(path string, limit int64) ([]byte, error) {
	f, err := OpenLinked(path)
	if err != nil {
		return nil, err
	}
	return readAll(f, path, limit)
}

// ErrTooLong says that a file is longer than any file of its kind.
var ErrTooLong = errors.New("it is too long")

func readAll(f *os.File, path string, limit int64) ([]byte, error) {
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	tooLong := func(size int64) error {
		return &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("%w: %d bytes, and no file of its kind has more than %d",
			ErrTooLong, size, limit)}
	}
	if info.Size() > limit {
		return nil, tooLong(info.Size())
	}
	text := make([]byte, info.Size(), info.Size()+1)
	n, err := io.ReadFull(f, text)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return text[:n], nil // the file has become shorter
	}
	if err != nil {
		return nil, err
	}
	// The file may be growing, as the journal does.
	rest, err := io.ReadAll(io.LimitReader(f, limit-int64(n)+1))
	if text = append(text, rest...); int64(len(text)) > limit {
		return nil, tooLong(int64(len(text)))
	}
	return text, err
}
