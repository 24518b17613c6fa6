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
)

var update = flag.Bool("update", false, "write the figures' descriptions anew")

// TestGoldenFigures holds every figure of the project to what it was, as data: caption, note, axes, looks, marker lines, some of the
// numbers, and a digest of all of them. The numbers are made up, and the same on every machine.
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

// describe writes everything that a figure says and, of its numbers, the first and the last of each series and a digest.
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
				fmt.Fprintf(&b, "    rule %v at %s (%s, %s; %d) %q %s %s\n", r.Kind, short(r.At), short(r.Lo), short(r.Hi), r.N, r.Label, r.Role, r.Dash)
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
		s.Label, s.Role, role.Color, role.Dash, role.Marker, s.Hollow, s.Marks, s.Alpha, len(s.X), value(0), value(len(s.X)-1), len(s.Runs), h.Sum(nil))
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// madeUp makes up what the runs of a figure have, and summarises it as the aggregate stage does. Curves rise or fall; one run in fifty
// has a number that is none.
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
	for epoch := 1; epoch <= r.Epochs; epoch++ {
		values := map[string][]float64{}
		missing := map[string][]string{}
		for _, seed := range r.Seeds {
			row := measures.Row{Epoch: epoch, Layer: layer}
			for name, field := range map[string]*float64{
				"accuracy": &row.Accuracy, "sparsity": &row.Sparsity, "selectivity": &row.Selectivity, "selectivity_std": &row.SelectivityStd,
				"sparsity_std": &row.SparsityStd, "train_loss": &row.TrainLoss, "test_loss": &row.TestLoss,
			} {
				start, end := share(experiment, condition, r.Optimizer, layer, name, "start"), share(experiment, condition, r.Optimizer, layer, name, "end")
				e := float64(epoch)
				*field = start + float64((end-start)*(e/(e+3))) + float64(0.1*(share(experiment, condition, r.Optimizer, layer, name, fmt.Sprint(seed))-0.5))
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

// share is a number from 0.05 to 0.95 that stands for texts.
func share(texts ...string) float64 {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return 0.05 + float64(0.9*(float64(sum[0])*256+float64(sum[1]))/65536)
}
