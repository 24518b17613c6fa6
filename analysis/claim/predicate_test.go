package claim

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

// planted is a study whose every value is chosen: each curve has a mean at each
// epoch, and three runs at that mean and at a spread below and above it, so
// that the mean and the standard deviation are exact.
type planted struct {
	mean   func(q Curve, epoch int) float64
	spread float64
	epochs int
	runs   int
	paired bool    // runs with the same name are compared with each other
	drift  float64 // by which an epoch, a layer and the condition x=1 move the runs apart, so that their changes are not equal
}

// points are the conditions of the planted study.
var points = []string{"x=1", "x=2", "x=3", "x=4"}

func (p planted) data(t *testing.T) *Data {
	t.Helper()
	d := NewData()
	for _, condition := range points {
		for _, optimizer := range []string{"A", "B"} {
			if p.paired {
				d.Pair("e", condition, optimizer, "start")
			}
			for _, layer := range []string{AllLayers, "1", "2"} {
				for _, metric := range []string{"m", "n"} {
					q := Curve{"e", condition, optimizer, layer, metric}
					for run := range p.runs {
						for epoch := 1; epoch <= p.epochs; epoch++ {
							v := p.mean(q, epoch) + (p.spread+p.drift*float64(epoch+2*strings.Index("12", q.Layer)+epoch*strings.Index("x=1", condition)))*float64(run-1)
							if err := d.Add(q, fmt.Sprintf("run %d", run), epoch, v, true); err != nil {
								t.Fatal(err)
							}
						}
					}
				}
			}
		}
	}
	return d
}

// across is a study whose means depend only on the condition.
func across(means ...float64) func(Curve, int) float64 {
	return func(q Curve, _ int) float64 { return means[strings.Index("1234", q.Condition[2:])] }
}

// during is a study whose means depend only on the epoch.
func during(means ...float64) func(Curve, int) float64 {
	return func(_ Curve, epoch int) float64 { return means[epoch-1] }
}

// both gives the metrics m and n means of their own.
func both(m, n func(Curve, int) float64) func(Curve, int) float64 {
	return func(q Curve, epoch int) float64 {
		if q.Metric == "n" {
			return n(q, epoch)
		}
		return m(q, epoch)
	}
}

func TestPredicates(t *testing.T) {
	line := Sweep("e", "x=").By("A").Of("m")
	x1, x2 := In("e", "x=1").By("A").Of("m"), In("e", "x=2").By("A").Of("m")
	layered := func(q Curve, _ int) float64 {
		return map[string]float64{AllLayers: 0.5, "1": 0.4, "2": 0.6}[q.Layer]
	}
	for _, c := range []struct {
		name   string
		check  Predicate
		mean   func(Curve, int) float64
		spread float64
		want   Verdict
	}{
		{"value inside", Value(x1, Range{0.3, 0.5}), across(0.4, 0, 0, 0), 0.01, Supported},
		{"value outside", Value(x1, Range{0.3, 0.5}), across(0.6, 0, 0, 0), 0.01, Contradicted},
		{"value at the edge", Value(x1, Range{0.3, 0.5}), across(0.49, 0, 0, 0), 0.01, Undecided},

		{"higher", Higher(x2, In("e", "x=1")), across(0.1, 0.5, 0, 0), 0.01, Supported},
		{"not higher", Higher(x2, In("e", "x=1")), across(0.5, 0.1, 0, 0), 0.01, Contradicted},
		{"perhaps higher", Higher(x2, In("e", "x=1")), across(0.10, 0.11, 0, 0), 0.01, Undecided},
		{"lower", Lower(x2, In("e", "x=1")), across(0.5, 0.1, 0, 0), 0.01, Supported},
		{"not worse by more than a margin", Difference(x2, In("e", "x=1"), Above(-0.05)), across(0.10, 0.09, 0, 0), 0.002, Supported},

		// A run's own change is almost exact, however much the runs differ from
		// each other.
		{"rises, run by run", Rises(x1), during(0.1, 0.11, 0.12), 0.3, Supported},
		{"does not rise", Rises(x1), during(0.1, 0.11, 0.09), 0.3, Contradicted},
		{"falls, run by run", Falls(x1), during(0.1, 0.11, 0.09), 0.3, Supported},
		{"layers, run by run", Rising(x1.Layers("1", "2")), layered, 0.3, Supported},
		{"change about constant", Change(x1, Epoch(2), Last, Within(0.01)), during(0.1, 0.2, 0.205), 0.3, Supported},

		{"rising", Rising(line), across(0.1, 0.2, 0.3, 0.4), 0.01, Supported},
		{"one step down", Rising(line), across(0.1, 0.2, 0.1, 0.4), 0.01, Contradicted},
		{"one step too small to tell", Rising(line), across(0.1, 0.2, 0.201, 0.4), 0.01, Undecided},
		{"falling", Falling(line), across(0.4, 0.3, 0.2, 0.1), 0.01, Supported},
		{"trend in spite of a step down", Trend(line, Positive), across(0.1, 0.3, 0.2, 0.4), 0.01, Supported},
		{"trend down", Trend(line, Positive), across(0.4, 0.2, 0.3, 0.1), 0.01, Contradicted},
		{"no trend to speak of", Trend(line, Positive), across(0.1, 0.11, 0.1, 0.1), 0.02, Undecided},
		{"turns", Turns(line), across(0.1, 0.4, 0.1, 0.4), 0.01, Supported},
		{"does not turn", Turns(line), across(0.1, 0.2, 0.3, 0.4), 0.01, Contradicted},
		{"turns, perhaps", Turns(line), across(0.1, 0.2, 0.199, 0.4), 0.01, Undecided},
		{"similar", Similar(line, 0.1), across(0.1, 0.11, 0.12, 0.1), 0.01, Supported},
		{"not similar", Similar(line, 0.1), across(0.1, 0.11, 0.5, 0.1), 0.01, Contradicted},
		{"similar, perhaps", Similar(line, 0.1), across(0.1, 0.11, 0.18, 0.1), 0.02, Undecided},

		{"settles", Settles(x1), during(0.1, 0.5, 0.6, 0.61, 0.61, 0.61, 0.61, 0.61), 0.1, Supported},
		{"does not settle", Settles(x1), during(0.1, 0.11, 0.2, 0.4, 0.1, 0.4, 0.1), 0.1, Contradicted},
		{"correlated", Correlate(x1, "n", Positive), both(during(0.1, 0.2, 0.4, 0.5), during(0.3, 0.4, 0.5, 0.7)), 0.1, Supported},
		{"correlated the other way", Correlate(x1, "n", Positive), both(during(0.1, 0.2, 0.4, 0.5), during(0.5, 0.4, 0.3, 0.1)), 0.1,
			Contradicted},
	} {
		t.Run(c.name, func(t *testing.T) {
			epochs := 7
			for epochs > 1 && !reachable(c.mean, epochs) {
				epochs--
			}
			p := planted{mean: c.mean, spread: c.spread, epochs: epochs, runs: 3, drift: 1e-5}
			part, err := decideWith(c.check, p.data(t))
			if err != nil {
				t.Fatal(err)
			}
			if part.Verdict != c.want {
				t.Errorf("got %v, want %v:\n%s", part.Verdict, c.want, strings.Join(part.lines(""), "\n"))
			}
			// The same effects in a single run decide nothing.
			p.runs, p.spread, p.drift = 1, 0, 0
			part, err = decideWith(c.check, p.data(t))
			if err != nil {
				t.Fatal(err)
			}
			if part.Verdict != Undecided {
				t.Errorf("with one run: %v, want undecided:\n%s", part.Verdict, strings.Join(part.lines(""), "\n"))
			}
		})
	}
}

