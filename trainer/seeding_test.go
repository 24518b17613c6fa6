package trainer

import (
	"slices"
	"testing"

	"sparsel/trainer/kernel"
)

func drawn(t *testing.T, s Seeding, hidden ...int) (*network, draws) {
	t.Helper()
	n := newNetwork(kernel.Available()[0], recorder{}, 30, ten, Network{Hidden: hidden, Activation: "sigmoid"}, 1)
	d := newDraws(Config{Sampler: Sampler{Kind: "shuffled"}, Batch: 50, Seeding: s}, make([]uint8, 50), ten)
	if err := d.parameters(t.Context(), n.layers); err != nil {
		t.Fatal(err)
	}
	return n, d
}

// With paired seeding a layer's initial weights depend only on the seed and the
// layer, and an epoch's order only on the seed and the epoch.
func TestPairedSeeding(t *testing.T) {
	seeding := Seeding{Mode: "paired", Seed: 5}
	shallow, d := drawn(t, seeding, 20)
	deep, e := drawn(t, seeding, 20, 20, 20)
	if !slices.Equal(shallow.layers[0].weights.Data, deep.layers[0].weights.Data) {
		t.Error("the first layers of two depths start apart")
	}
	if slices.Equal(deep.layers[1].weights.Data, deep.layers[2].weights.Data) {
		t.Error("two layers of one shape start equal")
	}
	other, _ := drawn(t, Seeding{Mode: "paired", Seed: 6}, 20)
	if slices.Equal(shallow.layers[0].weights.Data, other.layers[0].weights.Data) {
		t.Error("two seeds start equal")
	}

	plans := [3]plan{}
	d.plan(1, &plans[0])
	d.plan(2, &plans[1])
	e.plan(2, &plans[2])
	first, second, again := plans[0].order, plans[1].order, plans[2].order
	if slices.Equal(first, second) {
		t.Error("two epochs have one order")
	}
	if !slices.Equal(second, again) {
		t.Error("the order of an epoch depends on more than the seed and the epoch")
	}
}

// With author seeding the parameters come from one sequence, output unit by
// output unit. Another depth does not change the first layer, and Skip is a
// position in the sequence.
func TestAuthorSeeding(t *testing.T) {
	shallow, _ := drawn(t, Seeding{Mode: "author", Seed: 1}, 20)
	deep, _ := drawn(t, Seeding{Mode: "author", Seed: 1}, 20, 20)
	if !slices.Equal(flatten(shallow)[:620], flatten(deep)[:620]) {
		t.Error("the first layers of two depths start apart")
	}
	later, _ := drawn(t, Seeding{Mode: "author", Seed: 1, Skip: 31}, 20)
	// All weights of a layer have the same bound, so number 31 of one run is
	// the first of a run that starts 31 outputs later.
	if a, b := flatten(shallow)[31], flatten(later)[0]; a != b {
		t.Errorf("after skipping 31 outputs the first weight is %v, want %v", b, a)
	}
}
