package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
)

// errWhole says that there is nothing to mend.
var errWhole = errors.New("nothing is damaged")

// MendJournal removes from the journal what cannot be believed, and keeps it
// among the run's logs.
func (w *Writer) MendJournal() ([]Damage, error) {
	var damage []Damage
	err := w.Disk.Rewrite(w.temp(), w.JournalPath(), func(old []byte) ([]byte, error) {
		_, damage = parseJournal(old)
		if len(damage) == 0 {
			return nil, errWhole
		}
		var sound, bad bytes.Buffer
		at := 0
		for _, d := range damage {
			sound.Write(old[at:d.Offset])
			at = int(d.Offset) + d.Bytes
			bad.Write(old[d.Offset:at])
		}
		sound.Write(old[at:])
		dir := w.LogDir(w.Run)
		if err := w.mkdir(filepath.Dir(dir)); err != nil {
			return nil, err
		}
		if err := w.Disk.MkdirAll(dir); err != nil {
			return nil, err
		}
		return sound.Bytes(), os.WriteFile(filepath.Join(dir, "damaged-journal"), bad.Bytes(), 0o666)
	})
	if errors.Is(err, errWhole) {
		err = nil
	}
	return damage, err
}

// MendLock gives the collection lock a valid text. Plans that are under way are
// made again, as after a collection.
func (w *Writer) MendLock() error { return w.renew("ended") }

// Path returns the path of a file of the store that a Fault or an entry of a
// Scan names.
func (s *Store) Path(name string) string { return s.path(filepath.FromSlash(name)) }
