package trainer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sparsel/trainer/kernel"
)

// Every epoch of a phase has each sample of its classes once, in a new order.
func TestPhases(t *testing.T) {
	labels := labelled([ten]int{7, 12, 8, 3, 30, 9, 5, 10, 11, 25})
	c := Config{Batch: 4, Epochs: 5, Seeding: Seeding{Mode: "paired", Seed: 3}, Sampler: Sampler{Kind: "phases",
		Phases: []Phase{{Classes: []int{9, 2}, Epochs: 2}, {Classes: []int{0}, Epochs: 1}, {Classes: []int{2, 4, 5}, Epochs: 2}}}}
	d := newDraws(c, labels, ten)
	phase := []int{0, 0, 1, 2, 2}
	var before []int32
	for epoch := 1; epoch <= c.Epochs; epoch++ {
		p := plan{epoch: epoch}
		d.plan(epoch, &p)
		var want []int32
		for i, label := range labels {
			if slices.Contains(c.Sampler.Phases[phase[epoch-1]].Classes, int(label)) {
				want = append(want, int32(i))
			}
		}
		got := slices.Clone(p.order)
		if slices.Equal(got, before) || slices.IsSorted(got) {
			t.Errorf("epoch %d has the order of another, or none", epoch)
		}
		before = slices.Clone(got)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("epoch %d has samples %v, want %v", epoch, got, want)
		}
		for i, end := range p.ends {
			if want := min(4*(i+1), len(p.order)); end != want {
				t.Errorf("epoch %d: batch %d ends at %d, want %d", epoch, i+1, end, want)
			}
		}
	}
}

// Drawn phases deal out one permutation, which depends only on the seed.
func TestPhaseClasses(t *testing.T) {
	c := Config{Seeding: Seeding{Seed: 1}, Sampler: Sampler{Kind: "phases", Phases: []Phase{{Drawn: 5}, {Drawn: 5}, {Drawn: 5}}}}
	seen := map[string]bool{}
	for seed := uint32(1); seed <= 20; seed++ {
		c.Seeding.Seed = seed
		p := c.PhaseClasses(10)
		all := slices.Sorted(slices.Values(slices.Concat(p[0], p[1])))
		if !slices.Equal(all, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) || !slices.Equal(p[0], p[2]) {
			t.Errorf("seed %d: phases have classes %v", seed, p)
		}
		seen[fmt.Sprint(p[0])] = true
	}
	if len(seen) < 10 {
		t.Errorf("20 seeds draw %d different halves", len(seen))
	}
	c.Sampler.OrderSeed = 7
	a := c.PhaseClasses(10)
	c.Seeding.Seed = 1
	if b := c.PhaseClasses(10); !slices.EqualFunc(a, b, slices.Equal[[]int]) {
		t.Errorf("with an order seed the classes depend on the seed of the run: %v and %v", a, b)
	}
	c.Sampler.Phases = []Phase{{Drawn: 4}, {Drawn: 4}, {Drawn: 4}}
	p := c.PhaseClasses(10)
	first := slices.Concat(p[0], p[1])
	slices.Sort(first)
	again := 0 // the last two of the deal, and the first two again
	for _, class := range p[2] {
		if slices.Contains(p[0], class) {
			again++
		}
	}
	if len(slices.Compact(first)) != 8 || len(p[2]) != 4 || again != 2 {
		t.Errorf("three times four of ten classes are %v", p)
	}
}

