package figure

import (
	"strings"
	"testing"
)

// contains checks which texts a caption has, and which it lacks.
func contains(t *testing.T, caption string, has []string, lacks ...string) {
	t.Helper()
	for _, text := range has {
		if !strings.Contains(caption, text) {
			t.Errorf("the caption %q lacks %q", caption, text)
		}
	}
	for _, text := range lacks {
		if strings.Contains(caption, text) {
			t.Errorf("the caption %q has %q", caption, text)
		}
	}
}

// A run with a fixed number of updates is measured after parts of them, which
// are no epochs.
func TestUpdatesAreNoEpochs(t *testing.T) {
	p, n := conditions(X{Kind: Epochs}, "optimizer", "condition")
	p.Epoch = 2
	for i := range p.Sources[0].Entries[0].Conditions[0].Runs {
		r := &p.Sources[0].Entries[0].Conditions[0].Runs[i]
		r.Epochs, r.Updates = 4, 10
	}
	f := describe(t, p, n)
	contains(t, f.Caption, []string{
		"after each of 2 epochs or measurements.",
		"Measured after equal parts of a fixed number of updates, not after epochs: " +
			"named v=1 (10 updates, measured 4 times, measurement 2 after 5 updates).",
		"Longer runs, of which the rest is not shown: " +
			"named v=1 (10 updates, measured 4 times), named v=10 (3 epochs) and named v=100 (3 epochs).",
	}, "4 epochs")
	if label := f.Rows[0].Panels[0].X.Label; label != "epoch or measurement" {
		t.Errorf("the x axis is called %q", label)
	}
	p.Sources[0].Entries = p.Sources[0].Entries[:1]
	f = describe(t, p, n)
	contains(t, f.Caption, []string{"after each of 2 measurements."}, "epochs or")
	if label := f.Rows[0].Panels[0].X.Label; label != "measurement" {
		t.Errorf("the x axis is called %q", label)
	}
	p.X = X{Kind: AgainstMetric, Metric: "accuracy"}
	f = describe(t, p, n)
	contains(t, f.Caption, []string{"a dot a measurement"})
	if name := f.Rows[0].Panels[0].Series[0].Names[1]; name != "measurement 2" {
		t.Errorf("a dot is called %q", name)
	}
}

// The caption also names reference runs, and those along x, that are longer
// than the figure or measured on training images.
func TestCaptionNamesOtherRuns(t *testing.T) {
	p, n := conditions(X{Kind: Epochs}, "optimizer")
	p.Sources[0].Entries, p.Epoch = p.Sources[0].Entries[:1], 3
	other := condition("v=100", 100)
	for i := range other.Runs {
		other.Runs[i].Epochs, other.Runs[i].Split = 7, "train"
	}
	p.Reference = &Reference{Experiment: "e", Condition: other, Label: "the rest"}
	want := []string{"Longer runs, of which the rest is not shown: the rest (7 epochs).",
		"Sparsity and selectivity of the rest are of training images."}
	contains(t, describe(t, p, n).Caption, append(want, "Horizontal lines are the rest (experiment e, condition v=100), after epoch 3."))
	p.Reference, p.X = nil, X{Kind: AgainstCondition, Condition: &other, Name: "the rest"}
	contains(t, describe(t, p, n).Caption, want)
	p.Sources[0].Entries[0].Conditions[0].Runs[0].Split = "train"
	contains(t, describe(t, p, n).Caption, []string{"Sparsity and selectivity of named v=1 with SGD and the rest are of training images."})
}

// Lengths and images are those of each optimizer and condition, and an entry is
// not called by its pattern.
func TestCaptionOfUnequalRuns(t *testing.T) {
	p, n := conditions(X{Kind: Values}, "optimizer")
	e := &p.Sources[0].Entries[0]
	e.Label, p.Epoch = "*", 2
	e.Conditions[0].Runs[0].Split, e.Conditions[2].Runs[1].Epochs = "train", 4
	contains(t, describe(t, p, n).Caption, []string{
		"Sparsity and selectivity of e with SGD at some value 1 are of training images.",
		"not shown: e with SGD (3 epochs), e with Adam at some value 1 and 10 (3 epochs) and e with Adam at some value 100 (4 epochs).",
	}, "*")
}

// One of anything is in the singular, and the name of a profile is written as
// it is.
func TestCaptionOfOne(t *testing.T) {
	p, n := conditions(X{Kind: Values}, "optimizer")
	p.Sources[0].Entries[0].Conditions = p.Sources[0].Entries[0].Conditions[:1]
	p.Epoch, p.Mark = 1, "tiny profile, not the study"
	for i := range p.Sources[0].Entries[0].Conditions[0].Runs {
		r := &p.Sources[0].Entries[0].Conditions[0].Runs[i]
		r.Epochs, r.Updates = 1, 1
	}
	contains(t, describe(t, p, n).Caption, []string{"Experiment e (1 value); after measurement 1.",
		"(1 update, measured once, measurement 1 after 1 update)", " tiny profile, not the study."}, "Tiny")
	p.X, p.Mark = X{Kind: Epochs}, "Trained on 2 images"
	contains(t, describe(t, p, n).Caption, []string{"; after measurement 1.", " Trained on 2 images."}, "after each of")
}
