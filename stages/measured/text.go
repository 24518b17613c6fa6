package measured

import (
	"math"
	"strconv"
	"strings"
)

// Short is a number for a table: four digits after the point, and a dash where
// there is none.
func Short(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return strconv.FormatFloat(v, 'f', 4, 64)
}

// Plain is a name for a figure: names come from files, and what is no letter of
// its font, or marks up text there, becomes "?".
func Plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '^' || r == '{' || r == '}' {
			return '?'
		}
		return r
	}, name)
}
