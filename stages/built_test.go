package stages

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// A program that is older than its source refuses to work, and names the file.
func TestT17OutdatedProgram(t *testing.T) {
	t.Chdir(t.TempDir())
	defer func() { Built = nil }()
	compiled := fstest.MapFS{"go.mod": {}, "stages/a.go": {}, "stages/a_test.go": {}, "stages/testdata/b.go": {}, "trainer/k.s": {}, "stages/c.txt": {}}
	for name := range compiled {
		compiled[name].Data = []byte(name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	Built = compiled
	if err := checkBuilt(); err != nil {
		t.Errorf("refused though nothing differs: %v", err)
	}
	for name, counts := range map[string]bool{
		"go.mod": true, "stages/a.go": true, "trainer/k.s": true,
		"stages/a_test.go": false, "stages/testdata/b.go": false, "stages/c.txt": false,
	} {
		if err := os.WriteFile(name, []byte("another"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := checkBuilt(); (err != nil) != counts || err != nil && !strings.Contains(err.Error(), name) {
			t.Errorf("%s edited: got %v", name, err)
		}
		if err := os.WriteFile(name, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove("stages/a.go"); err != nil {
		t.Fatal(err)
	}
	if err := checkBuilt(); err == nil {
		t.Error("a source file is gone, and the program works on")
	}
}
