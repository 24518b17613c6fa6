// Package canon gives values one canonical form, so that equal parameters have
// equal hashes and different parameters never have the same pre-image.
//
// A parameter struct is flattened to a sorted list of labelled, typed fields.
// The list has two uses. The hash reads every part of it delimited by length,
// and people are told "optimizer.lr 0.001 → 0.002".
//
// The Go type of a field decides its kind, not the spelling in a file. In a
// float field 0.1, 1e-1 and 0.10 are the same value, and so are 1 and 1.0. The
// integer 1 in an int field is a different value.
package canon

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A Field is one leaf of a flattened value.
type Field struct {
	Name  string `json:"name"` // path: "optimizer.lr", "hidden[0]", `runs["a.b"]`
	Kind  Kind   `json:"kind"`
	Value string `json:"value"` // for people; strings are quoted

	bytes []byte // for the hash
}

// A Kind is the type of a leaf.
type Kind string

// The kinds of leaves. KindLen is the length of a slice, array or map, so that
// no list is a prefix of another. KindEmpty stands for a struct without fields,
// and KindNil for a nil pointer.
const (
	KindBool    Kind = "bool"
	KindInt     Kind = "int"
	KindUint    Kind = "uint"
	KindFloat32 Kind = "float32"
	KindFloat64 Kind = "float64"
	KindString  Kind = "string"
	KindBytes   Kind = "bytes"
	KindLen     Kind = "len"
	KindEmpty   Kind = "empty"
	KindNil     Kind = "nil"
)

// Flatten lists the leaves of v, a struct or a pointer to one, sorted by name.
// A nil pointer has no fields.
//
// Names are the Go field names in snake case (LR → lr, WeightDecay →
// weight_decay), or the struct tag `param:"name"`. The tag `param:"-"` leaves
// out a field that cannot change a result. Fields may be booleans, integers,
// floats, strings, and structs, pointers, slices, arrays and maps (with string
// or integer keys) of these. A nil slice or map is an empty one. An array or
// slice of bytes is one leaf.
//
// Flatten rejects the following, and names the field: NaN, which equals
// nothing; -0, which equals +0 and yet behaves differently; unexported fields,
// which would be invisible dependencies; interfaces, functions, channels and
// complex numbers.
func Flatten(v any) ([]Field, error) {
	if v == nil {
		return nil, nil
	}
	r := reflect.ValueOf(v)
	for r.Kind() == reflect.Pointer && !r.IsNil() {
		r = r.Elem()
	}
	if r.Kind() != reflect.Struct {
		return nil, fmt.Errorf("flatten %s: want a struct", r.Type())
	}
	f := flattener{}
	if err := f.fields("", r); err != nil {
		return nil, err
	}
	slices.SortFunc(f.out, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	return f.out, nil
}

type flattener struct{ out []Field }

func (f *flattener) leaf(name string, kind Kind, text string, bytes []byte) error {
	f.out = append(f.out, Field{name, kind, text, bytes})
	return nil
}

func (f *flattener) fields(prefix string, v reflect.Value) error {
	seen := map[string]string{}
	for i := range v.NumField() {
		t := v.Type().Field(i)
		name := t.Tag.Get("param")
		if name == "-" {
			continue
		}
		if !t.IsExported() {
			return fmt.Errorf("flatten %s: field %s is not exported: export it, or tag it `param:\"-\"`", v.Type(), t.Name)
		}
		if name == "" {
			name = snake(t.Name)
		}
		if other, dup := seen[name]; dup || strings.ContainsAny(name, ".[]\"") {
			return fmt.Errorf("flatten %s: field %s: name %q is taken by %q or holds one of .[]\"", v.Type(), t.Name, name, other)
		}
		seen[name] = t.Name
		if prefix != "" {
			name = prefix + "." + name
		}
		if err := f.value(name, v.Field(i)); err != nil {
			return err
		}
	}
	if len(seen) == 0 && prefix != "" {
		return f.leaf(prefix, KindEmpty, "{}", nil)
	}
	return nil
}

func (f *flattener) value(name string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Bool:
		return f.leaf(name, KindBool, strconv.FormatBool(v.Bool()), []byte(strconv.FormatBool(v.Bool())))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return f.leaf(name, KindInt, strconv.FormatInt(v.Int(), 10), binary.BigEndian.AppendUint64(nil, uint64(v.Int())))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return f.leaf(name, KindUint, strconv.FormatUint(v.Uint(), 10), binary.BigEndian.AppendUint64(nil, v.Uint()))
	case reflect.Float32, reflect.Float64:
		return f.float(name, v)
	case reflect.String:
		return f.leaf(name, KindString, strconv.Quote(v.String()), []byte(v.String()))
	case reflect.Struct:
		return f.fields(name, v)
	case reflect.Pointer:
		if v.IsNil() {
			return f.leaf(name, KindNil, "nil", nil)
		}
		return f.value(name, v.Elem())
	case reflect.Slice, reflect.Array:
		return f.list(name, v)
	case reflect.Map:
		return f.table(name, v)
	}
	return fmt.Errorf("flatten field %s: type %s has no canonical form", name, v.Type())
}

func (f *flattener) float(name string, v reflect.Value) error {
	x := v.Float()
	if math.IsNaN(x) || x == 0 && math.Signbit(x) {
		return fmt.Errorf("flatten field %s: %g is not allowed as a parameter (NaN equals nothing, -0 equals +0): write another value", name, x)
	}
	if v.Kind() == reflect.Float32 {
		return f.leaf(name, KindFloat32, strconv.FormatFloat(x, 'g', -1, 32), binary.BigEndian.AppendUint32(nil, math.Float32bits(float32(x))))
	}
	return f.leaf(name, KindFloat64, strconv.FormatFloat(x, 'g', -1, 64), binary.BigEndian.AppendUint64(nil, math.Float64bits(x)))
}

func (f *flattener) list(name string, v reflect.Value) error {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		b := make([]byte, v.Len())
		for i := range b {
			b[i] = byte(v.Index(i).Uint())
		}
		return f.leaf(name, KindBytes, hex.EncodeToString(b), b)
	}
	f.length(name, v.Len())
	for i := range v.Len() {
		if err := f.value(fmt.Sprintf("%s[%d]", name, i), v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func (f *flattener) table(name string, v reflect.Value) error {
	f.length(name, v.Len())
	for it := v.MapRange(); it.Next(); {
		var key string
		switch k := it.Key(); {
		case k.Kind() == reflect.String:
			key = strconv.Quote(k.String())
		case k.CanInt():
			key = strconv.FormatInt(k.Int(), 10)
		case k.CanUint():
			key = strconv.FormatUint(k.Uint(), 10)
		default:
			return fmt.Errorf("flatten field %s: map keys must be strings or integers, not %s", name, k.Type())
		}
		if err := f.value(name+"["+key+"]", it.Value()); err != nil {
			return err
		}
	}
	return nil
}

func (f *flattener) length(name string, n int) {
	f.leaf(name, KindLen, strconv.Itoa(n), binary.BigEndian.AppendUint64(nil, uint64(n)))
}

// snake turns a Go name into the spelling that a parameter file would use:
// WeightDecay → weight_decay, LR → lr, SqrtBC2 → sqrt_bc2.
func snake(s string) string {
	var b strings.Builder
	r := []rune(s)
	for i, c := range r {
		if unicode.IsUpper(c) && i > 0 &&
			(!unicode.IsUpper(r[i-1]) || i+1 < len(r) && unicode.IsLower(r[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}
