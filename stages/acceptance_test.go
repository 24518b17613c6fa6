package stages

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"sparsel/stages/internal/testenv"
	"strings"
	"testing"

	"go/ast"
)

// docs/faults.md lists the promises, from T01, and the tests that verify them.
// The list must match the existing tests.
func TestPromisesAreTested(t *testing.T) {
	tests := map[string][]string{}
	named := regexp.MustCompile(`^Test(T\d\d)(\w+)$`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "out" || strings.HasPrefix(d.Name(), ".") && path != "..") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				if m := named.FindStringSubmatch(f.Name.Name); m != nil {
					tests[m[1]] = append(tests[m[1]], m[2])
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	text := testenv.ProjectFile(t, "docs", "faults.md")
	listed := map[string][]string{}
	row := regexp.MustCompile(`(?m)^\| (T\d\d) \|.*\| ([^|]+) \|$`)
	for _, m := range row.FindAllStringSubmatch(text, -1) {
		if listed[m[1]] != nil {
			t.Errorf("docs/faults.md lists %s twice", m[1])
		}
		listed[m[1]] = strings.Fields(strings.ReplaceAll(m[2], "`", ""))
	}
	const first = 32 // from this number on there are no gaps
	for i := range first {
		if id := fmt.Sprintf("T%02d", i+1); tests[id] == nil {
			t.Errorf("%s has no test", id)
		}
	}
	for id := range listed {
		if tests[id] == nil {
			t.Errorf("%s has no test", id)
		}
	}
	for id := range tests {
		slices.Sort(tests[id])
		slices.Sort(listed[id])
		if !slices.Equal(tests[id], listed[id]) {
			t.Errorf("%s: docs/faults.md lists %q, the tests are %q", id, listed[id], tests[id])
		}
		delete(tests, id)
		delete(listed, id)
	}
	if len(tests)+len(listed) > 0 {
		t.Errorf("there is no promise for %v, %v", tests, listed)
	}
}
