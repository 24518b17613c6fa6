package figure

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"sparsel/artifacts/measures"
)

// lack makes a metric NaN for some runs.
func (n numbers) lack(match func(key) bool, seeds ...int) {
	n.change(match, func(s *measures.Summary) {
		var names []string
		for _, seed := range seeds {
			names = append(names, fmt.Sprint("seed ", seed))
		}
		s.N, s.NonFinite = s.Expected-len(seeds), strings.Join(names, ";")
		if s.N == 0 {
			s.Mean = math.NaN()
		}
	})
}

// Metrics are named together only if the same runs lack them, and a run is
// named for the epochs and layers at which it lacks them.
func TestGapsOfEachMetric(t *testing.T) {
	const begin = "a number with no other run is a gap: "
	sgd := func(metric string) func(key) bool {
		return func(k key) bool { return k.optimizer == "SGD" && k.metric == metric }
	}
	p, n := baseline()
	p.X, p.Columns = X{Kind: Conditions}, "metric"
	p.Panels = []Panel{{Metric: "accuracy"}, {Metric: "sparsity"}, {Metric: "selectivity"}}
	n.lack(sgd("accuracy"), 1, 100, 1234)
	n.lack(sgd("sparsity"), 1, 1234)
	n.lack(sgd("selectivity"), 1234, 1, 100)
	contains(t, describe(t, p, n).Caption,
		[]string{begin + "SGD (seeds 1, 100, 1234): accuracy, selectivity; SGD (seeds 1, 1234): sparsity."})

	p, n = baseline()
	n.lack(sgd("sparsity"), 100)
	n.lack(func(k key) bool { return sgd("sparsity")(k) && k.epoch == 2 }, 100, 1)
	contains(t, describe(t, p, n).Caption, []string{begin + "SGD (seed 100; seed 1 at some epochs): sparsity."})

	p, n = baseline()
	p.X, p.Sources[0].Layers, p.Panels = X{Kind: Layers}, 2, p.Panels[1:]
	n.lack(func(k key) bool { return sgd("sparsity")(k) && k.layer == "2" }, 1)
	contains(t, describe(t, p, n).Caption, []string{begin + "SGD, layer 2 (seed 1): sparsity."})
	n.change(sgd("sparsity"), func(s *measures.Summary) { s.NonFinite, s.Missing = "", "seed 1" })
	contains(t, describe(t, p, n).Caption, []string{"because they failed: SGD (seed 1)."})
}

// Places with the same gaps are named together, and those of one optimizer name
// it once.
func TestGapsOfSeveralPlaces(t *testing.T) {
	p, n := conditions(X{Kind: Values, Scale: "log"}, "metric")
	p.Columns = "optimizer"
	n.lack(func(k key) bool { return k.metric == "sparsity" && k.condition != "v=10" }, 1, 100, 1234)
	n.lack(func(k key) bool { return k.optimizer == "Adam" && k.metric == "sparsity" && k.condition == "v=10" }, 1)
	contains(t, describe(t, p, n).Caption, []string{
		"is a gap: SGD, some value 1, some value 100; Adam, some value 1, some value 100 (seeds 1, 100, 1234): sparsity; " +
			"Adam, some value 10 (seed 1): sparsity.",
	})
}

// Before the first phase ends, forgetting is not defined, which is not the same
// as not finite, and no number of runs counts there.
func TestForgettingBegins(t *testing.T) {
	p, n := baseline()
	p.Panels = []Panel{{Metric: "forgetting"}, {Metric: "accuracy * forgetting"}}
	phases := func(first int) {
		for k, r := range n.rows {
			if r.PhaseAccuracy, r.Forgetting = 0.5, 0.25; k.epoch < first {
				r.Forgetting = math.NaN()
			}
			n.rows[k] = r
		}
	}
	phases(2)
	f := describe(t, p, n)
	contains(t, f.Caption, []string{"Means over the seeds (n = 3)", "Forgetting begins when the first phase ends, and is not defined before."},
		"ot finite", "fewer")
	contains(t, f.Note, []string{"n = 3;"}, "fewer", "open")
	if y := f.Rows[0].Panels[0].Series[0].Y; !math.IsNaN(y[0]) || y[1] != 0.25 {
		t.Errorf("forgetting is drawn as %v", y)
	}

	p.X = X{Kind: AgainstMetric, Metric: "accuracy"}
	contains(t, describe(t, p, n).Caption, []string{"Means over the seeds (n = 3)", "and is not defined before."}, "ot finite", "the runs that have both")

	p.X, p.Epoch = X{Kind: Conditions}, 1
	contains(t, describe(t, p, n).Caption, []string{"and is not defined before: SGD; Adam."}, "ot finite")

	// A network without an accuracy on these classes has no forgetting for
	// another reason.
	for k, r := range n.rows {
		r.PhaseAccuracy = math.NaN()
		n.rows[k] = r
	}
	contains(t, describe(t, p, n).Caption, []string{"SGD; Adam (seeds 1, 100, 1234): forgetting, accuracy * forgetting"}, "begins")
}

// The caption and the note speak of bands and open markers only if there are
// any.
func TestBandsAndMarkersThatThereAre(t *testing.T) {
	p, n := baseline()
	p.X = X{Kind: Conditions}
	for i := range p.Sources[0].Entries[0].Conditions[0].Runs {
		p.Sources[0].Entries[0].Conditions[0].Runs[i].Seeds = threeSeeds[:1]
	}
	n.change(func(key) bool { return true }, func(s *measures.Summary) { s.N, s.Expected = 1, 1 })
	n.lack(func(k key) bool { return k.metric == "sparsity" }, 1)
	f := describe(t, p, n)
	contains(t, f.Caption, []string{"At most one run each, so there are no bands."}, "standard error")
	if f.Note != "mean, n = 0 to 1; fewer runs in places, see the caption" {
		t.Errorf("note %q", f.Note)
	}

	p, n = baseline()
	n.lack(func(k key) bool { return k.metric == "sparsity" }, 1, 100)
	n.lack(func(k key) bool { return k.metric == "accuracy" }, 1, 100, 1234)
	contains(t, describe(t, p, n).Caption, []string{"Means over the seeds (n = 0 to 1)"}, "bands", "times as wide")
	contains(t, describe(t, p, n).Note, []string{"mean, n = 0 to 1; open markers: fewer runs"}, "SE")

	p.Panels[1].Min, p.Panels[1].Max = 0.9, 1 // beyond all numbers
	contains(t, describe(t, p, n).Note, []string{"fewer runs in places"}, "open markers")
}
