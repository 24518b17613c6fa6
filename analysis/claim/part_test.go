package claim

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// given is a part whose p values are already known.
func given(name string, p, contra, equal float64) Predicate {
	return Predicate{name, func(*judge) (Part, error) {
		part := Part{What: name, Claimed: Positive, P: p, Flip: p, Contra: contra, Equal: equal, N: 3, rank: p}
		if contra < p {
			part.rank = 1 - contra/2
		}
		part.decide()
		return part, nil
	}}
}

func TestAtLeast(t *testing.T) {
	nan := math.NaN()
	yes, strong, no := given("yes", 0.04, 1, nan), given("strong", 0.001, 1, nan), given("no", 1, 0.01, nan)
	perhaps, none, unknown := given("perhaps", 0.3, 1, 0.4), given("none", 0.6, 0.9, 0.001), given("unknown", nan, nan, nan)
	for _, c := range []struct {
		name    string
		check   Predicate
		want    Verdict
		decided string
		p       float64
	}{
		{"all hold", All(strong, yes), Supported, "yes", 0.04},
		{"all but one that may", All(strong, perhaps, yes), Undecided, "perhaps", 0.3},
		{"all but one", All(strong, perhaps, no), Contradicted, "no", 1},
		{"all but one of six, at 0.05/6", All(strong, strong, strong, strong, yes, no), Undecided, "no", 1},
		{"all but one that is none", All(strong, perhaps, none), Equivalent, "none", 0.6},
		{"all but one that is none and one that is not", All(strong, no, none), Contradicted, "no", 1},
		{"all but one without an interval", All(perhaps, unknown, yes), Undecided, "unknown", nan},
		{"any, at 0.05/3", Any(no, perhaps, strong), Supported, "strong", 0.003},
		{"any, too weak to be chosen among three", Any(no, perhaps, yes), Undecided, "yes", 0.12},
		{"none of two", Any(no, no), Contradicted, "no", 1},
		{"none is small, but supported", All(perhaps, given("small", 0.001, 1, 0.001)), Undecided, "perhaps", 0.3},
		{"one is none, the other contradicted", Any(no, none), Equivalent, "no", 1},
		{"most of three, at 0.05/2", Most(no, strong, strong), Supported, "strong", 0.002},
		{"half of four is not most", Most(no, no, strong, strong), Contradicted, "no", 1},
		{"two of four", AtLeast(2, no, no, strong, strong), Supported, "strong", 0.003},
		{"nested", All(strong, Any(no, strong)), Supported, "strong", 0.002},
		{"one", All(yes), Supported, "yes", 0.04},
	} {
		part, err := decideWith(c.check, NewData())
		if err != nil {
			t.Fatal(err)
		}
		same := math.Abs(part.P-c.p) < 1e-12 || math.IsNaN(part.P) && math.IsNaN(c.p)
		if part.Verdict != c.want || part.What != c.decided || !same {
			t.Errorf("%s: %v by %q with p = %v, want %v by %q with %v", c.name, part.Verdict, part.What, part.P, c.want, c.decided, c.p)
		}
	}
	for k, p := range map[int]Predicate{0: AtLeast(0, yes), 2: AtLeast(2, yes)} {
		if _, err := decideWith(p, NewData()); err == nil {
			t.Errorf("%d of 1 parts: no error", k)
		}
	}
}

// TestRanges decides estimates with intervals of ±0.1 (twelve differences, t =
// 2.2) according to the range of the claim.
func TestRanges(t *testing.T) {
	spread := []float64{-1, -1, -1, -1, -1, -1, 1, 1, 1, 1, 1, 1}
	half := tQuantile(11, 0.975) * math.Sqrt(12.0/11) / math.Sqrt(12)
	for _, c := range []struct {
		r      Range
		effect float64
		margin float64
		want   Verdict
	}{
		{Positive, 0.11, 0.2, Supported},
		{Positive, -0.11, 0.2, Contradicted},
		{Positive, 0.09, 0.1, Undecided},
		{Positive, 0.09, 0.2, Equivalent}, // the 90 % interval is 0.09 ± 0.082
		{Positive, 0.09, 0, Undecided},    // without a margin
		{Negative, -0.11, 0, Supported},
		{Within(0.2), 0.09, 0, Supported},
		{Within(0.2), 0.15, 0, Undecided},
		{Within(0.2), 0.31, 0, Contradicted},
		{Within(0.2), -0.31, 0, Contradicted},
		{Above(-0.2), -0.05, 0.02, Supported},
		{Above(-0.1), -0.05, 0.02, Undecided},
		{Below(0.1), 0.21, 0.02, Contradicted},
	} {
		values := make([]float64, len(spread))
		for i, s := range spread {
			values[i] = c.effect + 0.1/half*s
		}
		p := student(values).part("", c.r, c.margin, nil)
		if p.Verdict != c.want || math.Abs(p.High-p.Low-0.2) > 1e-6 {
			t.Errorf("%v of %v with margin %v: %v [%v, %v], want %v", c.r, c.effect, c.margin, p.Verdict, p.Low, p.High, c.want)
		}
	}
}

