package trainer

import (
	"math"
	"strings"
	"testing"
)

func TestValidateAccepts(t *testing.T) {
	full := sgdBaseline
	full.Momentum, full.WeightDecay = 0.999, 10
	noEffect := adadeltaBaseline
	noEffect.LR, noEffect.Rho = 0, 0
	for _, o := range []Optimizer{sgdBaseline, full, adagradBaseline, adadeltaBaseline, noEffect, adamBaseline, rmspropDefault, adagradKSmall, adadeltaKSmall} {
		c := baseline(o)
		if err := c.Validate(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
		c.Network.Hidden = []int{1, maxUnits, 3}
		c.Seeding = Seeding{Mode: "paired", Seed: math.MaxUint32}
		if err := c.Validate(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for _, s := range []Sampler{
		{Kind: "sorted"},
		{Kind: "consecutive", Block: 1},
		{Kind: "consecutive", Block: 1000, OrderSeed: math.MaxUint32, Clean: true},
		{Kind: "classes", Classes: 1},
		{Kind: "classes", Classes: 10, Clean: true},
	} {
		for _, measure := range []string{"", "test", "train", "train-running"} {
			c := baseline(sgdBaseline)
			c.Sampler, c.Measure = s, measure
			c.Seeding = Seeding{Mode: "author", Skip: math.MaxUint64, NumpySkip: math.MaxUint64}
			if err := c.Validate(); err != nil {
				t.Errorf("%+v: %v", c, err)
			}
		}
	}
}

func TestValidateRefuses(t *testing.T) {
	tests := []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Network.Hidden = nil }, "no hidden layer"},
		{func(c *Config) { c.Network.Hidden = []int{256, 0} }, "hidden layer 2 has 0 units"},
		{func(c *Config) { c.Network.Hidden = []int{maxUnits + 1} }, "hidden layer 1 has 65537 units"},
		{func(c *Config) { c.Network.Activation = "ReLU" }, `activation is "ReLU"`},
		{func(c *Config) { c.Network.Conv = []int{32, 0} }, "convolution 2 has 0 channels"},
		{func(c *Config) { c.Network.Conv = []int{maxChannels + 1} }, "convolution 1 has 1025 channels"},
		{func(c *Config) { c.Optimizer.Alpha = 0.99 }, "alpha is 0.99, which Adam does not have"},
		{func(c *Config) { c.Optimizer.K = 1 }, "k is 1, which Adam does not have"},
		{func(c *Config) { c.Optimizer = rmspropDefault; c.Optimizer.Alpha = 1.5 }, "alpha is 1.5"},
		{func(c *Config) { c.Optimizer = rmspropDefault; c.Optimizer.Momentum = 0.9 }, "momentum is 0.9, which RMSprop does not have"},
		{func(c *Config) { c.Optimizer = adagradKSmall; c.Optimizer.K = math.NaN() }, "k is NaN"},
		{func(c *Config) { c.Optimizer = adagradKSmall; c.Optimizer.Rho = 0.9 }, "rho is 0.9, which AdagradK does not have"},
		{func(c *Config) { c.Optimizer = adadeltaKSmall; c.Optimizer.K = -1 }, "k is -1"},
		{func(c *Config) { c.Optimizer.Name = "sgd" }, `optimizer is "sgd"`},
		{func(c *Config) { c.Optimizer.LR = math.NaN() }, "learning rate is NaN"},
		{func(c *Config) { c.Optimizer.LR = -0.1 }, "learning rate is -0.1"},
		{func(c *Config) { c.Optimizer.LR = 1e39 }, "learning rate is 1e+39"},
		{func(c *Config) { c.Optimizer.WeightDecay = math.Inf(1) }, "weight decay is +Inf"},
		{func(c *Config) { c.Optimizer.Eps = 0 }, "eps is 0"},
		{func(c *Config) { c.Optimizer.Eps = 1e-46 }, "eps is 1e-46"},
		{func(c *Config) { c.Optimizer.Beta1 = 1 }, "beta1 is 1"},
		{func(c *Config) { c.Optimizer.Beta2 = 1 - 1e-9 }, "beta2 is 0.999999999"},
		{func(c *Config) { c.Optimizer.Beta1 = -0.5 }, "beta1 is -0.5"},
		{func(c *Config) { c.Optimizer.Rho = 0.9 }, "rho is 0.9, which Adam does not have"},
		{func(c *Config) { c.Optimizer.Momentum = 0.9 }, "momentum is 0.9, which Adam does not have"},
		{func(c *Config) { c.Optimizer = adadeltaBaseline; c.Optimizer.Rho = 1.1 }, "rho is 1.1"},
		{func(c *Config) { c.Optimizer = sgdBaseline; c.Optimizer.Momentum = -1 }, "momentum is -1"},
		{func(c *Config) { c.Sampler.Kind = "" }, `sampler kind is ""`},
		{func(c *Config) { c.Sampler.Block = 5 }, "sampler block is 5, which only"},
		{func(c *Config) { c.Sampler.OrderSeed = 7 }, "sampler order seed is 7, which only"},
		{func(c *Config) { c.Sampler.Classes = 2 }, "sampler classes is 2, which only"},
		{func(c *Config) { c.Sampler.Clean = true }, "sampler clean is set, but shuffled loses"},
		{func(c *Config) { c.Sampler = Sampler{Kind: "sorted", Clean: true} }, "sampler clean is set, but sorted loses"},
		{func(c *Config) { c.Sampler = Sampler{Kind: "consecutive"} }, "sampler block is 0: want at least 1"},
		{func(c *Config) { c.Sampler = Sampler{Kind: "classes"} }, "sampler classes is 0: want 1 to 10"},
		{func(c *Config) { c.Sampler = Sampler{Kind: "classes", Classes: 101} }, "sampler classes is 101: want 1 to 100"},
		{func(c *Config) { c.Sampler = Sampler{Kind: "classes", Classes: 3} }, "batch is 50: want a multiple of the 3 classes"},
		{func(c *Config) { c.Measure = "training" }, `measure is "training"`},
		{func(c *Config) { c.Batch = 0 }, "batch is 0"},
		{func(c *Config) { c.Epochs = -1 }, "epochs is -1"},
		{func(c *Config) { c.Seeding.Mode = "random" }, `seeding mode is "random"`},
		{func(c *Config) { c.Seeding = Seeding{Mode: "paired", Skip: 1} }, "seeding skip is 1"},
		{func(c *Config) { c.Seeding = Seeding{Mode: "paired", NumpySkip: 2} }, "seeding numpy skip is 2"},
	}
	for _, tt := range tests {
		c := baseline(adamBaseline)
		tt.change(&c)
		err := c.Validate()
		if err == nil {
			t.Errorf("no error, want %q", tt.want)
			continue
		}
		// The first line says what was being done; then one line a problem.
		lines := strings.Split(err.Error(), "\n")
		if len(lines) != 2 || !strings.HasPrefix(lines[1], tt.want) && !strings.Contains(lines[1], tt.want) {
			t.Errorf("got %q, want one problem: %q", err, tt.want)
		}
	}
}

func TestValidateReportsAllProblems(t *testing.T) {
	err := Config{}.Validate()
	if err == nil {
		t.Fatal("the zero configuration is valid")
	}
	for _, want := range []string{"hidden layer", "activation", "optimizer", "sampler", "batch", "epochs", "seeding"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not mention %q", err, want)
		}
	}
}
