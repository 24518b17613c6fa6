package claim

import (
	"fmt"
	"math"
	"testing"
)

// judged returns the verdict on a predicate for the data.
func judged(t *testing.T, d *Data, p Predicate) Result {
	t.Helper()
	r, err := Decide(Claim{ID: "T", Check: p}, d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The effects of a model of three factors are found as they were put in.
func TestEffectsArePlanted(t *testing.T) {
	d := NewData()
	var conditions []string
	level := func(i, f int) float64 { return 2*float64(i>>f&1) - 1 }
	for i := range 8 {
		conditions = append(conditions, fmt.Sprintf("c%d", i))
		d.Pair("e", conditions[i], "A", "start")
		for run := range 5 {
			// The model has main effects of 0.2 and −0.1, an interaction of
			// 0.06, and a level for each run, which pairing removes.
			v := 1 + float64(run) + 0.1*level(i, 0) - 0.05*level(i, 2) + 0.03*level(i, 0)*level(i, 1) + 1e-3*math.Sin(float64(7*run+3*i))
			if err := d.Add(Curve{"e", conditions[i], "A", AllLayers, "m"}, fmt.Sprintf("run %d", run), 1, v, true); err != nil {
				t.Fatal(err)
			}
		}
	}
	c := In("e", conditions...).By("A").Of("m")
	for _, want := range []struct {
		of     []int
		effect float64
	}{{[]int{0}, 0.2}, {[]int{1}, 0}, {[]int{2}, -0.1}, {[]int{0, 1}, 0.06}, {[]int{1, 2}, 0}, {[]int{0, 1, 2}, 0}} {
		r := judged(t, d, Effect(c, []string{"a", "b", "c"}, want.of, Positive))
		if r.Effect == nil || math.Abs(*r.Effect-want.effect) > 2e-3 {
			t.Errorf("effect of %v is %v, want %v", want.of, r.Effect, want.effect)
		}
	}
	if r := judged(t, d, Effect(c.When(conditions[:4]...), []string{"a", "b", "c"}, []int{0}, Positive)); len(r.Missing) == 0 {
		t.Errorf("a half of the design decides: %+v", r)
	}
}

// sweeps returns two sweeps. The values of the line lie on a straight line over
// the logarithm, and those of the other differ from it by off.
func sweeps(t *testing.T, off func(x float64) float64) *Data {
	t.Helper()
	d := NewData()
	add := func(prefix string, x, v float64) {
		condition := prefix + exact(x)
		d.Pair("e", condition, "A", "start")
		for run := range 6 {
			noise := 1e-3 * math.Sin(float64(5*run)+x)
			if err := d.Add(Curve{"e", condition, "A", AllLayers, "m"}, fmt.Sprintf("run %d", run), 1, v+noise+0.1*float64(run), true); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, x := range []float64{0.01, 0.1, 1, 10} {
		add("line=", x, 0.2*math.Log10(x))
	}
	for _, x := range []float64{0.001, 0.02, 0.1, 5, 10, 50} {
		add("other=", x, 0.2*math.Log10(x)+off(x))
	}
	return d
}

func TestDistanceFromACurve(t *testing.T) {
	line, other := Sweep("e", "line="), Sweep("e", "other=").By("A").Of("m")
	none := func(float64) float64 { return 0 }
	late := func(x float64) float64 {
		if x > 1 {
			return 0.1
		}
		return 0
	}
	for name, c := range map[string]struct {
		off       func(float64) float64
		predicate Predicate
		want      Verdict
	}{
		"on it":             {none, OnCurve(other, line, Within(0.05)), Supported},
		"parts":             {late, OnCurve(other, line, Within(0.05)), Contradicted},
		"before it parts":   {late, OnCurve(other.Between(0, 1), line, Within(0.05)), Supported},
		"is off":            {late, OffCurve(other, line, 0.05), Supported},
		"is off nowhere":    {none, OffCurve(other, line, 0.05), Contradicted},
		"is below the line": {func(x float64) float64 { return -late(x) }, OffCurve(other, line, 0.05), Supported},
	} {
		r := judged(t, sweeps(t, c.off), c.predicate)
		if r.Verdict != c.want.String() {
			t.Errorf("%s: %s, want %s: %q", name, r.Verdict, c.want, r.Detail)
		}
	}
	// Only 0.02, 0.1 and 5 lie between two points of the line; 10 is its end.
	if r := judged(t, sweeps(t, none), OnCurve(other, line, Within(0.05))); len(r.Detail) != 3 {
		t.Errorf("parts: %q", r.Detail)
	}
	if r := judged(t, sweeps(t, none), OnCurve(other.Between(40, 60), line, Within(0.05))); len(r.Missing) == 0 {
		t.Errorf("beyond the line: %+v", r)
	}
}

// One condition of a sweep is enough, and the choice among many is corrected
// for.
func TestExists(t *testing.T) {
	p := planted{mean: across(0, 0, 0.5, 0), spread: 0.01, epochs: 1, runs: 3}
	above := func(bound float64) Predicate {
		return Exists(Sweep("e", "x=").By("A").Of("m"), func(condition string) Predicate {
			return Value(In("e", condition).By("A").Of("m"), Above(bound))
		})
	}
	if r := judged(t, p.data(t), above(0.4)); r.Verdict != Supported.String() {
		t.Errorf("%+v", r)
	}
	if r := judged(t, p.data(t), above(0.6)); r.Verdict != Contradicted.String() {
		t.Errorf("%+v", r)
	}
	one := judged(t, p.data(t), Value(In("e", "x=3").By("A").Of("m"), Above(0.4)))
	if some := judged(t, p.data(t), above(0.4)); *some.P < 3.9**one.P {
		t.Errorf("p is %v for one and %v for one of four", *one.P, *some.P)
	}
}
