package summary

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

func key(epoch int) Key {
	return Key{Condition: "baseline", Optimizer: "SGD", Layer: "all", Metric: "accuracy", Epoch: epoch}
}

func cell(epochs []int, runs ...string) Cell {
	return Cell{Condition: "baseline", Optimizer: "SGD", Runs: runs, Layers: []string{"all"}, Metrics: []string{"accuracy"}, Epochs: epochs}
}

func value(epoch int, run string, v float64) Value { return Value{key(epoch), run, v} }

// near allows for the rounding of a handful of operations.
func near(got, want float64) bool {
	return got == want || math.IsNaN(got) && math.IsNaN(want) || math.Abs(got-want) <= 8*0x1p-53*math.Abs(want)
}

func TestDescribeByHand(t *testing.T) {
	nan := math.NaN()
	// 1, 2, 6: mean 3, squared deviations 4 + 1 + 9 = 14. t(2) =
	// 4.302652729749.
	const t2 = 4.30265273
	tests := []struct {
		name   string
		values []float64
		want   Statistics
	}{
		{"three", []float64{1, 2, 6}, Statistics{N: 3, Mean: 3, SD: math.Sqrt(7), SE: math.Sqrt(7.0 / 3),
			SDPopulation: math.Sqrt(14.0 / 3), SEPopulation: math.Sqrt(14.0 / 9),
			CILow: 3 - t2*math.Sqrt(7.0/3), CIHigh: 3 + t2*math.Sqrt(7.0/3)}},
		{"equal", []float64{0.5, 0.5}, Statistics{N: 2, Mean: 0.5, CILow: 0.5, CIHigh: 0.5}},
		{"one", []float64{0.25}, Statistics{N: 1, Mean: 0.25, SD: nan, SE: nan, CILow: nan, CIHigh: nan}},
		{"none", nil, Statistics{Mean: nan, SD: nan, SE: nan, SDPopulation: nan, SEPopulation: nan, CILow: nan, CIHigh: nan}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := reflect.ValueOf(Describe(tt.values))
			want := reflect.ValueOf(tt.want)
			if g := got.FieldByName("N").Int(); g != int64(tt.want.N) {
				t.Errorf("N = %d, want %d", g, tt.want.N)
			}
			for i := 1; i < got.NumField(); i++ {
				if g, w := got.Field(i).Float(), want.Field(i).Float(); !near(g, w) {
					t.Errorf("%s = %v, want %v", got.Type().Field(i).Name, g, w)
				}
			}
		})
	}
}

// TestDescribeAgainstGonum compares with an independent implementation.
func TestDescribeAgainstGonum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := 2; n <= 40; n++ {
		values := make([]float64, n)
		for i := range values {
			values[i] = 0.9 + 0.05*r.NormFloat64()
		}
		got := Describe(values)
		mean, sd := stat.MeanStdDev(values, nil)
		half := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}.Quantile(0.975) * stat.StdErr(sd, float64(n))
		// A sum of n terms near 1 is off by at most n units in the last place.
		// The deviations are 20 times smaller than the values, so their
		// relative error is 20 times that.
		tolerance := 40 * float64(n) * 0x1p-53
		for _, c := range []struct {
			name      string
			got, want float64
			rel       float64
		}{
			{"mean", got.Mean, mean, tolerance},
			{"sd", got.SD, sd, tolerance},
			{"se", got.SE, stat.StdErr(sd, float64(n)), tolerance},
			{"population sd", got.SDPopulation, stat.PopStdDev(values, nil), tolerance},
			{"half interval", (got.CIHigh - got.CILow) / 2, half, tolerance + 5e-10}, // t has 10 digits
		} {
			if math.Abs(c.got-c.want) > c.rel*math.Abs(c.want) {
				t.Errorf("n = %d: %s = %v, gonum %v", n, c.name, c.got, c.want)
			}
		}
	}
}

// TestStudentQuantiles compares with printed tables (Abramowitz and Stegun,
// table 26.10).
func TestStudentQuantiles(t *testing.T) {
	for nu, want := range map[int]float64{1: 12.706, 2: 4.303, 4: 2.776, 9: 2.262, 29: 2.045, 120: 1.980} {
		if got := tQuantile(nu); math.Abs(got-want) > 0.0005 {
			t.Errorf("t(%d) = %v, want %v", nu, got, want)
		}
	}
}

