package trainer

import (
	"math"
	"testing"

	"sparsel/trainer/rng"
)

// normRatioReference is the definition, unit by unit.
func normRatioReference(a []float32) float32 {
	l1, l2 := make([]float32, 16), make([]float32, 16)
	for j, v := range a {
		l1[j%16] += float32(math.Abs(float64(v)))
		l2[j%16] += float32(v * v)
	}
	for len(l1) > 1 {
		half := len(l1) / 2
		for i := range half {
			l1[i] += l1[half+i]
			l2[i] += l2[half+i]
		}
		l1, l2 = l1[:half], l2[:half]
	}
	return l1[0] / float32(math.Sqrt(float64(l2[0])))
}

func TestNormRatio(t *testing.T) {
	source := rng.New(2)
	for n := 1; n <= 70; n++ {
		a := make([]float32, n)
		source.Uniform(a, -1, 1)
		got, want := normRatio(a), normRatioReference(a)
		if got != want {
			t.Errorf("%d units: got %v, want %v", n, got, want)
		}
		// Between 1 (one unit active) and √n (all equal).
		if got < 0.999999 || float64(got) > math.Sqrt(float64(n))*1.000001 {
			t.Errorf("%d units: %v is no ratio of norms", n, got)
		}
	}
}

func TestNormRatioUnderflow(t *testing.T) {
	if got := normRatio(make([]float32, 20)); got == got {
		t.Errorf("no activation: got %v, want NaN", got)
	}
	a := make([]float32, 20)
	a[3], a[18] = 1e-30, 1e-30
	if got := normRatio(a); got != inf {
		t.Errorf("squares underflow: got %v, want +Inf", got)
	}
	a[4] = nan
	if got := normRatio(a); got == got {
		t.Errorf("NaN: got %v, want NaN", got)
	}
}

func TestLayerStatistics(t *testing.T) {
	s := newLayerStatistics(3, ten)
	s.add([]float32{0.5, 0, 0}, 2)
	s.add([]float32{0.25, 0.25, 0.25}, 2)
	s.add([]float32{0, -0.75, 0}, 9) // counts like 0.75
	for j, want := range []float64{0.75, 0.25, 0.25} {
		if got := s.ClassSums[2*3+j]; got != want {
			t.Errorf("class 2, unit %d: got %v, want %v", j, got, want)
		}
	}
	for j, want := range []float64{0, 0.75, 0} {
		if got := s.ClassSums[9*3+j]; got != want {
			t.Errorf("class 9, unit %d: got %v, want %v", j, got, want)
		}
	}
	if s.ClassCounts[2] != 2 || s.ClassCounts[9] != 1 || s.Samples != 3 {
		t.Errorf("counts are %v of %d samples", s.ClassCounts, s.Samples)
	}
	// Ratios 1, √3 and 1; √3 is rounded to float32.
	if want := 2 + math.Sqrt(3); math.Abs(s.RatioSum-want) > 1e-6 {
		t.Errorf("ratios add up to %v, want %v", s.RatioSum, want)
	}
	if math.Abs(s.RatioSquares-5) > 1e-6 {
		t.Errorf("squares of ratios add up to %v, want 5", s.RatioSquares)
	}
}
