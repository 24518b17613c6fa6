package params

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sweeps are experiments for figures to show.
const sweeps = `
[[experiments]]
name = "sweep"
condition = "a/rate={lr}"
optimizers = ["SGD", "Adam"]
vary = [{ parameter = "lr", column = "learning_rate", values = [0.0, 0.1, 0.25] }]

[[experiments]]
name = "sweep"
condition = "b/rate={lr}"
optimizers = ["SGD", "Adam"]
set = { epochs = 4 }
vary = [{ parameter = "lr", column = "learning_rate", values = [0.0, 0.1] }]

[[experiments]]
name = "deep"
condition = "{depth}HL"
optimizers = ["SGD"]
vary = [{ parameter = "depth", values = [1, 2, 3] }]
`

// withFigure returns the example with the sweeps and one more figure.
func withFigure(t *testing.T, figure string) []byte {
	t.Helper()
	return append(example(t), sweeps+"\n[[figures]]\nid = \"9\"\ntitle = \"Nine\"\n"+figure...)
}

func shownBy(t *testing.T, figure string) ShownFigure {
	t.Helper()
	p, err := Parse("params.toml", withFigure(t, figure), "")
	if err != nil {
		t.Fatal(err)
	}
	_, uses := p.Expand()
	return p.Shown(p.Figures[len(p.Figures)-1], uses)
}

