package present

import (
	"sparsel/analysis/activity"
	"sparsel/analysis/chart"
	"sparsel/analysis/portrait"
	"sparsel/stages/measured"
)

// mostPanels is the largest number of panels in a figure. The last layers are
// shown, which are those of the last epochs if there are several.
const mostPanels = 6

// figures returns the pictures of the layers. If there are more than six
// layers, each picture shows the last six.
func figures(layers []Layer) []chart.Figure {
	if n := len(layers); n > mostPanels {
		layers = layers[n-mostPanels:]
	}
	return []chart.Figure{
		figure("selectivity", "Selectivity of the units", "", layers, func(l Layer) chart.Panel { return portrait.Selectivity(l.Result) }),
		figure("classes", "Mean activity of each unit for each class",
			"Each unit's class means over its largest, from 0 (dark) to 1 (bright). Units by best class, then selectivity; those that are "+
				"always 0 are white.",
			layers, func(l Layer) chart.Panel { return portrait.Classes(l.Result) }),
		figure("activity", "Selectivity and mean activity", "A point is a unit.", layers, func(l Layer) chart.Panel {
			return portrait.Activity(l.Result)
		}),
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

// plain shortens a name for a figure by dropping its beginning if it is long.
func plain(name string) string {
	const most = 48
	if name = measured.Plain(name); len(name) > most {
		return "..." + name[len(name)-most:]
	}
	return name
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
