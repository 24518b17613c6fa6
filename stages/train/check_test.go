package train

import (
	"os"
	"path/filepath"
	"testing"

	"sparsel/artifacts/runs"
)

// T05: an archive that is empty or truncated anywhere is refused when the stage
// has ended.
func TestT05TruncatedArchives(t *testing.T) {
	const units, samples, classes = 5, 30, 10
	dir := t.TempDir()
	meta := runs.Meta{"params": "{}"}
	layer := runs.Layer{Units: units, ClassSums: make([]float64, classes*units), ClassCounts: make([]int64, classes),
		RatioSum: 1, RatioSquares: 1, Samples: samples,
		Squares: make([]float64, units), Least: make([]float32, units), Most: make([]float32, units)}
	if err := runs.WriteRecord(filepath.Join(dir, Record), meta,
		[]runs.Epoch{{Epoch: 1, Correct: 3, Samples: samples, Layers: []runs.Layer{layer}}}); err != nil {
		t.Fatal(err)
	}
	w, err := runs.CreateActivations(filepath.Join(dir, Activations), meta)
	if err != nil {
		t.Fatal(err)
	}
	block := runs.Block{Epoch: 1, Layer: 1, Units: units, Labels: make([]byte, samples), Predictions: make([]byte, samples),
		Values: make([]float32, samples*units)}
	if err := w.Append(block); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := runs.WriteWeights(filepath.Join(dir, Weights), meta,
		[]runs.Tensor{{Name: "output.bias", Shape: []int{classes}, Values: make([]float32, classes)}}); err != nil {
		t.Fatal(err)
	}
	for _, output := range Stage().Outputs {
		path := filepath.Join(dir, output)
		if err := check(output, path); err != nil {
			t.Errorf("%s, whole: %v", output, err)
		}
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for length := 0; length < len(whole); length += 1 + len(whole)/200 {
			if err := os.WriteFile(path, whole[:length], 0o644); err != nil {
				t.Fatal(err)
			}
			if err := check(output, path); err == nil {
				t.Errorf("%s, cut to %d of %d bytes, passed", output, length, len(whole))
			}
		}
	}
}
