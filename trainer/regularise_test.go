package trainer

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"sparsel/trainer/kernel"
)

// Sleeping rows are exact together with dropout and penalties: after every step
// the weights are those of a network whose rows are always awake.
func TestRowsSleepBesideDropoutAndPenalties(t *testing.T) {
	train, test := generated(60, 100, 11), generated(20, 100, 12)
	for _, o := range []Optimizer{sgdBaseline, adagradBaseline, adadeltaBaseline, adamBaseline} {
		for _, batch := range []int{1, 7} {
			c := baseline(o)
			c.Network.Hidden, c.Batch = []int{18, 5}, batch
			c.Network.Dropout, c.Network.L1 = []float64{0.4, 0.2}, 0.01
			if batch > 1 {
				c.Network.CSI = -1
			}
			a, b := start(t, kernel.Available()[0], c, train, test), start(t, kernel.Available()[0], c, train, test)
			if a.network.sleeper == nil {
				t.Fatalf("%s, batch %d: no row sleeps", o.Name, batch)
			}
			b.network.sleeper = nil
			if what, err := firstDifference(t.Context(), a, b, 2, nil); what != "" || err != nil {
				t.Errorf("%s, batch %d: %s (%v)", o.Name, batch, what, err)
			}
		}
	}
}

// If nothing is left out and nothing added, a run is the same as without these
// features. A selectivity term adds nothing if every batch has only one class.
func TestNothingAdded(t *testing.T) {
	run := func(change func(c *Config)) (d [32]byte) {
		t.Helper()
		c, train, test := small(sgdBaseline)
		c.Sampler = Sampler{Kind: "consecutive", Block: 5, Clean: true}
		c.Batch = 5
		if change != nil {
			change(&c)
		}
		for i := range train.Labels { // 10 of each class, so that each batch is a block
			train.Labels[i] = uint8(i % ten)
		}
		if err := Train(t.Context(), c, train, test, func(e Epoch, _ *Activations) error {
			d = e.Digest
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return d
	}
	want := run(nil)
	for name, change := range map[string]func(c *Config){
		"dropout 0":                func(c *Config) { c.Network.Dropout = []float64{0, 0} },
		"selectivity of one class": func(c *Config) { c.Network.CSI = 3 },
	} {
		if run(change) != want {
			t.Errorf("%s changes a run", name)
		}
	}
}

// A mask depends only on seed, epoch, step, layer and its own position, and the
// share of units that are kept is as expected.
func TestDropoutMasks(t *testing.T) {
	const units, samples, rate = 40, 50, 0.3
	draw := func(seed uint32, epoch, step, layer, m int) []float32 {
		hidden := make([]*activations, layer+1)
		rates := make([]float64, layer+1)
		rates[layer] = rate
		stride := padded(units)
		hidden[layer] = &activations{values: make([]float32, samples*stride), stride: stride, units: units}
		d := newDropout(rates, hidden)
		d.seed = seed
		d.draw(epoch, step, m)
		return d.layers[layer].mask[:m*stride]
	}
	first := draw(1, 2, 3, 0, samples)
	if again := draw(1, 2, 3, 0, 9); !slices.Equal(again, first[:len(again)]) {
		t.Error("the masks of a sample depend on those after it")
	}
	for i, other := range [][]float32{
		draw(2, 2, 3, 0, samples), draw(1, 3, 3, 0, samples), draw(1, 2, 4, 0, samples), draw(1, 2, 3, 1, samples),
	} {
		if slices.Equal(first, other) {
			t.Errorf("stream %d is that of another seed, epoch, step or layer", i)
		}
	}
	left, kept := 0, 0
	for step := range 25 {
		mask := draw(1, 1, step, 0, samples)
		for s := range samples {
			for _, x := range mask[s*padded(units):][:units] {
				switch x {
				case 0:
					left++
				case 1 / 0.7:
					kept++
				default:
					t.Fatalf("a mask has %v", x)
				}
			}
		}
	}
	// The tolerance for 50000 draws is five standard deviations.
	n := float64(left + kept)
	if off := math.Abs(float64(left) - rate*n); off > 5*math.Sqrt(n*rate*(1-rate)) {
		t.Errorf("%d of %v units are left out, want %v", left, n, rate*n)
	}
}

// The regularisers have their intended effect: class selectivity follows the
// sign of its factor, and L1 makes activations small.
func TestPenaltiesWork(t *testing.T) {
	measure := func(change func(n *Network)) (selectivity, size float64) {
		t.Helper()
		c, _, _ := small(Optimizer{Name: "Adam", LR: 0.01, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8})
		c.Network.Hidden, c.Epochs = []int{20}, 10
		change(&c.Network)
		train, test := generated(600, 100, 1), generated(200, 100, 2)
		err := Train(t.Context(), c, train, test, func(e Epoch, a *Activations) error {
			var rows [][]float64
			size = 0
			for s := range a.Labels {
				row := make([]float64, 20)
				for j, x := range a.Layers[0][s*20:][:20] {
					row[j] = float64(x)
					size += float64(x) / float64(len(a.Labels))
				}
				rows = append(rows, row)
			}
			selectivity = meanSelectivity(rows, a.Labels)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return selectivity, size
	}
	plain, sum := measure(func(*Network) {})
	more, _ := measure(func(n *Network) { n.CSI = 3 })
	less, _ := measure(func(n *Network) { n.CSI = -3 })
	_, small := measure(func(n *Network) { n.L1 = 0.3 })
	text := fmt.Sprintf("selectivity is %.3f with -3, %.3f without and %.3f with 3; activations add up to %.2f, and to %.2f with L1",
		less, plain, more, sum, small)
	if less > plain-0.1 || more < plain+0.1 || small > sum/2 {
		t.Error(text)
	}
	t.Log(text)
}
