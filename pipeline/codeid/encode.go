package codeid

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"reflect"
	"slices"
	"strconv"
)

// An encoder writes syntax trees unambiguously: every node with the name of its
// type, every list and text with its length.
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

// meaningful are the positions whose presence has a meaning: f(x...) and type A
// = B.
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
		case *ast.ParenExpr: // the tree already expresses the grouping
			e.value(reflect.ValueOf(n.X))
			return
		case *ast.FieldList:
			if len(n.List) == 0 { // func() () means func()
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
		//lint:ignore SA1019 the parser fills objects in, and they must stay out
		case reflect.TypeFor[*ast.CommentGroup](), reflect.TypeFor[*ast.Object]():
		default:
			if t != reflect.TypeFor[ast.EmptyStmt]() { // its only field is layout
				e.value(v.Field(i))
			}
		}
	}
}

// literal writes a literal by value, because gofmt rewrites 0X1F and 1E3, and a
// raw and a quoted string can be the same constant. 1 and 1.0 differ in kind.
func (e *encoder) literal(lit *ast.BasicLit) {
	e.text("literal " + lit.Kind.String())
	if c := constant.MakeFromLiteral(lit.Value, lit.Kind, 0); c.Kind() != constant.Unknown {
		e.text(c.ExactString())
		return
	}
	e.text(lit.Value)
}
