package store

import (
	"errors"
	"fmt"

	"sparsel/pipeline/store/disk"
)

// The longest files of each kind. A study of ten thousand runs needs less than
// a hundredth of that.
const (
	maxSmall   = 1 << 12 // format, gc.lock
	maxRecord  = 1 << 28 // records, manifests
	maxCache   = 1 << 30
	maxJournal = 1 << 34
)

// readFile reads a regular file of the store. The error wraps ErrDamaged if the
// path is something other than a regular file, or if the file is longer than
// any file of its kind.
func readFile(path string, limit int64) ([]byte, error) {
	text, err := disk.ReadFile(path, limit)
	return text, irregular(err)
}

// irregular wraps an error in ErrDamaged if it says that the path cannot be a
// file of the store.
func irregular(err error) error {
	if errors.Is(err, disk.ErrIrregular) || errors.Is(err, disk.ErrTooLong) {
		return fmt.Errorf("%w: %w", err, ErrDamaged)
	}
	return err
}

// ReadBlob returns stored bytes without comparing them with their id. The
// caller decides what bytes that cannot be trusted are good for.
func (s *Store) ReadBlob(id ContentID) ([]byte, error) { return readFile(s.BlobPath(id), maxJournal) }
