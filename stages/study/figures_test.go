package study_test

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sparsel/analysis/chart"
	"sparsel/analysis/summary"
	"sparsel/artifacts/measures"
	"sparsel/stages/figure"
	"sparsel/stages/internal/studytest"
	"sparsel/stages/params"
	"sparsel/stages/quantity"
)

var update = flag.Bool("update", false, "write the figures' descriptions anew")

// TestGoldenFigures compares every figure of the project, as data, with its
// earlier state: caption, note, axes, looks, marker lines, some of the numbers,
// and a digest of all of them. The numbers are made up, and are the same on
// every machine.
func TestGoldenFigures(t *testing.T) {
	s := studytest.Whole(t, params.Paper)
	seen := map[string]bool{}
	for id, node := range s.Figures {
		p := node.Params.(figure.Params)
		f, err := figure.Describe(p, madeUp(p))
		if err != nil {
			t.Fatal(err)
		}
		if err := chart.Check(f, p.Style); err != nil {
			t.Error(err)
		}
		file := filepath.Join("testdata", "figures", id+".txt")
		seen[filepath.Base(file)] = true
		got := describe(t, f, p.Style)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if difference := firstDifference(got, string(want)); difference != "" {
			t.Errorf("figure %s changed: %s\nIf that is meant, run this test with -update and look at the difference", id, difference)
		}
	}
	files, err := os.ReadDir(filepath.Join("testdata", "figures"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !seen[file.Name()] {
			t.Errorf("testdata/figures/%s is of no figure", file.Name())
		}
	}
}

func firstDifference(got, want string) string {
	if got == want {
		return ""
	}
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d is\n%s\nand was\n%s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines were %d", len(a), len(b))
}

// describe writes everything that a figure says. For its numbers it writes the
// first and the last of each series and a digest.
func describe(t *testing.T, f chart.Figure, style chart.Style) string {
	t.Helper()
	data, err := chart.Render(f, style, "csv")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "figure %s: %s\nmark: %s\ncaption: %s\nnote: %s\nalign x %v, y %v\ncsv: %d lines, %.8x\n",
		f.ID, f.Title, f.Mark, f.Caption, f.Note, f.AlignX, f.AlignY, strings.Count(string(data), "\n"), sha256.Sum256(data))
	for _, row := range f.Rows {
		fmt.Fprintf(&b, "row: share x %v, y %v\n", row.ShareX, row.ShareY)
		for _, p := range row.Panels {
			fmt.Fprintf(&b, "  panel %q, equal %v\n    x %s\n    y %s\n", p.Title, p.Equal, axis(p.X), axis(p.Y))
			for _, s := range p.Series {
				fmt.Fprintf(&b, "    %s\n", series(s, style))
			}
			for _, r := range p.Rules {
				fmt.Fprintf(&b, "    rule %v at %s (%s, %s; %d) %q %s %s\n",
					r.Kind, short(r.At), short(r.Lo), short(r.Hi), r.N, r.Label, r.Role, r.Dash)
			}
		}
	}
	return b.String()
}

func axis(a chart.Axis) string {
	return fmt.Sprintf("%q, scale %d, %s to %s, ticks %v, categories %q", a.Label, a.Scale, short(a.Min), short(a.Max), a.Ticks, a.Categories)
}

