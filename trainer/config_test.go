package trainer

import (
	"math"
	"strings"
	"testing"

	"sparsel/trainer/rng"
)

func TestValidateAccepts(t *testing.T) {
	full := sgdBaseline
	full.Momentum, full.WeightDecay = 0.999, 10
	noEffect := adadeltaBaseline
	noEffect.LR, noEffect.Rho = 0, 0
	for _, o := range []Optimizer{sgdBaseline, full, adagradBaseline, adadeltaBaseline, noEffect, adamBaseline} {
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
}

func TestValidateRefuses(t *testing.T) {
	tests := []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Network.Hidden = nil }, "no hidden layer"},
		{func(c *Config) { c.Network.Hidden = []int{256, 0} }, "hidden layer 2 has 0 units"},
		{func(c *Config) { c.Network.Hidden = []int{maxUnits + 1} }, "hidden layer 1 has 65537 units"},
		{func(c *Config) { c.Network.Activation = "relu" }, `activation is "relu"`},
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
		{func(c *Config) { c.Batch = 0 }, "batch is 0"},
		{func(c *Config) { c.Epochs = -1 }, "epochs is -1"},
		{func(c *Config) { c.Seeding.Mode = "random" }, `seeding mode is "random"`},
		{func(c *Config) { c.Seeding = Seeding{Mode: "paired", Skip: 1} }, "seeding skip is 1"},
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

// Draws is what a run really takes.
func TestDraws(t *testing.T) {
	c := baseline(sgdBaseline)
	if got, want := c.Draws(784, 10, 60000), uint64(203530+30*60005); got != want {
		t.Errorf("baseline: got %d, want %d", got, want)
	}
	for _, samples := range []int{1, 2, 50} {
		c := Config{Network: Network{Hidden: []int{7, 5}}, Epochs: 3, Seeding: Seeding{Mode: "author", Seed: 8, Skip: 100}}
		a := newDraws(c.Seeding).(*author)
		if err := a.parameters(t.Context(), []*layer{
			newLayer(12, 7, 1, recorder{}), newLayer(7, 5, 1, recorder{}), newLayer(5, Classes, 1, recorder{}),
		}); err != nil {
			t.Fatal(err)
		}
		for epoch := range c.Epochs {
			a.order(epoch+1, make([]int32, samples))
		}
		want := rng.New(8)
		want.Skip(100 + c.Draws(12, Classes, samples))
		if got, want := a.source.Uint32(), want.Uint32(); got != want {
			t.Errorf("%d samples: the run did not end where Draws says", samples)
		}
	}
}