// TestSmallestMargin checks that a claim passes with a margin a little larger
// than the smallest one, and not with one a little smaller.
func TestSmallestMargin(t *testing.T) {
	values := []float64{0.01, -0.02, 0.03, 0.005, 0.012, -0.004}
	for _, c := range []struct {
		name string
		with func(margin float64) Part
		want Verdict
	}{
		{"equivalent", func(m float64) Part { return student(values).part("", Positive, m, nil) }, Equivalent},
		{"within", func(m float64) Part { return student(values).part("", Within(m), 0.02, nil) }, Supported},
		{"not worse", func(m float64) Part { return student(values).part("", Above(-m), 0.02, nil) }, Supported},
		{"not better", func(m float64) Part { return student(values).part("", Below(m), 0.02, nil) }, Supported},
	} {
		smallest := c.with(0.02).Smallest
		if p := c.with(smallest * 1.0001); p.Verdict != c.want {
			t.Errorf("%s: %v with more than %v, want %v", c.name, p.Verdict, smallest, c.want)
		}
		if p := c.with(smallest * 0.9999); p.Verdict != Undecided {
			t.Errorf("%s: %v with less than %v", c.name, p.Verdict, smallest)
		}
	}
}

// TestSmallestMarginOfSeveralParts scales the margins of all parts of a claim.
// With a little more than the smallest it is equivalent, or supported if the
// margins bound its ranges; with a little less it is undecided.
func TestSmallestMarginOfSeveralParts(t *testing.T) {
	small := []float64{0.01, -0.02, 0.03, 0.005, 0.012, -0.004}
	large := []float64{0.05, -0.2, 0.3, 0.1, -0.12, 0.04}
	clear := []float64{0.01, 0.011, 0.012, 0.013, 0.011, 0.01} // supported, and within any of the margins
	for _, c := range []struct {
		name string
		k    int
		want Verdict
		with func(values []float64, scale float64) Part
	}{
		{"all", 3, Equivalent, func(v []float64, scale float64) Part { return student(v).part("", Positive, 0.02*scale, nil) }},
		{"two", 2, Equivalent, func(v []float64, scale float64) Part { return student(v).part("", Positive, 0.02*scale, nil) }},
		{"all within", 3, Supported, func(v []float64, scale float64) Part { return student(v).part("", Within(0.02*scale), 0.02, nil) }},
		{"two not worse", 2, Supported, func(v []float64, scale float64) Part { return student(v).part("", Above(-0.02*scale), 0.02, nil) }},
	} {
		whole := func(scale float64) Part {
			// The second part has a margin of its own.
			return join(c.k, []Part{c.with(small, scale), c.with(large, 3*scale), c.with(clear, scale)})
		}
		p := whole(1)
		scale := p.Smallest / p.Margin
		if q := whole(scale * 1.0001); q.Verdict != c.want {
			t.Errorf("%s: %v with more than %v, want %v", c.name, q, p.Smallest, c.want)
		}
		if q := whole(scale * 0.9999); q.Verdict != Undecided {
			t.Errorf("%s: %v with less than %v", c.name, q, p.Smallest)
		}
	}
}

// differences is the estimate of the mean of paired runs' differences.
func differences(values []float64) estimate {
	e := student(values)
	e.difference = true
	return e
}

// TestRunsThatAgree checks that runs without any spread, or with no more than
// rounding makes, are judged by their number alone.
func TestRunsThatAgree(t *testing.T) {
	for _, c := range []struct {
		n      int
		spread float64
		p      float64
		want   Verdict
	}{{3, 0, 0.25, Undecided}, {3, 1e-17, 0.25, Undecided}, {5, 0, 0.0625, Undecided}, {6, 0, 0.03125, Supported}, {12, 1e-17, 0.000488281, Supported}} {
		values := make([]float64, c.n)
		for i := range values {
			values[i] = 0.01 + c.spread*float64(i)
		}
		p := differences(values).part("", Positive, 0.001, nil)
		if p.Verdict != c.want || p.P != c.p || p.Flip != c.p {
			t.Errorf("%d runs: %v, want %v with p = %v", c.n, p, c.want, c.p)
		}
		if exact := !math.IsNaN(p.Low); exact != (c.want == Supported) || exact && (p.Low != 0.01 || p.High != 0.01) {
			t.Errorf("%d runs: interval [%v, %v]", c.n, p.Low, p.High)
		}
	}
	apart := welch([]moments{momentsOf([]float64{0.25, 0.25}), momentsOf([]float64{-0.26, -0.26})})
	if p := apart.part("", Negative, 0.001, nil); p.Verdict != Undecided || !math.IsNaN(p.P) || !math.IsNaN(p.Low) {
		t.Errorf("independent runs without spread: %v", p)
	}
}

