package trainer

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"
)

// The constants of the original study's optimizers.
var (
	sgdBaseline      = Optimizer{Name: "SGD", LR: 0.1}
	adagradBaseline  = Optimizer{Name: "Adagrad", LR: 0.1, Eps: 1e-10}
	adadeltaBaseline = Optimizer{Name: "Adadelta", LR: 1, Rho: 0.9, Eps: 1e-6}
	adamBaseline     = Optimizer{Name: "Adam", LR: 0.001, Eps: 1e-8, Beta1: 0.9, Beta2: 0.999}
)

// baseline returns the study's baseline with one of the optimizers.
func baseline(o Optimizer) Config {
	return Config{
		Network:   Network{Hidden: []int{256}, Activation: "sigmoid"},
		Optimizer: o,
		Sampler:   Sampler{Kind: "shuffled"},
		Batch:     50,
		Epochs:    30,
		Seeding:   Seeding{Mode: "author", Seed: 1},
	}
}

// TestReplay repeats the author's baseline session of seed 1, four runs of 30
// epochs on one sequence of random numbers, and compares every epoch with the
// records. It makes the first two epochs of each run, or all of them with
// SPARSEL_REPLAY=full.
//
// [baselineBounds] says where the tolerances come from.
func TestReplay(t *testing.T) {
	records := readRecords(t)
	train, test := mnist(t)
	epochs := replayed(t, 2, 30)
	var skip uint64
	for _, run := range []struct {
		optimizer Optimizer
		// Losses of the first and the last epoch, with the digits that were
		// printed.
		losses [2][2]float64
		digits float64
	}{
		{adadeltaBaseline, [2][2]float64{{0.43367, 0.24770}, {0.00547, 0.05867}}, 0.5e-5},
		{adagradBaseline, [2][2]float64{{0.24965, 0.13228}, {0.00261, 0.06852}}, 1e-3},
		{sgdBaseline, [2][2]float64{{0.77022, 0.36619}, {0.07997, 0.09653}}, 0.5e-5},
		{adamBaseline, [2][2]float64{{0.42839, 0.22530}, {0.00092, 0.09101}}, 1e-4},
	} {
		c := baseline(run.optimizer)
		c.Seeding.Skip = skip
		skip += c.Draws(train.Pixels, ten, len(train.Labels))
		c.Epochs = epochs
		t.Run(c.Optimizer.Name, func(t *testing.T) {
			k := key{"train_vs_test", "baseline", "test", c.Optimizer.Name, "", "all"}
			d := deviations{t: t, want: records[k], bound: baselineBounds[c.Optimizer.Name], bounded: epochs}
			var seconds float64
			err := Train(t.Context(), c, train, test, func(e Epoch, _ *Activations) error {
				seconds += e.Seconds
				d.compare(e, e.Layers)
				for i, epoch := range [2]int{1, 30} {
					if e.Epoch == epoch {
						d.check(epoch, "train loss", e.TrainLoss, number{run.losses[i][0], true}, run.digits)
						d.check(epoch, "test loss", e.TestLoss, number{run.losses[i][1], true}, run.digits)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%v; %.2f s an epoch", &d, seconds/float64(epochs))
		})
	}
}

// replayed returns how many epochs of a run to make: short, or what
// SPARSEL_REPLAY says, a number of epochs or "full".
func replayed(t *testing.T, short, full int) int {
	switch text := os.Getenv("SPARSEL_REPLAY"); text {
	case "":
		return short
	case "full":
		return full
	default:
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("SPARSEL_REPLAY is %q: want a number of epochs or full", text)
		}
		return min(n, full)
	}
}

// TestReplaySessions repeats runs from all sessions of seed 1 whose order of
// samples is known, each at its computed position in its session. The short
// form makes the first epoch of some runs. With SPARSEL_REPLAY it makes that
// number of epochs, or all, of all runs, which takes an hour or two.
func TestReplaySessions(t *testing.T) {
	records := readRecords(t)
	train, test := mnist(t)
	var counts [ten]int
	for _, label := range train.Labels {
		counts[label]++
	}
	for _, s := range sessions(records) {
		t.Run(s.name, func(t *testing.T) {
			seeding := Seeding{Mode: "author", Seed: 1}
			for _, run := range s.runs {
				c := run.config
				c.Seeding = seeding
				seeding = c.Next(train.Pixels, counts[:])
				if len(records[run.key]) != c.Epochs {
					t.Fatalf("%v: %d epochs are recorded, want %d", run.key, len(records[run.key]), c.Epochs)
				}
				if c.Epochs = replayed(t, run.short, c.Epochs); c.Epochs == 0 {
					continue
				}
				t.Run(run.name, func(t *testing.T) {
					t.Parallel()
					replay(t, records, run, c, train, test)
				})
			}
		})
	}
}

// replay makes a run and compares it with its records.
func replay(t *testing.T, records records, run recorded, c Config, train, test Split) {
	all := &deviations{t: t, want: records[run.key], bound: run.bound, bounded: 2, epsilon: run.epsilon}
	var each []*deviations
	if run.layers {
		for i := range c.Network.Hidden {
			k := run.key
			k.layer = strconv.Itoa(i + 1)
			each = append(each, &deviations{t: t, want: records[k], bound: run.bound, bounded: 2, epsilon: run.epsilon})
		}
	}
	err := Train(t.Context(), c, train, test, func(e Epoch, _ *Activations) error {
		all.compare(e, e.Layers)
		for i, d := range each {
			d.compare(e, e.Layers[i:i+1])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(all)
	for i, d := range each {
		t.Logf("layer %d: %v", i+1, d)
	}
}

// deviations are the differences between a run and its records.
type deviations struct {
	t       *testing.T
	want    []record
	bound   bound
	bounded int // epochs to which the bound applies
	epsilon float64

	epochs  int
	apart   int // first epoch with another accuracy, 0 if none
	largest bound
}

// compare compares an epoch, with the metrics as means over the layers.
func (d *deviations) compare(e Epoch, layers []Layer) {
	var s, mean, std float64
	for i := range layers {
		m, v := selectivity(&layers[i], d.epsilon)
		s, mean, std = s+sparsity(&layers[i]), mean+m, std+v
	}
	n := float64(len(layers))
	want := d.want[e.Epoch-1]
	d.epochs++
	// Both accuracies are counts over 10,000. The slack is for the rounding of
	// their difference, and a bound of 0 requires equality.
	accuracy := d.check(e.Epoch, "accuracy", float64(e.Correct)/float64(e.Samples), want.accuracy, d.bound.accuracy+1e-9)
	if accuracy != 0 && d.apart == 0 {
		d.apart = e.Epoch
	}
	d.largest.accuracy = max(d.largest.accuracy, accuracy)
	d.largest.sparsity = max(d.largest.sparsity, d.check(e.Epoch, "sparsity", s/n, want.sparsity, d.bound.sparsity))
	d.largest.selectivity = max(d.largest.selectivity,
		d.check(e.Epoch, "selectivity", mean/n, want.selectivity, d.bound.selectivity),
		d.check(e.Epoch, "selectivity std", std/n, want.selectivityStd, d.bound.selectivity))
}

// check returns the difference from the record, or 0 if the number is not
// recorded.
func (d *deviations) check(epoch int, name string, got float64, want number, tolerance float64) float64 {
	difference := math.Abs(got - want.value)
	if !want.known || math.IsNaN(got) && math.IsNaN(want.value) || got == want.value {
		return 0
	}
	if epoch <= d.bounded && !(difference <= tolerance) {
		d.t.Errorf("epoch %d: %s is %v, recorded %v", epoch, name, got, want.value)
	}
	return difference
}

func (d *deviations) String() string {
	return fmt.Sprintf("%d epochs, accuracy differs from epoch %d, largest differences: accuracy %.4f, sparsity %.1e, selectivity %.1e",
		d.epochs, d.apart, d.largest.accuracy, d.largest.sparsity, d.largest.selectivity)
}

// sparsity is the mean over samples of Hoyer's sparsity, (√H − l1/l2)/(√H − 1)
// for H units.
func sparsity(l *Layer) float64 {
	root := math.Sqrt(float64(l.Units))
	return (root - l.RatioSum/float64(l.Samples)) / (root - 1)
}

// selectivity returns the mean and population standard deviation over the units
// of (m − o)/(m + o + epsilon), where m is the highest class mean of the unit
// and o the mean of the other nine.
func selectivity(l *Layer, epsilon float64) (mean, std float64) {
	var sum, squares float64
	for j := range l.Units {
		highest, total := math.Inf(-1), 0.0
		for c, count := range l.ClassCounts {
			m := l.ClassSums[c*l.Units+j] / float64(count)
			highest = max(highest, m)
			total += m
		}
		others := (total - highest) / (ten - 1)
		s := (highest - others) / (highest + others + epsilon)
		sum += s
		squares += s * s
	}
	n := float64(l.Units)
	return sum / n, math.Sqrt(squares/n - sum/n*sum/n)
}
