package study

import (
	"path"
	"slices"

	claim "sparsel/analysis/finding"
	"sparsel/pipeline"
	"sparsel/stages/aggregate"
	"sparsel/stages/finding"
)

// addFindings adds a node for each claim whose experiments the parameter file has.
func (b *builder) addFindings() map[string]*pipeline.Node {
	stage, nodes := finding.Stage(), map[string]*pipeline.Node{}
	for _, f := range finding.Claims() {
		if b.decidable(f) {
			nodes[f.ID] = b.addFinding(stage, f)
		}
	}
	return nodes
}

// FindingFile is where a decided claim is published.
func FindingFile(id string) string { return path.Join("findings", "finding-"+id+".json") }

func (b *builder) decidable(f claim.Finding) bool {
	return !slices.ContainsFunc(f.Experiments, func(name string) bool { return b.aggregates[name] == nil })
}

func (b *builder) addFinding(stage *pipeline.Stage, f claim.Finding) *pipeline.Node {
	p := finding.Params{ID: f.ID, Mark: b.mark}
	for _, u := range b.uses {
		c := finding.Condition{Experiment: u.Experiment, Name: u.Condition, Tidy: u.Tidy, Split: u.Split(), Column: u.Column, Value: u.Value}
		if slices.Contains(f.Experiments, u.Experiment) && !slices.Contains(p.Conditions, c) {
			p.Conditions = append(p.Conditions, c)
		}
	}
	n := &pipeline.Node{
		Name: "finding/" + f.ID, Stage: stage, Params: p,
		Publish: map[string]string{finding.JSON: FindingFile(f.ID)},
	}
	for _, name := range f.Experiments {
		n.Inputs = append(n.Inputs, pipeline.Input{Name: name, From: b.aggregates[name], Output: aggregate.Tidy})
	}
	return b.add(n)
}
