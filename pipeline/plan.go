package pipeline

import "context"

// A State is what a plan says about a node.
type State string

// The states. A stale node runs for certain. A waiting one reads from a node
// that runs and itself runs unless that one's output comes out unchanged.
// A failed one is stale and failed when it was last tried.
const (
	Current State = "current"
	Stale   State = "stale"
	Waiting State = "waiting"
	Broken  State = "failed"
)

// A Plan is what a run would do and why.
type Plan struct{ Steps []Step }

// A Step is a plan's view of one node.
type Step struct {
	Node    *Node
	State   State
	Reasons []string
}

// Plan says what carrying out the targets (all nodes, if none are named) would
// run, without writing anything.
func (e *Engine) Plan(ctx context.Context, g *Graph, targets []string) (*Plan, error) { panic("todo") }

// Run carries out a plan. The report is complete also when err is not nil; err
// says that nodes failed (ErrFailed), that ctx ended, or that the store could
// not be used.
func (e *Engine) Run(ctx context.Context, p *Plan, o Options) (*Report, error) { panic("todo") }
