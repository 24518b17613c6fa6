package table

import (
	"math"
	"strings"
	"testing"

	"sparsel/artifacts/measures"
)

func TestFinalTable(t *testing.T) {
	p := FinalParams{Experiment: "e", Error: "se_population", Metrics: []string{"accuracy", "sparsity"}, Optimizers: []string{"SGD", "Adam"}}
	row := func(optimizer, metric string, epoch, n int, mean float64) measures.Summary {
		return measures.Summary{
			Condition: "a|b_c", Optimizer: optimizer, Layer: "all", Metric: metric, Epoch: epoch, N: n, Expected: 3,
			Mean: mean, SE: 0.02, SEPopulation: 0.01,
		}
	}
	missing := row("SGD", "sparsity", 2, 1, 0.25)
	missing.NonFinite = "seed 1;seed 100"
	nothing := row("Adam", "sparsity", 2, 0, math.NaN())
	nothing.Missing = "seed 1;seed 100;seed 1234"
	rows := finalRows(p, []measures.Summary{
		row("Adam", "accuracy", 1, 3, 0.1), row("Adam", "accuracy", 2, 3, 0.97), nothing,
		row("SGD", "accuracy", 1, 3, 0.1), row("SGD", "accuracy", 2, 3, 0.95), row("SGD", "test_loss", 2, 3, 9), missing,
	})
	if len(rows) != 2 || rows[0].optimizer != "SGD" || rows[0].epoch != 2 {
		t.Fatalf("got %+v, want SGD and Adam after epoch 2", rows)
	}
	for name, want := range map[string][]string{
		"markdown": {`| a\|b_c | SGD | 2 | 1/3 | 0.9500 ± 0.0100 | 0.2500 |`, `| Adam | 2 | 0/3 | 0.9700 ± 0.0100 | – |`, "sparsity not finite: seed 1;seed 100", "divisor n,"},
		"latex":    {`a|b\_c & SGD & 2 & 1/3 & $0.9500 \pm 0.0100$ & $0.2500$ \\`, `$-$ \\`, "% a|b_c, Adam: sparsity missing: seed 1;seed 100;seed 1234"},
		"csv":      {"e,a|b_c,SGD,2,3,3,0.95,", "sparsity not finite: seed 1;seed 100"},
	} {
		render := map[string]func(FinalParams, []finalRow) (string, error){"markdown": renderMarkdown, "latex": renderLaTeX, "csv": renderCSV}[name]
		text, err := render(p, rows)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s lacks %q:\n%s", name, w, text)
			}
		}
	}
}
