package figure

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// A line of a metric that the study shows has its short name, and one of
// another metric has its words. Bits are named where shares have no unit.
func TestLinesOfMetrics(t *testing.T) {
	p, n := baseline()
	p.Columns, p.Lines, p.Sources[0].Optimizers = "optimizer", []string{"metric"}, p.Sources[0].Optimizers[:1]
	p.Panels = []Panel{{Metric: "sparsity"}, {Metric: "treves_rolls"}, {Metric: "selectivity_above_chance"}}
	labels := func() (list []string, y string) {
		panel := describe(t, p, n).Rows[0].Panels[0]
		for _, s := range panel.Series {
			list = append(list, s.Label)
		}
		return list, panel.Y.Label
	}
	got, y := labels()
	if want := []string{"sparsity", "sparsity (Treves–Rolls)", "CCMAS less its chance level"}; !slices.Equal(got, want) || y != "value" {
		t.Errorf("lines %q along %q, want %q", got, y, want)
	}
	p.Panels = append(p.Panels, Panel{Metric: "information"})
	if got, y := labels(); !strings.Contains(y, "information in bits") || !slices.Contains(got, "class information, bits") {
		t.Errorf("lines %q along %q: nothing says that information is in bits", got, y)
	}
}

// Panels of one experiment below one another are named by what differs, which
// is the metric.
func TestTitlesOfOneExperiment(t *testing.T) {
	p, n := baseline()
	p.Rows, p.Columns = "metric", "experiment"
	f := describe(t, p, n)
	if a, b := f.Rows[0].Panels[0].Title, f.Rows[1].Panels[0].Title; a != "test accuracy" || b != "sparsity (Hoyer)" {
		t.Errorf("the panels are called %q and %q", a, b)
	}
}

// The axis of a number that is 0 everywhere shows no number that the metric
// cannot have.
func TestBounds(t *testing.T) {
	for _, c := range []struct {
		panel       Panel
		least, most float64
	}{
		{Panel{Metric: "diverged"}, 0, 1}, {Panel{Metric: "forgetting"}, -1, 1}, {Panel{Metric: "test_loss"}, 0, math.Inf(1)},
		{Panel{Metric: "accuracy * sparsity"}, 0, 1}, {Panel{Metric: "accuracy * test_loss"}, 0, math.Inf(1)},
		{Panel{Metric: "accuracy * forgetting"}, 0, 0}, {Panel{Metric: "accuracy", Difference: true}, 0, 0},
	} {
		if least, most := c.panel.bounds(); least != c.least || most != c.most {
			t.Errorf("%+v: from %v to %v, want %v and %v", c.panel, least, most, c.least, c.most)
		}
	}
	p, n := baseline()
	p.X, p.Panels = X{Kind: AgainstMetric, Metric: "diverged"}, []Panel{{Metric: "accuracy"}}
	if panel := describe(t, p, n).Rows[0].Panels[0]; panel.X.Most != 1 || panel.Y.Most != 1 {
		t.Errorf("axes %+v and %+v", panel.X, panel.Y)
	}
	p.X, p.Panels, p.Lines, p.Columns = X{Kind: Epochs}, []Panel{{Metric: "accuracy"}, {Metric: "information"}}, []string{"metric"}, "optimizer"
	if y := describe(t, p, n).Rows[0].Panels[0].Y; y.Most != 0 {
		t.Errorf("the axis of several metrics %+v", y)
	}
}

// The 95 % interval of a mean of shares stays within [0, 1], whether the share
// is a product or no summary has it. A difference is no share.
func TestIntervalsOfShares(t *testing.T) {
	p, n := baseline()
	p.Error = "ci"
	p.Panels = []Panel{{Metric: "gini"}, {Metric: "accuracy * sparsity"}, {Metric: "sparsity_gain"}}
	for k, r := range n.rows {
		v := map[uint32]float64{1: 0.02, 100: 0.9, 1234: 0.97}[k.seed]
		r.Gini, r.Accuracy, r.Sparsity, r.SparsityGain = v, v, 1, v
		n.rows[k] = r
	}
	for i, panel := range describe(t, p, n).Rows[0].Panels {
		s := panel.Series[0]
		if inside := s.Lo[0] >= 0 && s.Hi[0] <= 1; inside != (i < 2) || !(s.Lo[0] < s.Y[0] && s.Y[0] < s.Hi[0]) {
			t.Errorf("%s: %v in [%v, %v]", p.Panels[i].Metric, s.Y[0], s.Lo[0], s.Hi[0])
		}
		if math.Abs(s.Y[0]-0.63) > 1e-12 {
			t.Errorf("%s: the mean is %v", p.Panels[i].Metric, s.Y[0])
		}
	}
	p.Error = "se"
	if s := describe(t, p, n).Rows[0].Panels[0].Series[0]; math.Abs(s.Hi[0]+s.Lo[0]-2*0.63) > 1e-12 {
		t.Errorf("standard errors are not symmetric: %v, %v", s.Lo[0], s.Hi[0])
	}
}
