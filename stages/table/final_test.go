package table

import (
	"math"
	"slices"
	"strings"
	"testing"

	"sparsel/analysis/tabulate"
	"sparsel/artifacts/measures"
)

func TestFinalTable(t *testing.T) {
	p := FinalParams{
		ID: "x", Experiment: "e", Error: "se_population", Metrics: []string{"accuracy", "sparsity"},
		Rows:  []Row{{"SGD", "long", "1", "all"}, {"SGD", "a|b_c", "2", "all"}, {"Adam", "a|b_c", "2", "all"}},
		Epoch: 2, Unequal: true, Parameter: "batch", Mark: "reduced: 2 epochs",
	}
	row := func(condition, optimizer, metric string, epoch, n int, mean float64) measures.Summary {
		return measures.Summary{
			Condition: condition, Optimizer: optimizer, Layer: "all", Metric: metric, Epoch: epoch, N: n, Expected: 3,
			Mean: mean, SE: 0.02, SEPopulation: 0.01,
		}
	}
	missing := row("a|b_c", "SGD", "sparsity", 2, 1, 0.25)
	missing.NonFinite = "seed 1;seed 100"
	nothing := row("a|b_c", "Adam", "sparsity", 2, 0, math.NaN())
	nothing.Missing = "seed 1;seed 100;seed 1234"
	summaries := []measures.Summary{
		row("a|b_c", "Adam", "accuracy", 1, 3, 0.1), row("a|b_c", "Adam", "accuracy", 2, 3, 0.97), nothing,
		row("a|b_c", "SGD", "accuracy", 1, 3, 0.1), row("a|b_c", "SGD", "accuracy", 2, 3, 0.95),
		row("a|b_c", "SGD", "test_loss", 2, 3, 9), missing,
		// One optimizer has a longer training, which is read at the epoch where
		// the shorter one ends.
		row("long", "SGD", "accuracy", 2, 3, 0.5), row("long", "SGD", "accuracy", 3, 3, 0.99), row("long", "SGD", "sparsity", 2, 3, 0.125),
	}
	table, err := p.table(summaries)
	if err != nil {
		t.Fatal(err)
	}
	for format, want := range map[string][]string{
		"md": {
			"After epoch 2, the last that all runs have.", "| optimizer | batch | n | accuracy | sparsity |",
			"| SGD | 1 | 3 | 0.5000 ± 0.0100 | 0.1250 ± 0.0100 |\n| SGD | 2 | 3 | 0.9500 ± 0.0100 | 0.2500 [n = 1] |\n" +
				"| Adam | 2 | 3 | 0.9700 ± 0.0100 | – |", "over the n runs, or over n where a cell has its own.",
			"sparsity not finite: seeds 1, 100", "divisor n,", "reduced: 2 epochs",
		},
		"tex": {`SGD & 2 & 3 & 0.9500 $\pm$ 0.0100 & 0.2500 {[}n = 1{]} \\`, `0.9700 $\pm$ 0.0100 & -- \\`,
			"Adam, a$|$b\\_c: sparsity missing: seeds 1, 100, 1234."},
		"csv":  {"e,a|b_c,SGD,all,2,3,3,0.95,", `"sparsity not finite: seeds 1, 100"`},
		"json": {`"header": [`, `"0.9500 ± 0.0100"`, `"id": "x"`},
	} {
		text, err := tabulate.Render(table, format)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(string(text), w) {
				t.Errorf("%s lacks %q:\n%s", format, w, text)
			}
		}
	}
	for given, want := range map[string]string{"": "Final values of experiment e", "Mine": "Mine"} {
		titled := p
		titled.Title = given
		if table, err := titled.table(summaries); err != nil || table.Title != want {
			t.Errorf("the title %q is %q, %v; want %q", given, table.Title, err, want)
		}
	}
	p.Rows = append(p.Rows, Row{"Adam", "long", "1", "all"})
	if _, err := p.table(summaries); err == nil ||
		!strings.Contains(err.Error(), "experiment e has no accuracy of Adam, condition long, layer all, epoch 2") {
		t.Errorf("a row without values: %v", err)
	}
}

