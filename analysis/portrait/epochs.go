package portrait

import (
	"math"

	"sparsel/analysis/activity"
	"sparsel/analysis/chart"
)

// epochBins is the number of equal bins of selectivity, from 0 to 1, in which
// units are counted.
const epochBins = 20

// Epochs returns a heat map with the histogram of the units by selectivity at
// each epoch, beginning with epoch 0, before training. The colour scale ends at
// the largest share of units in a bin after training began, because untrained
// units are all alike, and would leave the others one colour. A unit whose
// selectivity is NaN is in no bin. An epoch in which no unit has a selectivity
// is left white.
func Epochs(layers []activity.Result) chart.Panel {
	h := &chart.Heat{Label: "share of units", Low: 0, High: 1}
	for range epochBins {
		h.Values = append(h.Values, make([]float64, len(layers)))
	}
	for e, l := range layers {
		some := false
		for _, u := range l.Units {
			if v := u.Selectivity; v == v {
				some = true
				h.Values[int(math.Max(0, math.Min(epochBins-1, math.Floor(v*epochBins))))][e] += 1 / float64(len(l.Units))
			}
		}
		for _, row := range h.Values {
			if !some {
				row[e] = math.NaN()
			}
		}
	}
	for _, row := range h.Values {
		for _, v := range row[min(1, len(layers)-1):] {
			if v == v {
				h.Max = math.Max(h.Max, v)
			}
		}
	}
	if h.Max == 0 {
		h.Max = 1
	}
	y := chart.Axis{Label: "selectivity (CCMAS)", Min: 0, Max: 1}
	return chart.Panel{X: chart.Axis{Label: "epoch", Min: -0.5, Max: float64(len(layers)) - 0.5}, Y: y, Heat: h}
}
