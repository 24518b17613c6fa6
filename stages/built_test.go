package stages

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
)

// lay writes files below the working directory.
func lay(t *testing.T, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// newProgram makes a program from these files, and writes its source to the
// working directory.
func newProgram(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	files := map[string]string{
		"go.mod": "module m\n", "go.sum": "", "stages/a.go": "package stages\n", "stages/a_test.go": "package stages\n",
		"stages/testdata/b.go": "package b\n",
		"stages/c.txt":         "c\n", "stages/page/page.go": "package page\n\nimport \"embed\"\n\n//go:embed all:text *.css\n" +
			"var files embed.FS\n",
		"stages/page/text/a.html": "a\n", "stages/page/b.css": "b\n", "stages/page/base.css": "b\n", "stages/page/b.js": "b\n",
		"trainer/k.s": "k\n",
	}
	lay(t, files)
	compiled := fstest.MapFS{}
	for name, text := range files {
		compiled[name] = &fstest.MapFile{Data: []byte(text)}
	}
	Built = compiled
	t.Cleanup(func() { Built = nil })
	if err := checkBuilt(); err != nil {
		t.Fatalf("refused though nothing differs: %v", err)
	}
}

// A program that is older than its source refuses to work, and names the file.
func TestT17OutdatedProgram(t *testing.T) {
	for _, c := range []struct {
		change string // "" removes the file
		counts bool
		names  []string
	}{
		{"package stages // edited\n", true, []string{"stages/a.go"}},
		{"edited\n", true, []string{"go.mod", "go.sum", "trainer/k.s", "stages/page/text/a.html", "stages/page/b.css"}},
		{"edited\n", false, []string{"stages/a_test.go", "stages/testdata/b.go", "stages/c.txt", "stages/page/b.js"}},
		{"package stages\n\nfunc init() {}\n", true, []string{"stages/init.go", "stages/more/more.go", "trainer/k_arm64.go"}},
		{"added\n", true, []string{"trainer/l.s", "trainer/l.h", "stages/page/text/deep/_b.html", "stages/page/c.css"}},
		{"package added\n", false, []string{
			"stages/b_test.go", "trainer/testdata/a.go", "stages/.a.go", "stages/_a.go", "stages/.git/a.go", "trainer/_asm/a.go",
			"out/a.go", "a.go", "stages/page/c.html", "stages/page/deep/c.css",
		}},
		{"", true, []string{"stages/a.go", "trainer/k.s", "stages/page/b.css"}},
		{"", false, []string{"stages/a_test.go", "stages/c.txt"}},
	} {
		for _, name := range c.names {
			newProgram(t)
			if c.change == "" {
				if err := os.Remove(name); err != nil {
					t.Fatal(err)
				}
			} else {
				lay(t, map[string]string{name: c.change})
			}
			err := checkBuilt()
			if errors.Is(err, errOutdated) != c.counts || err != nil && !strings.Contains(err.Error(), name) {
				t.Errorf("%q written to %s: %v, refused should be %v", c.change, name, err, c.counts)
			}
		}
	}
	newProgram(t)
	lay(t, map[string]string{"stages/other/go.mod": "module other\n", "stages/other/a.go": "package other\n"})
	if err := checkBuilt(); err != nil {
		t.Errorf("another module counts: %v", err)
	}
}

// If the source cannot be compared, the message does not claim that it is
// another version.
func TestT17SourceThatCannotBeRead(t *testing.T) {
	newProgram(t)
	if err := os.Remove("stages/a.go"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a.go", "stages/a.go"); err != nil {
		t.Skip(err)
	}
	if err := checkBuilt(); errors.Is(err, errOutdated) || !errors.Is(err, syscall.ELOOP) {
		t.Errorf("unreadable source: %v", err)
	}
	t.Chdir("stages")
	if err := checkBuilt(); errors.Is(err, errOutdated) || !errors.Is(err, fs.ErrNotExist) ||
		!strings.Contains(err.Error(), "change to the project's folder") {
		t.Errorf("in another folder: %v", err)
	}
}
