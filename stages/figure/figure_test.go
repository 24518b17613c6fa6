package figure

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"sparsel/analysis/chart"
	"sparsel/artifacts/measures"
)

func example() (Params, []measures.Summary) {
	p := Params{
		ID: "5.1", Kind: "epochs", Experiment: "e", Condition: "c", Error: "se_population", Optimizers: []string{"SGD", "Adam"},
		Panels: []Panel{{Metric: "accuracy", Label: "accuracy"}, {Metric: "sparsity", Label: "sparsity", Min: 0, Max: 0.8}},
		Style:  chart.DefaultStyle(),
	}
	var s []measures.Summary
	for _, metric := range []string{"accuracy", "sparsity", "test_loss"} {
		for _, optimizer := range p.Optimizers {
			for epoch := 3; epoch >= 1; epoch-- {
				s = append(s, measures.Summary{
					Condition: "c", Optimizer: optimizer, Layer: "all", Metric: metric, Epoch: epoch, N: 3, Expected: 3,
					Mean: float64(epoch) / 4, SE: 0.02, SEPopulation: 0.01,
				})
			}
		}
	}
	return p, s
}

func TestEpochsFigure(t *testing.T) {
	p, summaries := example()
	f, err := p.epochs(summaries)
	if err != nil {
		t.Fatal(err)
	}
	panels := f.Rows[0].Panels
	if len(panels) != 2 || len(panels[0].Series) != 2 || panels[1].Y.Max != 0.8 {
		t.Fatalf("got %+v", panels)
	}
	s := panels[0].Series[1]
	if fmt.Sprint(s.X) != "[1 2 3]" || fmt.Sprint(s.Y) != "[0.25 0.5 0.75]" || s.Lo[0] != 0.25-0.01 || s.Hi[2] != 0.75+0.01 || s.Label != "Adam" {
		t.Errorf("series %+v", s)
	}
	if f.Note != "mean ± SE (deviation over n), n = 3" {
		t.Errorf("note %q", f.Note)
	}
	if _, err := chart.Render(f, p.Style, "svg"); err != nil {
		t.Error(err)
	}
	p.Error = "se"
	if f, err = p.epochs(summaries); err != nil || f.Rows[0].Panels[0].Series[0].Hi[0] != 0.25+0.02 || f.Note != "mean ± SE, n = 3" {
		t.Errorf("sample error: %v, %+v, note %q", err, f.Rows[0].Panels[0].Series[0], f.Note)
	}
}

// What a figure is not over, it says.
func TestGapsAreNamed(t *testing.T) {
	p, summaries := example()
	for i := range summaries {
		s := &summaries[i]
		if s.Optimizer == "SGD" && s.Metric == "sparsity" && s.Epoch == 2 {
			s.N, s.Mean, s.SEPopulation, s.Missing, s.NonFinite = 0, math.NaN(), math.NaN(), "seed 1234", "seed 1;seed 100"
		}
	}
	f, err := p.epochs(summaries)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"n = 0 to 3", "SGD seed 1234 missing", "SGD seed 1 not finite", "SGD seed 100 not finite"} {
		if !strings.Contains(f.Note, want) {
			t.Errorf("the note %q lacks %q", f.Note, want)
		}
	}
	if !strings.Contains(f.Caption, "without SGD seed 1234 missing") {
		t.Errorf("caption %q", f.Caption)
	}
	if _, err := chart.Render(f, p.Style, "svg"); err != nil {
		t.Errorf("a gap can't be drawn: %v", err)
	}
	p.Condition = "other"
	if _, err := p.epochs(summaries); err == nil || !strings.Contains(err.Error(), "no accuracy of SGD in experiment e, condition other") {
		t.Errorf("a condition that has no numbers: %v", err)
	}
}

func TestEpochTicks(t *testing.T) {
	for last, want := range map[int]string{
		1: "[1]", 5: "[1 2 3 4 5]", 30: "[1 5 10 15 20 25 30]", 50: "[1 10 20 30 40 50]", 100: "[1 20 40 60 80 100]",
	} {
		axis := epochAxis([]measures.Summary{{Epoch: last}, {Epoch: 1}})
		if got := fmt.Sprint(axis.Ticks); got != want {
			t.Errorf("%d epochs have ticks %s, want %s", last, got, want)
		}
	}
}
