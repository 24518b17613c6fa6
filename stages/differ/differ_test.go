package differ

import (
	"math"
	"strings"
	"testing"

	"sparsel/artifacts/runs"
)

// record returns three epochs of two layers, the last epoch diverged.
func record() []runs.Epoch {
	var list []runs.Epoch
	for n := 1; n <= 3; n++ {
		e := runs.Epoch{Epoch: n, TrainLoss: 1 / float64(n), TestLoss: 2 / float64(n), Correct: 80 + n, Samples: 100, Digest: [32]byte{byte(n)}}
		for range 2 {
			e.Layers = append(e.Layers, runs.Layer{
				Units: 2, ClassSums: []float64{1, 0, 3, 4}, ClassCounts: []int64{50, 50}, RatioSum: 120, RatioSquares: 140, Samples: 100,
			})
		}
		list = append(list, e)
	}
	list[2].TrainLoss, list[2].Layers[0].RatioSum = math.NaN(), math.NaN()
	return list
}

func TestFirst(t *testing.T) {
	if d, found := First(record(), record()); found {
		t.Errorf("equal records: %v", d)
	}
	for _, tt := range []struct {
		change func(r []runs.Epoch) []runs.Epoch
		epoch  int
		what   string
	}{
		{func(r []runs.Epoch) []runs.Epoch { r[1].Digest[31]++; r[2].Digest[0]++; return r }, 2, "weights after it are others, the losses"},
		{func(r []runs.Epoch) []runs.Epoch { r[1].Digest[31]++; r[1].TrainLoss++; return r }, 2, "training loss (0.5 and 1.5)"},
		{func(r []runs.Epoch) []runs.Epoch { r[2].TrainLoss = 1; return r }, 3, "the training loss is not"},
		{func(r []runs.Epoch) []runs.Epoch { r[0].TestLoss += 1e-15; return r }, 1, "the test pass is not"},
		{func(r []runs.Epoch) []runs.Epoch { r[2].Correct--; return r }, 3, "the test pass is not (83 of 100"},
		{func(r []runs.Epoch) []runs.Epoch {
			r[1].Layers[1].ClassSums[1] = math.Copysign(0, -1)
			return r
		}, 2, "the class sums of layer 2"},
		{func(r []runs.Epoch) []runs.Epoch { r[0].Layers[0].ClassCounts[1]++; return r }, 1, "the measured samples of layer 1"},
		{func(r []runs.Epoch) []runs.Epoch { r[2].Layers[0].RatioSum = 0; return r }, 3, "the norm ratios of layer 1"},
		{func(r []runs.Epoch) []runs.Epoch { r[1].Layers = r[1].Layers[:1]; return r }, 2, "2 and 1 hidden layers"},
		{func(r []runs.Epoch) []runs.Epoch { return r[:2] }, 3, "ends before it"},
		{func(r []runs.Epoch) []runs.Epoch { return r[1:] }, 1, "epoch 2 in its place"},
	} {
		changed := tt.change(record())
		d, found := First(record(), changed)
		if !found || d.Epoch != tt.epoch || !strings.Contains(d.What, tt.what) {
			t.Errorf("got %v (%v), want epoch %d: %s", d, found, tt.epoch, tt.what)
		}
		if _, found := First(changed, record()); !found {
			t.Errorf("%s: only seen from one side", tt.what)
		}
	}
}
