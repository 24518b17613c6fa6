package params

import (
	"crypto/sha256"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// assignments are values given beside the file, such as optimizers.SGD.lr=0.3.
// Each consists of the path of a key, with [n] for the n-th element of a list,
// counted from 0, and a TOML value or a bare word. They replace the file's own
// values and are checked in the same way.
type assignments []string

var (
	settable = regexp.MustCompile(`^[A-Za-z0-9_-]+(\[[0-9]+\])?(\.[A-Za-z0-9_-]+(\[[0-9]+\])?)*$`)
	bareWord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
	step     = regexp.MustCompile(`^([A-Za-z0-9_-]+)(?:\[([0-9]+)\])?$`)
)

// set applies the assignments. A mistake in one is reported with the assignment
// in place of a line.
func (d *document) set(list assignments) {
	d.assigned = list
	seen := map[string]bool{}
	for i, text := range list {
		name, value, ok := strings.Cut(text, "=")
		name = strings.TrimSpace(name)
		at := position{line: -1 - i}
		switch {
		case !ok || !settable.MatchString(name):
			d.reportAt(at, "", "must be KEY=VALUE, such as optimizers.SGD.lr=0.3 or experiments[0].seeds=[1]")
			continue
		case seen[name]:
			d.reportAt(at, name, "is set twice")
			continue
		}
		seen[name] = true
		v, err := valueOf(strings.TrimSpace(value))
		if err == nil {
			err = put(d.values, name, v)
		}
		if err != nil {
			d.reportAt(at, name, "%v", err)
			continue
		}
		for i, c := range name { // tables that it creates
			if outer := name[:i]; c == '.' && !d.has(outer) {
				d.positions[outer], d.keys[outer] = at, at
			}
		}
		d.place(name, v, at)
	}
}

// valueOf parses a value as in the file.
func valueOf(text string) (any, error) {
	var v struct{ V any }
	err := toml.Unmarshal([]byte("V = "+text), &v)
	switch {
	case err == nil && !strings.ContainsAny(text, "\n\r"):
		return v.V, nil
	case bareWord.MatchString(text):
		return text, nil
	}
	return nil, fmt.Errorf("%q is no value of TOML; a text of several words needs quotes", text)
}

// put stores a value among the values of a file. It creates missing tables, but
// no elements of lists.
func put(values map[string]any, name string, v any) error {
	parts := strings.Split(name, ".")
	for i, part := range parts {
		m := step.FindStringSubmatch(part)
		last := i == len(parts)-1
		if m[2] == "" {
			if last {
				values[part] = v
				return nil
			}
			next, ok := values[part]
			if !ok {
				next = map[string]any{}
				values[part] = next
			}
			table, ok := next.(map[string]any)
			if !ok {
				return fmt.Errorf("%s is %s, and has no keys", strings.Join(parts[:i+1], "."), kindOf(next))
			}
			values = table
			continue
		}
		list, ok := values[m[1]].([]any)
		n, err := strconv.Atoi(m[2])
		if !ok || err != nil || n >= len(list) {
			return fmt.Errorf("%s: the file lists %d there", strings.Join(parts[:i+1], "."), len(list))
		}
		if last {
			list[n] = v
			return nil
		}
		table, ok := list[n].(map[string]any)
		if !ok {
			return fmt.Errorf("%s is %s, and has no keys", strings.Join(parts[:i+1], "."), kindOf(list[n]))
		}
		values = table
	}
	return nil
}

// place records that a value and everything in it comes from an assignment.
func (d *document) place(name string, v any, at position) {
	for known := range d.positions {
		if strings.HasPrefix(known, name+".") || strings.HasPrefix(known, name+"[") {
			delete(d.positions, known)
		}
	}
	d.positions[name], d.keys[name] = at, at
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			d.place(join(name, key), inner, at)
		}
	case []any:
		for i, inner := range v {
			d.place(fmt.Sprintf("%s[%d]", name, i), inner, at)
		}
	}
}

// maxLabel is the largest length of a folder's name that consists of the
// assignments themselves.
const maxLabel = 60

// Try returns the folder of a try below that of the study or profile, which is
// also the beginning of its nodes' names: tries/ and the assignments. It is
// empty if nothing is set.
func (p *Params) Try() string { return Try(p.assigned) }

// Try returns the folder of a try with these assignments.
func Try(list []string) string {
	if len(list) == 0 {
		return ""
	}
	text := strings.Join(list, ",")
	label := strings.Map(func(r rune) rune {
		if letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'; letter || strings.ContainsRune("_.=+-,", r) {
			return r
		}
		return '_'
	}, text)
	if label != text || len(label) > maxLabel {
		label = fmt.Sprintf("%s-%x", label[:min(len(label), maxLabel)], sha256.Sum256([]byte(text)))[:min(len(label), maxLabel)+9]
	}
	return path.Join("tries", label)
}

// Repeats returns the source that the study repeats. A try repeats nothing,
// whatever it was made from.
func (p *Params) Repeats() string {
	if len(p.assigned) > 0 {
		return ""
	}
	return p.Study.Source
}
