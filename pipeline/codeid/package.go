package codeid

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sparsel/pipeline/canon"
)

// A pkg is one package of this module, with the files of all platforms.
type pkg struct {
	hash    Hash
	imports []string // sorted
}

// byteFiles are the kinds of files other than Go that go build includes in a
// package. They are not parsed, so every byte of them counts.
var byteFiles = []string{
	".s", ".S", ".sx", ".h", ".hh", ".hpp", ".hxx", ".c", ".cc", ".cpp", ".cxx",
	".m", ".f", ".F", ".for", ".f90", ".swig", ".swigcxx", ".syso",
}

// outOfBuild reports whether go build ignores a file or directory of that name.
func outOfBuild(name string) bool { return name[0] == '_' || name[0] == '.' }

// isGo reports whether a file is Go source of a package and not a test.
func isGo(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go")
}

// part is what one file contributes to a package's hash. Parts are sorted by
// order, then by sum, so that file names count only where they matter.
type part struct {
	order string
	sum   [32]byte
}

func parsePackage(dir string) (*pkg, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var parts []part
	imports := map[string]bool{}
	embeds := map[string]bool{}
	sources := 0
	for _, e := range entries {
		name, ext := e.Name(), filepath.Ext(e.Name())
		if outOfBuild(name) || e.IsDir() {
			continue
		}
		switch {
		case isGo(name):
			f, err := parseFile(filepath.Join(dir, name))
			if err != nil {
				return nil, err
			}
			if f.ignored {
				continue
			}
			sources++
			for _, imp := range f.imports {
				imports[imp] = true
			}
			for _, pattern := range f.embeds {
				embeds[pattern] = true
			}
			parts = append(parts, f.part(name))
		case slices.Contains(byteFiles, ext):
			p, err := bytesPart(dir, name)
			if err != nil {
				return nil, err
			}
			parts = append(parts, p)
		}
	}
	if sources == 0 {
		return nil, fmt.Errorf("no Go files in %s", dir)
	}
	embedded, err := embeddedParts(dir, embeds)
	if err != nil {
		return nil, err
	}
	parts = append(parts, embedded...)
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.order, b.order), bytes.Compare(a.sum[:], b.sum[:]))
	})
	h := canon.NewHash("sparsel package 1", nil)
	for _, p := range parts {
		h.Bytes("file", p.sum[:])
	}
	p := &pkg{hash: h.Sum()}
	for imp := range imports {
		p.imports = append(p.imports, imp)
	}
	slices.Sort(p.imports)
	return p, nil
}

// part hashes a source file. Files with init functions are sorted by name,
// because the compiler gets them in that order, and init functions run in that
// order.
func (f *file) part(name string) part {
	h := canon.NewHash("sparsel file 1", nil)
	h.String("suffix", constraintSuffix(name))
	h.String("build", f.build)
	h.Bytes("syntax", f.syntax[:])
	p := part{sum: h.Sum()}
	if f.hasInit {
		p.order = "init " + name
	}
	return p
}

// bytesPart hashes a file by its bytes. The name counts if the file is a
// header, because headers are included by name.
func bytesPart(dir, name string) (part, error) {
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return part{}, err
	}
	h := canon.NewHash("sparsel bytes 1", nil)
	label := filepath.Ext(name)
	if strings.HasPrefix(label, ".h") {
		label = name
	}
	h.String("kind", label)
	h.String("suffix", constraintSuffix(name))
	sum := sha256.Sum256(data)
	h.Bytes("content", sum[:])
	return part{sum: h.Sum()}, nil
}

func parseFile(path string) (*file, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	tree, err := parser.ParseFile(token.NewFileSet(), filepath.Base(path), text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", path, err)
	}
	return reduce(tree)
}
