package measured

import (
	"math"
	"strconv"
	"strings"
)

// Short formats a number for a table, with four digits after the point. It
// returns a dash for NaN.
func Short(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return strconv.FormatFloat(v, 'f', 4, 64)
}

// Plain returns a name in a form for figures. Names come from files. Characters
// that are not letters of the font, or that mark up text there, become "?".
func Plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '^' || r == '{' || r == '}' {
			return '?'
		}
		return r
	}, name)
}