// reachable reports whether the planted means cover that many epochs.
func reachable(mean func(Curve, int) float64, epochs int) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	mean(Curve{Condition: "x=1", Metric: "m", Layer: AllLayers}, epochs)
	mean(Curve{Condition: "x=1", Metric: "n", Layer: AllLayers}, epochs)
	return true
}

// TestApproaches uses two conditions whose distance shrinks, grows, or ends too
// large.
func TestApproaches(t *testing.T) {
	for name, c := range map[string]struct {
		first, last float64 // of x=1; x=2 stays at 0.5
		want        Verdict
	}{
		"closer from above": {0.7, 0.502, Supported},
		"closer from below": {0.3, 0.498, Supported},
		"still apart":       {0.7, 0.6, Contradicted},
		"further apart":     {0.501, 0.505, Contradicted},
	} {
		mean := func(q Curve, epoch int) float64 {
			switch {
			case q.Condition != "x=1":
				return 0.5
			case epoch == 1:
				return c.first
			}
			return c.last
		}
		d := planted{mean: mean, spread: 0.0005, epochs: 2, runs: 3, paired: true, drift: 1e-6}.data(t)
		part, err := decideWith(Approaches(In("e", "x=1").By("A").Of("m"), In("e", "x=2"), 0.01), d)
		if err != nil {
			t.Fatal(err)
		}
		if part.Verdict != c.want {
			t.Errorf("%s: %v, want %v:\n%s", name, part.Verdict, c.want, strings.Join(part.lines(""), "\n"))
		}
	}
}

