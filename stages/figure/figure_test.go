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

// conditions is a figure of three conditions of an experiment, with values 1, 10 and 100.
func conditions(x X, lines ...string) (Params, numbers) {
	p, _ := baseline()
	p.X, p.Lines = x, lines
	names := []string{"v=1", "v=10", "v=100"}
	p.Sources[0].Entries = nil
	whole := Entry{Label: "all"}
	for i, name := range names {
		c := Condition{Name: name, Value: []float64{1, 10, 100}[i]}
		whole.Conditions = append(whole.Conditions, c)
		p.Sources[0].Entries = append(p.Sources[0].Entries, Entry{Label: "named " + name, Conditions: []Condition{c}})
	}
	if x.Kind == "value" {
		p.Sources[0].Entries = []Entry{whole}
	}
	p.Sources[0].Parameter = "some value"
	p.Sources[0].Layers = 2
	return p, study("e", names, "SGD", "Adam")
}

func TestConditionsAlongX(t *testing.T) {
	p, n := conditions(X{Kind: "condition"}, "optimizer")
	p.Reference = &Reference{Experiment: "e", Condition: "v=100", Label: "last"}
	f := describe(t, p, n)
	panel := f.Rows[0].Panels[0]
	if got := fmt.Sprint(panel.X.Categories, panel.Series[0].X, panel.Series[0].Y); got != "[named v=1 named v=10 named v=100] [0 1 2] [0.75 0.76 0.77]" {
		t.Errorf("got %s", got)
	}
	if len(panel.Rules) != 2 || panel.Rules[0].Kind != chart.Horizontal || panel.Rules[0].At != 0.77 || panel.Rules[0].N != 3 || panel.Rules[1].Role != "Adam" {
		t.Errorf("reference lines %+v", panel.Rules)
	}
	for _, want := range []string{"for each condition", "after epoch 3", "named v=1; named v=10; named v=100", "Horizontal lines are last (experiment e, condition v=100)"} {
		if !strings.Contains(f.Caption, want) {
			t.Errorf("the caption %q lacks %q", f.Caption, want)
		}
	}
}

func TestValuesAlongX(t *testing.T) {
	p, n := conditions(X{Kind: "value", Scale: "log"}, "metric")
	p.Columns, p.Vertical = "optimizer", "best accuracy"
	// The highest accuracy is not finite in all runs, and so no value that could be the best.
	n.change(func(k key) bool { return k.optimizer == "Adam" && k.metric == "accuracy" && k.condition == "v=100" }, func(s *measures.Summary) {
		s.N, s.Mean, s.NonFinite = 0, math.NaN(), "seed 1;seed 100;seed 1234"
	})
	f := describe(t, p, n)
	sgd, adam := f.Rows[0].Panels[0], f.Rows[0].Panels[1]
	if sgd.Title != "SGD" || sgd.X.Label != "some value" || sgd.X.Scale != chart.Log || fmt.Sprint(sgd.Series[1].X) != "[1 10 100]" || sgd.Series[1].Label != "sparsity" {
		t.Errorf("panel %+v", sgd)
	}
	if len(sgd.Rules) != 1 || sgd.Rules[0].At != 100 || adam.Rules[0].At != 10 {
		t.Errorf("best at %+v and %+v, want 100 and 10", sgd.Rules, adam.Rules)
	}
	if !strings.Contains(f.Note, "not finite: Adam, some value 100 (seeds 1, 100, 1234): accuracy") {
		t.Errorf("note %q", f.Note)
	}

	p.Vertical = "baseline"
	p.Sources[0].Optimizers = []Optimizer{{Name: "SGD", Baseline: 10, HasBaseline: true}, {Name: "Adam", Baseline: 0, HasBaseline: true}}
	f = describe(t, p, n)
	if r := f.Rows[0].Panels[0].Rules; len(r) != 1 || r[0].At != 10 {
		t.Errorf("baseline of SGD at %+v, want 10", r)
	}
	if r := f.Rows[0].Panels[1].Rules; len(r) != 0 {
		t.Errorf("a baseline of 0 has a line on a log axis: %+v", r)
	}

	p.X.Scale = "equal"
	f = describe(t, p, n)
	panel := f.Rows[0].Panels[0]
	if fmt.Sprint(panel.X.Categories, panel.Series[0].X) != "[1 10 100] [0 1 2]" || panel.Rules[0].At != 1 {
		t.Errorf("equal distances: %+v", panel)
	}
}

