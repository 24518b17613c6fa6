package table

import (
	"math"
	"strings"
	"testing"

	"sparsel/artifacts/measures"
)

// TestCompare places our mean around a printed number.
func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name     string
		mean, se float64
		n        int
		text     string
		want     agreement
		distance float64
	}{
		{"equal", 0.981, 0.001, 3, "0.981", within, 0},
		{"almost two errors above", 0.98299, 0.001, 3, "0.981", within, 1.99},
		{"more below", 0.978, 0.001, 3, "0.981", apart, -3},
		{"more above", 0.9845, 0.001, 3, "0.981", apart, 3.5},
		{"cut off", 0.98199, 0.0003, 3, "0.981", asPrinted, 3.3},
		{"rounded up", 0.98051, 0.0002, 3, "0.981", asPrinted, -2.45},
		{"too far for rounding up", 0.98009, 0.0002, 3, "0.981", apart, -4.55},
		{"trailing zero counts", 0.4309, 0.0002, 3, "0.430", asPrinted, 4.5},
		{"left out", 0.1, 0.01, 3, "", unprinted, math.NaN()},
		{"one run", 0.98, math.NaN(), 1, "0.981", unknown, math.NaN()},
		{"no spread", 0.98, 0, 3, "0.981", unknown, math.NaN()},
	} {
		distance, got := compare(measures.Summary{Mean: c.mean, SE: c.se, N: c.n}, "se", c.text)
		if got != c.want || math.Abs(distance-c.distance) > 1e-9 || math.IsNaN(distance) != math.IsNaN(c.distance) {
			t.Errorf("%s: %v at %v, want %v at %v", c.name, got, distance, c.want, c.distance)
		}
	}
	if distance, _ := compare(measures.Summary{Mean: 0.983, SE: 9, SEPopulation: 0.001, N: 3}, "se_population",
		"0.981"); math.Abs(distance-2) > 1e-9 {
		t.Errorf("the study's error gives %v", distance)
	}
}

// TestPrintedNumbers checks the ranges of the 54 numbers and that they are in
// the 18 rows of the thesis.
func TestPrintedNumbers(t *testing.T) {
	rows := map[string]int{"SGD": 4, "Adagrad": 4, "Adadelta": 5, "Adam": 5}
	for optimizer, n := range rows {
		if len(printed[optimizer]) != n {
			t.Errorf("%s has %d rows, want %d", optimizer, len(printed[optimizer]), n)
		}
		for depth, row := range printed[optimizer] {
			for i, text := range row {
				_, a := compare(measures.Summary{Mean: 0.5, SE: 0.3, N: 3}, "se", text)
				if a != within || len(text) < 5 {
					t.Errorf("%s %d, %s: %q", optimizer, depth, printedMetrics[i], text)
				}
			}
		}
	}
	if len(printed) != len(rows) {
		t.Errorf("optimizers %v", printed)
	}
}

func TestPrintedTable(t *testing.T) {
	p := PrintedParams{
		ID: "5.3", Title: "Title", Experiment: "e", Error: "se", Mark: "reduced", Epoch: 2,
		Depths: []Depth{{"SGD", "1HL", 1}, {"SGD", "5HL", 5}, {"Adam", "1HL", 1}}, Notes: []string{"A note."},
	}
	var summaries []measures.Summary
	put := func(condition, optimizer string, values ...float64) {
		for i, m := range printedMetrics {
			for epoch := 1; epoch <= 2; epoch++ {
				summaries = append(summaries, measures.Summary{
					Condition: condition, Optimizer: optimizer, Layer: "all", Metric: m, Epoch: epoch, N: 3, Expected: 3,
					Mean: values[i] * float64(epoch) / 2, SE: 0.001, SEPopulation: 0.0008,
				})
			}
		}
	}
	put("1HL", "SGD", 0.9765, 0.2500, 0.3279)
	put("5HL", "SGD", 0.1099, 0.0076, 0.0072)
	put("1HL", "Adam", 0.9811, 0.315, 0.392)
	table, err := p.table(summaries)
	if err != nil {
		t.Fatal(err)
	}
	markdown(t, table,
		"After epoch 2, over all hidden layers.",
		"| SGD | 1 | 3 | 0.9765 ± 0.0010 | 0.9765 | +0.0 | 0.2500 ± 0.0010 | 0.238 | +12.0 | 0.3279 ± 0.0010 | 0.3279 | +0.0 | "+
			"sparsity: differs |",
		"| SGD | 5 | 3 | 0.1099 ± 0.0010 | – | – | 0.0076 ± 0.0010 | – | – | 0.0072 ± 0.0010 | – | – | not in the thesis |",
		"| Adam | 1 | 3 | 0.9811 ± 0.0010 | 0.981 | +0.1 |", "| agrees |",
		"Of 6 printed numbers 5 are within 2 standard errors, 0 more are when what stands there is taken for a number rounded or cut "+
			"off, 1 is not.",
		"- A note.\n- reduced\n",
	)
	if _, err := p.table(summaries[:2]); err == nil ||
		!strings.Contains(err.Error(), "has no sparsity of SGD, condition 1HL, layer all, epoch 2") {
		t.Errorf("a metric is missing: %v", err)
	}
}
