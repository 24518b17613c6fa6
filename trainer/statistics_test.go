package trainer

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"sparsel/trainer/kernel"
	"sparsel/trainer/rng"
)

// normRatio computes the ratio from the definition, unit by unit.
func normRatio(a []float32) float32 {
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

// statisticsOf computes the statistics from their definitions, sample by
// sample.
func statisticsOf(values []float32, units, classes int, labels []uint8) Layer {
	l := Layer{
		Units: units, Samples: int64(len(labels)), ClassSums: make([]float64, classes*units), ClassCounts: make([]int64, classes),
		Squares: make([]float64, units), Least: slices.Repeat([]float32{inf}, units), Most: make([]float32, units),
		Below: make([]int64, len(Thresholds())*units),
	}
	for i, label := range labels {
		row := values[i*units:][:units]
		l.ClassCounts[label]++
		var magnitudes []float64
		for j, v := range row {
			a := math.Abs(float64(v))
			magnitudes = append(magnitudes, a)
			l.ClassSums[int(label)*units+j] += a
			l.Squares[j] += a * a
			l.Least[j], l.Most[j] = min(l.Least[j], float32(a)), max(l.Most[j], float32(a))
			for k, threshold := range Thresholds() {
				if float32(a) < threshold {
					l.Below[k*units+j]++
				}
			}
		}
		ratio := float64(normRatio(row))
		l.RatioSum += ratio
		l.RatioSquares += ratio * ratio
		l.RatioFourths += float64(ratio*ratio) * float64(ratio*ratio)
		if !slices.ContainsFunc(magnitudes, math.IsNaN) {
			slices.Sort(magnitudes)
		}
		var total, ranks float64
		for _, a := range slices.Backward(magnitudes) {
			total += a
			ranks += total
		}
		l.RankSum += ranks / total
		l.RankSquares += float64(ranks/total) * float64(ranks/total)
	}
	return l
}

// sameStatistics compares bit for bit, all NaN being equal.
func sameStatistics(a, b Layer) error {
	equal64 := func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) || x != x && y != y }
	equal32 := func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y }
	for _, c := range []struct {
		name string
		same bool
	}{
		{"units", a.Units == b.Units}, {"samples", a.Samples == b.Samples},
		{"class sums", slices.EqualFunc(a.ClassSums, b.ClassSums, equal64)}, {"class counts", slices.Equal(a.ClassCounts, b.ClassCounts)},
		{"squares", slices.EqualFunc(a.Squares, b.Squares, equal64)},
		{"least", slices.EqualFunc(a.Least, b.Least, equal32)}, {"most", slices.EqualFunc(a.Most, b.Most, equal32)},
		{"below", slices.Equal(a.Below, b.Below)},
		{"ratios", equal64(a.RatioSum, b.RatioSum) && equal64(a.RatioSquares, b.RatioSquares) && equal64(a.RatioFourths, b.RatioFourths)},
		{"ranks", equal64(a.RankSum, b.RankSum) && equal64(a.RankSquares, b.RankSquares)},
	} {
		if !c.same {
			return fmt.Errorf("%s differ: %v and %v", c.name, a, b)
		}
	}
	return nil
}

// Every set gives the statistics of the definitions in every bit, whatever the
// width and wherever the stretches end.
func TestStatistics(t *testing.T) {
	for _, set := range kernel.Available() {
		for _, units := range []int{1, 2, 15, 16, 17, 40, 64, 100, 256, 300} {
			for _, samples := range []int{1, 16, 63, 64, 150} {
				source := rng.New(uint32(units + samples))
				values, labels := make([]float32, units*samples), make([]uint8, samples)
				source.Uniform(values, -1.2, 1.2)
				for i := range labels {
					labels[i] = uint8(source.Bounded(6))
				}
				for i := range values {
					switch source.Bounded(19) {
					case 0:
						values[i] = 0
					case 1:
						values[i] = Thresholds()[source.Bounded(7)]
					case 2:
						values[i] = math.Nextafter32(Thresholds()[source.Bounded(7)], 0)
					}
				}
				m := newMeter(set, units, 7)
				for range 2 { // the second time reusing the memory of the first
					for i, label := range labels {
						m.add(values[i*units:][:units], label)
					}
					if err := sameStatistics(m.finish(), statisticsOf(values, units, 7, labels)); err != nil {
						t.Fatalf("%s: %d samples of %d units: %v", set, samples, units, err)
					}
				}
			}
		}
	}
}

