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

// Every case is a configuration that can be trained, and the slow ones have
// roughly MNIST's proportion of images.
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
