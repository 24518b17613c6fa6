package agreement

import (
	"math"
	"slices"
	"strings"
	"testing"

	"sparsel/artifacts/measures"
)

func tidyRow(epoch int, accuracy, sparsity float64) measures.TidyRow {
	return measures.TidyRow{
		Experiment: "e", Condition: "lr=0.1", Optimizer: "SGD", Seed: 1, Layer: "all", Epoch: epoch, Split: "test",
		Accuracy: measures.Recorded(accuracy), Sparsity: measures.Recorded(sparsity),
		ParamName: "learning_rate", ParamValue: measures.Recorded(0.1),
	}
}

func TestAgreement(t *testing.T) {
	recorded := []measures.TidyRow{
		tidyRow(1, 0.9, 0.2), tidyRow(2, 0.91, 0.3), tidyRow(3, 0.92, math.NaN()), tidyRow(4, 0.93, math.NaN()), tidyRow(5, 0.94, 0.4),
	}
	recorded[0].Condition = "lr=0.10"                    // another spelling of the same value
	recorded[1].ParamValue.Value = 0.1 * (1 + 1e-15)     // differs in the last bit
	recorded[4].SelectivityAvg = measures.Recorded(0.25) // ours lacks it
	ours := []measures.TidyRow{
		tidyRow(1, 0.9, 0.2+5e-8), tidyRow(2, 0.9102, 0.3+3e-6), tidyRow(3, 0.92, math.NaN()), tidyRow(4, 0.93, 0.5),
	}
	list := Compare(ours, recorded)
	// The listing shows the second spelling as a condition of its own, as
	// recorded.
	if len(list) != 2 {
		t.Fatalf("got %d lines, want 2", len(list))
	}
	a, b := list[0], list[1]
	if a.Rows != 1 || a.accuracy.equal != 1 || a.sparsity.equal != 1 || a.accuracy.firstEpoch != 0 {
		t.Errorf("first: %+v", a)
	}
	if b.Rows != 3 || b.missing != 1 {
		t.Errorf("%d rows and %d missing, want 3 and 1", b.Rows, b.missing)
	}
	if b.accuracy.equal != 2 || b.accuracy.firstEpoch != 2 || math.Abs(b.accuracy.largest-2e-4) > 1e-12 {
		t.Errorf("accuracy: %+v", b.accuracy)
	}
	if b.sparsity.equal != 1 || b.sparsity.unlike != 1 || math.Abs(b.sparsity.largest-3e-6) > 1e-12 {
		t.Errorf("sparsity: %+v", b.sparsity)
	}
	if b.selectivity.compared != 0 {
		t.Errorf("selectivity was compared %d times, neither side records it twice", b.selectivity.compared)
	}
	var text strings.Builder
	if err := Print(&text, list); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2 of 3", "epoch 2", "2.0e-04",
		"e           2      1                     1                 0              5.0e-08", "4 recorded rows compared, 1 left out",
		"1 numbers finite on one side only"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the listing lacks %q:\n%s", want, text.String())
		}
	}
}

func TestVerdicts(t *testing.T) {
	line := func(experiment string, firstEpoch int, largest float64, unlike int) Line {
		return Line{experiment: experiment, Rows: 1, accuracy: deviation{firstEpoch: firstEpoch, largest: largest, unlike: unlike}}
	}
	var text strings.Builder
	err := printVerdicts(&text, []Line{
		line("a", 0, 0, 0), line("b", 1, 1e-3, 0), line("a", 2, 1.1e-3, 0), line("b", 3, 0, 1), {experiment: "c", missing: 3},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for _, l := range strings.Split(strings.TrimSpace(text.String()), "\n")[1:] {
		got = append(got, strings.Fields(l))
	}
	want := [][]string{{"a", "2", "1", "0", "1", "0.0e+00"}, {"b", "2", "0", "1", "1"}}
	if !slices.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Errorf("got %q, want %q", got, want)
	}
}
