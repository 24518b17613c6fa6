package figure

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"sparsel/analysis/chart"
	"sparsel/artifacts/measures"
)

// baseline returns the figure of a baseline with three epochs of two
// optimizers.
func baseline() (Params, numbers) {
	p := Params{
		ID: "5.1", Title: "Optimizers", Columns: "metric", Lines: []string{"optimizer"}, X: X{Kind: Epochs}, Error: "se_population", Epoch: 3,
		Sources: []Source{{
			Experiment: "e", Optimizers: []Optimizer{{Name: "SGD"}, {Name: "Adam"}},
			Entries: []Entry{{Label: "c", Conditions: []Condition{condition("c", 0)}}}, Layers: 1,
		}},
		Panels: []Panel{{Metric: "accuracy"}, {Metric: "sparsity", Min: 0, Max: 0.8}},
		Style:  chart.DefaultStyle(),
	}
	return p, study("e", []string{"c"}, "SGD", "Adam")
}

// threeSeeds are the seeds of each condition and optimizer.
var threeSeeds = []uint32{1, 100, 1234}

// condition returns a condition with the same value and three epochs for both
// optimizers.
func condition(name string, value float64) Condition {
	c := Condition{Name: name}
	for _, optimizer := range []string{"SGD", "Adam"} {
		c.Runs = append(c.Runs, Runs{Optimizer: optimizer, Seeds: threeSeeds, Value: value, Label: fmt.Sprint(value), Epochs: 3, Split: "test"})
	}
	return c
}

// study makes the numbers of an experiment with three epochs. Each number is a
// quarter of the epoch, and more for later conditions.
func study(experiment string, conditions []string, optimizers ...string) numbers {
	n := newNumbers(nil)
	for i, condition := range conditions {
		for _, metric := range []string{"accuracy", "sparsity", "selectivity"} {
			for _, optimizer := range optimizers {
				for _, layer := range []string{"all", "1", "2"} {
					for epoch := 1; epoch <= 3; epoch++ {
						list := Numbers{Summaries: []measures.Summary{{
							Condition: condition, Optimizer: optimizer, Layer: layer, Metric: metric, Epoch: epoch, N: 3, Expected: 3,
							Mean: float64(epoch)/4 + float64(i)/100, SE: 0.02, SEPopulation: 0.01, CILow: float64(epoch)/4 - 0.1, CIHigh: float64(epoch)/4 + 0.1,
						}}}
						for k, seed := range threeSeeds { // the seeds are 0.02 apart
							v := float64(epoch)/4 + float64(i)/100 + float64(k-1)/50
							list.Runs = append(list.Runs,
								Run{condition, optimizer, seed, []measures.Row{{Epoch: epoch, Layer: layer, Accuracy: v, Sparsity: v, Selectivity: v}}})
						}
						n.add(experiment, list)
					}
				}
			}
		}
	}
	return n
}

