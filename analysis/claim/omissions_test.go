package claim

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// fill adds a metric's values of condition x, a slice of epochs for each run.
func fill(t *testing.T, d *Data, x int, metric string, runs ...[]float64) {
	t.Helper()
	for i, values := range runs {
		for e, v := range values {
			if err := d.Add(Curve{"e", fmt.Sprintf("x=%d", x), "A", AllLayers, metric}, fmt.Sprintf("seed %02d", i), e+1, v, true); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A metric that is a difference by itself is judged like the difference of two
// metrics: a gain within the margin is equivalent to none.
func TestDifferenceByItself(t *testing.T) {
	d := NewData("m")
	d.Differences("gain")
	var after, before, gain [][]float64
	for run := range 12 {
		v := 0.5 + 0.01*float64(run)
		g := 1e-4 * float64(run%3-1)
		after, before, gain = append(after, []float64{v + g}), append(before, []float64{v}), append(gain, []float64{g})
	}
	fill(t, d, 1, "m", after...)
	fill(t, d, 2, "m", before...)
	fill(t, d, 1, "gain", gain...)
	d.Pair("e", "x=1", "A", "start")
	d.Pair("e", "x=2", "A", "start")
	j := &judge{d, map[string]float64{"m": 0.02, "gain": 0.02}}
	of := func(p Predicate) Part {
		t.Helper()
		part, err := p.decide(j)
		if err != nil {
			t.Fatal(err)
		}
		return part
	}
	x1 := In("e", "x=1").By("A")
	single, contrast := of(Value(x1.Of("gain"), Positive)), of(Higher(x1.Of("m"), In("e", "x=2")))
	if single.Verdict != Equivalent || contrast.Verdict != Equivalent {
		t.Errorf("a gain of about 0: %v; the same as a difference: %v", single, contrast)
	}
	if single.Equal != contrast.Equal || single.DZ != contrast.DZ || single.Flip != contrast.Flip {
		t.Errorf("by itself %+v, as a difference %+v", single, contrast)
	}
	if v := of(Value(x1.Of("m"), Above(0.1))); !math.IsNaN(v.Flip) || v.Exact != v.P || !math.IsNaN(v.DZ) {
		t.Errorf("a single reading has sign flips: %+v", v)
	}
}

// A correlation leaves out runs that do not pass the filter, runs with a metric
// that is constant but for rounding, and runs that ended before the others.
func TestCorrelationLeavesOut(t *testing.T) {
	d := NewData()
	rising, falling := []float64{0.1, 0.2, 0.4, 0.5, 0.7}, []float64{0.7, 0.6, 0.4, 0.3, 0.1}
	constant := []float64{0.3, 0.3, 0.3, 0.3, math.Nextafter(0.3, 1)}
	fill(t, d, 1, "m", rising, rising, constant, rising, rising[:2], rising)
	fill(t, d, 1, "n", rising, rising, rising, falling, rising[:2], rising)
	fill(t, d, 1, "k", []float64{0, 0, 0, 0, 1}, []float64{0, 0, 0, 0, 1}, []float64{0, 0, 0, 0, 1}, []float64{0, 0, 0, 0, 0}, []float64{0, 1},
		[]float64{0, 0, 0, 0, 1})
	p, err := Correlate(In("e", "x=1").By("A").Of("m").Only("k", Above(0.5)), "n", Positive).decide(&judge{d, nil})
	if err != nil {
		t.Fatal(err)
	}
	if p.N != 3 || p.Effect != 1 && p.Effect < 0.999 {
		t.Errorf("n = %d, correlation %v, want 3 runs with about 1", p.N, p.Effect)
	}
	notes := strings.Join(p.Notes, "; ")
	for _, want := range []string{"seed 02 (not finite, or constant)", "seed 04 (missing)", "without 1 of 6 runs of x=1, A with k not above 0.5"} {
		if !strings.Contains(notes, want) {
			t.Errorf("the notes lack %q: %s", want, notes)
		}
	}
}

// Kendall's tau says which runs and conditions it leaves out, and its interval
// ends at 1.
func TestConcordanceLeavesOut(t *testing.T) {
	d := NewData()
	for x := 1; x <= 7; x++ {
		var m, n, k [][]float64
		for run := range 6 {
			v, learnt := 0.1*float64(x)+0.001*float64(run), 1.0
			if x <= 2 || run == 0 && x <= 4 {
				learnt = 0
			}
			m, n, k = append(m, []float64{v}), append(n, []float64{v}), append(k, []float64{learnt})
		}
		if x == 7 {
			m[5][0] = math.Inf(1)
		}
		fill(t, d, x, "m", m...)
		fill(t, d, x, "n", n...)
		fill(t, d, x, "k", k...)
	}
	p, err := Concordance(Sweep("e", "x=").By("A").Of("m").Only("k", Above(0.5)), "n", Last, Positive).decide(&judge{d, nil})
	if err != nil {
		t.Fatal(err)
	}
	if p.N != 6 || p.Effect != 1 || p.High != 1 || !(p.Low > -1 && p.Low < 1) || !math.IsNaN(p.Flip) {
		t.Errorf("%v, want tau of 6 runs = 1 with an interval that ends there", p)
	}
	notes := strings.Join(p.Notes, "; ")
	for _, want := range []string{
		"without 6 of 6 runs of x=1, A with k not above 0.5", "without 1 of 6 runs of x=3, A with k not above 0.5",
		"without x=7, A, seed 05 (not finite)", "each over 3 to 5 of 7 conditions",
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("the notes lack %q: %s", want, notes)
		}
	}
}

// A prediction says how many trainings it leaves out.
func TestPredictionLeavesOut(t *testing.T) {
	d := NewData()
	for x := 1; x <= 6; x++ {
		for run := range 4 {
			for metric, v := range map[string]float64{"m": 0.1*float64(x) + 0.01*float64(run), "n": 0.2*float64(x) + 0.013*float64(run*x%3), "k": float64(x % 3)} {
				for _, experiment := range []string{"e", "f", "g"} {
					q := Curve{experiment, fmt.Sprintf("x=%d", x), "A", AllLayers, metric}
					if err := d.Add(q, fmt.Sprintf("seed %d", run), 1, v+0.001*float64(experiment[0]), true); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	of := func(experiment string) Curves { return Sweep(experiment, "x=").By("A").Only("k", Above(0.5)) }
	p, err := Prediction("m", []string{"n"}, Above(0), of("e"), of("f"), of("g")).decide(&judge{d, nil})
	if err != nil {
		t.Fatal(err)
	}
	// Two of six conditions fail in three experiments, four runs each.
	if notes := strings.Join(p.Notes, "; "); !strings.Contains(notes, "without 24 trainings with k not above 0.5") {
		t.Errorf("notes %s", notes)
	}
}
