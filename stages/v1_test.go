package stages

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"sparsel/pipeline"
	"sparsel/stages/internal/testenv"
	"sparsel/stages/train"
	v1 "sparsel/stages/train/v1"
)

// The study's trainings, repeated, give the bytes of the lock that was written
// before the run record had its second version, except for the format.
// SPARSEL_OLD selects the trainings: a number of them, the cheapest of each
// experiment, or those whose names match an expression.
func TestTrainingsOfTheOldLock(t *testing.T) {
	which := cmp.Or(os.Getenv("SPARSEL_OLD"), "1")
	wanted, notNumber := strconv.Atoi(which)
	expression, err := regexp.Compile(which)
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
	var list []*pipeline.Node
	cheapest := map[string]*pipeline.Node{}
	for _, n := range w.Graph.Nodes() {
		if notNumber != nil && n.Stage.Name == "train" && expression.MatchString(n.Name) {
			list = append(list, n)
		}
		if best := cheapest[n.Group]; n.Stage.Name == "train" && (best == nil || n.Cost < best.Cost) {
			cheapest[n.Group] = n
		}
	}
	if notNumber == nil {
		list = slices.SortedFunc(maps.Values(cheapest), func(x, y *pipeline.Node) int {
			return cmp.Or(cmp.Compare(x.Cost, y.Cost), cmp.Compare(x.Name, y.Name))
		})
		list = list[:min(wanted, len(list))]
	}
	old := v1.Records()
	for _, n := range list {
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
			info, err := os.Stat(redone.Path(train.Record))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("record of %d bytes", info.Size())
			if c := n.Params.(train.Params).Run; slices.Equal(c.Network.Hidden, []int{256}) && c.Epochs == 30 && info.Size() > 3e6 {
				t.Error("more than 3 MB")
			}
		})
	}
}
