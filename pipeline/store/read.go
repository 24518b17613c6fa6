package store

import (
	"errors"
	"fmt"

	"sparsel/pipeline/store/disk"
)

// The longest files of each kind. A study of ten thousand runs stays below a
// hundredth of them.
const (
	maxSmall   = 1 << 12 // format, gc.lock
	maxRecord  = 1 << 28 // records, manifests
	maxCache   = 1 << 30
	maxJournal = 1 << 34
)

// readFile reads a regular file of the store. The error wraps ErrDamaged if
// something else has its name, or if it is longer than any file of its kind.
func readFile(path string, limit int64) ([]byte, error) {
	text, err := disk.ReadFile(path, limit)
	return text, irregular(err)
}

// irregular makes damage of what the file system says of something that can
// be no file of the store.
func irregular(err error) error {
	if errors.Is(err, disk.ErrIrregular) || errors.Is(err, disk.ErrTooLong) {
		return fmt.Errorf("%w: %w", err, ErrDamaged)
	}
	return err
}

// ReadBlob returns stored bytes without holding them against their id: what a
// blob may be read for and cannot be believed is the caller's to say.
func (s *Store) ReadBlob(id ContentID) ([]byte, error) { return readFile(s.BlobPath(id), maxJournal) }
