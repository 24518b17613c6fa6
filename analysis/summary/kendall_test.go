package summary

import (
	"math"
	"testing"
)

func TestKendall(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		x, y []float64
		want float64
	}{
		{[]float64{1, 2, 3, 4}, []float64{10, 20, 30, 40}, 1},
		{[]float64{1, 2, 3, 4}, []float64{4, 3, 2, 1}, -1},
		// Of six pairs, y orders four like x and one the other way, and one is
		// tied.
		{[]float64{1, 2, 3, 4}, []float64{1, 3, 2, 3}, 3 / math.Sqrt(6*5)},
		{[]float64{1, nan, 2, 3}, []float64{1, 0, 2, math.Inf(1)}, 1},
		{[]float64{1, 1, 1}, []float64{1, 2, 3}, nan},
	} {
		if got := Kendall(c.x, c.y); math.Abs(got-c.want) > 1e-15 || (got == got) != (c.want == c.want) {
			t.Errorf("tau of %v and %v is %v, want %v", c.x, c.y, got, c.want)
		}
	}
}
