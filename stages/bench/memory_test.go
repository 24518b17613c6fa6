package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"sparsel/artifacts/runs"
	"sparsel/trainer"
)

// memoryLimit is the most memory that a run may take, including the data.
const memoryLimit = 400e6

// heaviest lists the runs of the study that need the most memory, shortened.
var heaviest = map[string]func(c *trainer.Config){
	"5 hidden layers":      func(c *trainer.Config) { c.Network.Hidden = []int{256, 256, 256, 256, 256} },
	"768 units":            func(c *trainer.Config) { c.Network.Hidden = []int{768} },
	"training activations": func(c *trainer.Config) { c.Measure = "train-running" },
	"convolutions":         func(c *trainer.Config) { c.Network.Conv = []int{32, 64} },
}

// TestPeakMemory runs each of them in a process of its own, on as many images
// as MNIST has and with an archive of activations. It asks the system for the
// largest amount of memory that the process used.
func TestPeakMemory(t *testing.T) {
	if what := os.Getenv("SPARSEL_TEST_RUN"); what != "" {
		if err := heavyRun(what); err != nil {
			t.Fatal(err)
		}
		return
	}
	if runtime.GOOS != "linux" {
		t.Skip("what a process took at its peak is read as Linux reports it")
	}
	if testing.Short() {
		t.Skip("trains on 60,000 images")
	}
	for what := range heaviest {
		t.Run(what, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestPeakMemory$")
			cmd.Env = append(os.Environ(), "SPARSEL_TEST_RUN="+what, "GOMAXPROCS=2")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			peak := peakBytes(cmd.ProcessState)
			t.Logf("%.0f MB", peak/1e6)
			// The data alone take 55 MB, so a lower peak cannot be right.
			if peak > memoryLimit || peak < 55e6 {
				t.Errorf("one run took %.0f MB at its peak, want less than %.0f", peak/1e6, memoryLimit/1e6)
			}
		})
	}
}

// heavyRun trains an epoch like the train stage, including the archive.
func heavyRun(what string) error {
	c := baseline("Adam")
	heaviest[what](&c)
	c.Batch, c.Epochs = 1000, 1
	samples, used := 60000, 60000
	if c.Network.Conv != nil {
		used = 1000 // because it takes long; the other images are in memory all the same
	}
	train, test := random(samples), random(10000)
	epochs := 0
	dir, err := os.MkdirTemp("", "memory")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w, err := runs.CreateActivations(filepath.Join(dir, "activations.parquet"), runs.Meta{})
	if err != nil {
		return err
	}
	err = trainer.Train(context.Background(), c, first(train, used), test, func(e trainer.Epoch, a *trainer.Activations) error {
		epochs++
		for i, values := range a.Layers {
			if err := w.Append(runs.Block{Epoch: e.Epoch, Layer: i + 1, Units: a.Units[i], Labels: a.Labels, Predictions: a.Predictions,
				Values: values}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if epochs != 1 || len(train.Labels) != samples {
		return fmt.Errorf("trained %d epochs", epochs)
	}
	return nil
}

// random returns images of random pixels, of which a fifth are nonzero.
func random(samples int) trainer.Split {
	source := rand.NewChaCha8([32]byte{1})
	s := trainer.Split{Pixels: pixels, Images: make([]byte, samples*pixels), Labels: make([]uint8, samples), Classes: 10}
	for i := range s.Images {
		if x := source.Uint64(); x%5 == 0 {
			s.Images[i] = byte(x >> 32)
		}
	}
	for i := range s.Labels {
		s.Labels[i] = uint8(i % 10)
	}
	return s
}
