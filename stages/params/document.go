package params

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"sort"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// Problem is one thing wrong with a parameter file.
type Problem struct {
	Line, Column int // 1-based; 0 when the file as a whole is meant
	Path         string
	Message      string
}

// Problems is every problem of one parameter file, in the order of the file.
type Problems struct {
	File string
	List []Problem
}

// Error lists one problem a line, as file:line:column: path: message.
func (p *Problems) Error() string {
	lines := make([]string, 0, len(p.List)+1)
	lines = append(lines, fmt.Sprintf("read parameters: %d problem(s) in %s; correct them and run again:", len(p.List), p.File))
	for _, q := range p.List {
		at := p.File
		if q.Line > 0 {
			at = fmt.Sprintf("%s:%d:%d", p.File, q.Line, q.Column)
		}
		if q.Path != "" {
			q.Message = q.Path + ": " + q.Message
		}
		lines = append(lines, "  "+at+": "+q.Message)
	}
	return strings.Join(lines, "\n")
}

type position struct{ line, column int }

// document is a TOML file as plain values with the place of each.
type document struct {
	values    map[string]any
	positions map[string]position // of values, by path, as in experiments[0].vary[1].values[2]
	keys      map[string]position // of keys, by path
	problems  []Problem
}

// parse reads TOML. The library checks the syntax and the rules on redefinition, and stops at the first
// breach; everything after that (types, ranges, unknown keys) is reported together by decode and Validate,
// which the library's own strict mode can't do: it stops at the first wrong type.
func parse(data []byte) (*document, error) {
	d := &document{values: map[string]any{}, positions: map[string]position{}, keys: map[string]position{}}
	if err := toml.Unmarshal(data, &d.values); err != nil {
		var syntax *toml.DecodeError
		if errors.As(err, &syntax) {
			line, column := syntax.Position()
			d.problems = append(d.problems, Problem{Line: line, Column: column, Message: strings.TrimPrefix(syntax.Error(), "toml: ")})
			return d, nil
		}
		return nil, err
	}
	d.locate(data)
	return d, nil
}

// locate records where each key and array element stands.
func (d *document) locate(data []byte) {
	var p unstable.Parser
	p.Reset(data)
	counts := map[string]int{} // elements seen of each array of tables
	prefix := ""
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			prefix = ""
			keys := e.Key()
			for keys.Next() {
				prefix = join(prefix, string(keys.Node().Data))
				d.mark(&p, prefix, keys.Node())
				if e.Kind == unstable.ArrayTable && keys.IsLast() {
					counts[prefix]++
				}
				if n := counts[prefix]; n > 0 {
					prefix = fmt.Sprintf("%s[%d]", prefix, n-1)
					d.mark(&p, prefix, keys.Node())
				}
			}
		case unstable.KeyValue:
			d.locateKeyValue(&p, prefix, e)
		}
	}
}

func (d *document) locateKeyValue(p *unstable.Parser, prefix string, e *unstable.Node) {
	path := prefix
	keys := e.Key()
	for keys.Next() {
		path = join(path, string(keys.Node().Data))
		d.mark(p, path, keys.Node())
		d.keys[path] = d.positions[path]
	}
	d.locateValue(p, path, e.Value())
}

func (d *document) locateValue(p *unstable.Parser, path string, v *unstable.Node) {
	if v.Raw.Length > 0 {
		d.mark(p, path, v)
	}
	children := v.Children()
	for i := 0; children.Next(); i++ {
		child := children.Node()
		if v.Kind == unstable.InlineTable {
			d.locateKeyValue(p, path, child)
			continue
		}
		d.positions[fmt.Sprintf("%s[%d]", path, i)] = d.positions[path]
		d.locateValue(p, fmt.Sprintf("%s[%d]", path, i), child)
	}
}

func (d *document) mark(p *unstable.Parser, path string, n *unstable.Node) {
	start := p.Shape(n.Raw).Start
	d.positions[path] = position{start.Line, start.Column}
}

func join(prefix, key string) string {
	if strings.ContainsAny(key, ". ") {
		key = fmt.Sprintf("%q", key)
	}
	if prefix == "" {
		return key
	}
	return prefix + "." + key
}

// report notes a problem at a path, at the place of the nearest enclosing value that has one. One problem a
// value is enough: a range check on a value of the wrong type would only repeat it.
func (d *document) report(path, format string, args ...any) {
	at, probe := position{1, 1}, path // what is missing from the file has no better place
	for probe != "" {
		if q, ok := d.positions[probe]; ok {
			at = q
			break
		}
		cut := strings.LastIndexAny(probe, ".[")
		if cut < 0 {
			break
		}
		probe = probe[:cut]
	}
	d.reportAt(at, path, format, args...)
}

// has tells whether the file gives a value at a path.
func (d *document) has(path string) bool {
	_, ok := d.positions[path]
	return ok
}

// refused tells whether anything below a path was reported.
func (d *document) refused(path string) bool {
	return slices.ContainsFunc(d.problems, func(p Problem) bool { return within(p.Path, path) })
}

func (d *document) reportAt(at position, path, format string, args ...any) {
	for _, known := range d.problems {
		if within(known.Path, path) || within(path, known.Path) {
			return
		}
	}
	d.problems = append(d.problems, Problem{Line: at.line, Column: at.column, Path: path, Message: fmt.Sprintf(format, args...)})
}

