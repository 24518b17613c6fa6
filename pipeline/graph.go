package pipeline

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sparsel/pipeline/canon"
)

// A Stage is a kind of work: how to make named output files from named inputs
// and parameters. Nodes of the same kind share one *Stage.
type Stage struct {
	// Name is unique within a graph and part of every action id.
	Name string
	// Package is the import path whose closure in this module is the stage's code
	// identity, for example "sparsel/stages/train".
	Package string
	// Contract, if not empty, is a version that somebody raises by hand when
	// results change for a reason that the source closure does not show. It may
	// hold several versions, joined by a comma and a space. They must include
	// those of the pinned packages that the stage uses; see Code.
	Contract string
	// Outputs are the names of the files that Run must write: plain file names.
	Outputs []string
	// Run does the work. It may be called from several goroutines at once, for
	// different nodes. It must depend on nothing but the Job's parameters and
	// inputs, and must return soon after ctx is done.
	Run func(ctx context.Context, job *Job) error
	// Silence is how long Run may go without calling Job.Progress or Job.Logf
	// before a driver of worker processes considers it hung; zero means half an
	// hour. It is extended to ten times the expected time of the node.
	Silence time.Duration
	// Check, if not nil, reads an output back and rejects it if it is cut short or
	// malformed. Empty and missing outputs are rejected without it.
	Check func(output, path string) error
}

// An Input is one named file that a node reads: an output of another node.
type Input struct {
	Name   string // unique among the node's inputs
	From   *Node
	Output string // one of From.Stage.Outputs
	// Optional lets the node run without this input if From failed. The absence is
	// part of the action id, so the result is never taken for one that was made
	// with the input present.
	Optional bool
}

// A Node is one piece of work in a graph.
type Node struct {
	// Name is unique in the graph and only a label: it is not part of the action
	// id, so renaming a node repeats no work. Example: "train/base/adam/seed1".
	Name string
	// Group joins the nodes of one stage that a diagram shows as one box.
	Group string
	Stage *Stage
	// Params is a struct of everything, apart from the inputs, that the result
	// depends on. Package canon says which types it may contain.
	Params any
	Inputs []Input
	// Cost is the expected amount of work; zero means 1. If the engine can
	// calibrate (see Config.Calibrate), it is in processor seconds on the machine
	// that costs are stated for, otherwise in any unit that the nodes of a stage
	// share.
	Cost float64
	// Work is the kind of work that the stage does for this node, such as "Adam,
	// batch 1". Nodes of one kind take equal time for equal cost, while
	// measurements of one kind say little about another. If Work is empty, all
	// nodes of the stage are of one kind.
	Work string
	// Memory is the most bytes that the stage needs at once for this node, as far
	// as that is known; see Options.Memory.
	Memory int64
	// Here keeps the node on the driver's machine even if workers on other
	// machines do the other nodes, because its stage reads what only the driver's
	// machine has. It is not part of any id.
	Here bool
	// Publish maps outputs to paths under the output directory that receive a
	// copy, for people to look at.
	Publish map[string]string

	// Release names outputs whose bytes are removed once every node of the graph
	// that reads them is done and, if there is a second level, they have been
	// pushed there. The result stays known. Release is not part of any id.
	Release []string

	fields []canon.Field // Params, flattened by NewGraph
}

// A Graph is a checked set of nodes, in an order in which every node follows
// the nodes that it reads from.
type Graph struct {
	nodes  []*Node // in topological order, and by name where that leaves a choice
	index  map[*Node]int
	byName map[string]*Node
	stages []*Stage // by name
}

// Nodes returns the nodes in execution order. The caller may modify the slice.
func (g *Graph) Nodes() []*Node { return slices.Clone(g.nodes) }

// Node returns the node of that name, or nil.
func (g *Graph) Node(name string) *Node { return g.byName[name] }