// TestExactPOfSeveralParts checks that parts with few runs take part with the
// p of their interval's test, which can be small.
func TestExactPOfSeveralParts(t *testing.T) {
	many, few := make([]float64, 12), []float64{0.1, 0.11, 0.12, 0.105}
	for i := range many {
		many[i] = 0.1 + 0.01*float64(i)
	}
	a, b := differences(many).part("", Positive, 0, nil), differences(few).part("", Positive, 0, nil)
	if p := join(2, []Part{a, b}); p.Exact != max(a.Flip, b.P) || p.Exact > 0.01 || p.Flip != 0.125 {
		t.Errorf("p is %v, by sign flips %v; want %v and 0.125", p.Exact, p.Flip, max(a.Flip, b.P))
	}
}

// TestLogitStaysInside checks that no interval of a share leaves [0, 1],
// however few and odd the values, and that it contains the mean.
func TestLogitStaysInside(t *testing.T) {
	for _, values := range [][]float64{{0.951, 0.754, 0.999}, {0, 0.001, 0.5}, {1, 1, 0.2}, slices.Repeat([]float64{0}, 20), slices.Repeat([]float64{1}, 20),
		{1e-12, 0.9}, {1 - 1e-16, 0.99, 0.1}} {
		e := student(values)
		e.share = true
		for _, coverage := range []float64{0.9, 0.95, 0.9999} {
			if low, high := e.interval(coverage); !(low >= 0 && low <= e.effect && e.effect <= high && high <= 1) {
				t.Errorf("%v: mean %v, interval [%v, %v]", values, e.effect, low, high)
			}
		}
		for _, bound := range []float64{0.2, 0.5, 0.96} { // the verdict agrees with the interval
			p := e.part("", Above(bound), 0, nil)
			if want := p.Low > bound; (p.Verdict == Supported) != want {
				t.Errorf("%v above %v: %v, interval [%v, %v]", values, bound, p.Verdict, p.Low, p.High)
			}
		}
	}
}

// TestSignFlipOfTwelve checks that twelve differences of one sign have the
// smallest possible p, which survives Holm's correction over 90 claims.
func TestSignFlipOfTwelve(t *testing.T) {
	values := make([]float64, 12)
	for i := range values {
		values[i] = 0.1 + 0.01*float64(i)
	}
	p := differences(values).part("", Positive, 0, nil)
	if want := math.Ldexp(2, -12); math.Abs(p.Flip-want) > 1e-9 || p.Flip*90 > 0.05 {
		t.Errorf("p = %v, want %v", p.Flip, want)
	}
	if p := differences(values[:10]).part("", Positive, 0, nil); p.Flip*90 < 0.05 {
		t.Errorf("ten runs: p = %v", p.Flip)
	}
}

// TestPairs compares two conditions, the second of which is higher by 0.01 in
// every run, while runs differ from each other by 0.1. The difference is
// visible only if each run is compared with itself.
func TestPairs(t *testing.T) {
	for _, paired := range []bool{true, false} {
		d := planted{mean: across(0.5, 0.51, 0, 0), spread: 0.1, epochs: 1, runs: 3, paired: paired}.data(t)
		q := Curve{"e", "x=2", "A", AllLayers, "m"}
		d.curves[q][0].values[0] += 0.001 // otherwise the differences would agree in every digit
		p, err := decideWith(Higher(In("e", "x=2").By("A").Of("m"), In("e", "x=1")), d)
		if err != nil {
			t.Fatal(err)
		}
		if want := map[bool]Verdict{true: Supported, false: Undecided}[paired]; p.Verdict != want || math.IsNaN(p.DZ) == paired ||
			math.IsNaN(p.Flip) == paired {
			t.Errorf("paired %v: %v, want %v", paired, p, want)
		}
	}
}

