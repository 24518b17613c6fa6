package params

import (
	"slices"
	"strings"
	"testing"
)

// constants is an experiment whose column stands for several settings.
const constants = `
[[experiments]]
name = "decay"
optimizers = ["SGD"]
conditions = [
  { condition = "lr={lr}", vary = [{ parameter = "lr", column = "constant", values = [0.05, 0.1] }] },
  { condition = "mom={momentum}", vary = [{ parameter = "momentum", column = "constant", values = [0.25, 0.5] }] },
]
[[experiments]]
name = "mem"
conditions = [
  { condition = "c={momentum}", optimizers = ["SGD"], vary = [{ parameter = "momentum", column = "memory", values = [0.3, 0.9] }] },
  { condition = "c={beta1}", optimizers = ["Adam"], vary = [{ parameter = "beta1", column = "memory", values = [0.3, 0.9] }] },
]
[[figures]]
id = "9"
title = "Nine"
x = "value"
vertical = "baseline"
`

// The baseline's value is that of the setting that the shown conditions of each
// optimizer vary, not of another one in the same column.
func TestBaselineOfEachSetting(t *testing.T) {
	for _, c := range []struct {
		figure string
		want   map[string]float64
	}{
		{"experiments = [\"decay\"]\nconditions = [\"lr=*\"]\n", map[string]float64{"SGD": 0.1}},
		{"experiments = [\"decay\"]\nconditions = [\"mom=*\"]\n", map[string]float64{"SGD": 0}},
		{"experiments = [\"mem\"]\nlines = [\"optimizer\"]\n", map[string]float64{"SGD": 0, "Adam": 0.9}},
	} {
		p, err := Parse("params.toml", append(append(example(t), constants...), c.figure...), "")
		if err != nil {
			t.Fatal(err)
		}
		_, uses := p.Expand()
		got := p.Shown(p.Figures[len(p.Figures)-1], uses).Sources[0].Baseline
		for optimizer, want := range c.want {
			if v, ok := got[optimizer]; !ok || v != want {
				t.Errorf("%s: the baseline of %s is %v (%v), want %v", c.figure, optimizer, v, ok, want)
			}
		}
	}
	figure := "experiments = [\"decay\"]\nconditions = [\"lr=*\", \"mom=*\"]\nlines = [\"condition\"]\n"
	_, err := Parse("params.toml", append(append(example(t), constants...), figure...), "")
	want := `vertical: is "baseline", but constant of SGD stands for lr in lr=0.05 and for momentum in mom=0.25, whose baselines differ`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("two settings in one column: %v, want %s", err, want)
	}
}

// Limits of an optimizer that the figure lacks would do nothing.
func TestLimitsOfAnAbsentOptimizer(t *testing.T) {
	figure := "experiments = [\"deep\"]\nconditions = [\"1HL\"]\nx = \"epoch\"\n" +
		"columns = \"optimizer\"\nrows = \"metric\"\nx_limits = { SGD = [1, 2], Adam = [1, 2] }"
	_, err := Parse("params.toml", withFigure(t, figure), "")
	if err == nil || !strings.Contains(err.Error(), "x_limits.Adam: is of an optimizer that the figure does not show") {
		t.Errorf("limits of Adam in a figure of SGD: %v", err)
	}
	if _, err := Parse("params.toml", withFigure(t, strings.Replace(figure, ", Adam = [1, 2]", "", 1)), ""); err != nil {
		t.Errorf("limits of SGD: %v", err)
	}
}

// A run's fixed number of updates reaches the figures.
func TestShownUpdates(t *testing.T) {
	text := strings.Replace(string(withFigure(t,
		"experiments = [\"sweep\"]\nconditions = [\"b/rate=0\"]\nx = \"epoch\"\nlines = [\"optimizer\"]")),
		"set = { epochs = 4 }", "set = { epochs = 4, updates = 9 }\nseeding = \"paired\"", 1)
	p, err := Parse("params.toml", []byte(text), "")
	if err != nil {
		t.Fatal(err)
	}
	_, uses := p.Expand()
	if r := p.Shown(p.Figures[len(p.Figures)-1], uses).Sources[0].Entries[0].Conditions[0].Runs[0]; r.Updates != 9 || r.Epochs != 4 {
		t.Errorf("%d updates in %d measurements, want 9 in 4", r.Updates, r.Epochs)
	}
}

// A level that is the lack of something has a name.
func TestLevelsHaveNames(t *testing.T) {
	text := string(example(t)) + `
[[experiments]]
name = "e"
optimizers = ["SGD"]
conditions = [
  { condition = "no b={batch}", vary = [{ parameter = "batch", values = [10, 20] }] },
  { condition = "do b={batch}", set = { dropout = [0.5] }, vary = [{ parameter = "batch", values = [10, 20] }] },
]
`
	p, err := Parse("params.toml", []byte(text), "")
	if err != nil {
		t.Fatal(err)
	}
	_, uses := p.Expand()
	factors, err := FactorsOf(slices.DeleteFunc(slices.Clone(uses), func(u Use) bool { return u.Experiment != "e" }))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(factors, func(f Factor) bool { return f.Column == "dropout" })
	if i < 0 || factors[i].Low != "none" || factors[i].High != "[0.5]" {
		t.Errorf("factors %+v, want dropout from none to [0.5]", factors)
	}
}
