package metric

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// truth is a case of testdata/truth.json; numbers are text because JSON has no
// NaN.
type truth struct {
	Name            string
	Units           int
	Epsilon         float64
	Labels          []int
	Bits            []uint32
	Hoyer           []string
	Sparsity        string
	SparsityStd     string   `json:"sparsity_std"`
	UnitSelectivity []string `json:"unit_selectivity"`
	Selectivity     string
	SelectivityStd  string `json:"selectivity_std"`
	Function        string
	Gini            string
	GiniStd         string `json:"gini_std"`
	TrevesRolls     string `json:"treves_rolls"`
	TrevesRollsStd  string `json:"treves_rolls_std"`
	CSI             string
	CSIStd          string `json:"csi_std"`
	Dead            string
	Saturated       string
	Below           string
}

// thresholds are the ones that the records use.
var thresholds = []float32{math.SmallestNonzeroFloat32, 0.01, 0.05, 0.1, 0.5, 0.9, 0.95, 0.99}

func number(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// within reports whether got equals want up to an absolute tolerance. Numbers
// that are not finite must be the same.
func within(got, want, tolerance float64) bool {
	if math.IsNaN(want) || math.IsInf(want, 0) {
		return math.IsNaN(got) && math.IsNaN(want) || got == want
	}
	return math.Abs(got-want) <= tolerance
}

// hoyerTolerance bounds the difference of two float32 evaluations of the
// sparsity of h units. Each of the two sums of h positive terms has a relative
// error of at most h units of 2^-24, the root halves that of the second, and a
// few operations follow. The result is the ratio (at most √h) over √h − 1, and
// two evaluations can err in opposite directions.
func hoyerTolerance(h int) float64 {
	root := math.Sqrt(float64(h))
	return 2 * (1.5*float64(h) + 4) * 0x1p-24 * root / (root - 1)
}

// TestAgainstTorchAndNumpy compares with numbers from other programs; see
// testdata/truth.py.
func TestAgainstTorchAndNumpy(t *testing.T) {
	data, err := os.ReadFile("testdata/truth.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []truth
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 12 {
		t.Fatalf("%d cases, want all 12", len(cases))
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			values := make([]float32, len(c.Bits))
			for i, b := range c.Bits {
				values[i] = math.Float32frombits(b)
			}
			labels := make([]uint8, len(c.Labels))
			for i, l := range c.Labels {
				labels[i] = uint8(l)
			}
			s, err := FromActivations(values, c.Units, labels, 10, thresholds)
			if err != nil {
				t.Fatal(err)
			}
			s.Activation = c.Function
			m, err := s.Measure(c.Epsilon)
			if err != nil {
				t.Fatal(err)
			}
			single := hoyerTolerance(c.Units)
			for i, text := range c.Hoyer {
				if got, want := float64(Hoyer(values[i*c.Units:(i+1)*c.Units])), number(t, text); !within(got, want, single) {
					t.Errorf("sparsity of sample %d = %v, want %v within %v", i, got, want, single)
				}
			}
			// The error of a mean of float32 values is that of its terms, and
			// so is the error of their deviation.
			if want := number(t, c.Sparsity); !within(m.Sparsity, want, single) {
				t.Errorf("sparsity = %v, want %v within %v", m.Sparsity, want, single)
			}
			if want := number(t, c.SparsityStd); !within(m.SparsityStd, want, 2*single) {
				t.Errorf("std of sparsity = %v, want %v within %v", m.SparsityStd, want, 2*single)
			}
			// All of this is in float64: class means of three samples, nine
			// additions, and a quotient whose denominator is at least its
			// numerator.
			const double = 64 * 0x1p-53
			for j, got := range s.Selectivity(c.Epsilon) {
				if want := number(t, c.UnitSelectivity[j]); !within(got, want, double) {
					t.Errorf("selectivity of unit %d = %v, want %v", j, got, want)
				}
			}
			if want := number(t, c.Selectivity); !within(m.Selectivity, want, double) {
				t.Errorf("selectivity = %v, want %v", m.Selectivity, want)
			}
			if want := number(t, c.SelectivityStd); !within(m.SelectivityStd, want, 2*double) {
				t.Errorf("std of selectivity = %v, want %v", m.SelectivityStd, want)
			}
			// The norm ratio is a float32 with half the relative error that the
			// float32 tolerance allows, and it is squared. The other numbers
			// are computed in float64. A standard deviation from a difference
			// of sums loses the digits that cancel, so its tolerance is that of
			// a variance: about 1000 roundings.
			square := 2 * (1.5*float64(c.Units) + 4) * 0x1p-24 / (1 - 1/float64(c.Units))
			for _, x := range []struct {
				name           string
				got, tolerance float64
				want           string
			}{
				{"gini", m.Gini, double, c.Gini}, {"std of gini", m.GiniStd, math.Sqrt(1000 * 0x1p-53), c.GiniStd},
				{"treves-rolls", m.TrevesRolls, square, c.TrevesRolls}, {"std of treves-rolls", m.TrevesRollsStd, 2 * square, c.TrevesRollsStd},
				{"csi", m.CSI, double, c.CSI}, {"std of csi", m.CSIStd, 2 * double, c.CSIStd},
				{"dead", m.Dead, double, c.Dead}, {"saturated", m.Saturated, double, c.Saturated}, {"below", m.Below, double, c.Below},
			} {
				want := number(t, x.want)
				if strings.Contains(x.name, "treves") && math.IsInf(m.Sparsity, 0) { // squares underflow in float32
					want = map[bool]float64{true: math.Inf(-1), false: math.NaN()}[x.name == "treves-rolls"]
				}
				if !within(x.got, want, x.tolerance) {
					t.Errorf("%s = %v, want %v within %v", x.name, x.got, want, x.tolerance)
				}
			}
		})
	}
}

