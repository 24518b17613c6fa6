package trainer

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"sparsel/trainer/kernel"
	"sparsel/trainer/rng"
)

// small returns a small configuration and generated data sets for it.
func small(o Optimizer) (Config, Split, Split) {
	c := baseline(o)
	c.Network.Hidden = []int{20, 12}
	c.Batch, c.Epochs = 30, 3
	return c, generated(100, 50, 1), generated(60, 50, 2)
}

func start(t *testing.T, set *kernel.Set, c Config, train, test Split) *run {
	t.Helper()
	r, err := newRun(t.Context(), set, c, train, test)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A fuse is a context that is cancelled after it has been asked a number of
// times.
type fuse struct {
	context.Context
	left int
}

func (f *fuse) Err() error {
	if f.left--; f.left < 0 {
		return context.Canceled
	}
	return nil
}

// The context is checked before each of the four steps of an epoch and before
// its single chunk of test samples, and once more in the first epoch, before
// what is measured ahead of any step. Training ends at the first check after it
// is done.
func TestTrainCancelled(t *testing.T) {
	c, train, test := small(sgdBaseline)
	for asked := range 17 {
		epochs := 0
		err := Train(&fuse{t.Context(), asked}, c, train, test, func(Epoch, *Activations) error {
			epochs++
			return nil
		})
		want := max(asked-1, 0) / 5
		if asked < 16 && !errors.Is(err, context.Canceled) || asked == 16 && err != nil || epochs != want {
			t.Errorf("cancelled after %d questions: %d epochs and error %v, want %d epochs", asked, epochs, err, want)
		}
	}
}

// Skipping to a late position in a session takes long enough that it can be
// cancelled.
func TestTrainCancelledWhileSkipping(t *testing.T) {
	c, train, test := small(sgdBaseline)
	c.Seeding.Skip = 3 * skipStretch
	for asked := range 3 {
		f := &fuse{t.Context(), asked}
		_, err := newRun(f, kernel.Available()[0], c, train, test)
		if !errors.Is(err, context.Canceled) || f.left != -1 {
			t.Errorf("cancelled after %d questions: error %v, %d questions left", asked, err, f.left)
		}
	}
	plain := rng.New(c.Seeding.Seed)
	plain.Skip(c.Seeding.Skip)
	want := newLayer(50, 20, 1, recorder{})
	want.draw(plain)
	if got := start(t, kernel.Available()[0], c, train, test).network.layers[0]; !slices.Equal(got.weights.Data, want.weights.Data) {
		t.Error("skipping in stretches ends elsewhere than skipping at once")
	}
}

func TestTrainReturnsErrorOfObserve(t *testing.T) {
	c, train, test := small(sgdBaseline)
	want := errors.New("no more")
	epochs := 0
	err := Train(t.Context(), c, train, test, func(Epoch, *Activations) error {
		epochs++
		return want
	})
	if err != want || epochs != 1 {
		t.Errorf("got error %v after %d epochs, want %v after 1", err, epochs, want)
	}
}

func TestTrainRefuses(t *testing.T) {
	c, train, test := small(sgdBaseline)
	wrongLabel := Split{Pixels: 50, Images: train.Images[:100], Labels: []uint8{3, 10}, Classes: ten}
	other := test
	other.Classes = 26
	diverse := c
	diverse.Sampler, diverse.Batch = Sampler{Kind: "classes", Classes: 11}, 22
	tests := []struct {
		c           Config
		train, test Split
		want        []string
	}{
		{Config{}, train, test, []string{"hidden layer"}},
		{c, Split{}, test, []string{"training data has no samples", "training data has 0 bytes", "0 pixels and test images 50"}},
		{
			c, train, Split{Pixels: 49, Images: test.Images, Labels: test.Labels},
			[]string{"test data has 3000 bytes", "50 pixels and test images 49"},
		},
		{c, wrongLabel, test, []string{"training label 1 is 10"}},
		{c, train, other, []string{"training data has 10 classes and test data 26"}},
		{diverse, train, test, []string{"sampler classes is 11: the data has 10"}},
	}
	for _, tt := range tests {
		err := Train(t.Context(), tt.c, tt.train, tt.test, func(Epoch, *Activations) error {
			t.Error("an epoch was trained")
			return nil
		})
		for _, want := range tt.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got error %v, want %q", err, want)
			}
		}
	}
}

