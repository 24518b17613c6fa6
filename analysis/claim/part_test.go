package claim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestRanges(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		r         Range
		low, high float64
		want      Verdict
	}{
		{Positive, 0.1, 0.2, Supported},
		{Positive, -0.2, -0.1, NotSupported},
		{Positive, -0.1, 0.2, Undecided},
		{Positive, 0, 0.2, Undecided}, // the interval holds 0
		{Positive, -0.2, 0, NotSupported},
		{Positive, 0, 0, NotSupported}, // no difference at all, and no spread
		{Negative, -0.2, -0.1, Supported},
		{Within(0.1), -0.05, 0.05, Supported},
		{Within(0.1), -0.05, 0.15, Undecided},
		{Within(0.1), -0.15, 0.15, Undecided},
		{Within(0.1), 0.15, 0.2, NotSupported},
		{Positive, nan, nan, Undecided},
	} {
		if got := c.r.verdict(Estimate{Low: c.low, High: c.high}); got != c.want {
			t.Errorf("[%v, %v] %v: %v, want %v", c.low, c.high, c.r, got, c.want)
		}
	}
}

// given is a predicate with an interval that is already known.
func given(name string, effect, half float64) Predicate {
	return func(_ *Data, level float64) (Part, error) {
		return leaf(name, Estimate{effect, effect - half, effect + half, 3}, Positive, level, nil), nil
	}
}

func TestAtLeast(t *testing.T) {
	yes, strong, perhaps, no := given("yes", 0.3, 0.2), given("strong", 0.3, 0.1), given("perhaps", 0.1, 0.2), given("no", -0.3, 0.2)
	unknown := given("unknown", 0.1, math.NaN())
	for _, c := range []struct {
		name    string
		check   Predicate
		want    Verdict
		decided string
	}{
		{"all hold", All(strong, yes), Supported, "yes"},
		{"all but one that may", All(strong, perhaps, yes), Undecided, "perhaps"},
		{"all but one", All(strong, perhaps, no), NotSupported, "no"},
		{"all but one without an interval", All(perhaps, unknown, yes), Undecided, "unknown"},
		{"any", Any(no, perhaps, yes), Supported, "yes"},
		{"any may", Any(no, perhaps), Undecided, "perhaps"},
		{"none", Any(no, no), NotSupported, "no"},
		{"most of three", Most(no, yes, strong), Supported, "yes"},
		{"half of four is not most", Most(no, no, yes, strong), NotSupported, "no"},
		{"most of four may", Most(no, perhaps, yes, strong), Undecided, "perhaps"},
		{"two of four", AtLeast(2, no, no, yes, strong), Supported, "yes"},
		{"nested", All(strong, Any(no, yes)), Supported, "yes"},
	} {
		part, err := c.check(NewData(), confidence)
		if err != nil {
			t.Fatal(err)
		}
		if part.Verdict != c.want || part.What != c.decided {
			t.Errorf("%s: %v by %q, want %v by %q", c.name, part.Verdict, part.What, c.want, c.decided)
		}
	}
	for k, p := range map[int]Predicate{0: AtLeast(0, yes), 2: AtLeast(2, yes)} {
		if _, err := p(NewData(), confidence); err == nil {
			t.Errorf("%d of 1 parts: no error", k)
		}
	}
	// Widened where parts are chosen: 1 − 0.05/(m − k + 1).
	levels := map[float64]bool{}
	seen := func(_ *Data, level float64) (Part, error) {
		levels[significant(level, 6)] = true
		return leaf("", Estimate{1, 0.5, 1.5, 3}, Positive, level, nil), nil
	}
	for _, p := range []Predicate{All(seen, seen), Any(seen, seen), Most(seen, seen, seen, seen, seen)} {
		if _, err := p(NewData(), confidence); err != nil {
			t.Fatal(err)
		}
	}
	if fmt.Sprint(levels) != fmt.Sprint(map[float64]bool{0.95: true, 0.975: true, 0.983333: true}) {
		t.Errorf("levels %v", levels)
	}
}

