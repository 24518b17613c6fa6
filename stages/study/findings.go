package study

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"sparsel/analysis/claim"
	"sparsel/pipeline"
	"sparsel/stages/aggregate"
	"sparsel/stages/finding"
)

// addFindings adds a node for each claim whose experiments are in the parameter
// file, provided that claims can be tested on its data.
func (b *builder) addFindings() map[string]*pipeline.Node {
	stage, nodes, blocks := finding.Stage(), map[string]*pipeline.Node{}, b.blocks()
	for _, f := range b.claims() {
		if b.params.Decidable() && b.decidable(f) {
			nodes[f.ID] = b.addFinding(stage, f, blocks)
			b.places[nodes[f.ID]] = b.params.Place(f.Experiments[0])
		}
	}
	return nodes
}

// claims returns the study's claims, or the further ones for a profile with
// experiments of its own.
func (b *builder) claims() []claim.Claim {
	if b.params.Profile.Own() {
		return finding.FurtherClaims()
	}
	return finding.Claims()
}

// FindingFile returns the path where a decided claim is published.
func FindingFile(id string) string { return path.Join("findings", "finding-"+id+".json") }

func (b *builder) decidable(f claim.Claim) bool {
	return !slices.ContainsFunc(f.Experiments, func(name string) bool { return b.aggregates[name] == nil })
}

func (b *builder) addFinding(stage *pipeline.Stage, f claim.Claim, blocks []finding.Block) *pipeline.Node {
	p := finding.Params{ID: f.ID, Layer: b.layer, Mark: b.mark, Wide: finding.Wide(f)}
	table := aggregate.Tidy
	if p.Wide {
		table = aggregate.Wide
	}
	for _, block := range blocks {
		if slices.Contains(f.Experiments, block.Experiment) {
			p.Blocks = append(p.Blocks, block)
		}
	}
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
		n.Inputs = append(n.Inputs, pipeline.Input{Name: name, From: b.aggregates[name], Output: table})
	}
	return b.add(n)
}

// blocks lists the conditions whose runs share something with other runs of
// their seed. With paired seeding the runs start alike. With the author's
// seeding they share nothing, unless they are one network that was measured
// twice, which means trainings that differ only in the images whose activations
// are recorded.
func (b *builder) blocks() []finding.Block {
	var order []finding.Block                 // without names
	trainings := map[finding.Block][]string{} // of each seed, in the order of the uses
	for _, u := range b.uses {
		c := finding.Block{Experiment: u.Experiment, Condition: u.Condition, Optimizer: u.Optimizer}
		if trainings[c] == nil {
			order = append(order, c)
		}
		config := u.Run.Config
		config.Measure = ""
		training := "start"
		if config.Seeding.Mode != "paired" {
			training = fmt.Sprintf("%+v", config)
		}
		trainings[c] = append(trainings[c], training)
	}
	named := map[string]string{} // by trainings; the name is that of the first condition with them
	for i, c := range order {
		key := strings.Join(trainings[c], "\n")
		if trainings[c][0] == "start" {
			key = "start"
		}
		if named[key] == "" {
			named[key] = path.Join(c.Experiment, c.Condition, c.Optimizer)
			if key == "start" {
				named[key] = "start"
			}
		}
		order[i].Name = named[key]
	}
	return order
}
