package store

import (
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// begun returns a store that a run is using.
func begun(t *testing.T) (*Store, *Writer) {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.NewWriter(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return s, w
}

func TestHashFileOfWhatIsNone(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := HashFile(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, _, err := HashFile(dir); !errors.Is(err, ErrDamaged) {
		t.Errorf("a directory: %v", err)
	}
}

// The contents of a store are its files, records among them with their actions;
// files that do not belong there are listed separately.
func TestContents(t *testing.T) {
	s, w := begun(t)
	action := ActionID{1, 2, 3}
	if _, err := commit(t, w, action, "text", nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mine.txt", "blobs/mine.txt", "blobs/zz/mine.txt"} {
		if err := os.MkdirAll(filepath.Dir(s.Path(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(s.Path(name), []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files, strange, err := s.Contents()
	if err != nil {
		t.Fatal(err)
	}
	var records, blobs, odd []string
	for _, f := range files {
		switch {
		case strings.HasPrefix(f.Path, "actions/"):
			records = append(records, f.Path)
			if f.Action != action {
				t.Errorf("%s has the action %s", f.Path, f.Action.Short())
			}
		case f.Action != (ActionID{}):
			t.Errorf("%s has an action", f.Path)
		case strings.HasPrefix(f.Path, "blobs/"):
			blobs = append(blobs, f.Path)
		}
	}
	for _, f := range strange {
		odd = append(odd, f.Path)
	}
	slices.Sort(odd)
	if len(records) != 1 || len(blobs) != 1 || !slices.Contains(odd, "mine.txt") || !slices.Contains(odd, "blobs/mine.txt") {
		t.Errorf("records %q, contents %q, strange %q", records, blobs, odd)
	}
	for _, f := range files {
		if strings.Contains(f.Path, "mine") {
			t.Errorf("%s is taken for the store's", f.Path)
		}
	}
}

// A record from elsewhere is stored with outputs that are away, and does not
// replace a record that is here.
func TestAdoptKeepsWhatIsHere(t *testing.T) {
	s, w := begun(t)
	action := ActionID{7}
	if _, err := commit(t, w, action, "text", nil); err != nil {
		t.Fatal(err)
	}
	here, err := s.Record(action)
	if err != nil {
		t.Fatal(err)
	}
	other := *here
	other.Outputs = slices.Clone(here.Outputs)
	other.Outputs[0].Size++
	if err := w.Adopt(&other); err != nil {
		t.Fatal(err)
	}
	if after, err := s.Record(action); err != nil || after.Outputs[0] != here.Outputs[0] {
		t.Errorf("the record that was here is now %+v, %v", after, err)
	}
	elsewhere := *here
	elsewhere.Action = ActionID{8}
	if err := w.Adopt(&elsewhere); err != nil {
		t.Fatal(err)
	}
	if after, err := s.Record(elsewhere.Action); err != nil || !after.Outputs[0].Away || here.Outputs[0].Away {
		t.Errorf("the record from elsewhere is %+v, %v", after, err)
	}
}

// A run that sweeps keeps its own private directory, and removes that of a run
// that no longer exists.
func TestSweepSparesItself(t *testing.T) {
	s, w := begun(t)
	dead := s.Path("tmp/20200101T000000Z-abcdef")
	if err := os.MkdirAll(dead, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := w.sweep(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dead); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder of a dead run: %v", err)
	}
	if _, err := os.Stat(s.Path("tmp/" + w.Run + ".lock")); err != nil {
		t.Errorf("its own lock: %v", err)
	}
	if _, err := os.Stat(s.Path("tmp/" + w.Run)); err != nil {
		t.Errorf("its own folder: %v", err)
	}
}

func TestShortIDs(t *testing.T) {
	if got := (ActionID{0xab, 0xcd, 0xef, 1, 2, 3, 4}).Short(); got != "abcdef010203" {
		t.Error(got)
	}
	if got := (ContentID{0xab, 0xcd, 0xef, 1, 2, 3, 4}).Short(); got != "abcdef010203" {
		t.Error(got)
	}
}

// Bytes from elsewhere are stored only if they are those of the content,
// however many arrive.
func TestReceive(t *testing.T) {
	s, w := begun(t)
	const text = "twelve bytes"
	id := ContentID(sha256.Sum256([]byte(text)))
	for _, c := range []struct {
		text string
		size int64
		good bool
	}{{"other  bytes", 12, false}, {"twelve byte", 12, false}, {"twelve bytes", 13, false}, {"", 12, false}, {text, 12, true}} {
		err := w.Receive(id, c.size, func(out io.Writer) error {
			_, err := io.WriteString(out, c.text)
			return err
		})
		if (err == nil) != c.good || err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("%q as %d bytes: %v", c.text, c.size, err)
		}
		if _, err := os.Stat(s.BlobPath(id)); (err == nil) != c.good {
			t.Errorf("%q as %d bytes: the blob: %v", c.text, c.size, err)
		}
	}
}
