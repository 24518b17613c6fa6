package figure

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"sparsel/analysis/chart"
	"sparsel/artifacts/measures"
)

// baseline is the figure of a baseline: three epochs of two optimizers.
func baseline() (Params, numbers) {
	p := Params{
		ID: "5.1", Title: "Optimizers", Columns: "metric", Lines: []string{"optimizer"}, X: X{Kind: "epoch"}, Error: "se_population",
		Sources: []Source{{
			Experiment: "e", Optimizers: []Optimizer{{Name: "SGD"}, {Name: "Adam"}}, Entries: []Entry{{Label: "c", Conditions: []Condition{{Name: "c"}}}}, Layers: 1,
		}},
		Panels: []Panel{{Metric: "accuracy"}, {Metric: "sparsity", Min: 0, Max: 0.8}},
		Style:  chart.DefaultStyle(),
	}
	return p, study("e", []string{"c"}, "SGD", "Adam")
}

// study gives each number of an experiment of three epochs: the epoch over 4, and more for later conditions.
func study(experiment string, conditions []string, optimizers ...string) numbers {
	n := numbers{}
	for i, condition := range conditions {
		for _, metric := range []string{"accuracy", "sparsity", "selectivity"} {
			for _, optimizer := range optimizers {
				for _, layer := range []string{"all", "1", "2"} {
					for epoch := 1; epoch <= 3; epoch++ {
						n.add(experiment, []measures.Summary{{
							Condition: condition, Optimizer: optimizer, Layer: layer, Metric: metric, Epoch: epoch, N: 3, Expected: 3,
							Mean: float64(epoch)/4 + float64(i)/100, SE: 0.02, SEPopulation: 0.01, CILow: float64(epoch)/4 - 0.1, CIHigh: float64(epoch)/4 + 0.1,
						}})
					}
				}
			}
		}
	}
	return n
}

// change edits the summaries that match.
func (n numbers) change(match func(key) bool, edit func(*measures.Summary)) {
	for k, s := range n {
		if match(k) {
			edit(&s)
			n[k] = s
		}
	}
}

func describe(t *testing.T, p Params, n numbers) chart.Figure {
	t.Helper()
	f, err := p.describe(n)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chart.Render(f, p.Style, "svg"); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestEpochs(t *testing.T) {
	p, n := baseline()
	f := describe(t, p, n)
	panels := f.Rows[0].Panels
	if len(panels) != 2 || len(panels[0].Series) != 2 || panels[1].Y.Max != 0.8 || panels[1].Y.Label != "sparsity (Hoyer)" {
		t.Fatalf("got %+v", panels)
	}
	s := panels[0].Series[1]
	if fmt.Sprint(s.X, s.Y, s.N) != "[1 2 3] [0.25 0.5 0.75] [3 3 3]" || s.Lo[0] != 0.25-0.01 || s.Hi[2] != 0.75+0.01 || s.Label != "Adam" {
		t.Errorf("series %+v", s)
	}
	if f.Note != "mean ± SE (deviation over n), n = 3" {
		t.Errorf("note %q", f.Note)
	}
	p.Error = "se"
	if f = describe(t, p, n); f.Rows[0].Panels[0].Series[0].Hi[0] != 0.25+0.02 || f.Note != "mean ± SE, n = 3" {
		t.Errorf("sample error: %+v, note %q", f.Rows[0].Panels[0].Series[0], f.Note)
	}
	p.Error = "ci"
	if f = describe(t, p, n); math.Abs(f.Rows[0].Panels[0].Series[0].Hi[0]-0.35) > 1e-12 || !strings.HasPrefix(f.Note, "mean, 95 % interval") {
		t.Errorf("interval: %+v, note %q", f.Rows[0].Panels[0].Series[0], f.Note)
	}
	p.Sources[0].Entries[0].Conditions[0].Name = "other"
	p.Epoch = 3
	if _, err := p.describe(n); err == nil || !strings.Contains(err.Error(), "experiment e, condition other, SGD has no accuracy") {
		t.Errorf("a condition that has no numbers: %v", err)
	}
}

// What a figure is not over, it says.
func TestGapsAreNamed(t *testing.T) {
	p, n := baseline()
	n.change(func(k key) bool { return k.optimizer == "SGD" && k.metric == "sparsity" && k.epoch == 2 }, func(s *measures.Summary) {
		s.N, s.Mean, s.SEPopulation, s.Missing, s.NonFinite = 0, math.NaN(), math.NaN(), "seed 1234", "seed 1;seed 100"
	})
	f := describe(t, p, n)
	for _, want := range []string{"n = 0 to 3", "missing: SGD (seed 1234)", "not finite: SGD (seeds 1, 100): sparsity"} {
		if !strings.Contains(f.Note, want) {
			t.Errorf("the note %q lacks %q", f.Note, want)
		}
	}
	for _, want := range []string{"because they failed: SGD (seed 1234).", "is a gap: SGD (seeds 1, 100): sparsity."} {
		if !strings.Contains(f.Caption, want) {
			t.Errorf("the caption %q lacks %q", f.Caption, want)
		}
	}
	if y := f.Rows[0].Panels[1].Series[0].Y; !math.IsNaN(y[1]) || y[2] != 0.75 {
		t.Errorf("the gap is drawn as %v", y)
	}
}

// A single run has no spread, and no band pretends that it has one.
func TestOneRun(t *testing.T) {
	p, n := baseline()
	n.change(func(key) bool { return true }, func(s *measures.Summary) { s.N, s.Expected, s.SEPopulation = 1, 1, 0 })
	f := describe(t, p, n)
	if lo := f.Rows[0].Panels[0].Series[0].Lo[0]; !math.IsNaN(lo) || f.Note != "mean, n = 1" {
		t.Errorf("band from %v, note %q", lo, f.Note)
	}
}

func TestEpochTicks(t *testing.T) {
	for last, want := range map[int]string{
		1: "[1]", 5: "[1 2 3 4 5]", 30: "[1 5 10 15 20 25 30]", 50: "[1 10 20 30 40 50]", 100: "[1 20 40 60 80 100]",
	} {
		axis := epochAxis(last)
		if got := fmt.Sprint(axis.Ticks); got != want {
			t.Errorf("%d epochs have ticks %s, want %s", last, got, want)
		}
	}
}
