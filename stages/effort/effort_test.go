package effort

import (
	"testing"

	"sparsel/trainer"
)

func baseline() trainer.Config {
	return trainer.Config{
		Network: trainer.Network{Hidden: []int{256}, Activation: "sigmoid"}, Optimizer: trainer.Optimizer{Name: "SGD", LR: 0.1}, Batch: 50, Epochs: 1,
	}
}

// The count of operations against one made by hand for each layer.
func TestOperations(t *testing.T) {
	// 784·256 + 256·10 multiply-adds forward; the same for the gradients of the weights; 256·10 for that of the
	// hidden units.
	const first, last = 784 * 256, 256 * 10
	if got, want := Operations(baseline(), 100, 7), 2.0*(100*(2*first+3*last)+7*(first+last)); got != want {
		t.Errorf("one hidden layer: got %v, want %v", got, want)
	}
	c := baseline()
	c.Network.Conv = []int{32, 64}
	// 28×28 and 14×14 positions of 3×3 taps; the maximum of 2×2 leaves 14×14 and 7×7.
	const conv1, conv2, full = 28 * 28 * 9 * 32, 14 * 14 * 9 * 32 * 64, 7*7*64*256 + 256*10
	if got, want := Operations(c, 10, 3), 2.0*(10*(2*conv1+3*(conv2+full))+3*(conv1+conv2+full)); got != want {
		t.Errorf("convolutions: got %v, want %v", got, want)
	}
}

// What took longest on a machine is estimated to, and times within a factor of two of those in README.
func TestTraining(t *testing.T) {
	cases := []struct {
		name    string
		seconds float64 // an epoch
		change  func(c *trainer.Config)
	}{
		{"batch 50, SGD", 0.46, func(c *trainer.Config) {}},
		{"batch 50, Adam", 0.52, func(c *trainer.Config) { c.Optimizer.Name = "Adam" }},
		{"batch 1000, Adam", 0.47, func(c *trainer.Config) { c.Batch, c.Optimizer.Name = 1000, "Adam" }},
		{"5 layers, SGD", 2.0, func(c *trainer.Config) { c.Network.Hidden = []int{256, 256, 256, 256, 256} }},
		{"768 units, SGD", 1.3, func(c *trainer.Config) { c.Network.Hidden = []int{768} }},
		{"batch 1, SGD", 1.1, func(c *trainer.Config) { c.Batch = 1 }},
		{"batch 1, Adagrad", 1.8, func(c *trainer.Config) { c.Batch, c.Optimizer.Name = 1, "Adagrad" }},
		{"batch 1, Adadelta", 3.7, func(c *trainer.Config) { c.Batch, c.Optimizer.Name = 1, "Adadelta" }},
		{"batch 1, Adam", 5.9, func(c *trainer.Config) { c.Batch, c.Optimizer.Name = 1, "Adam" }},
		{"768 units, batch 1, Adam", 20, func(c *trainer.Config) { c.Network.Hidden, c.Batch, c.Optimizer.Name = []int{768}, 1, "Adam" }},
		{"convolutions, SGD", 24, func(c *trainer.Config) { c.Network.Conv = []int{32, 64} }},
	}
	unit := cases[0].seconds / Training(baseline(), 60000, 10000)
	for _, c := range cases {
		config := baseline()
		c.change(&config)
		got := Training(config, 60000, 10000) * unit
		t.Logf("%-26s %6.2f s, measured %6.2f s", c.name, got, c.seconds)
		if got > 2*c.seconds || got < c.seconds/2 {
			t.Errorf("%s: estimated at %.2f s, measured %.2f s", c.name, got, c.seconds)
		}
	}
}