// NewGraph checks the nodes and orders them. It rejects missing or duplicate
// names, unknown inputs and outputs, parameters that have no canonical form,
// two nodes that publish to the same path, and cycles. The error names the
// node.
func NewGraph(nodes []*Node) (*Graph, error) {
	g := &Graph{byName: make(map[string]*Node, len(nodes))}
	stages := map[string]*Stage{}
	for _, n := range nodes {
		if n.Name == "" || strings.ContainsAny(n.Name, "\x00\n") {
			return nil, fmt.Errorf("build graph: node name %q: must be one non-empty line", n.Name)
		}
		if g.byName[n.Name] != nil {
			return nil, fmt.Errorf("build graph: two nodes are named %q", n.Name)
		}
		g.byName[n.Name] = n
		if err := checkStage(n, stages); err != nil {
			return nil, err
		}
		fields, err := canon.Flatten(n.Params)
		if err != nil {
			return nil, fmt.Errorf("build graph: node %s: parameters: %w", n.Name, err)
		}
		n.fields = fields
	}
	published := map[string]string{}
	for _, n := range nodes {
		if err := g.checkEdges(n, published); err != nil {
			return nil, err
		}
	}
	for _, s := range stages {
		g.stages = append(g.stages, s)
	}
	slices.SortFunc(g.stages, func(a, b *Stage) int { return strings.Compare(a.Name, b.Name) })
	return g, g.order(nodes)
}

func checkStage(n *Node, stages map[string]*Stage) error {
	s := n.Stage
	switch {
	case s == nil:
		return fmt.Errorf("build graph: node %s has no stage", n.Name)
	case s.Name == "" || s.Package == "" || s.Run == nil:
		return fmt.Errorf("build graph: node %s: stage %q needs a name, a package and a function", n.Name, s.Name)
	case stages[s.Name] == s:
		return nil
	case stages[s.Name] != nil:
		return fmt.Errorf("build graph: node %s: two different stages are named %q", n.Name, s.Name)
	}
	if len(s.Outputs) == 0 {
		return fmt.Errorf("build graph: stage %s has no outputs", s.Name)
	}
	for i, o := range s.Outputs {
		if !plainName(o) || slices.Contains(s.Outputs[:i], o) {
			return fmt.Errorf("build graph: stage %s: output %q: must be a plain file name, once", s.Name, o)
		}
	}
	stages[s.Name] = s
	return nil
}

func (g *Graph) checkEdges(n *Node, published map[string]string) error {
	seen := map[string]bool{}
	for _, in := range n.Inputs {
		switch {
		case in.Name == "" || seen[in.Name]:
			return fmt.Errorf("build graph: node %s: input %q: names must be unique and not empty", n.Name, in.Name)
		case in.From == nil || g.byName[in.From.Name] != in.From:
			return fmt.Errorf("build graph: node %s: input %q comes from a node that is not in the graph", n.Name, in.Name)
		case !slices.Contains(in.From.Stage.Outputs, in.Output):
			return fmt.Errorf("build graph: node %s: input %q: %s has no output %q", n.Name, in.Name, in.From.Name, in.Output)
		}
		seen[in.Name] = true
	}
	for _, output := range n.Release {
		if !slices.Contains(n.Stage.Outputs, output) || n.Publish[output] != "" {
			return fmt.Errorf("build graph: node %s releases %q, which stage %s must make and the node not publish", n.Name, output, n.Stage.Name)
		}
	}
	for output, path := range n.Publish {
		if !slices.Contains(n.Stage.Outputs, output) {
			return fmt.Errorf("build graph: node %s publishes %q, which stage %s does not make", n.Name, output, n.Stage.Name)
		}
		if !filepath.IsLocal(path) {
			return fmt.Errorf("build graph: node %s publishes to %q: must stay below the output directory", n.Name, path)
		}
		key := filepath.Clean(path)
		if other, taken := published[key]; taken {
			return fmt.Errorf("build graph: %s and %s both publish %q", other, n.Name, path)
		}
		published[key] = n.Name
	}
	return nil
}

// plainName reports whether s can be a file name in any directory.
func plainName(s string) bool {
	return s != "" && s[0] != '.' && !strings.ContainsAny(s, "/\\:\x00\n") && filepath.IsLocal(s)
}
