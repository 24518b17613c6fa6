package study

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"sparsel/artifacts/measures"
	"sparsel/pipeline"
	"sparsel/stages/aggregate"
	"sparsel/stages/finding"
	"sparsel/stages/params"
	"sparsel/stages/table"
)

// addTables adds a node for each table; the claims' are there already.
func (b *builder) addTables(tidy *pipeline.Node, findings map[string]*pipeline.Node) map[string]*pipeline.Node {
	stage, claims := table.Stage(), finding.TableStage()
	nodes := map[string]*pipeline.Node{}
	for _, t := range b.params.CompleteTables() {
		switch t.Kind {
		case "tidy":
			nodes[t.ID] = tidy
		case "findings":
			nodes[t.ID] = b.addFindingTable(claims, t, findings)
		default:
			nodes[t.ID] = b.addTable(stage, t)
		}
	}
	return nodes
}

// addTidy makes the node of the table of every epoch of every run.
func (b *builder) addTidy(id string, publish bool) *pipeline.Node {
	n := &pipeline.Node{Name: "table/" + id, Stage: table.TidyStage(), Params: table.TidyParams{Experiments: b.order}}
	if publish {
		n.Publish = map[string]string{table.TidyTable: path.Join("tables", id+".csv")}
	}
	for _, name := range b.order {
		n.Inputs = append(n.Inputs, pipeline.Input{Name: name, From: b.aggregates[name], Output: aggregate.Tidy})
	}
	return b.add(n)
}

// publishTable says where a table's files go, by output: those of both table stages have the same names.
func publishTable(id string) map[string]string {
	base := path.Join("tables", "table-"+id)
	return map[string]string{table.CSV: base + ".csv", table.Markdown: base + ".md", table.LaTeX: base + ".tex", table.JSON: base + ".json"}
}

func (b *builder) addTable(stage *pipeline.Stage, t params.Table) *pipeline.Node {
	n := &pipeline.Node{Name: "table/" + t.ID, Stage: stage, Publish: publishTable(t.ID)}
	summaries := []pipeline.Input{{Name: table.Summaries, From: b.aggregates[t.Experiment], Output: aggregate.Summaries}}
	switch t.Kind {
	case "final":
		n.Params, n.Inputs = b.final(t), summaries
	case "search":
		n.Params, n.Inputs = b.search(t), summaries
	case "printed":
		n.Params, n.Inputs = b.printed(t), summaries
	case "conditions":
		n.Params = b.conditionsTable(t)
	case "grids":
		n.Params = b.gridsTable(t)
	case "parameters":
		n.Params = b.parametersTable(t)
	}
	return b.add(n)
}

func (b *builder) addFindingTable(stage *pipeline.Stage, t params.Table, findings map[string]*pipeline.Node) *pipeline.Node {
	p := finding.TableParams{ID: t.ID, Title: t.Title, Layer: b.layer(), Mark: b.mark, Notes: notes(t)}
	n := &pipeline.Node{Name: "table/" + t.ID, Stage: stage, Publish: publishTable(t.ID)}
	n.Publish[finding.All] = path.Join("findings", t.ID+".json")
	for _, f := range finding.Claims() {
		node := findings[f.ID]
		if node == nil {
			p.Notes = append(p.Notes, fmt.Sprintf("%s is left out: the study does not have all of %s.", f.ID, strings.Join(f.Experiments, ", ")))
			continue
		}
		p.Findings = append(p.Findings, f.ID)
		n.Inputs = append(n.Inputs, pipeline.Input{Name: f.ID, From: node, Output: finding.JSON})
	}
	n.Params = p
	return b.add(n)
}

func notes(t params.Table) []string {
	if t.Note == "" {
		return nil
	}
	return []string{t.Note}
}

func (b *builder) final(t params.Table) table.FinalParams {
	p := table.FinalParams{
		ID: t.ID, Title: t.Title, Mark: b.mark, Notes: notes(t), Experiment: t.Experiment, Error: t.Error, Metrics: t.Metrics,
		Layers: t.Layers, Optimizers: b.params.OptimizersOf(t.Experiment),
	}
	if p.Layers == nil {
		p.Layers = []string{measures.AllLayers}
	}
	p.Parameter, p.Conditions = b.conditions(t.Experiment)
	return p
}

func (b *builder) search(t params.Table) table.SearchParams {
	p := table.SearchParams{ID: t.ID, Title: t.Title, Mark: b.mark, Notes: notes(t), Experiment: t.Experiment, Error: t.Error}
	for _, optimizer := range b.params.OptimizersOf(t.Experiment) {
		baseline := b.params.BaselineRun(optimizer).Optimizer
		s := table.Searched{Optimizer: optimizer, Baseline: baseline.LR, Others: hyperText(baseline)}
		for _, u := range b.uses {
			r := table.Rate{Condition: u.Condition, Value: u.Run.Config.Optimizer.LR}
			if u.Experiment == t.Experiment && u.Optimizer == optimizer && !slices.Contains(s.Conditions, r) {
				s.Conditions = append(s.Conditions, r)
			}
		}
		slices.SortFunc(s.Conditions, func(x, y table.Rate) int { return cmp.Compare(x.Value, y.Value) })
		p.Optimizers = append(p.Optimizers, s)
	}
	return p
}

func (b *builder) printed(t params.Table) table.PrintedParams {
	p := table.PrintedParams{
		ID: t.ID, Title: t.Title, Mark: b.mark, Notes: notes(t), Experiment: t.Experiment, Error: t.Error,
		Optimizers: b.params.OptimizersOf(t.Experiment),
	}
	for _, u := range b.uses {
		d := table.Depth{Condition: u.Condition, Layers: len(u.Run.Config.Network.Hidden)}
		if u.Experiment == t.Experiment && !slices.Contains(p.Depths, d) {
			p.Depths = append(p.Depths, d)
		}
	}
	slices.SortFunc(p.Depths, func(x, y table.Depth) int { return cmp.Compare(x.Layers, y.Layers) })
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