func TestHoyerProperties(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	constant := func(n int, v float32) []float32 {
		a := make([]float32, n)
		for i := range a {
			a[i] = v
		}
		return a
	}
	for _, h := range []int{2, 3, 15, 16, 17, 64, 100, 256, 768} {
		for _, at := range []int{0, h / 2, h - 1} {
			a := make([]float32, h)
			a[at] = 0.37
			if got := Hoyer(a); math.Abs(float64(got)-1) > hoyerTolerance(h) {
				t.Errorf("one unit of %d active: sparsity %v, want 1", h, got)
			}
		}
		if got := Hoyer(constant(h, 0.73)); math.Abs(float64(got)) > hoyerTolerance(h) {
			t.Errorf("%d equal units: sparsity %v, want 0", h, got)
		}
		if got := Hoyer(make([]float32, h)); got == got {
			t.Errorf("%d silent units: sparsity %v, want NaN", h, got)
		}
		if got := Hoyer(constant(h, 0x1p-80)); got != inf {
			t.Errorf("%d units whose squares underflow: sparsity %v, want -Inf", h, got)
		}
	}
	if got := Hoyer([]float32{0.5}); got == got {
		t.Errorf("a single unit has sparsity %v, want NaN", got)
	}
	if got := Hoyer([]float32{nan, 1}); got == got {
		t.Errorf("sparsity of a NaN is %v", got)
	}
	// By hand: (√4 − 3/√5)/(√4 − 1).
	if got, want := float64(Hoyer([]float32{2, 1, 0, 0})), 2-3/math.Sqrt(5); math.Abs(got-want) > hoyerTolerance(4) {
		t.Errorf("sparsity of 2 1 0 0 is %v, want %v", got, want)
	}
	// Scaling by a power of two changes no rounding, and signs do not matter.
	r := rand.New(rand.NewPCG(1, 1))
	a, b := make([]float32, 100), make([]float32, 100)
	for i := range a {
		a[i] = r.Float32()
		b[i] = -a[i] / 8
	}
	if Hoyer(a) != Hoyer(b) {
		t.Errorf("sparsity %v of a, %v of -a/8", Hoyer(a), Hoyer(b))
	}
}

