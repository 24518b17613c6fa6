package study

import (
	"math"
	"testing"

	"sparsel/stages/cost"
	"sparsel/stages/params"
	"sparsel/trainer"
)

// The prediction is compared with peaks that were measured once
// (TestT21MemoryIsCounted of package stages measures them again): one epoch on
// 1,000 images, measured on and archived for 2,000, in MB.
func TestMemoryAsMeasured(t *testing.T) {
	for _, c := range []struct {
		network   trainer.Network
		optimizer string
		batch     int
		measure   string
		peak      float64
	}{
		{trainer.Network{Hidden: []int{256}}, "SGD", 50, "", 156},
		{trainer.Network{Hidden: []int{256}}, "Adam", 50, "", 153},
		{trainer.Network{Hidden: []int{256}}, "Adam", 1000, "", 155},
		{trainer.Network{Hidden: []int{2000, 2000, 2000, 2000, 2000}}, "Adam", 50, "", 984},
		{trainer.Network{Hidden: []int{256}, Conv: []int{32, 64}}, "Adam", 50, "", 223},
		{trainer.Network{Hidden: []int{256}, Conv: []int{32, 64}}, "Adam", 1000, "", 382},
		{trainer.Network{Hidden: []int{4000}}, "Adagrad", 1000, "train", 383},
		{trainer.Network{Hidden: []int{7000, 7000}}, "SGD", 1000, "", 2018},
		{trainer.Network{Hidden: []int{7000, 7000}}, "Adam", 50, "", 2613},
	} {
		config := trainer.Config{Network: c.network, Optimizer: trainer.Optimizer{Name: c.optimizer}, Batch: c.batch, Epochs: 1,
			Measure: c.measure}
		got := float64(trainingMemory(config, params.MNIST, cost.Data{Side: 28, Classes: 10, Train: 1000, Test: 2000}, 1)) / 1e6
		if math.Abs(got/c.peak-1) > 0.25 {
			t.Errorf("%v, %s, batch %d: %.0f MB are counted, %.0f MB were measured", c.network, c.optimizer, c.batch, got, c.peak)
		}
	}
}

// Each part adds its own size once, and at most once more for garbage.
func TestMemoryParts(t *testing.T) {
	base := trainer.Config{Network: trainer.Network{Hidden: []int{1600, 1600}}, Optimizer: trainer.Optimizer{Name: "SGD"},
		Batch: 50, Epochs: 1}
	all := cost.Data{Side: 28, Classes: 10, Train: 60_000, Test: 10_000}
	const parameters = 784*1600 + 1600*1600 + 1600*16
	for name, c := range map[string]struct {
		change func(*trainer.Config)
		bytes  float64
	}{
		"momentum":  {func(c *trainer.Config) { c.Optimizer.Momentum = 0.9 }, 4 * parameters},
		"Adagrad":   {func(c *trainer.Config) { c.Optimizer.Name = "Adagrad" }, 4 * parameters},
		"Adadelta":  {func(c *trainer.Config) { c.Optimizer.Name = "Adadelta" }, 8 * parameters},
		"Adam":      {func(c *trainer.Config) { c.Optimizer.Name = "Adam" }, 8 * parameters},
		"RMSprop":   {func(c *trainer.Config) { c.Optimizer.Name = "RMSprop" }, 4 * parameters},
		"batch":     {func(c *trainer.Config) { c.Batch = 1050 }, 4 * 1000 * (2*(1600+1600+16) + 1600)},
		"200 times": {func(c *trainer.Config) { c.Epochs = 201 }, 200 * 3200 * 10 * 8 * recordedCopies},
		"measure":   {func(c *trainer.Config) { c.Measure = "train-running" }, 4 * 3200 * 50_000},
	} {
		changed := base
		c.change(&changed)
		added := float64(trainingMemory(changed, params.MNIST, all, 1) - trainingMemory(base, params.MNIST, all, 1))
		if added < c.bytes || added > 2*c.bytes {
			t.Errorf("%s adds %.1f MB, want %.1f to %.1f", name, added/1e6, c.bytes/1e6, 2*c.bytes/1e6)
		}
	}
	if two := 2 * trainingMemory(trainer.Config{Network: trainer.Network{Hidden: []int{7000, 7000}}, Batch: 50, Epochs: 1},
		params.MNIST, all, 1); two < 1500<<20 {
		t.Errorf("two trainings of 7000, 7000 are counted as %d MB", two>>20)
	}
}
