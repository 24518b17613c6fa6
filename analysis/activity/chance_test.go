package activity

import (
	"math"
	"math/rand/v2"
	"testing"

	"sparsel/analysis/metric"
)

type pcg struct{ *rand.Rand }

func (p pcg) Bounded(limit uint32) uint32 { return uint32(p.Uint64N(uint64(limit) + 1)) }

func sources(n int) []Source {
	var list []Source
	for i := range n {
		list = append(list, pcg{rand.New(rand.NewPCG(uint64(i), 9))})
	}
	return list
}

// The level of chance, and everything else, is the same whether a layer is given
// whole or row by row. The wider layer is added in several blocks of units, the
// last of them narrow, and in several portions of rows.
func TestChanceIsThatOfALayer(t *testing.T) {
	for _, size := range []struct{ units, samples, classes int }{
		{5, 600, 3}, {2*beside + 2, pending/(2*beside+2)*2 + 7, 3}, {beside, 5000, 200},
	} {
		r := rand.New(rand.NewPCG(7, 8))
		classes := size.classes
		values, labels, counts := make([]float32, size.units*size.samples), make([]uint8, size.samples), Classes{}
		for i := range labels {
			labels[i] = uint8(r.IntN(classes))
			counts.Count(int64(labels[i]))
		}
		for i := range values {
			values[i] = float32(math.Exp(r.NormFloat64()))
		}
		l, err := NewLayer(size.units, counts, "relu", sources(4))
		if err != nil {
			t.Fatal(err)
		}
		for i, label := range labels {
			if err := l.Add(values[i*size.units:][:size.units], int64(label)); err != nil {
				t.Fatal(err)
			}
		}
		want, err := l.Result(0.001)
		if err != nil {
			t.Fatal(err)
		}
		if got := Chance(values, size.units, labels, classes, 0.001, sources(4)); got != want.Chance {
			t.Errorf("%d units: chance %v, want %v", size.units, got, want.Chance)
		}
		whole, err := metric.FromActivations(values, size.units, labels, classes, thresholds)
		if err != nil {
			t.Fatal(err)
		}
		whole.Activation = "relu"
		if err := whole.Same(l.stats); err != nil {
			t.Errorf("%d units: %v", size.units, err)
		}
	}
}

// A unit that responds to a single sample has a CCMAS of 1 under any labels; a
// constant unit has 0.
func TestChanceOfRareActivity(t *testing.T) {
	const samples = 100
	labels := make([]uint8, samples)
	rare, constant := make([]float32, samples), make([]float32, samples)
	for i := range labels {
		labels[i], constant[i] = uint8(i%10), 0.5
	}
	rare[3] = 1
	if got := Chance(rare, 1, labels, 10, 0, sources(3)); got != 1 {
		t.Errorf("rare: %v", got)
	}
	if got := Chance(constant, 1, labels, 10, 0, sources(3)); math.Abs(got) > 1e-12 {
		t.Errorf("constant: %v", got)
	}
}

// The sums of rows have the same bits whether vectors add them or not.
func TestAddRows(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	sizes := make([]float64, together*beside)
	for i := range sizes {
		sizes[i] = math.Exp(9 * r.NormFloat64())
	}
	for n := range 2 * together {
		order := make([]int32, n)
		for i := range order {
			order[i] = r.Int32N(together)
		}
		var got, want [beside]float64
		for j := range got {
			got[j] = r.Float64()
			want[j] = got[j]
		}
		addRows(&got, sizes, order)
		for _, i := range order {
			for j := range want {
				want[j] += sizes[int(i)*beside+j]
			}
		}
		if got != want {
			t.Fatalf("%d rows: %v, want %v", n, got, want)
		}
	}
}
