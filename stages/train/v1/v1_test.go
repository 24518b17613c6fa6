package v1

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/artifacts/runs"
)

const baseline = `{"Data":"MNIST","Classes":10,"Run":{"Network":{"Hidden":[2],"Activation":"sigmoid","Conv":null},` +
	`"Optimizer":{"Name":"SGD","LR":0.1,"WeightDecay":0,"Momentum":0,"Rho":0,"Eps":0,"Beta1":0,"Beta2":0,"Alpha":0,"K":0},` +
	`"Sampler":{"Kind":"shuffled","Block":0,"OrderSeed":0,"Classes":0,"Clean":false},"Batch":50,"Epochs":1,` +
	`"Seeding":{"Mode":"author","Seed":1,"Skip":0,"NumpySkip":0},"Measure":"test","TrainLossAfter":true},` +
	`"Archive":[1],"TrainFirst":0,"TestFirst":0}`

func TestParameters(t *testing.T) {
	want := strings.NewReplacer(`"Classes":10,"Run"`, `"Run"`, `,"TrainLossAfter":true`, "").Replace(baseline)
	if got, err := parameters(baseline); err != nil || got != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	for edit, want := range map[[2]string]string{
		{`"Epochs":1,`, `"Epochs":1,"Dropout":0.2,`}:                 "parameter Run.Dropout is 0.2",
		{`"Epochs":1,`, `"Epochs":1,"Dropout":0,"Phases":null,`}:     "",
		{`"Epochs":1,`, `"Epochs":1,"Phases":[{"Epochs":0}],`}:       "parameter Run.Phases is",
		{`"Epochs":1,`, `"Epochs":1,"Rate":{"Scale":0,"Decay":""},`}: "",
		{`"Epochs":1,`, `"Epochs":1,"Rate":{"Scale":2},`}:            "parameter Run.Rate.Scale is 2",
		{`"Classes":10,"Run"`, `"Classes":26,"Run"`}:                 "parameter Classes is 26",
	} {
		text := strings.Replace(baseline, edit[0], edit[1], 1)
		if _, err := parameters(text); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", edit[1], err, want)
		}
	}
}

// Changing any bit that the first version held changes the sum. What was added
// later does not.
func TestSum(t *testing.T) {
	sum := func(change func(early, late *runs.Epoch)) [32]byte {
		t.Helper()
		point := func(epoch, step int) runs.Epoch {
			return runs.Epoch{Epoch: epoch, Step: step, TrainLoss: 1, TestLoss: 2, Correct: 3, Samples: 4, Layers: []runs.Layer{{
				Units: 2, Activation: "sigmoid", ClassSums: []float64{1, 2, 3, 4}, ClassCounts: []int64{2, 2}, Squares: []float64{1, 2},
				Least: []float32{0, 0}, Most: []float32{1, 1}, RatioSum: 5, RatioSquares: 6, Samples: 4,
			}}}
		}
		early, late := point(0, 0), point(1, 1200)
		change(&early, &late)
		path := filepath.Join(t.TempDir(), "record.parquet")
		if err := runs.WriteRecord(path, runs.Meta{"params": baseline, "source": "MNIST"}, []runs.Epoch{early, late}); err != nil {
			t.Fatal(err)
		}
		got, err := Sum(path)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	plain := sum(func(_, _ *runs.Epoch) {})
	for name, change := range map[string]func(early, late *runs.Epoch){
		"weights": func(_, e *runs.Epoch) { e.Digest[31]++ }, "train loss": func(_, e *runs.Epoch) { e.TrainLoss = math.Nextafter(1, 0) },
		"test loss": func(_, e *runs.Epoch) { e.TestLoss = math.Nextafter(2, 0) }, "correct": func(_, e *runs.Epoch) { e.Correct++ },
		"class sum": func(_, e *runs.Epoch) { e.Layers[0].ClassSums[3] = math.Nextafter(4, 0) },
		"ratios":    func(_, e *runs.Epoch) { e.Layers[0].RatioSquares = math.Nextafter(6, 0) },
	} {
		if sum(change) == plain {
			t.Errorf("%s: no other sum", name)
		}
	}
	if sum(func(early, late *runs.Epoch) { early.Digest[0]++; late.Layers[0].RankSum = 7; late.TrainCorrect = 1 }) != plain {
		t.Error("what came later changes the sum")
	}
}

func TestRecords(t *testing.T) {
	nodes := map[string]bool{}
	for _, node := range Records() {
		nodes[node] = true
	}
	if len(nodes) != 954 || !nodes["train/batch_size/bs=1/Adam/seed=1"] {
		t.Errorf("%d trainings", len(nodes))
	}
}
