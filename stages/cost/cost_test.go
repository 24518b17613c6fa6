package cost

import (
	"math"
	"testing"
	"time"

	"sparsel/trainer"
)

func baseline() trainer.Config {
	return trainer.Config{
		Network: trainer.Network{Hidden: []int{256}, Activation: "sigmoid"}, Optimizer: trainer.Optimizer{Name: "SGD", LR: 0.1},
		Batch: 50, Epochs: 1,
	}
}

func mnist(train, test int) Data { return Data{Side: 28, Classes: 10, Train: train, Test: test} }

// The count of operations is compared with one made by hand for each layer.
func TestOperations(t *testing.T) {
	// There are 784·256 + 256·10 multiply-adds in the forward pass, the same
	// number for the gradients of the weights, and 256·10 for those of the
	// hidden units.
	const first, last = 784 * 256, 256 * 10
	if got, want := Operations(baseline(), mnist(100, 7)), 2.0*(100*(2*first+3*last)+7*(first+last)); got != want {
		t.Errorf("one hidden layer: got %v, want %v", got, want)
	}
	c := baseline()
	c.Network.Conv = []int{32, 64}
	// There are 28×28 and 14×14 positions of 3×3 taps. The maximum of 2×2
	// leaves 14×14 and 7×7.
	const conv1, conv2, full = 28 * 28 * 9 * 32, 14 * 14 * 9 * 32 * 64, 7*7*64*256 + 256*10
	if got, want := Operations(c, mnist(10, 3)), 2.0*(10*(2*conv1+3*(conv2+full))+3*(conv1+conv2+full)); got != want {
		t.Errorf("convolutions: got %v, want %v", got, want)
	}
}

// The time that the README gives for an epoch on an AMD Zen 4 is predicted
// within a quarter, and the sum over the study's most expensive kinds within a
// tenth.
func TestEpoch(t *testing.T) {
	all, measured := 0.0, 0.0
	for _, c := range []struct {
		name    string
		seconds [4]float64 // SGD, Adagrad, Adadelta, Adam
		change  func(c *trainer.Config)
	}{
		{"batch 50", [4]float64{0.27, 0.28, 0.33, 0.31}, func(c *trainer.Config) {}},
		{"batch 1000", [4]float64{0.28, 0.24, 0.23, 0.23}, func(c *trainer.Config) { c.Batch = 1000 }},
		{"5 layers", [4]float64{1.3, 1.4, 1.5, 1.5}, func(c *trainer.Config) { c.Network.Hidden = []int{256, 256, 256, 256, 256} }},
		{"768 units", [4]float64{0.67, 0.77, 0.91, 0.85}, func(c *trainer.Config) { c.Network.Hidden = []int{768} }},
		{"convolutions", [4]float64{15, 14, 15, 16}, func(c *trainer.Config) { c.Network.Conv = []int{32, 64} }},
		{"batch 1", [4]float64{0.56, 1.0, 1.9, 3.6}, func(c *trainer.Config) { c.Batch = 1 }},
		{"batch 1, 768 units", [4]float64{1.8, 3.1, 5.9, 10}, func(c *trainer.Config) { c.Batch, c.Network.Hidden = 1, []int{768} }},
	} {
		for i, name := range []string{"SGD", "Adagrad", "Adadelta", "Adam"} {
			config := baseline()
			config.Optimizer.Name = name
			c.change(&config)
			got, want := Epoch(config, mnist(60000, 10000)), c.seconds[i]
			t.Logf("%-20s %-8s %6.2f s, measured %6.2f s", c.name, name, got, want)
			if got > 1.25*want || got < want/1.25 {
				t.Errorf("%s, %s: foretold %.2f s, measured %.2f s", c.name, name, got, want)
			}
			all, measured = all+got, measured+want
		}
	}
	if all > 1.1*measured || all < measured/1.1 {
		t.Errorf("all together: foretold %.1f s, measured %.1f s", all, measured)
	}
}

