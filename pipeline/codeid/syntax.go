package codeid

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/token"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A file is a source file reduced to what can change its behaviour.
type file struct {
	syntax  [32]byte
	build   string   // its //go:build expression, in standard form
	imports []string // paths
	embeds  []string // patterns of //go:embed
	hasInit bool
	ignored bool // no platform's build contains it
}

// reduce removes comments, positions, redundant parentheses, the order of
// imports and the spelling of literals from a syntax tree, and hashes the rest.
func reduce(tree *ast.File) (*file, error) {
	f := &file{}
	if err := f.buildConstraint(tree); err != nil {
		return nil, err
	}
	sum := sha256.New()
	e := encoder{w: bufio.NewWriter(sum)}
	e.text("package " + tree.Name.Name)
	if err := e.imports(f, tree); err != nil {
		return nil, err
	}
	if err := e.directives(f, tree); err != nil {
		return nil, err
	}
	for _, d := range tree.Decls {
		if isImport(d) {
			continue
		}
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			f.hasInit = true
		}
		e.value(reflect.ValueOf(d))
	}
	e.w.Flush()
	sum.Sum(f.syntax[:0])
	return f, nil
}

func isImport(d ast.Decl) bool {
	g, ok := d.(*ast.GenDecl)
	return ok && g.Tok == token.IMPORT
}

func (e *encoder) imports(f *file, tree *ast.File) error {
	var lines []string
	for _, d := range tree.Decls {
		if !isImport(d) {
			continue
		}
		for _, s := range d.(*ast.GenDecl).Specs {
			spec := s.(*ast.ImportSpec)
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return fmt.Errorf("import %s: %w", spec.Path.Value, err)
			}
			line := strconv.Quote(path)
			if spec.Name != nil {
				line += " as " + spec.Name.Name
			}
			if path == "C" { // the comment above this import is C source
				line += spec.Doc.Text() + d.(*ast.GenDecl).Doc.Text()
			} else {
				f.imports = append(f.imports, path)
			}
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	e.texts("imports", slices.Compact(lines))
	return nil
}

// directives lists the comments that the compiler obeys, each with the number
// of the declaration that it is in or before.
func (e *encoder) directives(f *file, tree *ast.File) error {
	var lines []string
	for _, group := range tree.Comments {
		for _, c := range group.List {
			name, rest, _ := strings.Cut(c.Text, " ")
			isDirective := strings.HasPrefix(name, "//go:") || name == "//export"
			if !isDirective || name == "//go:build" || name == "//go:generate" {
				continue
			}
			if name == "//go:embed" {
				patterns, err := splitPatterns(rest)
				if err != nil {
					return fmt.Errorf("%s: %w", c.Text, err)
				}
				f.embeds = append(f.embeds, patterns...)
			}
			at := 0
			for _, d := range tree.Decls {
				if !isImport(d) && d.End() <= c.Pos() {
					at++
				}
			}
			lines = append(lines, fmt.Sprintf("%d %s", at, strings.Join(strings.Fields(c.Text), " ")))
		}
	}
	e.texts("directives", lines)
	return nil
}

// buildConstraint reads the //go:build line, which counts only above the
// package clause. A constraint that no platform can satisfy, such as the usual
// "ignore" of programs that are run by hand, takes the file out of the package.
func (f *file) buildConstraint(tree *ast.File) error {
	for _, group := range tree.Comments {
		for _, c := range group.List {
			if c.Pos() > tree.Package || !constraint.IsGoBuild(c.Text) {
				continue
			}
			x, err := constraint.Parse(c.Text)
			if err != nil {
				return fmt.Errorf("%s: %w", c.Text, err)
			}
			f.build = x.String()
			f.ignored = !satisfiable(x)
		}
	}
	return nil
}

// satisfiable reports whether some set of tags other than "ignore" satisfies x.
// It tries all sets. With more than 12 tags it returns true, which only costs
// precision.
func satisfiable(x constraint.Expr) bool {
	var tags []string
	collectTags(x, &tags)
	if len(tags) > 12 {
		return true
	}
	for set := range 1 << len(tags) {
		if x.Eval(func(tag string) bool {
			return tag != "ignore" && set>>slices.Index(tags, tag)&1 == 1
		}) {
			return true
		}
	}
	return false
}

func collectTags(x constraint.Expr, tags *[]string) {
	switch x := x.(type) {
	case *constraint.TagExpr:
		if !slices.Contains(*tags, x.Tag) {
			*tags = append(*tags, x.Tag)
		}
	case *constraint.NotExpr:
		collectTags(x.X, tags)
	case *constraint.AndExpr:
		collectTags(x.X, tags)
		collectTags(x.Y, tags)
	case *constraint.OrExpr:
		collectTags(x.X, tags)
		collectTags(x.Y, tags)
	}
}
