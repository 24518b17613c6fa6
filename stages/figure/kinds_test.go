package figure

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"sparsel/analysis/chart"
	"sparsel/artifacts/measures"
)

// byOptimizer gives Adam values of its own.
func byOptimizer(p *Params, values ...float64) {
	for i := range p.Sources[0].Entries {
		for k := range p.Sources[0].Entries[i].Conditions {
			r := &p.Sources[0].Entries[i].Conditions[k].Runs[1]
			r.Value, r.Label = values[k], fmt.Sprint(values[k])
		}
	}
}

// Each optimizer's points are at its own values, in ascending order, whatever
// the order in the file.
func TestValuesByOptimizer(t *testing.T) {
	p, n := conditions(X{Kind: Values, Scale: "log"}, "optimizer")
	byOptimizer(&p, 0.3, 0.0001, 10)
	series := describe(t, p, n).Rows[0].Panels[0].Series
	if got := fmt.Sprint(series[0].X, series[0].Y, series[1].X,
		series[1].Y); got != "[1 10 100] [0.75 0.76 0.77] [0.0001 0.3 10] [0.76 0.75 0.77]" {
		t.Errorf("points %s", got)
	}
	p.X.Scale = "equal"
	panel := describe(t, p, n).Rows[0].Panels[0]
	if got := fmt.Sprint(panel.X.Categories, panel.Series[0].X, panel.Series[1].X); got != "[0.0001 0.3 1 10 100] [2 3 4] [0 1 3]" {
		t.Errorf("categories %s", got)
	}
	p.X.Reverse = true
	panel = describe(t, p, n).Rows[0].Panels[0]
	if got := fmt.Sprint(panel.X.Categories, panel.Series[1].X, panel.Series[1].Y); got != "[100 10 1 0.3 0.0001] [1 3 4] [0.77 0.75 0.76]" {
		t.Errorf("categories in descending order %s", got)
	}
	p.X.Scale, p.Columns, p.Rows, p.Lines = "equal", "optimizer", "metric", nil
	f := describe(t, p, n)
	if got := fmt.Sprint(f.Rows[0].Panels[0].X.Categories, f.Rows[0].Panels[1].X.Categories); got != "[100 10 1] [10 0.3 0.0001]" {
		t.Errorf("categories by panel %s", got)
	}
	if !strings.Contains(f.Caption, "The x axes of the panels differ.") {
		t.Errorf("caption %q", f.Caption)
	}
	byOptimizer(&p, 1, 2, 100)
	if f := describe(t, p, n); strings.Contains(f.Caption, "axes") {
		t.Errorf("caption of equal axes %q", f.Caption)
	}
}

// The best value is determined for each optimizer in the panel and each line of
// conditions.
func TestBestByOptimizer(t *testing.T) {
	p, n := conditions(X{Kind: Values, Scale: "log"}, "optimizer")
	p.Vertical = "best accuracy"
	n.change(func(k key) bool { return k.optimizer == "Adam" && k.condition == "v=10" }, func(s *measures.Summary) { s.Mean = 0.99 })
	f := describe(t, p, n)
	var at []float64
	for _, r := range f.Rows[0].Panels[0].Rules {
		at = append(at, r.At)
	}
	if fmt.Sprint(at) != "[100 10]" || f.Rows[0].Panels[0].Rules[0].Label != "highest mean test accuracy" {
		t.Errorf("best at %v", at)
	}
	// Of equal values the lowest is the best, and both optimizers share one
	// line.
	n.change(func(k key) bool { return k.epoch == 3 }, func(s *measures.Summary) { s.Mean = 0.5 })
	if r := describe(t, p, n).Rows[0].Panels[0].Rules; len(r) != 1 || r[0].At != 1 {
		t.Errorf("best of equal ones at %+v", r)
	}
}

