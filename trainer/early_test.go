package trainer

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"sparsel/trainer/kernel"
)

// Early points are measured between the steps that they name and have no effect
// on the training. There are as many as the first epoch has steps for.
func TestEarlyPoints(t *testing.T) {
	c, train, test := small(adamBaseline)
	for _, tt := range []struct {
		batch int
		steps []int
	}{{100, []int{0}}, {10, []int{0}}, {9, []int{0, 10}}, {3, []int{0, 10, 30}}, {1, []int{0, 10, 30}}} {
		c.Batch = tt.batch
		var got []Point
		if err := Train(t.Context(), c, train, test, func(e Epoch, _ *Activations) error {
			if e.Epoch == 1 {
				got = e.Early
			} else if e.Early != nil {
				t.Errorf("epoch %d has early points", e.Epoch)
			}
			if want := (100 + tt.batch - 1) / tt.batch; e.Steps != want {
				t.Errorf("batch %d: %d steps, want %d", tt.batch, e.Steps, want)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		var steps []int
		for _, p := range got {
			steps = append(steps, p.Step)
		}
		if !slices.Equal(steps, tt.steps) {
			t.Errorf("batch %d: early points at %v, want %v", tt.batch, steps, tt.steps)
		}

		// The same steps by hand.
		r := start(t, kernel.Available()[0], c, train, test)
		r.draws.plan(1, &r.planned)
		var losses meanLoss
		for rows := range r.planned.batches() {
			if i := slices.Index(steps, losses.batches); i >= 0 {
				r.network.settle()
				p := got[i]
				loss, correct, err := r.tester.pass(t.Context(), r.network, r.collected)
				if err != nil {
					t.Fatal(err)
				}
				a := &r.collected.found
				for n, l := range r.collected.finish() {
					if err := sameStatistics(l, statisticsOf(a.Layers[n], l.Units, ten, a.Labels)); err != nil {
						t.Error(err)
					}
					if err := sameStatistics(p.Layers[n], l); err != nil {
						t.Errorf("step %d, layer %d: %v", p.Step, n+1, err)
					}
				}
				r.collected.reset()
				before := math.NaN()
				if p.Step > 0 {
					before = losses.mean()
				}
				if p.Digest != r.network.digest() || p.TestLoss != loss || p.Correct != correct || p.Samples != 60 ||
					p.TrainLoss != before && (p.Step > 0 || p.TrainLoss == p.TrainLoss) {
					t.Errorf("batch %d, step %d: %v, %v and %d right, want %v, %v and %d", tt.batch, p.Step, p.TrainLoss, p.TestLoss, p.Correct,
						before, loss, correct)
				}
			}
			r.batch.load(r.network.engine, rows)
			losses.add(r.network.step(r.batch))
		}
	}
}

// If an epoch's statistics are about training samples, so are those of its
// early points. They cover all samples with the parameters at that point.
func TestEarlyPointsOfTrainingSamples(t *testing.T) {
	c, train, test := small(sgdBaseline)
	c.Batch = 5
	early := func(measure string, test Split) []Point {
		c.Measure = measure
		return observed(t, c, train, test)[0].epoch.Early
	}
	want := early("test", train)
	for _, measure := range []string{"train", "train-running"} {
		for i, p := range early(measure, test) {
			if p.Digest != want[i].Digest || p.Samples != 60 {
				t.Errorf("%s: step %d has other weights, or %d test samples", measure, p.Step, p.Samples)
			}
			for n, l := range p.Layers {
				if err := sameStatistics(l, want[i].Layers[n]); err != nil {
					t.Errorf("%s: step %d: %v", measure, p.Step, err)
				}
			}
		}
	}
}

func TestSpread(t *testing.T) {
	s := generated(25, 3, 1)
	if got := spread(s, 25); !slices.Equal(got.Labels, s.Labels) {
		t.Error("all of few samples are others")
	}
	got := spread(s, 10)
	for i, at := range []int{0, 2, 5, 7, 10, 12, 15, 17, 20, 22} {
		if got.Labels[i] != s.Labels[at] || !slices.Equal(got.Images[3*i:3*i+3], s.Images[3*at:3*at+3]) {
			t.Errorf("sample %d is not sample %d", i, at)
		}
	}
	if len(got.Labels) != 10 || got.Classes != s.Classes || got.Pixels != 3 {
		t.Errorf("%d samples", len(got.Labels))
	}
}

// The loss on the training set after an epoch equals that of a test on it.
func TestTrainLossAfter(t *testing.T) {
	c, train, test := small(adagradBaseline)
	plain, want := observed(t, c, train, test), observed(t, c, train, train)
	for _, measure := range []string{"test", "train", "train-running"} {
		c.Measure = measure
		for _, asked := range []bool{false, true} {
			c.TrainLossAfter = asked
			for i, o := range observed(t, c, train, test) {
				e := o.epoch
				if e.Digest != plain[i].epoch.Digest || e.TestLoss != plain[i].epoch.TestLoss {
					t.Errorf("%s: looking at the training set changes epoch %d", measure, i+1)
				}
				switch there := asked || measure == "train"; {
				case !there && e.TrainSamples != 0:
					t.Errorf("%s: %d training samples, nobody asked", measure, e.TrainSamples)
				case there && (e.TrainSamples != 100 || e.TrainLossAfter != want[i].epoch.TestLoss || e.TrainCorrect != want[i].epoch.Correct):
					t.Errorf("%s: epoch %d: loss %v and %d right of %d, want %v and %d", measure, i+1, e.TrainLossAfter, e.TrainCorrect, e.TrainSamples,
						want[i].epoch.TestLoss, want[i].epoch.Correct)
				}
			}
		}
	}
}

// The weights of a run are those of its last digest, in PyTorch's shapes.
func TestWeights(t *testing.T) {
	c, _, _ := small(sgdBaseline)
	train, test := generated(60, 49, 1), generated(20, 49, 2)
	c.Network.Conv, c.Network.Hidden = []int{3, 5}, []int{7}
	for i, o := range observed(t, c, train, test) {
		if i+1 < c.Epochs {
			if o.epoch.Weights != nil {
				t.Errorf("epoch %d has weights", i+1)
			}
			continue
		}
		var names []string
		var shapes [][]int
		for _, w := range o.epoch.Weights {
			names, shapes = append(names, w.Name), append(shapes, w.Shape)
		}
		if want := []string{"conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "hidden1.weight", "hidden1.bias", "output.weight",
			"output.bias"}; !slices.Equal(names, want) {
			t.Errorf("weights %v, want %v", names, want)
		}
		want := [][]int{{3, 1, 3, 3}, {3}, {5, 3, 3, 3}, {5}, {7, 5}, {7}, {10, 7}, {10}}
		if !slices.EqualFunc(shapes, want, slices.Equal[[]int]) {
			t.Errorf("shapes %v, want %v", shapes, want)
		}
		h := sha256.New()
		for _, w := range o.epoch.Weights {
			for _, v := range w.Values {
				h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)))
			}
		}
		if [32]byte(h.Sum(nil)) != o.epoch.Digest {
			t.Error("the weights are not those of the digest")
		}
	}
	// In a network that has diverged, all NaN have the same bits.
	c.Network.Conv, c.Network.Activation, c.Optimizer.LR = nil, "relu", 3e38
	last := observed(t, c, train, test)[c.Epochs-1].epoch
	odd := 0
	for _, v := range last.Weights[0].Values {
		if v != v {
			odd++
			if math.Float32bits(v) != 0x7fc00000 {
				t.Fatalf("a NaN is %x", math.Float32bits(v))
			}
		}
	}
	if odd == 0 {
		t.Error("nothing diverged")
	}
}
