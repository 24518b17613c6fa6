// Package store keeps the bytes that stages make, the records that say what
// made them, and a journal of what happened.
//
// Layout, format version 1:
//
//	format                  the version
//	blobs/ab/ab12…          files by content id, read-only
//	actions/cd/cd34…        one record per action id: its outputs, then details
//	manifests/ef/ef56…      descriptions that many records share (code identities)
//	journal.jsonl           one event per line, append-only
//	quarantine/             damaged files, moved out of the way, never read again
//	logs/RUN/NODE.log       what stages said
//	locks/ab12…             per action, held while it is worked on
//	tmp/RUN/                private to a live run; tmp/RUN.lock says it lives, and on which host
//	gc.lock                 held shared by writers, alone by a collector
//	cache/                  hashes by size, times and inode; may be deleted
//
// Crash safety rests entirely on the order of writing. Bytes get their final
// name when they are complete and on disk. A record is written after its blobs
// are durable, and the journal is written last. Whatever the moment of a crash,
// each of these is either there and true, or not there. Locks are flocks: the
// kernel releases them when their holder dies, whatever its pid is used for
// afterwards.
//
// A damaged or missing entry is a miss with a reason, never an answer. Reading
// (Store) needs no lock and writes nothing. Changing anything requires a
// Writer.
package store

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"sparsel/pipeline/store/disk"
)

// A Store answers questions about a directory. It is safe for concurrent use.
type Store struct {
	// Disk performs the writes. Tests set its hook before the first use.
	Disk disk.Disk

	dir    string
	format error // what was wrong with the format file when the store was opened
}

// Open opens the store at dir without creating or writing anything. A directory
// that does not exist is an empty store. Open rejects a store of an unknown
// format version. It accepts a damaged format file, which the next Writer
// repairs.
func Open(dir string) (*Store, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", dir, err)
	}
	s := &Store{dir: abs}
	err = s.checkFormat()
	switch {
	case errors.Is(err, ErrDamaged):
		s.format = err
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("open store %s: %w", dir, err)
	}
	return s, nil
}

// Dir returns the absolute path of the store's directory.
func (s *Store) Dir() string { return s.dir }

func (s *Store) path(elem ...string) string {
	return filepath.Join(append([]string{s.dir}, elem...)...)
}

// BlobPath returns where the bytes with that id are, if the store has them.
func (s *Store) BlobPath(id ContentID) string {
	return s.spread("blobs", id)
}

// RecordPath returns where the record of that action is, if there is one.
func (s *Store) RecordPath(id ActionID) string {
	return s.spread("actions", id)
}

// spread returns the path of an entry of the given kind. It uses 256
// directories so that none grows long. Ten thousand nodes call it some fifty
// thousand times.
func (s *Store) spread(kind string, id [32]byte) string {
	h := hex.EncodeToString(id[:])
	const sep = string(filepath.Separator)
	return s.dir + sep + kind + sep + h[:2] + sep + h
}

// JournalPath returns the path of the journal.
func (s *Store) JournalPath() string { return s.path("journal.jsonl") }

// LogDir returns the directory of a run's log files.
func (s *Store) LogDir(run string) string { return s.path("logs", run) }