func TestNothingIsDroppedInSilence(t *testing.T) {
	design := Design{cell([]int{1, 2, 3, 4}, "seed 100", "seed 1234", "seed 1")}
	groups, err := Summarize(design, []Value{
		value(1, "seed 1", 1), value(1, "seed 100", 2), value(1, "seed 1234", 6),
		value(2, "seed 1", 1), value(2, "seed 100", math.NaN()), value(2, "seed 1234", 3),
		value(3, "seed 1", math.Inf(-1)), value(3, "seed 100", math.Inf(1)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(groups) != 4 {
		t.Fatalf("%d groups, want 4, the empty one included", len(groups))
	}
	want := []struct {
		n                  int
		mean               float64
		missing, nonFinite []string
	}{
		{3, 3, nil, nil},
		{2, 2, nil, []string{"seed 100"}},
		{0, math.NaN(), []string{"seed 1234"}, []string{"seed 1", "seed 100"}},
		{0, math.NaN(), []string{"seed 1", "seed 100", "seed 1234"}, nil},
	}
	for i, w := range want {
		g := groups[i]
		if g.Key != key(i+1) || g.N != w.n || g.Expected != 3 || !near(g.Mean, w.mean) ||
			!slices.Equal(g.Missing, w.missing) || !slices.Equal(g.NonFinite, w.nonFinite) {
			t.Errorf("epoch %d: %+v, want %+v", i+1, g, w)
		}
		if g.N+len(g.Missing)+len(g.NonFinite) != g.Expected {
			t.Errorf("epoch %d: the runs do not add up: %+v", i+1, g)
		}
	}
}

func TestOrderOfRowsDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	epochs := []int{1, 2, 10, 30}
	runs := []string{"seed 1", "seed 100", "seed 1234", "seed 7", "seed 8"}
	design := Design{cell(epochs, runs...)}
	var values []Value
	for _, e := range epochs {
		for _, run := range runs {
			// The values have 17 digits and magnitudes that do not add exactly,
			// so a sum in another order would differ.
			values = append(values, value(e, run, math.Ldexp(r.Float64(), r.IntN(40)-20)))
		}
	}
	first, err := Summarize(design, values)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		r.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
		again, err := Summarize(design, values)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(first, again) {
			t.Fatalf("another order of rows gives %+v, before %+v", again, first)
		}
	}
}

// TestFrameKeepsBits checks that gota returns exactly what it was given,
// because it converts the values to text when it splits a frame.
func TestFrameKeepsBits(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	want := []float64{0, math.Copysign(0, -1), 1e-7, 2e-7, math.SmallestNonzeroFloat64, math.MaxFloat64, math.Inf(1), math.Inf(-1), math.NaN()}
	for len(want) < 2000 {
		if v := math.Float64frombits(r.Uint64()); !math.IsNaN(v) {
			want = append(want, v)
		}
	}
	values := make([]Value, len(want))
	for i, v := range want {
		values[i] = value(i, "run", v)
	}
	groups, err := byGroup(values)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range want {
		joined, _ := key(i).join()
		got := groups[joined]["run"]
		if math.Float64bits(got) != math.Float64bits(w) && !(math.IsNaN(got) && math.IsNaN(w)) {
			t.Errorf("value %d: %v came back as %v", i, w, got)
		}
	}
}

// TestSimilarNamesStayApart uses names that become equal when they are joined
// by "_".
func TestSimilarNamesStayApart(t *testing.T) {
	a := Key{Condition: "lr_1", Optimizer: "e-07_SGD", Layer: "1", Metric: "m", Epoch: 1}
	b := Key{Condition: "lr_1_e-07", Optimizer: "SGD", Layer: "1", Metric: "m", Epoch: 1}
	var design Design
	for _, k := range []Key{a, b} {
		design = append(design, Cell{k.Condition, k.Optimizer, []string{"007"}, []string{k.Layer}, []string{k.Metric}, []int{k.Epoch}, nil})
	}
	groups, err := Summarize(design, []Value{{a, "007", 1}, {b, "007", 2}})
	if err != nil {
		t.Fatal(err)
	}
	if len(groups) != 2 || groups[0].Mean != 1 || groups[1].Mean != 2 {
		t.Errorf("groups = %+v", groups)
	}
}

func TestErrors(t *testing.T) {
	good := Design{cell([]int{1}, "seed 1", "seed 2")}
	odd := key(1)
	odd.Metric = "acc" + separator
	oddCell := cell([]int{1}, "seed 1")
	oddCell.Metrics = []string{odd.Metric}
	tests := []struct {
		name   string
		design Design
		values []Value
		want   string
	}{
		{"two values", good, []Value{value(1, "seed 1", 1), value(1, "seed 1", 1)}, `"seed 1" has two values`},
		{"unknown group", good, []Value{value(2, "seed 1", 1)}, "the design has no group"},
		{"unknown run", good, []Value{value(1, "seed 3", 1)}, `no run "seed 3"`},
		{"group twice", append(good, good[0]), nil, "given twice"},
		{"run twice", Design{cell([]int{1}, "a", "a")}, nil, "named twice"},
		{"no runs", Design{cell([]int{1})}, nil, "needs runs"},
		{"reserved name", Design{cell([]int{1}, "NA")}, nil, "cannot name a run"},
		{"separator", Design{oddCell}, []Value{{odd, "seed 1", 1}}, "unit separator"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Summarize(tt.design, tt.values)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func BenchmarkSummarize100k(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 8))
	epochs := make([]int, 30)
	for i := range epochs {
		epochs[i] = i + 1
	}
	metrics := []string{"accuracy", "sparsity", "selectivity", "selectivity_std"}
	runs := []string{"seed 1", "seed 100", "seed 1234"}
	var design Design
	var values []Value
	for len(values) < 100_000 {
		c := Cell{"condition " + string(rune('A'+len(design))), "SGD", runs, []string{"all"}, metrics, epochs, nil}
		design = append(design, c)
		for _, m := range metrics {
			for _, e := range epochs {
				for _, run := range runs {
					values = append(values, Value{Key{c.Condition, c.Optimizer, "all", m, e}, run, r.Float64()})
				}
			}
		}
	}
	b.ResetTimer()
	for b.Loop() {
		if _, err := Summarize(design, values); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(values)), "rows")
}

// TestExp compares with math.Exp, which is within one unit in the last place.
func TestExp(t *testing.T) {
	for _, x := range []float64{0, 1e-300, 1e-9, 0.01, 1.0 / 16, 0.5, 1, 3, 17.5, 100, 699.9} {
		if got, want := exp(x), math.Exp(x); math.Abs(got-want) > 1e-12*want {
			t.Errorf("exp(%v) = %v, want %v", x, got, want)
		}
	}
	if !math.IsInf(exp(701), 1) {
		t.Error("exp(701) is finite")
	}
}

// TestShareStaysInside checks that the interval of a share contains the mean
// and does not leave [0, 1], and that it equals the plain one where the values
// are far from both ends.
func TestShareStaysInside(t *testing.T) {
	for _, values := range [][]float64{{0.951, 0.754, 0.999}, {0.976, 0.9765, 0.9755}, {0, 0.001, 0.5}, {1, 1, 0.2}, {0, 0}, {1, 1},
		{1e-12, 0.9}, {-1e-9, 1e-9, 2e-9}} {
		c := cell([]int{1}, "a", "b", "c")
		c.Runs, c.Shares = []string{"a", "b", "c"}[:len(values)], []string{"accuracy"}
		var list []Value
		for i, v := range values {
			list = append(list, value(1, c.Runs[i], v))
		}
		groups, err := Summarize(Design{c}, list)
		if err != nil {
			t.Fatal(err)
		}
		g := groups[0]
		if low, high := min(0, g.Mean), max(1, g.Mean); !(low <= g.CILow && g.CILow <= g.Mean && g.Mean <= g.CIHigh && g.CIHigh <= high) {
			t.Errorf("%v: mean %v, interval [%v, %v]", values, g.Mean, g.CILow, g.CIHigh)
		}
		plain := Describe(values)
		if half := plain.CIHigh - plain.Mean; half > 0 && half < 0.1*g.Mean*(1-g.Mean) &&
			math.Abs(g.CIHigh-plain.CIHigh) > half*half/(g.Mean*(1-g.Mean)) {
			t.Errorf("%v: the interval ends at %v, the plain one at %v", values, g.CIHigh, plain.CIHigh)
		}
	}
	// R: m <- mean(x); plogis(qlogis(m) + c(-1,1) * qt(.975, 2) * sd(x) /
	// sqrt(3) / (m * (1 - m))) of 0.951, 0.754, 0.999.
	low, high := onLogit(Describe([]float64{0.951, 0.754, 0.999}))
	if math.Abs(low-0.195527456846) > 1e-9 || math.Abs(high-0.997095953762) > 1e-9 {
		t.Errorf("got [%v, %v]", low, high)
	}
}

// Runs are named in the order of their seeds' numbers, and found in it.
func TestRunsAreInOrderOfTheirNumbers(t *testing.T) {
	design := Design{cell([]int{1, 2}, "seed 10", "seed 2", "seed 1", "seed 100", "seed 11")}
	var values []Value
	for i, run := range design[0].Runs {
		values = append(values, value(1, run, math.NaN()))
		if run != "seed 2" {
			values = append(values, value(2, run, float64(i)))
		}
	}
	groups, err := Summarize(design, values)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"seed 1", "seed 2", "seed 10", "seed 11", "seed 100"}; !slices.Equal(groups[0].NonFinite, want) {
		t.Errorf("not finite: %q, want %q", groups[0].NonFinite, want)
	}
	if g := groups[1]; g.N != 4 || !slices.Equal(g.Missing, []string{"seed 2"}) {
		t.Errorf("%d values, missing %q", g.N, g.Missing)
	}
}

// The interval of shares is taken on the logit scale: here it is computed with
// the library's logarithm and exponential.
func TestDescribeShares(t *testing.T) {
	got := DescribeShares([]float64{0.875, 1, 1})
	const mean, se = 23.0 / 24, 1.0 / 24
	logit, half := math.Log(mean/(1-mean)), 4.30265273*se/(mean*(1-mean))
	back := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	if got.N != 3 || math.Abs(got.Mean-mean) > 1e-15 || math.Abs(got.CILow-back(logit-half)) > 1e-9 || math.Abs(got.CIHigh-back(logit+half)) > 1e-9 {
		t.Errorf("%+v, want the interval [%v, %v]", got, back(logit-half), back(logit+half))
	}
	if none := DescribeShares(nil); none.N != 0 {
		t.Errorf("no values: %+v", none)
	}
}
