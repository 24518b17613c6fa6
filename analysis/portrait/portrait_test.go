package portrait

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"sparsel/analysis/activity"
	"sparsel/analysis/chart"
	"sparsel/analysis/metric"
)

var nan = math.NaN()

// layer has one unit for each selectivity. Unit j is active only for class j
// mod classes.
func layer(classes int, selectivities ...float64) activity.Result {
	r := activity.Result{Chance: nan}
	for c := range classes {
		r.Classes = append(r.Classes, int64(10*c))
		r.Means = append(r.Means, make([]float64, len(selectivities)))
	}
	for j, s := range selectivities {
		r.Means[j%classes][j] = 2
		r.Units = append(r.Units, activity.Unit{
			Best: int64(10 * (j % classes)), Selectivity: s, Chance: 0.1, Mean: 1 / float64(classes), Most: 2,
		})
	}
	return r
}

// column returns the height of an outline at x.
func column(s chart.Series, x float64) float64 {
	for i := 0; i+1 < len(s.X); i += 2 {
		if s.X[i] <= x && x < s.X[i+1] {
			return s.Y[i]
		}
	}
	return nan
}

// A histogram counts each unit once: those beyond an end at that end, and those
// without a selectivity not at all.
func TestSelectivityCountsUnits(t *testing.T) {
	l := layer(2, 0, 0.039, 0.041, 1, 1.5, -0.2, nan)
	l.Measures = metric.Measures{Selectivity: 0.4}
	p := Selectivity(l)
	if len(p.Series) != 1 {
		t.Fatalf("%d series without a level of chance", len(p.Series))
	}
	for x, want := range map[float64]float64{0.01: 3, 0.05: 1, 0.5: 0, 0.99: 2} {
		if got := column(p.Series[0], x); got != want {
			t.Errorf("%v units at %v, want %v", got, x, want)
		}
	}
	if len(p.Rules) != 1 || p.Rules[0].At != 0.4 {
		t.Errorf("the mean is at %+v", p.Rules)
	}
	l.Chance, l.Measures.Selectivity = 0.1, nan
	if p = Selectivity(l); len(p.Series) != 2 || column(p.Series[1], 0.1) != 7 || len(p.Rules) != 0 {
		t.Errorf("beside chance: %+v", p)
	}
}

// Each point carries its unit's number, also after units that have no point.
func TestActivityNamesItsPoints(t *testing.T) {
	l := layer(2, 0.1, 0.2, 0.3)
	l.Units[1].Mean = math.Inf(1)
	s := Activity(l).Series[0]
	if !slices.Equal(s.Names, []string{"0", "2"}) || !slices.Equal(s.Y, []float64{0.1, 0.3}) || !slices.Equal(s.X, []float64{0.5, 0.5}) {
		t.Errorf("%+v", s)
	}
	for j := range l.Units {
		l.Units[j].Mean = nan
	}
	if s = Activity(l).Series[0]; len(s.X) != 1 || !math.IsNaN(s.Y[0]) {
		t.Errorf("units without a mean: %+v", s)
	}
}

// Units are ordered by best class, then from the most selective down. Those
// that were never active come last, and are white.
func TestClassesOrderUnits(t *testing.T) {
	l := layer(2, 0.3, 0.1, 0.9, 0.2, 0.5)
	l.Units[0].Most, l.Means[0][0] = 0, 0
	p := Classes(l)
	if !slices.Equal(p.Y.Categories, []string{"0", "10"}) {
		t.Errorf("classes %q", p.Y.Categories)
	}
	// Best class 0: units 2 and 4; class 10: 3 and 1; silent: 0.
	want := [][]float64{{1, 1, 0, 0, nan}, {0, 0, 1, 1, nan}}
	if got := p.Heat.Values; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("cells %v, want %v", got, want)
	}
	if got := byBest(l, bestClasses(l)); !slices.Equal(got, []int{2, 4, 3, 1, 0}) {
		t.Errorf("order %v", got)
	}
}

// A class without a sample has a white row, and the other rows are what they are
// without it. A unit whose training diverged is white.
func TestClassesWithoutSamples(t *testing.T) {
	l := layer(3, 0.5, 0.5, 0.5, 0.5)
	l.Means[1][3], l.Units[3].Mean = math.Inf(1), math.Inf(1)
	for j := range l.Units {
		l.Means[0][j], l.Units[j].Selectivity, l.Units[j].Best = nan, nan, 0
	}
	l.Means[2] = []float64{1, 1, 2, 1}
	l.Means[1][0] = 0
	// Best class 10: units 1 and 3; class 20: 0 and 2.
	want := [][]float64{{nan, nan, nan, nan}, {1, nan, 0, 0}, {0.5, nan, 1, 1}}
	if got := Classes(l).Heat.Values; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("cells %v, want %v", got, want)
	}
}

// A layer that is too wide for the picture is thinned out evenly, and the axis
// says so.
func TestClassesOfAWideLayer(t *testing.T) {
	p := Classes(layer(150, make([]float64, 1200)...))
	if len(p.Heat.Values) != 100 || len(p.Heat.Values[0]) != 512 {
		t.Errorf("%d × %d cells", len(p.Heat.Values), len(p.Heat.Values[0]))
	}
	if p.X.Label != "unit, by best class (512 of 1200)" || p.Y.Scale == chart.Categorical {
		t.Errorf("axes %+v, %+v", p.X, p.Y)
	}
	if got := some(ascending(10), 4); !slices.Equal(got, []int{0, 2, 5, 7}) {
		t.Errorf("four of ten: %v", got)
	}
}

// The cells of an epoch are shares of all its units, and add up to the share of
// those that have a selectivity.
func TestEpochsAreShares(t *testing.T) {
	h := Epochs([]activity.Result{layer(2, 0, 0.01, 0.06, nan), layer(2, 1, 1, 1, 1)}).Heat
	for e, want := range []float64{0.75, 1} {
		sum := 0.0
		for _, row := range h.Values {
			sum += row[e]
		}
		if sum != want {
			t.Errorf("epoch %d: the shares add up to %v, want %v", e, sum, want)
		}
	}
	if h.Values[0][0] != 0.5 || h.Values[1][0] != 0.25 || h.Values[epochBins-1][1] != 1 || h.Max != 1 {
		t.Errorf("cells %v up to %v", h.Values, h.Max)
	}
	p := Epochs([]activity.Result{layer(2, 0, 0, 0, 0), layer(2, 0, 0, 1, 0.5)})
	if h := p.Heat; h.Max != 0.5 || h.Values[0][0] != 1 {
		t.Errorf("the colours end at %v, want the largest share after training began", h.Max)
	}
	if p.Y.Min != 0 || p.Y.Max != 1 || p.Heat.Low != 0 || p.Heat.High != 1 {
		t.Errorf("selectivity from 0 to 1 is drawn along %+v", p.Y)
	}
	if h := Epochs([]activity.Result{layer(2, nan)}).Heat; h.Max != 1 {
		t.Errorf("without any selectivity the colours end at %v", h.Max)
	}
}

// Classes that are left out are counted beside those that are shown.
func TestClassesSaysWhatIsLeftOut(t *testing.T) {
	for classes, want := range map[int]string{100: "class, by rank", 300: "class, by rank (100 of 300)"} {
		p := Classes(layer(classes, make([]float64, 5)...))
		if p.Y.Label != want || len(p.Heat.Values) != 100 {
			t.Errorf("%d classes: %q, %d rows", classes, p.Y.Label, len(p.Heat.Values))
		}
	}
}
