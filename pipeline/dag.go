package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/encoding"
	"gonum.org/v1/gonum/graph/encoding/dot"
	"gonum.org/v1/gonum/graph/simple"
)

// A box represents the nodes of one stage and group in a diagram.
type box struct {
	id     int64
	label  string
	worst  State // the worst state of its nodes; Current without a plan
	plan   bool
	nodes  int
	counts map[State]int
}

// ID implements gonum's graph.Node.
func (b *box) ID() int64 { return b.id }

// DOTID implements gonum's dot.Node.
func (b *box) DOTID() string { return fmt.Sprintf("n%d", b.id) }

// Attributes returns how DOT draws the box.
func (b *box) Attributes() []encoding.Attribute {
	return []encoding.Attribute{
		{Key: "label", Value: fmt.Sprintf("%q", strings.Join(b.lines(), "\n"))},
		{Key: "shape", Value: "box"},
		{Key: "style", Value: "filled"},
		{Key: "fillcolor", Value: fmt.Sprintf("%q", stateColours[b.worst])},
	}
}

// stateColours are Okabe and Ito's colours, which colour-blind readers can tell
// apart, lightened so that black text is readable on them.
var stateColours = map[State]string{
	Current: "#d5ece4", Stale: "#f9e2b8", Waiting: "#fbf7cf", Broken: "#f4cdb6",
}

// severity says which state determines the colour of a box of many nodes.
var severity = map[State]int{Current: 0, Waiting: 1, Stale: 2, Broken: 3}

func (b *box) lines() []string {
	lines := []string{b.label}
	if b.nodes > 1 {
		lines = append(lines, fmt.Sprintf("× %d", b.nodes))
	}
	if !b.plan {
		return lines
	}
	var states []string
	for _, s := range []State{Stale, Waiting, Broken} {
		if n := b.counts[s]; n > 0 {
			states = append(states, fmt.Sprintf("%d %s", n, s))
		}
	}
	if states == nil {
		states = []string{string(Current)}
	}
	return append(lines, strings.Join(states, ", "))
}

// diagram collapses a graph. The nodes of one stage and group become one box,
// named after the group, or after the node if it has no group.
func diagram(g *Graph, p *Plan) (boxes []*box, edges [][2]*box) {
	type key struct{ stage, label string }
	byKey := map[key]*box{}
	of := map[*Node]*box{}
	seen := map[[2]*box]bool{}
	for _, n := range g.nodes {
		if p != nil && p.steps[n] == nil {
			continue // the plan's targets do not need it
		}
		k := key{n.Stage.Name, n.Group}
		if n.Group == "" {
			k.label = n.Name
		}
		b := byKey[k]
		if b == nil {
			label := k.label
			if n.Group != "" {
				label = n.Stage.Name + " " + n.Group
			}
			b = &box{id: int64(len(boxes)), label: label, worst: Current, plan: p != nil, counts: map[State]int{}}
			byKey[k] = b
			boxes = append(boxes, b)
		}
		b.nodes++
		if p != nil {
			state := p.steps[n].State
			b.counts[state]++
			if severity[state] > severity[b.worst] {
				b.worst = state
			}
		}
		of[n] = b
		for _, in := range n.Inputs {
			e := [2]*box{of[in.From], b}
			if !seen[e] && e[0] != b {
				seen[e] = true
				edges = append(edges, e)
			}
		}
	}
	slices.SortFunc(edges, func(a, b [2]*box) int {
		if d := a[0].id - b[0].id; d != 0 {
			return int(d)
		}
		return int(a[1].id - b[1].id)
	})
	return boxes, edges
}

// DOT draws a graph for Graphviz, with each sweep collapsed to one box with a
// count. With a plan it draws only what the plan's targets need, coloured by
// state. p may be nil.
func DOT(g *Graph, p *Plan) (string, error) {
	d := simple.NewDirectedGraph()
	boxes, edges := diagram(g, p)
	for _, b := range boxes {
		d.AddNode(b)
	}
	for _, e := range edges {
		d.SetEdge(simple.Edge{F: e[0], T: e[1]})
	}
	text, err := dot.Marshal(leftToRight{d}, "pipeline", "", "  ")
	if err != nil {
		return "", fmt.Errorf("draw graph: %w", err)
	}
	return string(text) + "\n", nil
}

// leftToRight adds graph-wide attributes to a graph.
type leftToRight struct{ graph.Directed }

// DOTAttributers implements gonum's dot.Attributers.
func (leftToRight) DOTAttributers() (g, n, e encoding.Attributer) {
	return attributes{{Key: "rankdir", Value: "LR"}}, attributes{{Key: "fontname", Value: "Helvetica"}}, attributes{}
}

type attributes []encoding.Attribute

// Attributes implements gonum's encoding.Attributer.
func (a attributes) Attributes() []encoding.Attribute { return a }

// Mermaid draws a graph for Mermaid, as DOT does for Graphviz.
func Mermaid(g *Graph, p *Plan) string {
	var s strings.Builder
	s.WriteString("flowchart LR\n")
	boxes, edges := diagram(g, p)
	for _, b := range boxes {
		label := strings.ReplaceAll(strings.Join(b.lines(), "<br>"), `"`, "#quot;")
		fmt.Fprintf(&s, "  n%d[\"%s\"]:::%s\n", b.id, label, b.worst)
	}
	for _, e := range edges {
		fmt.Fprintf(&s, "  n%d --> n%d\n", e[0].id, e[1].id)
	}
	for _, state := range []State{Current, Stale, Waiting, Broken} {
		fmt.Fprintf(&s, "  classDef %s fill:%s\n", state, stateColours[state])
	}
	return s.String()
}