func TestTrainRefusesUnknownKernel(t *testing.T) {
	t.Setenv("SPARSEL_KERNEL", "abacus")
	c, train, test := small(sgdBaseline)
	err := Train(t.Context(), c, train, test, nil)
	if err == nil || !strings.Contains(err.Error(), "abacus") {
		t.Errorf("got error %v, want one that names the kernel", err)
	}
}

// A record belongs to the caller, and later epochs do not change it.
// Activations are consistent with it.
func TestTrainRecords(t *testing.T) {
	c, train, test := small(adamBaseline)
	var epochs []Epoch
	var sums []float64
	err := Train(t.Context(), c, train, test, func(e Epoch, a *Activations) error {
		epochs = append(epochs, e)
		sums = append(sums, e.Layers[0].ClassSums[0])
		if e.Epoch != len(epochs) || e.Samples != 60 || len(e.Layers) != 2 {
			t.Errorf("epoch %d has number %d, %d samples, %d layers", len(epochs), e.Epoch, e.Samples, len(e.Layers))
		}
		if !slices.Equal(a.Units, []int{20, 12}) || !slices.Equal(a.Labels, test.Labels) {
			t.Errorf("epoch %d: units %v and %d labels", e.Epoch, a.Units, len(a.Labels))
		}
		correct := 0
		for i, label := range a.Labels {
			if a.Predictions[i] == label {
				correct++
			}
		}
		if correct != e.Correct {
			t.Errorf("epoch %d: %d correct, predictions say %d", e.Epoch, e.Correct, correct)
		}
		for i, l := range e.Layers {
			if err := sameStatistics(l, statisticsOf(a.Layers[i], l.Units, ten, a.Labels)); err != nil {
				t.Errorf("epoch %d, layer %d: statistics are not those of the activations: %v", e.Epoch, i+1, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range epochs {
		if e.Layers[0].ClassSums[0] != sums[i] {
			t.Errorf("the record of epoch %d was overwritten", i+1)
		}
	}
	if epochs[0].Digest == epochs[1].Digest || epochs[2].TrainLoss >= epochs[0].TrainLoss {
		t.Error("nothing was learned")
	}
}

// A batch larger than the data is the whole data, as in a data loader.
func TestTrainBatchBeyondData(t *testing.T) {
	c, train, test := small(sgdBaseline)
	digest := func(batch int) (d [32]byte) {
		c.Batch = batch
		if err := Train(t.Context(), c, train, test, func(e Epoch, _ *Activations) error {
			d = e.Digest
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return d
	}
	if digest(100) != digest(1<<40) {
		t.Error("a batch beyond the data trains otherwise than all of it")
	}
}

// The test pass gives every sample the same result as if it were alone,
// wherever its chunk and its batch of the loss begin and end.
func TestTestPassBySample(t *testing.T) {
	const samples = 2*passChunk + 3*lossBatch + 7
	c, train, _ := small(sgdBaseline)
	test := generated(samples, 50, 3)
	set := kernel.Available()[0]
	r := start(t, set, c, train, test)
	r.collected.reset()
	loss, _, err := r.tester.pass(t.Context(), r.network, r.collected)
	if err != nil {
		t.Fatal(err)
	}
	a := &r.collected.found
	x := &images{split: test}
	var losses meanLoss
	logits := make([]float32, lossBatch*padded(ten))
	for from := 0; from < samples; from += lossBatch {
		to := min(from+lossBatch, samples)
		for s := from; s < to; s++ {
			x.load(r.network.engine, []int32{int32(s)})
			r.network.forward(x, r.network.hidden, logits[(s-from)*padded(ten):], 1)
			for i, h := range r.network.hidden {
				if !slices.Equal(h.values[:h.units], a.Layers[i][s*h.units:][:h.units]) {
					t.Fatalf("sample %d has other activations in layer %d than alone", s, i+1)
				}
			}
		}
		predictions := make([]uint8, to-from)
		losses.add(crossEntropy(logits, padded(ten), ten, test.Labels[from:to], nil, predictions))
		if !slices.Equal(predictions, a.Predictions[from:to]) {
			t.Fatalf("samples %d to %d are predicted otherwise than alone", from, to-1)
		}
	}
	if loss != losses.mean() {
		t.Errorf("test loss is %v, want %v", loss, losses.mean())
	}
}

// Steps allocate nothing once shapes are known.
func TestStepAllocatesNothing(t *testing.T) {
	for _, o := range []Optimizer{
		sgdBaseline, {Name: "SGD", LR: 0.1, Momentum: 0.9}, adagradBaseline, adadeltaBaseline, adamBaseline, vsgdSmall,
		{Name: "SGD", LR: 0.1, Momentum: 0.9, Nesterov: true},
	} {
		c, train, test := small(o)
		if c.Network.L1 = 0.1; o.Name != "vSGD" {
			c.Network.CSI = 1
		}
		r := start(t, kernel.Available()[0], c, train, test)
		r.draws.plan(1, &r.planned)
		step := func() {
			r.batch.load(r.network.engine, r.planned.order[:30])
			r.network.step(r.batch)
			r.batch.load(r.network.engine, r.planned.order[30:37])
			r.network.step(r.batch)
		}
		// Space is needed for the images of the largest batch.
		for rows := range r.planned.batches() {
			r.batch.load(r.network.engine, rows)
			r.network.step(r.batch)
		}
		if n := testing.AllocsPerRun(10, step); n != 0 {
			t.Errorf("%s: %v allocations in two steps", o.Name, n)
		}
	}
}

// An infinite weight of a dark pixel gives NaN, as 0·Inf does in dense
// arithmetic, although dark pixels are otherwise left out. So does a gradient
// that is not finite for the weights of dark pixels.
func TestDarkPixelsMeetInfinities(t *testing.T) {
	for _, set := range kernel.Available() {
		r := &overflow{}
		data := Split{Pixels: 20, Images: make([]byte, 40), Labels: []uint8{1, 2}, Classes: ten}
		data.Images[7], data.Images[25] = 200, 100
		n := newNetwork(set, r, data.Pixels, ten, Network{Hidden: []int{3}, Activation: "sigmoid"}, 2)
		x := &images{split: data}
		x.load(n.engine, []int32{0, 1})
		l := n.layers[0]

		l.delta[0] = nan
		l.step(n.engine, r, x, 2)
		for i := range l.in {
			if g := r.first[i*kernel.Width]; g == g {
				t.Errorf("%s: gradient of pixel %d is %v, want NaN", set, i, g)
			}
			if g := r.first[i*kernel.Width+1]; g != 0 {
				t.Errorf("%s: gradient of pixel %d and a unit of no delta is %v, want 0", set, i, g)
			}
		}

		// The step has set all weights of pixel 3 to +Inf.
		l.forward(n.engine, l.output, x)
		for s := range 2 {
			if z := l.output[s*l.stride]; z == z {
				t.Errorf("%s: weighted sum of sample %d is %v, want NaN", set, s, z)
			}
		}
		clear(l.delta)
		r.heal = true
		l.step(n.engine, r, x, 2)
		l.forward(n.engine, l.output, x)
		if z := l.output[0]; z != 0 {
			t.Errorf("%s: with finite weights again the weighted sum is %v, want 0", set, z)
		}
	}
}

// overflow is a rule that sets the weights of pixel 3 to +Inf, or all to 0.
type overflow struct {
	heal  bool
	first []float32 // gradient of the first panel
}

func (o *overflow) slots() int { return 0 }
func (o *overflow) advance()   {}
func (o *overflow) update(p parameter, g []float32) bool {
	if len(g) <= kernel.Width { // the bias
		return true
	}
	o.first = append([]float32(nil), g...)
	clear(p.values)
	if !o.heal {
		for j := range 3 {
			p.values[3*kernel.Width+j] = inf
		}
	}
	return o.heal
}
