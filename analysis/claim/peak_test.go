package claim

import (
	"fmt"
	"math"
	"testing"
)

// TestCounts checks predicates about shares of runs on eight runs whose values
// differ.
func TestCounts(t *testing.T) {
	at := func(top int) func(x int) float64 { // a line that is highest at x = top
		return func(x int) float64 { return 0.5 - 0.1*math.Abs(float64(x-top)) }
	}
	line := Sweep("e", "x=").By("A").Of("m")
	x1 := In("e", "x=1").By("A").Of("m")
	for _, c := range []struct {
		name   string
		check  Predicate
		tops   [8]int // of m, run by run
		others [8]int // of n
		share  float64
		want   Verdict
	}{
		{"beyond, in all", PeaksBeyond(line, "n", math.Inf(1)), [8]int{3, 3, 3, 3, 3, 3, 3, 4}, [8]int{2, 2, 2, 2, 2, 2, 2, 3}, 1, Supported},
		{"beyond, in six", PeaksBeyond(line, "n", math.Inf(1)), [8]int{3, 3, 3, 3, 3, 3, 2, 2}, [8]int{2, 2, 2, 2, 2, 2, 2, 2}, 0.75, Undecided},
		{"beyond, in none", PeaksBeyond(line, "n", math.Inf(1)), [8]int{2, 2, 2, 2, 2, 2, 1, 1}, [8]int{2, 2, 2, 2, 2, 2, 2, 2}, 0, Contradicted},
		{"slightly beyond", PeaksBeyond(line, "n", 1.5), [8]int{3, 3, 3, 3, 3, 3, 3, 3}, [8]int{2, 2, 2, 2, 2, 2, 2, 2}, 1, Supported},
		{"more than slightly beyond", PeaksBeyond(line, "n", 1.5), [8]int{4, 4, 4, 4, 4, 4, 4, 4}, [8]int{2, 2, 2, 2, 2, 2, 2, 2}, 0,
			Contradicted},
		{"before", PeaksBefore(line, "n"), [8]int{1, 1, 1, 1, 1, 1, 1, 1}, [8]int{2, 2, 2, 2, 2, 2, 2, 2}, 1, Supported},
		{"before, together", PeaksBefore(line, "n"), [8]int{2, 2, 2, 2, 2, 2, 2, 2}, [8]int{2, 2, 2, 2, 2, 2, 2, 2}, 0, Contradicted},
		{"before, now and then", PeaksBefore(line, "n"), [8]int{1, 3, 1, 3, 1, 3, 1, 3}, [8]int{2, 2, 2, 2, 2, 2, 2, 2}, 0.5, Undecided},
		{"within", PeaksWithin(line, 2, 3), [8]int{2, 3, 2, 3, 2, 3, 2, 3}, [8]int{}, 1, Supported},
		{"within, of what is kept", PeaksWithin(line.Only("n", Above(0.3)), 1, 2), [8]int{4, 4, 4, 4, 4, 4, 4, 4},
			[8]int{1, 1, 1, 1, 1, 1, 1, 1}, 1, Supported},
		{"share", Share(x1, Above(0.35), Above(0.5)), [8]int{1, 1, 1, 1, 1, 1, 1, 2}, [8]int{}, 1, Supported},
		{"share, half", Share(x1, Above(0.35), Above(0.5)), [8]int{1, 1, 2, 1, 4, 4, 4, 4}, [8]int{}, 0.5, Undecided},
	} {
		d := NewData("m", "n")
		for run := range 8 {
			for x := 1; x <= 4; x++ {
				for metric, top := range map[string]int{"m": c.tops[run], "n": c.others[run]} {
					if err := d.Add(Curve{"e", fmt.Sprintf("x=%d", x), "A", AllLayers, metric}, fmt.Sprint(run), 1, at(top)(x), true); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		p, err := decideWith(c.check, d)
		if err != nil {
			t.Fatal(err)
		}
		if p.Verdict != c.want || p.Effect != c.share || p.N != 8 {
			t.Errorf("%s: %v, want %v of a share of %v", c.name, p, c.want, c.share)
		}
	}
}

// TestPeakOfWhatIsThere checks that values that are not finite are left out of
// a line, and runs with fewer than two finite values out of the count.
func TestPeakOfWhatIsThere(t *testing.T) {
	d := NewData("m")
	for run, values := range [][]float64{{0.1, 0.3, math.NaN()}, {0.2, math.Inf(1), 0.1}, {math.NaN(), math.NaN(), 0.5}} {
		for x, v := range values {
			if err := d.Add(Curve{"e", fmt.Sprintf("x=%d", x+1), "A", AllLayers, "m"}, fmt.Sprintf("seed %d", run), 1, v, true); err != nil {
				t.Fatal(err)
			}
		}
	}
	p, err := decideWith(PeaksWithin(Sweep("e", "x=").By("A").Of("m"), 1, 1), d)
	if err != nil {
		t.Fatal(err)
	}
	want := "[without x=1, A, seed 2 (not finite) without x=2, A, seeds 1, 2 (not finite) without x=3, A, seed 0 (not finite) " +
		"without seed 2 (fewer than two values) 1 of 2]"
	if p.N != 2 || p.Effect != 0.5 || fmt.Sprint(p.Notes) != want {
		t.Errorf("got %v", p)
	}
}

// TestPeakAtSeveralPlaces checks that a run whose highest values are equal
// counts only if it does not matter which of them is taken.
func TestPeakAtSeveralPlaces(t *testing.T) {
	d := NewData("m")
	for run, values := range [][]float64{{0.1, 0.3, 0.3, 0.1}, {0.3, 0.3, 0.1, 0.1}, {0.1, 0.1, 0.3, 0.3}} {
		for x, v := range values {
			if err := d.Add(Curve{"e", fmt.Sprintf("x=%d", x+1), "A", AllLayers, "m"}, fmt.Sprint(run), 1, v, true); err != nil {
				t.Fatal(err)
			}
		}
	}
	p, err := decideWith(PeaksWithin(Sweep("e", "x=").By("A").Of("m"), 1, 2), d)
	if err != nil {
		t.Fatal(err)
	}
	if p.N != 2 || p.Effect != 0.5 || fmt.Sprint(p.Notes) != "[without 1 runs whose highest values are at several places 1 of 2]" {
		t.Errorf("got %v", p)
	}
}

// TestPeakWhereFewRunsHaveValues checks that the height of a run is compared at
// places where it has values, though other runs have higher ones elsewhere.
func TestPeakWhereFewRunsHaveValues(t *testing.T) {
	d := NewData("m", "n")
	for run := range 8 {
		for x, v := range []float64{0.1, 0.5 + 0.01*float64(run), 0.9} {
			if x == 2 && run > 0 {
				v = math.NaN() // only the first run has a value there
			}
			for metric, v := range map[string]float64{"m": v, "n": 0.5 - 0.1*float64(x)} {
				if err := d.Add(Curve{"e", fmt.Sprintf("x=%d", x+1), "A", AllLayers, metric}, fmt.Sprint(run), 1, v, true); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	p, err := decideWith(PeaksBeyond(Sweep("e", "x=").By("A").Of("m"), "n", math.Inf(1)), d)
	if err != nil {
		t.Fatal(err)
	}
	if p.Verdict != Supported || p.N != 8 {
		t.Errorf("got %v", p)
	}
}

// TestPrediction uses experiments whose conditions lie on one common line or on
// separate lines. A fifth experiment that copies the first changes nothing.
func TestPrediction(t *testing.T) {
	var selections []Curves
	for e := range 5 {
		selections = append(selections, Sweep(fmt.Sprintf("e%d", e), "x=").By("A"))
	}
	study := func(y func(e, x, run int) float64) *Data {
		d := NewData()
		for e := range 5 {
			for x := range 5 {
				for run := range 3 {
					of := e % 4
					v := y(of, x, run) + 0.01*math.Sin(float64(37*of+11*x+5*run))
					for metric, v := range map[string]float64{"n": float64(x + of), "m": v} {
						if err := d.Add(Curve{fmt.Sprintf("e%d", e), fmt.Sprintf("x=%d", x), "A", AllLayers, metric}, fmt.Sprint(run), 1,
							v, true); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
		}
		return d
	}
	for name, c := range map[string]struct {
		y     func(e, x, run int) float64
		low   float64
		high  float64
		claim Range
		want  Verdict
	}{
		"one line": {func(e, x, run int) float64 { return 2 + 3*float64(x+e) }, 0.9999, 1, Above(0.5), Supported},
		"opposite lines": {func(e, x, run int) float64 { return float64(1-2*(e%2))*float64(x+e) + 0.1*float64(run) }, -2, 0, Below(0.5),
			Supported},
	} {
		p, err := decideWith(Prediction("m", []string{"n"}, c.claim, selections...), study(c.y))
		if err != nil {
			t.Fatal(err)
		}
		without, err := decideWith(Prediction("m", []string{"n"}, c.claim, selections[:4]...), study(c.y))
		if err != nil || without.Effect != p.Effect {
			t.Errorf("%s: R² is %v with a copy, and %v without: %v", name, p.Effect, without.Effect, err)
		}
		if !(p.Effect >= c.low && p.Effect <= c.high) || p.Verdict != c.want || p.N != 3 {
			t.Errorf("%s: %v, want %v within [%v, %v]", name, p, c.want, c.low, c.high)
		}
	}
}