// Forgetting is visible: after the second phase the network is better at the
// second phase's classes and worse at the first's. The counts by class add up.
func TestPhasesForget(t *testing.T) {
	c, _, _ := small(Optimizer{Name: "Adam", LR: 0.01, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8})
	train, test := generated(600, 100, 1), generated(200, 100, 2)
	c.Network.Hidden, c.Epochs = []int{20}, 20
	c.Seeding = Seeding{Mode: "paired", Seed: 1}
	c.Sampler = Sampler{Kind: "phases", Phases: []Phase{{Drawn: 5, Epochs: 10}, {Drawn: 5, Epochs: 10}}}
	first := c.PhaseClasses(ten)[0]
	var correct [2][]int
	err := Train(t.Context(), c, train, test, func(e Epoch, _ *Activations) error {
		var group [2]int
		var all, samples int64
		for class, n := range e.ClassCorrect {
			all, samples = all+n, samples+e.ClassSamples[class]
			if slices.Contains(first, class) {
				group[0] += int(n)
			} else {
				group[1] += int(n)
			}
		}
		if int(all) != e.Correct || int(samples) != e.Samples {
			t.Errorf("epoch %d: the classes have %d of %d right, the test set %d of %d", e.Epoch, all, samples, e.Correct, e.Samples)
		}
		correct[0], correct[1] = append(correct[0], group[0]), append(correct[1], group[1])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if correct[0][9] < 40 || correct[0][19] > correct[0][9]/4 || correct[1][9] > 0 || correct[1][19] < 40 {
		t.Errorf("after the phases %d and %d of the first classes are right, %d and %d of the second",
			correct[0][9], correct[0][19], correct[1][9], correct[1][19])
	}
}

func TestPhasesRefuse(t *testing.T) {
	c, train, test := small(sgdBaseline)
	c.Seeding = Seeding{Mode: "paired", Seed: 1}
	some := train
	for i, label := range some.Labels {
		some.Labels[i] = label % 5
	}
	for _, tt := range []struct {
		phases []Phase
		want   string
	}{
		{nil, "sampler has no phase"},
		{[]Phase{{Drawn: 2, Epochs: 2}}, "phases have 2 epochs together and the run 3"},
		{[]Phase{{Drawn: 2, Epochs: 3}, {Drawn: 2}}, "phase 2 has 0 epochs"},
		{[]Phase{{Epochs: 3}}, "phase 1 has no classes and draws 0"},
		{[]Phase{{Drawn: 101, Epochs: 3}}, "phase 1 has no classes and draws 101"},
		{[]Phase{{Drawn: 1, Classes: []int{3}, Epochs: 3}}, "phase 1 has classes and 1 drawn ones"},
		{[]Phase{{Classes: []int{3, 4, 3}, Epochs: 3}}, "phase 1 has class 3 twice"},
		{[]Phase{{Classes: []int{-1}, Epochs: 3}}, "phase 1 has class -1"},
		{[]Phase{{Classes: []int{1}, Epochs: 1}, {Drawn: 1, Epochs: 2}}, "1 of 2 phases draw"},
		{[]Phase{{Classes: []int{10}, Epochs: 3}}, "phase 1 has class 10: the data has classes 0 to 9"},
		{[]Phase{{Drawn: 11, Epochs: 3}}, "phase 1 draws 11 classes: the data has 10"},
		{[]Phase{{Classes: []int{1}, Epochs: 1}, {Classes: []int{7, 8}, Epochs: 2}},
			"phase 2 has classes [7 8], of which there is no training sample"},
	} {
		c.Sampler = Sampler{Kind: "phases", Phases: tt.phases}
		err := Train(t.Context(), c, some, test, nil)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: got error %v, want %q", tt.phases, err, tt.want)
		}
	}
}

// With a number of updates the measurements are equally spaced, passes continue
// across them in their usual order, and the number of steps is the one
// requested.
func TestUpdates(t *testing.T) {
	c, train, test := small(sgdBaseline)
	c.Seeding = Seeding{Mode: "paired", Seed: 1}
	var whole [][]int32 // the batches of three passes of four
	r := start(t, kernel.Available()[0], c, train, test)
	for pass := 1; pass <= 3; pass++ {
		whole = append(whole, planned(r.draws, pass)...)
	}
	for _, tt := range []struct {
		updates, epochs int
		steps           []int
	}{
		{12, 3, []int{4, 4, 4}}, {10, 3, []int{3, 3, 4}}, {7, 7, []int{1, 1, 1, 1, 1, 1, 1}}, {11, 1, []int{11}}, {9, 2, []int{4, 5}},
	} {
		c.Updates, c.Epochs = tt.updates, tt.epochs
		r := start(t, kernel.Available()[0], c, train, test)
		var got [][]int32
		for epoch, want := range tt.steps {
			batches, err := r.batches(epoch + 1)
			if err != nil {
				t.Fatal(err)
			}
			steps := 0
			for rows := range batches {
				got = append(got, slices.Clone(rows))
				steps++
			}
			if steps != want {
				t.Errorf("%d updates, epoch %d of %d: %d steps, want %d", tt.updates, epoch+1, tt.epochs, steps, want)
			}
		}
		if !equalBatches(got, whole[:tt.updates]) {
			t.Errorf("%d updates in %d epochs have other batches than passes have", tt.updates, tt.epochs)
		}
	}

	// The same number of updates as the epochs have gives the same run.
	digests := func() (all [][32]byte) {
		t.Helper()
		if err := Train(t.Context(), c, train, test, func(e Epoch, _ *Activations) error {
			all = append(all, e.Digest)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	for _, batch := range []int{30, 1} {
		c.Epochs, c.Updates, c.Batch = 3, 0, batch
		want := digests()
		c.Updates = 3 * ((len(train.Labels) + batch - 1) / batch)
		if got := digests(); !slices.Equal(got, want) {
			t.Errorf("batch %d: %d updates make another run than three epochs", batch, c.Updates)
		}
	}
}

// A phase begins with a new pass, even if that cuts the previous one short.
func TestUpdatesOfPhases(t *testing.T) {
	c, train, test := small(sgdBaseline)
	c.Seeding = Seeding{Mode: "paired", Seed: 1}
	c.Sampler = Sampler{Kind: "phases", Phases: []Phase{
		{Classes: []int{0, 1, 2, 3, 4}, Epochs: 2}, {Classes: []int{5, 6, 7, 8, 9}, Epochs: 1},
	}}
	c.Updates, c.Batch = 21, 20
	r := start(t, kernel.Available()[0], c, train, test)
	for epoch := 1; epoch <= 3; epoch++ {
		batches, err := r.batches(epoch)
		if err != nil {
			t.Fatal(err)
		}
		steps := 0
		for rows := range batches {
			steps++
			for _, row := range rows {
				if second := train.Labels[row] >= 5; second != (epoch == 3) {
					t.Fatalf("epoch %d, step %d has a sample of class %d", epoch, steps, train.Labels[row])
				}
			}
		}
		if steps != 7 {
			t.Errorf("epoch %d has %d steps, want 7", epoch, steps)
		}
	}
}

// Held-out samples are not trained on, and are measured.
func TestValidationPart(t *testing.T) {
	c, train, test := small(sgdBaseline)
	c.Seeding = Seeding{Mode: "paired", Seed: 1}
	rest, held := train.holdOut(30)
	run := func(c Config, train, test Split) (all []Epoch) {
		t.Helper()
		if err := Train(t.Context(), c, train, test, func(e Epoch, _ *Activations) error {
			all = append(all, e)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	alone, asTest := run(c, rest, test), run(c, rest, held)
	c.Validation = 30
	for i, e := range run(c, train, test) {
		if e.Digest != alone[i].Digest || e.TestLoss != alone[i].TestLoss || e.TrainLoss != alone[i].TrainLoss {
			t.Errorf("epoch %d is not that of a run on the rest", e.Epoch)
		}
		if e.ValidationLoss != asTest[i].TestLoss || e.ValidationCorrect != asTest[i].Correct || e.ValidationSamples != 30 {
			t.Errorf("epoch %d: validation %v, %d of %d, want %v, %d of 30", e.Epoch, e.ValidationLoss, e.ValidationCorrect, e.ValidationSamples,
				asTest[i].TestLoss, asTest[i].Correct)
		}
	}
	c.Validation = 100
	err := Train(t.Context(), c, train, test, nil)
	if err == nil || !strings.Contains(err.Error(), "want fewer than the 100 training samples") {
		t.Errorf("got error %v", err)
	}
}

func TestReferenceBatch(t *testing.T) {
	c, train, test := small(sgdBaseline)
	digest := func() (d [32]byte) {
		t.Helper()
		if err := Train(t.Context(), c, train, test, func(e Epoch, _ *Activations) error {
			d = e.Digest
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return d
	}
	c.Optimizer.LR = 0.3
	want := digest()
	c.Optimizer.LR, c.ReferenceBatch = 0.5, 50 // and batches of 30
	if digest() != want {
		t.Error("0.5 for batches of 50 is not 0.3 for batches of 30")
	}
}
