package stages

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/stages/lock"
)

// The figures and tables that the documents show are, byte for byte, those of the run that artifacts.lock is of, and
// every figure of the parameters is among them.
func TestDocumentsShowTheLockedRun(t *testing.T) {
	l, err := parseLock(filepath.Join("..", "artifacts.lock"))
	if err != nil {
		t.Fatal(err)
	}
	published := map[string]lock.ID{}
	for _, r := range l.Outputs {
		published[r.Path] = r.Content
	}
	shown := map[string]bool{}
	for _, dir := range []string{"figures", "tables"} {
		files, err := filepath.Glob(filepath.Join("..", "docs", dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			name := dir + "/" + filepath.Base(file)
			if name == "figures/README.md" {
				continue
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if id, ok := published[name]; !ok || id != sha256.Sum256(data) {
				t.Errorf("docs/%s is not the %s of artifacts.lock", name, name)
			}
			shown[name] = true
		}
	}
	for path := range published {
		if strings.HasSuffix(path, ".svg") && !shown[path] {
			t.Errorf("docs lacks %s", path)
		}
	}
}