// The baseline has a line if it is on the axis. The caption only mentions lines
// that are there.
func TestBaselineOffTheAxis(t *testing.T) {
	p, n := conditions(X{Kind: Values, Scale: "equal"}, "optimizer")
	p.Vertical = "baseline"
	p.Sources[0].Optimizers[0] = Optimizer{Name: "SGD", Baseline: 10, HasBaseline: true}
	p.Sources[0].Optimizers[1] = Optimizer{Name: "Adam", Baseline: 10, HasBaseline: true}
	f := describe(t, p, n)
	if r := f.Rows[0].Panels[0].Rules; len(r) != 1 || r[0].At != 1 ||
		!strings.Contains(f.Caption, "Vertical lines mark the baseline's value.") {
		t.Errorf("lines %+v, caption %q", r, f.Caption)
	}
	for i := range p.Sources[0].Optimizers {
		p.Sources[0].Optimizers[i].Baseline = 20
	}
	f = describe(t, p, n)
	if r := f.Rows[0].Panels[0].Rules; len(r) != 0 || strings.Contains(f.Caption, "ertical") {
		t.Errorf("lines %+v, caption %q", r, f.Caption)
	}
}

// Rows of conditions share their x axis, and their y axis by column.
func TestRowsOfConditions(t *testing.T) {
	p, n := conditions(X{Kind: Epochs}, "optimizer")
	p.Rows = "condition"
	f := describe(t, p, n)
	if len(f.Rows) != 3 || !f.AlignY || f.Rows[1].ShareY || !f.Rows[1].ShareX || f.Rows[2].ShareX {
		t.Fatalf("rows %+v", f.Rows)
	}
	for i, name := range []string{"named v=1", "named v=10", "named v=100"} {
		for _, panel := range f.Rows[i].Panels {
			if panel.Title != name || panel.Series[0].Y[2] != 0.75+float64(i)/100 {
				t.Errorf("row %d: panel %q, %v", i, panel.Title, panel.Series[0].Y)
			}
		}
	}
	if !strings.HasPrefix(f.Caption, "Test accuracy and sparsity (Hoyer) over the epochs, by condition and optimizer.") {
		t.Errorf("caption %q", f.Caption)
	}
	p.Columns, p.Lines = "optimizer", []string{"metric"}
	if title := describe(t, p, n).Rows[1].Panels[1].Title; title != "named v=10 and Adam" {
		t.Errorf("title %q", title)
	}
}

// A difference is computed seed by seed, so that its band leaves out what the
// two runs of a seed have in common.
func TestDifference(t *testing.T) {
	p, n := conditions(X{Kind: Epochs}, "optimizer", "condition")
	p.Sources[0].Entries = p.Sources[0].Entries[:2]
	p.Difference = true
	n.rows[row{"e", "v=10", "Adam", "all", after(2), 100}] = measures.Row{Accuracy: math.NaN()}
	f := describe(t, p, n)
	if len(f.Rows) != 2 || !f.Rows[0].ShareX || len(f.Rows[1].Panels) != 2 {
		t.Fatalf("rows %+v", f.Rows)
	}
	panel := f.Rows[1].Panels[0]
	if panel.Y.Label != "Δ test accuracy" || panel.Rules[0].Kind != chart.Horizontal || panel.Rules[0].At != 0 ||
		len(panel.Series) != 2 || f.Rows[1].Panels[1].Y.Max != 0 {
		t.Errorf("panel %+v", panel)
	}
	s := panel.Series[0]
	for i, v := range s.Y { // the conditions are 0.01 apart in each seed
		if math.Abs(v-0.01) > 1e-15 || math.Abs(s.Hi[i]-s.Lo[i]) > 1e-15 || s.N[i] != 3 {
			t.Errorf("difference %v from %v to %v of %d", v, s.Lo[i], s.Hi[i], s.N[i])
		}
	}
	if s := panel.Series[1]; s.N[1] != 2 || s.Expected[1] != 3 || s.Label != "Adam, difference" || s.Dash != "dotted" || s.Hollow {
		t.Errorf("series %+v", s)
	}
	for _, want := range []string{"Δ in the lower panels is named v=10 minus named v=1, seed by seed.",
		"Not finite (NaN or infinite) and left out; a number with no other run is a gap: Adam, named v=10 (seed 100 at some epochs): accuracy."} {
		if !strings.Contains(f.Caption, want) {
			t.Errorf("the caption %q lacks %q", f.Caption, want)
		}
	}
	delete(n.rows, row{"e", "v=10", "Adam", "all", after(1), 1})
	if f := describe(t, p, n); f.Rows[1].Panels[0].Series[1].N[0] != 2 ||
		!strings.Contains(f.Caption, "because they failed: Adam, named v=10 (seed 1).") {
		t.Errorf("a pair of which one failed: %+v, caption %q", f.Rows[1].Panels[0].Series[1], f.Caption)
	}
	p.Reference = &Reference{Experiment: "e", Condition: condition("v=100", 100), Label: "reference"}
	if f := describe(t, p, n); len(f.Rows[0].Panels[0].Rules) != 2 || len(f.Rows[1].Panels[0].Rules) != 1 {
		t.Errorf("reference lines %+v and %+v", f.Rows[0].Panels[0].Rules, f.Rows[1].Panels[0].Rules)
	}
	p.Lines = []string{"condition", "optimizer"}
	if l := describe(t, p, n).Rows[1].Panels[0].Series[1].Label; l != "Adam, difference" {
		t.Errorf("label %q", l)
	}
}

