package pipeline

import (
	"fmt"
	"slices"
	"strings"
)

// order sorts the nodes topologically: each node follows those that it reads
// from. Beyond that names decide, so that the order of the caller's slice never
// shows.
func (g *Graph) order(nodes []*Node) error {
	byName := func(a, b *Node) int { return strings.Compare(a.Name, b.Name) }
	sorted := slices.SortedFunc(slices.Values(nodes), byName)
	g.nodes = make([]*Node, 0, len(nodes))
	g.index = make(map[*Node]int, len(nodes))
	open := make(map[*Node]bool, len(nodes)) // visited, but not all of its inputs have been placed yet
	var path []*Node
	var place func(n *Node) error
	place = func(n *Node) error {
		if _, done := g.index[n]; done {
			return nil
		}
		path = append(path, n)
		if open[n] {
			return fmt.Errorf("build graph: cycle: %s", cycle(path))
		}
		open[n] = true
		from := make([]*Node, len(n.Inputs))
		for i, in := range n.Inputs {
			from[i] = in.From
		}
		slices.SortFunc(from, byName)
		for _, f := range from {
			if err := place(f); err != nil {
				return err
			}
		}
		path = path[:len(path)-1]
		g.index[n] = len(g.nodes)
		g.nodes = append(g.nodes, n)
		return nil
	}
	for _, n := range sorted {
		if err := place(n); err != nil {
			return err
		}
	}
	return nil
}

// cycle describes the cycle at the end of a path of readers, in the direction
// in which data flows.
func cycle(path []*Node) string {
	last := path[len(path)-1]
	path = path[slices.Index(path, last):]
	if len(path) == 2 {
		return last.Name + " reads its own output"
	}
	names := make([]string, len(path))
	for i, n := range path {
		names[len(path)-1-i] = n.Name
	}
	return strings.Join(names, " → ")
}

// closure returns the nodes needed for the targets, in execution order, or all
// nodes if targets is empty.
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
