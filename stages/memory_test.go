package stages

import (
	"path/filepath"
	"strings"
	"testing"

	"sparsel/pipeline"
)

// peaks returns, for each node that was done in a project, the largest amount
// of memory that the process had, and the amount that was predicted for the
// node.
func (p *project) peaks() (measured, counted map[string]int64) {
	p.t.Helper()
	params, out, data := filepath.Join(p.dir, "params.toml"), filepath.Join(p.dir, "out"), p.data
	w, err := (Options{Params: &params, Out: &out, Data: &data}).open(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	events, damage, err := w.store.Journal()
	if err != nil || len(damage) > 0 {
		p.t.Fatal(err, damage)
	}
	measured, counted = map[string]int64{}, map[string]int64{}
	for _, e := range events {
		if n := w.Graph.Node(e.Node); n != nil && e.Memory > 0 {
			measured[e.Node], counted[e.Node] = e.Memory, n.Memory
		}
	}
	return measured, counted
}

// T21: a training in a worker process of its own takes the memory that was
// predicted for it, within a quarter.
func TestT21MemoryIsCounted(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it trains networks of 29 million parameters")
	}
	p := newProject(t)
	p.edit("train_images = 2000\ntest_images = 500", "train_images = 1000\ntest_images = 2000")
	cases := []struct{ name, optimizer, set string }{
		{"baseline", "SGD", ``},
		{"baseline_adam", "Adam", ``},
		{"five_layers", "Adam", `depth = 5, width = 2000, `},
		{"batch_1000", "Adam", `batch = 1000, `},
		{"cnn", "Adam", `conv = [32, 64], `},
		{"cnn_1000", "Adam", `conv = [32, 64], batch = 1000, `},
		{"running", "Adagrad", `hidden = [4000], measure = "train", batch = 1000, `},
		{"wide", "SGD", `hidden = [5000, 5000], batch = 1000, `},
		{"wide_adam", "Adam", `hidden = [5000, 5000], `},
	}
	const figures = "[[figures]]\nid = \"5.1\""
	for _, c := range cases {
		text := "[[experiments]]\nname = \"" + c.name + "\"\ncondition = \"it\"\noptimizers = [\"" + c.optimizer +
			"\"]\nseeds = [1]\nseeding = \"paired\"\n"
		p.edit(figures, text+"set = { "+c.set+"epochs = 1 }\n\n"+figures)
	}
	for _, c := range cases {
		p.run("experiment", c.name, "-jobs=1") // starts workers of its own
	}
	measured, counted := p.peaks()
	for node, peak := range measured {
		if !strings.HasPrefix(node, "train/") {
			continue
		}
		ratio := float64(counted[node]) / float64(peak)
		t.Logf("%s: %d MB counted, %d MB measured: %.2f", node, counted[node]>>20, peak>>20, ratio)
		if ratio < 0.75 || ratio > 1.25 {
			t.Errorf("%s: %d MB are counted, %d MB were measured", node, counted[node]>>20, peak>>20)
		}
	}
}

// A training that needs far more memory than the machine has is refused before
// anything runs. The estimate may be a quarter too high.
func TestWhatDoesNotFitIsRefused(t *testing.T) {
	step := func(name string, memory int64, state pipeline.State) pipeline.Step {
		return pipeline.Step{Node: &pipeline.Node{Name: name, Memory: memory}, State: state}
	}
	small, current := step("train/a", 1250, pipeline.Stale), step("train/b", 9e9, pipeline.Current)
	large, larger := step("train/c", 2e9, pipeline.Waiting), step("train/d", 3e9, pipeline.Broken)
	far := step("train/e", 9e9, pipeline.Stale)
	far.Far = true
	if err := fits(&pipeline.Plan{Steps: []pipeline.Step{small, current, far}}, 1000); err != nil {
		t.Error(err)
	}
	err := fits(&pipeline.Plan{Steps: []pipeline.Step{small, large, larger}}, 1e9)
	if want := "train/d needs about 3.0 GB of memory, and this machine has 1.0 (the largest of 2 such nodes): make "; err == nil ||
		!strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}
