package stages

import (
	"path"

	"sparsel/pipeline"
	"sparsel/stages/aggregate"
	"sparsel/stages/params"
	"sparsel/stages/table"
)

func (b *builder) addTidy(id string) *pipeline.Node {
	n := &pipeline.Node{Name: "table/" + id, Stage: table.TidyStage(), Params: table.TidyParams{Experiments: b.order}}
	for _, name := range b.order {
		n.Inputs = append(n.Inputs, pipeline.Input{Name: name, From: b.aggregates[name], Output: aggregate.Tidy})
	}
	return b.add(n)
}

func (b *builder) addFinal(stage *pipeline.Stage, t params.Table) *pipeline.Node {
	base := path.Join("tables", "table-"+t.ID)
	return b.add(&pipeline.Node{
		Name: "table/" + t.ID, Stage: stage,
		Params: table.FinalParams{
			Experiment: t.Experiment, Error: t.Error, Metrics: t.Metrics, Optimizers: b.params.OptimizersOf(t.Experiment),
		},
		Inputs:  []pipeline.Input{{Name: table.Summaries, From: b.aggregates[t.Experiment], Output: aggregate.Summaries}},
		Publish: map[string]string{table.CSV: base + ".csv", table.Markdown: base + ".md", table.LaTeX: base + ".tex"},
	})
}
