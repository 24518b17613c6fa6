package params

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"sort"
	"strings"
	"unicode"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"sparsel/stages/nearest"
	"sparsel/stages/words"
)

// Problem is one mistake in a parameter file.
type Problem struct {
	Line, Column int // 1-based; 0 for the file as a whole or for an assignment
	Assignment   string
	Path         string
	Message      string
}

// Problems lists every problem of one parameter file, in the order of the file.
type Problems struct {
	File string
	List []Problem
}

// shownProblems is how many problems an error lists, which is enough to work on
// and fits on a screen.
const shownProblems = 40

// Error lists the first problems, one per line, as file:line:column: path:
// message, and counts the others.
func (p *Problems) Error() string {
	lines := make([]string, 0, shownProblems+2)
	lines = append(lines, fmt.Sprintf("read parameters: %s in %s; correct and run again:", words.Counted(len(p.List), "problem"), p.File))
	for _, q := range p.List[:min(len(p.List), shownProblems)] {
		at := p.File
		if q.Assignment != "" {
			at = "-set=" + q.Assignment
		} else if q.Line > 0 {
			at = fmt.Sprintf("%s:%d:%d", p.File, q.Line, q.Column)
		}
		if q.Path != "" {
			q.Message = q.Path + ": " + q.Message
		}
		lines = append(lines, "  "+at+": "+q.Message)
	}
	if more := len(p.List) - shownProblems; more > 0 {
		lines = append(lines, fmt.Sprintf("  and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// position is a place in the file or, if line is negative, the assignment with
// that index, counted from -1 down.
type position struct{ line, column int }

// document is a TOML file as plain values, with the position of each.
type document struct {
	values    map[string]any
	positions map[string]position // of values, by path, as in experiments[0].vary[1].values[2]
	keys      map[string]position // of keys, by path
	problems  []Problem
	reported  map[string]bool // paths of problems, and
	around    map[string]bool // of what contains them

	assigned assignments // given beside the file

	lines  []int    // where each line begins
	keyed  int      // number of parts of keys, and
	listed int      // number of elements of arrays so far
	limit  *Problem // the first limit that the file exceeds
}

// Limits of a file, far beyond what a study needs. This study's file has 30 kB,
// some 1,000 keys and paths of 50 characters. The limits exist because the TOML
// library compares each key with all those before it, and because every
// position is stored under its path.
const (
	maxBytes    = 512 << 10
	maxKeys     = 10_000
	maxElements = 100_000
	maxPath     = 256 // bytes
	maxNesting  = 16  // parts of a key, and nested tables and arrays
)

// parse reads TOML. The library checks the syntax and the rules on
// redefinition, and stops at the first mistake. All later checks, of types,
// ranges and unknown keys, are made by decode and Validate, which report
// everything together. The library's own strict mode can't do this, because it
// stops at the first wrong type.
func parse(data []byte) (*document, error) {
	d := &document{
		values: map[string]any{}, positions: map[string]position{}, keys: map[string]position{}, reported: map[string]bool{},
		around: map[string]bool{},
	}
	switch data = bytes.TrimPrefix(data, []byte("\ufeff")); { // some editors begin UTF-8 with this mark
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		d.problems = append(d.problems, Problem{Line: 1, Column: 1, Message: "the file is in UTF-16; save it as UTF-8"})
		return d, nil
	case len(data) > maxBytes:
		d.problems = append(d.problems,
			Problem{Message: fmt.Sprintf("has more than %d bytes; let vary and seeds list what is repeated", maxBytes)})
		return d, nil
	}
	if d.locate(data); d.limit != nil {
		d.problems = append(d.problems, *d.limit)
		return d, nil
	}
	if err := toml.Unmarshal(data, &d.values); err != nil {
		var syntax *toml.DecodeError
		if errors.As(err, &syntax) {
			line, column := syntax.Position()
			d.problems = append(d.problems,
				Problem{Line: line, Column: column, Message: strings.ReplaceAll(strings.TrimPrefix(syntax.Error(), "toml: "), "\n", " ")})
			return d, nil
		}
		return nil, err
	}
	return d, nil
}

// locate records the position of each key and array element, up to a syntax
// error or a limit.
func (d *document) locate(data []byte) {
	d.lines = []int{0}
	for i, b := range data {
		if b == '\n' {
			d.lines = append(d.lines, i+1)
		}
	}
	var p unstable.Parser
	p.Reset(data)
	counts := map[string]int{} // number of elements seen in each array of tables
	prefix := ""
	for d.limit == nil && p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			prefix = ""
			keys := e.Key()
			for depth := 1; d.limit == nil && keys.Next(); depth++ {
				prefix = d.markKey(prefix, keys.Node(), depth)
				if e.Kind == unstable.ArrayTable && keys.IsLast() {
					counts[prefix]++
				}
				if n := counts[prefix]; n > 0 {
					prefix = fmt.Sprintf("%s[%d]", prefix, n-1)
					d.mark(prefix, keys.Node())
				}
			}
		case unstable.KeyValue:
			d.locateKeyValue(prefix, e, 1)
		}
	}
}

func (d *document) locateKeyValue(prefix string, e *unstable.Node, depth int) {
	path := prefix
	keys := e.Key()
	for ; d.limit == nil && keys.Next(); depth++ {
		path = d.markKey(path, keys.Node(), depth)
		d.keys[path] = d.positions[path]
	}
	d.locateValue(path, e.Value(), depth)
}

func (d *document) locateValue(path string, v *unstable.Node, depth int) {
	if v.Raw.Length > 0 {
		d.mark(path, v)
	}
	children := v.Children()
	for i := 0; d.limit == nil && children.Next(); i++ {
		child := children.Node()
		if v.Kind == unstable.InlineTable {
			d.locateKeyValue(path, child, depth)
			continue
		}
		at := d.positions[path]
		if d.listed++; d.listed > maxElements {
			d.exceeds(at, "the file lists more than %d values", maxElements)
			return
		}
		if depth > maxNesting {
			d.exceeds(at, "lies more than %d deep", maxNesting)
			return
		}
		element := fmt.Sprintf("%s[%d]", path, i)
		d.positions[element] = at
		d.locateValue(element, child, depth+1)
	}
}

// markKey returns the path of a part of a key and records its position. The
// part is the depth-th of its table and key.
func (d *document) markKey(prefix string, part *unstable.Node, depth int) string {
	path := join(prefix, string(part.Data))
	at := d.position(part)
	d.keyed++
	switch {
	case d.keyed > maxKeys:
		d.exceeds(at, "the file has more than %d keys", maxKeys)
	case len(path) > maxPath:
		d.exceeds(at, "a key and the tables it lies in have names of more than %d bytes", maxPath)
	case depth > maxNesting:
		d.exceeds(at, "a key lies more than %d tables deep", maxNesting)
	default:
		if !d.has(path) { // a table is where it is first named, even if a table within it comes later
			d.positions[path] = at
		}
	}
	return path
}

func (d *document) exceeds(at position, format string, args ...any) {
	if d.limit == nil {
		d.limit = &Problem{Line: at.line, Column: at.column, Message: fmt.Sprintf(format, args...)}
	}
}

func (d *document) mark(path string, n *unstable.Node) { d.positions[path] = d.position(n) }

// position returns where a node begins. The library's own function counts lines
// from the beginning of the file at each call.
func (d *document) position(n *unstable.Node) position {
	offset := int(n.Raw.Offset)
	line := sort.SearchInts(d.lines, offset+1) // the number of lines that begin at or before it
	return position{line, offset - d.lines[line-1] + 1}
}

func join(prefix, key string) string {
	if strings.ContainsAny(key, ". []") || strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsPrint(r) }) {
		key = fmt.Sprintf("%q", key)
	}
	if prefix == "" {
		return key
	}
	return prefix + "." + key
}

