package measured

import (
	"math"
	"strconv"
)

// Short formats a number for a table, with four digits after the point. It
// returns a dash for NaN.
func Short(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return strconv.FormatFloat(v, 'f', 4, 64)
}
