package measure

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/analysis/activity"
	"sparsel/analysis/metric"
	"sparsel/artifacts/runs"
	"sparsel/stages/measured"
)

// made draws activations like those of sigmoids, of two layers and two epochs.
func made(rows int, widths ...int) []runs.Block {
	r := rand.New(rand.NewPCG(1, 2))
	var blocks []runs.Block
	for epoch := 1; epoch <= 2; epoch++ {
		for layer, units := range widths {
			b := runs.Block{Epoch: epoch, Layer: layer + 1, Units: units}
			for i := range rows {
				b.Labels = append(b.Labels, uint8(i%10))
				b.Predictions = append(b.Predictions, uint8(i%10+i%7/6))
				for j := range units {
					x := r.NormFloat64() + float64((i%10+j)%10)/3 - 2
					b.Values = append(b.Values, float32(1/(1+math.Exp(-x))))
				}
			}
			blocks = append(blocks, b)
		}
	}
	return blocks
}

func archiveOf(t *testing.T, blocks []runs.Block) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "acts.parquet")
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
	return path
}

var thresholds = []float32{math.SmallestNonzeroFloat32, 0.05, 0.1, 0.95}

// The study's own archive, read like any other file, gives the metrics that the
// study computes from the same activations, bit for bit.
func TestStudyArchiveBitForBit(t *testing.T) {
	blocks := made(3001, 64, 37)
	layers, err := File(context.Background(), archiveOf(t, blocks), Settings{Epsilon: 1e-6, Permutations: 3, Function: "sigmoid"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(layers) != len(blocks) {
		t.Fatalf("%d layers, want %d", len(layers), len(blocks))
	}
	for i, b := range blocks {
		s, err := metric.FromActivations(b.Values, b.Units, b.Labels, 10, thresholds)
		if err != nil {
			t.Fatal(err)
		}
		s.Activation = "sigmoid"
		want, err := s.Measure(1e-6)
		if err != nil {
			t.Fatal(err)
		}
		if layers[i].Measures != want {
			t.Errorf("%s: %+v, want %+v", layers[i].Key, layers[i].Measures, want)
		}
		right := 0
		for k, l := range b.Labels {
			if b.Predictions[k] == l {
				right++
			}
		}
		if got := layers[i].Accuracy; got != float64(right)/float64(len(b.Labels)) {
			t.Errorf("accuracy %v of %d right", got, right)
		}
	}
}

// Random labels are as selective as chance. Labels that mean something are more
// selective.
func TestChance(t *testing.T) {
	blocks := made(2000, 40)[:1]
	told, err := File(context.Background(), archiveOf(t, blocks), Settings{Epsilon: 1e-6, Permutations: 19}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if l := told[0]; l.P != 1.0/20 || l.Selectivity < 2*l.Chance {
		t.Errorf("selectivity %v, by chance %v, p %v", l.Selectivity, l.Chance, l.P)
	}
	r := rand.New(rand.NewPCG(3, 4))
	r.Shuffle(len(blocks[0].Labels), func(i, j int) {
		l := blocks[0].Labels
		l[i], l[j] = l[j], l[i]
	})
	none, err := File(context.Background(), archiveOf(t, blocks), Settings{Epsilon: 1e-6, Permutations: 19}, nil)
	if err != nil {
		t.Fatal(err)
	}
	// The mean over 40 units for one permutation is compared with that for 19
	// others. Units are shuffled together, so the mean's spread is at most that
	// of one unit, whose CCMAS of 10 means of 200 samples with a spread of .3
	// around .4 is about .035 ± .01.
	if l := none[0]; math.Abs(l.Selectivity-l.Chance) > 0.02 || l.Chance != told[0].Chance {
		t.Errorf("selectivity %v, by chance %v (%v before)", l.Selectivity, l.Chance, told[0].Chance)
	}
}

// A selectivity that is not defined has no p, whatever made it undefined.
func TestNoChanceOfNothing(t *testing.T) {
	infinite, silent := made(60, 8)[:1], made(60, 8)[:1]
	infinite[0].Values[13] = float32(math.Inf(1))
	for i := 3; i < len(silent[0].Values); i += 8 {
		silent[0].Values[i] = 0
	}
	for name, c := range map[string]struct {
		path     string
		settings Settings
	}{
		"infinite": {archiveOf(t, infinite), Settings{Epsilon: 1e-6, Permutations: 3, NotFinite: true}},
		"silent":   {archiveOf(t, silent), Settings{Permutations: 3}}, // with an epsilon of 0
	} {
		layers, err := File(context.Background(), c.path, c.settings, nil)
		if err != nil {
			t.Fatal(err)
		}
		if l := layers[0]; !math.IsNaN(l.Selectivity) || !math.IsNaN(l.P) {
			t.Errorf("%s: selectivity %v, p %v", name, l.Selectivity, l.P)
		}
	}
}

// An archive can be read back bit for bit, and the same activations give the
// same archive.
func TestArchive(t *testing.T) {
	path := archiveOf(t, made(200, 16, 12))
	var archives [2][]byte
	for i := range archives {
		layers, err := File(context.Background(), path, Settings{Epsilon: 1e-6, Permutations: i * 3}, nil) // without permutations chance is NaN
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		at, means := filepath.Join(dir, measured.Layers), filepath.Join(dir, measured.Means)
		if err := measured.Write(at, means, layers); err != nil {
			t.Fatal(err)
		}
		back, err := measured.Read(at, means)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := fmt.Sprintf("%#v", back), fmt.Sprintf("%#v", layers); got != want { // as text, in which NaN equals NaN
			t.Errorf("%d permutations: %s, want %s", i*3, got, want)
		}
		if archives[i], err = os.ReadFile(at); err != nil {
			t.Fatal(err)
		}
		again := filepath.Join(dir, "again")
		if err := measured.Write(again, means, back); err != nil {
			t.Fatal(err)
		}
		if data, err := os.ReadFile(again); err != nil || !bytes.Equal(data, archives[i]) {
			t.Errorf("another archive of the same layers: %v", err)
		}
		if _, err := measured.Read(means, at); err == nil {
			t.Error("an archive of another kind is read")
		}
	}
	if bytes.Equal(archives[0], archives[1]) {
		t.Error("permutations make no difference")
	}
}

func TestOneClass(t *testing.T) {
	blocks := made(50, 8)[:1]
	clear(blocks[0].Labels)
	_, err := File(context.Background(), archiveOf(t, blocks), Settings{}, nil)
	if err == nil || !strings.Contains(err.Error(), "one class") {
		t.Error(err)
	}
}

// The number of permutations that an error proposes is the largest that fits.
func TestProposedPermutations(t *testing.T) {
	n := permutations(4096, 1000, 20)
	if n < 1 || activity.Memory(4096, 1000, n) > maxMemory || activity.Memory(4096, 1000, n+1) <= maxMemory {
		t.Errorf("%d permutations", n)
	}
	if n := permutations(1<<20, 1<<16, 20); n != 0 {
		t.Errorf("%d permutations of a layer that never fits", n)
	}
}