func TestScatter(t *testing.T) {
	p, n := conditions(X{Kind: "metric accuracy"}, "condition")
	p.Columns, p.Rows, p.X.Limits = "optimizer", "metric", []Limits{{Optimizer: "Adam", Min: 0.1, Max: 0.9}}
	p.Panels = []Panel{{Metric: "sparsity"}, {Metric: "selectivity"}}
	n.change(func(k key) bool { return k.metric == "accuracy" && k.condition == "v=10" && k.epoch == 2 }, func(s *measures.Summary) {
		s.N, s.Mean, s.NonFinite = 0, math.NaN(), "seed 1"
	})
	f := describe(t, p, n)
	if len(f.Rows) != 2 || !f.Rows[0].ShareX || f.Rows[1].ShareX || f.Rows[0].Panels[1].X.Max != 0.9 || f.Rows[0].Panels[0].X.Max != 0 {
		t.Fatalf("rows %+v", f.Rows)
	}
	s := f.Rows[1].Panels[0].Series[1]
	if fmt.Sprint(s.X, s.Y, s.Names) != "[0.26 0.76] [0.26 0.76] [epoch 1 epoch 3]" || s.Marks != chart.Points || len(s.Lo) != 0 {
		t.Errorf("dots %+v", s)
	}

	p, n = conditions(X{Kind: "condition v=100", Names: []string{"hundred", "one"}}, "optimizer")
	p.Sources[0].Entries = p.Sources[0].Entries[:1]
	panel := describe(t, p, n).Rows[0].Panels[0]
	if s := panel.Series[0]; fmt.Sprint(s.X, s.Y) != "[0.27 0.52 0.77] [0.25 0.5 0.75]" || panel.X.Min != panel.Y.Min || panel.X.Max != panel.Y.Max {
		t.Errorf("one condition against another: %+v", panel)
	}
	if panel.X.Label != "test accuracy, hundred" || panel.Y.Label != "test accuracy, one" || panel.Rules[0].Kind != chart.Diagonal {
		t.Errorf("labels %q and %q, rules %+v", panel.X.Label, panel.Y.Label, panel.Rules)
	}
}

func TestLayers(t *testing.T) {
	p, n := baseline()
	p.Sources[0].Layers, p.Lines, p.Columns, p.Rows = 2, []string{"layer"}, "optimizer", "metric"
	f := describe(t, p, n)
	if s := f.Rows[0].Panels[0].Series; len(s) != 1 || s[0].Label != "whole network" {
		t.Errorf("accuracy has the lines %+v", s)
	}
	if s := f.Rows[1].Panels[0].Series; len(s) != 2 || s[1].Label != "layer 2" {
		t.Errorf("sparsity has the lines %+v", s)
	}
	p.Lines, p.Columns, p.Rows, p.X = []string{"optimizer"}, "metric", "", X{Kind: "layer"}
	if s := describe(t, p, n).Rows[0].Panels[1]; fmt.Sprint(s.X.Categories, s.Series[0].X) != "[1 2] [0 1]" {
		t.Errorf("layers along x: %+v", s)
	}
}

// Lines that differ in two ways do so by colour and by dash.
func TestTwoWaysOfLines(t *testing.T) {
	p, n := conditions(X{Kind: "epoch"}, "optimizer", "condition")
	s := describe(t, p, n).Rows[0].Panels[0].Series
	if len(s) != 6 || s[0].Label != "SGD, named v=1" || s[1].Label != "Adam, named v=1" || s[2].Label != "SGD, named v=10" {
		t.Fatalf("lines %+v", s)
	}
	if s[0].Role != s[2].Role || s[0].Dash == s[2].Dash || s[0].Hollow == s[2].Hollow || s[0].Role == s[1].Role || s[0].Dash != s[1].Dash {
		t.Errorf("looks %+v", s)
	}
}