// Lines that differ only in their condition share one reference, in a neutral
// colour.
func TestOneReference(t *testing.T) {
	p, n := conditions(X{Kind: Epochs}, "condition")
	p.Sources[0].Optimizers = p.Sources[0].Optimizers[:1]
	p.Reference = &Reference{Experiment: "e", Condition: condition("v=10", 10), Label: "middle"}
	if r := describe(t, p, n).Rows[0].Panels[0].Rules; len(r) != 1 || r[0].At != 0.76 || r[0].Role != "" || r[0].Label != "middle" {
		t.Errorf("reference %+v", r)
	}
	p.Lines = []string{"layer", "condition"}
	if r := describe(t, p, n).Rows[0].Panels[1].Rules; len(r) != 2 || r[0].Role == r[1].Role || r[0].Role == "" {
		t.Errorf("reference of each layer %+v", r)
	}
}

// Single runs are drawn if there are few of them, and not if there are many, a
// single one, or the figure leaves them out.
func TestSeeds(t *testing.T) {
	for _, c := range []struct {
		seeds, epochs int
		x             X
		want          string
	}{
		{3, 3, X{Kind: Epochs}, "dots: each seed"}, {3, 10, X{Kind: Epochs}, "dots: each seed"},
		{3, 11, X{Kind: Epochs}, "thin lines: each seed"}, {5, 3, X{Kind: Layers}, "dots: each seed"},
		{6, 3, X{Kind: Epochs}, ""},
		{13, 3, X{Kind: Epochs}, ""}, {1, 3, X{Kind: Epochs}, ""}, {3, 3, X{Kind: AgainstMetric, Metric: "sparsity"}, ""},
	} {
		p, _ := baseline()
		p.Epoch, p.X, p.Sources[0].Layers, p.Panels = c.epochs, c.x, 2, []Panel{{Metric: "selectivity"}}
		for i := range p.Sources[0].Entries[0].Conditions[0].Runs {
			p.Sources[0].Entries[0].Conditions[0].Runs[i].Seeds = []uint32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}[:c.seeds]
		}
		f, err := p.describe(dummies[1])
		if err != nil {
			t.Fatal(err)
		}
		needs := c.want != "" || c.x.against() || c.seeds == 6 // six runs may have two modes
		if p.NeedsRuns() != needs || strings.Contains(f.Note, "each seed") != (c.want != "") || !strings.Contains(f.Note, c.want) {
			t.Errorf("%d seeds: needs runs %v, note %q", c.seeds, p.NeedsRuns(), f.Note)
		}
		if lined := f.Rows[0].Panels[0].Series[0].Marks == chart.LineMarks; c.want != "" && lined != strings.HasPrefix(c.want, "thin") {
			t.Errorf("%d epochs: lines with few markers %v, note %q", c.epochs, lined, f.Note)
		}
		if got := len(f.Rows[0].Panels[0].Series[0].Runs); c.want != "" && got != c.seeds || c.want == "" && got != 0 {
			t.Errorf("%d seeds: %d runs are drawn", c.seeds, got)
		}
		count := 0
		p.EachRun(func(experiment, condition, optimizer string, seed uint32) { count++ })
		if want := 2 * c.seeds; needs && count != want || !needs && count != 0 {
			t.Errorf("%d seeds: %d runs are asked for", c.seeds, count)
		}
	}
	p, n := baseline()
	s := describe(t, p, n).Rows[0].Panels[0].Series[0]
	if fmt.Sprint(s.Runs[0].Name, s.Runs[0].Y, s.Runs[2].Name, s.Runs[2].Y) != "seed 1[0.23 0.48 0.73]seed 1234[0.27 0.52 0.77]" {
		t.Errorf("runs %+v", s.Runs)
	}
	p.Panels[0].Metric = "accuracy * sparsity"
	p.Sources[0].Entries[0].Conditions[0].Runs[0].Seeds = []uint32{1, 2, 3, 4, 5, 6}
	if !p.NeedsRuns() {
		t.Error("a product needs its runs, however many")
	}
	p, _ = baseline()
	p.Reference = &Reference{Experiment: "other", Condition: condition("r", 0), Label: "r"}
	var asked []string
	p.EachRun(func(experiment, condition, optimizer string, seed uint32) {
		asked = append(asked, Input(experiment, condition, optimizer, seed))
	})
	if len(asked) != 12 || asked[0] != "e/c/SGD/seed=1" || asked[11] != "other/r/Adam/seed=1234" ||
		fmt.Sprint(p.Experiments()) != "[e other]" {
		t.Errorf("asked for %v of %v", asked, p.Experiments())
	}
}

