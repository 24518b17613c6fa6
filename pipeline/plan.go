package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"sparsel/pipeline/store"
)

// A State is what a plan says about a node.
type State string

// The states. A stale node runs for certain, unless something that it reads
// from fails. A waiting node reads from a node that runs, and runs unless its
// inputs come out unchanged. A broken node is stale, and failed when it was
// last tried with its present action.
const (
	Current State = "current"
	Stale   State = "stale"
	Waiting State = "waiting"
	Broken  State = "failed"
)

// A Step is a plan's view of one node.
type Step struct {
	Node    *Node
	State   State
	Reasons []string // why it is not current, most informative first
	Causes  []Cause  // those reasons that lie in the node itself
	Restore []string // published files that are missing or have been edited
	Log     string   // log of the failure, if State is Broken

	// Far says that the second level has the result and the store does not know of
	// it yet.
	Far bool

	// Action is zero while it depends on the outputs of nodes that will run.
	Action  ActionID
	Outputs []store.Output // outputs of a current node; those whose bytes are not here are Away
	Adopted bool           // other code made the outputs of this current node; see Engine.Adopt

	// expected is what the step's outputs will be if it reproduces its earlier
	// outputs, as every action should.
	expected []store.Output

	action *action
	level  int
	order  int // index in Plan.Steps
}

// A Plan says what a run would do and why. Run carries out exactly this.
type Plan struct {
	Graph *Graph
	Steps []Step // what the targets need, in execution order
	// Fetch lists the bytes to fetch from the second level. A waiting node may
	// turn out not to need its share of them.
	Fetch []store.Output

	targets    []string
	generation string // generation of the store when the plan was made; see Run
	steps      map[*Node]*Step
	checker    *store.Checker
	needed     needed
	history    func() (*history, error)
	field      func(n *Node, name string) string // Config.Field
}

// Idle reports whether there is nothing to do.
func (p *Plan) Idle() bool {
	for i := range p.Steps {
		if p.Steps[i].State != Current || len(p.Steps[i].Restore) > 0 {
			return false
		}
	}
	return true
}

// Count returns the number of nodes in a state.
func (p *Plan) Count(s State) int {
	n := 0
	for i := range p.Steps {
		if p.Steps[i].State == s {
			n++
		}
	}
	return n
}

// Hashed returns how many files were hashed for this plan and for runs of it,
// and their total size in bytes.
func (p *Plan) Hashed() (files, bytes int64) { return p.checker.Work() }

// Step returns the plan's view of the named node, or nil.
func (p *Plan) Step(name string) *Step { return p.steps[p.Graph.Node(name)] }

// Plan returns what carrying out the targets (all nodes if none are named)
// would run. It writes nothing. It hashes stored bytes that the planned work
// would read, so that damage is found now and not in the middle of a run.
func (e *Engine) Plan(ctx context.Context, g *Graph, targets []string) (*Plan, error) {
	return e.plan(ctx, g, targets, store.TrustNothing)
}

// plan implements Plan. With trust store.TrustTimes it is quicker, and good
// enough only for telling people.
func (e *Engine) plan(ctx context.Context, g *Graph, targets []string, trust store.Trust) (*Plan, error) {
	p, err := e.outline(ctx, g, targets)
	if err != nil {
		return nil, err
	}
	for {
		if err := e.assessAll(ctx, p, trust); err != nil {
			return nil, err
		}
		reassess, err := e.supply(ctx, p)
		if err == nil && !reassess {
			reassess, err = e.rehashFeeds(ctx, p, trust)
		}
		if err != nil {
			return nil, fmt.Errorf("plan: %w", err)
		}
		if !reassess {
			return p, nil
		}
	}
}

// outline returns a plan whose steps are not assessed yet.
func (e *Engine) outline(ctx context.Context, g *Graph, targets []string) (*Plan, error) {
	nodes, err := g.closure(targets)
	if err != nil {
		return nil, err
	}
	if err := e.identify(ctx, nodes); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	p := &Plan{
		Graph:   g,
		targets: targets, generation: e.Store.Generation(),
		Steps:   make([]Step, len(nodes)),
		steps:   make(map[*Node]*Step, len(nodes)),
		checker: e.Store.NewChecker(),
		field:   e.Field,
		history: sync.OnceValues(func() (*history, error) { return readHistory(e.Store, e.Calibrate) }),
	}
	for i, n := range nodes {
		p.Steps[i].Node, p.Steps[i].order = n, i
		p.steps[n] = &p.Steps[i]
	}
	return p, nil
}

// assessAll decides the state of every step, unless the second level has a
// format that must not be ignored.
func (e *Engine) assessAll(ctx context.Context, p *Plan, trust store.Trust) error {
	err := e.assess(ctx, p, trust)
	if err == nil {
		err = e.far.usable()
	}
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	return nil
}

// identify determines the code of the stages in use, once per engine.
func (e *Engine) identify(ctx context.Context, nodes []*Node) error {
	var missing []string
	asked := map[string]bool{}
	for _, n := range nodes {
		root := n.Stage.Package
		if _, known := e.code[root]; !known && !asked[root] {
			asked[root] = true
			missing = append(missing, root)
		}
	}
	if len(missing) > 0 {
		found, err := e.Code.Identify(ctx, missing)
		if err != nil {
			return err
		}
		maps.Copy(e.code, found)
	}
	for _, n := range nodes {
		if err := e.named(n.Stage); err != nil {
			return err
		}
	}
	return nil
}

// named returns an error if a stage does not name the versions of the pinned
// packages that it uses. Otherwise results would outlive a change to those
// packages.
func (e *Engine) named(s *Stage) error {
	for path, pin := range e.code[s.Package].Pinned {
		if !slices.Contains(strings.Split(s.Contract, ", "), pin.Version) {
			return fmt.Errorf("stage %s uses package %s, which counts by a version instead of its source; "+
				"name %q in its Contract, separated from others by a comma and a space",
				s.Name, path, pin.Version)
		}
	}
	return nil
}
