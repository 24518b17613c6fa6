package stages

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// A run's links are in folders that the file system can make, and those of
// different runs in different ones.
func TestLinkName(t *testing.T) {
	long := strings.Repeat("w", 300)
	names := []string{
		"e/c/SGD/seed=1", "e/" + strings.Repeat("w", 255) + "/SGD/seed=1", "e/" + long + "/x/SGD/seed=1", "e/" + long + "w/x/SGD/seed=1",
		"e/a/" + strings.Repeat("ü", 150) + "/SGD/seed=1", "e/aa/" + strings.Repeat("ü", 150) + "b/SGD/seed=1",
		"e/" + strings.Repeat("part/", 1000) + "SGD/seed=1", "e/" + strings.Repeat("part/", 1000) + "SGD/seed=2",
	}
	dir := t.TempDir()
	taken := map[string]string{}
	for i, name := range names {
		link := linkName(name)
		if i < 2 && link != name {
			t.Errorf("%s becomes %s", name, link)
		}
		if other, known := taken[link]; known {
			t.Errorf("%s and %s are both %s", other, name, link)
		}
		taken[link] = name
		if !utf8.ValidString(link) {
			t.Errorf("%q is cut within a character", link)
		}
		if err := os.MkdirAll(filepath.Join(dir, link), 0o755); err != nil {
			t.Errorf("%.40s…: %v", name, err)
		}
	}
}