// The note and the caption mention a line that leaves its panel, but not the
// dots of a scatter plot.
func TestBeyond(t *testing.T) {
	for name, c := range map[string]struct {
		min, max float64
		x        X
		want     bool
	}{
		"above": {0, 0.7, X{Kind: Epochs}, true}, "below": {0.3, 1, X{Kind: Epochs}, true}, "within": {0.25, 0.75, X{Kind: Epochs}, false},
		"free": {0, 0, X{Kind: Epochs}, false}, "dots": {0, 0.5, X{Kind: AgainstMetric, Metric: "sparsity"}, false},
	} {
		p, n := baseline()
		p.X, p.Panels = c.x, []Panel{{Metric: "accuracy", Min: c.min, Max: c.max}}
		f := describe(t, p, n)
		if strings.Contains(f.Note, "arrows: beyond the panel") != c.want || strings.Contains(f.Caption, "Arrows at an edge") != c.want {
			t.Errorf("%s: note %q, caption %q", name, f.Note, f.Caption)
		}
	}
}

// If sparsity and selectivity are not measured on the test images, the caption
// says what they are measured on, by condition and optimizer.
func TestSplit(t *testing.T) {
	p, n := conditions(X{Kind: Epochs}, "optimizer", "condition")
	train := func(i, k int) { p.Sources[0].Entries[i].Conditions[0].Runs[k].Split = "train" }
	caption := func() string { return describe(t, p, n).Caption }
	if strings.Contains(caption(), "training images") {
		t.Errorf("caption %q", caption())
	}
	train(1, 1)
	if want := "Sparsity and selectivity of named v=10 with Adam are of training images."; !strings.Contains(caption(), want) {
		t.Errorf("the caption %q lacks %q", caption(), want)
	}
	train(1, 0)
	train(2, 0)
	if want := "Sparsity and selectivity of named v=10 and named v=100 with SGD are of training images."; !strings.Contains(caption(), want) {
		t.Errorf("the caption %q lacks %q", caption(), want)
	}
	train(2, 1)
	train(0, 0)
	train(0, 1)
	if want := "Sparsity and selectivity are of training images."; !strings.Contains(caption(), want) {
		t.Errorf("the caption %q lacks %q", caption(), want)
	}
	p.Panels = []Panel{{Metric: "accuracy"}}
	if strings.Contains(caption(), "training images") {
		t.Errorf("caption of accuracy alone: %q", caption())
	}
}