// TestErrorRates repeats made-up studies in which nothing differs. A claim that one of six differences is positive is
// found supported in at most one case of 20 (40, as only one side is asked for), and the interval of a difference
// of three and three normal values covers the truth about as often as it says. Welch's interval is approximate:
// with two and two degrees of freedom its coverage has been tabulated between 0.95 and 0.98.
func TestErrorRates(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of studies")
	}
	const studies = 4000
	r := rand.New(rand.NewPCG(7, 11))
	wrong, covered, contradicted := 0, 0, 0
	for range studies {
		d := NewData()
		for x := 1; x <= 7; x++ {
			for run := range 3 {
				d.Add(Curve{"e", fmt.Sprintf("x=%d", x), "A", AllLayers, "m"}, fmt.Sprint(run), 1, 0.5+0.1*r.NormFloat64(), true)
			}
		}
		line := Sweep("e", "x=").By("A").Of("m")
		var any []Predicate
		for x := 2; x <= 7; x++ {
			any = append(any, Higher(In("e", fmt.Sprintf("x=%d", x)).By("A").Of("m"), In("e", "x=1")))
		}
		part, err := Any(any...)(d, confidence)
		if err != nil {
			t.Fatal(err)
		}
		if part.Verdict == Supported {
			wrong++
		}
		part, _ = Difference(In("e", "x=1").By("A").Of("m"), In("e", "x=2"), Within(1))(d, confidence)
		if part.Low <= 0 && 0 <= part.High {
			covered++
		}
		part, _ = Trend(line, Positive)(d, confidence)
		if part.Verdict == NotSupported {
			contradicted++
		}
	}
	// Three standard deviations of a binomial count lie within 0.0104 of 0.05 and 0.0074 of 0.025.
	if rate := float64(wrong) / studies; rate > 0.025+0.0074 {
		t.Errorf("one of six differences is found where there is none in %.4f of studies, want 0.025 at most", rate)
	}
	if rate := float64(covered) / studies; rate < 0.95-0.0104 || rate > 0.98+0.0104 {
		t.Errorf("an interval covers in %.4f of studies, want 0.95 to 0.98", rate)
	}
	if rate := float64(contradicted) / studies; rate > 0.025+0.0074 {
		t.Errorf("a trend is contradicted where there is none in %.4f of studies, want 0.025", rate)
	}
}

// TestPublishedNumbers holds the text to what a reader needs.
func TestPublishedNumbers(t *testing.T) {
	d := planted{across(0.1, 0.2345678, 0.3, 0.4), 0.01, 1, 3}.data(t)
	f := Finding{ID: "F1", Source: "5.0", Figure: "5.0", Claim: "Values rise.", Check: Rising(Sweep("e", "x=").By("A").Of("m"))}
	r, err := Decide(f, d)
	if err != nil {
		t.Fatal(err)
	}
	// se² = 2·0.01²/3, 4 degrees of freedom, t = 2.776445: half-width 0.0226696.
	if r.Verdict != "supported" || r.What != "m, A, epoch 1: x=3 − x=2" || *r.Effect != 0.0654322 || math.Abs(*r.Low-(0.0654322-0.0226696)) > 1e-6 || r.N != 3 || *r.Above != 0 || r.Below != nil {
		t.Errorf("got %+v", r)
	}
	text := r.Text()
	for _, want := range []string{
		"F1: SUPPORTED\nValues rise.\n",
		"effect  m, A, epoch 1: x=3 − x=2 = 0.06543 [0.04276, 0.0881], n = 3\n",
		"source  section 5.0, figure 5.0\n",
		"parts   m, A, epoch 1: x=2 − x=1 = 0.1346 [0.1119, 0.1572], n = 3, claimed above 0: supported\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "note") {
		t.Errorf("a mark where there is none:\n%s", text)
	}
}