// With small batches, optimizers that move the weights of dark pixels are
// slower, and say nothing about the time of those that do not.
func TestEveryWeight(t *testing.T) {
	for _, batch := range []int{1, 10} {
		sleeping := baseline()
		sleeping.Batch = batch
		for name, change := range map[string]func(o *trainer.Optimizer){
			"momentum":     func(o *trainer.Optimizer) { o.Momentum = 0.9 },
			"weight decay": func(o *trainer.Optimizer) { o.WeightDecay = 1e-4 },
		} {
			c := sleeping
			change(&c.Optimizer)
			if Kind(c) == Kind(sleeping) {
				t.Errorf("batch %d: %s is the kind %q, too", batch, name, Kind(c))
			}
			slower, plain := Epoch(c, mnist(60000, 10000)), Epoch(sleeping, mnist(60000, 10000))
			if batch == 1 && slower <= plain {
				t.Errorf("batch 1 takes %.2f s with %s, %.2f s without", slower, name, plain)
			}
		}
	}
	c := baseline()
	c.Optimizer.Momentum = 0.9
	if Kind(c) != Kind(baseline()) {
		t.Error("batches of 50 update all weights in any case, but momentum makes them another kind")
	}
}

// A trial on this machine gives each kind its own rate, whatever the network.
func TestRate(t *testing.T) {
	for _, change := range []func(c *trainer.Config){
		func(c *trainer.Config) {},
		func(c *trainer.Config) { c.Batch = 1 },
		func(c *trainer.Config) { c.Network.Conv = []int{32, 64} },
		func(c *trainer.Config) { c.Network.Hidden = []int{7000, 7000} },
	} {
		c := baseline()
		change(&c)
		if rate := Rate(c, mnist(60000, 10000), 1); !(rate > 0.05 && rate < 200) {
			t.Errorf("%s: rate %v", Kind(c), rate)
		}
	}
}

// A machine without fast kernels, on which epochs take hundreds of times as
// long, is found out with few images. The part of a training that needs no
// kernels is as fast there as elsewhere.
func TestRateOfSlowKernels(t *testing.T) {
	for _, slow := range []float64{0.1, 1, 10, 100, 1000} {
		c, d := baseline(), mnist(60000, 10000)
		spent := 0.0
		got := trialRate(c, d, 1, func(c trainer.Config, d Data, after func(float64) bool) error {
			for range c.Epochs {
				seconds := slow * Epoch(c, d)
				spent += seconds
				if !after(seconds) {
					break
				}
			}
			return nil
		})
		if math.Abs(got/slow-1) > 1e-9 {
			t.Errorf("%g times as slow: rate %g", slow, got)
		}
		if limit := max(1, slow*Epoch(c, mnist(100, 16))); spent > limit {
			t.Errorf("%g times as slow: the trial takes %.2f s, want at most %.2f s", slow, spent, limit)
		}
	}
	failed := trialRate(baseline(), mnist(60000, 10000), 3, func(trainer.Config, Data, func(float64) bool) error { return errEnough })
	if failed != 3 {
		t.Errorf("after a trial that failed: rate %g, want that of other work", failed)
	}
}

// Drawing the weights of a wide network takes longer than an epoch of few
// images, and does not count as one.
func TestRateOfManyWeights(t *testing.T) {
	for _, slow := range []float64{0.5, 1, 2, 4} {
		got := trialRate(baseline(), mnist(60000, 10000), 1, func(c trainer.Config, d Data, after func(float64) bool) error {
			weights := 0.1 * slow
			for range c.Epochs {
				if !after(weights + slow*Epoch(c, d)) {
					break
				}
				weights = 0
			}
			return nil
		})
		if math.Abs(got/slow-1) > 1e-9 {
			t.Errorf("%g times as slow: rate %g", slow, got)
		}
	}
}

// A training with a number of updates takes as long as the passes that they
// make, and is measured as often as it has epochs.
func TestUpdates(t *testing.T) {
	d := mnist(200, 100)
	c := baseline()
	c.Epochs = 4
	want := Training(c, d)
	c.Updates = 16 // 4 passes of 4 steps
	if got := Training(c, d); math.Abs(got-want) > 1e-12 {
		t.Errorf("4 passes as updates take %v s, as epochs %v", got, want)
	}
	measuring := Training(c, mnist(200, 0))
	c.Updates = 2_000_000_000 // of which each takes as long as in the 4 passes
	each := (measuring - perTraining) / 16
	if got := Training(c, d); math.Abs(got/(2e9*each)-1) > 1e-6 {
		t.Errorf("2,000,000,000 updates take %v s, want about %v", got, 2e9*each)
	}
	done := make(chan float64)
	go func() { done <- Rate(c, d, 1) }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Error("the rate of a training with many updates is measured with all of them")
	}
}
