package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
)

// formatText is the content of the format file. A later version of this package
// must read every version it ever wrote, or say how to migrate.
//
// A version's text differs from every other's by two bits at least, so that a
// flipped one makes no other version of it: 0, 3, 5 and 9 will never be used.
const formatText = "sparsel store 1\n"

// otherVersion is what the text of another version begins with.
var otherVersion = regexp.MustCompile(`^sparsel store (\d+)`)

// errFormat says that another program's store is not for this one.
var errFormat = errors.New("use the program that wrote it, or another -out directory")

// checkFormat returns an error that wraps ErrDamaged where the format file is not
// what any program wrote, errFormat where a later one wrote it, and
// fs.ErrNotExist where there is none.
func (s *Store) checkFormat() error {
	text, err := readFile(s.path("format"), maxSmall)
	if err != nil {
		return err
	}
	return parseFormat(string(text))
}

func parseFormat(text string) error {
	if text == formatText {
		return nil
	}
	if m := otherVersion.FindStringSubmatch(text); m != nil && m[1] != "1" && !oneBitApart(text, formatText) {
		return fmt.Errorf("its format is %q, this program knows %q: %w", text, formatText, errFormat)
	}
	return fmt.Errorf("its format file reads %q in place of %q; the next run writes it again: %w", text, formatText, ErrDamaged)
}

func oneBitApart(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	apart := 0
	for i := range len(a) {
		for x := a[i] ^ b[i]; x != 0; x &= x - 1 {
			apart++
		}
	}
	return apart == 1
}

// Begun reports whether the directory is known to be a store: its format file
// says so, or, should that be damaged, a journal that has something sound to
// tell.
func (s *Store) Begun() bool {
	if s.checkFormat() == nil {
		return true
	}
	events, _, err := s.Journal()
	return err == nil && len(events) > 0
}

// stampFormat writes the format file unless it is as it should be.
func (w *Writer) stampFormat() error {
	err := w.checkFormat()
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrDamaged) {
		return err
	}
	// An empty journal first: naming the format file makes both names durable.
	if err := w.clearWay(w.JournalPath()); err != nil {
		return err
	}
	if err := w.Disk.Append(w.JournalPath(), nil, false); err != nil {
		return err
	}
	if err := w.clearWay(w.path("format")); err != nil {
		return err
	}
	if err := w.Disk.WriteFile(w.temp(), w.path("format"), []byte(formatText), 0o444); err != nil {
		return err
	}
	if errors.Is(err, ErrDamaged) {
		return w.Append(Event{Kind: NoteEvent, Text: "wrote format again: " + err.Error()})
	}
	return nil
}

// clearWay moves whatever stands where a regular file should into quarantine.
func (w *Writer) clearWay(path string) error {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().IsRegular() {
		return nil // what else is wrong shows when it is used
	}
	return w.quarantine(path)
}

// mkdir makes a directory of the store. Something else of that name goes into
// quarantine.
func (w *Writer) mkdir(dir string) error {
	if info, err := os.Lstat(dir); err == nil && !info.IsDir() {
		if err := w.quarantine(dir); err != nil {
			return err
		}
	}
	return w.Disk.MkdirAll(dir)
}
