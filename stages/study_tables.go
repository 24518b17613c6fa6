package stages

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"sparsel/artifacts/measures"
	"sparsel/pipeline"
	"sparsel/stages/aggregate"
	"sparsel/stages/params"
	"sparsel/stages/table"
)

func (b *builder) addTidy(id string) *pipeline.Node {
	n := &pipeline.Node{Name: "table/" + id, Stage: table.TidyStage(), Params: table.TidyParams{Experiments: b.order}}
	if b.params.TidyWanted() {
		n.Publish = map[string]string{table.TidyTable: path.Join("tables", id+".csv")}
	}
	for _, name := range b.order {
		n.Inputs = append(n.Inputs, pipeline.Input{Name: name, From: b.aggregates[name], Output: aggregate.Tidy})
	}
	return b.add(n)
}

func (b *builder) addTable(stage *pipeline.Stage, t params.Table) *pipeline.Node {
	base := path.Join("tables", "table-"+t.ID)
	n := &pipeline.Node{
		Name: "table/" + t.ID, Stage: stage,
		Publish: map[string]string{
			table.CSV: base + ".csv", table.Markdown: base + ".md", table.LaTeX: base + ".tex", table.JSON: base + ".json",
		},
	}
	n.Params = b.final(t)
	if t.Experiment != "" {
		n.Inputs = []pipeline.Input{{Name: table.Summaries, From: b.aggregates[t.Experiment], Output: aggregate.Summaries}}
	}
	return b.add(n)
}

func (b *builder) final(t params.Table) table.FinalParams {
	p := table.FinalParams{
		ID: t.ID, Title: t.Title, Mark: b.mark, Experiment: t.Experiment, Error: t.Error, Metrics: t.Metrics,
		Layers: t.Layers, Optimizers: b.params.OptimizersOf(t.Experiment),
	}
	if p.Layers == nil {
		p.Layers = []string{measures.AllLayers}
	}
	p.Parameter, p.Conditions = b.conditions(t.Experiment)
	return p
}

// conditions lists an experiment's conditions as tables show them: by the number that tells them apart, in ascending
// order, if their names differ in nothing else, or by name and in the order of the file.
func (b *builder) conditions(experiment string) (parameter string, list []table.Condition) {
	values, patterns := map[string]float64{}, []string{}
	for _, u := range b.uses {
		if u.Experiment != experiment || slices.ContainsFunc(list, func(c table.Condition) bool { return c.Name == u.Condition }) {
			continue
		}
		list = append(list, table.Condition{Name: u.Condition, Label: u.Condition})
		pattern := u.Condition
		if v, err := strconv.ParseFloat(u.Value, 64); err == nil {
			parameter, values[u.Condition] = u.Column, v
			pattern = strings.Replace(u.Condition, u.Value, "{}", 1)
		}
		if !slices.Contains(patterns, pattern) {
			patterns = append(patterns, pattern)
		}
	}
	if len(list) < 2 || len(patterns) > 1 {
		return "", list
	}
	for i, c := range list {
		list[i].Label = strconv.FormatFloat(values[c.Name], 'g', 4, 64)
	}
	slices.SortStableFunc(list, func(x, y table.Condition) int { return cmp.Compare(values[x.Name], values[y.Name]) })
	return parameter, list
}
