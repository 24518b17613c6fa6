package bench

import (
	"strings"
	"testing"

	"sparsel/trainer"
)

func baseline(optimizer string) trainer.Config {
	c := trainer.Config{
		Network:   trainer.Network{Hidden: []int{256}, Activation: "sigmoid"},
		Optimizer: trainer.Optimizer{Name: optimizer, LR: 0.1},
		Batch:     50, Epochs: 1, Sampler: trainer.Sampler{Kind: "shuffled"}, Seeding: trainer.Seeding{Mode: "paired"},
	}
	if optimizer == "Adam" {
		c.Optimizer = trainer.Optimizer{Name: "Adam", LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}
	}
	return c
}

// The count of operations against one made by hand for each layer.
func TestOperations(t *testing.T) {
	// 784·256 + 256·10 multiply-adds forward; the same for the gradients of the weights; 256·10 for that of the
	// hidden units.
	const first, last = 784 * 256, 256 * 10
	if got, want := operations(baseline("SGD"), 100, 7), 2.0*(100*(2*first+3*last)+7*(first+last)); got != want {
		t.Errorf("one hidden layer: got %v, want %v", got, want)
	}
	c := baseline("SGD")
	c.Network.Conv = []int{32, 64}
	// 28×28 and 14×14 positions of 3×3 taps; the maximum of 2×2 leaves 14×14 and 7×7.
	const conv1, conv2, full = 28 * 28 * 9 * 32, 14 * 14 * 9 * 32 * 64, 7*7*64*256 + 256*10
	if got, want := operations(c, 10, 3), 2.0*(10*(2*conv1+3*(conv2+full))+3*(conv1+conv2+full)); got != want {
		t.Errorf("convolutions: got %v, want %v", got, want)
	}
}

// Every case is a configuration that trains, and the slow ones are about MNIST's proportion of images.
func TestCases(t *testing.T) {
	cases := Cases([]string{"SGD", "Adam"}, baseline)
	names := map[string]bool{}
	for _, c := range cases {
		if err := c.Config.Validate(); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		if names[c.Name] {
			t.Errorf("%s: twice", c.Name)
		}
		names[c.Name] = true
		if c.Images < c.Config.Batch || c.Images%6 != 0 || c.Mark != 0 && c.Mark < 0.5 {
			t.Errorf("%s: %d images, mark %v", c.Name, c.Images, c.Mark)
		}
	}
	for _, want := range []string{"batch 50", "batch 1,", "batch 1000", "5 hidden", "768", "convolutions"} {
		found := false
		for name := range names {
			found = found || strings.HasPrefix(name, want)
		}
		if !found {
			t.Errorf("no case %q", want)
		}
	}
}

func TestTorchEnvironment(t *testing.T) {
	got := torchEnvironment([]string{"PATH=/bin", "OPENBLAS_CORETYPE=Haswell", "OPENBLAS_L2_SIZE=512", "OMP_NUM_THREADS=8"})
	want := "PATH=/bin OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1"
	if strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