// TestLastCommonEpoch checks that a short training is compared with a long one
// at the epoch where the short one ends.
func TestLastCommonEpoch(t *testing.T) {
	d := NewData()
	for run := range 3 {
		for epoch := 1; epoch <= 5; epoch++ {
			for _, condition := range []string{"short", "long"} {
				if condition == "short" && epoch > 2 {
					continue
				}
				v := float64(epoch) + 0.001*float64(run)
				if err := d.Add(Curve{"e", condition, "A", AllLayers, "m"}, fmt.Sprint(run), epoch, v, true); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	part, err := decideWith(Difference(In("e", "short").By("A").Of("m"), In("e", "long"), Within(0.1)), d)
	if err != nil {
		t.Fatal(err)
	}
	if part.Verdict != Supported || !strings.Contains(part.What, "epoch 2") {
		t.Errorf("got %v", part)
	}
}

// TestLeftOut checks that runs without a finite value are left out and named,
// and that no estimate is made if no run is left.
func TestLeftOut(t *testing.T) {
	d := NewData()
	for i, v := range []float64{0.5, math.NaN(), 0.52, math.Inf(-1), 0.51} {
		if err := d.Add(Curve{"e", "x=1", "A", AllLayers, "m"}, fmt.Sprintf("seed %d", i), 1, v, true); err != nil {
			t.Fatal(err)
		}
	}
	d.Add(Curve{"e", "x=1", "A", AllLayers, "m"}, "seed 5", 1, 0, false)
	part, err := decideWith(Value(In("e", "x=1").By("A").Of("m"), Above(0.4)), d)
	if err != nil {
		t.Fatal(err)
	}
	want := "without x=1, A, seeds 1, 3 (not finite); without x=1, A, seed 5 (missing)"
	if got := strings.Join(part.Notes, "; "); part.N != 3 || part.Verdict != Supported || math.Abs(part.Effect-0.51) > 1e-9 || got != want {
		t.Errorf("got %v, notes %q", part, got)
	}
	// Finite numbers whose squares are infinite have a mean but no interval.
	for i, v := range []float64{1e300, -1e300, 2e300} {
		d.Add(Curve{"e", "x=2", "A", AllLayers, "m"}, fmt.Sprintf("seed %d", i), 1, v, true)
	}
	for _, check := range []Predicate{Value(In("e", "x=2").By("A").Of("m"), Above(0.4))} {
		if part, err := decideWith(check, d); err != nil || part.Verdict != Undecided {
			t.Errorf("got %v, %v, want undecided", part, err)
		}
	}
	if err := d.Add(Curve{"e", "x=1", "A", AllLayers, "m"}, "seed 0", 1, 0.7, true); err == nil {
		t.Error("a second value of one run and epoch is taken")
	}
}

func TestMissing(t *testing.T) {
	d := planted{mean: across(1, 2, 3, 4), spread: 0.1, epochs: 3, runs: 3}.data(t)
	one := func(c Curves) Predicate { return Value(c.Of("m"), Positive) }
	if err := d.Add(Curve{"one", "x=1", "A", AllLayers, "m"}, "run 1", 1, 0.5, true); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		check Predicate
		want  string
	}{
		"experiment": {one(In("f", "x=1").By("A")), "the study has no experiment f"},
		"condition":  {one(In("e", "y").By("A")), "the study has no condition y in experiment e"},
		"optimizer":  {one(In("e", "x=1").By("C")), "the study has no runs of C in experiment e, condition x=1"},
		"layer":      {one(In("e", "x=1").By("A").Layers("3")), "the study has no layer 3 of A in experiment e, condition x=1"},
		"metric":     {Value(In("e", "x=1").By("A").Of("o"), Positive), "the study has no metric o"},
		"only epoch": {Rises(Sweep("one", "x=").By("A").Of("m")), "the study has no two times to compare: its runs have 1 epochs"},
		"epoch":      {one(In("e", "x=1").By("A").At(Epoch(9))), "the study has no epoch 9: its runs have 3 epochs"},
		"similar":    {Similar(In("e", "x=1").By("A").Of("m"), 1), "the study has no second condition that a claim compares with"},
		"itself":     {Higher(In("e", "x=1").By("A").Of("m"), In("e", "x=1")), "the study has no second condition that a claim compares with"},
		"step":       {Rising(In("e", "x=1").By("A").Of("m")), "the study has no second condition to compare with x=1 in experiment e"},
		"sweep":      {one(Sweep("e", "y=").By("A")), "the study has no condition y=[-Inf, +Inf] in experiment e"},
		"all of them": {All(one(In("e", "y").By("A")), one(In("e", "z").By("A")), one(In("e", "y").By("A"))),
			"the study has no condition y in experiment e\nthe study has no condition z in experiment e"},
	} {
		_, err := decideWith(c.check, d)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
		if !isMissing(err) {
			t.Errorf("%s: %v is not a lack of data", name, err)
		}
		r, err := Decide(Claim{ID: "F", Check: c.check}, d)
		if err != nil || r.Verdict != "undecided" || strings.Join(r.Missing, "\n") != c.want || r.Effect != nil {
			t.Errorf("%s: decided as %+v, %v", name, r, err)
		}
	}
	// A mistake in a claim is not reported as something that the data lack.
	mistake := Higher(In("e", "x=1").By("A").Of("m"), In("e", "x=2").Of("n"))
	if _, err := Decide(Claim{ID: "F", Check: mistake}, d); err == nil || !strings.Contains(err.Error(), "claim F: compare m with n") {
		t.Errorf("a comparison of two metrics: %v", err)
	}
	var m *MissingError
	if errors.As(fmt.Errorf("other"), &m) {
		t.Error("any error is a lack of data")
	}
}
