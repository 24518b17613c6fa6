package claim

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// TestWelchAgainstGonum builds Welch's interval from gonum's moments and its Student's t.
func TestWelchAgainstGonum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := 2; n <= 12; n++ {
		for m := 2; m <= 12; m += 5 {
			a, b := make([]float64, n), make([]float64, m)
			for i := range a {
				a[i] = 0.9 + 0.01*r.NormFloat64()
			}
			for i := range b {
				b[i] = 0.7 + 0.05*r.NormFloat64()
			}
			got := Contrast([]Moments{moments(a), moments(b)}, []float64{1, -1}, 0.95)
			x, y := stat.Variance(a, nil)/float64(n), stat.Variance(b, nil)/float64(m)
			df := (x + y) * (x + y) / (x*x/float64(n-1) + y*y/float64(m-1))
			effect := stat.Mean(a, nil) - stat.Mean(b, nil)
			half := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile(0.975) * math.Sqrt(x+y)
			// The quantile has ten digits; the moments are sums of a dozen terms.
			for name, pair := range map[string][2]float64{"effect": {got.Effect, effect}, "low": {got.Low, effect - half}, "high": {got.High, effect + half}} {
				if math.Abs(pair[0]-pair[1]) > 1e-9*half+1e-14 {
					t.Errorf("n = %d, %d: %s is %v, want %v", n, m, name, pair[0], pair[1])
				}
			}
			if got.N != min(n, m) {
				t.Errorf("n is %d, want %d", got.N, min(n, m))
			}
		}
	}
}

// TestWelchByHand compares with a worked example: two samples of sizes 3 and 3 with variances 1 and 4.
// se² = 5/3, df = (5/3)²/((1/3)²/2 + (4/3)²/2) = 2.9412; the quantile is integrated from the density.
func TestWelchByHand(t *testing.T) {
	got := Contrast([]Moments{{3, 10, 1}, {3, 4, 4}}, []float64{1, -1}, 0.95)
	half := studentQuantile(t, 50.0/17, 0.975) * math.Sqrt(5.0/3)
	if math.Abs(got.Effect-6) > 1e-12 || math.Abs(got.High-6-half) > 1e-6 || math.Abs(got.Low-6+half) > 1e-6 {
		t.Errorf("got %+v, want 6 ± %v", got, half)
	}
}

// studentQuantile integrates the density of Student's t by Simpson's rule and bisects.
func studentQuantile(t *testing.T, df, p float64) float64 {
	t.Helper()
	logGamma := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	scale := math.Exp(logGamma((df+1)/2)-logGamma(df/2)) / math.Sqrt(df*math.Pi)
	cdf := func(x float64) float64 {
		const steps = 2000
		h, sum := x/steps, 0.0
		for i := 0; i <= steps; i++ {
			w := 2.0
			switch {
			case i == 0 || i == steps:
				w = 1
			case i%2 == 1:
				w = 4
			}
			u := float64(i) * h
			sum += w * scale * math.Pow(1+u*u/df, -(df+1)/2)
		}
		return 0.5 + sum*h/3
	}
	low, high := 0.0, 100.0
	for range 100 {
		if mid := (low + high) / 2; cdf(mid) < p {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

func TestContrastWithoutSpreadOrRuns(t *testing.T) {
	nan := math.NaN()
	one := []float64{1, -1}
	for _, c := range []struct {
		name    string
		samples []Moments
		want    Estimate
	}{
		{"one run", []Moments{{1, 3, nan}, {3, 1, 1}}, Estimate{2, nan, nan, 1}},
		{"no run", []Moments{{0, nan, nan}, {3, 1, 1}}, Estimate{nan, nan, nan, 0}},
		{"no spread", []Moments{{3, 3, 0}, {2, 1, 0}}, Estimate{2, 2, 2, 2}},
	} {
		got := Contrast(c.samples, one, 0.95)
		same := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
		if !same(got.Effect, c.want.Effect) || !same(got.Low, c.want.Low) || !same(got.High, c.want.High) || got.N != c.want.N {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
	// Spread in one of the samples only: that sample's degrees of freedom.
	got := Contrast([]Moments{{3, 3, 0.75}, {5, 1, 0}}, one, 0.95)
	if want := 4.302652730 * 0.5; math.Abs(got.High-got.Effect-want) > 1e-9 {
		t.Errorf("half-width %v, want %v", got.High-got.Effect, want)
	}
}

// TestDeviation compares with printed quantiles of chi-squared (2 degrees of freedom: 7.3778 and 0.050636).
func TestDeviation(t *testing.T) {
	got := deviation(Moments{3, 0, 4}, 0.95)
	if got.Effect != 2 || math.Abs(got.Low-math.Sqrt(8/7.3778)) > 1e-4 || math.Abs(got.High-math.Sqrt(8/0.050636)) > 1e-4 {
		t.Errorf("got %+v", got)
	}
}