// Any text becomes a sentence, whatever its beginning and end.
func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "a": "A. ", "A.": "A. ", "Übung macht den Meister": "Übung macht den Meister. ", "übung": "Übung. ", "é": "É. ",
		"β₁ is 0.9": "β₁ is 0.9. ",
		"“so”":      "“so”. ", "— dash": "— dash. ", "Is it?": "Is it? ", "he said “no.”": "He said “no.” ", "more …": "More … ",
		"(yes!)": "(yes!) ", "ǆ": "ǅ. ", " two\n lines ": "Two lines. ",
	} {
		if got := sentence(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// The largest number of lines that is allowed all look different, whatever
// distinguishes them.
func TestLooksDiffer(t *testing.T) {
	style := chart.DefaultStyle()
	var many []Entry
	for i := range 7 {
		many = append(many, Entry{Label: fmt.Sprint("c", i), Conditions: []Condition{condition(fmt.Sprint("c", i), float64(i))}})
	}
	for _, lines := range [][]string{{"optimizer", "condition"}, {"condition", "optimizer"}, {"condition", "layer"},
		{"layer", "condition"}, {"optimizer", "layer"}} {
		for _, x := range []X{{Kind: Epochs}, {Kind: AgainstMetric, Metric: "accuracy"}} {
			p, _ := baseline()
			p.Lines, p.X, p.Panels = lines, x, []Panel{{Metric: "sparsity"}}
			p.Sources[0].Entries, p.Sources[0].Layers = many, 6
			if !slices.Contains(lines, "optimizer") {
				p.Sources[0].Optimizers = p.Sources[0].Optimizers[:1]
			}
			if !slices.Contains(lines, "condition") {
				p.Sources[0].Entries = many[:1]
			}
			f, err := p.describe(dummies[1])
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]string{}
			for _, s := range f.Rows[0].Panels[0].Series {
				role := style.Roles[s.Role]
				if s.Dash != "" {
					role.Dash = s.Dash
				}
				if s.Marker != "" {
					role.Marker = s.Marker
				}
				if s.Marks == chart.Points {
					role.Dash = ""
				}
				look := fmt.Sprint(role, s.Hollow)
				if other, ok := seen[look]; ok {
					t.Errorf("%v along %s: %q and %q look the same: %s", lines, x.Kind, other, s.Label, look)
				}
				seen[look] = s.Label
			}
			if want := len(p.levels(lines[0])) * len(p.levels(lines[1])); len(seen) != want {
				t.Errorf("%v along %s: %d lines, want %d", lines, x.Kind, len(seen), want)
			}
		}
	}
}

// If two experiments have different conditions, their lines form one set, and
// no look is used for two of them.
func TestLooksOfTwoExperiments(t *testing.T) {
	p, n := conditions(X{Kind: Epochs}, "condition")
	p.Columns, p.Panels, p.Sources[0].Optimizers = "experiment", p.Panels[:1], p.Sources[0].Optimizers[:1]
	second := p.Sources[0]
	second.Experiment, second.Entries = "f", []Entry{p.Sources[0].Entries[2], {Label: "new", Conditions: []Condition{condition("v=1", 1)}}}
	p.Sources = append(p.Sources, second)
	for k, s := range study("f", []string{"v=1", "v=10", "v=100"}, "SGD").summaries {
		n.summaries[k] = s
	}
	f := describe(t, p, n)
	roles := map[string]string{}
	for _, panel := range f.Rows[0].Panels {
		for _, s := range panel.Series {
			if other, ok := roles[s.Label]; ok && other != s.Role {
				t.Errorf("%s is %s and %s", s.Label, other, s.Role)
			}
			roles[s.Label] = s.Role
		}
	}
	if fmt.Sprint(roles) != "map[named v=1:level1 named v=10:level3 named v=100:level5 new:level6]" {
		t.Errorf("roles %v", roles)
	}
	if f.Rows[0].Panels[0].Title != "SGD" {
		t.Errorf("title %q", f.Rows[0].Panels[0].Title)
	}
	p.Sources[1].Optimizers = append(p.Sources[1].Optimizers, Optimizer{Name: "Adam"})
	if title := p.panelTitle(0, "", "f", p.of(p.Sources[1], p.Panels[0])); title != "f" {
		t.Errorf("title of an experiment with two optimizers %q", title)
	}
}

// A gap is named by everything that distinguishes its runs, which is
// experiment, optimizer, value and line, and by the reference's label.
func TestWhereGapsAre(t *testing.T) {
	none := func(s *measures.Summary) { s.N, s.Mean, s.Missing = 2, 0.5, "seed 100;seed 1" }
	p, n := conditions(X{Kind: Values, Scale: "log"}, "optimizer", "condition")
	other := Entry{Label: "others"}
	for i, name := range []string{"v=1", "v=10", "v=100"} {
		other.Conditions = append(other.Conditions, condition(name, []float64{2, 20, 200}[i]))
	}
	p.Sources[0].Entries = append(p.Sources[0].Entries, other)
	n.change(func(k key) bool { return k.condition == "v=10" && k.optimizer == "SGD" }, none)
	want := "Missing, because they failed: SGD, some value 10, all; SGD, some value 20, others (seeds 1, 100)."
	if f := describe(t, p, n); !strings.Contains(f.Caption, want) {
		t.Errorf("the caption %q lacks %q", f.Caption, want)
	}

	p, n = baseline()
	p.Reference = &Reference{Experiment: "e", Condition: condition("r", 0), Label: "the reference"}
	for k, s := range study("e", []string{"r"}, "SGD", "Adam").summaries {
		n.summaries[k] = s
	}
	n.change(func(k key) bool { return k.condition == "r" && k.optimizer == "Adam" && k.epoch == 3 }, none)
	want = "Missing, because they failed: Adam, the reference (seeds 1, 100)."
	if f := describe(t, p, n); !strings.Contains(f.Caption, want) {
		t.Errorf("the caption %q lacks %q", f.Caption, want)
	}

	p, n = baseline()
	p.Columns, p.Panels = "experiment", p.Panels[:1]
	second := p.Sources[0]
	second.Experiment = "f"
	p.Sources = append(p.Sources, second)
	for k, s := range study("f", []string{"c"}, "SGD", "Adam").summaries {
		n.summaries[k] = s
	}
	n.change(func(k key) bool { return k.experiment == "f" && k.optimizer == "Adam" }, none)
	want = "Missing, because they failed: f, Adam (seeds 1, 100)."
	if f := describe(t, p, n); !strings.Contains(f.Caption, want) {
		t.Errorf("the caption %q lacks %q", f.Caption, want)
	}
}

// Limits of x for some optimizers apply to them alone, and panels then have
// different scales. Without limits they share one.
func TestScalesOfScatter(t *testing.T) {
	p, n := conditions(X{Kind: AgainstMetric, Metric: "accuracy"}, "condition")
	p.Columns, p.Panels = "optimizer", []Panel{{Metric: "sparsity"}}
	f := describe(t, p, n)
	if !f.AlignX || strings.Contains(f.Caption, "x axes") || f.Rows[0].Panels[0].Series[0].Alpha != 0.6 {
		t.Errorf("aligned %v, caption %q, %+v", f.AlignX, f.Caption, f.Rows[0].Panels[0].Series[0])
	}
	p.X.Limits = []Limits{{Optimizer: "Adam", Min: 0.1, Max: 0.9}}
	if f := describe(t, p, n); f.AlignX || !strings.Contains(f.Caption, "The x axes of the panels differ.") {
		t.Errorf("aligned %v, caption %q", f.AlignX, f.Caption)
	}
}

// A factor that belongs to the network has the same value for every layer.
func TestProductsByLayer(t *testing.T) {
	p, n := baseline()
	p.Sources[0].Layers, p.Lines, p.Columns, p.Panels = 2, []string{"layer"}, "optimizer", []Panel{{Metric: "accuracy * sparsity"}}
	for _, seed := range threeSeeds {
		n.rows[row{"e", "c", "SGD", "2", after(1), seed}] = measures.Row{Accuracy: 0.1, Sparsity: 0.5}
		n.rows[row{"e", "c", "SGD", "all", after(1), seed}] = measures.Row{Accuracy: 0.8, Sparsity: 0.1}
	}
	s := describe(t, p, n).Rows[0].Panels[0].Series
	if len(s) != 2 || s[1].Label != "layer 2" || math.Abs(s[1].Y[0]-0.4) > 1e-15 {
		t.Errorf("products %+v", s)
	}
}
