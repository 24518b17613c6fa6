package aggregate

import (
	"testing"

	"sparsel/artifacts/measures"
	"sparsel/stages/quantity"
)

// What figures and tables may show is what is aggregated, and the same number of a run.
func TestEveryQuantityIsAggregated(t *testing.T) {
	row := measures.Row{Accuracy: 1, TrainLoss: 2, TestLoss: 3, Sparsity: 4, Selectivity: 5, SelectivityStd: 6, SparsityStd: 7}
	of := map[string]float64{}
	for _, m := range metrics {
		of[m.name] = m.value(row)
	}
	for _, m := range quantity.All() {
		if v, ok := of[m.Name]; !ok || v != m.Value(row) {
			t.Errorf("%s is %v in summaries and %v in figures", m.Name, v, m.Value(row))
		}
		delete(of, m.Name)
		if m.Words == "" || m.Low >= m.High {
			t.Errorf("%+v", m)
		}
	}
	if len(of) > 0 {
		t.Errorf("aggregated, and nowhere to be shown: %v", of)
	}
}
