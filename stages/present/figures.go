package present

import (
	"fmt"
	"math"
	"strconv"

	"sparsel/analysis/activity"
	"sparsel/analysis/chart"
)

// mostPanels bounds a figure: the last layers are shown, which with epochs are those of the end.
const mostPanels = 6

// figures are the pictures of the layers. Where there are more than six, each shows the last six.
func figures(layers []Layer) []chart.Figure {
	if n := len(layers); n > mostPanels {
		layers = layers[n-mostPanels:]
	}
	return []chart.Figure{
		figure("selectivity", "Selectivity of the units", "", layers, selectivityPanel),
		figure("classes", "Mean activity of each unit for each class", "Each unit's class means over its largest, from 0 (dark) to 1 (bright). Units by best class, then selectivity; those that are always 0 are white.",
			layers, classesPanel),
		figure("activity", "Selectivity and mean activity", "A point is a unit.", layers, activityPanel),
		figure("sparsity", "Sparsity of the samples", "", layers, sparsityPanel),
	}
}

func figure(id, title, note string, layers []Layer, panel func(Layer) chart.Panel) chart.Figure {
	f := chart.Figure{ID: id, Title: title, Caption: title + ". " + note, Note: note}
	for i, l := range layers {
		if i%2 == 0 {
			f.Rows = append(f.Rows, chart.Row{})
		}
		p := panel(l)
		p.Title = plain(l.title())
		row := &f.Rows[len(f.Rows)-1]
		row.Panels = append(row.Panels, p)
	}
	return f
}

func (l Layer) title() string { return l.File + ": " + l.Key.String() }

// plain replaces what the font of the figures may lack, for names come from files.
func plain(s string) string {
	out := []rune{}
	for _, r := range s {
		if r < ' ' || r > '~' || r == '^' || r == '{' || r == '}' {
			r = '?'
		}
		out = append(out, r)
	}
	const most = 48
	if len(out) > most {
		out = append([]rune("..."), out[len(out)-most:]...)
	}
	return string(out)
}

// steps draws counts over equal bins as an outline.
func steps(label string, counts []int64, low, width float64, role, dash string) chart.Series {
	s := chart.Series{Label: label, Role: role, Dash: dash, Marks: chart.LineOnly}
	for i, n := range counts {
		left := low + float64(i)*width
		s.X = append(s.X, left, left+width)
		s.Y = append(s.Y, float64(n), float64(n))
	}
	return s
}

func selectivityPanel(l Layer) chart.Panel {
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
		Series: []chart.Series{steps("units", count(func(u activity.Unit) float64 { return u.Selectivity }), 0, 1.0/bins, "selectivity", "solid")},
	}
	if l.Chance == l.Chance {
		p.Series = append(p.Series, steps("under permuted labels", count(func(u activity.Unit) float64 { return u.Chance }), 0, 1.0/bins, "accuracy", "dashed"))
	}
	if v := l.Selectivity; v == v && v >= 0 && v <= 1 {
		p.Rules = append(p.Rules, chart.Rule{Kind: chart.Vertical, At: v, Label: "mean over units"})
	}
	return p
}

func activityPanel(l Layer) chart.Panel {
	s := chart.Series{Label: "", Role: "selectivity", Marks: chart.Points, Alpha: 0.6}
	for j, u := range l.Units {
		if math.IsNaN(u.Mean) || math.IsInf(u.Mean, 0) {
			continue
		}
		s.X, s.Y, s.Names = append(s.X, u.Mean), append(s.Y, u.Selectivity), append(s.Names, strconv.Itoa(j))
	}
	if len(s.X) == 0 { // all units are NaN: an empty panel says so
		s.X, s.Y, s.Names = []float64{0}, []float64{math.NaN()}, []string{""}
	}
	return chart.Panel{X: chart.Axis{Label: "mean activity"}, Y: chart.Axis{Label: "selectivity (CCMAS)"}, Series: []chart.Series{s}}
}

func sparsityPanel(l Layer) chart.Panel {
	p := chart.Panel{
		X: chart.Axis{Label: "sparsity (Hoyer)", Min: 0, Max: 1}, Y: chart.Axis{Label: "samples"},
		Series: []chart.Series{steps("samples", l.Bins[:], 0, 1.0/activity.Bins, "sparsity", "solid")},
	}
	if v := l.Sparsity; v >= 0 && v <= 1 {
		p.Rules = append(p.Rules, chart.Rule{Kind: chart.Vertical, At: v, Label: "mean over samples"})
	}
	return p
}

// classesPanel is the heat map of units and classes. Of a wide layer, and of many classes, those in equal steps are shown.
func classesPanel(l Layer) chart.Panel {
	const mostUnits, mostClasses = 512, 100
	units, classes := some(byBest(l), mostUnits), some(ascending(len(l.Classes)), mostClasses)
	h := &chart.Heat{Label: "share of the largest class mean", Min: 0, Max: 1}
	y := chart.Axis{Label: "class", Scale: chart.Categorical}
	if len(classes) > 20 {
		y = chart.Axis{Label: "class, by rank", Min: -0.5, Max: float64(len(classes)) - 0.5}
	}
	for _, c := range classes {
		if y.Scale == chart.Categorical {
			y.Categories = append(y.Categories, strconv.FormatInt(l.Classes[c], 10))
		}
		line := make([]float64, len(units))
		for i, j := range units {
			most := 0.0
			for _, m := range l.Means {
				most = math.Max(most, m[j])
			}
			line[i] = l.Means[c][j] / most
		}
		h.Values = append(h.Values, line)
	}
	x := chart.Axis{Label: "unit, by best class", Min: -0.5, Max: float64(len(units)) - 0.5}
	if len(units) < len(l.Units) {
		x.Label = fmt.Sprintf("unit, by best class (%d of %d)", len(units), len(l.Units))
	}
	return chart.Panel{X: x, Y: y, Heat: h}
}