func TestShown(t *testing.T) {
	lines := func(s Shown) string {
		var list []string
		for _, e := range s.Entries {
			var conditions []string
			for _, c := range e.Conditions {
				conditions = append(conditions, fmt.Sprintf("%s %g", c.Name, c.Runs[0].Value))
			}
			list = append(list, e.Label+": "+strings.Join(conditions, ", "))
		}
		return strings.Join(list, "; ")
	}
	for _, c := range []struct{ name, figure, want string }{
		{"patterns that are lines", `
experiments = ["sweep"]
conditions = ["b/*", "a/*"]
names = { "a/*" = "A" }
x = "value"
lines = ["optimizer", "condition"]`, "b/*: b/rate=0 0, b/rate=0.1 0.1; A: a/rate=0 0, a/rate=0.1 0.1, a/rate=0.25 0.25"},
		{"patterns that are lists", `
experiments = ["deep"]
conditions = ["2HL", "*HL"]
x = "condition"`, ""},
		{"all, renamed", `
experiments = ["deep"]
names = { "*HL" = "* layers", "1HL" = "one layer" }
x = "condition"`, "one layer: 1HL 1; 2 layers: 2HL 2; 3 layers: 3HL 3"},
		{"the longest pattern names", `
experiments = ["sweep"]
conditions = ["a/rate=0", "b/rate=0"]
names = { "*" = "any *", "a/*" = "A *" }
x = "condition"
lines = ["optimizer"]`, "A rate=0: a/rate=0 0; any b/rate=0: b/rate=0 0"},
		{"descending", `
experiments = ["deep"]
x = "value"
reverse = true`, "*: 3HL 3, 2HL 2, 1HL 1"},
	} {
		if c.want == "" {
			if _, err := Parse("params.toml", withFigure(t, c.figure), ""); err == nil ||
				!strings.Contains(err.Error(), "selects 2HL for the second time") {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if got := lines(shownBy(t, c.figure).Sources[0]); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	f := shownBy(t, `
experiments = ["sweep"]
conditions = ["a/*"]
x = "value"
columns = "optimizer"
lines = ["metric"]
vertical = "baseline"`)
	s := f.Sources[0]
	if fmt.Sprint(s.Optimizers) != "[SGD Adam]" || s.Column != "learning_rate" || s.Baseline["SGD"] != 0.1 ||
		s.Baseline["Adam"] != 0.001 || f.Epoch != 30 {
		t.Errorf("shown is %+v", s)
	}
	s = shownBy(t, `
experiments = ["deep"]
conditions = ["2HL"]
x = "layer"
lines = ["condition"]`).Sources[0]
	if s.Layers != 2 || s.Baseline != nil {
		t.Errorf("shown is %+v", s)
	}
}

func TestFigureRefusals(t *testing.T) {
	const good = `
experiments = ["sweep"]
conditions = ["a/*"]
columns = "optimizer"
lines = ["metric"]
x = "value"
`
	if _, err := Parse("params.toml", withFigure(t, good), ""); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown column", `"optimizer"`, `"optimiser"`, `figures[1].columns: is "optimiser", must be one of metric, optimizer, experiment`},
		{"unknown line", `["metric"]`, `["seed"]`, `figures[1].lines[0]: is "seed", must be one of`},
		{"three ways of lines", `["metric"]`, `["metric", "condition", "layer"]`, "differ by colour and by dash"},
		{"metrics nowhere", `["metric"]`, `[]`, "figures[1].metrics: names 3, which neither rows, columns nor lines tell apart"},
		{"metrics twice", `lines = ["metric"]`, "lines = [\"metric\"]\nrows = \"metric\"",
			`figures[1].lines[0]: is "metric", which the figure tells apart elsewhere`},
		{"rows of optimizers", `lines = ["metric"]`, "lines = [\"metric\"]\nrows = \"optimizer\"", `figures[1].rows: is "optimizer"`},
		{"optimizers nowhere", "columns = \"optimizer\"\nlines = [\"metric\"]", `lines = ["condition"]`,
			"figures[1].columns: and lines do not tell the optimizers of sweep apart"},
		{"conditions nowhere", `x = "value"`, `x = "epoch"`, "figures[1].conditions: selects 3, which neither rows, x nor lines tell apart"},
		{"layers of one", `x = "value"`, `x = "layer"`, "figures[1].conditions"},
		{"unknown x", `x = "value"`, `x = "time"`, `figures[1].x: is "time"`},
		{"x of no metric", `x = "value"`, `x = "metric speed"`, `figures[1].x: is "speed"`},
		{"x of no condition", `x = "value"`, `x = "condition c"`, `figures[1].x: is "c"`},
		{"log of zero", `x = "value"`, "x = \"value\"\nscale = \"log\"",
			"figures[1].conditions[0]: selects a/rate=0, whose value has no place on a log scale"},
		{"scale of no value", `x = "value"`, "x = \"condition\"\nscale = \"equal\"",
			"figures[1].scale: is \"equal\", which only values along x have"},
		{"same place", `["a/*"]`, `["*"]`, "figures[1].conditions[0]: selects a/rate=0 and b/rate=0, which have the same place along x"},
		{"no such condition", `["a/*"]`, `["c/*"]`,
			`figures[1].conditions[0]: is "c/*", which is no condition of sweep; those are "a/rate=0", "a/rate=0.1", "a/rate=0.25", "b/rate=0"`},
		{"two experiments", `["sweep"]`, `["sweep", "deep"]`, `figures[1].experiments: names 2, which only columns = "experiment" tells apart`},
		{"experiment twice", `["sweep"]`, `["sweep", "sweep"]`, `figures[1].experiments[1]: is "sweep" for the second time`},
		{"name of nothing", `x = "value"`, "x = \"value\"\nnames = { \"b*\" = \"B\" }",
			"figures[1].names.b*: names no condition that the figure shows"},
		{"no metric", `x = "value"`, "x = \"value\"\nmetrics = [\"accuracy * speed\"]", `figures[1].metrics[0]: is "speed"`},
		{"limits of no metric", `x = "value"`, "x = \"value\"\nlimits = { speed = [0, 1] }", `figures[1].limits.speed`},
		{"limits of shared axes", `x = "value"`, "x = \"value\"\nlimits = { accuracy = [0, 1] }",
			"figures[1].limits.accuracy: is of one metric, but the metrics share a panel"},
		{"limits of one number", `x = "value"`, "x = \"value\"\nx_limits = { SGD = [0] }",
			"figures[1].x_limits.SGD: is [0], must be a lower and a higher number"},
		{"limits of no length", `x = "value"`, "x = \"value\"\nx_limits = { SGD = [0.5, 0.5] }",
			"figures[1].x_limits.SGD: is [0.5 0.5], must be a lower and a higher number"},
		{"limits of an optimizer among others", "columns = \"optimizer\"\nlines = [\"metric\"]",
			"lines = [\"optimizer\"]\nx_limits = { SGD = [0, 1] }", "figures[1].x_limits.SGD: is of one optimizer, but columns = \"metric\""},
		{"an epoch before the first", `x = "value"`, "x = \"value\"\nepoch = -1", "figures[1].epoch: is -1, must be an epoch"},
		{"best of nothing", `x = "value"`, "x = \"value\"\nvertical = \"best speed\"", `figures[1].vertical: is "speed"`},
		{"other vertical", `x = "value"`, "x = \"value\"\nvertical = \"middle\"",
			`figures[1].vertical: is "middle", must be one of baseline, best METRIC`},
		{"vertical of no value", `x = "value"`, "x = \"epoch\"\nvertical = \"baseline\"", `figures[1].vertical: needs x = "value"`},
		{"reference to nothing", `x = "value"`, "x = \"value\"\nreference = { condition = \"c\", label = \"C\" }",
			`figures[1].reference.condition: is "c", must be one of "a/rate=0"`},
		{"epoch beyond", `x = "value"`, "x = \"value\"\nepoch = 31", "figures[1].epoch: is 31, but a run that the figure shows has 30 epochs"},
		{"other band", `x = "value"`, "x = \"value\"\nerror = \"sd\"", `figures[1].error: is "sd"`},
		{"order of a list", "conditions = [\"a/*\"]\ncolumns = \"optimizer\"\nlines = [\"metric\"]\nx = \"value\"",
			"conditions = [\"b/*\", \"a/*\"]\nlines = [\"optimizer\"]\nx = \"condition\"\nreverse = true",
			"figures[1].reverse: needs conditions in the experiment's order"},
	} {
		t.Run(c.name, func(t *testing.T) {
			figure := strings.Replace(good, c.old, c.new, 1)
			if figure == good {
				t.Fatalf("the figure has no %q", c.old)
			}
			_, err := Parse("params.toml", withFigure(t, figure), "")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

// The project's figures are valid in every profile.
func TestFiguresInProfiles(t *testing.T) {
	file := filepath.Join(repository(t), "params.toml")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Parse("params.toml", data, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, profile := range append([]string{Paper}, sortedKeys(p.Profiles)...) {
		q, err := Parse("params.toml", data, profile)
		if err != nil {
			t.Fatalf("profile %s: %v", profile, err)
		}
		_, uses := q.Expand()
		for _, f := range q.Figures {
			if len(q.Shown(f, uses).Sources) != len(f.Experiments) {
				t.Errorf("profile %s: figure %s lacks an experiment", profile, f.ID)
			}
		}
	}
}

// An optimizer without a style is reported where it is named.
func TestOptimizerWithoutStyle(t *testing.T) {
	_, err := Parse("params.toml", append(example(t), "\n[optimizers.RMSprop]\nlr = 0.001\nalpha = 0.9\neps = 1e-8\n"...), "")
	if err == nil || !strings.Contains(err.Error(), ": optimizers.RMSprop: has no style to be drawn with: add style.roles.RMSprop") ||
		strings.Contains(err.Error(), "params.toml:1:1") {
		t.Errorf("%v", err)
	}
}

// Empty lists are said to be empty.
func TestEmptyLists(t *testing.T) {
	_, err := Parse("params.toml", example(t, "hidden = [256]", "hidden = []"), "")
	if err == nil || !strings.Contains(err.Error(), "baseline.hidden: is an empty list, must have widths") {
		t.Errorf("%v", err)
	}
}

// mixed are conditions whose optimizers differ in everything in which they may.
const mixed = `
[[experiments]]
name = "mixed"
condition = "low, or so"
optimizers = ["SGD"]
set = { lr = 0.01, epochs = 3, depth = 2 }
column = "learning_rate"
value = 0.01

[[experiments]]
name = "mixed"
condition = "low, or so"
optimizers = ["Adam"]
set = { lr = 0.0001, epochs = 2, measure = "train" }
column = "learning_rate"
value = 0.0001

[[experiments]]
name = "mixed"
condition = "high"
optimizers = ["SGD"]
set = { lr = 1.0, epochs = 3, depth = 2 }
column = "learning_rate"
value = 1.0

[[experiments]]
name = "mixed"
condition = "high"
optimizers = ["Adam"]
set = { lr = 0.1, epochs = 4, depth = 2 }
column = "learning_rate"
value = 0.1

[[experiments]]
name = "columns"
condition = "by rate"
optimizers = ["SGD"]
set = { lr = 0.5, depth = 3 }
column = "learning_rate"
value = 0.5

[[experiments]]
name = "columns"
condition = "by batch"
optimizers = ["SGD"]
set = { batch = 10, depth = 3 }
column = "batch_size"
value = 10

[[experiments]]
name = "made_up"
condition = "c"
optimizers = ["SGD"]
set = { epochs = 2 }
column = "my_own"
value = 10

[[experiments]]
name = "one"
condition = "SGD alone"
optimizers = ["SGD"]
set = { epochs = 1 }
`

// A condition is resolved for each of its optimizers.
func TestShownByOptimizer(t *testing.T) {
	parse := func(figure string) (*Params, error) {
		return Parse("params.toml", []byte(string(example(t))+mixed+"\n[[figures]]\nid = \"9\"\ntitle = \"Nine\"\n"+figure), "")
	}
	p, err := parse(`
experiments = ["mixed"]
x = "value"
scale = "log"
columns = "optimizer"
rows = "metric"
reference = { condition = "low, or so", label = "low" }`)
	if err != nil {
		t.Fatal(err)
	}
	_, uses := p.Expand()
	shown := p.Shown(p.Figures[len(p.Figures)-1], uses)
	var got []string
	for _, c := range shown.Sources[0].Entries[0].Conditions {
		for _, r := range c.Runs {
			got = append(got, fmt.Sprintf("%s %s %g %d %s %d", c.Name, r.Optimizer, r.Value, r.Epochs, r.Split, len(r.Seeds)))
		}
	}
	want := "low, or so SGD 0.01 3 test 3; low, or so Adam 0.0001 2 train 3; high SGD 1 3 test 3; high Adam 0.1 4 test 3"
	if strings.Join(got, "; ") != want {
		t.Errorf("got %s\nwant %s", strings.Join(got, "; "), want)
	}
	if shown.Epoch != 2 || shown.Reference.Conditions[0].Name != "low, or so" || shown.Reference.Label != "low" ||
		shown.Sources[0].Layers != 1 {
		t.Errorf("shown %+v", shown)
	}
	p, err = parse(`
experiments = ["mixed"]
conditions = ["high"]
names = { "low*" = "small" }
x = "condition low, or so"
lines = ["optimizer"]`)
	if err != nil {
		t.Fatal(err)
	}
	_, uses = p.Expand()
	if a := p.Shown(p.Figures[len(p.Figures)-1], uses).Against; a.Label != "small" || a.Conditions[0].Name != "low, or so" {
		t.Errorf("against %+v", a)
	}
	for _, c := range [][2]string{
		{"x = \"epoch\"\nlines = [\"optimizer\", \"layer\"]\nconditions = [\"low*\"]",
			"selects low, or so with 2 hidden layers and low, or so, Adam with 1"},
		{"x = \"epoch\"\nlines = [\"optimizer\"]\nconditions = [\"high\"]\nepoch = 4",
			"figures[1].epoch: is 4, but a run that the figure shows has 3 epochs"},
		{"x = \"condition\"\nlines = [\"optimizer\"]\nnames = { \"*\" = \"both\" }",
			`figures[1].names: calls two conditions of mixed "both"`},
		{"x = \"epoch\"\nlines = [\"optimizer\"]\nconditions = [\"high\"]\n" +
			"reference = { experiment = \"one\", condition = \"SGD alone\", label = \"r\" }",
			`figures[1].reference.condition: is "SGD alone", which has no runs of Adam as mixed has`},
		{"x = \"epoch\"\nlines = [\"optimizer\"]\nconditions = [\"high\"]\ndifference = true",
			"figures[1].difference: is that of two conditions, which lines must tell apart"},
		{"x = \"value\"\nlines = [\"optimizer\", \"condition\"]\ndifference = true",
			"figures[1].difference: needs x = \"epoch\""},
		{"x = \"epoch\"\ncolumns = \"optimizer\"\nrows = \"metric\"\nlines = [\"condition\"]\ndifference = true",
			"figures[1].difference: adds a row"},
		{"x = \"epoch\"\nlines = [\"optimizer\", \"condition\"]\nconditions = [\"high\"]\ndifference = true",
			"figures[1].difference: is that of two conditions, but the figure shows 1 of mixed"},
		{"x = \"condition\"\nrows = \"condition\"\nlines = [\"optimizer\"]",
			`figures[1].rows: is "condition", which x tells apart`},
		{"x = \"epoch\"\nrows = \"condition\"\ncolumns = \"experiment\"\nlines = [\"optimizer\", \"metric\"]",
			`figures[1].rows: is "condition", which differ from one experiment`},
		{"x = \"epoch\"\nlines = [\"optimizer\", \"condition\"]\ndifference = true\nzoom = { accuracy = [0.9, 1.0] }",
			"figures[1].difference: adds a row"},
		{"x = \"epoch\"\nlines = [\"layer\"]\nexperiments = [\"columns\"]\nconditions = [\"by rate\"]\n" +
			"reference = { experiment = \"one\", condition = \"SGD alone\", label = \"r\" }",
			`figures[1].reference.condition: is "SGD alone", whose networks have 1 hidden layers where the figure shows 3`},
		{"x = \"value\"\nexperiments = [\"columns\"]",
			"figures[1].conditions: selects values of learning_rate and of batch_size, which have no common axis"},
		{"x = \"value\"\nexperiments = [\"made_up\"]\nvertical = \"baseline\"",
			"figures[1].vertical: is \"baseline\", but my_own has no value in it"},
		{"x = \"epoch\"\ncolumns = \"optimizer\"\nlines = [\"condition\", \"metric\"]\ndifference = true",
			"figures[1].difference: adds a row"},
		{"x = \"condition low\"\nlines = [\"optimizer\", \"condition\"]",
			`figures[1].x: is "low", must be one of "low, or so", "high"`},
		{"x = 3", "figures[1].x: is the number 3, must be a string"},
	} {
		figure, want := c[0], c[1]
		if !strings.Contains(figure, "experiments") {
			figure = "experiments = [\"mixed\"]\n" + figure
		}
		if _, err := parse(figure); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %q", figure, err, want)
		}
	}
	if _, err := Parse("params.toml", append(example(t), "\n[style.roles.accurracy]\ncolor = \"#000000\"\n"...), ""); err == nil ||
		!strings.Contains(err.Error(), "style.roles.accurracy: names nothing that is drawn") {
		t.Errorf("a role of nothing: %v", err)
	}
}
