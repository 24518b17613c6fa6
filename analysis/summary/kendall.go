package summary

import (
	"cmp"
	"math"
)

// Kendall returns Kendall's tau-b of two lists of equal length (Kendall, 1945, Biometrika 33, p. 239): the pairs that both order
// alike less those that they order the other way, over the geometric mean of the pairs that either tells apart. Places where one
// is not finite are left out. It is NaN where one of them tells no pair apart.
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
