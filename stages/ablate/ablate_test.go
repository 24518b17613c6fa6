package ablate

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsel/artifacts/runs"
	"sparsel/stages/internal/testenv"
	"sparsel/stages/measure"
	"sparsel/stages/measured"
)

// network trains a small network with PyTorch and saves its activations and
// weights. It then removes units in the given orders by setting them to 0 in
// the network itself.
const network = `
import json, sys, numpy as np, torch
torch.manual_seed(1)
torch.set_num_threads(1)
y = torch.arange(600) % 10
x = torch.nn.functional.one_hot(y, 10).double() + 0.5 * torch.randn(600, 10, dtype=torch.double)
hidden, output = torch.nn.Linear(10, 40).double(), torch.nn.Linear(40, 10).double()
optimizer = torch.optim.Adam([*hidden.parameters(), *output.parameters()], lr=0.02)
for _ in range(60):
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(output(torch.relu(hidden(x))), y).backward()
    optimizer.step()
h = torch.relu(hidden(x)).detach().float()
p = output(h.double()).argmax(1)
for name, a in dict(activation=h, label=y, prediction=p, weight=output.weight.detach(), bias=output.bias.detach()).items():
    np.save("acts.%s.npy" % name, a.numpy())
if len(sys.argv) > 1:
    def accuracy(removed):
        kept = h.double().clone()
        kept[:, removed] = 0
        return (output(kept).argmax(1) == y).double().mean().item()
    orders = json.load(open(sys.argv[1]))
    json.dump({"curves": [[accuracy(order[:k]) for k in range(41)] for order in orders],
           "without": [accuracy([u]) for u in range(40)]}, open("truth.json", "w"))
`

