package bench

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/stages/cost"
	"sparsel/trainer"
)

func study() []trainer.Config {
	var list []trainer.Config
	add := func(optimizer string, change func(c *trainer.Config)) {
		c := baseline(optimizer)
		c.Epochs = 30
		change(&c)
		list = append(list, c)
	}
	for _, seed := range []uint32{1, 2} {
		add("SGD", func(c *trainer.Config) { c.Seeding.Seed = seed })
		add("SGD", func(c *trainer.Config) { c.Optimizer.LR = 1000 }) // of the same kind
		add("SGD", func(c *trainer.Config) { c.Sampler = trainer.Sampler{Kind: "sorted"} })
		add("SGD", func(c *trainer.Config) { c.Optimizer.Momentum = 0.5 })
		add("Adam", func(c *trainer.Config) { c.Batch, c.Epochs = 1, 50 })
		add("Adam", func(c *trainer.Config) { c.Network.Conv = []int{4} })
		add("SGD", func(c *trainer.Config) { c.Network.Activation = "relu" })
		add("RMSprop", func(c *trainer.Config) {})
	}
	return list
}

var mnist = cost.Data{Side: 28, Classes: 10, Train: 60_000, Test: 10_000}

func TestKinds(t *testing.T) {
	list, others := kinds(study(), baseline, mnist)
	want := map[string][2]int{
		"SGD, batch 50, 256": {6, 180}, "SGD, batch 50, 256, momentum": {2, 60}, "Adam, batch 1, 256": {2, 100},
		"Adam, batch 50, 256, convolutions 4": {2, 60},
	}
	if others != 4 || len(list) != len(want) {
		t.Errorf("%d kinds and %d others", len(list), others)
	}
	for _, k := range list {
		if got := [2]int{k.runs, k.epochs}; got != want[k.name] {
			t.Errorf("%s: %v runs and epochs, want %v", k.name, got, want[k.name])
		}
		k.config.Epochs, k.config.Seeding = 1, trainer.Seeding{Mode: "paired"}
		if err := k.config.Validate(); err != nil {
			t.Errorf("%s: %v", k.name, err)
		}
		if k.images%6 != 0 || k.images < leastSteps*k.config.Batch || k.images > mnist.Train || k.config.Optimizer.LR > 1 {
			t.Errorf("%s is timed on %d images at rate %v", k.name, k.images, k.config.Optimizer.LR)
		}
	}
}

// The total is the sum of the times of the kinds, weighted by the number of
// their epochs in the study and scaled to all images.
func TestWholeIsWeighted(t *testing.T) {
	list, others := kinds(study(), baseline, mnist)
	ours, theirs := 0.0, 0.0
	for i, k := range list {
		second := 0.1 * float64(i+1)
		k.ours = timing{Wall: []float64{9, 2 * second, second}, CPU: []float64{9, 2 * second, second}} // the first epoch warms up
		k.theirs = timing{Wall: []float64{9, 10 * second}, CPU: []float64{9, 10*second + float64(k.config.Batch)}}
		scale := float64(k.epochs) * 60_000 / float64(k.images)
		ours, theirs = ours+scale*second, theirs+scale*(10*second+float64(k.config.Batch))
	}
	var out bytes.Buffer
	if err := printWhole(&out, list, others, 60_000, true); err != nil {
		t.Fatal(err)
	}
	var hours, theirHours, ratio float64
	for line := range strings.Lines(out.String()) {
		if f := strings.Fields(line); f[0] == "all" {
			hours, theirHours, ratio = number(t, f[3]), number(t, f[4]), number(t, f[5])
		}
	}
	if math.Abs(hours-ours/3600) > 6e-4 || math.Abs(theirHours-theirs/3600) > 6e-4 || math.Abs(ratio-theirs/ours) > 0.06 {
		t.Errorf("the total is not %.3f and %.3f hours: %s", ours/3600, theirs/3600, &out)
	}
	for _, want := range []string{"trainings: 12, epochs: 400, kinds of work: 4;", "left out: 4 trainings", "mark 8 ", "12 is wanted"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lacks %q: %s", want, &out)
		}
	}
	out.Reset()
	if err := printWhole(&out, list, 0, 60_000, false); err != nil || strings.Contains(out.String(), "mark") ||
		strings.Contains(out.String(), "NaN") {
		t.Error("without PyTorch", &out, err)
	}
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	var x float64
	if _, err := fmt.Sscan(text, &x); err != nil {
		t.Fatalf("%q is no number", text)
	}
	return x
}

// Any version string is accepted. A slow reference BLAS and a failure are each
// reported in one sentence.
func TestAnyPyTorch(t *testing.T) {
	answer := func(hello, timed string) (*torch, error) {
		python := filepath.Join(t.TempDir(), "python")
		script := "#!/bin/sh\ncase \"$2\" in import*) exit 0;; esac\nread line\necho '" + hello + "'\nwhile read line; do echo '" +
			timed + "'; done\n"
		if err := os.WriteFile(python, []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("SPARSEL_PYTHON", python)
		return startTorch(t.Context(), Data{}, -1)
	}
	for _, hello := range []string{
		`{"version": "2.9.1+cpu", "blas": ["MKL, built in"]}`, `{"version": "1.4.0", "blas": []}`,
		`{"version": "3.0", "blas": ["libopenblas.so.0", "libblas.so.3"]}`,
	} {
		p, err := answer(hello, `{"wall": [1, 2], "cpu": [1, 2], "accuracy": 0.5}`)
		if err != nil {
			t.Fatalf("%s: %v", hello, err)
		}
		c := baseline("SGD")
		c.Epochs = 2
		if s, err := p.time(c, 6, 1); err != nil || s.best() != 2 || s.Accuracy != 0.5 || !strings.Contains(p.about, " with ") {
			t.Errorf("%s: %+v, %v, %q", hello, s, err, p.about)
		}
		p.stop()
	}
	if _, err := answer(`{"version": "1.13", "blas": ["libblas.so.3"]}`, ""); err == nil ||
		!strings.Contains(err.Error(), "reference quality") {
		t.Error(err)
	}
	p, err := answer(`{"version": "9", "blas": []}`, `{"error": "TypeError: no such optimizer"}`)
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	if _, err := p.time(baseline("SGD"), 6, 1); err == nil || err.Error() != "TypeError: no such optimizer" {
		t.Error(err)
	}
	// Our own side is timed nevertheless.
	var data Data
	data.TrainImages, data.TrainLabels = written(t, 60)
	data.TestImages, data.TestLabels = written(t, 12)
	training, test, err := data.load()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := whole(t.Context(), &out, p, Study{study()[:1], baseline}, training, test); err != nil ||
		!strings.Contains(out.String(), "no comparison of the study's total with PyTorch: it fails at SGD, batch 50, 256: TypeError: no "+
			"such optimizer") ||
		!strings.Contains(out.String(), "trainings: 1, epochs: 30, kinds of work: 1;") {
		t.Error(err, &out)
	}
	out.Reset()
	cases := []Case{{Name: "batch 50, SGD", Config: baseline("SGD")}}
	if err := trainings(t.Context(), &out, p, 1, cases, 1, training, test); err != nil ||
		!strings.Contains(out.String(), "which fails at batch 50, SGD: TypeError") {
		t.Error(err, &out)
	}
}