// TestUnevenPairs checks that only runs that both conditions have are compared,
// and that the others are named.
func TestUnevenPairs(t *testing.T) {
	d := planted{mean: across(0.5, 0.6, 0, 0), spread: 0.01, epochs: 1, runs: 4, paired: true, drift: 1e-5}.data(t)
	q := Curve{"e", "x=2", "A", AllLayers, "m"}
	d.curves[q] = d.curves[q][1:]
	p, err := decideWith(Higher(In("e", "x=2").By("A").Of("m"), In("e", "x=1")), d)
	if err != nil {
		t.Fatal(err)
	}
	if p.N != 3 || fmt.Sprint(p.Notes) != "[without x=2, A, run 0 (missing)]" {
		t.Errorf("n = %d, notes %q", p.N, p.Notes)
	}
}

// TestInherit checks the relation of a claim to its weaker form.
func TestInherit(t *testing.T) {
	p := 0.01
	effect, other := 0.3, 0.1
	strong := Result{ID: "R6", Verdict: "supported", P: &p, Contra: &p, Effect: &effect, N: 12}
	weak := Result{ID: "R3", Verdict: "undecided", Effect: &other, N: 3}
	r := weak
	r.Inherit(strong, Supported)
	if r.Verdict != "supported" || r.Inherited != "R6" || r.P != &p || r.Effect != &effect || r.N != 12 {
		t.Errorf("support is not inherited: %+v", r)
	}
	r = weak
	r.Inherit(Result{ID: "R6", Verdict: "contradicted"}, Supported)
	if r.Verdict != "undecided" || r.Inherited != "" {
		t.Errorf("a weaker claim is contradicted with the stronger: %+v", r)
	}
	r = Result{ID: "R6", Verdict: "undecided"}
	r.Inherit(Result{ID: "R3", Verdict: "contradicted", Contra: &p}, Contradicted)
	if r.Verdict != "contradicted" || r.Inherited != "R3" || r.Contra != &p {
		t.Errorf("contradiction is not inherited: %+v", r)
	}
	r = strong
	r.Inherit(Result{ID: "R3", Verdict: "contradicted"}, Contradicted)
	if r.Verdict != "supported" {
		t.Errorf("a verdict of the claim's own is lost: %+v", r)
	}
	r = Result{ID: "R3", Verdict: "contradicted"}
	r.Inherit(strong, Supported)
	if r.Verdict != "contradicted" || r.Inherited != "" || len(r.Detail) != 1 || !strings.Contains(r.Detail[0], "R6") {
		t.Errorf("a verdict of the claim's own is lost, or the conflict is not named: %+v", r)
	}
}

// TestPublishedNumbers checks that the text has what a reader needs.
func TestPublishedNumbers(t *testing.T) {
	d := planted{mean: across(0.1, 0.2345678, 0.3, 0.4), spread: 0.01, epochs: 1, runs: 3}.data(t)
	f := Claim{
		ID: "F1", Source: "5.0", Figure: "5.0", Words: "Values rise.", Check: Rising(Sweep("e", "x=").By("A").Of("m")),
		Margins: map[string]float64{"m": 0.02},
	}
	r, err := Decide(f, d)
	if err != nil {
		t.Fatal(err)
	}
	// se² = 2·0.01²/3, 4 degrees of freedom, t = 2.776445: half-width
	// 0.0226696; one of three parts at 0.05/3, t = 3.186292: 0.0260160.
	if r.Verdict != "supported" || r.What != "m, A, epoch 1: x=3 − x=2" || *r.Effect != 0.0654322 ||
		math.Abs(*r.Low-(0.0654322-0.0226696)) > 1e-6 || r.N != 3 ||
		*r.Above != 0 || r.Below != nil || *r.Margin != 0.02 || math.Abs(*r.Smallest-(0.0654322+0.0260160)) > 1e-6 || r.DZ != nil ||
		r.Flip != nil {
		t.Errorf("got %+v", r)
	}
	text := r.Text()
	for _, want := range []string{
		"F1: SUPPORTED\nValues rise.\n",
		"effect  m, A, epoch 1: x=3 − x=2 = 0.06543 [0.04276, 0.0881], n = 3\n",
		"p       0.001315, uncorrected; the table of all findings has it corrected\n",
		"margin  0.02; the effect is shown to be smaller than 0.09145\n",
		"source  section 5.0, figure 5.0\n",
		"parts   m, A, epoch 1: x=2 − x=1 = 0.1346 [0.1119, 0.1572], n = 3, claimed above 0, p = ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "note") || strings.Contains(text, "layer") {
		t.Errorf("a mark or a layer where there is none:\n%s", text)
	}
}
