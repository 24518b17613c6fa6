package disk

import (
	"os"
	"path/filepath"
	"testing"
)

// A file that is named without a folder has its temporary file in the working
// directory, and not where temporary files are otherwise: a file cannot be
// renamed to another filesystem.
func TestWriteBesideBareName(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
	if err := WriteBeside("name", []byte("content"), 0o666); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile("name"); err != nil || string(data) != "content" {
		t.Errorf("the file has %q: %v", data, err)
	}
	if err := os.WriteFile(besideMark+"name-1", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := SweepBeside("name"); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob("*"); err != nil || len(left) != 1 || left[0] != "name" {
		t.Errorf("left are %v: %v", left, err)
	}
}
