package codeid

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/constant"
	"go/token"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A file is a source file reduced to what can change what it does.
type file struct {
	syntax  [32]byte
	build   string   // its //go:build expression, in standard form
	imports []string // paths
	embeds  []string // patterns of //go:embed
	hasInit bool
	ignored bool // no build on any platform contains it
}

// reduce drops comments, positions, redundant parentheses, the order of
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
			if path == "C" { // the comment above it is C source
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
// of the declaration it stands before or in.
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

// buildConstraint reads the //go:build line, which counts above the package
// clause only. A constraint that no platform can meet, such as the usual
// "ignore" of programs run by hand, takes the file out of the package.
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

// satisfiable reports whether some set of tags other than "ignore" meets x. It
// tries them all; beyond 12 tags it assumes so, which only costs precision.
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

// An encoder writes syntax trees unambiguously: every node by its type's name,
// every list and text by its length.
type encoder struct{ w *bufio.Writer }

func (e *encoder) number(n int) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	e.w.Write(b[:])
}

func (e *encoder) text(s string) {
	e.number(len(s))
	e.w.WriteString(s)
}

func (e *encoder) texts(label string, list []string) {
	e.text(label)
	e.number(len(list))
	for _, s := range list {
		e.text(s)
	}
}

// meaningful are the positions whose presence carries meaning: f(x...) and
// type A = B.
var meaningful = map[reflect.Type]string{
	reflect.TypeFor[ast.CallExpr](): "Ellipsis",
	reflect.TypeFor[ast.TypeSpec](): "Assign",
}

func (e *encoder) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			e.text("nil")
			return
		}
		switch n := v.Interface().(type) {
		case *ast.ParenExpr: // the tree has the grouping already
			e.value(reflect.ValueOf(n.X))
			return
		case *ast.FieldList:
			if len(n.List) == 0 { // func() () is func()
				e.text("nil")
				return
			}
		case *ast.BasicLit:
			e.literal(n)
			return
		}
		e.value(v.Elem())
	case reflect.Struct:
		e.node(v)
	case reflect.Slice:
		if list, ok := v.Interface().([]ast.Stmt); ok {
			v = reflect.ValueOf(slices.DeleteFunc(slices.Clone(list), isEmpty))
		}
		e.number(v.Len())
		for i := range v.Len() {
			e.value(v.Index(i))
		}
	case reflect.String:
		e.text(v.String())
	case reflect.Bool:
		e.text(strconv.FormatBool(v.Bool()))
	case reflect.Int:
		if t, ok := v.Interface().(token.Token); ok {
			e.text(t.String())
			return
		}
		e.number(int(v.Int()))
	default:
		panic(fmt.Sprintf("codeid: syntax tree holds a %s", v.Type()))
	}
}

// isEmpty reports whether a statement is a lone semicolon, which gofmt drops.
func isEmpty(s ast.Stmt) bool {
	_, empty := s.(*ast.EmptyStmt)
	return empty
}

func (e *encoder) node(v reflect.Value) {
	t := v.Type()
	e.text(t.Name())
	for i := range v.NumField() {
		field := t.Field(i)
		switch field.Type {
		case reflect.TypeFor[token.Pos]():
			if meaningful[t] == field.Name {
				e.text(strconv.FormatBool(v.Field(i).Interface().(token.Pos).IsValid()))
			}
		case reflect.TypeFor[*ast.CommentGroup](), reflect.TypeFor[*ast.Object]():
		default:
			if t != reflect.TypeFor[ast.EmptyStmt]() { // its only field is layout
				e.value(v.Field(i))
			}
		}
	}
}

// literal writes a literal's value: gofmt rewrites 0X1F and 1E3, and raw and
// quoted strings are the same constant. 1 and 1.0 differ in kind.
func (e *encoder) literal(lit *ast.BasicLit) {
	e.text("literal " + lit.Kind.String())
	if c := constant.MakeFromLiteral(lit.Value, lit.Kind, 0); c.Kind() != constant.Unknown {
		e.text(c.ExactString())
		return
	}
	e.text(lit.Value)
}
