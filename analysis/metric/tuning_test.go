package metric

import (
	"math"
	"math/rand/v2"
	"testing"
)

// naive computes the tuning of a unit from the definitions, over all pairs and
// all thresholds.
func naive(a []float64, labels []uint8, classes int) (roc, informedness float64) {
	sums, counts := make([]float64, classes), make([]float64, classes)
	for i, l := range labels {
		sums[l] += a[i]
		counts[l]++
	}
	best := 0
	for c := range sums {
		if sums[c]/counts[c] > sums[best]/counts[best] {
			best = c
		}
	}
	var pairs float64
	for i, x := range a {
		for k, y := range a {
			if int(labels[i]) == best && int(labels[k]) != best {
				pairs++
				switch {
				case x > y:
					roc++
				case x == y:
					roc += 0.5
				}
			}
		}
	}
	for _, threshold := range a {
		for c := range sums {
			var hit, other float64
			for i, x := range a {
				if x < threshold {
					continue
				}
				if int(labels[i]) == c {
					hit++
				} else {
					other++
				}
			}
			informedness = math.Max(informedness, hit/counts[c]-other/(float64(len(a))-counts[c]))
		}
	}
	return roc / pairs, informedness
}

func TestTuningIsThatOfTheDefinitions(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const units, samples, classes = 6, 240, 4
	labels := make([]uint8, samples)
	for i := range labels {
		labels[i] = uint8(r.IntN(classes))
	}
	values := make([]float32, units*samples)
	for i := range values {
		v := float32(r.NormFloat64()) * 0.5
		if labels[i/units] == uint8(i%units) { // units 0 to 3 prefer one class each, 4 and 5 none
			v += 1
		}
		if i%units == 5 || i%2 == 0 {
			v = float32(math.Round(float64(v)*4)) / 4 // with ties
		}
		values[i] = v
	}
	for j, got := range Tunings(values, units, labels, classes) {
		a := make([]float64, samples)
		for i := range a {
			a[i] = math.Abs(float64(values[i*units+j]))
		}
		roc, informedness := naive(a, labels, classes)
		if math.Abs(got.ROC-roc) > 1e-12 || math.Abs(got.Informedness-informedness) > 1e-12 {
			t.Errorf("unit %d: ROC %v and informedness %v, want %v and %v", j, got.ROC, got.Informedness, roc, informedness)
		}
	}
}

func TestTuningOfUnitsThatAreKnown(t *testing.T) {
	const samples, classes = 2000, 10
	labels := make([]uint8, samples)
	values := make([]float32, samples*4)
	r := rand.New(rand.NewPCG(3, 4))
	for i := range labels {
		labels[i] = uint8(i % classes)
		if labels[i] == 7 {
			values[i*4] = 1 // responds to only one class
		}
		values[i*4+1] = 0.5                     // always the same
		values[i*4+2] = r.Float32()             // tells nothing
		values[i*4+3] = -float32(labels[i]) - 1 // tells everything
	}
	u := Tunings(values, 4, labels, classes)
	entropy := 0.1*math.Log2(10) + 0.9*math.Log2(1/0.9)
	for j, want := range []Tuning{
		{1, 1, entropy - 9/(2*samples*math.Ln2), 1},
		{0.5, 0.1, 0, 0},
		{0.5, 0.1, 0, 0},
		{1, 1, math.Log2(10) - 81/(2*samples*math.Ln2), 1},
	} {
		got := u[j]
		tolerance := 1e-9
		if j == 2 {
			tolerance = 0.1 // four standard errors of a share of 100
			if got.Information > 0.03 || got.Information < -0.03 {
				t.Errorf("a unit that knows nothing has %v bits", got.Information)
			}
			got.Information = 0
		}
		for k, pair := range [][2]float64{{got.ROC, want.ROC}, {got.Precision, want.Precision}, {got.Information, want.Information},
			{got.Informedness, want.Informedness}} {
			if math.Abs(pair[0]-pair[1]) > tolerance {
				t.Errorf("unit %d, number %d: %v, want %v", j, k, pair[0], pair[1])
			}
		}
	}
	values[5] = float32(math.NaN())
	if u := Tunings(values, 4, labels, classes); u[1].ROC == u[1].ROC || u[0].ROC != 1 {
		t.Errorf("with a NaN: %+v", u)
	}
}

func TestLog2(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 1000 {
		x := math.Exp(20*r.Float64() - 10)
		if got, want := log2(x), math.Log2(x); math.Abs(got-want) > 1e-11 {
			t.Fatalf("log2(%v) = %v, want %v", x, got, want)
		}
	}
}