// TestRatioShape pins the order of the sums. The numbers are chosen so that the
// wrong order gives a different result: 2^24 swallows a 1 that is added to it,
// but not a 2.
func TestRatioShape(t *testing.T) {
	a := make([]float32, 48)
	a[0], a[16], a[32] = 0x1p24, 1, 1 // lane 0: 2^24 twice swallows 1
	a[8] = 2                          // joins lane 0 in the first step of the tree
	// L1 = 2^24 + 2. L2² = 2^48 + 4 = 2^48 in float32, and its root is 2^24.
	if got, want := Ratio(a), float32(0x1p24+2)/0x1p24; got != want {
		t.Errorf("ratio %v, want %v", got, want)
	}
	// In a single chain from the left the ones would also be added one by one,
	// but the 2 would come before them. In a tree that first adds neighbours,
	// lane 8 would join lane 9.
	b := make([]float32, 16)
	b[0], b[1], b[9] = 0x1p24, 1, 1 // 8 apart first: 1 + 1 = 2 survives
	if got, want := Ratio(b), float32(0x1p24+2)/0x1p24; got != want {
		t.Errorf("ratio %v, want %v", got, want)
	}
}

// TestStatisticsByHand uses two units and samples of classes 0, 0, 3 and 9.
func TestStatisticsByHand(t *testing.T) {
	values := []float32{
		0.5, 0,
		1, 0,
		0, -2, // counts as 2
		3, 3,
	}
	s, err := FromActivations(values, 2, []uint8{0, 0, 3, 9}, 10, thresholds)
	if err != nil {
		t.Fatal(err)
	}
	want := Statistics{Units: 2, ClassSums: make([]float64, 20), ClassCounts: make([]int64, 10), Samples: 4}
	want.ClassSums[0], want.ClassSums[3*2+1], want.ClassSums[9*2], want.ClassSums[9*2+1] = 1.5, 2, 3, 3
	want.ClassCounts[0], want.ClassCounts[3], want.ClassCounts[9] = 2, 1, 1
	want.Squares, want.Least, want.Most = []float64{10.25, 13}, []float32{0, 0}, []float32{3, 3}
	want.Thresholds, want.Below = thresholds, []int64{1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 2, 2, 2, 2, 2, 2}
	r := float64(float32(6) / float32(math.Sqrt(18)))
	want.RatioSum, want.RatioSquares, want.RatioFourths = 3+r, 3+r*r, 3+(r*r)*(r*r)
	want.RankSum, want.RankSquares = 3*2+1.5, 3*4+1.5*1.5
	s.Activation, want.Activation = "relu", "relu"
	if err := s.Same(want); err != nil {
		t.Error(err)
	}
	// Three samples have sparsity 1, and one has sparsity 0 (6/√18 = √2 up to
	// rounding).
	if got := s.Sparsity(); math.Abs(got-0.75) > hoyerTolerance(2) {
		t.Errorf("sparsity %v, want 0.75", got)
	}
	if got := s.SparsityStd(); math.Abs(got-0.5) > hoyerTolerance(2) {
		t.Errorf("std %v, want 0.5", got)
	}
	if m, err := s.Measure(0); err != nil || !math.IsNaN(m.Selectivity) || !math.IsNaN(m.SelectivityStd) {
		t.Errorf("measures %+v (%v), want NaN selectivity: seven classes have no sample", m, err)
	}
}

