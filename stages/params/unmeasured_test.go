package params

import (
	"fmt"
	"strings"
	"testing"
)

// Figures and tables of metrics that compare all classes are refused if no run
// is measured on images of each, and only then.
func TestUnmeasuredClasses(t *testing.T) {
	text := entries(`
[[experiments]]
name = "train"
condition = "c"
set = { measure = "train" }
[[experiments]]
name = "phases"
condition = "p"
set = { epochs = 2, measure = "train-running", sampler = "phases", phases = [{ classes = [0, 1], epochs = 1 }, { classes = [2], epochs = 1 }] }
[[figures]]
id = "a"
title = "A"
experiments = ["base"]
metrics = ["accuracy", "roc", "selectivity", "accuracy * csi"]
x = "epoch"
lines = ["optimizer"]
[[figures]]
id = "b"
title = "B"
experiments = ["train", "base"]
columns = "experiment"
rows = "metric"
metrics = ["selectivity"]
x = "epoch"
lines = ["optimizer"]
[[figures]]
id = "c"
title = "C"
experiments = ["phases"]
x = "metric selectivity"
metrics = ["accuracy"]
lines = ["optimizer"]
[[figures]]
id = "d"
title = "D"
experiments = ["base"]
x = "unit classes"
[[figures]]
id = "e"
title = "E"
experiments = ["base"]
x = "unit activity"
[[tables]]
id = "f"
kind = "final"
experiment = "base"
error = "se"
metrics = ["sparsity", "selectivity"]
[[tables]]
id = "g"
kind = "pareto"
experiments = ["base", "train"]
metrics = ["selectivity"]
`)
	p, err := Parse("params.toml", []byte(strings.Replace(text, `archive = "last"`, `archive = "all"`, 1)), "")
	if err != nil {
		t.Fatal(err)
	}
	if train, test := p.MeasuresPart(); !train || !test {
		t.Error("labels of 200 training and 100 test images are not asked for")
	}
	all, few := make([]uint8, 60_000), make([]uint8, 10_000)
	for i := range all {
		all[i] = uint8(i % 10)
	}
	for i := range few {
		few[i] = uint8(i % 8)
	}
	problems := func(labels PartLabels) string {
		var list []string
		for _, q := range p.Unmeasured(labels) {
			list = append(list, fmt.Sprintf("%s: %s", q.Path, q.Message))
		}
		return strings.Join(list, "\n")
	}
	const because = ", which compares all classes, and none of the 100 test images that test of base is measured on is of class 8 or 9; " +
		"use more images, or leave it out"
	running := "figures[2].x: shows selectivity, which compares all classes, and no phase of p of phases has training images of all classes; " +
		"use more images, or leave it out"
	want := strings.Join([]string{
		"figures[0].metrics[2]: shows selectivity" + because, "figures[0].metrics[3]: shows csi" + because, running,
		"figures[4].x: shows selectivity" + because, "tables[0].metrics[1]: shows selectivity" + because,
	}, "\n")
	if got := problems(PartLabels{all, few}); got != want {
		t.Errorf("test images of 8 classes:\n%s\nwant\n%s", got, want)
	}
	for name, labels := range map[string]PartLabels{"all classes": {all, all}, "no labels": {}, "too few labels": {all[:10], few[:10]}} {
		if got := problems(labels); got != running {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// One image is of one class.
func TestASingleImageIsMeasured(t *testing.T) {
	p := mustParse(t, []byte(entries("[[tables]]\nid = \"f\"\nkind = \"final\"\nexperiment = \"base\"\nerror = \"se\"\nmetrics = [\"csi\"]\n")))
	p.Study.TestImages = 1
	const want = "shows csi, which compares all classes, and test of base is measured on a single test image; use more images, or leave it out"
	for _, q := range p.Unmeasured(PartLabels{Test: []uint8{7}}) {
		if q.Path == "tables[0].metrics[0]" && q.Message == want {
			return
		}
	}
	t.Errorf("%+v lacks %q", p.Unmeasured(PartLabels{Test: []uint8{7}}), want)
}

// Classes that no training image has are a mistake in the data set's description.
func TestFewerClassesThanDescribed(t *testing.T) {
	p := mustParse(t, []byte(entries("")))
	p.dataset = Dataset{Name: "own", Classes: 4, Side: 28, Train: 200, Test: 100, Files: make([]File, 4)}
	labels := make([]uint8, 200)
	for i := range labels {
		labels[i] = uint8(i % 3)
	}
	got := p.Unmeasured(PartLabels{Train: labels, Test: labels[:100]})
	if train, _ := p.MeasuresPart(); !train || len(got) != 1 || got[0].Path != "data.classes" ||
		got[0].Message != "none of the 200 training images is of class 3; correct data.classes, 4" {
		t.Errorf("%+v", got)
	}
}

// The sparsity of a single unit is not defined. What shows no other run is
// refused, and in a sweep it is a gap.
func TestSparsityOfOneUnit(t *testing.T) {
	show := func(widths string) []string {
		return problemsOf(t, entries(`
[[experiments]]
name = "e"
condition = "H={width}"
vary = [{ parameter = "width", values = `+widths+` }]
[[figures]]
id = "a"
title = "A"
experiments = ["e"]
x = "condition"
lines = ["optimizer"]
[[tables]]
id = "b"
kind = "final"
experiment = "e"
error = "se"
metrics = ["accuracy", "sparsity", "gini"]
`), "")
	}
	if got := show("[1, 4]"); len(got) > 0 {
		t.Errorf("a sweep: %q", got)
	}
	got := strings.Join(show("[1]"), "\n")
	for _, want := range []string{
		"figures[0].metrics[1]: has sparsity, which H=1 of e with Adam does not have at every epoch shown: it is not defined for a layer of a single unit",
		"tables[0].metrics[1]: is \"sparsity\", which H=1 of e with SGD does not have: it is not defined for a layer of a single unit",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("one unit: %s\nlacks %s", got, want)
		}
	}
}
