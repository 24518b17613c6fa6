package present

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"sparsel/analysis/activity"
	"sparsel/analysis/chart"
	"sparsel/analysis/portrait"
)

// mostPanels is the largest number of panels in a figure. The last layers are
// shown, which are those of the last epochs if there are several.
const mostPanels = 6

// figures returns the pictures of the layers. If there are more than six
// layers, each picture shows the last six and says so.
func figures(layers []Layer) []chart.Figure {
	left := ""
	if n := len(layers); n > mostPanels {
		layers = layers[n-mostPanels:]
		left = fmt.Sprintf("The last %d of %d layers; the tables have all.", mostPanels, n)
	}
	return []chart.Figure{
		figure("selectivity", "Selectivity of the units", left, layers, func(l Layer) chart.Panel { return portrait.Selectivity(l.Result) }),
		figure("classes", "Mean activity of each unit for each class",
			also("Each unit's class means over its largest, from 0 (dark) to 1 (bright). Units by best class, then selectivity; those that are "+
				"always 0 are white.", left),
			layers, func(l Layer) chart.Panel { return portrait.Classes(l.Result) }),
		figure("activity", "Selectivity and mean activity", also("A point is a unit.", left), layers, func(l Layer) chart.Panel {
			return portrait.Activity(l.Result)
		}),
		figure("sparsity", "Sparsity of the samples", left, layers, sparsityPanel),
	}
}

// also joins two texts, either of which may be empty.
func also(first, second string) string { return strings.TrimSpace(first + " " + second) }

func figure(id, title, note string, layers []Layer, panel func(Layer) chart.Panel) chart.Figure {
	f := chart.Figure{ID: id, Title: title, Caption: also(title+".", note), Note: note}
	var titles []string
	for i, l := range layers {
		if i%2 == 0 {
			f.Rows = append(f.Rows, chart.Row{})
		}
		row := &f.Rows[len(f.Rows)-1]
		row.Panels = append(row.Panels, panel(l))
		titles = append(titles, l.title())
	}
	return titled(f, titles)
}

func (l Layer) title() string { return l.File + ": " + l.Key.String() }

// titled gives the panels of a figure their titles. If these are wider than the
// panels, it shortens them as little as it has to.
func titled(f chart.Figure, titles []string) chart.Figure {
	style := chart.DefaultStyle()
	set := func(f chart.Figure, most int) chart.Figure {
		names := portrait.Names(titles, style.TitleSize, float64(most))
		rows := make([]chart.Row, len(f.Rows))
		for i, row := range f.Rows {
			rows[i] = row
			rows[i].Panels = nil
			for _, p := range row.Panels {
				p.Title, names = names[0], names[1:]
				rows[i].Panels = append(rows[i].Panels, p)
			}
		}
		f.Rows = rows
		return f
	}
	sketch := light(f)
	page := int(style.Width * 72)
	if chart.Check(set(sketch, page), style) == nil {
		return set(f, page)
	}
	const step = 4 // points
	narrower := sort.Search(page/step, func(n int) bool { return chart.Check(set(sketch, page-n*step), style) == nil })
	return set(f, page-narrower*step)
}

// light returns a figure that is laid out like f and is drawn in no time: its
// heat maps have one column, because the limits of their axes are given.
func light(f chart.Figure) chart.Figure {
	rows := make([]chart.Row, len(f.Rows))
	for i, row := range f.Rows {
		rows[i] = row
		rows[i].Panels = slices.Clone(row.Panels)
		for j, p := range row.Panels {
			if p.Heat == nil {
				continue
			}
			heat := *p.Heat
			heat.Values = nil
			for _, line := range p.Heat.Values {
				heat.Values = append(heat.Values, line[:1])
			}
			rows[i].Panels[j].Heat = &heat
		}
	}
	f.Rows = rows
	return f
}

func sparsityPanel(l Layer) chart.Panel {
	p := chart.Panel{
		X: chart.Axis{Label: "sparsity (Hoyer)", Min: 0, Max: 1}, Y: chart.Axis{Label: "samples"},
		Series: []chart.Series{portrait.Steps("samples", l.Bins[:], 0, 1.0/activity.Bins, "sparsity", "solid")},
	}
	if v := l.Sparsity; v >= 0 && v <= 1 {
		p.Rules = append(p.Rules, chart.Rule{Kind: chart.Vertical, At: v, Label: "mean over samples"})
	}
	return p
}
