package stages

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sparsel/analysis/claim"
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

// findingFile is where a decided claim is published.
func findingFile(id string) string { return path.Join("findings", "finding-"+id+".json") }

func (b *builder) decidable(f claim.Claim) bool {
	return !slices.ContainsFunc(f.Experiments, func(name string) bool { return b.aggregates[name] == nil })
}

func (b *builder) addFinding(stage *pipeline.Stage, f claim.Claim) *pipeline.Node {
	p := finding.Params{ID: f.ID, Mark: b.mark}
	for _, u := range b.uses {
		c := finding.Condition{Experiment: u.Experiment, Name: u.Condition, Tidy: u.Tidy, Split: u.Split(), Column: u.Column, Value: u.Value}
		if slices.Contains(f.Experiments, u.Experiment) && !slices.Contains(p.Conditions, c) {
			p.Conditions = append(p.Conditions, c)
		}
	}
	n := &pipeline.Node{
		Name: "finding/" + f.ID, Stage: stage, Params: p,
		Publish: map[string]string{finding.JSON: findingFile(f.ID)},
	}
	for _, name := range f.Experiments {
		n.Inputs = append(n.Inputs, pipeline.Input{Name: name, From: b.aggregates[name], Output: aggregate.Tidy})
	}
	return b.add(n)
}

// Finding decides one claim and prints it for reading.
func Finding(ctx context.Context, id string, o Options) error {
	err := build(ctx, o, "finding "+id, func(w *workspace) ([]string, error) { return w.finding(id) })
	if err != nil || orDefault(o.DryRun, false) || orDefault(o.JSON, false) {
		return err
	}
	text, err := os.ReadFile(filepath.Join(o.out(), o.prefix(), findingFile(id)))
	if err != nil {
		return err
	}
	var r claim.Result
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("finding %s: %w", id, err)
	}
	_, err = io.WriteString(o.stdout(), r.Text())
	return err
}

// finding names the node of a claim.
func (s *study) finding(id string) ([]string, error) {
	f, err := finding.Find(id)
	if err == nil && s.findings[id] == nil {
		return nil, fmt.Errorf("finding %s needs the experiments %s, which params.toml does not all have", id, strings.Join(f.Experiments, ", "))
	}
	return only("finding", s.findings, id)
}