func series(s chart.Series, style chart.Style) string {
	role := style.Roles[s.Role]
	if s.Dash != "" {
		role.Dash = s.Dash
	}
	if s.Marker != "" {
		role.Marker = s.Marker
	}
	h := sha256.New()
	fmt.Fprint(h, s.X, s.Y, s.Lo, s.Hi, s.N, s.Expected, s.Names, s.Runs)
	value := func(i int) string {
		text := short(s.X[i]) + " " + short(s.Y[i])
		if len(s.Lo) > 0 {
			text += fmt.Sprintf(" [%s, %s]", short(s.Lo[i]), short(s.Hi[i]))
		}
		return fmt.Sprintf("%s n=%d/%d", text, s.N[i], s.Expected[i])
	}
	return fmt.Sprintf("%q %s %s %s %s hollow=%v marks=%d alpha=%v: %d values, %s .. %s, %d runs, %.4x",
		s.Label, s.Role, role.Color, role.Dash, role.Marker, s.Hollow, s.Marks, s.Alpha, len(s.X), value(0), value(len(s.X)-1),
		len(s.Runs), h.Sum(nil))
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// madeUp makes up the numbers of a figure's runs, and summarises them like the
// aggregate stage. Curves rise or fall. One run in fifty has a number that is
// not finite.
func madeUp(p figure.Params) map[string]figure.Numbers {
	numbers := map[string]figure.Numbers{}
	add := func(experiment string, c figure.Condition, layers int) {
		list := numbers[experiment]
		for _, r := range c.Runs {
			has := func(s measures.Summary) bool { return s.Condition == c.Name && s.Optimizer == r.Optimizer }
			if slices.ContainsFunc(list.Summaries, has) {
				continue
			}
			for layer := range layers + 1 {
				name := measures.AllLayers
				if layer > 0 {
					name = strconv.Itoa(layer)
				}
				addRuns(&list, experiment, c.Name, name, r)
			}
		}
		numbers[experiment] = list
	}
	for _, s := range p.Sources {
		for _, e := range s.Entries {
			for _, c := range e.Conditions {
				add(s.Experiment, c, s.Layers)
			}
		}
		if c := p.X.Condition; c != nil {
			add(s.Experiment, *c, s.Layers)
		}
	}
	if r := p.Reference; r != nil {
		add(r.Experiment, r.Condition, p.Sources[0].Layers)
	}
	return numbers
}

// addRuns makes up the runs of one condition and optimizer in one layer.
func addRuns(list *figure.Numbers, experiment, condition, layer string, r figure.Runs) {
	for _, step := range []int{0, 10, 100} {
		for _, seed := range r.Seeds {
			row := measures.Row{Step: step, Layer: layer, Accuracy: 0.1, Sparsity: float64(0.001 * float64(step)), Selectivity: 0.05}
			list.Runs = append(list.Runs, figure.Run{Condition: condition, Optimizer: r.Optimizer, Seed: seed, Rows: []measures.Row{row}})
		}
	}
	for epoch := 1; epoch <= r.Epochs; epoch++ {
		values := map[string][]float64{}
		missing := map[string][]string{}
		for _, seed := range r.Seeds {
			row := measures.Row{Epoch: epoch, Step: 1200 * epoch, Layer: layer}
			for _, name := range params.MetricNames {
				field := row.Field(name)
				if field == nil { // the metric is computed from others
					continue
				}
				start, end := share(experiment, condition, r.Optimizer, layer, name, "start"),
					share(experiment, condition, r.Optimizer, layer, name, "end")
				e := float64(epoch)
				*field = start + float64((end-start)*(e/(e+3))) +
					float64(0.1*(share(experiment, condition, r.Optimizer, layer, name, fmt.Sprint(seed))-0.5))
				if share(experiment, condition, r.Optimizer, name, fmt.Sprint(seed), "none") < 0.02 {
					*field = math.NaN()
					missing[name] = append(missing[name], fmt.Sprintf("seed %d", seed))
					continue
				}
				values[name] = append(values[name], *field)
			}
			list.Runs = append(list.Runs, figure.Run{Condition: condition, Optimizer: r.Optimizer, Seed: seed, Rows: []measures.Row{row}})
		}
		for _, name := range params.MetricNames {
			d := summary.Describe(values[name])
			list.Summaries = append(list.Summaries, measures.Summary{
				Condition: condition, Optimizer: r.Optimizer, Layer: layer, Metric: name, Epoch: epoch, N: d.N, Expected: len(r.Seeds),
				Mean: d.Mean, SE: d.SE, SEPopulation: d.SEPopulation, CILow: d.CILow, CIHigh: d.CIHigh, NonFinite: strings.Join(missing[name], ";"),
			})
		}
	}
}

// share returns a number from 0.05 to 0.95 that depends on the texts.
func share(texts ...string) float64 {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return 0.05 + float64(0.9*(float64(sum[0])*256+float64(sum[1]))/65536)
}

// base is the small study without figures and tables. Each case adds its own.
var base = own[:strings.Index(own, "[[figures]]")]

// drawn returns figure f of the base with a case added, drawn from made-up
// numbers.
func drawn(t *testing.T, added string) (figure.Params, chart.Figure) {
	t.Helper()
	p := studytest.Of(t, base+added, "").Figures["f"].Params.(figure.Params)
	f, err := figure.Describe(p, madeUp(p))
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range chart.Formats {
		if _, err := chart.Render(f, p.Style, format); err != nil {
			t.Fatal(err)
		}
	}
	return p, f
}

// A remark may begin with any letter.
func TestRemarkOfAnyLetter(t *testing.T) {
	for _, remark := range []string{"Übung macht den Meister", "évaluation", "β₁ is Adam's", "“So be it”", "— or not"} {
		_, f := drawn(t,
			fmt.Sprintf("[[figures]]\nid = \"f\"\ntitle = \"F\"\nexperiments = [\"base\"]\nx = \"epoch\"\nlines = [\"optimizer\"]\nremark = %q\n",
				remark))
		if !strings.Contains(strings.ToLower(f.Caption), strings.ToLower(remark)+".") {
			t.Errorf("the caption %q lacks %q", f.Caption, remark)
		}
	}
}

// Five conditions of two optimizers give ten lines, no two of which look the
// same.
func TestTenLines(t *testing.T) {
	p, f := drawn(t, `
[[experiments]]
name = "sweep"
condition = "bs={batch}"
vary = [{ parameter = "batch", values = [10, 20, 50, 100, 200] }]
[[figures]]
id = "f"
title = "Five dashes"
experiments = ["sweep"]
x = "epoch"
lines = ["optimizer", "condition"]`)
	looks := map[string]bool{}
	for _, s := range f.Rows[0].Panels[0].Series {
		_, look, _ := strings.Cut(series(s, p.Style), "\" ")
		look, _, _ = strings.Cut(look, ":")
		looks[look] = true
	}
	if len(looks) != 10 {
		t.Errorf("%d looks of ten lines: %v", len(looks), looks)
	}
}

// Values that differ in the fifth digit have their own places and labels.
func TestNearValues(t *testing.T) {
	_, f := drawn(t, `
[[experiments]]
name = "mom"
condition = "momentum={momentum}"
optimizers = ["SGD"]
vary = [{ parameter = "momentum", values = [0.9, 0.99, 0.999, 0.9999, 0.99999] }]
[[figures]]
id = "f"
title = "Momentum"
experiments = ["mom"]
x = "value"
scale = "equal"`)
	panel := f.Rows[0].Panels[0]
	if got := fmt.Sprint(panel.X.Categories, panel.Series[0].X); got != "[0.9 0.99 0.999 0.9999 0.99999] [0 1 2 3 4]" {
		t.Errorf("places %s", got)
	}
}

// A condition's name may contain commas, wherever it is used.
func TestNamesWithCommas(t *testing.T) {
	p, f := drawn(t, `
[[experiments]]
name = "grid"
condition = "lr={lr}, bs={batch}"
optimizers = ["SGD"]
vary = [{ parameter = "lr", values = [0.01, 0.1] }, { parameter = "batch", values = [50, 100] }]
[[figures]]
id = "f"
title = "Grid"
experiments = ["grid"]
x = "condition lr=0.01, bs=50"
conditions = ["lr=0.1, bs=50", "lr=0.1, bs=100"]
lines = ["condition"]
reference = { condition = "lr=0.01, bs=50", label = "low" }`)
	if p.X.Condition.Name != "lr=0.01, bs=50" || p.Reference.Condition.Name != "lr=0.01, bs=50" ||
		f.Rows[0].Panels[0].X.Label != "test accuracy, lr=0.01, bs=50" {
		t.Errorf("against %q, reference %q, x axis %q", p.X.Condition.Name, p.Reference.Condition.Name, f.Rows[0].Panels[0].X.Label)
	}
}

// Each optimizer's points are at its own values.
func TestValuesOfEachOptimizer(t *testing.T) {
	added := ""
	for _, c := range []struct {
		condition, optimizer, lr string
	}{{"low", "SGD", "0.01"}, {"high", "SGD", "1.0"}, {"low", "Adam", "0.0001"}, {"high", "Adam", "0.1"}} {
		added += fmt.Sprintf("[[experiments]]\nname = \"v\"\ncondition = %q\noptimizers = [%q]\nset = { lr = %s }\n"+
			"column = \"learning_rate\"\nvalue = %s\n", c.condition, c.optimizer, c.lr, c.lr)
	}
	_, f := drawn(t, added+"[[figures]]\nid = \"f\"\ntitle = \"By learning rate\"\nexperiments = [\"v\"]\nx = \"value\"\n"+
		"scale = \"log\"\ncolumns = \"optimizer\"\nrows = \"metric\"\n")
	if got := fmt.Sprint(f.Rows[0].Panels[0].Series[0].X, f.Rows[2].Panels[1].Series[0].X); got != "[0.01 1] [0.0001 0.1]" {
		t.Errorf("points at %s", got)
	}
}

// The figure stage knows the metrics of the parameters, and their names there.
func TestMetricsOfFigures(t *testing.T) {
	for _, m := range quantity.All() {
		p := figure.Params{
			ID: "f", Columns: "metric", X: figure.X{Kind: figure.Epochs}, Panels: []figure.Panel{{Metric: m.Name}}, Error: "se",
			Epoch: 1, Style: chart.DefaultStyle(),
			Sources: []figure.Source{{Experiment: "e", Layers: 2, Optimizers: []figure.Optimizer{{Name: "SGD"}}, Entries: []figure.Entry{{
				Label: "c", Conditions: []figure.Condition{{Name: "c", Runs: []figure.Runs{{Optimizer: "SGD", Seeds: []uint32{1, 2}, Epochs: 1}}}},
			}}}},
		}
		numbers := madeUp(p)
		f, err := figure.Describe(p, numbers)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Rows[0].Panels[0].Y.Label; got != m.Words {
			t.Errorf("%s is called %q, want %q", m.Name, got, m.Words)
		}
		s := f.Rows[0].Panels[0].Series[0]
		if len(s.Runs) != 2 || math.Abs((s.Runs[0].Y[0]+s.Runs[1].Y[0])/2-s.Y[0]) > 1e-15 {
			t.Errorf("%s: runs %v, mean %v", m.Name, s.Runs, s.Y)
		}
		p.X.Kind = figure.Layers
		if key, _ := figure.Try(p); (key == "metrics") != m.Network {
			t.Errorf("%s by layer: key %q", m.Name, key)
		}
	}
}

// The kinds of x axes have a single spelling.
func TestKindsOfX(t *testing.T) {
	for kind, want := range map[figure.XKind]params.XKind{
		figure.Epochs: params.XEpoch, figure.Layers: params.XLayer, figure.Conditions: params.XCondition, figure.Values: params.XValue,
		figure.Steps:         params.XStep,
		figure.AgainstMetric: params.AgainstMetric, figure.AgainstCondition: params.AgainstCondition,
	} {
		if string(kind) != string(want) {
			t.Errorf("%q is %q in the parameters", kind, want)
		}
	}
}
