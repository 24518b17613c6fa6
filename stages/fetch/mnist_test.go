package fetch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/artifacts/idx"
	"sparsel/stages/internal/testenv"
)

// data returns the directory with the real files.
func data(t *testing.T) []Dir {
	t.Helper()
	return Directories("", "", testenv.MNIST(t), nil)
}

func TestMNIST(t *testing.T) {
	dirs := data(t)
	b := newBench(t)
	var files []fixture
	for _, f := range MNIST.Files() {
		files = append(files, fixture{File: f})
	}
	if err := b.fetch(t.Context(), Sources{Dirs: dirs}, files...); err != nil {
		t.Fatal(err)
	}
	// The lengths are as published, and the package that training uses can read
	// the files.
	for name, size := range map[string]int64{
		"train-images": 47040016, "train-labels": 60008, "t10k-images": 7840016, "t10k-labels": 10008,
	} {
		if info, err := os.Stat(filepath.Join(b.out, name)); err != nil || info.Size() != size {
			t.Errorf("%s: %v, %v; want %d bytes", name, info, err, size)
		}
	}
	for _, c := range []struct {
		split string
		count int
		five  int // number of fives, the rarest digit
	}{{"train", 60000, 5421}, {"t10k", 10000, 892}} {
		s, err := idx.LoadSet(filepath.Join(b.out, c.split+"-images"), filepath.Join(b.out, c.split+"-labels"), 10)
		if err != nil {
			t.Error(err)
			continue
		}
		fives := 0
		for _, l := range s.Labels {
			if l == 5 {
				fives++
			}
		}
		if s.Count != c.count || s.Rows != 28 || s.Cols != 28 || fives != c.five {
			t.Errorf("%s: %d images of %d×%d, %d fives", c.split, s.Count, s.Rows, s.Cols, fives)
		}
	}
}

func TestHashesValidate(t *testing.T) {
	if err := MNIST.Validate(); err != nil {
		t.Error(err)
	}
	h := MNIST
	h.TrainLabels = strings.ToUpper(h.TrainLabels)
	h.TestImages = h.TestImages[:63]
	err := h.Validate()
	if err == nil || !strings.Contains(err.Error(), "train-labels: ") || !strings.Contains(err.Error(), "t10k-images: ") ||
		strings.Contains(err.Error(), "train-images") {
		t.Errorf("%v; want the two wrong hashes named", err)
	}
}
