package trainer

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// A session is a sequence of runs after one seeding of the generators.
type session struct {
	name string
	runs []recorded
}

// A recorded run has a configuration without its position in the session, and
// records.
type recorded struct {
	name   string
	config Config
	key    key
	layers bool // whether there are records of each layer, too
	// bound is the largest permitted distance of the first two epochs from the
	// records.
	bound bound
	// epsilon is what the notebook adds to the denominator of the selectivity.
	epsilon float64
	// short is the number of epochs that the short form of the test makes.
	short int
}

// A bound is the largest difference from a record that rounding explains.
type bound struct{ accuracy, sparsity, selectivity float64 }

// Bounds for the baseline's 30 epochs. They come from repeating the author's
// runs with PyTorch and from perturbing their initial weights by one part in
// 10⁷, which has the effect of another order of summation. SGD and Adadelta
// keep every digit, an accuracy of Adam changes by an image or two, and Adagrad
// is chaotic in its first epochs.
var baselineBounds = map[string]bound{
	"Adadelta": {0, 1e-5, 1e-4},
	"Adagrad":  {1.5e-3, 5e-3, 5e-3},
	"SGD":      {0, 1e-5, 1e-4},
	"Adam":     {2e-4, 2e-4, 5e-4},
}

// accurate returns the bounds of the baseline with other bounds for the
// accuracy.
func accurate(bounds map[string]float64) map[string]bound {
	all := make(map[string]bound)
	for name, b := range baselineBounds {
		if accuracy, ok := bounds[name]; ok {
			b.accuracy = accuracy
		}
		all[name] = b
	}
	return all
}

// chaotic is the bound for runs that diverge from each other within an epoch
// after a perturbation of one part in 10⁷. Nothing can be required of such a
// run.
var chaotic = bound{math.Inf(1), math.Inf(1), math.Inf(1)}

var inOrder = []Optimizer{adadeltaBaseline, adagradBaseline, sgdBaseline, adamBaseline}

// unstable reports whether learning with the constants is so unsteady that
// trajectories diverge within an epoch.
func unstable(o Optimizer) bool {
	switch o.Name {
	case "SGD":
		return o.LR > 1 || o.Momentum > 0.9
	case "Adam":
		// Reddi, Kale and Kumar, "On the convergence of Adam and beyond",
		// require β1 < √β2.
		return o.LR > 0.002 || o.Beta1*o.Beta1 >= o.Beta2
	case "Adadelta":
		return o.LR > 10
	}
	return o.LR > 0.1
}

