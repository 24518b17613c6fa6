package trainer

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"sparsel/trainer/kernel"
)

var (
	configFile = flag.String("config", "", "compare the run that this file configures, as JSON, step by step on MNIST")
	configSets = flag.String("sets", "", "the two kernel sets to compare it with, such as avx2,portable; "+
		"otherwise the best and the portable one")
)

// firstDifference makes the steps of two runs side by side and describes the
// first step after which a parameter differs: "epoch 2, step 17, layer 1:
// weight of input 300 and unit 5 is 0.25 and 0.5". Steps count from 1, and
// layers are in PyTorch's order.
func firstDifference(ctx context.Context, a, b *run, epochs int, between func(epoch, step int)) (string, error) {
	for epoch := 1; epoch <= epochs; epoch++ {
		a.draws.plan(epoch, &a.planned)
		b.draws.plan(epoch, &b.planned)
		step := 0
		for rows := range a.planned.batches() {
			if err := ctx.Err(); err != nil {
				return "", err
			}
			step++
			for _, r := range []*run{a, b} {
				r.batch.load(r.network.engine, rows)
				r.network.step(r.batch)
				r.network.settle()
			}
			if between != nil {
				between(epoch, step)
			}
			for i, l := range a.network.layers {
				if what := layersDiffer(l, b.network.layers[i]); what != "" {
					return fmt.Sprintf("epoch %d, step %d, layer %d: %s", epoch, step, i+1, what), nil
				}
			}
		}
	}
	return "", nil
}

// layersDiffer names the first parameter that differs, or returns "".
func layersDiffer(a, b *layer) string {
	if !sameFloats(a.weights.Data, b.weights.Data) {
		for j := range a.out {
			for i := range a.in {
				x, y := a.weights.At(a.row(i), j), b.weights.At(b.row(i), j)
				if kernel.Bits(x) != kernel.Bits(y) {
					return fmt.Sprintf("weight of input %d and unit %d is %v and %v", i, j, x, y)
				}
			}
		}
		return "padding differs"
	}
	for j := range a.out {
		if x, y := a.bias.values[j], b.bias.values[j]; kernel.Bits(x) != kernel.Bits(y) {
			return fmt.Sprintf("bias of unit %d is %v and %v", j, x, y)
		}
	}
	return ""
}

// Kernel sets agree after every single step, and a flipped bit is found at its
// step and in its layer. With -config the test compares a run of one's own. If
// two records of a run differ, this names the step.
func TestFirstDifference(t *testing.T) {
	sets := kernel.Available()
	first, second := sets[0], sets[len(sets)-1]
	if *configSets != "" {
		var err error
		names := strings.Split(*configSets, ",")
		if first, err = kernel.ByName(names[0]); err != nil {
			t.Fatal(err)
		}
		if second, err = kernel.ByName(names[len(names)-1]); err != nil {
			t.Fatal(err)
		}
	}
	both := func(c Config, train, test Split) (a, b *run) {
		a, err := newRun(t.Context(), first, c, train, test)
		if err != nil {
			t.Fatal(err)
		}
		if b, err = newRun(t.Context(), second, c, train, test); err != nil {
			t.Fatal(err)
		}
		return a, b
	}
	if *configFile != "" {
		text, err := os.ReadFile(*configFile)
		if err != nil {
			t.Fatal(err)
		}
		var c Config
		if err := json.Unmarshal(text, &c); err != nil {
			t.Fatal(err)
		}
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		splits, err := readMNIST()
		if err != nil {
			t.Fatal(err)
		}
		a, b := both(c, splits[0], splits[1])
		what, err := firstDifference(t.Context(), a, b, c.Epochs, nil)
		if err != nil {
			t.Fatal(err)
		}
		if what != "" {
			t.Errorf("%s and %s differ: %s", first, second, what)
		}
		return
	}

	train, test := generated(60, 100, 11), generated(20, 100, 12)
	for _, o := range []Optimizer{sgdBaseline, adagradBaseline, adadeltaBaseline, adamBaseline} {
		for _, batch := range []int{1, 7} {
			c := baseline(o)
			c.Network.Hidden, c.Batch = []int{18, 5}, batch
			a, b := both(c, train, test)
			if what, err := firstDifference(t.Context(), a, b, 2, nil); what != "" || err != nil {
				t.Errorf("%s, batch %d: %s (%v)", o.Name, batch, what, err)
			}
			a, b = both(c, train, test)
			flip := func(epoch, step int) {
				if l := b.network.layers[1]; epoch == 2 && step == 3 {
					l.weights.Set(4, 2, l.weights.At(4, 2)+1)
				}
			}
			what, err := firstDifference(t.Context(), a, b, 2, flip)
			if want := "epoch 2, step 3, layer 2: weight of input 4 and unit 2 is "; !strings.HasPrefix(what, want) {
				t.Errorf("%s, batch %d: got %q (%v), want %q", o.Name, batch, what, err, want)
			}
		}
	}
}