// A product's band is as wide as its factors' bands can make it, whichever way they go together.
func TestProduct(t *testing.T) {
	p, n := baseline()
	p.Panels = []Panel{{Metric: "accuracy * sparsity"}}
	n.change(func(k key) bool { return k.metric == "accuracy" }, func(s *measures.Summary) { s.Mean, s.SEPopulation, s.N = 0.9, 0.02, 2 })
	n.change(func(k key) bool { return k.metric == "sparsity" }, func(s *measures.Summary) { s.Mean, s.SEPopulation = 0.4, 0.01 })
	f := describe(t, p, n)
	s := f.Rows[0].Panels[0].Series[0]
	if half := 0.9*0.01 + 0.4*0.02; math.Abs(s.Y[0]-0.36) > 1e-15 || math.Abs(s.Hi[0]-s.Y[0]-half) > 1e-15 || math.Abs(s.Y[0]-s.Lo[0]-half) > 1e-15 || s.N[0] != 2 {
		t.Errorf("product %v from %v to %v over %d, want 0.36 ± %v over 2", s.Y[0], s.Lo[0], s.Hi[0], s.N[0], half)
	}
	if f.Rows[0].Panels[0].Y.Label != "accuracy × sparsity" || !strings.Contains(f.Caption, "|a|·SE(b) + |b|·SE(a)") {
		t.Errorf("label %q, caption %q", f.Rows[0].Panels[0].Y.Label, f.Caption)
	}
}

// Conditions of unequal length are compared where all of them are.
func TestCommonEpoch(t *testing.T) {
	p, n := conditions(X{Kind: "condition"}, "optimizer")
	for k := range n {
		if k.condition == "v=10" && k.epoch == 3 {
			delete(n, k)
		}
	}
	f := describe(t, p, n)
	if y := f.Rows[0].Panels[0].Series[0].Y; fmt.Sprint(y) != "[0.5 0.51 0.52]" || !strings.Contains(f.Caption, "after epoch 2") {
		t.Errorf("read %v, caption %q", y, f.Caption)
	}
	p.Epoch = 1
	if y := describe(t, p, n).Rows[0].Panels[0].Series[0].Y; fmt.Sprint(y) != "[0.25 0.26 0.27]" {
		t.Errorf("read %v at epoch 1", y)
	}
}

// Runs that all fail leave empty panels, not a figure that fails.
func TestDeadData(t *testing.T) {
	for _, x := range []X{{Kind: "epoch"}, {Kind: "condition"}, {Kind: "value", Scale: "log"}, {Kind: "value", Scale: "equal"}, {Kind: "metric sparsity"}, {Kind: "layer"}} {
		p, n := conditions(x, "optimizer")
		p.Mark = "all runs failed"
		if x.Kind != "condition" && x.Kind != "value" {
			p.Lines = []string{"optimizer", "condition"}
		}
		if x.Kind == "value" {
			p.Vertical, p.Reference = "best accuracy", &Reference{Experiment: "e", Condition: "v=1", Label: "reference"}
		}
		n.change(func(key) bool { return true }, func(s *measures.Summary) {
			*s = measures.Summary{Expected: 3, Mean: math.NaN(), SE: math.NaN(), SEPopulation: math.NaN(), CILow: math.NaN(), CIHigh: math.NaN(), Missing: "seed 1;seed 100;seed 1234"}
		})
		f := describe(t, p, n)
		for _, format := range chart.Formats {
			data, err := chart.Render(f, p.Style, format)
			if err != nil {
				t.Errorf("%s: %v", x.Kind, err)
			}
			if format == "svg" && !strings.Contains(string(data), "no finite values") {
				t.Errorf("%s: the panels do not say that they are empty", x.Kind)
			}
		}
		if !strings.Contains(f.Caption, "All runs failed.") || !strings.Contains(f.Note, "missing: ") || !strings.Contains(f.Note, "n = 0") {
			t.Errorf("%s: note %q, caption %q", x.Kind, f.Note, f.Caption)
		}
	}
}