// sessions returns the author's sessions of seed 1, except those whose order of
// samples is lost.
func sessions(r records) []session {
	var all []session
	var current *session
	begin := func(format string, args ...any) {
		all = append(all, session{name: fmt.Sprintf(format, args...)})
		current = &all[len(all)-1]
	}
	// add appends a run of the baseline with a change. short lists the
	// optimizers whose first epoch the short form makes.
	add := func(k key, bounds map[string]bound, change func(*Config), optimizers []Optimizer, short ...string) {
		for _, o := range optimizers {
			c := baseline(o)
			change(&c)
			k.optimizer, k.layer = o.Name, "all"
			run := recorded{name: o.Name, config: c, key: k, bound: bounds[o.Name]}
			if slices.Contains(short, o.Name) {
				run.short = 1
			}
			current.runs = append(current.runs, run)
		}
	}
	// With any optimizer, every digit of the first two epochs agrees.
	digits := accurate(map[string]float64{"Adam": 0, "Adagrad": 0})
	// Many small steps amplify rounding. SGD keeps its digits at some of the
	// widths.
	small := map[string]bound{
		"SGD": {4e-3, 1e-2, 1e-2}, "Adadelta": {1e-2, 2e-2, 4e-2}, "Adagrad": {1e-2, 2e-2, 4e-2}, "Adam": {1e-2, 2e-2, 4e-2},
	}
	nearly := maps.Clone(small)
	nearly["SGD"] = bound{5e-4, 1e-4, 1e-4}

	begin("train split")
	add(key{experiment: "train_vs_test", condition: "baseline", split: "train"}, digits,
		func(c *Config) { c.Measure = "train-running" }, inOrder, "Adadelta", "Adagrad", "Adam")

	for depth := 1; depth <= 5; depth++ {
		bounds, short := digits, []string{"Adam"}
		if depth == 1 {
			bounds, short = baselineBounds, []string{"SGD"}
		}
		if depth == 2 || depth == 3 {
			// Adagrad leaves its plateau an epoch earlier or later.
			bounds = accurate(map[string]float64{"Adam": 0})
			bounds["Adagrad"] = chaotic
			short = []string{"Adadelta"}
		}
		begin("hidden layers %d", depth)
		add(key{experiment: "hidden_layers", condition: fmt.Sprintf("%dHL", depth), split: "test", value: fmt.Sprint(depth)}, bounds,
			func(c *Config) { c.Network.Hidden, c.Epochs = slices.Repeat([]int{256}, depth), 50 }, inOrder, short...)
	}
	begin("hidden layers each")
	add(key{experiment: "hidden_layers_each", condition: "4HL", split: "test", value: "4"}, digits,
		func(c *Config) { c.Network.Hidden, c.Epochs = []int{256, 256, 256, 256}, 50 },
		[]Optimizer{adadeltaBaseline, adagradBaseline, adamBaseline, sgdBaseline}, "Adadelta", "SGD")
	for i := range current.runs {
		current.runs[i].layers = true
	}

	for _, batch := range []int{1, 5, 10, 50, 200, 500, 1000} {
		bounds, short := baselineBounds, []string{"SGD", "Adadelta"}
		switch {
		case batch < 10:
			bounds, short = nearly, []string{"SGD"}
		case batch == 10:
			bounds = accurate(map[string]float64{"Adagrad": 2e-3, "Adam": 2e-3})
		case batch >= 500:
			bounds = digits
		}
		begin("batch %d", batch)
		add(key{experiment: "batch_size", condition: fmt.Sprintf("bs=%d", batch), split: "test", value: fmt.Sprint(batch)}, bounds,
			func(c *Config) { c.Batch = batch }, inOrder, short...)
	}

	neurons := func(batch, shortWidth int, bounds map[string]bound, short string, widths ...int) {
		begin("neurons at batch %d, %d", batch, widths)
		for _, width := range widths {
			from := len(current.runs)
			now := ""
			if width == shortWidth {
				now = short
			}
			add(key{experiment: "neurons", condition: fmt.Sprintf("bs=%d", batch), split: "test", value: fmt.Sprint(width)}, bounds,
				func(c *Config) { c.Network.Hidden, c.Batch = []int{width}, batch }, inOrder, now)
			for i := range current.runs[from:] {
				current.runs[from+i].name += fmt.Sprintf(" %d", width)
			}
		}
	}
	wide := accurate(map[string]float64{"SGD": 1e-3, "Adadelta": 1e-3, "Adagrad": 1e-3, "Adam": 1e-3})
	neurons(50, 768, wide, "SGD", 64, 128, 256, 384, 512, 640, 768)
	neurons(1, 128, small, "SGD", 64, 128, 256, 384)
	neurons(1, 0, small, "", 512, 640)
	neurons(1, 0, small, "", 768)

	diversity := func(name, experiment, value string, batch, classes int, bounds map[string]bound, short ...string) {
		begin("classes %s", name)
		add(key{experiment: experiment, condition: name, split: "test", value: value}, bounds,
			func(c *Config) { c.Batch, c.Sampler = batch, Sampler{Kind: "classes", Classes: classes} }, inOrder, short...)
	}
	diversity("5nums", "class_diversity", "5", 50, 5, digits, "Adadelta", "Adam")
	diversity("pair", "class_diversity", "2", 50, 2, digits, "Adadelta", "Adam")
	diversity("single", "class_diversity", "1", 50, 1, baselineBounds, "Adadelta", "SGD")
	diversity("single_bs10", "single_bs10_vs_con10_bs1", "10", 10, 1,
		accurate(map[string]float64{"Adagrad": 2e-3, "Adam": 2e-3}), "SGD")

	begin("convolutions")
	add(key{experiment: "conv", condition: "cnn", split: "test"}, map[string]bound{
		"Adadelta": {7e-4, 1e-2, 1e-2}, "Adagrad": {0, 1e-5, 1e-4}, "SGD": {1e-4, 2e-4, 2e-4}, "Adam": {7e-4, 1e-2, 1e-2},
	}, func(c *Config) { c.Network.Conv, c.Epochs = []int{32, 64}, 5 }, inOrder, "SGD")
	for i := range current.runs {
		// Adagrad's units die, and the record has 0 for their 0/(0+epsilon).
		current.runs[i].epsilon = 1e-7
	}

	for _, condition := range []string{"sorted", "unsorted"} {
		bounds := baselineBounds
		if condition == "sorted" {
			bounds = digits
		}
		begin("%s", condition)
		add(key{experiment: "sorted", condition: condition, split: "test"}, bounds, func(c *Config) {
			c.Epochs = 100
			if condition == "sorted" {
				c.Sampler.Kind = "sorted"
			}
		}, inOrder, "SGD", "Adam")
	}

	combine := func(condition string, o Optimizer, bounds map[string]bound, change func(*Config), short ...string) {
		begin("combine %s", condition)
		add(key{experiment: "combine", condition: condition, split: "test"}, bounds, change, []Optimizer{o}, short...)
	}
	momentum := sgdBaseline
	momentum.Momentum = 0.9
	combine("sgd_momentum0.9", momentum, digits, func(*Config) {}, "SGD")
	combine("sgd_combined", momentum, map[string]bound{"SGD": chaotic}, func(c *Config) { c.Batch = 1 })
	current.runs[0].epsilon = 1e-7
	combine("adam_768neurons", adamBaseline, digits, func(c *Config) { c.Network.Hidden = []int{768} }, "Adam")
	combine("adam_combined", adamBaseline, digits, func(c *Config) {
		c.Network.Hidden, c.Sampler = []int{768}, Sampler{Kind: "classes", Classes: 1}
	}, "Adam")

	// The sparsity of the sweeps is recorded with four decimals. In their many
	// runs some image lies so close to the boundary between two classes that
	// rounding decides.
	rounded := accurate(nil)
	for name, b := range rounded {
		b.accuracy = max(b.accuracy, 1e-4)
		b.sparsity += 5e-5
		rounded[name] = b
	}
	// The short form makes these runs, the last one after 137 others.
	late := map[string]string{"Adadelta rho 0": "Adadelta", "Adam beta2 0.999": "Adam", "Adam learning_rate 0.001931": "Adam"}
	sweep := func(o Optimizer, parameter string, set func(*Optimizer, float64)) {
		experiment := "hyper_" + parameter
		for _, value := range r.values(experiment, o.Name) {
			varied := o
			set(&varied, value)
			condition := ""
			for k := range r {
				if k.experiment == experiment && k.optimizer == o.Name && k.value == formatted(value) {
					condition = k.condition
				}
			}
			name := fmt.Sprintf("%s %s %.4g", o.Name, parameter, value)
			add(key{experiment: experiment, condition: condition, split: "test", value: formatted(value)}, rounded,
				func(*Config) {}, []Optimizer{varied}, late[name])
			run := &current.runs[len(current.runs)-1]
			run.name, run.epsilon = name, 1e-6
			if unstable(varied) {
				run.bound = chaotic
			}
		}
	}
	rho := func(o *Optimizer, x float64) { o.Rho = x }
	decay := func(o *Optimizer, x float64) { o.WeightDecay = x }
	rate := func(o *Optimizer, x float64) { o.LR = x }
	begin("sweeps")
	sweep(adadeltaBaseline, "rho", rho)
	sweep(adadeltaBaseline, "weight_decay", decay)
	sweep(adadeltaBaseline, "learning_rate", rate)
	sweep(adagradBaseline, "weight_decay", decay)
	sweep(adagradBaseline, "learning_rate", rate)
	sweep(sgdBaseline, "learning_rate", rate)
	sweep(sgdBaseline, "weight_decay", decay)
	sweep(sgdBaseline, "momentum", func(o *Optimizer, x float64) { o.Momentum = x })
	sweep(adamBaseline, "weight_decay", decay)
	sweep(adamBaseline, "learning_rate", rate)
	begin("sweeps of betas")
	sweep(adamBaseline, "beta1", func(o *Optimizer, x float64) { o.Beta1 = x })
	sweep(adamBaseline, "beta2", func(o *Optimizer, x float64) { o.Beta2 = x })
	return all
}
