package units

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"sparsel/analysis/chart"
	"sparsel/artifacts/runs"
)

// record returns two epochs and an early point of one layer with four units and
// two classes. Units 0 and 1 respond to one class each, 2 to both alike, 3 to
// none.
func record() []runs.Epoch {
	layer := runs.Layer{
		Units: 4, Activation: "sigmoid", ClassSums: []float64{9, 0, 5, 0, 0, 9, 5, 0}, ClassCounts: []int64{10, 10}, Squares: make([]float64, 4),
		Least: make([]float32, 4), Most: []float32{1, 1, 1, 0}, Thresholds: thresholds, Below: make([]int64, 4*len(thresholds)), Samples: 20,
	}
	untrained := layer
	untrained.ClassSums = []float64{5, 5, 5, 5, 5, 5, 5, 5}
	return []runs.Epoch{
		{Layers: []runs.Layer{untrained}}, {Step: 10, Layers: []runs.Layer{layer}},
		{Epoch: 1, Layers: []runs.Layer{untrained}}, {Epoch: 2, Layers: []runs.Layer{layer}},
	}
}

func params(kind string) Params {
	return Params{
		ID: "u", Title: "Units?", Kind: kind, Layer: 1, Epoch: 2, Style: chart.DefaultStyle(),
		Rows: [][]Network{{{Title: "SGD", Input: "a", Epsilon: 0}, {Title: "Adam", Input: "b", Epsilon: 1e-7}}},
	}
}

func TestHistogramOverEpochs(t *testing.T) {
	f, err := params(Epochs).describe(func(Network) ([]runs.Epoch, error) { return record(), nil })
	if err != nil {
		t.Fatal(err)
	}
	h := f.Rows[0].Panels[0].Heat
	top := len(h.Values) - 1
	// For the untrained network and after epoch 1 all units are at 0. After
	// epoch 2 two are at 1 and one is at 0. 0/0 is nowhere.
	if got := []float64{h.Values[0][0], h.Values[0][1], h.Values[0][2], h.Values[top][2]}; got[0] != 1 || got[1] != 1 ||
		got[2] != 0.25 || got[3] != 0.5 {
		t.Errorf("shares %v", got)
	}
	if h := f.Rows[0].Panels[1].Heat; h.Values[0][2] != 0.5 { // with a safeguard a silent unit has a selectivity of 0
		t.Errorf("share %v with a safeguard", h.Values[0][2])
	}
	if len(h.Values[0]) != 3 {
		t.Errorf("%d epochs, want 0 to 2: early points are none", len(h.Values[0]))
	}
}

func TestClassesAndActivity(t *testing.T) {
	read := func(Network) ([]runs.Epoch, error) { return record(), nil }
	f, err := params(Classes).describe(read)
	if err != nil {
		t.Fatal(err)
	}
	h := f.Rows[0].Panels[0].Heat
	if len(h.Values) != 2 || len(h.Values[0]) != 4 || h.Values[0][0]*h.Values[0][1]+h.Values[1][0] == 0 {
		t.Errorf("cells %v", h.Values)
	}
	if f, err = params(Activity).describe(read); err != nil {
		t.Fatal(err)
	}
	s := f.Rows[0].Panels[0].Series[0]
	if len(s.X) != 4 || s.X[0] != 0.45 || s.Y[0] != 1 || !math.IsNaN(s.Y[3]) {
		t.Errorf("points %v, %v", s.X, s.Y)
	}
}

// The panel of a run that failed is empty and keeps its place. The caption
// names it, and the other panels are drawn.
func TestFailedRun(t *testing.T) {
	for _, kind := range []string{Epochs, Classes, Activity} {
		p := params(kind)
		p.Remark = "A remark."
		whole, err := p.describe(func(Network) ([]runs.Epoch, error) { return record(), nil })
		if err != nil {
			t.Fatal(err)
		}
		f, err := p.describe(func(n Network) ([]runs.Epoch, error) {
			if n.Input == "a" {
				return nil, errFailed
			}
			return record(), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		panels := f.Rows[0].Panels
		if len(panels) != 2 || panels[0].Title != "SGD" || panels[0].Heat != nil || !math.IsNaN(panels[0].Series[0].Y[0]) ||
			panels[1].Title != "Adam" || fmt.Sprint(panels[1]) != fmt.Sprint(whole.Rows[0].Panels[1]) && kind == Activity {
			t.Errorf("%s: panels %+v", kind, panels)
		}
		if want := " One network a panel. Empty where the run failed: SGD. A remark."; !strings.HasSuffix(f.Caption, want) {
			t.Errorf("%s: the caption is %q", kind, f.Caption)
		}
		if err := chart.Check(f, p.Style); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if strings.Contains(whole.Caption, "failed") {
			t.Errorf("%s: the caption is %q", kind, whole.Caption)
		}
	}
}

func TestTry(t *testing.T) {
	for _, kind := range []string{Epochs, Classes, Activity} {
		if err := Try(params(kind)); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		p := params(kind)
		p.Rows[0][0].Title = strings.Repeat("a name that is far too long ", 4)
		if err := Try(p); err == nil {
			t.Errorf("%s: a title that is wider than its panel passes", kind)
		}
	}
	if err := Try(params("pie")); err == nil {
		t.Error("a kind that there is not passes")
	}
}
