package figure

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sparsel/analysis/chart"
	"sparsel/artifacts/measures"
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
		if i := slices.IndexFunc(lines, func(l line) bool { return l.panel.Metric == "sparsity" }); lines[i].layer != "1" ||
			lines[i+1].layer != "2" {
			t.Errorf("%v of %v: sparsity is of layers %s and %s", c.lines, c.metrics, lines[i].layer, lines[i+1].layer)
		}
	}
}

// Both numbers of a dot are means over the same runs.
func TestDotsOfTheSameRuns(t *testing.T) {
	p, n := baseline()
	p.Columns, p.Lines, p.X = "optimizer", nil, X{Kind: AgainstMetric, Metric: "selectivity"}
	p.Panels = []Panel{{Metric: "accuracy"}}
	n.change(func(k key) bool { return k.optimizer == "SGD" && k.metric == "selectivity" && k.epoch == 2 }, func(s *measures.Summary) {
		s.N, s.Mean, s.NonFinite = 1, 0.48, "seed 100;seed 1234"
	})
	f := describe(t, p, n)
	s := f.Rows[0].Panels[0].Series[0]
	if fmt.Sprintf("%.4g %.4g", s.X, s.Y) != "[0.25 0.48 0.75] [0.25 0.48 0.75]" || fmt.Sprint(s.N, s.Expected) != "[3 1 3] [3 3 3]" {
		t.Errorf("dots at %v, %v of %v runs; want the second of seed 1 alone, whose numbers are both 0.48", s.X, s.Y, s.N)
	}
	for _, want := range []string{"n = 1 to 3",
		"SGD (seeds 100, 1234 at some epochs): selectivity.", "A dot is the mean over the runs that have both of its numbers."} {
		if !strings.Contains(f.Caption, want) {
			t.Errorf("the caption %q lacks %q", f.Caption, want)
		}
	}
	needed := 0
	p.EachRun(func(_, _, _ string, _ uint32) { needed++ })
	if needed != 6 {
		t.Errorf("the figure asks for %d runs, want all 6", needed)
	}
}
