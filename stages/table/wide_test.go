package table

import (
	"math"
	"slices"
	"strings"
	"testing"

	"sparsel/artifacts/measures"
)

// wideRow returns a row with the given accuracy and Gini index.
func wideRow(condition string, seed uint32, epoch int, accuracy, gini float64) measures.WideRow {
	r := measures.WideRow{TidyRow: measures.TidyRow{
		Experiment: "e", Condition: condition, Optimizer: "SGD", Seed: seed, Layer: "all", Epoch: epoch, Accuracy: measures.Recorded(accuracy),
		Split: "test",
	}, Further: make([]measures.Number, len(measures.Further))}
	r.Further[0] = measures.Recorded(gini)
	return r
}

func TestKendallTable(t *testing.T) {
	p := KendallParams{ID: "k", Title: "Title", Experiments: []string{"e"}, Metrics: []string{"accuracy", "gini", "sparsity"}}
	var rows []measures.WideRow
	for seed, sign := range []float64{1, 1, -1} {
		for i, condition := range []string{"a", "b", "c"} {
			rows = append(rows, wideRow(condition, uint32(seed), 2, float64(i)/10, sign*float64(i)), wideRow(condition, uint32(seed), 1, 0.9, 0.5))
		}
	}
	if err := TryRuns(p, map[string][]measures.WideRow{"e": rows}); err != nil {
		t.Fatal(err)
	}
	table := p.table(map[string][]measures.WideRow{"e": rows})
	if got := table.Rows[1]; !slices.Equal(got, []string{"gini", "0.33", "", ""}) { // 1, 1 and −1
		t.Errorf("row %q", got)
	}
	if got := table.Rows[2][1]; got != "–" { // no run has a sparsity
		t.Errorf("sparsity and accuracy: %q", got)
	}
}

func TestEffectsTable(t *testing.T) {
	p := EffectsParams{
		ID: "x", Title: "Title", Experiment: "e", Metrics: []string{"accuracy"},
		Factors: []Factor{{"batch", "50", "1", []string{"b", "bw"}}, {"width", "256", "768", []string{"w", "bw"}}},
	}
	var rows []measures.WideRow
	for seed := range uint32(4) {
		level := float64(seed) / 100
		// The batch has an effect of 0.2, the width one of 0.1, and their
		// interaction is 0.04.
		rows = append(rows, wideRow("none", seed, 1, 0.3+level, 0), wideRow("b", seed, 1, 0.46+level, 0),
			wideRow("w", seed, 1, 0.36+level, 0), wideRow("bw", seed, 1, 0.60+level, 0))
	}
	table, err := p.table(map[string][]measures.WideRow{"e": rows})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"batch 4 0.200", "width 4 0.100", "batch × width 4 0.040"} {
		if got := strings.Join(table.Rows[i], " "); !strings.HasPrefix(got, want) {
			t.Errorf("row %q, want %q", got, want)
		}
	}
	// A seed is left out if it lacks a condition, or if the number of one is
	// not finite.
	rows[0].Accuracy.Value = math.NaN()
	if table, _ = p.table(map[string][]measures.WideRow{"e": rows[:len(rows)-1]}); table.Rows[0][1] != "2" {
		t.Errorf("effects over %s seeds", table.Rows[0][1])
	}
}
