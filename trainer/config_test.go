package trainer

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestValidateAccepts(t *testing.T) {
	full := sgdBaseline
	full.Momentum, full.WeightDecay = 0.999, 10
	noEffect := adadeltaBaseline
	noEffect.LR, noEffect.Rho = 0, 0
	for _, o := range []Optimizer{
		sgdBaseline, full, adagradBaseline, adadeltaBaseline, noEffect, adamBaseline, rmspropDefault, adagradKSmall, adadeltaKSmall, vsgdSmall,
	} {
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
		{Kind: "classes", Classes: 3, Clean: true},
		{Kind: "classes", Classes: 50, Clean: true},
		{Kind: "phases", OrderSeed: 7, Phases: []Phase{{Drawn: 5, Epochs: 10}, {Drawn: 5, Epochs: 20}}},
		{Kind: "phases", Phases: []Phase{{Classes: []int{0, 99}, Epochs: 30}}},
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

// All newer fields that may be combined.
func TestValidateAcceptsTogether(t *testing.T) {
	c := baseline(sgdBaseline)
	c.Network.Hidden, c.Network.Dropout, c.Network.L1, c.Network.CSI = []int{9, 8}, []float64{0, 0.999}, 0.1, -3
	c.Network.Conv = []int{4}
	c.Optimizer.Momentum, c.Optimizer.Nesterov, c.Optimizer.WeightDecay = 0.9, true, 1e-3
	c.ReferenceBatch, c.Updates, c.Validation = 100, 30, 10000
	c.Seeding = Seeding{Mode: "paired"}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	c.Optimizer, c.Network.CSI, c.Network.Conv, c.ReferenceBatch, c.Batch = vsgdSmall, 0, nil, 0, 1
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

// The text of a configuration is stored in archives and identifies runs. It is
// unchanged if no newer field is set, and it can be read back.
func TestConfigText(t *testing.T) {
	c := baseline(sgdBaseline)
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"Network":{"Hidden":[256],"Activation":"sigmoid","Conv":null},` +
		`"Optimizer":{"Name":"SGD","LR":0.1,"WeightDecay":0,"Momentum":0,"Rho":0,"Eps":0,"Beta1":0,"Beta2":0,"Alpha":0,"K":0},` +
		`"Sampler":{"Kind":"shuffled","Block":0,"OrderSeed":0,"Classes":0,"Clean":false},` +
		`"Batch":50,"Epochs":30,"Seeding":{"Mode":"author","Seed":1,"Skip":0,"NumpySkip":0},"Measure":""}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	for _, c := range goldenConfigs() {
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var back Config
		if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, c) {
			t.Errorf("%s is read as %+v (%v)", text, back, err)
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
		{func(c *Config) { c.Sampler = Sampler{Kind: "classes", Classes: 51, Clean: true} }, "batch is 50: want at least the 51 classes"},
		{func(c *Config) { c.Sampler.Phases = []Phase{{Drawn: 1}} }, "sampler has 1 phases, which only phases has"},
		{func(c *Config) {
			c.Sampler = Sampler{Kind: "phases", OrderSeed: 3, Phases: []Phase{{Classes: []int{1}, Epochs: 30}}}
		}, "sampler order seed is 3, which only consecutive and drawn phases have"},
		{func(c *Config) { c.Network.Dropout = []float64{0.5, 0.5} }, "network has 2 dropout rates: want one for each of the 1 hidden layers"},
		{func(c *Config) { c.Network.Dropout = []float64{1} }, "dropout rate 1 is 1: want 0 or more and below 1"},
		{func(c *Config) { c.Network.Dropout = []float64{math.NaN()} }, "dropout rate 1 is NaN"},
		{func(c *Config) { c.Network.Dropout = []float64{0.5}; c.Measure = "train-running" }, "dropout is set and measure is train-running"},
		{func(c *Config) { c.Network.L1 = -1 }, "l1 is -1: want a finite number, 0 or more"},
		{func(c *Config) { c.Network.CSI = math.Inf(-1) }, "csi is -Inf: want a finite number"},
		{func(c *Config) { c.Network.CSI = math.NaN() }, "csi is NaN: want a finite number"},
		{func(c *Config) { c.Network.CSI, c.Batch = 1, 1 }, "csi is 1, but batches have samples of one class only"},
		{func(c *Config) { c.Network.CSI = -1; c.Sampler = Sampler{Kind: "classes", Classes: 1} },
			"csi is -1, but batches have samples of one class only"},
		{func(c *Config) { c.Network.CSI = 1; c.Optimizer = vsgdSmall }, "csi is 1, which is no sum over samples"},
		{func(c *Config) { c.Network.Conv = []int{3}; c.Optimizer = vsgdSmall }, "network has convolutions, which vSGD does not train"},
		{func(c *Config) { c.ReferenceBatch = 50; c.Optimizer = vsgdSmall }, "reference batch is 50, but vSGD has no learning rate"},
		{func(c *Config) { c.Optimizer = vsgdSmall; c.Optimizer.LR = 0.1 }, "learning rate is 0.1, which vSGD does not have"},
		{func(c *Config) { c.Optimizer = vsgdSmall; c.Optimizer.WeightDecay = 0.1 }, "weight decay is 0.1, which vSGD does not have"},
		{func(c *Config) { c.Optimizer = vsgdSmall; c.Optimizer.Initial = 1 }, "initial steps is 1: want a whole number, 2 to"},
		{func(c *Config) { c.Optimizer = vsgdSmall; c.Optimizer.Initial = 2.5 }, "initial steps is 2.5: want a whole number"},
		{func(c *Config) { c.Optimizer = vsgdSmall; c.Optimizer.SlowStart = 0.5 }, "slow start is 0.5: want a finite number, 1 or more"},
		{func(c *Config) { c.Optimizer.SlowStart = 2 }, "slow start is 2, which Adam does not have"},
		{func(c *Config) { c.Optimizer.Nesterov = true }, "nesterov is set, which Adam does not have"},
		{func(c *Config) { c.Optimizer = sgdBaseline; c.Optimizer.Nesterov = true },
			"nesterov is set and momentum is 0: want a momentum above 0"},
		{func(c *Config) { c.ReferenceBatch = -1 }, "reference batch is -1"},
		{func(c *Config) { c.ReferenceBatch, c.Batch, c.Optimizer.LR = 1, 1000, 1e38 }, "learning rate is 1e+41 at batch 1000"},
		{func(c *Config) { c.Updates = 29; c.Seeding.Mode = "paired" }, "updates is 29: want at least one for each of the 30 epochs"},
		{func(c *Config) { c.Updates = -1; c.Seeding.Mode = "paired" }, "updates is -1"},
		{func(c *Config) { c.Updates = 100 }, "updates is 100: want 0 with author seeding"},
		{func(c *Config) { c.Validation = 100 }, "validation is 100: want 0 with author seeding"},
		{func(c *Config) { c.Validation = -5; c.Seeding.Mode = "paired" }, "validation is -5: want 0 or more"},
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
		// The first line says what was being done; then there is one line per
		// problem.
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
