package summary

import (
	"cmp"
	"math"
)

// Kendall returns Kendall's tau-b of two lists of equal length (Kendall, 1945,
// Biometrika 33, p. 239): the number of pairs that both order alike, less the
// number that they order in opposite ways, over the geometric mean of the
// numbers of pairs that are not tied in each list. Positions where either value
// is not finite are left out. The result is NaN if all pairs of a list are
// tied.
func Kendall(x, y []float64) float64 {
	var alike, inX, inY float64
	usable := func(i int) bool { return finite(x[i]) && finite(y[i]) }
	for i := range x {
		if !usable(i) {
			continue
		}
		for k := range i {
			if !usable(k) {
				continue
			}
			a, b := float64(cmp.Compare(x[i], x[k])), float64(cmp.Compare(y[i], y[k]))
			alike, inX, inY = alike+a*b, inX+a*a, inY+b*b
		}
	}
	return alike / math.Sqrt(inX*inY)
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
