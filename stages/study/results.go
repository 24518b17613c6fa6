package study

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sparsel/pipeline"
	"sparsel/stages/finding"
	"sparsel/stages/params"
)

// Results is one kind of what people ask for and look at.
type Results struct {
	Kind  string                    // "figure", "table" or "finding"
	Nodes map[string]*pipeline.Node // by id
}

// Results lists the figures, tables and findings.
func (s *Study) Results() []Results {
	return []Results{{"figure", s.Figures}, {"table", s.Tables}, {"finding", s.Findings}}
}

// Targets names the nodes of every figure, table and finding.
func (s *Study) Targets() []string {
	var names []string
	for _, kind := range s.Results() {
		for _, n := range kind.Nodes {
			names = append(names, n.Name)
		}
	}
	return names
}

// Figure names the node of a figure.
func (s *Study) Figure(id string) ([]string, error) { return only("figure", s.Figures, id) }

// Table names the node of a table.
func (s *Study) Table(id string) ([]string, error) { return only("table", s.Tables, id) }

// Finding names the node of a claim.
func (s *Study) Finding(id string) ([]string, error) {
	f, err := finding.Find(id)
	if err == nil && s.Findings[id] == nil {
		return nil, fmt.Errorf("finding %s needs the experiments %s, which params.toml does not all have", id, strings.Join(f.Experiments, ", "))
	}
	return only("finding", s.Findings, id)
}

// Experiment names the node of an experiment's summaries and those that are made from them alone.
func (s *Study) Experiment(name string) ([]string, error) {
	aggregate, err := find("experiment", s.Aggregates, name)
	if err != nil {
		return nil, err
	}
	targets := []string{aggregate.Name}
	own := map[*pipeline.Node]bool{aggregate: true} // a figure may take its runs besides their summaries
	for _, in := range aggregate.Inputs {
		own[in.From] = true
	}
	for _, n := range s.Graph.Nodes() {
		summaries := func(in pipeline.Input) bool { return in.From == aggregate }
		other := func(in pipeline.Input) bool { return !own[in.From] }
		if slices.ContainsFunc(n.Inputs, summaries) && !slices.ContainsFunc(n.Inputs, other) {
			targets = append(targets, n.Name)
		}
	}
	return targets, nil
}

// Profiles lists the study as the file has it, and then its profiles.
func (s *Study) Profiles() []string {
	return append([]string{params.Paper}, slices.Sorted(maps.Keys(s.Params.Profiles))...)
}

func only(kind string, nodes map[string]*pipeline.Node, id string) ([]string, error) {
	n, err := find(kind, nodes, id)
	if err != nil {
		return nil, err
	}
	return []string{n.Name}, nil
}

func find(kind string, nodes map[string]*pipeline.Node, id string) (*pipeline.Node, error) {
	n, ok := nodes[id]
	if !ok {
		return nil, fmt.Errorf("no %s has the id %q; params.toml has %v", kind, id, slices.Sorted(maps.Keys(nodes)))
	}
	return n, nil
}
