package figure

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sparsel/analysis/chart"
	"sparsel/artifacts/measures"
)

// Six to twelve runs are shown one by one, without a band, if some of them
// learn and some stay at chance, and only in the lines that have such runs.
func TestTwoModesShowEachSeed(t *testing.T) {
	figure := func(count int, accuracy func(optimizer string, seed uint32) float64) (Params, numbers) {
		p, n := baseline()
		p.Epoch, p.Panels = 2, []Panel{{Metric: "accuracy"}, {Metric: "sparsity"}}
		var list []uint32
		for i := range count {
			list = append(list, uint32(i+1))
		}
		for i := range p.Sources[0].Entries[0].Conditions[0].Runs {
			p.Sources[0].Entries[0].Conditions[0].Runs[i].Seeds = list
		}
		var made Numbers
		for _, optimizer := range []string{"SGD", "Adam"} {
			for _, seed := range list {
				run := Run{"c", optimizer, seed, nil}
				for epoch := 1; epoch <= 2; epoch++ {
					run.Rows = append(run.Rows,
						measures.Row{Epoch: epoch, Layer: "all", Accuracy: accuracy(optimizer, seed), Sparsity: float64(seed) / 100})
				}
				made.Runs = append(made.Runs, run)
			}
		}
		n.add("e", made)
		return p, n
	}
	modes := func(optimizer string, seed uint32) float64 {
		if optimizer == "SGD" && seed <= 3 {
			return 0.11
		}
		return 0.9
	}
	p, n := figure(6, modes)
	needed := 0
	p.EachRun(func(_, _, _ string, _ uint32) { needed++ })
	f := describe(t, p, n)
	if needed != 12 || len(f.Rows[0].Panels) != 2 {
		t.Fatalf("%d runs are asked for, want 12", needed)
	}
	for i, panel := range f.Rows[0].Panels {
		sgd, adam := panel.Series[0], panel.Series[1]
		if len(sgd.Runs) != 6 || len(sgd.Lo) != 0 || len(adam.Runs) != 0 || len(adam.Lo) != 2 {
			t.Errorf("panel %d: SGD has %d runs and %d ends of bands, Adam %d and %d; want 6, 0, 0 and 2",
				i, len(sgd.Runs), len(sgd.Lo), len(adam.Runs), len(adam.Lo))
		}
	}
	p.Classes = 100 // of which chance gets far less right than a fifth
	if f := describe(t, p, n); strings.Contains(f.Caption, "chance") || len(f.Rows[0].Panels[0].Series[0].Lo) != 2 {
		t.Errorf("the limits for ten classes hold for a hundred: %s", f.Caption)
	}
	p.Classes = 0
	if got := fmt.Sprint(f.Rows[0].Panels[0].Series[0].Runs[2].Y, f.Rows[0].Panels[0].Series[0].Runs[3].Y); got != "[0.11 0.11] [0.9 0.9]" {
		t.Errorf("seeds 3 and 4 are drawn at %s", got)
	}
	contains(t, f.Caption, []string{"bands one standard error", "(accuracy above 0.5) while others stay near chance (below 0.2) have no band"})
	if !strings.Contains(f.Note, "dots without a band: each seed, where some learn and some do not") {
		t.Errorf("note %q", f.Note)
	}
	// A number of few runs on a line without a band is not behind a band.
	few, m := figure(6, modes)
	m.change(func(key) bool { return true }, func(s *measures.Summary) { s.N, s.Expected, s.SEPopulation = 6, 6, 0.01 })
	m.lack(func(k key) bool { return k.optimizer == "SGD" && k.epoch == 2 && k.metric == "sparsity" }, 3, 4, 5, 6)
	contains(t, describe(t, few, m).Caption, []string{"is 2.8 times as wide"}) // t(0.975, 5)·√(6/5)
	// Of bands over different numbers of runs, each has its own factor.
	m.lack(func(k key) bool { return k.optimizer == "Adam" && k.epoch == 2 && k.metric == "sparsity" }, 4, 5, 6)
	f = describe(t, few, m)
	contains(t, f.Caption, []string{"is 2.8 to 5.3 times as wide"}) // t(0.975, 2)·√(3/2)
	contains(t, f.Note, []string{"95 % intervals are 2.8 to 5.3 × as wide"})
	// If every line is such, there are no bands to explain.
	p.Sources[0].Optimizers = p.Sources[0].Optimizers[:1]
	contains(t, describe(t, p, n).Caption, []string{"have no band"}, "bands", "times as wide")

	for _, c := range []struct {
		count    int
		accuracy func(string, uint32) float64
	}{
		{6, func(string, uint32) float64 { return 0.9 }}, {13, modes},
		{6, func(_ string, seed uint32) float64 { return 0.1 + float64(seed)*0.06 }}, // none has learnt
	} {
		p, n := figure(c.count, c.accuracy)
		f := describe(t, p, n)
		if s := f.Rows[0].Panels[0].Series; slices.ContainsFunc(s, func(s chart.Series) bool { return len(s.Runs) > 0 || len(s.Lo) == 0 }) {
			t.Errorf("%d runs: series %+v", c.count, s)
		}
		contains(t, f.Caption, []string{"bands"}, "chance")
	}
}
