package stages

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"sparsel/pipeline"
	"sparsel/stages/internal/testenv"
	"sparsel/stages/train"
	v1 "sparsel/stages/train/v1"
)

// The study's trainings are those of the lock that was written before the run record had its second version: repeated,
// the cheapest of each experiment, as many as SPARSEL_OLD says, they give its bytes, format apart.
func TestTrainingsOfTheOldLock(t *testing.T) {
	wanted, err := strconv.Atoi(cmp.Or(os.Getenv("SPARSEL_OLD"), "1"))
	if err != nil {
		t.Fatal(err)
	}
	if testing.Short() {
		t.Skip("trains")
	}
	data, params, out := testenv.MNIST(t), filepath.Join("..", "params.toml"), t.TempDir()
	w, err := Options{Params: &params, Data: &data, Out: &out}.open(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.engine.CodeOf(t.Context(), w.Graph); err != nil {
		t.Fatal(err)
	}
	images, err := w.engine.Redo(t.Context(), w.Dataset, nil, filepath.Join(out, "data"))
	if err != nil {
		t.Fatal(err)
	}
	cheapest := map[string]*pipeline.Node{}
	for _, n := range w.Graph.Nodes() {
		if best := cheapest[n.Group]; n.Stage.Name == "train" && (best == nil || n.Cost < best.Cost) {
			cheapest[n.Group] = n
		}
	}
	var list []*pipeline.Node
	for _, n := range cheapest {
		list = append(list, n)
	}
	slices.SortFunc(list, func(x, y *pipeline.Node) int {
		return cmp.Or(cmp.Compare(x.Cost, y.Cost), cmp.Compare(x.Name, y.Name))
	})
	old := v1.Records()
	for _, n := range list[:min(wanted, len(list))] {
		t.Run(n.Name, func(t *testing.T) {
			t.Parallel()
			inputs := map[string]pipeline.File{}
			for _, in := range n.Inputs {
				inputs[in.Name] = images.File(in.Output)
			}
			redone, err := w.engine.Redo(t.Context(), n, inputs, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			sum, err := v1.Sum(redone.Path(train.Record))
			if err != nil {
				t.Fatal(err)
			}
			if node := old[sum]; node != n.Name {
				t.Errorf("its record was, or would have been, %x, that of %q in the lock", sum, node)
			}
		})
	}
}
