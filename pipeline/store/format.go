package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
)

// formatText is the content of the format file. Later versions of this package
// must read every earlier version, or say how to migrate.
//
// The text of each version differs in at least two bits from that of every
// other, so that a single flipped bit never turns one version into another: 0,
// 3, 5 and 9 will never be used.
const formatText = "sparsel store 1\n"

// otherVersion matches the beginning of the text of another version.
var otherVersion = regexp.MustCompile(`^sparsel store (\d+)`)

// errFormat says that another program's store is not meant for this one.
var errFormat = errors.New("use the program that wrote it, or another -out directory")

// checkFormat returns an error that wraps ErrDamaged if no program wrote this
// format file, errFormat if a later program wrote it, and fs.ErrNotExist if
// there is none.
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
	return fmt.Errorf("its format file contains %q instead of %q; the next run writes it again: %w", text, formatText, ErrDamaged)
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
// says so or, if that is damaged, the journal has at least one intact event.
func (s *Store) Begun() bool {
	if s.checkFormat() == nil {
		return true
	}
	events, _, err := s.Journal()
	return err == nil && len(events) > 0
}

// stampFormat writes the format file unless it is correct.
func (w *Writer) stampFormat() error {
	err := w.checkFormat()
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrDamaged) {
		return err
	}
	// Create an empty journal first: naming the format file makes both names
	// durable.
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

// clearWay moves whatever is in the place of a regular file into quarantine.
func (w *Writer) clearWay(path string) error {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().IsRegular() {
		return nil // other errors appear when the file is used
	}
	return w.quarantine(path)
}

// mkdir makes a directory of the store. Anything else with that name is moved
// into quarantine.
func (w *Writer) mkdir(dir string) error {
	if info, err := os.Lstat(dir); err == nil && !info.IsDir() {
		if err := w.quarantine(dir); err != nil {
			return err
		}
	}
	return w.Disk.MkdirAll(dir)
}
