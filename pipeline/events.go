package pipeline

import "time"

// Events receives what happens during a run. Calls are serialised: an
// implementation needs no lock, and must return quickly. Package progress has
// one for terminals and one for logs.
type Events interface {
	// RunStarted comes with the plan that is about to be carried out; only notes
	// may come before it.
	RunStarted(plan *Plan, jobs int)
	// NodeStarted says that a stage begins to work, and on which host if that is
	// not this machine. It comes again where the node's worker was lost.
	NodeStarted(n *Node, host string)
	// NodeProgress passes on Job.Progress.
	NodeProgress(n *Node, done, total float64, text string)
	// NodeFinished comes once for every node of the plan that is not cancelled.
	NodeFinished(result NodeResult)
	// Note is a line people should see: damage found, a file repaired.
	Note(text string)
	// RunFinished comes last.
	RunFinished(report *Report)
}

// An Outcome is how a node ended in a run.
type Outcome string

// The outcomes. CutOff is early cutoff: a node above it ran again and wrote
// equal bytes, or bytes known from before, so this one is done without running.
// Shared means that another process did the work meanwhile, or another node of
// this graph that comes to the same action.
const (
	Executed  Outcome = "executed"
	Cached    Outcome = "cached"
	CutOff    Outcome = "cut off"
	Shared    Outcome = "shared"
	Failed    Outcome = "failed"
	Blocked   Outcome = "blocked"
	Cancelled Outcome = "cancelled"
)

// done reports whether the node's outputs are there.
func (o Outcome) done() bool {
	return o == Executed || o == Cached || o == CutOff || o == Shared
}

// A NodeResult says how one node ended.
type NodeResult struct {
	Node      *Node                `json:"-"`
	Name      string               `json:"name"`
	Outcome   Outcome              `json:"outcome"`
	Why       string               `json:"why,omitempty"` // first reason to run, or what blocked it
	Err       error                `json:"-"`
	Error     string               `json:"error,omitempty"`
	Action    ActionID             `json:"action"`
	Outputs   map[string]ContentID `json:"outputs,omitempty"`
	Elapsed   time.Duration        `json:"elapsed"`
	Host      string               `json:"host,omitempty"` // where the stage ran; empty: on this machine
	CPU       float64              `json:"cpu,omitempty"`  // seconds of processor time of the stage; 0: not known
	Log       string               `json:"log,omitempty"`  // path, if anything was logged
	Tail      []string             `json:"tail,omitempty"` // last lines of the log of a failure
	Published []string             `json:"published,omitempty"`
}

// nobody is the Events of an engine that was given none.
type nobody struct{}

func (nobody) RunStarted(*Plan, int)                        {}
func (nobody) NodeStarted(*Node, string)                    {}
func (nobody) NodeProgress(*Node, float64, float64, string) {}
func (nobody) NodeFinished(NodeResult)                      {}
func (nobody) Note(string)                                  {}
func (nobody) RunFinished(*Report)                          {}
