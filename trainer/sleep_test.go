package trainer

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"sparsel/trainer/kernel"
)

// rarelyLit returns images of which some pixels are always lit, some now and
// then, some once and some never.
func rarelyLit(samples int, seed uint32) Split {
	const pixels = 80
	split := generated(samples, pixels, seed)
	for i := range samples {
		for k := range pixels {
			dark := false
			switch k % 5 {
			case 1:
				dark = (i+k)%7 != 0
			case 2:
				dark = (i+k)%50 != 0
			case 3:
				dark = i != k
			case 4:
				dark = true
			}
			if dark {
				split.Images[i*pixels+k] = 0
			}
		}
	}
	return split
}

// Runs in which rows sleep and runs in which all rows are updated in every step
// have the same bits: losses, parameters and statistics of every epoch. That
// includes runs whose numbers underflow or cease to be finite.
func TestSleep(t *testing.T) {
	var optimizers []Optimizer
	for _, o := range []Optimizer{sgdBaseline, adagradBaseline, adadeltaBaseline, adamBaseline} {
		optimizers = append(optimizers, o)
		for _, lr := range []float64{0, 3, 1e10, 3e38} {
			o := o
			o.LR = lr
			optimizers = append(optimizers, o)
		}
	}
	for _, rho := range []float64{0, 0.3, 0.999, 1} {
		o := adadeltaBaseline
		o.Rho = rho
		optimizers = append(optimizers, o)
	}
	for _, beta := range []float64{0, 0.1, 0.99} {
		for _, eps := range []float64{1e-8, 1e-38, 1} {
			o := adamBaseline
			o.Beta1, o.Beta2, o.Eps = beta, 1-(1-beta)/7, eps
			optimizers = append(optimizers, o)
		}
	}
	train, test := rarelyLit(250, 3), rarelyLit(40, 4)
	set := kernel.Available()[0]
	slept, gaveUp := 0, 0
	for _, o := range optimizers {
		for _, batch := range []int{1, 3, 16} {
			for _, activation := range []string{"sigmoid", "relu"} {
				c := baseline(o)
				c.Network = Network{Hidden: []int{37, 18}, Activation: activation}
				c.Batch, c.Epochs = batch, 3
				name := fmt.Sprintf("%+v batch=%d %s", o, batch, activation)
				rows, err := newRun(t.Context(), set, c, train, test)
				if err != nil {
					t.Fatal(err)
				}
				all, err := newRun(t.Context(), set, c, train, test)
				if err != nil {
					t.Fatal(err)
				}
				all.network.sleeper = nil
				before := rows.network.sleeper != nil
				for number := range c.Epochs {
					got, _, err := rows.epoch(t.Context(), number+1)
					if err != nil {
						t.Fatal(err)
					}
					want, _, err := all.epoch(t.Context(), number+1)
					if err != nil {
						t.Fatal(err)
					}
					got.Seconds, want.Seconds = 0, 0
					// %x writes floats exactly, and every NaN as NaN.
					if g, w := fmt.Sprintf("%x", got), fmt.Sprintf("%x", want); g != w {
						t.Fatalf("%s: epoch %d differs: loss %v, want %v", name, number+1, got.TrainLoss, want.TrainLoss)
					}
					for i, l := range rows.network.layers {
						for q, p := range l.panels {
							for j, s := range p.state {
								if !sameFloats(s, all.network.layers[i].panels[q].state[j]) {
									t.Fatalf("%s: epoch %d, layer %d: state differs", name, number+1, i+1)
								}
							}
						}
					}
				}
				if before {
					slept++
					if rows.network.sleeper == nil {
						gaveUp++
					}
				}
			}
		}
	}
	if slept < 100 || gaveUp < 10 {
		t.Errorf("rows slept in %d runs and had to be woken for good in %d: want both tested", slept, gaveUp)
	}
	t.Logf("slept in %d runs, gave up in %d", slept, gaveUp)
}

func sameFloats(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return kernel.Bits(x) == kernel.Bits(y) })
}

// Rows never sleep if they could not be woken to the same bits.
func TestSleepRefused(t *testing.T) {
	train, test := rarelyLit(60, 3), rarelyLit(20, 4)
	for what, change := range map[string]func(c *Config){
		"weight decay": func(c *Config) { c.Optimizer.WeightDecay = 1e-4 },
		"momentum":     func(c *Config) { c.Optimizer.Momentum = 0.9 },
		"large batch":  func(c *Config) { c.Batch = 50 },
		"RMSprop":      func(c *Config) { c.Optimizer = rmspropDefault },
		"overflow":     func(c *Config) { c.Optimizer = adamBaseline; c.Optimizer.LR = 3e38 },
	} {
		c := baseline(sgdBaseline)
		c.Batch = 1
		change(&c)
		r, err := newRun(t.Context(), kernel.Available()[0], c, train, test)
		if err != nil {
			t.Fatal(err)
		}
		if r.network.sleeper != nil {
			t.Errorf("rows sleep with %s", what)
		}
	}
}

// After standstill a decay changes no number, and one step less is too few.
func TestStandstill(t *testing.T) {
	for _, factor := range []float32{0, 0.1, 0.5, 0.9, 0.95, 0.99} {
		n := standstill(factor)
		if n == math.MaxInt32 {
			t.Errorf("%v: no standstill", factor)
			continue
		}
		for _, x := range []float32{math.MaxFloat32, 1, 1e-20, 0x1p-126, 0x1p-140, 7 * 0x1p-149, 0x1p-149} {
			for range n {
				x *= factor
			}
			if factor*x != x {
				t.Errorf("%v: %v still moves after %d decays", factor, x, n)
			}
		}
		x := float32(math.MaxFloat32)
		for range n - 1 {
			x *= factor
		}
		if n > 0 && factor*x == x {
			t.Errorf("%v: the largest number stands still before %d decays", factor, n)
		}
	}
	for _, factor := range []float32{1, 1 - 0x1p-24} {
		if n := standstill(factor); n != math.MaxInt32 {
			t.Errorf("%v: standstill after %d", factor, n)
		}
	}
}
