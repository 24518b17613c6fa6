package metrics

import (
	"math"
	"math/rand/v2"
	"testing"

	"sparsel/artifacts/runs"
)

// decided returns a layer of two classes and sixteen equally active units.
// Either only the selective units determine the class, or only the others.
func decided(selective bool) (runs.Block, []runs.Tensor) {
	const samples, units = 400, 16
	r := rand.New(rand.NewPCG(1, 1))
	b := runs.Block{Epoch: 1, Layer: 1, Units: units}
	weight := make([]float32, 2*units)
	for u := range units {
		if (u%2 == 0) == selective {
			weight[u], weight[units+u] = -1, 1
		}
	}
	for i := range samples {
		b.Labels = append(b.Labels, uint8(i%2))
		for u := range units {
			gap := 0.06
			if u%2 == 0 {
				gap = 0.09
			}
			b.Values = append(b.Values, float32(0.3+gap*(float64(i%2)-0.5)+0.4*r.Float64()))
		}
	}
	// The threshold is in the middle, at eight units that are .5 on average.
	return b, []runs.Tensor{{Name: "output.weight", Values: weight}, {Name: "output.bias", Values: []float32{8, 0}}}
}

func TestUnitsThatDecide(t *testing.T) {
	for _, selective := range []bool{true, false} {
		b, weights := decided(selective)
		r, err := ablate(b, 2, 0, weights)
		if err != nil {
			t.Fatal(err)
		}
		if (r.selective < r.unselective) != selective || (r.matched > 0) != selective || (r.impact > 0) != selective {
			t.Errorf("selective units decide: %v, and areas are %+v", selective, r)
		}
		if low, high := min(r.selective, r.unselective), max(r.selective, r.unselective); !(r.random > low && r.random < high) {
			t.Errorf("random order: %v is not between %v and %v", r.random, low, high)
		}
	}
}

// A unit with the same activation for every sample costs nothing, because its
// mean replaces it when it is removed.
func TestConstantUnitsCostNothing(t *testing.T) {
	b, weights := decided(true)
	weights[1].Values[0] = 9 // avoids a tie
	for i := range b.Values {
		if i%b.Units != 3 {
			b.Values[i] = 0.5
		}
	}
	r, err := ablate(b, 2, 0, weights)
	if err != nil {
		t.Fatal(err)
	}
	if r.selective != 0.5 || r.unselective != 0.5 || !math.IsNaN(r.impact) {
		t.Errorf("no unit decides, and areas are %+v", r)
	}
}
