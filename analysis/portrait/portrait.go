package portrait

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"sparsel/analysis/activity"
	"sparsel/analysis/chart"
)

// Steps draws counts over equal bins as an outline.
func Steps(label string, counts []int64, low, width float64, role, dash string) chart.Series {
	s := chart.Series{Label: label, Role: role, Dash: dash, Marks: chart.LineOnly}
	for i, n := range counts {
		left := low + float64(i)*width
		s.X = append(s.X, left, left+width)
		s.Y = append(s.Y, float64(n), float64(n))
	}
	return s
}

// Selectivity returns the histogram of the units by selectivity, with the one
// under permuted labels if that is known.
func Selectivity(l activity.Result) chart.Panel {
	const bins = 25
	count := func(of func(activity.Unit) float64) []int64 {
		counts := make([]int64, bins)
		for _, u := range l.Units {
			if v := of(u); v == v {
				counts[int(math.Max(0, math.Min(bins-1, math.Floor(v*bins))))]++
			}
		}
		return counts
	}
	p := chart.Panel{
		X: chart.Axis{Label: "selectivity (CCMAS)", Min: 0, Max: 1}, Y: chart.Axis{Label: "units"},
		Series: []chart.Series{Steps("units", count(func(u activity.Unit) float64 { return u.Selectivity }),
			0, 1.0/bins, "selectivity", "solid")},
	}
	if l.Chance == l.Chance {
		p.Series = append(p.Series, Steps("under permuted labels", count(func(u activity.Unit) float64 { return u.Chance }),
			0, 1.0/bins, "accuracy", "dashed"))
	}
	if v := l.Selectivity; v == v && v >= 0 && v <= 1 {
		p.Rules = append(p.Rules, chart.Rule{Kind: chart.Vertical, At: v, Label: "mean over units"})
	}
	return p
}

// Activity plots a point for each unit: its selectivity against its mean
// activity.
func Activity(l activity.Result) chart.Panel {
	s := chart.Series{Label: "", Role: "selectivity", Marks: chart.Points, Alpha: 0.6}
	for j, u := range l.Units {
		if math.IsNaN(u.Mean) || math.IsInf(u.Mean, 0) {
			continue
		}
		s.X, s.Y, s.Names = append(s.X, u.Mean), append(s.Y, u.Selectivity), append(s.Names, strconv.Itoa(j))
	}
	if len(s.X) == 0 { // all units are NaN, and an empty panel shows that
		s.X, s.Y, s.Names = []float64{0}, []float64{math.NaN()}, []string{""}
	}
	return chart.Panel{X: chart.Axis{Label: "mean activity"}, Y: chart.Axis{Label: "selectivity (CCMAS)"}, Series: []chart.Series{s}}
}

// Classes returns the heat map of units and classes: each unit's class means
// divided by its largest. A class without a sample has no means, and its row is
// white. If there are too many units or classes, evenly spaced ones are shown.
func Classes(l activity.Result) chart.Panel {
	const mostUnits, mostClasses = 512, 100
	best := bestClasses(l)
	units, classes := some(byBest(l, best), mostUnits), some(ascending(len(l.Classes)), mostClasses)
	h := &chart.Heat{Label: "share of the largest class mean", Min: 0, Max: 1}
	y := chart.Axis{Label: "class", Scale: chart.Categorical}
	if len(classes) > 20 {
		y = chart.Axis{Label: "class, by rank", Min: -0.5, Max: float64(len(classes)) - 0.5}
		if len(classes) < len(l.Classes) {
			y.Label = fmt.Sprintf("class, by rank (%d of %d)", len(classes), len(l.Classes))
		}
	}
	for _, c := range classes {
		if y.Scale == chart.Categorical {
			y.Categories = append(y.Categories, strconv.FormatInt(l.Classes[c], 10))
		}
		line := make([]float64, len(units))
		for i, j := range units {
			line[i] = l.Means[c][j] / l.Means[best[j]][j]
			if mean := l.Units[j].Mean; math.IsNaN(mean) || math.IsInf(mean, 0) { // the training diverged
				line[i] = math.NaN()
			}
		}
		h.Values = append(h.Values, line)
	}
	x := chart.Axis{Label: "unit, by best class", Min: -0.5, Max: float64(len(units)) - 0.5}
	if len(units) < len(l.Units) {
		x.Label = fmt.Sprintf("unit, by best class (%d of %d)", len(units), len(l.Units))
	}
	return chart.Panel{X: x, Y: y, Heat: h}
}

// byBest orders units by their best class and, within a class, from the most
// selective down. Units that are always 0 have no best class and come last.
func byBest(l activity.Result, best []int) []int {
	order := ascending(len(l.Units))
	silent := func(unit int) int {
		if l.Units[unit].Most == 0 {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(silent(a), silent(b)), cmp.Compare(best[a], best[b]),
			cmp.Compare(l.Units[b].Selectivity, l.Units[a].Selectivity))
	})
	return order
}

// bestClasses returns, for each unit, the index of the class with its largest
// mean, the first of equal ones. A class without a sample has no mean, and is no
// unit's best.
func bestClasses(l activity.Result) []int {
	best := make([]int, len(l.Units))
	for j := range best {
		for c, m := range l.Means {
			if m[j] > l.Means[best[j]][j] || math.IsNaN(l.Means[best[j]][j]) {
				best[j] = c
			}
		}
	}
	return best
}

// ascending returns 0, 1, ..., n−1.
func ascending(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// some returns at most the given number of elements of a list, evenly spaced.
func some(list []int, most int) []int {
	if len(list) <= most {
		return list
	}
	picked := make([]int, most)
	for i := range picked {
		picked[i] = list[i*len(list)/most]
	}
	return picked
}