// change edits the summaries that match.
func (n numbers) change(match func(key) bool, edit func(*measures.Summary)) {
	for k, s := range n.summaries {
		if match(k) {
			edit(&s)
			n.summaries[k] = s
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
	if f.Note != "mean ± SE (deviation over n), n = 3; dots: each seed; 95 % intervals are 5.3 × as wide" {
		t.Errorf("note %q", f.Note)
	}
	p.Error = "se"
	if f = describe(t, p, n); f.Rows[0].Panels[0].Series[0].Hi[0] != 0.25+0.02 ||
		f.Note != "mean ± SE, n = 3; dots: each seed; 95 % intervals are 4.3 × as wide" {
		t.Errorf("sample error: %+v, note %q", f.Rows[0].Panels[0].Series[0], f.Note)
	}
	p.Error = "ci"
	if f = describe(t, p, n); math.Abs(f.Rows[0].Panels[0].Series[0].Hi[0]-0.35) > 1e-12 ||
		f.Note != "mean, 95 % interval, n = 3; dots: each seed" {
		t.Errorf("interval: %+v, note %q", f.Rows[0].Panels[0].Series[0], f.Note)
	}
	p.Sources[0].Entries[0].Conditions[0].Name = "other"
	p.Epoch = 3
	if _, err := p.describe(n); err == nil || !strings.Contains(err.Error(), "experiment e, condition other, SGD has no accuracy") {
		t.Errorf("a condition that has no numbers: %v", err)
	}
}

// The caption names the runs that a figure leaves out.
func TestGapsAreNamed(t *testing.T) {
	p, n := baseline()
	n.change(func(k key) bool { return k.optimizer == "SGD" && k.metric == "sparsity" && k.epoch == 2 }, func(s *measures.Summary) {
		s.N, s.Mean, s.SEPopulation, s.Missing, s.NonFinite = 0, math.NaN(), math.NaN(), "seed 1234", "seed 1;seed 100"
	})
	f := describe(t, p, n)
	want := "n = 0 to 3; dots: each seed; 95 % intervals are 5.3 × as wide; fewer runs in places, see the caption"
	if !strings.HasSuffix(f.Note, want) {
		t.Errorf("the note %q lacks %q", f.Note, want)
	}
	for _, want := range []string{"because they failed: SGD (seed 1234).", "is a gap: SGD (seeds 1, 100 at some epochs): sparsity."} {
		if !strings.Contains(f.Caption, want) {
			t.Errorf("the caption %q lacks %q", f.Caption, want)
		}
	}
	if y := f.Rows[0].Panels[1].Series[0].Y; !math.IsNaN(y[1]) || y[2] != 0.75 {
		t.Errorf("the gap is drawn as %v", y)
	}
}

// A single run has no spread, and therefore no band.
func TestOneRun(t *testing.T) {
	p, n := baseline()
	n.change(func(key) bool { return true }, func(s *measures.Summary) { s.N, s.Expected, s.SEPopulation = 1, 1, 0 })
	f := describe(t, p, n)
	if lo := f.Rows[0].Panels[0].Series[0].Lo[0]; !math.IsNaN(lo) || f.Note != "mean, n = 1" ||
		!strings.Contains(f.Caption, "One run each, so there are no bands.") {
		t.Errorf("band from %v, note %q, caption %q", lo, f.Note, f.Caption)
	}
	// If one of the runs has no value, there are still no bands, and the note
	// does not say one run each.
	n.change(func(k key) bool { return k.epoch == 2 }, func(s *measures.Summary) { s.N, s.Mean, s.NonFinite = 0, math.NaN(), "seed 1" })
	if f := describe(t, p, n); f.Note != "mean, n = 0 to 1; fewer runs in places, see the caption" ||
		strings.Contains(f.Caption, "bands") ||
		strings.Contains(f.Caption, "One run each") {
		t.Errorf("note %q, caption %q", f.Note, f.Caption)
	}
	// With one to three runs, the factor is that of three runs, because one run
	// has no interval.
	n.change(func(k key) bool { return k.epoch == 3 }, func(s *measures.Summary) { s.N, s.Expected, s.SEPopulation = 3, 3, 0.01 })
	n.change(func(k key) bool { return k.epoch == 2 }, func(s *measures.Summary) { s.N, s.Mean, s.NonFinite = 1, 0.5, "" })
	if f := describe(t, p, n); !strings.Contains(f.Note, "n = 1 to 3; dots: each seed; 95 % intervals are 5.3 × as wide") {
		t.Errorf("note %q", f.Note)
	}
	// With two runs somewhere, that is theirs: 12.706·√2.
	n.change(func(k key) bool { return k.epoch == 1 }, func(s *measures.Summary) { s.N, s.Expected, s.SEPopulation = 2, 3, 0.01 })
	if f := describe(t, p, n); !strings.Contains(f.Note, "n = 1 to 3; dots: each seed; 95 % intervals are 5.3 to 18.0 × as wide") {
		t.Errorf("note %q", f.Note)
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
	for last, want := range map[int]string{1: "0.5 1.5", 5: "0.8 5.2", 10: "0.55 10.45", 11: "0 11.33", 100: "0 103"} {
		axis := epochAxis(last)
		if got := fmt.Sprintf("%.4g %.4g", axis.Min, axis.Max); got != want {
			t.Errorf("the axis of %d epochs has limits %s, want %s", last, got, want)
		}
	}
}

// conditions returns a figure of three conditions of an experiment, with the
// values 1, 10 and 100.
func conditions(x X, lines ...string) (Params, numbers) {
	p, _ := baseline()
	p.X, p.Lines = x, lines
	names := []string{"v=1", "v=10", "v=100"}
	p.Sources[0].Entries = nil
	whole := Entry{Label: "all"}
	for i, name := range names {
		c := condition(name, []float64{1, 10, 100}[i])
		whole.Conditions = append(whole.Conditions, c)
		p.Sources[0].Entries = append(p.Sources[0].Entries, Entry{Label: "named " + name, Conditions: []Condition{c}})
	}
	if x.Kind == Values {
		p.Sources[0].Entries = []Entry{whole}
	}
	p.Sources[0].Parameter = "some value"
	p.Sources[0].Layers = 2
	return p, study("e", names, "SGD", "Adam")
}

func TestConditionsAlongX(t *testing.T) {
	p, n := conditions(X{Kind: Conditions}, "optimizer")
	p.Reference = &Reference{Experiment: "e", Condition: condition("v=100", 100), Label: "last"}
	f := describe(t, p, n)
	panel := f.Rows[0].Panels[0]
	if got := fmt.Sprint(panel.X.Categories, panel.Series[0].X,
		panel.Series[0].Y); got != "[named v=1 named v=10 named v=100] [0 1 2] [0.75 0.76 0.77]" {
		t.Errorf("got %s", got)
	}
	if len(panel.Rules) != 2 || panel.Rules[0].Kind != chart.Horizontal || panel.Rules[0].At != 0.77 || panel.Rules[0].N != 3 ||
		panel.Rules[1].Role != "Adam" {
		t.Errorf("reference lines %+v", panel.Rules)
	}
	for _, want := range []string{"for each condition", "after epoch 3", "named v=1; named v=10; named v=100",
		"Horizontal lines are last (experiment e, condition v=100)"} {
		if !strings.Contains(f.Caption, want) {
			t.Errorf("the caption %q lacks %q", f.Caption, want)
		}
	}
}

func TestValuesAlongX(t *testing.T) {
	p, n := conditions(X{Kind: Values, Scale: "log"}, "metric")
	p.Columns, p.Vertical = "optimizer", "best accuracy"
	// The highest accuracy is not finite in all runs, so it cannot be the best
	// value.
	n.change(func(k key) bool { return k.optimizer == "Adam" && k.metric == "accuracy" && k.condition == "v=100" }, func(s *measures.Summary) {
		s.N, s.Mean, s.NonFinite = 0, math.NaN(), "seed 1;seed 100;seed 1234"
	})
	f := describe(t, p, n)
	sgd, adam := f.Rows[0].Panels[0], f.Rows[0].Panels[1]
	if sgd.Title != "SGD" || sgd.X.Label != "some value" || sgd.X.Scale != chart.Log || fmt.Sprint(sgd.Series[1].X) != "[1 10 100]" ||
		sgd.Series[1].Label != "sparsity" {
		t.Errorf("panel %+v", sgd)
	}
	if len(sgd.Rules) != 1 || sgd.Rules[0].At != 100 || adam.Rules[0].At != 10 {
		t.Errorf("best at %+v and %+v, want 100 and 10", sgd.Rules, adam.Rules)
	}
	if !strings.Contains(f.Caption, "is a gap: Adam, some value 100 (seeds 1, 100, 1234): accuracy") {
		t.Errorf("caption %q", f.Caption)
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
	p, n := conditions(X{Kind: AgainstMetric, Metric: "accuracy"}, "condition")
	p.Columns, p.Rows, p.X.Limits = "optimizer", "metric", []Limits{{Optimizer: "Adam", Min: 0.1, Max: 0.9}}
	p.Panels = []Panel{{Metric: "sparsity"}, {Metric: "selectivity"}}
	n.change(func(k key) bool { return k.metric == "accuracy" && k.condition == "v=10" && k.epoch == 2 }, func(s *measures.Summary) {
		s.N, s.Mean, s.NonFinite = 0, math.NaN(), "seed 1;seed 100;seed 1234"
	})
	f := describe(t, p, n)
	if len(f.Rows) != 2 || !f.Rows[0].ShareX || f.Rows[1].ShareX || f.Rows[0].Panels[1].X.Max != 0.9 || f.Rows[0].Panels[0].X.Max != 0 {
		t.Fatalf("rows %+v", f.Rows)
	}
	s := f.Rows[1].Panels[0].Series[1]
	if fmt.Sprint(s.X, s.Y, s.Names) != "[0.26 0.76] [0.26 0.76] [epoch 1 epoch 3]" || s.Marks != chart.Points || len(s.Lo) != 0 {
		t.Errorf("dots %+v", s)
	}

	hundred := condition("v=100", 100)
	p, n = conditions(X{Kind: AgainstCondition, Condition: &hundred, Name: "hundred"}, "optimizer")
	p.Sources[0].Entries = p.Sources[0].Entries[:1]
	if list := p.conditions("e"); len(list) != 2 || list[1].Name != "v=100" {
		t.Errorf("numbers of %+v", list)
	}
	panel := describe(t, p, n).Rows[0].Panels[0]
	if s := panel.Series[0]; fmt.Sprint(s.X, s.Y) != "[0.27 0.52 0.77] [0.25 0.5 0.75]" || !panel.Equal {
		t.Errorf("one condition against another: %+v", panel)
	}
	if panel.X.Label != "test accuracy, hundred" || panel.Y.Label != "test accuracy, named v=1" || panel.Rules[0].Kind != chart.Diagonal {
		t.Errorf("labels %q and %q, rules %+v", panel.X.Label, panel.Y.Label, panel.Rules)
	}
}

func TestLayers(t *testing.T) {
	p, n := baseline()
	p.Sources[0].Layers, p.Lines, p.Columns, p.Rows = 2, []string{"layer"}, "optimizer", "metric"
	f := describe(t, p, n)
	if s := f.Rows[0].Panels[0].Series; len(s) != 1 || s[0].Label != "whole network" || s[0].Role != "accuracy" {
		t.Errorf("accuracy has the lines %+v", s)
	}
	if s := f.Rows[1].Panels[0].Series; len(s) != 2 || s[1].Label != "layer 2" {
		t.Errorf("sparsity has the lines %+v", s)
	}
	p.Lines, p.Columns = []string{"optimizer", "layer"}, "metric"
	p.Rows = ""
	if f := describe(t, p, n); f.Rows[0].Panels[0].Series[0].Dash != "dotted" || f.Rows[0].Panels[1].Series[0].Dash != "solid" ||
		f.Rows[0].Panels[1].Series[2].Dash != "dashed" {
		t.Errorf("dashes of accuracy %+v and of layers %+v", f.Rows[0].Panels[0].Series, f.Rows[0].Panels[1].Series)
	}
	p.Lines, p.Columns, p.Rows, p.X = []string{"optimizer"}, "metric", "", X{Kind: Layers}
	if s := describe(t, p, n).Rows[0].Panels[1]; fmt.Sprint(s.X.Categories, s.Series[0].X) != "[1 2] [0 1]" {
		t.Errorf("layers along x: %+v", s)
	}
}

// Lines that differ in two dimensions are distinguished by colour and by dash.
func TestTwoWaysOfLines(t *testing.T) {
	p, n := conditions(X{Kind: Epochs}, "optimizer", "condition")
	s := describe(t, p, n).Rows[0].Panels[0].Series
	if len(s) != 6 || s[0].Label != "SGD, named v=1" || s[1].Label != "Adam, named v=1" || s[2].Label != "SGD, named v=10" {
		t.Fatalf("lines %+v", s)
	}
	if s[0].Hollow || !s[2].Hollow || s[4].Hollow {
		t.Errorf("outlines %+v", s)
	}
	n.change(func(k key) bool { return k.optimizer == "SGD" }, func(s *measures.Summary) { s.N, s.Missing = 2, "seed 1" })
	if note := describe(t, p, n).Note; !strings.HasSuffix(note, "; fewer runs in places, see the caption") { // markers are open there anyway
		t.Errorf("note %q", note)
	}
	if s[0].Role != s[2].Role || s[0].Dash == s[2].Dash || s[0].Role == s[1].Role || s[0].Dash != s[1].Dash {
		t.Errorf("looks %+v", s)
	}
}

// A product is computed run by run. Its mean is not the product of the means,
// and its band reflects how the factors vary together.
func TestProduct(t *testing.T) {
	p, n := baseline()
	p.Panels = []Panel{{Metric: "accuracy * sparsity"}}
	set := func(seed uint32, accuracy, sparsity float64) {
		n.rows[row{"e", "c", "SGD", "all", after(1), seed}] = measures.Row{Accuracy: accuracy, Sparsity: sparsity}
	}
	set(1, 0.2, 0.9)
	set(100, 0.9, 0.2)
	delete(n.rows, row{"e", "c", "SGD", "all", after(1), 1234})
	set(1234, 0.5, math.NaN())
	f := describe(t, p, n)
	s := f.Rows[0].Panels[0].Series[0]
	// Both products are 0.18. The means are 0.55, and their product is 0.3025.
	if math.Abs(s.Y[0]-0.18) > 1e-15 || s.Hi[0]-s.Y[0] > 1e-15 || s.N[0] != 2 || s.Expected[0] != 3 ||
		!strings.Contains(f.Caption, "SGD (seed 1234 at some epochs): accuracy * sparsity") {
		t.Errorf("product %v to %v over %d of %d, want 0.18 exactly over 2 of 3; caption %q", s.Y[0], s.Hi[0], s.N[0], s.Expected[0], f.Caption)
	}
	// The products are 0.04, 0.09 and 0.16. Their mean is 0.29/3, and the sum
	// of squared deviations is 0.0073 - 3 (0.29/3)².
	set(1, 0.2, 0.2)
	set(100, 0.3, 0.3)
	set(1234, 0.4, 0.4)
	s = describe(t, p, n).Rows[0].Panels[0].Series[0]
	squares := 0.04*0.04 + 0.09*0.09 + 0.16*0.16 - 3*math.Pow(0.29/3, 2)
	if half := math.Sqrt(squares/3) / math.Sqrt(3); math.Abs(s.Y[0]-0.29/3) > 1e-15 || math.Abs(s.Hi[0]-s.Y[0]-half) > 1e-14 ||
		math.Abs(s.Y[0]-s.Lo[0]-half) > 1e-14 {
		t.Errorf("product %v from %v to %v, want %v ± %v", s.Y[0], s.Lo[0], s.Hi[0], 0.29/3, half)
	}
	if f.Rows[0].Panels[0].Y.Label != "accuracy × sparsity" || !strings.Contains(f.Caption, "products are taken run by run") {
		t.Errorf("label %q, caption %q", f.Rows[0].Panels[0].Y.Label, f.Caption)
	}
	delete(n.rows, row{"e", "c", "SGD", "all", after(1), 100})
	if f := describe(t, p, n); !strings.Contains(f.Caption, "because they failed: SGD (seed 100)") {
		t.Errorf("a product of a run that failed: caption %q", f.Caption)
	}
}

// Runs of unequal length are read at the last epoch that all of them have, and
// the caption names the longer ones.
func TestLongerRuns(t *testing.T) {
	p, n := conditions(X{Kind: Conditions}, "optimizer")
	p.Epoch = 2
	f := describe(t, p, n)
	if y := f.Rows[0].Panels[0].Series[0].Y; fmt.Sprint(y) != "[0.5 0.51 0.52]" || !strings.Contains(f.Caption, "after epoch 2") {
		t.Errorf("read %v, caption %q", y, f.Caption)
	}
	for i := range p.Sources[0].Entries {
		for k := range p.Sources[0].Entries[i].Conditions[0].Runs {
			if i > 0 || k == 0 {
				p.Sources[0].Entries[i].Conditions[0].Runs[k].Epochs = 2
			}
		}
	}
	f = describe(t, p, n)
	if want := "Longer runs, of which the rest is not shown: named v=1 with Adam (3 epochs)."; !strings.Contains(f.Caption, want) {
		t.Errorf("the caption %q lacks %q", f.Caption, want)
	}
}

// If all runs fail, the figure has empty panels and is still drawn.
func TestDeadData(t *testing.T) {
	for _, x := range []X{{Kind: Epochs}, {Kind: Conditions}, {Kind: Values, Scale: "log"}, {Kind: Values, Scale: "equal"},
		{Kind: AgainstMetric, Metric: "sparsity"}, {Kind: Layers}} {
		p, n := conditions(x, "optimizer")
		p.Mark = "All runs failed"
		if x.Kind != Conditions && x.Kind != Values {
			p.Lines = []string{"optimizer", "condition"}
		}
		if x.Kind == Values {
			p.Vertical, p.Reference = "best accuracy", &Reference{Experiment: "e", Condition: condition("v=1", 1), Label: "reference"}
		}
		n.change(func(key) bool { return true }, func(s *measures.Summary) {
			*s = measures.Summary{Expected: 3, Mean: math.NaN(), SE: math.NaN(), SEPopulation: math.NaN(), CILow: math.NaN(),
				CIHigh: math.NaN(), Missing: "seed 1;seed 100;seed 1234"}
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
		if !strings.Contains(f.Caption, "All runs failed.") || !strings.Contains(f.Caption, "Missing, because they failed: ") ||
			!strings.Contains(f.Note, "n = 0") {
			t.Errorf("%s: note %q, caption %q", x.Kind, f.Note, f.Caption)
		}
	}
}