func TestSelectivityByHand(t *testing.T) {
	// Ten classes of two samples; class means of four units.
	s := Statistics{
		Units: 4, Activation: "sigmoid", ClassSums: make([]float64, 40), ClassCounts: make([]int64, 10), Samples: 20,
		Squares: make([]float64, 4), Least: make([]float32, 4), Most: make([]float32, 4), Thresholds: thresholds, Below: make([]int64, 32),
	}
	for c := range 10 {
		s.ClassCounts[c] = 2
		s.ClassSums[c*4] = 1    // all class means are 0.5: selectivity 0
		s.ClassSums[c*4+2] = 0  // silent
		s.ClassSums[c*4+3] = .2 // 0.1, and 0.4 for class 5: (0.4 − 0.1)/(0.4 + 0.1)
	}
	s.ClassSums[7*4+1] = 1.5 // only one class: 1
	s.ClassSums[5*4+3] = .8
	for _, tt := range []struct {
		epsilon float64
		want    []float64
	}{
		{0, []float64{0, 1, math.NaN(), 0.6}},
		{0.25, []float64{0, 0.75, 0, 0.4}},
	} {
		for j, got := range s.Selectivity(tt.epsilon) {
			if !within(got, tt.want[j], 32*0x1p-53) {
				t.Errorf("epsilon %v: unit %d: %v, want %v", tt.epsilon, j, got, tt.want[j])
			}
		}
	}
	m, err := s.Measure(0.25)
	if err != nil {
		t.Fatal(err)
	}
	// The mean of 0, 0.75, 0, 0.4, and their deviation with n: √(Σd²/4).
	if !within(m.Selectivity, 0.2875, 1e-15) || !within(m.SelectivityStd, math.Sqrt((2*0.2875*0.2875+0.4625*0.4625+0.1125*0.1125)/4), 1e-15) {
		t.Errorf("mean %v, std %v", m.Selectivity, m.SelectivityStd)
	}
}

func TestNonFinite(t *testing.T) {
	silent := []float32{0, 0, 1, 0}
	tiny := []float32{0x1p-80, 0, 1, 0}
	both := []float32{0, 0, 0x1p-80, 0}
	for _, tt := range []struct {
		name   string
		values []float32
		want   float64
	}{{"silent sample", silent, math.NaN()}, {"underflow", tiny, math.Inf(-1)}, {"both", both, math.NaN()}} {
		s, err := FromActivations(tt.values, 2, []uint8{0, 1}, 10, thresholds)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Sparsity(); !within(got, tt.want, 0) {
			t.Errorf("%s: sparsity %v, want %v", tt.name, got, tt.want)
		}
		if got := s.SparsityStd(); !math.IsNaN(got) {
			t.Errorf("%s: std %v, want NaN", tt.name, got)
		}
	}
}

func TestAverage(t *testing.T) {
	a := Measures{Sparsity: 0.25, SparsityStd: 0.5, Selectivity: 0.75, SelectivityStd: 1}
	b := Measures{Sparsity: 0.75, SparsityStd: 0.25, Selectivity: math.NaN(), SelectivityStd: 0}
	got, err := Average([]Measures{a, b})
	if err != nil {
		t.Fatal(err)
	}
	if got.Sparsity != 0.5 || got.SparsityStd != 0.375 || !math.IsNaN(got.Selectivity) || got.SelectivityStd != 0.5 {
		t.Errorf("average %+v", got)
	}
	if got, err := Average([]Measures{a}); err != nil || got != a {
		t.Errorf("average of one layer is %+v (%v)", got, err)
	}
	if _, err := Average(nil); err == nil {
		t.Error("no layers have an average")
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		name   string
		values []float32
		units  int
		labels []uint8
		want   string
	}{
		{"no units", nil, 0, nil, "0 units"},
		{"length", make([]float32, 5), 2, []uint8{1, 2}, "want 4"},
		{"label", make([]float32, 4), 2, []uint8{1, 10}, "sample 1 has class 10"},
	} {
		if _, err := FromActivations(tt.values, tt.units, tt.labels, 10, thresholds); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one with %q", tt.name, err, tt.want)
		}
	}
	good, err := FromActivations(make([]float32, 4), 2, []uint8{1, 2}, 10, thresholds)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Statistics){
		"samples": func(s *Statistics) { s.Samples++ },
		"sums":    func(s *Statistics) { s.ClassSums = s.ClassSums[1:] },
		"classes": func(s *Statistics) { s.ClassCounts = s.ClassCounts[:1] },
		"units":   func(s *Statistics) { s.Units = 0 },
	} {
		bad := good
		spoil(&bad)
		if _, err := bad.Measure(0); err == nil {
			t.Errorf("statistics with wrong %s were measured", name)
		}
		if good.Same(bad) == nil {
			t.Errorf("statistics with wrong %s equal right ones", name)
		}
	}
}