// report adds a problem at a path. Its position is that of the nearest
// enclosing value that has one. There is at most one problem for each value,
// because a range check on a value of the wrong type would only repeat it.
func (d *document) report(path, format string, args ...any) {
	at, probe := position{1, 1}, path // the position of a value that the file lacks
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

// has reports whether the file gives a value at a path.
func (d *document) has(path string) bool {
	_, ok := d.positions[path]
	return ok
}

// refused reports whether there is a problem at a path or below it.
func (d *document) refused(path string) bool {
	return d.reported[path] || d.around[path]
}

func (d *document) reportAt(at position, path, format string, args ...any) {
	if d.around[path] {
		return
	}
	for outer := path; ; {
		if d.reported[outer] {
			return
		}
		cut := strings.LastIndexAny(outer, ".[")
		if cut < 0 {
			break
		}
		outer = outer[:cut]
	}
	d.reported[path] = true
	for i := range path {
		if path[i] == '.' || path[i] == '[' {
			d.around[path[:i]] = true
		}
	}
	p := Problem{Line: at.line, Column: at.column, Path: path, Message: fmt.Sprintf(format, args...)}
	if at.line < 0 {
		p.Line, p.Assignment = 0, d.assigned[-1-at.line]
	}
	d.problems = append(d.problems, p)
}

// sortProblems sorts the problems in the order of the file.
func (d *document) sortProblems() {
	sort.SliceStable(d.problems, func(i, j int) bool {
		a, b := d.problems[i], d.problems[j]
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
}

// decode fills target, a pointer to a struct whose fields have toml:"name" or
// toml:"name,required" tags. Keys are case-sensitive. A field that the file
// leaves out keeps its value. A whole number is accepted for a float, but a
// float never for a whole number.
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
			if at == (position{}) { // a table, whose key is its header
				at = d.positions[join(path, key)]
			}
			d.reportAt(at, join(path, key), "is not a known parameter; known here: %s%s", strings.Join(sortedKeys(known), ", "),
				nearest.Hint(key, sortedKeys(known)))
		}
	}
}

// decodeFields fills the fields of a struct and records their names. The fields
// of an embedded struct belong to the outer struct.
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
			target.SetFloat(v + 0) // turns -0 into 0
			return
		}
	}
	d.report(path, "is %s, must be %s", kindOf(value), targetName(target.Kind()))
}

// oneZero replaces -0 with 0. The two are equal, so something that is
// identified by its value must not differ in the sign.
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
		return fmt.Sprintf("the string %q", withoutUser(v)) // it may stand in place of a list of mirrors
	case bool:
		return fmt.Sprintf("%v", v)
	case int64:
		return fmt.Sprintf("the number %d", v)
	case float64:
		text := format(v)
		if math.Trunc(v) == v && !math.IsInf(v, 0) && !strings.ContainsAny(text, "e.") { // as in the file, where 50.0 is no whole number
			text += ".0"
		}
		return "the number " + text
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
