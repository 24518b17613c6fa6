package figure

import (
	"fmt"
	"slices"
	"testing"

	"sparsel/analysis/chart"
)

// labels lists the labels of a panel's series.
func labels(panel chart.Panel) string {
	var list []string
	for _, s := range panel.Series {
		list = append(list, s.Label)
	}
	return fmt.Sprintf("%q", list)
}

// Each metric has its own layers, whichever metric comes first.
func TestLayersOfEachMetric(t *testing.T) {
	for _, c := range []struct {
		lines   []string
		metrics []Panel
		want    string
	}{
		{[]string{"metric", "layer"}, []Panel{{Metric: "accuracy"}, {Metric: "sparsity"}},
			`["accuracy, whole network" "sparsity, layer 1" "sparsity, layer 2"]`},
		{[]string{"metric", "layer"}, []Panel{{Metric: "sparsity"}, {Metric: "accuracy"}},
			`["sparsity, layer 1" "sparsity, layer 2" "accuracy, whole network"]`},
		{[]string{"layer", "metric"}, []Panel{{Metric: "accuracy"}, {Metric: "sparsity"}},
			`["whole network, accuracy" "layer 1, sparsity" "layer 2, sparsity"]`},
	} {
		p, n := baseline()
		p.Sources[0].Layers, p.Columns, p.Lines, p.Panels = 2, "optimizer", c.lines, c.metrics
		panel := describe(t, p, n).Rows[0].Panels[0]
		if got := labels(panel); got != c.want {
			t.Errorf("%v of %v: lines %s, want %s", c.lines, c.metrics, got, c.want)
		}
		lines := (&description{Params: p, look: func(string, string) look { return look{} }}).lines(p.first())
		if i := slices.IndexFunc(lines, func(l line) bool { return l.panel.Metric == "sparsity" }); lines[i].layer != "1" || lines[i+1].layer != "2" {
			t.Errorf("%v of %v: sparsity is of layers %s and %s", c.lines, c.metrics, lines[i].layer, lines[i+1].layer)
		}
	}
}
