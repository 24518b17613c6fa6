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
	if a, b := f.Rows[0].Panels[0].Heat.Max, f.Rows[0].Panels[1].Heat.Max; a != b || a != 1 {
		t.Errorf("the colours of two panels end at %v and %v, and the largest share is 1", a, b)
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
			panels[0].Blank != "the run failed" ||
			panels[1].Title != "Adam" || fmt.Sprint(panels[1]) != fmt.Sprint(whole.Rows[0].Panels[1]) && kind == Activity {
			t.Errorf("%s: panels %+v", kind, panels)
		}
		if want := " Empty where the run failed: SGD. A remark."; !strings.HasSuffix(f.Caption, want) {
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

// The caption says which run a panel shows, on which images it is measured, and
// what of it is left out.
func TestCaptionNamesTheRuns(t *testing.T) {
	p := params(Activity)
	p.Experiment, p.Mark, p.Remark = "tr", "200 of 60,000 images", "A remark"
	p.Rows[0][0] = Network{Title: "SGD, a", Input: "a", Epsilon: 1e-7, Seed: 7, Seeds: 2, Split: "test", Epochs: 2}
	p.Rows[0][1] = Network{Title: "Adam, a", Input: "b", Epsilon: 1e-7, Seed: 7, Seeds: 2, Split: "train", Epochs: 3}
	f, err := p.describe(func(Network) ([]runs.Epoch, error) { return record(), nil })
	if err != nil {
		t.Fatal(err)
	}
	want := "Units? A point is a unit. Layer 1, epoch 2. One network a panel: experiment tr, seed 7, the first of 2. " +
		"Measured on training images, and the others on test images: Adam, a. " +
		"Longer runs, of which the rest is not shown: Adam, a (3 epochs). A remark. 200 of 60,000 images."
	if f.Caption != want {
		t.Errorf("the caption is\n%q, want\n%q", f.Caption, want)
	}
	p.Rows[0][0].Split = "train"
	p.Rows[0][1].Updates = 9
	if f, err = p.describe(func(Network) ([]runs.Epoch, error) { return record(), nil }); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Layer 1, epoch or measurement 2.", "Units are measured on training images.",
		"not after epochs: Adam, a (9 updates, measured 3 times, measurement 2 after 6 updates).", "Adam, a (9 updates, measured 3 times)."} {
		if !strings.Contains(f.Caption, want) {
			t.Errorf("the caption %q lacks %q", f.Caption, want)
		}
	}
}

// The panel of a network that diverged says why it is empty, and the caption
// counts the units that have no place in a panel.
func TestDivergedNetworks(t *testing.T) {
	diverged := func(n Network) ([]runs.Epoch, error) {
		epochs := record()
		if n.Input == "b" {
			return epochs, nil
		}
		last := &epochs[3].Layers[0]
		last.ClassSums = []float64{math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN()}
		last.Most = []float32{float32(math.NaN()), 1, 1, 1}
		return epochs, nil
	}
	for kind, want := range map[string]string{
		Activity: "SGD: 4 of 4 units have activations that are not finite", Classes: "SGD: 4 of 4 units have activations that are not finite",
		Epochs: "SGD: from epoch 2 on, up to 4 of 4 units have activations that are not finite",
	} {
		p := params(kind)
		p.Rows[0][1].Epsilon = 0
		f, err := p.describe(diverged)
		if err != nil {
			t.Fatal(err)
		}
		silent := "1 of 4 units have no selectivity (0/0), because they are 0 for all images, and are left out."
		if kind == Classes {
			silent = "1 of 4 units are 0 for all images, so they have no shares, and are left out."
		}
		if !strings.Contains(f.Caption, want) || !strings.Contains(f.Caption, silent) {
			t.Errorf("%s: the caption %q lacks %q or %q", kind, f.Caption, want, silent)
		}
		svg, err := chart.Render(f, p.Style, "svg")
		if err != nil {
			t.Fatal(err)
		}
		if blank := strings.Contains(string(svg), "no finite values"); blank != (kind != Epochs) {
			t.Errorf("%s: the empty panel says why: %v", kind, blank)
		}
		if kind == Epochs && !math.IsNaN(f.Rows[0].Panels[0].Heat.Values[0][2]) {
			t.Error("an epoch without selectivities has a histogram")
		}
	}
}

// A class that has no image leaves no unit a selectivity, also units that are
// active. The panel and the caption name the class. Units have shares of their
// largest mean of the other classes.
func TestClassWithoutImages(t *testing.T) {
	absent := func(Network) ([]runs.Epoch, error) {
		epochs := record()
		for i := range epochs {
			epochs[i].Layers[0].ClassSums = []float64{9, 0, 5, 0, 0, 0, 0, 0}
			epochs[i].Layers[0].ClassCounts = []int64{20, 0}
		}
		return epochs, nil
	}
	for kind, want := range map[string]string{
		Activity: "SGD: 4 of 4 units have no selectivity, because no test image is of class 1, and are left out. Adam",
		Classes: "SGD: 2 of 4 units are 0 for all images, so they have no shares, and are left out; no test image is of class 1, and shares " +
			"are of the largest mean of the other classes. Adam",
		Epochs: "SGD: from epoch 0 on, up to 4 of 4 units have no selectivity, because no test image is of class 1, and are left out. Adam",
	} {
		p := params(kind)
		p.Rows[0][1].Split = "train"
		f, err := p.describe(absent)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(f.Caption, want) || !strings.Contains(f.Caption, "no training image is of class 1") || strings.Contains(f.Caption, "are 0") != (kind == Classes) {
			t.Errorf("%s: the caption is %q, want %q", kind, f.Caption, want)
		}
		panel := f.Rows[0].Panels[0]
		if kind == Classes {
			if cells := panel.Heat.Values; panel.Blank != "" || cells[0][0] != 1 || !math.IsNaN(cells[1][0]) {
				t.Errorf("the panel says %q and shows %v", panel.Blank, cells)
			}
		} else if panel.Blank != "no image is of class 1" {
			t.Errorf("%s: the panel says %q", kind, panel.Blank)
		}
	}
}

// A unit that is 0 for all images has a selectivity with an epsilon, but no
// share of its largest class mean.
func TestUnitsWithoutShares(t *testing.T) {
	for dead, want := range map[int]string{
		1: "SGD: 1 of 4 units are 0 for all images, so they have no shares, and are left out.",
		4: "SGD: 4 of 4 units are 0 for all images, so they have no shares, and are left out.",
	} {
		p := params(Classes)
		p.Rows[0][0].Epsilon = 1e-6
		f, err := p.describe(func(Network) ([]runs.Epoch, error) {
			epochs := record()
			if l := &epochs[3].Layers[0]; dead == 4 {
				l.ClassSums, l.Most = make([]float64, 8), make([]float32, 4)
			}
			return epochs, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		panel := f.Rows[0].Panels[0]
		if says := panel.Blank == "all units are 0"; !strings.Contains(f.Caption, want) || says != (dead == 4) {
			t.Errorf("%d dead units: the caption is %q, and the panel says %q", dead, f.Caption, panel.Blank)
		}
		if _, err := chart.Render(f, p.Style, "svg"); err != nil {
			t.Error(err)
		}
	}
}

// An axis of few epochs or units has no ticks between them.
func TestTicksOfColumns(t *testing.T) {
	for kind, want := range map[string]string{Epochs: "[0 1 2]", Classes: "[0 1 2 3]"} {
		f, err := params(kind).describe(func(Network) ([]runs.Epoch, error) { return record(), nil })
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(f.Rows[0].Panels[0].X.Ticks); got != want {
			t.Errorf("%s: ticks %s, want %s", kind, got, want)
		}
	}
	if got := wholeNumbers(5); got != nil {
		t.Errorf("five columns have the ticks %v", got)
	}
}

// Panels beside one another have one axis of selectivity or class, even if the
// first is of a run that failed.
func TestPanelsShareAnAxis(t *testing.T) {
	for _, kind := range []string{Epochs, Classes, Activity} {
		p := params(kind)
		f, err := p.describe(func(n Network) ([]runs.Epoch, error) {
			if n.Input == "a" {
				return nil, errFailed
			}
			return record(), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		row := f.Rows[0]
		if a, b := row.Panels[0].Y, row.Panels[1].Y; !row.ShareY || b.Label == "" || fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%s: the panels have the axes %+v and %+v", kind, a, b)
		}
		if _, err := chart.Render(f, p.Style, "svg"); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