func TestStatisticsOfOddNumbers(t *testing.T) {
	tiny := float32(math.SmallestNonzeroFloat32)
	for _, set := range kernel.Available() {
		for name, row := range map[string][]float32{
			"silent": make([]float32, 20), "underflow": {3: 1e-30, 18: -1e-30, 19: 0}, "NaN": {2: nan, 3: 1, 19: 0},
			"infinity": {7: -inf, 8: 2, 19: 0}, "denormal": {4: tiny, 5: -2 * tiny, 19: 0}, "all NaN": slices.Repeat([]float32{nan}, 20),
		} {
			m := newMeter(set, len(row), 3)
			m.add(row, 2)
			m.add(slices.Repeat([]float32{0.5}, len(row)), 1)
			got := m.finish()
			want := statisticsOf(slices.Concat(row, slices.Repeat([]float32{0.5}, len(row))), len(row), 3, []uint8{2, 1})
			for j, v := range row {
				if v != v { // NaN counts as the largest
					want.Least[j], want.Most[j] = 0.5, nan
				}
			}
			if err := sameStatistics(got, want); err != nil {
				t.Errorf("%s: %s: %v", set, name, err)
			}
		}
	}
}

func TestStatisticsByHand(t *testing.T) {
	m := newMeter(kernel.Available()[0], 3, ten)
	m.add([]float32{0.5, 0, 0}, 2)
	m.add([]float32{0.25, 0.25, 0.25}, 2)
	m.add([]float32{0, -0.75, 0}, 9) // counts as 0.75
	s := m.finish()
	if got := [][]float64{s.ClassSums[2*3:][:3], s.ClassSums[9*3:][:3], s.Squares}; !slices.EqualFunc(got,
		[][]float64{{0.75, 0.25, 0.25}, {0, 0.75, 0}, {0.3125, 0.625, 0.0625}}, slices.Equal[[]float64]) {
		t.Errorf("sums of classes 2 and 9, and of squares: %v", got)
	}
	if s.ClassCounts[2] != 2 || s.ClassCounts[9] != 1 || s.Samples != 3 {
		t.Errorf("counts are %v of %d samples", s.ClassCounts, s.Samples)
	}
	if !slices.Equal(s.Least, []float32{0, 0, 0}) || !slices.Equal(s.Most, []float32{0.5, 0.75, 0.25}) {
		t.Errorf("between %v and %v", s.Least, s.Most)
	}
	// Below 0, .01, .05, .1 are the zeros; below .5 the quarters, too.
	if got := s.Below[4*3:][:3]; !slices.Equal(s.Below[:3], []int64{1, 1, 2}) || !slices.Equal(got, []int64{2, 2, 3}) {
		t.Errorf("%v are 0, %v below a half", s.Below[:3], got)
	}
	// The ratios are 1, √3 and 1; √3 is rounded to float32. The ranks are 3,
	// (1+2+3)/3 and 3.
	if want := 2 + math.Sqrt(3); math.Abs(s.RatioSum-want) > 1e-6 || math.Abs(s.RatioSquares-5) > 1e-6 || math.Abs(s.RatioFourths-11) > 1e-5 {
		t.Errorf("ratios add up to %v, squares to %v, fourths to %v", s.RatioSum, s.RatioSquares, s.RatioFourths)
	}
	if s.RankSum != 8 || s.RankSquares != 22 {
		t.Errorf("ranks add up to %v and %v, want 8 and 22", s.RankSum, s.RankSquares)
	}
}
