package study

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"sparsel/pipeline"
	"sparsel/stages/aggregate"
	"sparsel/stages/finding"
	"sparsel/stages/metrics"
	"sparsel/stages/params"
	"sparsel/stages/quantity"
	"sparsel/stages/table"
)

// addTables adds a node for each table. The findings already have theirs.
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
		b.places[nodes[t.ID]] = t.Place()
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

// publishTable says where a table's files are published, by output. The outputs
// of both table stages have the same names.
func publishTable(id string) map[string]string {
	base := path.Join("tables", "table-"+id)
	return map[string]string{table.CSV: base + ".csv", table.Markdown: base + ".md", table.LaTeX: base + ".tex", table.JSON: base + ".json"}
}

func (b *builder) addTable(stage *pipeline.Stage, t params.Table) *pipeline.Node {
	n := &pipeline.Node{Name: "table/" + t.ID, Stage: stage, Publish: publishTable(t.ID)}
	summaries := []pipeline.Input{{Name: table.Summaries, From: b.aggregates[t.Experiment], Output: aggregate.Summaries}}
	further := func(metric string) bool { m, _ := quantity.Find(metric); return m.Further }
	if slices.ContainsFunc(t.Metrics, further) {
		summaries = append(summaries, pipeline.Input{Name: table.Further, From: b.aggregates[t.Experiment], Output: aggregate.Further})
	}
	switch t.Kind {
	case "final":
		n.Params, n.Inputs = b.final(t), summaries
	case "search":
		n.Params, n.Inputs = b.search(t), append(summaries, b.heldOut(t.Experiment)...)
	case "printed":
		n.Params, n.Inputs = b.printed(t), summaries
	case "conditions":
		n.Params = b.conditionsTable(t)
	case "grids":
		n.Params = b.gridsTable(t)
	case "parameters":
		n.Params = b.parametersTable(t)
	case "kendall":
		n.Params, n.Inputs = b.kendall(t), b.runTables(t.Experiments)
	case "effects":
		n.Params, n.Inputs = b.effects(t), b.runTables([]string{t.Experiment})
	case "distances":
		n.Params, n.Inputs = b.distances(t), b.runTables([]string{t.Experiment})
	case "pareto":
		n.Params, n.Inputs = b.pareto(t), b.runTables(t.Experiments)
	}
	return b.add(n)
}

func (b *builder) addFindingTable(stage *pipeline.Stage, t params.Table, findings map[string]*pipeline.Node) *pipeline.Node {
	p := finding.TableParams{ID: t.ID, Title: b.findingsTitle(t), Layer: b.layer, Mark: b.mark}
	n := &pipeline.Node{Name: "table/" + t.ID, Stage: stage, Publish: publishTable(t.ID)}
	n.Publish[finding.All] = path.Join("findings", t.ID+".json")
	var absent []group // by experiments
	for _, f := range b.claims() {
		node := findings[f.ID]
		if node == nil {
			p.Absent = append(p.Absent, f.Source)
			absent = grouped(absent, strings.Join(f.Experiments, ", "), f.ID)
			continue
		}
		p.Findings = append(p.Findings, f.ID)
		n.Inputs = append(n.Inputs, pipeline.Input{Name: f.ID, From: node, Output: finding.JSON})
	}
	p.Notes = append(notes(t), b.absentNotes(absent, len(p.Findings) == 0)...)
	n.Params = p
	return b.add(n)
}

// findingsTitle returns the title of a table of findings. The stage has titles
// for the study that the claims are about.
func (b *builder) findingsTitle(t params.Table) string {
	switch {
	case t.Title != "" || b.params.Study.Source == finding.Thesis:
		return t.Title
	case b.params.Profile.Own():
		return "Claims that go further than the thesis, on a trial run"
	}
	return "The thesis's claims on a trial run"
}

// absentNotes says which claims a table of findings leaves out, by the
// experiments that they need, or in one sentence if it leaves out all.
func (b *builder) absentNotes(absent []group, all bool) []string {
	whose := "the thesis's "
	if b.params.Profile.Own() {
		whose = "the "
	}
	if all {
		return []string{fmt.Sprintf("None of %s%d claims can be judged: for each of them the study lacks an experiment.",
			whose, len(b.claims()))}
	}
	var list []string
	for _, g := range absent {
		verb := "are"
		if len(g.members) == 1 {
			verb = "is"
		}
		list = append(list, fmt.Sprintf("%s %s left out: the study does not have all of %s.", strings.Join(g.members, ", "), verb, g.text))
	}
	return list
}

