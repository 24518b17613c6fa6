// Package lock reads and writes artifacts.lock. The file records the content
// ids of everything that a correct run of a study produces, in a form that is
// committed beside the parameters. Package stages decides what to put into it
// and what to compare with it.
//
// The file is text with one fact per line. The lines are sorted, so that the
// difference between two versions shows how the studies differ:
//
//	sparsel lock 1
//	profile NAME                        of the parameter file
//	go VERSION                          toolchain and go.mod's lines
//	params SHA256                       of every node's name, stage and parameters
//	seconds N                           of work on one core, rounded up; differs whenever the work is repeated
//	adopted NODE SHA256                 code that made the node's outputs, unless it was the stage's
//	code STAGE SHA256                   code identity of a stage
//	contract STAGE VERSION              of what its code identity leaves out
//	module PATH VERSION                 of the modules that a stage's code reaches
//	output NODE NAME SHA256 [PATH]      content of an output, and where it is published
//	package PATH SHA256                 code of a package that a stage's code reaches
//	sum SHA256                          of all the bytes before this line
//
// A field is written bare, or quoted as in Go if it is empty or contains
// anything but visible ASCII.
package lock

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// ID is a SHA-256.
type ID [sha256.Size]byte

func (id ID) String() string { return hex.EncodeToString(id[:]) }

// Output names an output of a node.
type Output struct{ Node, Name string }

// Result is the content of an output.
type Result struct {
	Content ID
	Path    string // below the output directory; empty if it is not published
}

// Lock is the contents of the file.
type Lock struct {
	Profile  string
	Go       string
	Params   ID
	Seconds  int64
	Adopted  map[string]ID     // code that made a node's outputs, by node
	Code     map[string]ID     // by stage
	Contract map[string]string // by stage, for those that have one
	Modules  map[string]string // versions by path
	Outputs  map[Output]Result
	Packages map[string]ID // by import path
}

const (
	name    = "sparsel lock"
	version = "1"
)

// New returns an empty lock.
func New() *Lock {
	return &Lock{
		Adopted: map[string]ID{}, Code: map[string]ID{}, Contract: map[string]string{}, Modules: map[string]string{},
		Outputs: map[Output]Result{}, Packages: map[string]ID{},
	}
}

// Encode returns the contents of the file. Equal locks give equal contents.
func (l *Lock) Encode() []byte {
	var b strings.Builder
	line := func(fields ...string) {
		for i, f := range fields {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(quote(f))
		}
		b.WriteByte('\n')
	}
	b.WriteString(name + " " + version + "\n")
	line("profile", l.Profile)
	line("go", l.Go)
	line("params", l.Params.String())
	line("seconds", strconv.FormatInt(l.Seconds, 10))
	for _, node := range slices.Sorted(maps.Keys(l.Adopted)) {
		line("adopted", node, l.Adopted[node].String())
	}
	for _, stage := range slices.Sorted(maps.Keys(l.Code)) {
		line("code", stage, l.Code[stage].String())
	}
	for _, stage := range slices.Sorted(maps.Keys(l.Contract)) {
		line("contract", stage, l.Contract[stage])
	}
	for _, path := range slices.Sorted(maps.Keys(l.Modules)) {
		line("module", path, l.Modules[path])
	}
	for _, o := range l.Sorted() {
		fields := []string{"output", o.Node, o.Name, l.Outputs[o].Content.String()}
		if path := l.Outputs[o].Path; path != "" {
			fields = append(fields, path)
		}
		line(fields...)
	}
	for _, path := range slices.Sorted(maps.Keys(l.Packages)) {
		line("package", path, l.Packages[path].String())
	}
	sum := sha256.Sum256([]byte(b.String()))
	line("sum", hex.EncodeToString(sum[:]))
	return []byte(b.String())
}

// Sorted lists the outputs by node and name.
func (l *Lock) Sorted() []Output {
	return slices.SortedFunc(maps.Keys(l.Outputs), func(a, b Output) int {
		return cmp.Or(strings.Compare(a.Node, b.Node), strings.Compare(a.Name, b.Name))
	})
}

func quote(s string) string {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' }) {
		return strconv.QuoteToASCII(s)
	}
	return s
}

