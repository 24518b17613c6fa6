package study_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsel/artifacts/idx"
	"sparsel/stages/fetch"
	"sparsel/stages/params"
	"sparsel/stages/study"
	"sparsel/stages/table"
)

// little is a small file, to which tests add entries.
const little = `
[study]
seeds = [1, 2]
optimizers = ["SGD", "Adam"]
seeding = "paired"
archive = "last"
on_failed_run = "refuse"
[data]
directories = []
mirrors = []
[optimizers.SGD]
lr = 0.1
[optimizers.Adam]
lr = 0.001
beta1 = 0.9
beta2 = 0.999
eps = 1e-8
[baseline]
hidden = [4]
activation = "sigmoid"
sampler = "shuffled"
batch = 50
epochs = 2
[metrics]
ccmas_epsilon = 1e-7
`

// The notes of a table of grids name every parameter that differs from the
// baseline in a condition in which it does not vary.
func TestGridsNameWhatDiffers(t *testing.T) {
	text := little + `
[[experiments]]
name = "plain"
condition = "bs={batch}"
vary = [{ parameter = "batch", values = [10, 20] }]
[[experiments]]
name = "mix"
optimizers = ["SGD"]
conditions = [
  { condition = "bs={batch}", vary = [{ parameter = "batch", values = [10, 20] }] },
  { condition = "lr={lr}", set = { batch = 10 }, vary = [{ parameter = "lr", values = [0.01, 0.2] }] },
]
[[experiments]]
name = "deep"
condition = "depth={depth}"
set = { width = 8 }
vary = [{ parameter = "depth", values = [1, 2] }]
[[experiments]]
name = "con"
condition = "block={block}"
set = { sampler = "consecutive", order_seed = 7 }
vary = [{ parameter = "block", values = [2, 5] }]
[[experiments]]
name = "said"
optimizers = ["SGD"]
conditions = [
  { condition = "half", set = { dropout = [0.5] }, column = "dropout", value = 0.5 },
  { condition = "few", set = { batch = 7 }, column = "batch_size", value = 7 },
]
[[tables]]
id = "grids"
kind = "grids"
experiments = ["EXPERIMENT"]
`
	for experiment, want := range map[string][]string{
		"plain": nil,
		"mix":   {"In mix the batch size is 10 in lr=0.01, lr=0.2."},
		"deep":  {"In deep the network is 784 → 8 → 10 or 784 → 8 → 8 → 10."},
		"con": {"In con the training images are runs of 2 of one class in the order of seed 7 or runs of 5 of one class in the order of " +
			"seed 7."},
		"said": nil,
	} {
		p, err := params.Parse("params.toml", []byte(strings.Replace(text, "EXPERIMENT", experiment, 1)), "")
		if err != nil {
			t.Fatal(err)
		}
		s, err := study.New("params.toml", p, fetch.Sources{})
		if err != nil {
			t.Fatal(err)
		}
		grids := s.Tables["grids"].Params.(table.TextParams)
		if !slices.Equal(grids.Notes, want) || strings.Contains(grids.Caption, "but for") != (want != nil) {
			t.Errorf("%s: caption %q, notes %q, want %q", experiment, grids.Caption, grids.Notes, want)
		}
	}
}

// A training whose sampler finds no image is refused when the study is opened,
// if the labels are at hand. Drawn digits always are.
func TestLabelsAtHand(t *testing.T) {
	const entries = `
[[experiments]]
name = "e"
condition = "c"
set = { sampler = "phases", phases = [{ classes = [9], epochs = 1 }, { classes = [0], epochs = 1 }] }
[profiles.drawn]
data = "any"
train_images = 1
test_images = 1
`
	p, err := params.Parse("params.toml", []byte(little+entries), "drawn")
	if err != nil {
		t.Fatal(err)
	}
	const want = "params.toml:27:3: experiments[0]: c, SGD: no training image is of a class of phase"
	if _, err = study.New("params.toml", p, fetch.Sources{}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("one drawn digit: %v", err)
	}
	// Labels that are not MNIST's are none at hand.
	p, err = params.Parse("params.toml", []byte(strings.NewReplacer("[data]", "train_images = 1\n[data]", "batch = 50", "batch = 1").Replace(little)+entries), "")
	if err != nil {
		t.Fatal(err)
	}
	var labels bytes.Buffer
	if err := idx.WriteLabels(&labels, make([]uint8, 60_000)); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "train-labels-idx1-ubyte"), labels.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := study.New("params.toml", p, fetch.Sources{Dirs: []fetch.Dir{{Path: dir, From: "a test"}}}); err != nil {
		t.Error(err)
	}
	// MNIST's first image is a 5.
	mnist := "../../../shared/mnist"
	if _, err := os.Stat(mnist); err != nil {
		t.Skip("no MNIST")
	}
	if _, err := study.New("params.toml", p, fetch.Sources{Dirs: []fetch.Dir{{Path: mnist, From: "a test"}}}); err == nil ||
		!strings.Contains(err.Error(), "no training image is of a class of phase 1, 9") {
		t.Errorf("one image of MNIST: %v", err)
	}
}
