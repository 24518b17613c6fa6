package study

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"sparsel/analysis/chart"
	"sparsel/pipeline"
	"sparsel/stages/aggregate"
	"sparsel/stages/figure"
	"sparsel/stages/params"
)

// addFigure makes the node of a completed figure.
func (b *builder) addFigure(stage *pipeline.Stage, f params.Figure) *pipeline.Node {
	p := figure.Params{
		ID: f.ID, Title: f.Title, Mark: b.mark, Remark: f.Remark,
		Rows: f.Rows, Columns: f.Columns, Lines: f.Lines, X: figure.X{Kind: f.X, Label: f.XLabel, Scale: f.Scale},
		Panels: figurePanels(f), Vertical: f.Vertical, Error: f.Error, Epoch: f.Epoch, Style: b.params.Style,
	}
	inputs := slices.Clone(f.Experiments)
	for _, s := range b.params.Shown(f, b.uses) {
		p.Sources = append(p.Sources, figureSource(s))
	}
	for _, optimizer := range params.DisplayOrder {
		if l := f.XLimits[optimizer]; len(l) == 2 {
			p.X.Limits = append(p.X.Limits, figure.Limits{Optimizer: optimizer, Min: l[0], Max: l[1]})
		}
	}
	if _, other, ok := strings.Cut(f.X, "condition "); ok {
		p.X.Names = []string{f.NameOf(other), f.NameOf(p.Sources[0].Entries[0].Conditions[0].Name)}
	}
	if r := f.Reference; r != nil {
		p.Reference = &figure.Reference{Experiment: r.Experiment, Condition: r.Condition, Label: r.Label}
		if !slices.Contains(inputs, r.Experiment) {
			inputs = append(inputs, r.Experiment)
		}
	}
	p.Style.Roles = figureRoles(b.params.Style.Roles, p)
	base := path.Join("figures", "fig-"+f.ID)
	n := &pipeline.Node{
		Name: "figure/" + f.ID, Stage: stage, Params: p, Cost: perStage + perPanel*float64(len(p.Panels)*len(p.Sources)),
		Publish: map[string]string{
			figure.PNG: base + ".png", figure.SVG: base + ".svg", figure.PDF: base + ".pdf", figure.CSV: base + ".csv", figure.JSON: base + ".json",
		},
	}
	for _, experiment := range inputs {
		n.Inputs = append(n.Inputs, pipeline.Input{Name: experiment, From: b.aggregates[experiment], Output: aggregate.Summaries})
	}
	return b.add(n)
}

// figurePanels lists the metrics, each followed by its enlargement if it has one.
func figurePanels(f params.Figure) []figure.Panel {
	var list []figure.Panel
	for _, metric := range f.Metrics {
		panel := figure.Panel{Metric: metric}
		if l := f.Limits[metric]; len(l) == 2 {
			panel.Min, panel.Max = l[0], l[1]
		}
		list = append(list, panel)
		if l := f.Zoom[metric]; len(l) == 2 {
			list = append(list, figure.Panel{Metric: metric, Min: l[0], Max: l[1], Zoom: true})
		}
	}
	return list
}

func figureSource(s params.Shown) figure.Source {
	source := figure.Source{Experiment: s.Experiment, Parameter: strings.ReplaceAll(s.Column, "_", " "), Layers: s.Layers}
	for _, name := range s.Optimizers {
		o := figure.Optimizer{Name: name}
		o.Baseline, o.HasBaseline = s.Baseline[name]
		source.Optimizers = append(source.Optimizers, o)
	}
	for _, e := range s.Entries {
		entry := figure.Entry{Label: e.Label}
		for _, c := range e.Conditions {
			entry.Conditions = append(entry.Conditions, figure.Condition{Name: c.Name, Value: c.Value})
		}
		source.Entries = append(source.Entries, entry)
	}
	return source
}

// figureRoles are only the looks that the figure uses: another's colour is no reason to draw this one again.
func figureRoles(all map[string]chart.Role, p figure.Params) map[string]chart.Role {
	names := []string{"accuracy"} // of a line that is told from no other
	switch {
	case slices.Contains(p.Lines[:min(len(p.Lines), 1)], "optimizer"):
		for _, s := range p.Sources {
			for _, o := range s.Optimizers {
				names = append(names, o.Name)
			}
		}
	case slices.Contains(p.Lines[:min(len(p.Lines), 1)], "metric"):
		for _, panel := range p.Panels {
			names = append(names, panel.Metric)
		}
	case len(p.Lines) > 0:
		for level := range figure.Levels {
			names = append(names, "level"+strconv.Itoa(level+1))
		}
	}
	roles := map[string]chart.Role{}
	for _, name := range names {
		if role, ok := all[name]; ok {
			roles[name] = role
		}
	}
	return roles
}
