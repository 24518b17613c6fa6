package trainer

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// An observation is a copy of what Train hands to its caller after an epoch.
type observation struct {
	epoch       Epoch
	layers      [][]float32
	labels      []uint8
	predictions []uint8
}

func observed(t *testing.T, c Config, train, test Split) []observation {
	t.Helper()
	var all []observation
	if err := Train(t.Context(), c, train, test, func(e Epoch, a *Activations) error {
		o := observation{e, nil, slices.Clone(a.Labels), slices.Clone(a.Predictions)}
		for _, layer := range a.Layers {
			o.layers = append(o.layers, slices.Clone(layer))
		}
		all = append(all, o)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// Measuring has no effect on the training and on the test set's accuracy and
// loss, and the statistics are those of the activations.
func TestMeasure(t *testing.T) {
	c, train, test := small(adagradBaseline)
	want := observed(t, c, train, test)
	for measure, samples := range map[string]int{"test": 60, "train": 100, "train-running": 100} {
		c.Measure = measure
		for i, o := range observed(t, c, train, test) {
			e, w := o.epoch, want[i].epoch
			if e.Digest != w.Digest || e.TestLoss != w.TestLoss || e.TrainLoss != w.TrainLoss || e.Correct != w.Correct || e.Samples != 60 {
				t.Errorf("%s: epoch %d differs from that of the plain measurement", measure, i+1)
			}
			if len(o.labels) != samples || len(o.predictions) != samples {
				t.Errorf("%s: %d labels and %d predictions, want %d", measure, len(o.labels), len(o.predictions), samples)
			}
			for n, l := range e.Layers {
				if err := sameStatistics(l, statisticsOf(o.layers[n], l.Units, ten, o.labels)); err != nil || l.Samples != int64(samples) {
					t.Errorf("%s: epoch %d, layer %d: statistics are not those of the activations: %v", measure, i+1, n+1, err)
				}
			}
		}
	}
}

// Measuring the training set as if it were the test set gives the same as
// measuring the training set after the epoch.
func TestMeasureTrain(t *testing.T) {
	c, train, _ := small(adamBaseline)
	want := observed(t, c, train, train)
	c.Measure = "train"
	for i, o := range observed(t, c, train, train) {
		w := want[i]
		if !slices.EqualFunc(o.layers, w.layers, slices.Equal[[]float32]) || !slices.Equal(o.predictions, w.predictions) ||
			!slices.Equal(o.labels, w.labels) {
			t.Errorf("epoch %d has other activations", i+1)
		}
		if o.epoch.Layers[1].RatioSum != w.epoch.Layers[1].RatioSum {
			t.Errorf("epoch %d has other statistics", i+1)
		}
	}
}

// With one step per epoch, the step of an epoch sees the training set as it is
// after the epoch before.
func TestMeasureRunning(t *testing.T) {
	c, train, test := small(sgdBaseline)
	c.Batch, c.Sampler.Kind = 100, "sorted"
	c.Measure = "train"
	after := observed(t, c, train, test)
	c.Measure = "train-running"
	running := observed(t, c, train, test)
	order := slices.Concat(byClass(train.Labels, ten)...)
	for i, o := range running[1:] {
		before := after[i]
		for place, row := range order {
			if o.labels[place] != train.Labels[row] || o.predictions[place] != before.predictions[row] {
				t.Fatalf("epoch %d: place %d is not sample %d", i+2, place, row)
			}
			for n, units := range c.Network.Hidden {
				if !slices.Equal(o.layers[n][place*units:][:units], before.layers[n][int(row)*units:][:units]) {
					t.Fatalf("epoch %d, layer %d: sample %d has other activations than after the epoch before", i+2, n+1, row)
				}
			}
		}
	}
}

// A sampler that loses samples has fewer to measure while it runs.
func TestMeasureRunningLossy(t *testing.T) {
	c, train, test := small(sgdBaseline)
	c.Sampler, c.Measure = Sampler{Kind: "consecutive", Block: 4}, "train-running"
	want := 0
	for _, samples := range byClass(train.Labels, ten) {
		want += len(samples) / 4 * 4
	}
	for _, o := range observed(t, c, train, test) {
		if len(o.labels) != want || o.epoch.Layers[0].Samples != int64(want) || want == 100 {
			t.Errorf("%d samples are measured, want %d, fewer than 100", len(o.labels), want)
		}
	}
}

func TestTrainWithoutSamples(t *testing.T) {
	c, train, test := small(sgdBaseline)
	c.Sampler = Sampler{Kind: "consecutive", Block: 100}
	err := Train(t.Context(), c, train, test, func(Epoch, *Activations) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "leaves no sample") {
		t.Errorf("got error %v, want one that says that no sample is left", err)
	}
}

// The network learns something with every sampler.
func TestSamplersLearn(t *testing.T) {
	for _, s := range []Sampler{
		{Kind: "shuffled"}, {Kind: "consecutive", Block: 2}, {Kind: "classes", Classes: 5}, {Kind: "classes", Classes: 2, Clean: true},
	} {
		c, train, test := small(adamBaseline)
		c.Optimizer.LR, c.Network.Hidden, c.Sampler, c.Batch, c.Epochs = 0.01, []int{20}, s, 10, 20
		all := observed(t, c, train, test)
		first, last := all[0].epoch.TrainLoss, all[len(all)-1].epoch.TrainLoss
		if !(last < first*0.8) || math.IsNaN(first) {
			t.Errorf("%+v: the loss goes from %v to %v", s, first, last)
		}
	}
}
