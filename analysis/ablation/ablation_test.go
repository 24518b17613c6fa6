package ablation

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

type draws struct{ *rand.Rand }

func (d draws) Bounded(limit uint32) uint32 { return d.Uint32N(limit + 1) }

func source(seed uint64) draws { return draws{rand.New(rand.NewPCG(seed, 0))} }

// naive computes from the definition how many samples the kept units classify
// correctly.
func naive(o Output, rows []float32, labels []int, kept func(unit int) bool) (correct int64) {
	for i, label := range labels {
		best, most := 0, math.Inf(-1)
		for c := range o.Classes {
			z := o.Bias[c]
			for u := range o.Units {
				if kept(u) {
					z += o.Weights[c*o.Units+u] * float64(rows[i*o.Units+u])
				} else if o.Absent != nil {
					z += o.Weights[c*o.Units+u] * o.Absent[u]
				}
			}
			if z > most {
				best, most = c, z
			}
		}
		if best == label {
			correct++
		}
	}
	return correct
}

func TestCounts(t *testing.T) {
	for _, absent := range [][]float64{nil, {0.1, 0.7, 0, 0.5, 0.4, 1, -0.3, 0.6, 0.2, 0.9, 0.5, 0.1, 0.8}} {
		counts(t, absent)
	}
}

func counts(t *testing.T, absent []float64) {
	r := source(1)
	const units, classes, samples = 13, 4, 300
	o := Output{units, classes, make([]float64, units*classes), make([]float64, classes), absent}
	for i := range o.Weights {
		o.Weights[i] = r.NormFloat64()
	}
	rows, labels := make([]float32, samples*units), make([]int, samples)
	for i := range rows {
		rows[i] = float32(max(0, r.NormFloat64())) // many zeros, so that classes tie once no unit is left
	}
	for i := range labels {
		labels[i] = r.IntN(classes)
	}
	orders := [][]int{Random(units, r), Random(units, r), ascending(units)}
	run, err := Begin(o, orders)
	if err != nil {
		t.Fatal(err)
	}
	run.Add(rows[:100*units], labels[:100])
	run.Add(rows[100*units:], labels[100:])
	c := run.Counts()
	if c.Samples != samples || c.Intact != naive(o, rows, labels, func(int) bool { return true }) {
		t.Errorf("%d of %d", c.Intact, c.Samples)
	}
	for u := range units {
		if want := naive(o, rows, labels, func(unit int) bool { return unit != u }); c.Without[u] != want {
			t.Errorf("without unit %d: %d, want %d", u, c.Without[u], want)
		}
	}
	for k, order := range orders {
		for removed := range units + 1 {
			kept := func(unit int) bool { return !slices.Contains(order[:removed], unit) }
			if want := naive(o, rows, labels, kept); c.Removed[k][removed] != want {
				t.Errorf("order %d, %d removed: %d, want %d", k, removed, c.Removed[k][removed], want)
			}
		}
	}
}

func TestBeginRefuses(t *testing.T) {
	good := Output{2, 2, make([]float64, 4), make([]float64, 2), nil}
	for name, c := range map[string]struct {
		o      Output
		orders [][]int
	}{
		"short":     {Output{2, 2, make([]float64, 3), make([]float64, 2), nil}, nil},
		"one class": {Output{2, 1, make([]float64, 2), make([]float64, 1), nil}, nil},
		"NaN":       {Output{2, 2, []float64{0, math.NaN(), 0, 0}, make([]float64, 2), nil}, nil},
		"twice":     {good, [][]int{{0, 0}}},
		"absent":    {Output{2, 2, make([]float64, 4), make([]float64, 2), make([]float64, 1)}, nil},
		"beyond":    {good, [][]int{{0, 2}}},
	} {
		if _, err := Begin(c.o, c.orders); err == nil {
			t.Errorf("%s is no error", name)
		}
	}
}

