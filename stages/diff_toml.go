package stages

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// flattenTOML lists the values of a parameter file by path, so that two
// versions of a file can be compared even if this program would reject one of
// them. Tables in a list are identified by their own name and not by their
// index. So moving an entry makes no difference, and neither does another
// spelling of a number.
func flattenTOML(text []byte) (map[string]string, error) {
	var tree map[string]any
	if err := toml.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &tree); err != nil {
		return nil, fmt.Errorf("read parameters: %w", err)
	}
	flat := map[string]string{}
	flatten("", tree, flat)
	return flat, nil
}

func flatten(at string, v any, flat map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		if at != "" {
			at += "."
		}
		for key, value := range v {
			flatten(at+key, value, flat)
		}
	case []any:
		if tables := tablesOf(v); tables != nil {
			times := map[string]int{}
			for _, t := range tables {
				name := nameOf(t)
				if times[name]++; times[name] > 1 {
					name += "#" + strconv.Itoa(times[name])
				}
				flatten(at+"["+name+"]", t, flat)
			}
			return
		}
		var parts []string
		for _, e := range v {
			parts = append(parts, scalar(e))
		}
		flat[at] = "[" + strings.Join(parts, ", ") + "]"
	default:
		flat[at] = scalar(v)
	}
}

// tablesOf returns a list's elements if they are tables.
func tablesOf(list []any) []map[string]any {
	var tables []map[string]any
	for _, e := range list {
		t, ok := e.(map[string]any)
		if !ok {
			return nil
		}
		tables = append(tables, t)
	}
	return tables
}

// nameOf returns the name that a table gives itself.
func nameOf(t map[string]any) string {
	var parts []string
	for _, key := range []string{"id", "name", "condition", "parameter", "optimizers"} {
		if v, ok := t[key]; ok {
			parts = append(parts, strings.Trim(scalar(v), `"`))
		}
	}
	return strings.Join(parts, "/")
}

func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return strconv.Quote(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []any:
		var parts []string
		for _, e := range v {
			parts = append(parts, strings.Trim(scalar(e), `"`))
		}
		return strings.Join(parts, "+")
	}
	return fmt.Sprint(v)
}