func python(t *testing.T, dir string, args ...string) {
	t.Helper()
	name := ""
	for _, candidate := range []string{os.Getenv("SPARSEL_PYTHON"), "/usr/bin/python3", "python3"} {
		if candidate != "" && exec.Command(candidate, "-c", "import numpy, torch").Run() == nil {
			name = candidate
			break
		}
	}
	if name == "" {
		testenv.Absent(t, "torch", os.ErrNotExist)
	}
	cmd := exec.Command(name, append([]string{"-c", network}, args...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func measuredFile(t *testing.T, path string) []measured.Layer {
	t.Helper()
	layers, err := measure.File(context.Background(), path, measure.Settings{Epsilon: 1e-6}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return layers
}

func quiet(_, _ int64) {}

// Every accuracy must be the one that PyTorch finds when units are set to 0 in
// the network.
func TestAgainstPyTorch(t *testing.T) {
	dir := t.TempDir()
	python(t, dir)
	path, behind := filepath.Join(dir, "acts.label.npy"), filepath.Join(dir, "acts.weight.npy")
	layers := measuredFile(t, path)
	r, err := ablate(context.Background(), Params{Last: true, Orders: 3}, path, behind, layers, quiet)
	if err != nil {
		t.Fatal(err)
	}
	var orders [][]int
	var curves [][]float64
	for _, s := range r.sets {
		for _, c := range s.curves {
			orders, curves = append(orders, c.order), append(curves, c.accuracy)
		}
	}
	if len(orders) != 2+3*3 {
		t.Fatalf("%d orders", len(orders))
	}
	text, err := json.Marshal(orders)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "orders.json"), text, 0o666); err != nil {
		t.Fatal(err)
	}
	python(t, dir, "orders.json")
	var truth struct {
		Curves  [][]float64
		Without []float64
	}
	if text, err = os.ReadFile(filepath.Join(dir, "truth.json")); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &truth); err != nil {
		t.Fatal(err)
	}
	// Both are counts of 600 samples, divided. Another order of summation may
	// only exchange two logits that agree to 1e-13.
	for i, want := range truth.Curves {
		if !slices.Equal(curves[i], want) {
			t.Errorf("order %d: %v, want %v", i, curves[i], want)
		}
	}
	if !slices.Equal(r.without, truth.Without) {
		t.Errorf("without one unit %v, want %v", r.without, truth.Without)
	}
	if r.intact != layers[0].Accuracy || r.intact < 0.8 {
		t.Errorf("accuracy %v, by the file's predictions %v", r.intact, layers[0].Accuracy)
	}
	for place, unit := range orders[0][1:] {
		if before := orders[0][place]; layers[0].Units[before].Selectivity < layers[0].Units[unit].Selectivity {
			t.Errorf("unit %d goes before the more selective unit %d", before, unit)
		}
	}
	// All outputs are made, and a second run makes the same ones.
	var files [2]map[string][]byte
	for i := range files {
		files[i] = map[string][]byte{}
		out := t.TempDir()
		if err := r.write(func(name string) string { return filepath.Join(out, name) }); err != nil {
			t.Fatal(err)
		}
		for _, name := range Stage(nil, nil).Outputs {
			if files[i][name], err = os.ReadFile(filepath.Join(out, name)); err != nil || len(files[i][name]) == 0 {
				t.Errorf("%s: %v", name, err)
			}
			if i == 1 && !slices.Equal(files[0][name], files[1][name]) {
				t.Errorf("%s comes out otherwise the second time", name)
			}
		}
	}
	if table := string(files[0][Table+".md"]); !strings.Contains(table, "most selective first") || strings.Contains(table, "NaN") {
		t.Error(table)
	}
}

// archive stores the activations of two layers, and the weights after the
// second one, in the form that the project uses.
func archive(t *testing.T, label, prediction func(i int) uint8) (activations, weights string) {
	t.Helper()
	dir := t.TempDir()
	activations, weights = filepath.Join(dir, "activations.parquet"), filepath.Join(dir, "weights.parquet")
	w, err := runs.CreateActivations(activations, nil)
	if err != nil {
		t.Fatal(err)
	}
	for epoch := 1; epoch <= 2; epoch++ {
		for layer := 1; layer <= 2; layer++ {
			b := runs.Block{Epoch: epoch, Layer: layer, Units: 1 + layer} // three units in the second
			for i := range 30 {
				b.Labels, b.Predictions = append(b.Labels, label(i)), append(b.Predictions, prediction(i))
				for j := range b.Units {
					v := float32(0)
					if i%3 == j && epoch == 2 {
						v = 1
					}
					b.Values = append(b.Values, v)
				}
			}
			if err := w.Append(b); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	err = runs.WriteWeights(weights, nil, []runs.Tensor{
		{Name: "hidden1.weight", Shape: []int{3, 2}, Values: make([]float32, 6)},
		{Name: "output.weight", Shape: []int{3, 3}, Values: []float32{1, 0, 0, 0, 1, 0, 0, 0, 1}},
		{Name: "output.bias", Shape: []int{3}, Values: make([]float32, 3)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return activations, weights
}

func third(i int) uint8 { return uint8(i % 3) }

// These are the project's own archives. At the last epoch, each unit of the
// last layer stands for a class. Without the unit, no logit of the class's
// samples is above the others, and the first class wins.
func TestOwnArchives(t *testing.T) {
	activations, weights := archive(t, third, third)
	r, err := ablate(context.Background(), Params{Last: true}, activations, weights, measuredFile(t, activations), quiet)
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{1, 20. / 30, 20. / 30}; r.intact != 1 || !slices.Equal(r.without, want) {
		t.Errorf("accuracy %v, without a unit %v, want %v", r.intact, r.without, want)
	}
	if got, want := r.sets[mostFirst].curves[0].accuracy, []float64{1, 1, 20. / 30, 10. / 30}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestChoose(t *testing.T) {
	layer := func(run, name string, epoch int64) (l measured.Layer) {
		l.Run, l.Key.Layer, l.Epoch = run, name, epoch
		return l
	}
	list := []measured.Layer{layer("", "1", 1), layer("", "2", 1), layer("", "1", 2), layer("", "2", 2)}
	if l, err := (Params{Last: true}).choose(list); err != nil || l.Key.Layer != "2" || l.Epoch != 2 {
		t.Errorf("%v, %v", l.Key, err)
	}
	if l, err := (Params{Layer: "1"}).choose(list); err != nil || l.Key.Layer != "1" || l.Epoch != 2 {
		t.Errorf("%v, %v", l.Key, err)
	}
	if _, err := (Params{Layer: "3"}).choose(list); err == nil || !strings.Contains(err.Error(), `no layer "3"; the file has ["1" "2"]`) {
		t.Error(err)
	}
	if _, err := (Params{Last: true}).choose(append(list, layer("b", "1", 1))); err == nil ||
		!strings.Contains(err.Error(), "2 runs, and weights are one network's") {
		t.Error(err)
	}
}

// Weights that do not belong to the activations are refused because of their
// shape, their classes or the predictions.
func TestRefuses(t *testing.T) {
	activations, weights := archive(t, third, third)
	layers := measuredFile(t, activations)
	if _, err := ablate(context.Background(), Params{Layer: "1"}, activations, weights, layers, quiet); err == nil ||
		!strings.Contains(err.Error(), "2 units, and the weights are for 3") {
		t.Error(err)
	}
	more, _ := archive(t, func(i int) uint8 { return uint8(i % 4) }, third)
	if _, err := ablate(context.Background(), Params{Last: true}, more, weights, measuredFile(t, more), quiet); err == nil ||
		!strings.Contains(err.Error(), "samples of class 3") {
		t.Error(err)
	}
	if _, err := readOutput(activations); err == nil {
		t.Error("activations are read as weights")
	}
	o, err := readOutput(weights)
	if err != nil || o.Classes != 3 || o.Units != 3 || o.Weights[4] != 1 {
		t.Fatalf("%+v, %v", o, err)
	}
	// A prediction may differ only between two logits that rounding cannot
	// distinguish.
	if err := agrees(o, []float32{1, 1 - 1e-4, 0}, 1); err != nil {
		t.Error(err)
	}
	for _, predicted := range []int64{2, 3, -1} {
		if err := agrees(o, []float32{1, 1 - 1e-4, 0}, predicted); err == nil || !strings.Contains(err.Error(), "another network's") {
			t.Errorf("prediction %d: %v", predicted, err)
		}
	}
}
