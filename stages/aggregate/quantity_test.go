package aggregate

import (
	"testing"

	"sparsel/artifacts/measures"
	"sparsel/stages/quantity"
)

// Every metric that figures and tables may show is aggregated, in exactly one
// of the two files.
func TestEveryQuantityIsAggregated(t *testing.T) {
	u := Use{Condition: "c", Optimizer: "SGD", Seed: 1, Epochs: 3, Layers: 1}
	var row measures.Row
	found := map[string]int{}
	for _, further := range []bool{false, true} {
		for _, v := range u.values(row, further) {
			found[v.Metric]++
		}
	}
	for _, d := range []int{len(design([]Use{u})[0].Metrics), len(furtherDesign([]Use{u}, 3)[0].Metrics)} {
		if d == 0 {
			t.Error("a file of summaries has no metric")
		}
	}
	for _, m := range quantity.All() {
		if found[m.Name] != 1 {
			t.Errorf("%s is aggregated %d times", m.Name, found[m.Name])
		}
		if m.Words == "" || m.Low >= m.High {
			t.Errorf("%+v", m)
		}
	}
}
