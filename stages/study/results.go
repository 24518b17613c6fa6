package study

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"sparsel/pipeline"
	"sparsel/stages/finding"
	"sparsel/stages/nearest"
	"sparsel/stages/params"
)

// Results holds all results of one kind that people can ask for.
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

// Of names the nodes that a result consists of. For a figure, a table or a
// finding this is a single node. For an experiment these are the node of its
// summaries and those that are made from it alone.
func (s *Study) Of(kind, id string) ([]string, error) {
	switch kind {
	case "figure":
		return s.only(kind, s.Figures, id)
	case "table":
		return s.only(kind, s.Tables, id)
	case "finding":
		f, err := finding.Find(id)
		if err == nil && !s.Params.Decidable() {
			d := s.Params.Dataset()
			return nil, fmt.Errorf("finding %s: claims are made for %d classes, and %s has %d", id, params.MNIST.Classes, d.Name, d.Classes)
		}
		if err == nil && s.Findings[id] == nil {
			return nil, fmt.Errorf("finding %s needs the experiments %s, which %s does not all have", id, strings.Join(f.Experiments, ", "), s.File)
		}
		return s.only(kind, s.Findings, id)
	}
	return s.experiment(id)
}

func (s *Study) experiment(name string) ([]string, error) {
	aggregate, err := s.find("experiment", s.Aggregates, name)
	if err != nil {
		return nil, err
	}
	targets := []string{aggregate.Name}
	own := map[*pipeline.Node]bool{aggregate: true} // a figure may use the runs themselves as well as their summaries
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

// Profiles lists the name of the study itself and then those of its profiles.
func (s *Study) Profiles() []string {
	return append([]string{params.Paper}, slices.Sorted(maps.Keys(s.Params.Profiles))...)
}

// Node finds a node by its name, with or without the profile's prefix, or by
// the id of a figure, table, finding or experiment.
func (s *Study) Node(word string) (*pipeline.Node, error) {
	for _, name := range []string{word, path.Join(s.Prefix, word)} {
		if n := s.Graph.Node(name); n != nil {
			return n, nil
		}
	}
	var found []*pipeline.Node
	var names []string
	for _, kind := range append(s.Results(), Results{"experiment", s.Aggregates}) {
		if n := kind.Nodes[word]; n != nil {
			found, names = append(found, n), append(names, n.Name)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, fmt.Errorf("there is no node %q: the target status lists all with -json%s", word, nearest.Hint(word, s.names()))
	}
	return nil, fmt.Errorf("%q is the id of several nodes: write one of %s", word, strings.Join(names, ", "))
}

// Target returns what a person asks for to have a node made: its kind and id,
// or "all" if it has none.
func (s *Study) Target(n *pipeline.Node) string {
	for _, kind := range append(s.Results(), Results{"experiment", s.Aggregates}) {
		for id, other := range kind.Nodes {
			if other == n {
				return kind.Kind + " " + id
			}
		}
	}
	return "all"
}

// names lists all nodes, beginning with those that people look at first.
func (s *Study) names() []string {
	names := s.Targets()
	slices.Sort(names)
	known := len(names)
	for _, n := range s.Graph.Nodes() {
		if _, known := slices.BinarySearch(names[:known], n.Name); !known {
			names = append(names, n.Name)
		}
	}
	return names
}

func (s *Study) only(kind string, nodes map[string]*pipeline.Node, id string) ([]string, error) {
	n, err := s.find(kind, nodes, id)
	if err != nil {
		return nil, err
	}
	return []string{n.Name}, nil
}

func (s *Study) find(kind string, nodes map[string]*pipeline.Node, id string) (*pipeline.Node, error) {
	if n, ok := nodes[id]; ok {
		return n, nil
	}
	known := slices.Sorted(maps.Keys(nodes))
	if hint := nearest.Hint(id, known); hint != "" {
		return nil, fmt.Errorf("no %s of %s has the id %q%s", kind, s.File, id, hint)
	}
	return nil, fmt.Errorf("no %s of %s has the id %q; it has %s", kind, s.File, id, strings.Join(known, ", "))
}