func TestOrders(t *testing.T) {
	if got := MostFirst([]float64{1, math.NaN(), 3, 1, 2}); !slices.Equal(got, []int{2, 4, 0, 3, 1}) {
		t.Error(got)
	}
	activity := make([]float64, 61)
	r := source(2)
	for i := range activity {
		activity[i] = r.Float64()
	}
	strata := Strata(activity)
	sizes := map[int]int{}
	for i, s := range strata {
		sizes[s]++
		for j, other := range strata {
			if s < other && activity[i] > activity[j] {
				t.Fatalf("unit %d of activity %v is in stratum %d, unit %d of %v in %d", i, activity[i], s, j, activity[j], other)
			}
		}
	}
	for s, n := range sizes {
		if n < StratumUnits || n >= 2*StratumUnits {
			t.Errorf("stratum %d has %d units", s, n)
		}
	}
	order := Random(len(activity), r)
	matched := Matched(order, strata, r)
	if slices.Equal(order, matched) {
		t.Error("the matched order is the order")
	}
	for i := range order {
		if strata[order[i]] != strata[matched[i]] {
			t.Errorf("place %d: strata %d and %d", i, strata[order[i]], strata[matched[i]])
		}
	}
	sorted := slices.Clone(matched)
	slices.Sort(sorted)
	if !slices.Equal(sorted, ascending(len(activity))) {
		t.Error(matched)
	}
}

// Each of the six orders of three units is equally likely: its count in 6,000
// draws is within 5 standard deviations of 1,000.
func TestRandomIsUniform(t *testing.T) {
	counts, r := map[[3]int]int{}, source(3)
	for range 6000 {
		counts[[3]int(Random(3, r))]++
	}
	for order, n := range counts {
		if math.Abs(float64(n)-1000) > 5*math.Sqrt(6000*1./6*5/6) {
			t.Errorf("%v was drawn %d times", order, n)
		}
	}
	if len(counts) != 6 {
		t.Errorf("%d orders", len(counts))
	}
}

// If selectivity has no effect, p falls below any level at most as often as the
// level says.
func TestPHolds(t *testing.T) {
	r, small := source(4), 0
	const trials, level = 4000, 0.05
	for range trials {
		others := make([]float64, 39)
		for i := range others {
			others[i] = r.Float64()
		}
		if P(r.Float64(), others) <= level {
			small++
		}
	}
	if sd := math.Sqrt(trials * level * (1 - level)); math.Abs(float64(small)-trials*level) > 5*sd {
		t.Errorf("p is at most %v in %d of %d trials", level, small, trials)
	}
	if p := P(1, nil); !math.IsNaN(p) {
		t.Error(p)
	}
	if p := P(0.5, []float64{0.5, 0.5}); p != 1 {
		t.Error(p)
	}
}

func TestAreaAndQuantile(t *testing.T) {
	if a := Area([]float64{1, 0.5, 0}); a != 0.5 {
		t.Error(a)
	}
	list := []float64{4, 1, 3, 2}
	for p, want := range map[float64]float64{0: 1, 0.25: 1, 0.26: 2, 0.5: 2, 0.975: 4, 1: 4} {
		if q := Quantile(list, p); q != want {
			t.Errorf("quantile %v: %v, want %v", p, q, want)
		}
	}
}

// The expected values are those of SciPy's spearmanr: without ties 1 −
// 6·Σd²/(n(n²−1)) = 1 − 6·8/120; with ties Pearson's correlation of the mean
// ranks.
func TestSpearman(t *testing.T) {
	if rho := Spearman([]float64{1, 2, 3, 4, 5, math.NaN()}, []float64{5, 6, 7, 8, 7, 1}); math.Abs(rho-0.8207826816681233) > 1e-15 {
		t.Error(rho)
	}
	if rho := Spearman([]float64{10, 20, 30, 40, 50}, []float64{2, 1, 4, 5, 3}); math.Abs(rho-0.6) > 1e-15 {
		t.Error(rho)
	}
	if rho := Spearman([]float64{1, 2}, []float64{3, 3}); !math.IsNaN(rho) {
		t.Error(rho)
	}
}