// within tells whether path is outer or lies inside it.
func within(path, outer string) bool {
	rest, ok := strings.CutPrefix(path, outer)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// sortProblems puts the problems in the order of the file.
func (d *document) sortProblems() {
	sort.SliceStable(d.problems, func(i, j int) bool {
		a, b := d.problems[i], d.problems[j]
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
}

// decode fills target, a pointer to a struct whose fields carry toml:"name" or toml:"name,required" tags.
// Keys are case-sensitive. What the file leaves out keeps the value it has in target. A whole number is accepted for a float, a float never for a whole number.
func (d *document) decode(path string, value any, target reflect.Value) {
	if u, ok := target.Addr().Interface().(encoding.TextUnmarshaler); ok {
		text, ok := value.(string)
		if !ok {
			d.report(path, "is %s, must be a string", kindOf(value))
		} else if err := u.UnmarshalText([]byte(text)); err != nil {
			d.report(path, "%v", err)
		}
		return
	}
	switch target.Kind() {
	case reflect.Pointer:
		target.Set(reflect.New(target.Type().Elem()))
		d.decode(path, value, target.Elem())
	case reflect.Interface:
		target.Set(reflect.ValueOf(oneZero(value)))
	case reflect.Struct:
		if table, ok := d.table(path, value); ok {
			d.decodeStruct(path, table, target)
		}
	case reflect.Map:
		table, ok := d.table(path, value)
		if !ok {
			return
		}
		if target.IsNil() {
			target.Set(reflect.MakeMap(target.Type()))
		}
		for _, key := range sortedKeys(table) {
			element := reflect.New(target.Type().Elem()).Elem()
			if preset := target.MapIndex(reflect.ValueOf(key)); preset.IsValid() {
				element.Set(preset)
			}
			d.decode(join(path, key), table[key], element)
			target.SetMapIndex(reflect.ValueOf(key), element)
		}
	case reflect.Slice:
		list, ok := value.([]any)
		if !ok {
			d.report(path, "is %s, must be an array", kindOf(value))
			return
		}
		target.Set(reflect.MakeSlice(target.Type(), len(list), len(list)))
		for i, element := range list {
			d.decode(fmt.Sprintf("%s[%d]", path, i), element, target.Index(i))
		}
	default:
		d.decodeScalar(path, value, target)
	}
}

func (d *document) table(path string, value any) (map[string]any, bool) {
	table, ok := value.(map[string]any)
	if !ok {
		d.report(path, "is %s, must be a table", kindOf(value))
	}
	return table, ok
}

func (d *document) decodeStruct(path string, table map[string]any, target reflect.Value) {
	known := map[string]bool{}
	d.decodeFields(path, table, target, known)
	for _, key := range sortedKeys(table) {
		if !known[key] {
			at := d.keys[join(path, key)]
			if at == (position{}) { // a table, whose header is its key
				at = d.positions[join(path, key)]
			}
			d.reportAt(at, join(path, key), "is not a known parameter; known here: %s", strings.Join(sortedKeys(known), ", "))
		}
	}
}

// decodeFields fills the fields of a struct, and notes their names. An embedded struct's are the struct's own.
func (d *document) decodeFields(path string, table map[string]any, target reflect.Value, known map[string]bool) {
	for i := range target.NumField() {
		if target.Type().Field(i).Anonymous {
			d.decodeFields(path, table, target.Field(i), known)
			continue
		}
		name, option, _ := strings.Cut(target.Type().Field(i).Tag.Get("toml"), ",")
		if name == "" {
			continue
		}
		known[name] = true
		value, ok := table[name]
		switch {
		case ok:
			d.decode(join(path, name), value, target.Field(i))
		case option == "required":
			d.report(join(path, name), "is missing")
		}
	}
}

func (d *document) decodeScalar(path string, value any, target reflect.Value) {
	switch v := value.(type) {
	case string:
		if target.Kind() == reflect.String {
			target.SetString(v)
			return
		}
	case bool:
		if target.Kind() == reflect.Bool {
			target.SetBool(v)
			return
		}
	case int64:
		switch target.Kind() {
		case reflect.Int, reflect.Int64:
			target.SetInt(v)
			return
		case reflect.Float64:
			target.SetFloat(float64(v))
			return
		case reflect.Uint32:
			if v < 0 || v > 1<<32-1 {
				d.report(path, "is %d, must lie between 0 and 4294967295", v)
				return
			}
			target.SetUint(uint64(v))
			return
		}
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			d.report(path, "is %v, must be finite", v)
			return
		}
		if target.Kind() == reflect.Float64 {
			target.SetFloat(v + 0) // there is one zero
			return
		}
	}
	d.report(path, "is %s, must be %s", kindOf(value), targetName(target.Kind()))
}

// oneZero makes -0 the 0 that it equals: what is known by its value must not differ in its sign.
func oneZero(value any) any {
	switch v := value.(type) {
	case float64:
		return v + 0
	case []any:
		for i := range v {
			v[i] = oneZero(v[i])
		}
	}
	return value
}

func targetName(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Float64:
		return "a number"
	}
	return "a whole number"
}

func kindOf(value any) string {
	switch v := value.(type) {
	case string:
		return fmt.Sprintf("the string %q", v)
	case bool:
		return fmt.Sprintf("%v", v)
	case int64, float64:
		return fmt.Sprintf("the number %v", v)
	case []any:
		return "an array"
	case map[string]any:
		return "a table"
	}
	return fmt.Sprintf("a date or time (%v)", value)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
