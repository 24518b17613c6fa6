package table

import (
	"math"
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
			"| SGD | 1 | 3 | 0.5000 ± 0.0100 | 0.1250 ± 0.0100 |\n| SGD | 2 | 1/3 | 0.9500 ± 0.0100 | 0.2500 |\n" +
				"| Adam | 2 | 0/3 | 0.9700 ± 0.0100 | – |",
			"sparsity not finite: seed 1, seed 100", "divisor n,", "reduced: 2 epochs",
		},
		"tex": {`SGD & 2 & 1/3 & 0.9500 $\pm$ 0.0100 & 0.2500 \\`, `0.9700 $\pm$ 0.0100 & -- \\`,
			"Adam, a$|$b\\_c: sparsity missing: seed 1, seed 100, seed 1234."},
		"csv":  {"e,a|b_c,SGD,all,2,3,3,0.95,", `"sparsity not finite: seed 1, seed 100"`},
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
