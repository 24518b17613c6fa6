package stages

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsel/artifacts/idx"
	"sparsel/artifacts/measures"
	"sparsel/artifacts/runs"
	"sparsel/pipeline"
	"sparsel/stages/digits"
	"sparsel/stages/fetch"
	"sparsel/stages/metrics"
	"sparsel/stages/train"
	"sparsel/trainer"
)

// drawn is a data set that the digits stage draws, and that is fetched under
// names of its own.
type drawn struct {
	engine *pipeline.Engine
	dir    string
	hashes fetch.Hashes
	files  map[string]pipeline.File
}

func newDrawn(t *testing.T, p digits.Params) *drawn {
	t.Helper()
	d := &drawn{engine: pipeline.New(pipeline.Config{}), dir: t.TempDir()}
	made := d.do(t, "digits", digits.Stage(), p, nil)
	hashes := fetch.Hashes{Train: p.Train, Test: p.Test, Side: p.Side}
	sources := fetch.Sources{Published: map[string]string{}}
	for _, f := range []struct {
		output string
		hash   *string
	}{
		{train.TrainImages, &hashes.TrainImages}, {train.TrainLabels, &hashes.TrainLabels},
		{train.TestImages, &hashes.TestImages}, {train.TestLabels, &hashes.TestLabels},
	} {
		content, err := os.ReadFile(made.Path(f.output))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		*f.hash = hex.EncodeToString(sum[:])
		sources.Published[f.output] = "drawn-" + f.output + "-idx-ubyte"
		if err := os.WriteFile(filepath.Join(d.dir, sources.Published[f.output]), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sources.Dirs = []fetch.Dir{{Path: d.dir}}
	fetched := d.do(t, "fetch", fetch.NewStage(sources), hashes, nil)
	d.hashes, d.files = hashes, map[string]pipeline.File{}
	for output := range sources.Published {
		d.files[output] = fetched.File(output)
	}
	return d
}

func (d *drawn) try(t *testing.T, name string, stage *pipeline.Stage, params any,
	inputs map[string]pipeline.File) (*pipeline.Redone, error) {
	n := &pipeline.Node{Name: name, Stage: stage, Params: params}
	for input := range inputs {
		n.Inputs = append(n.Inputs, pipeline.Input{Name: input, From: &pipeline.Node{Name: "before"}, Output: input})
	}
	slices.SortFunc(n.Inputs, func(a, b pipeline.Input) int { return strings.Compare(a.Name, b.Name) })
	return d.engine.Redo(t.Context(), n, inputs, filepath.Join(t.TempDir(), "redo"))
}

func (d *drawn) do(t *testing.T, name string, stage *pipeline.Stage, params any, inputs map[string]pipeline.File) *pipeline.Redone {
	t.Helper()
	redone, err := d.try(t, name, stage, params, inputs)
	if err != nil {
		t.Fatal(err)
	}
	return redone
}

func drawnTraining(classes int) train.Params {
	return train.Params{Data: "drawn", Classes: classes, Archive: []int{1, 3}, Run: trainer.Config{
		Network:   trainer.Network{Hidden: []int{40}, Activation: "sigmoid"},
		Optimizer: trainer.Optimizer{Name: "Adam", LR: 1e-3, Eps: 1e-8, Beta1: 0.9, Beta2: 0.999},
		Sampler:   trainer.Sampler{Kind: "shuffled"}, Batch: 10, Epochs: 3, Seeding: trainer.Seeding{Mode: "author", Seed: 1},
		TrainLossAfter: true,
	}}
}

// Images of another size, and another number of classes, pass through the
// stages like MNIST.
func TestOtherDataSets(t *testing.T) {
	for _, c := range []struct {
		name string
		digits.Params
		accuracy float64 // far above chance, and well below what training reaches
	}{
		{"14x14", digits.Params{Seed: 3, Train: 6000, Test: 500, Side: 14, Classes: 10}, 0.6},
		{"26 classes", digits.Params{Seed: 4, Train: 6000, Test: 500, Side: 28, Classes: 26}, 0.4},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDrawn(t, c.Params)
			trained := d.do(t, "train", train.Stage(), drawnTraining(c.Classes), d.files)
			_, points, err := runs.ReadRecord(trained.Path(train.Record))
			if err != nil {
				t.Fatal(err)
			}
			early, epochs := runs.EarlyAndLate(points)
			if len(early) != 5 || early[0].Step != 0 || early[4].Step != 300 || len(epochs) != 3 || epochs[2].Step != 1800 {
				t.Errorf("%d early points and %d epochs", len(early), len(epochs)) // there are 600 steps in an epoch
			}
			for _, p := range points {
				if n := len(p.Layers[0].ClassCounts); n != c.Classes || p.Layers[0].Samples != 500 {
					t.Errorf("epoch %d, step %d: %d classes of %d samples", p.Epoch, p.Step, n, p.Layers[0].Samples)
				}
			}
			last := epochs[2]
			if got := float64(last.Correct) / 500; got < c.accuracy || last.TrainSamples != 6000 ||
				!(last.TrainLossAfter < epochs[0].TrainLossAfter) {
				t.Errorf("accuracy %v, after loss %v over %d", got, last.TrainLossAfter, last.TrainSamples)
			}
			if math.Abs(early[0].TestLoss-math.Log(float64(c.Classes))) > 0.3 || early[0].Digest == early[1].Digest ||
				early[0].TrainLoss == early[0].TrainLoss {
				t.Errorf("before any step the loss is %v", early[0].TestLoss)
			}
			_, weights, err := runs.ReadWeights(trained.Path(train.Weights))
			if err != nil {
				t.Fatal(err)
			}
			h := sha256.New()
			for i, shape := range [][]int{{40, c.Side * c.Side}, {40}, {c.Classes, 40}, {c.Classes}} {
				if !slices.Equal(weights[i].Shape, shape) {
					t.Errorf("%s has the shape %v, want %v", weights[i].Name, weights[i].Shape, shape)
				}
				for _, v := range weights[i].Values {
					bits := math.Float32bits(v)
					h.Write([]byte{byte(bits), byte(bits >> 8), byte(bits >> 16), byte(bits >> 24)})
				}
			}
			if !bytes.Equal(h.Sum(nil), last.Digest[:]) {
				t.Error("the weights are not those of the last digest")
			}
			measured := d.do(t, "metrics", metrics.Stage(), metrics.Params{CCMASEpsilon: 1e-6, Split: "test"}, map[string]pipeline.File{
				metrics.Record: trained.File(train.Record), metrics.Activations: trained.File(train.Activations),
			})
			_, rows, err := measures.ReadPoints(measured.Path(metrics.Measures))
			if err != nil || len(rows) != 8 {
				t.Fatalf("%d rows of metrics, %v", len(rows), err)
			}
			for _, r := range rows {
				for _, v := range []float64{r.Sparsity, r.Selectivity, r.Gini, r.TrevesRolls, r.CSI, r.Below, r.Dead, r.Saturated} {
					if !(v >= 0 && v <= 1) {
						t.Errorf("metrics %+v", r)
					}
				}
			}
		})
	}
}

