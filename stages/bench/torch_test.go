package bench

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"sparsel/stages/internal/testenv"
)

// written writes n random images and labels as IDX files and returns their
// paths.
func written(t *testing.T, n int) (images, labels string) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, uint64(n)))
	header := func(magic uint32, sizes ...uint32) []byte {
		b := binary.BigEndian.AppendUint32(nil, magic)
		for _, s := range sizes {
			b = binary.BigEndian.AppendUint32(b, s)
		}
		return b
	}
	x, y := header(0x803, uint32(n), 28, 28), header(0x801, uint32(n))
	for range n {
		for range pixels {
			x = append(x, byte(random.IntN(256)))
		}
		y = append(y, byte(random.IntN(10)))
	}
	dir := t.TempDir()
	images, labels = filepath.Join(dir, "images"), filepath.Join(dir, "labels")
	for path, b := range map[string][]byte{images: x, labels: y} {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return images, labels
}

// PyTorch trains every case that we time, and both sides use the number of
// samples that they are told.
func TestTorchTrainsAllCases(t *testing.T) {
	if _, err := findTorch(t.Context()); err != nil {
		testenv.Absent(t, "torch", err)
	}
	var data Data
	data.TrainImages, data.TrainLabels = written(t, 24)
	data.TestImages, data.TestLabels = written(t, 12)
	torch, err := startTorch(t.Context(), data, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer torch.stop()
	training, test, err := data.load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range Cases([]string{"SGD", "Adam"}, baseline) {
		c.Config.Epochs = 2
		train, test := first(training, 18), first(test, 3)
		theirs, err := torch.time(c.Config, len(train.Labels), len(test.Labels))
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		ours, err := timeOurs(t.Context(), c.Config, train, test)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		for side, s := range map[string]timing{"PyTorch": theirs, "sparsel": ours} {
			// An accuracy in thirds shows that the test set has three samples.
			if third := s.Accuracy * 3; third != float64(int(third+0.5)) || len(s.Wall) != 2 || s.best() <= 0 {
				t.Errorf("%s: %s answered %+v", c.Name, side, s)
			}
		}
	}
}
