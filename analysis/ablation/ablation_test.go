package ablation

import (
	"math"
	"math/rand/v2"
	"testing"
)

type perm struct{ *rand.Rand }

func (r perm) Perm(p []int32) {
	for i, k := range r.Rand.Perm(len(p)) {
		p[i] = int32(k)
	}
}

func orders(n int) []Source {
	var list []Source
	for i := range n {
		list = append(list, perm{rand.New(rand.NewPCG(uint64(i), 3))})
	}
	return list
}

// known is a layer of two classes and eight units, of which the selective ones alone decide, or the others.
func known(selectiveDecide bool) Layer {
	const samples, units = 400, 8
	r := rand.New(rand.NewPCG(1, 1))
	l := Layer{Units: units, Bias: make([]float32, 2), Weights: make([]float32, 2*units), Selectivity: make([]float64, units)}
	for j := range units {
		if l.Selectivity[j] = 0.1 + 0.01*float64(j); j%2 == 0 {
			l.Selectivity[j] += 0.5
		}
		if (j%2 == 0) == selectiveDecide {
			l.Weights[j], l.Weights[units+j] = -1, 1
		}
	}
	for i := range samples {
		l.Labels = append(l.Labels, uint8(i%2))
		for range units {
			l.Values = append(l.Values, float32(i%2)+0.8*r.Float32())
		}
	}
	l.Bias[0] = 5.6 // a threshold in the middle: four units between 0.4 and 1.4 on average
	return l
}

func TestUnitsThatDecide(t *testing.T) {
	for _, selective := range []bool{true, false} {
		r, err := Remove(known(selective), orders(7))
		if err != nil {
			t.Fatal(err)
		}
		if (r.Selective < r.Unselective) != selective || (r.Matched > 0) != selective {
			t.Errorf("selective units decide: %v, and areas are %+v", selective, r)
		}
		if low, high := min(r.Selective, r.Unselective), max(r.Selective, r.Unselective); !(r.Random > low && r.Random < high) {
			t.Errorf("random order: %v is not between %v and %v", r.Random, low, high)
		}
	}
}

// Areas are those of a network that is computed anew for each set of units.
func TestAreaAnew(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	const samples, units, classes = 60, 6, 3
	l := Layer{Units: units, Bias: []float32{0.1, -0.2, 0}, Selectivity: []float64{0.3, 0.1, math.NaN(), 0.5, 0.5, 0.2}}
	for i := range samples * units {
		l.Values = append(l.Values, r.Float32())
		if i%units == 0 {
			l.Labels = append(l.Labels, uint8(r.IntN(classes)))
		}
	}
	for range classes * units {
		l.Weights = append(l.Weights, float32(r.NormFloat64()))
	}
	order := []int{3, 4, 0, 5, 1, 2} // by selectivity, of equal ones the later unit first as in the reversed order
	order[0], order[1] = 4, 3
	accuracy := func(out int) float64 {
		right := 0
		for i := range samples {
			best, most := 0, math.Inf(-1)
			for c := range classes {
				sum := float64(l.Bias[c])
				for j := range units {
					a := float64(l.Values[i*units+j])
					for _, gone := range order[:out] {
						if gone == j {
							a = 0
							for k := range samples {
								a += float64(l.Values[k*units+j]) / samples
							}
						}
					}
					sum += a * float64(l.Weights[c*units+j])
				}
				if sum > most {
					best, most = c, sum
				}
			}
			if best == int(l.Labels[i]) {
				right++
			}
		}
		return float64(right) / samples
	}
	want := 0.0
	for k := range units {
		want += (accuracy(k) + accuracy(k+1)) / 2 / units
	}
	got, err := Remove(l, orders(1))
	if err != nil || math.Abs(got.Selective-want) > 1e-12 {
		t.Errorf("area %v, want %v; %v", got.Selective, want, err)
	}
}

func TestSpearman(t *testing.T) {
	// The ranks are 1, 2, 3, 4, 5.5, 5.5 and 2, 1, 4, 3, 6, 5: sums of products about 3.5 of 15, 17 and 17.5.
	got := spearman([]float64{1, 2, 3, 4, 5, 5}, []float64{2, 1, 4, 3, 7, 5})
	if want := 15 / math.Sqrt(17*17.5); math.Abs(got-want) > 1e-15 {
		t.Errorf("%v, want %v", got, want)
	}
	if v := spearman([]float64{1, 1}, []float64{1, 2}); v == v {
		t.Errorf("equal values have the correlation %v", v)
	}
}

func TestRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Layer){
		"no units": func(l *Layer) { l.Units = 0 }, "weights": func(l *Layer) { l.Weights = l.Weights[1:] },
		"activations": func(l *Layer) { l.Values = l.Values[1:] }, "selectivity": func(l *Layer) { l.Selectivity = nil },
	} {
		l := known(true)
		spoil(&l)
		if _, err := Remove(l, orders(1)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := Remove(known(true), nil); err == nil {
		t.Error("without random orders: taken")
	}
}