// A data set that does not fit is refused. The message says what is wrong and
// where.
func TestOtherDataSetsRefused(t *testing.T) {
	d := newDrawn(t, digits.Params{Seed: 4, Train: 600, Test: 100, Side: 14, Classes: 12})
	oblong, small := filepath.Join(d.dir, "oblong"), filepath.Join(d.dir, "small")
	for path, m := range map[string]idx.Images{
		oblong: {Count: 100, Rows: 14, Cols: 7, Pixels: make([]byte, 100*14*7)},
		small:  {Count: 100, Rows: 7, Cols: 7, Pixels: make([]byte, 100*7*7)},
	} {
		var b bytes.Buffer
		if err := idx.WriteImages(&b, m); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	with := func(name, path string) map[string]pipeline.File {
		files := map[string]pipeline.File{}
		for n, f := range d.files {
			files[n] = f
		}
		files[name] = pipeline.File{Path: path}
		return files
	}
	for name, c := range map[string]struct {
		files   map[string]pipeline.File
		classes int
		want    string
	}{
		"labels":      {d.files, 11, "is 11, expected 0 to 10"},
		"classes":     {d.files, 13, "none of the 600 training images is of class 12; correct the number of classes, 13"},
		"one class":   {d.files, 1, "1 classes, want 2 to 100"},
		"no classes":  {d.files, 0, "0 classes, want 2 to 100"},
		"101 classes": {d.files, 101, "101 classes, want 2 to 100"},
		"oblong":      {with(train.TestImages, oblong), 12, "images of 14×7 pixels, want square ones"},
		"sizes":       {with(train.TestImages, small), 12, "training images have 196 pixels and test images 49"},
		"counts":      {with(train.TrainImages, d.files[train.TestImages].Path), 12, "100 images, but 600 labels"},
		"swapped":     {with(train.TrainImages, d.files[train.TrainLabels].Path), 12, "this is a file of labels"},
	} {
		if _, err := d.try(t, "train", train.Stage(), drawnTraining(c.classes), c.files); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}

// described returns the text of [data] for the set, and the rest of a parameter
// file for a study of it.
func (d *drawn) described(classes int) string {
	file := func(output, hash string) string {
		return fmt.Sprintf(`{ file = "drawn-%s-idx-ubyte", sha256 = %q }`, output, hash)
	}
	h := d.hashes
	return fmt.Sprintf(`
[study]
seeds = [1]
optimizers = ["Adam"]
seeding = "paired"
archive = "last"
on_failed_run = "refuse"

[data]
name = "letters"
classes = %d
side = %d
directories = [%q]

[data.train]
count = %d
images = %s
labels = %s

[data.test]
count = %d
images = %s
labels = %s

[optimizers.Adam]
lr = 0.001
beta1 = 0.9
beta2 = 0.999
eps = 1e-8

[baseline]
hidden = [40]
activation = "sigmoid"
sampler = "shuffled"
batch = 26
epochs = 4

[metrics]
ccmas_epsilon = 1e-6

[[experiments]]
name = "train_vs_test"     # of which claims are, but of ten classes
conditions = [
  { condition = "test" },
  { condition = "half", set = { sampler = "classes", classes = 13 } },
  { condition = "each", set = { sampler = "classes", classes = 26, clean = true } },
  { condition = "conv", set = { conv = [4, 4, 4] } },
  { condition = "phases", set = { sampler = "phases", phases = [{ epochs = 2, classes = [0, 13, 25] }, `+
		`{ epochs = 2, classes = [1, 24] }] } },
]

[[figures]]
id = "letters"
title = "Letters"
experiments = ["train_vs_test"]
x = "epoch"
lines = ["condition"]

[[tables]]
id = "parameters"
kind = "parameters"
experiment = "train_vs_test"

[style.roles]
Adam = { color = "#882255", dash = "dashdot", marker = "square" }
`, classes, h.Side, d.dir, h.Train, file(train.TrainImages, h.TrainImages), file(train.TrainLabels, h.TrainLabels),
		h.Test, file(train.TestImages, h.TestImages), file(train.TestLabels, h.TestLabels))
}

// A data set that a parameter file describes is trained on, measured, drawn,
// reported, locked and audited.
func TestDescribedDataSet(t *testing.T) {
	d := newDrawn(t, digits.Params{Seed: 5, Train: 2600, Test: 300, Side: 14, Classes: 26})
	s := &smallStudy{t: t, dir: t.TempDir()}
	t.Cleanup(func() { writable(s.dir) })
	text := d.described(26)
	if err := os.WriteFile(s.path("params.toml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := All(t.Context(), s.options()); err != nil {
		t.Fatal(err)
	}
	w, plan := s.plan()
	if !plan.Idle() || len(w.Findings) > 0 || w.Dataset.Name != "fetch/letters" || w.Mark != "" {
		t.Errorf("idle %v, %d findings, data from %s, mark %q", plan.Idle(), len(w.Findings), w.Dataset.Name, w.Mark)
	}
	for i := range plan.Steps {
		step := &plan.Steps[i]
		for _, o := range step.Outputs {
			if step.Node.Stage.Name != train.Kind || o.Name != train.Record {
				continue
			}
			meta, points, err := runs.ReadRecord(w.store.BlobPath(o.Content))
			if err != nil || !strings.HasPrefix(meta["source"], "letters, ") || len(points[0].Layers[0].ClassCounts) != 26 {
				t.Errorf("%s: %v, %q, %d classes", step.Node.Name, err, meta["source"], len(points[0].Layers[0].ClassCounts))
			}
			if last := points[len(points)-1]; strings.Contains(step.Node.Name, "/test/") &&
				last.Correct < 30 { // at chance about 12 of 300 are correct
				t.Errorf("%d of %d right", last.Correct, last.Samples)
			}
		}
	}
	for file, want := range map[string]string{
		"out/figures/fig-letters.json": "On letters: 26 classes, 14×14 pixels", "out/tables/table-parameters.md": "196 → 40 → 26",
		"out/report.html": "networks are trained on letters, 2600 images of 14×14 pixels in 26 classes,",
	} {
		if content, err := os.ReadFile(s.path(file)); err != nil || !strings.Contains(string(content), want) {
			t.Errorf("%s: %v, lacks %q", file, err, want)
		}
	}
	if content, err := os.ReadFile(s.path("out/report.html")); err != nil || strings.Contains(string(content), "Not the full study") ||
		strings.Contains(string(content), "digits (MNIST)") {
		t.Error("the report takes the letters for a part of MNIST", err)
	}
	if err := Lock(t.Context(), s.options()); err != nil {
		t.Error(err)
	}
	if said, err := s.audit(2); err != nil {
		t.Error(said, err)
	}
	if said, err := s.auditFile(s.path("out/figures/fig-letters.svg")); err != nil || !strings.Contains(said, "genuine") {
		t.Error(said, err)
	}
	// A damaged file in a place where the parameters look for it is not a
	// result, but an audit reports it.
	labels := filepath.Join(d.dir, "drawn-"+train.TestLabels+"-idx-ubyte")
	content, err := os.ReadFile(labels)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)-1] ^= 1
	if err := os.WriteFile(labels, content, 0o644); err != nil {
		t.Fatal(err)
	}
	if said, err := s.audit(1); err == nil || !strings.Contains(said, labels) {
		t.Errorf("%v: %s", err, said)
	}
}
