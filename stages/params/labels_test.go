package params

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func TestLabels(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   string
	}{
		{[]float64{0.9, 0.99, 0.999, 0.9999, 0.99999}, "0.9 0.99 0.999 0.9999 0.99999"},
		{[]float64{1e-5, 3.72759372031e-05, 0.000138949549437, 0.00063095734448, 1000}, "1e-05 3.728e-05 0.0001389 0.000631 1000"},
		{[]float64{1, 5, 60000, 1000000}, "1 5 60000 1e+06"},
		{[]float64{0.123456789123, 0.123456789124}, "0.123456789123 0.123456789124"},
		{[]float64{0.12345678912, 0.12349678912}, "0.12346 0.1235"},
		{[]float64{0.99999999999, 0.5}, "0.99999999999 0.5"},
		{[]float64{1.50000001234, 3.00000100456}, "1.50000001 3.000001"},
		{[]float64{math.Copysign(0, -1), 0}, "0 0"},
		{[]float64{1.5e308, math.MaxFloat64, math.SmallestNonzeroFloat64}, "1.5e+308 1.7976931348623157e+308 5e-324"},
		{nil, ""},
	} {
		if got := strings.Join(Labels(c.values), " "); got != c.want {
			t.Errorf("%v: %s, want %s", c.values, got, c.want)
		}
	}
}

// For any numbers, different ones have different labels, equal ones have equal
// labels, and each label is near its number.
func TestLabelsTellApart(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		values := make([]float64, 2+rng.IntN(6))
		base := math.Float64frombits(rng.Uint64())
		for i := range values {
			switch rng.IntN(4) {
			case 0:
				values[i] = math.Nextafter(base, math.Inf(1))
			case 1:
				values[i] = base * (1 + rng.NormFloat64()*math.Pow10(-rng.IntN(17)))
			case 2:
				values[i] = math.Round(rng.NormFloat64()*1000) / 1000
			default:
				values[i] = base
			}
		}
		labels := Labels(values)
		for i, a := range values {
			back, err := strconv.ParseFloat(labels[i], 64)
			if math.IsNaN(a) || math.IsInf(a, 0) {
				continue
			}
			if err != nil && !math.IsInf(back, 0) || math.Abs(back-a) > 0.0006*math.Abs(a) {
				t.Fatalf("%v is called %s (%v)", a, labels[i], err)
			}
			for k, b := range values {
				if (a == b) != (labels[i] == labels[k]) && !math.IsNaN(b) {
					t.Fatalf("%v and %v are called %s and %s", a, b, labels[i], labels[k])
				}
			}
		}
	}
}
