package figure

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"sparsel/analysis/chart"
	"sparsel/artifacts/measures"
)

// early adds to a study the numbers of an untrained network and those after 30
// steps. start is how much more sparse Adam's untrained networks are than SGD's.
func (n numbers) early(start float64) {
	clear(n.measured)
	for _, optimizer := range []string{"SGD", "Adam"} {
		for k, seed := range threeSeeds {
			v := float64(k-1) / 50
			if optimizer == "Adam" {
				v += start
			}
			n.add("e", Numbers{Runs: []Run{{"c", optimizer, seed, []measures.Row{
				{Layer: "all", Accuracy: 0.1, Sparsity: 0.02 + v},
				{Layer: "all", Step: 30, Accuracy: 0.1, Sparsity: 0.05 + v},
				{Layer: "all", Epoch: 1, Step: 1200, Accuracy: 0.25 + v, Sparsity: 0.25 + v},
				{Layer: "all", Epoch: 2, Step: 2400, Accuracy: 0.5 + v, Sparsity: 0.5 + v},
				{Layer: "all", Epoch: 3, Step: 3600, Accuracy: 0.75 + v, Sparsity: 0.75 + v},
			}}}})
		}
	}
}

// A figure over steps begins within the first epoch. What the networks were
// before has no place on a logarithmic axis and is a line, which networks that
// start alike share.
func TestSteps(t *testing.T) {
	p, n := baseline()
	n.early(0)
	p.X, p.Epoch = X{Kind: Steps}, 2
	if !p.NeedsRuns() {
		t.Error("the numbers of the steps are in no summary")
	}
	f := describe(t, p, n)
	panel := f.Rows[0].Panels[1]
	if s := panel.Series[1]; fmt.Sprintf("%.2f %.2f %v", s.X, s.Y, s.N) != "[30.00 1200.00 2400.00] [0.05 0.25 0.50] [3 3 3]" ||
		math.Abs(s.Hi[0]-s.Y[0]-math.Sqrt(0.0008/3/3)) > 1e-12 || s.Hi[2] != 0.5+0.01 {
		t.Errorf("series %+v", s)
	}
	if panel.X.Scale != chart.Log || panel.X.Label != "step of training" {
		t.Errorf("axis %+v", panel.X)
	}
	if r := panel.Rules; len(r) != 1 || math.Abs(r[0].At-0.02) > 1e-12 || r[0].Role != "" || r[0].Name != "SGD; Adam" || r[0].N != 3 || r[0].Label != "before training" {
		t.Errorf("rules %+v", r)
	}
	for _, words := range []string{"over the steps of training, by optimizer", "at some steps within the first epoch and after each of 2 epochs",
		"are the same networks before their first step"} {
		if !strings.Contains(f.Caption, words) {
			t.Errorf("caption %q does not say %q", f.Caption, words)
		}
	}

	n.early(0.1)
	f = describe(t, p, n)
	r := f.Rows[0].Panels[1].Rules
	contains(t, f.Caption, []string{"before their first step: 0.02 (SGD) and 0.12 (Adam) in panel b."})
	if len(r) != 2 || r[0].Role == r[1].Role || r[0].Name != "SGD" || r[1].Name != "Adam" || math.Abs(r[1].At-0.12) > 1e-12 {
		t.Errorf("rules of different starts %+v", r)
	}

	delete(n.rows, row{"e", "c", "SGD", "all", moment{0, 30}, 100})
	f = describe(t, p, n)
	if s := f.Rows[0].Panels[1].Series[0]; fmt.Sprint(s.N, s.Expected) != "[2 3 3] [3 3 3]" || !strings.Contains(f.Caption, "seed 100") {
		t.Errorf("a run without a step: %+v, %q", s, f.Caption)
	}
}

// Networks of a single run have no interval, and share a line if they start
// alike. Where an epoch has too few updates for steps within it, the caption
// does not speak of any.
func TestStepsOfOneRun(t *testing.T) {
	p, n := baseline()
	n.early(0)
	p.X, p.Epoch = X{Kind: Steps}, 2
	for i := range p.Sources[0].Entries[0].Conditions[0].Runs {
		p.Sources[0].Entries[0].Conditions[0].Runs[i].Seeds = threeSeeds[:1]
	}
	for c, list := range n.measured {
		n.measured[c] = slices.DeleteFunc(list, func(m moment) bool { return m.step == 30 })
	}
	f := describe(t, p, n)
	if r := f.Rows[0].Panels[1].Rules; len(r) != 1 || r[0].Name != "SGD; Adam" || !math.IsNaN(r[0].Lo) {
		t.Errorf("rules %+v", r)
	}
	contains(t, f.Caption, []string{"condition c; after each of 2 epochs."}, "at some steps", "first step:")
}

func TestTrySteps(t *testing.T) {
	p, _ := baseline()
	p.X, p.Epoch = X{Kind: Steps}, 30
	if key, err := Try(p); err != nil {
		t.Errorf("%s: %v", key, err)
	}
	p.Sources[0].Entries[0].Label, p.Lines = beforeTraining, []string{"condition"}
	p.Sources[0].Optimizers, p.Columns = p.Sources[0].Optimizers[:1], "metric"
	p.Sources[0].Entries = append(p.Sources[0].Entries, Entry{Label: "other", Conditions: []Condition{condition("d", 0)}})
	if key, err := Try(p); err == nil || key != "names" || !strings.Contains(err.Error(), `the line "before training" another name`) {
		t.Errorf("a line that is called like a marker line: %q, %v", key, err)
	}
}

// A figure none of whose runs has numbers is drawn all the same.
func TestStepsOfFailedRuns(t *testing.T) {
	p, n := baseline()
	p.X = X{Kind: Steps}
	clear(n.measured)
	clear(n.rows)
	if f := describe(t, p, n); len(f.Rows[0].Panels[0].Series) != 2 || !strings.Contains(f.Caption, "issing, because they failed: SGD") {
		t.Errorf("series %+v, %q", f.Rows[0].Panels[0].Series, f.Caption)
	}
}

// Within the first epoch runs differ in when they learn, which is no second
// mode.
func TestStepsHaveNoModes(t *testing.T) {
	for _, epoch := range []int{0, 1} {
		p, n := baseline()
		p.X, p.Epoch = X{Kind: Steps}, 1
		c := &p.Sources[0].Entries[0].Conditions[0]
		for i := range c.Runs {
			c.Runs[i].Seeds = nil
		}
		clear(n.measured)
		for seed := uint32(1); seed <= 6; seed++ {
			for i := range c.Runs {
				c.Runs[i].Seeds = append(c.Runs[i].Seeds, seed)
				rows := []measures.Row{
					{Layer: "all", Accuracy: 0.1}, {Layer: "all", Step: 30, Accuracy: 0.1}, {Layer: "all", Epoch: 1, Step: 1200, Accuracy: 0.9},
				}
				if seed == 1 {
					rows[1+epoch].Accuracy = 1 - rows[1+epoch].Accuracy
				}
				n.add("e", Numbers{Runs: []Run{{"c", c.Runs[i].Optimizer, seed, rows}}})
			}
		}
		f := describe(t, p, n)
		if banded := len(f.Rows[0].Panels[0].Series[0].Lo) > 0; banded != (epoch == 0) {
			t.Errorf("one run is apart at epoch %d: band %v, caption %q", epoch, banded, f.Caption)
		}
	}
}
