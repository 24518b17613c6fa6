package pipeline

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/simple"
	"gonum.org/v1/gonum/graph/topo"
)

// order sorts the nodes topologically. Where the edges leave a choice, names
// decide, so that the order of the caller's slice never shows.
func (g *Graph) order(nodes []*Node) error {
	byName := slices.Clone(nodes)
	slices.SortFunc(byName, func(a, b *Node) int { return strings.Compare(a.Name, b.Name) })
	id := make(map[*Node]int64, len(nodes))
	d := simple.NewDirectedGraph()
	for i, n := range byName {
		id[n] = int64(i)
		d.AddNode(simple.Node(i))
	}
	for _, n := range byName {
		for _, in := range n.Inputs {
			if in.From == n {
				return fmt.Errorf("build graph: cycle: %s reads its own output", n.Name)
			}
			d.SetEdge(simple.Edge{F: simple.Node(id[in.From]), T: simple.Node(id[n])})
		}
	}
	sorted, err := topo.SortStabilized(d, func(ns []graph.Node) {
		slices.SortFunc(ns, func(a, b graph.Node) int { return int(a.ID() - b.ID()) })
	})
	var cyclic topo.Unorderable
	if errors.As(err, &cyclic) {
		return fmt.Errorf("build graph: cycle: %s", cyclePath(byName, cyclic[0]))
	}
	if err != nil {
		return fmt.Errorf("build graph: %w", err)
	}
	for i, s := range sorted {
		n := byName[s.ID()]
		g.nodes = append(g.nodes, n)
		g.index[n] = i
	}
	return nil
}

// cyclePath walks one cycle inside a strongly connected component; gonum names
// only the component.
func cyclePath(byName []*Node, component []graph.Node) string {
	inside := map[*Node]bool{}
	for _, c := range component {
		inside[byName[c.ID()]] = true
	}
	seen := map[*Node]int{}
	var path []string
	for n := byName[component[0].ID()]; ; {
		if at, again := seen[n]; again {
			path = append(path[at:], n.Name)
			slices.Reverse(path) // the walk went against the data
			return strings.Join(path, " → ")
		}
		seen[n] = len(path)
		path = append(path, n.Name)
		for _, in := range n.Inputs {
			if inside[in.From] {
				n = in.From
				break
			}
		}
	}
}

// closure returns the nodes needed for the targets, in execution order; all of
// them if targets is empty.
func (g *Graph) closure(targets []string) ([]*Node, error) {
	if len(targets) == 0 {
		return g.nodes, nil
	}
	need := make([]bool, len(g.nodes))
	for _, t := range targets {
		n := g.byName[t]
		if n == nil {
			return nil, fmt.Errorf("plan: no node is named %q", t)
		}
		need[g.index[n]] = true
	}
	for i := len(g.nodes) - 1; i >= 0; i-- {
		if need[i] {
			for _, in := range g.nodes[i].Inputs {
				need[g.index[in.From]] = true
			}
		}
	}
	var out []*Node
	for i, n := range g.nodes {
		if need[i] {
			out = append(out, n)
		}
	}
	return out, nil
}