// runTables returns the inputs of a table that is made run by run, which are
// the values of every run of each experiment.
func (b *builder) runTables(experiments []string) []pipeline.Input {
	var list []pipeline.Input
	for _, name := range experiments {
		list = append(list, pipeline.Input{Name: name, From: b.aggregates[name], Output: aggregate.Runs})
	}
	return list
}

// heldOut returns the metrics of the runs of a search that hold out images for
// choosing a rate.
func (b *builder) heldOut(experiment string) []pipeline.Input {
	var list []pipeline.Input
	for _, u := range b.holding(experiment) {
		list = append(list, pipeline.Input{
			Name: searchRun(u).Input(), From: b.metrics[measuredAs(u)], Output: metrics.Measures, Optional: b.params.Study.OnFailedRun == "show",
		})
	}
	return list
}

// holding lists the uses of an experiment that hold out images.
func (b *builder) holding(experiment string) []params.Use {
	return slices.DeleteFunc(slices.Clone(b.uses), func(u params.Use) bool {
		return u.Experiment != experiment || u.Run.Config.Validation == 0
	})
}

func searchRun(u params.Use) table.Run {
	return table.Run{Condition: u.Condition, Optimizer: u.Optimizer, Seed: u.Seed}
}

// runNotes are the notes of a table that is made run by run.
func (b *builder) runNotes(t params.Table, experiments []string) []string {
	return slices.Concat(b.splitNote(experiments, t.Metrics), b.updatesNote(experiments, 0), notes(t))
}

// lastMeasurement returns what the last epochs of the runs of experiments count.
func (b *builder) lastMeasurement(experiments []string) string {
	return measurement(slices.DeleteFunc(slices.Clone(b.uses), func(u params.Use) bool { return !slices.Contains(experiments, u.Experiment) }))
}

func (b *builder) kendall(t params.Table) table.KendallParams {
	return table.KendallParams{ID: t.ID, Title: t.Title, Mark: b.mark, Experiments: t.Experiments, Metrics: t.Metrics,
		Measurement: b.lastMeasurement(t.Experiments), Notes: b.runNotes(t, t.Experiments)}
}

func (b *builder) effects(t params.Table) table.EffectsParams {
	p := table.EffectsParams{ID: t.ID, Title: t.Title, Mark: b.mark, Experiment: t.Experiment, Metrics: t.Metrics,
		Measurement: b.lastMeasurement([]string{t.Experiment}), Notes: b.runNotes(t, []string{t.Experiment})}
	factors, _ := params.FactorsOf(b.distinct(t.Experiment)) // params has checked them
	for _, f := range factors {
		p.Factors = append(p.Factors, table.Factor{Name: f.Column, Low: f.Low, High: f.High, Second: f.Second})
	}
	return p
}

func (b *builder) pareto(t params.Table) table.ParetoParams {
	return table.ParetoParams{ID: t.ID, Title: t.Title, Mark: b.mark, Experiments: t.Experiments, Metrics: t.Metrics,
		Measurement: b.lastMeasurement(t.Experiments), Notes: b.runNotes(t, t.Experiments)}
}

func (b *builder) distances(t params.Table) table.DistancesParams {
	uses := b.distinct(t.Experiment)
	line, others, _ := params.Line(uses, t.Line) // params has checked them
	placed := func(uses []params.Use) (list []table.Placed) {
		for _, u := range uses {
			list = append(list, table.Placed{Condition: u.Condition, Optimizer: u.Optimizer, Value: u.At()})
		}
		return list
	}
	return table.DistancesParams{ID: t.ID, Title: t.Title, Mark: b.mark, Experiment: t.Experiment, Column: uses[0].Column, Of: t.Line,
		Line: placed(line), Others: placed(others), Metrics: t.Metrics,
		Measurement: measurement(uses), Notes: b.runNotes(t, []string{t.Experiment})}
}

func notes(t params.Table) []string {
	if t.Note == "" {
		return nil
	}
	return []string{t.Note}
}