// Parse parses the contents of the file. It accepts exactly what Encode
// returns. Its error names the line.
func Parse(text []byte) (*Lock, error) {
	l := New()
	body, ok := strings.CutPrefix(string(text), name+" ")
	if !ok {
		return nil, fmt.Errorf("line 1: does not begin with %q: not a lock", name)
	}
	found, body, _ := strings.Cut(body, "\n")
	if found != version {
		return nil, fmt.Errorf("line 1: has version %q, but this program knows %s; write the file again with the target lock of its study", found, version)
	}
	number := 1
	for line := range strings.Lines(body) {
		number++
		fields, err := split(line)
		if err == nil {
			err = l.add(fields)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	if err := same(text, l.Encode()); err != nil {
		return nil, err
	}
	return l, nil
}

// split splits a line into its fields.
func split(line string) ([]string, error) {
	rest, ok := strings.CutSuffix(line, "\n")
	if !ok {
		return nil, fmt.Errorf("is cut short")
	}
	var fields []string
	for {
		var field string
		if strings.HasPrefix(rest, `"`) {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return nil, fmt.Errorf("%.20q is quoted wrongly", rest)
			}
			if field, err = strconv.Unquote(quoted); err != nil {
				return nil, fmt.Errorf("%.20q is quoted wrongly", rest)
			}
			rest = rest[len(quoted):]
		} else {
			field, _, _ = strings.Cut(rest, " ")
			rest = rest[len(field):]
		}
		fields = append(fields, field)
		if rest == "" {
			return fields, nil
		}
		if rest[0] != ' ' {
			return nil, fmt.Errorf("a space is missing before %.20q", rest)
		}
		rest = rest[1:]
	}
}

// arity gives the least and the largest number of fields in a line, not
// counting its kind.
var arity = map[string][2]int{
	"profile": {1, 1}, "go": {1, 1}, "params": {1, 1}, "seconds": {1, 1}, "sum": {1, 1},
	"adopted": {2, 2}, "code": {2, 2}, "contract": {2, 2}, "module": {2, 2}, "package": {2, 2}, "output": {3, 4},
}

// add adds the fact in a line. It does not notice duplicates and lines in the
// wrong place, which are found when the whole file is compared with its
// encoding.
func (l *Lock) add(fields []string) (err error) {
	kind, f := fields[0], fields[1:]
	n, ok := arity[kind]
	if !ok {
		return fmt.Errorf("there is no %.20q in a lock", kind)
	}
	if len(f) < n[0] || len(f) > n[1] {
		return fmt.Errorf("%s has %d fields, want %d to %d", kind, len(f), n[0], n[1])
	}
	switch kind {
	case "profile":
		l.Profile = f[0]
	case "go":
		l.Go = f[0]
	case "params":
		l.Params, err = parseID(f[0])
	case "seconds":
		l.Seconds, err = strconv.ParseInt(f[0], 10, 64)
	case "adopted":
		l.Adopted[f[0]], err = parseID(f[1])
	case "code":
		l.Code[f[0]], err = parseID(f[1])
	case "contract":
		l.Contract[f[0]] = f[1]
	case "module":
		l.Modules[f[0]] = f[1]
	case "package":
		l.Packages[f[0]], err = parseID(f[1])
	case "output":
		r := Result{}
		if r.Content, err = parseID(f[2]); len(f) == 4 {
			r.Path = f[3]
		}
		l.Outputs[Output{f[0], f[1]}] = r
	case "sum":
		_, err = parseID(f[0])
	}
	return err
}

func parseID(text string) (id ID, err error) {
	if len(text) != hex.EncodedLen(len(id)) || text != strings.ToLower(text) {
		return id, fmt.Errorf("%.80q is not a SHA-256 in 64 lower-case hex digits", text)
	}
	if _, err = hex.Decode(id[:], []byte(text)); err != nil {
		return id, fmt.Errorf("%q is not a SHA-256: %w", text, err)
	}
	return id, nil
}

// same names the first line of text that is not written in the canonical form.
func same(text, want []byte) error {
	number := 0
	lines := slices.Collect(strings.Lines(string(want)))
	for line := range strings.Lines(string(text)) {
		if number >= len(lines) {
			return fmt.Errorf("line %d: occurs twice", number+1)
		}
		if line == lines[number] {
			number++
			continue
		}
		if number == len(lines)-1 && strings.HasPrefix(line, "sum ") {
			return fmt.Errorf("line %d: the sum over the lines before it is %s: one of them was changed by hand or is damaged; write the file "+
				"again with the target lock of its study, or take it from version control", number+1, strings.TrimSpace(lines[number][len("sum "):]))
		}
		return fmt.Errorf("line %d: %.200q occurs twice, is out of order or is not written as %.200q",
			number+1, strings.TrimSuffix(line, "\n"), strings.TrimSuffix(lines[number], "\n"))
	}
	if number < len(lines) {
		return fmt.Errorf("line %d: the file ends before %.200q", number+1, strings.TrimSuffix(lines[number], "\n"))
	}
	return nil
}
