package stages

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// allowed says which of this module's packages the packages below a top-level folder may import, besides their
// own folder. It is the architecture's import rule: magefile → stages → the four others, which stay apart.
var allowed = map[string][]string{
	".":         {"stages"},
	"stages":    {"pipeline", "trainer", "artifacts", "analysis"},
	"pipeline":  nil,
	"trainer":   nil,
	"artifacts": nil,
	"analysis":  nil,
}

// forbidden are imports from outside that would break what a folder promises not to know.
var forbidden = map[string][]string{
	"trainer":  {"github.com/apache/arrow", "gonum.org/v1/plot", "github.com/go-gota/gota", "math/rand", "os/exec"},
	"analysis": {"github.com/apache/arrow", "math/rand", "os/exec"},
	"pipeline": {"github.com/apache/arrow", "gonum.org/v1/plot", "github.com/go-gota/gota"},
}

func TestImportRule(t *testing.T) {
	files := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != ".." && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "out" || name == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		files++
		relative, err := filepath.Rel("..", path)
		if err != nil {
			return err
		}
		checkFile(t, filepath.ToSlash(relative), path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 20 {
		t.Fatalf("looked at %d files only: the walk starts in the wrong place", files)
	}
}

func checkFile(t *testing.T, name, path string) {
	folder, _, inside := strings.Cut(name, "/")
	if !inside {
		folder = "."
	}
	rule, known := allowed[folder]
	if !known {
		t.Errorf("%s: the top level has no folder %s; the design fixes it", name, folder)
		return
	}
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	for _, spec := range f.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, bad := range forbidden[folder] {
			if imported == bad || strings.HasPrefix(imported, bad+"/") {
				t.Errorf("%s imports %s, which %s must not know", name, imported, folder)
			}
		}
		own, ok := strings.CutPrefix(imported, "sparsel/")
		if !ok {
			continue
		}
		target, _, _ := strings.Cut(own, "/")
		if target == folder {
			continue
		}
		permitted := false
		for _, a := range rule {
			permitted = permitted || a == target
		}
		if !permitted {
			t.Errorf("%s imports %s: %s may only use %v", name, imported, folder, rule)
		}
	}
}
