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
// and parameters. Nodes of one kind share one *Stage.
type Stage struct {
	// Name is unique within a graph and part of every action id.
	Name string
	// Package is the import path whose closure in this module is the stage's
	// code identity, for example "sparsel/stages/train".
	Package string
	// Contract, if not empty, is a version that is raised by hand when results
	// change for a reason the source closure does not show, or several, joined
	// by a comma and a space. Among them are those of the pinned packages that
	// the stage uses, see Code.
	Contract string
	// Outputs are the names of the files Run must write: plain file names.
	Outputs []string
	// Run does the work. It may be called from several goroutines at once, for
	// different nodes. It must depend on nothing but the Job's parameters and
	// inputs, and must return soon after ctx is done.
	Run func(ctx context.Context, job *Job) error
	// Silence is how long Run may go without a call of Job.Progress or Job.Logf
	// before a driver of worker processes takes it for hung; zero means half an
	// hour. It is stretched to ten times what the node is expected to take.
	Silence time.Duration
	// Check, if not nil, reads an output back and refuses it when it is cut
	// short or malformed. Empty and missing outputs are refused without it.
	Check func(output, path string) error
}

// An Input is one named file that a node reads: an output of another node.
type Input struct {
	Name   string // unique among the node's inputs
	From   *Node
	Output string // one of From.Stage.Outputs
	// Optional lets the node run without this input when From failed. The
	// absence is part of the action id, so the result is never taken for one
	// made with the input present.
	Optional bool
}

// A Node is one piece of work in a graph.
type Node struct {
	// Name is unique in the graph and only a label: it is no part of the action
	// id, so renaming a node repeats no work. "train/base/adam/seed1".
	Name string
	// Group joins the nodes of one stage that a diagram shows as one box.
	Group string
	Stage *Stage
	// Params is a struct of everything, apart from the inputs, that the result
	// depends on. Package canon says which types it may hold.
	Params any
	Inputs []Input
	// Cost is the expected work, zero means 1: where the engine can calibrate (see
	// Config.Calibrate), in seconds of a processor on the machine that costs are
	// counted for, else in any unit that the nodes of a stage share.
	Cost float64
	// Work is the kind of work that the stage does for this node, such as "Adam,
	// batch 1". Nodes of one kind take equal time for equal cost; what was measured
	// of one says little of another. Empty: all of the stage is of one kind.
	Work string
	// Memory is the most bytes that the stage needs at once for this node, as far
	// as that is known; see Options.Memory.
	Memory int64
	// Here keeps the node on the driver's machine where other nodes are done by
	// workers on others: its stage reads what only that machine has. It is no part
	// of any id.
	Here bool
	// Publish maps outputs to paths under the output directory that receive a
	// copy, for people to look at.
	Publish map[string]string

	// Release names outputs whose bytes are let go of once every node of the graph
	// that reads them is done, and they are in the second level if there is one. The
	// result stays known. It is no part of any id.
	Release []string

	fields []canon.Field // Params, flattened by NewGraph
}

// A Graph is a checked set of nodes in an order in which every node follows
// the nodes it reads from.
type Graph struct {
	nodes  []*Node // topological, and by name where that leaves a choice
	index  map[*Node]int
	byName map[string]*Node
	stages []*Stage // by name
}

// Nodes returns the nodes in execution order. The slice is the caller's.
func (g *Graph) Nodes() []*Node { return slices.Clone(g.nodes) }

// Node returns the node of that name, or nil.
func (g *Graph) Node(name string) *Node { return g.byName[name] }

// NewGraph checks the nodes and orders them. It refuses, naming the node:
// missing or duplicate names, unknown inputs and outputs, parameters that have
// no canonical form, two nodes that publish one path, and cycles.
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
