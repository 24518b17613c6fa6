package metrics

import (
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsel/analysis/metric"
	"sparsel/artifacts/measures"
	"sparsel/artifacts/runs"
	"sparsel/trainer"
)

// archives makes the archives of a run of one epoch with two layers and returns
// its record and activations.
func archives(t *testing.T, change func(*runs.Epoch, []runs.Block)) ([]runs.Epoch, string) {
	t.Helper()
	labels, predictions := make([]uint8, 40), make([]uint8, 40)
	correct := 0
	for i := range labels {
		labels[i] = uint8(i % 10)
		predictions[i] = uint8(i * 7 % 10)
		if labels[i] == predictions[i] {
			correct++
		}
	}
	epoch := runs.Epoch{Epoch: 1, TrainLoss: 0.5, TestLoss: 0.25, Correct: correct, Samples: len(labels)}
	var blocks []runs.Block
	for layer, units := range []int{5, 20} {
		values := make([]float32, len(labels)*units)
		for k := range values {
			values[k] = float32(k%97) / 97
		}
		s, err := metric.FromActivations(values, units, labels, 10, trainer.Thresholds())
		if err != nil {
			t.Fatal(err)
		}
		epoch.Layers = append(epoch.Layers, runs.Layer{
			Units: units, Activation: "sigmoid", ClassSums: s.ClassSums, ClassCounts: s.ClassCounts, RatioSum: s.RatioSum,
			RatioSquares: s.RatioSquares,
			Samples:      s.Samples, Squares: s.Squares, Least: s.Least, Most: s.Most, Thresholds: s.Thresholds, Below: s.Below,
			RatioFourths: s.RatioFourths, RankSum: s.RankSum, RankSquares: s.RankSquares,
		})
		blocks = append(blocks, runs.Block{Epoch: 1, Layer: layer + 1, Units: units, Labels: labels, Predictions: predictions, Values: values})
	}
	if change != nil {
		change(&epoch, blocks)
	}
	path := filepath.Join(t.TempDir(), "activations.parquet")
	w, err := runs.CreateActivations(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		if err := w.Append(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return []runs.Epoch{epoch}, path
}

func TestCompareHoldsTheRecordToTheArchive(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*runs.Epoch, []runs.Block)
		want   string // expected in the error; empty if they agree
	}{
		{"equal", nil, ""},
		{"last bit of an activation", func(_ *runs.Epoch, b []runs.Block) {
			b[1].Values[33] = math.Nextafter32(b[1].Values[33], 2)
		}, "epoch 1, layer 2"},
		{"last bit of a class sum", func(e *runs.Epoch, _ []runs.Block) {
			s := e.Layers[0].ClassSums
			s[7] = math.Nextafter(s[7], 2)
		}, "epoch 1, layer 1"},
		{"last bit of a ratio sum", func(e *runs.Epoch, _ []runs.Block) {
			e.Layers[1].RatioSum = math.Nextafter(e.Layers[1].RatioSum, 0)
		}, "epoch 1, layer 2"},
		{"last bit of a sum of ranks", func(e *runs.Epoch, _ []runs.Block) {
			e.Layers[0].RankSquares = math.Nextafter(e.Layers[0].RankSquares, 0)
		}, "epoch 1, layer 1"},
		{"last bit of a sum of squares", func(e *runs.Epoch, _ []runs.Block) {
			s := e.Layers[0].Squares
			s[3] = math.Nextafter(s[3], 2)
		}, "unit 3"},
		{"last bit of a fourth power", func(e *runs.Epoch, _ []runs.Block) {
			e.Layers[1].RatioFourths = math.Nextafter(e.Layers[1].RatioFourths, 0)
		}, "epoch 1, layer 2"},
		{"count below a threshold", func(e *runs.Epoch, _ []runs.Block) { e.Layers[1].Below[25]++ }, "epoch 1, layer 2"},
		{"smallest activation", func(e *runs.Epoch, _ []runs.Block) { e.Layers[0].Least[2] = 0.5 }, "unit 2"},
		{"largest activation", func(e *runs.Epoch, _ []runs.Block) { e.Layers[0].Most[2] = 1 }, "unit 2"},
		{"count of correct predictions", func(e *runs.Epoch, _ []runs.Block) { e.Correct++ }, "predictions are right, recorded are"},
		{"epoch that was not recorded", func(e *runs.Epoch, _ []runs.Block) { e.Epoch = 2 }, "not in the record"},
	} {
		t.Run(c.name, func(t *testing.T) {
			epochs, path := archives(t, c.change)
			n, err := Compare(context.Background(), epochs, path, "test", skip)
			if c.want == "" && (err != nil || n != 2) {
				t.Errorf("%d layers compared, %v", n, err)
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

// The predictions in an archive of training samples are unrelated to the
// recorded accuracy on the test set.
func TestTrainingPredictionsAreNotHeldToTestAccuracy(t *testing.T) {
	epochs, path := archives(t, func(e *runs.Epoch, _ []runs.Block) { e.Correct, e.Samples = 3, 17 })
	if n, err := Compare(context.Background(), epochs, path, "train", skip); err != nil || n != 2 {
		t.Errorf("%d layers compared, %v", n, err)
	}
	if _, err := Compare(context.Background(), epochs, path, "test", skip); err == nil {
		t.Error("predictions of a test set were not held to the accuracy")
	}
}

func TestLayersAreAveragedEqually(t *testing.T) {
	epochs, _ := archives(t, nil)
	rows, err := FromRecord(epochs, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 || rows[0].Layer != "all" || rows[1].Layer != "1" || rows[2].Layer != "2" {
		t.Fatalf("got %+v, want all layers, then each", rows)
	}
	if want := (rows[1].Sparsity + rows[2].Sparsity) / 2; rows[0].Sparsity != want {
		t.Errorf("sparsity %v, want %v whatever the widths", rows[0].Sparsity, want)
	}
	if want := (rows[1].Selectivity + rows[2].Selectivity) / 2; rows[0].Selectivity != want {
		t.Errorf("selectivity %v, want %v", rows[0].Selectivity, want)
	}
	if want := float64(epochs[0].Correct) / 40; rows[0].Accuracy != want {
		t.Errorf("accuracy %v, want %v", rows[0].Accuracy, want)
	}
	epochs[0].Layers = epochs[0].Layers[:1]
	if rows, err = FromRecord(epochs, 0); err != nil || len(rows) != 1 {
		t.Errorf("one layer: %d rows, %v; the mean over it says all", len(rows), err)
	}
}

// The metrics of the units that vary are those of a layer without the others.
func TestConstantUnitsAreLeftOut(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	labels := make([]uint8, 200)
	var values, kept []float32
	for i := range labels {
		labels[i] = uint8(i % 4)
		a, b, c := r.Float32(), r.Float32()/float32(1+i%4), r.Float32()*r.Float32()
		values = append(values, 0.99, a, 0.01, b, 0.98, c)
		kept = append(kept, a, b, c)
	}
	for name, tt := range map[string]struct {
		values []float32
		units  int
		want   []float32 // of three units
	}{
		"half of the units": {values, 6, kept},
		"no unit":           {kept, 3, kept},
		"every unit":        {slices.Repeat([]float32{0.99, 0.02}, len(labels)), 2, nil},
	} {
		s, err := metric.FromActivations(tt.values, tt.units, labels, 4, trainer.Thresholds())
		if err != nil {
			t.Fatal(err)
		}
		s.Activation = "sigmoid"
		a := archived{}
		b := runs.Block{Epoch: 1, Layer: 1, Units: tt.units, Labels: labels, Values: tt.values}
		if err := a.add(b, s, 0, nil); err != nil {
			t.Fatal(err)
		}
		rows := []measures.Row{{Epoch: 1, Layer: measures.AllLayers}}
		a.complete(rows)
		sparsity, selectivity := math.NaN(), math.NaN()
		if tt.want != nil {
			sparsity, selectivity = 0, 0
			for i := range labels {
				var one, two float64
				for _, v := range tt.want[3*i:][:3] {
					one, two = one+float64(v), two+float64(v)*float64(v)
				}
				sparsity += (math.Sqrt(3) - one/math.Sqrt(two)) / (math.Sqrt(3) - 1) / float64(len(labels))
			}
			for u := range 3 {
				var sums [4]float64
				var all float64
				for i, label := range labels {
					sums[label] += float64(tt.want[3*i+u]) / 50
					all += float64(tt.want[3*i+u]) / 50
				}
				most := slices.Max(sums[:])
				others := (all - most) / 3
				selectivity += (most - others) / (most + others) / 3
			}
		}
		same := func(got, want float64) bool {
			return math.Abs(got-want) < 1e-6 || math.IsNaN(got) && math.IsNaN(want) // norms are float32
		}
		if got := rows[0]; !same(got.SparsityVarying, sparsity) || !same(got.SelectivityVarying, selectivity) {
			t.Errorf("%s is constant: sparsity %v and selectivity %v, want %v and %v", name,
				got.SparsityVarying, got.SelectivityVarying, sparsity, selectivity)
		}
	}
}

// skip ignores a layer.
func skip(runs.Block) error { return nil }
