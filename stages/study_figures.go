package stages

import (
	"path"

	"sparsel/analysis/chart"
	"sparsel/pipeline"
	"sparsel/stages/aggregate"
	"sparsel/stages/figure"
	"sparsel/stages/params"
)

func (b *builder) addFigure(stage *pipeline.Stage, f params.Figure) *pipeline.Node {
	p := figure.Params{
		ID: f.ID, Title: f.Title, Kind: f.Kind, Experiment: f.Experiment, Condition: f.Condition, Error: f.Error,
		Optimizers: b.params.OptimizersOf(f.Experiment), Style: b.params.Style,
	}
	// Only the looks that the figure uses: another's colour is no reason to draw this one again.
	p.Style.Roles = map[string]chart.Role{}
	for _, name := range p.Optimizers {
		p.Style.Roles[name] = b.params.Style.Roles[name]
	}
	for _, panel := range f.Panels {
		q := figure.Panel{Metric: panel.Metric, Label: panel.Label}
		if len(panel.Limits) == 2 {
			q.Min, q.Max = panel.Limits[0], panel.Limits[1]
		}
		p.Panels = append(p.Panels, q)
	}
	base := path.Join("figures", "fig-"+f.ID)
	return b.add(&pipeline.Node{
		Name: "figure/" + f.ID, Stage: stage, Params: p,
		Inputs:  []pipeline.Input{{Name: figure.Summaries, From: b.aggregates[f.Experiment], Output: aggregate.Summaries}},
		Publish: map[string]string{figure.PNG: base + ".png", figure.SVG: base + ".svg", figure.PDF: base + ".pdf", figure.CSV: base + ".csv"},
	})
}