// A metric that the runs of a row cannot have is said not to be defined, with
// the reason, and takes no run from the row's n. Rows and metrics that lack the
// same are named together.
func TestFinalTableUndefined(t *testing.T) {
	p := FinalParams{
		ID: "x", Experiment: "e", Error: "se", Metrics: []string{"accuracy", "sparsity", "gini", "overlap", "forgetting"}, Epoch: 2, ShowLayer: true,
		Rows: []Row{{"SGD", "plain", "plain", "1"}, {"SGD", "plain", "plain", "all"}, {"SGD", "phases", "phases", "all"}, {"Adam", "plain", "plain", "all"}},
	}
	for _, optimizer := range []string{"SGD", "Adam"} {
		for _, metric := range p.Metrics[3:] {
			p.Undefined = append(p.Undefined, Undefined{optimizer, "plain", metric, "it needs phases"})
		}
	}
	p.Undefined = append(p.Undefined, Undefined{"SGD", "phases", "forgetting", "it begins later"})
	var summaries []measures.Summary
	for _, r := range p.Rows {
		for _, metric := range p.Metrics {
			s := measures.Summary{Condition: r.Condition, Optimizer: r.Optimizer, Layer: r.Layer, Metric: metric, Epoch: 2, N: 3, Expected: 3,
				Mean: 0.25, SE: 0.125}
			switch {
			case metric == "forgetting" || r.Condition == "plain" && metric == "overlap":
				s.N, s.Mean, s.NonFinite = 0, math.NaN(), "seed 1;seed 2;seed 10"
			case r.Optimizer == "Adam" && metric != "accuracy":
				s.N, s.NonFinite = 1, "seed 2;seed 10"
			}
			summaries = append(summaries, s)
		}
	}
	table, err := p.table(summaries)
	if err != nil {
		t.Fatal(err)
	}
	const full = "0.2500 ± 0.1250"
	markdown(t, table,
		"| SGD | plain | 1 | 3 | "+full+" | "+full+" | "+full+" | – | – |",
		"| SGD | phases | all | 3 | "+full+" | "+full+" | "+full+" | "+full+" | – |",
		"| Adam | plain | all | 3 | "+full+" | 0.2500 [n = 1] | 0.2500 [n = 1] | – | – |",
	)
	if want := []string{
		"Not defined for SGD, plain; Adam, plain: overlap, forgetting; each needs phases.",
		"Not defined for SGD, phases: forgetting; it begins later.",
		"Adam, plain, layer all: sparsity, gini not finite: seeds 2, 10.",
	}; !slices.Equal(table.Notes, want) {
		t.Errorf("notes\n%s\nwant\n%s", strings.Join(table.Notes, "\n"), strings.Join(want, "\n"))
	}
	for i, name := range table.Data[0] {
		if name == "overlap_n" && (table.Data[1][i+1] != "0" || table.Data[3][i+1] != "3") {
			t.Errorf("of overlap %s and %s runs are expected, want 0 and 3", table.Data[1][i+1], table.Data[3][i+1])
		}
	}
	p.Metrics, p.Rows = p.Metrics[3:], p.Rows[1:2]
	table, err = p.table(summaries)
	if err != nil {
		t.Fatal(err)
	}
	markdown(t, table, "| SGD | plain | all | – | – | – |", "- Not defined for any row: overlap, forgetting; each needs phases.")
}

// What is numbered like epochs need not be one.
func TestAfter(t *testing.T) {
	for _, c := range []struct {
		measurement string
		unequal     bool
		want        string
	}{
		{"", false, "After epoch 2"}, {"", true, "After epoch 2, the last that all runs have"}, {"measurement", false, "After measurement 2"},
		{"epoch or measurement", true, "After epoch or measurement 2, the last that all runs have"},
	} {
		if got := after(c.measurement, 2, c.unequal); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