func TestSameComparesBits(t *testing.T) {
	make2 := func() Statistics {
		s, err := FromActivations([]float32{1, 2, 0, 0, 3, 0.1}, 2, []uint8{1, 2, 3}, 10, thresholds)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a := make2() // RatioSum is NaN, and NaNs are equal
	if err := a.Same(make2()); err != nil {
		t.Error(err)
	}
	b := make2()
	b.ClassSums[3] = math.Nextafter(b.ClassSums[3], 3)
	if err := a.Same(b); err == nil || !strings.Contains(err.Error(), "class 1, unit 1") {
		t.Errorf("one bit in class 1, unit 1: %v", err)
	}
	c := make2()
	c.ClassSums[0] = math.Copysign(0, -1)
	if a.Same(c) == nil {
		t.Error("-0 passes for +0")
	}
}

func BenchmarkFromActivations(b *testing.B) {
	const samples, units = 10_000, 256
	r := rand.New(rand.NewPCG(2, 2))
	values, labels := make([]float32, samples*units), make([]uint8, samples)
	for i := range values {
		values[i] = r.Float32()
	}
	for i := range labels {
		labels[i] = uint8(r.IntN(10))
	}
	b.SetBytes(int64(4 * len(values)))
	for b.Loop() {
		if _, err := FromActivations(values, units, labels, 10, thresholds); err != nil {
			b.Fatal(err)
		}
	}
}

func TestSharesByHand(t *testing.T) {
	// Four samples of five units.
	values := []float32{
		0, 0.96, 0.04, 0.5, 0.97,
		0, 0.99, 0.03, 0.04, 0.02,
		0, 1.00, 0.02, 0.04, 0.98,
		0, 0.95, 0.01, 0.04, 0.01,
	}
	for _, tt := range []struct {
		function                string
		dead, saturated, below1 float64
		varying                 []int // units, from 0
	}{
		{"sigmoid", 0.4, 0.8, 0.65, []int{3}},       // units 1 and 3 are dead, and 2 and 5 are saturated as well
		{"tanh", 0.4, 0.2, 0.65, []int{3, 4}},       // unit 2 is saturated
		{"relu", 0.2, 0.2, 0.65, []int{1, 2, 3, 4}}, // unit 1
	} {
		s, err := FromActivations(values, 5, []uint8{0, 1, 2, 3}, 4, thresholds)
		if err != nil {
			t.Fatal(err)
		}
		s.Activation = tt.function
		m, err := s.Measure(0)
		if err != nil || m.Shares != (Shares{tt.dead, tt.saturated, tt.below1}) {
			t.Errorf("%s: %+v (%v)", tt.function, m.Shares, err)
		}
		if got, err := s.Varying(); err != nil || !slices.Equal(got, tt.varying) {
			t.Errorf("%s: units %v vary (%v), want %v", tt.function, got, err, tt.varying)
		}
	}
	s, _ := FromActivations([]float32{0, float32(math.NaN())}, 2, []uint8{0}, 2, thresholds)
	s.Activation = "relu"
	if m, err := s.Measure(0); err != nil || !math.IsNaN(m.Dead) || !math.IsNaN(m.Saturated) || !math.IsNaN(m.Below) {
		t.Errorf("a layer with a NaN: %+v (%v)", m.Shares, err)
	}
	if got, err := s.Varying(); err != nil || got != nil {
		t.Errorf("a layer with a NaN: units %v vary (%v)", got, err)
	}
	s, _ = FromActivations(values, 5, []uint8{0, 1, 2, 3}, 4, thresholds[:3])
	s.Activation = "relu"
	if _, err := s.Measure(0); err == nil || !strings.Contains(err.Error(), "nothing was counted below 0.1") {
		t.Errorf("without a threshold: %v", err)
	}
	s.Activation = ""
	s.Thresholds, s.Below = thresholds, make([]int64, 5*len(thresholds))
	if _, err := s.Measure(0); err == nil || !strings.Contains(err.Error(), "no activation") {
		t.Errorf("without an activation: %v", err)
	}
}

// One active unit and equally active units are the two ends of both sparsities.
func TestSparsityClosedForms(t *testing.T) {
	for _, h := range []int{2, 3, 16, 17, 100, 256, 768} {
		alone, alike := make([]float32, h), make([]float32, h)
		alone[h/3] = 0.25
		for j := range alike {
			alike[j] = 0.5
		}
		n := float64(h)
		for _, tt := range []struct {
			name         string
			row          []float32
			gini, treves float64
		}{{"alone", alone, 1 - 1/n, 1}, {"alike", alike, 0, 0}} {
			s, err := FromActivations(tt.row, h, []uint8{0}, 2, thresholds)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Gini(); math.Abs(got-tt.gini) > 8*0x1p-53*n {
				t.Errorf("%d units, %s: gini %v, want %v", h, tt.name, got, tt.gini)
			}
			if got := s.TrevesRolls(); math.Abs(got-tt.treves) > 2*(1.5*n+4)*0x1p-24/(1-1/n) {
				t.Errorf("%d units, %s: treves-rolls %v, want %v", h, tt.name, got, tt.treves)
			}
		}
	}
}

// Radix sort gives the same order as comparing, for values of any size and any
// number of them.
func TestSortedSizes(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	draw := []func() float32{
		func() float32 { return math.Float32frombits(r.Uint32()) }, // any bits at all
		func() float32 { return float32(r.NormFloat64()) },
		func() float32 { return max(0, float32(r.NormFloat64())) },
		func() float32 { return float32(r.IntN(3)) },
		func() float32 { return -2.5 },
		func() float32 { return float32(1 - 1e-6*r.Float64()) }, // a saturated sigmoid
		func() float32 { return float32(math.Exp(20 * r.NormFloat64())) },
	}
	sizes := []int{most * intervals, most*intervals + 1, math.MaxUint16 + 1}
	for n := 0; n < 2*stackUnits; n += 1 + n/7 {
		sizes = append(sizes, n)
	}
	for _, n := range sizes {
		for k, of := range draw {
			a, want := make([]float32, n), make([]uint32, n)
			for i := range a {
				a[i] = of()
				want[i] = math.Float32bits(a[i]) &^ (1 << 31)
			}
			slices.Sort(want)
			var one, two [stackUnits]uint32
			if got := sortedSizes(a, one[:], two[:]); !slices.Equal(got, slices.DeleteFunc(slices.Clone(want), func(size uint32) bool { return size == 0 })) {
				t.Fatalf("%d numbers of kind %d: %v, want %v", n, k, got, want)
			}
			sum, ranks := 0.0, 0.0
			for _, bits := range slices.Backward(want) {
				sum += float64(math.Float32frombits(bits))
				ranks += sum
			}
			if got, want := Rank(a), ranks/sum; got != want && !(got != got && want != want) {
				t.Fatalf("%d numbers of kind %d: mean rank %v, want %v", n, k, got, want)
			}
		}
	}
}

func BenchmarkRank(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	a := make([]float32, 256)
	for i := range a {
		a[i] = r.Float32()
	}
	b.SetBytes(4 * 256)
	for b.Loop() {
		Rank(a)
	}
}
