package pipeline

import "time"

// Events receives what happens during a run. Calls are serialised, so an
// implementation needs no lock, but it must return quickly. Package progress
// has implementations for terminals and for logs.
type Events interface {
	// RunStarted is called with the plan that is about to be carried out. Only
	// notes may come before it.
	RunStarted(plan *Plan, jobs int)
	// NodeStarted says that a stage starts, and on which host if that is not this
	// machine. It is called again if the node's worker was lost.
	NodeStarted(n *Node, host string)
	// NodeProgress passes on what the stage reports with Job.Progress.
	NodeProgress(n *Node, done, total float64, text string)
	// NodeFinished is called once for every node of the plan that is not
	// cancelled.
	NodeFinished(result NodeResult)
	// Note passes on a line that people should see, for example about damage that
	// was found or a file that was repaired.
	Note(text string)
	// RunFinished is called last.
	RunFinished(report *Report)
}

// An Outcome says how a node ended in a run.
type Outcome string

// The outcomes. CutOff is early cutoff: a node above it ran again and wrote
// equal bytes, or bytes known from before, so this node is done without
// running. Shared means that the work was done in the meantime, by another
// process or by another node of this graph that has the same action.
const (
	Executed  Outcome = "executed"
	Cached    Outcome = "cached"
	CutOff    Outcome = "cut off"
	Shared    Outcome = "shared"
	Failed    Outcome = "failed"
	Blocked   Outcome = "blocked"
	Cancelled Outcome = "cancelled"
)

// done reports whether the node's outputs exist.
func (o Outcome) done() bool {
	return o == Executed || o == Cached || o == CutOff || o == Shared
}

// A NodeResult says how one node ended.
type NodeResult struct {
	Node      *Node                `json:"-"`
	Name      string               `json:"name"`
	Outcome   Outcome              `json:"outcome"`
	Why       string               `json:"why,omitempty"` // the first reason to run, or what blocked it
	Err       error                `json:"-"`
	Error     string               `json:"error,omitempty"`
	Action    ActionID             `json:"action"`
	Outputs   map[string]ContentID `json:"outputs,omitempty"`
	Elapsed   time.Duration        `json:"elapsed"`
	Host      string               `json:"host,omitempty"` // where the stage ran; empty for this machine
	CPU       float64              `json:"cpu,omitempty"`  // processor time of the stage in seconds; 0 if unknown
	Log       string               `json:"log,omitempty"`  // path of the log, if anything was logged
	Tail      []string             `json:"tail,omitempty"` // last lines of the log if the node failed
	Published []string             `json:"published,omitempty"`
}

// nobody is the Events of an engine without any.
type nobody struct{}

func (nobody) RunStarted(*Plan, int)                        {}
func (nobody) NodeStarted(*Node, string)                    {}
func (nobody) NodeProgress(*Node, float64, float64, string) {}
func (nobody) NodeFinished(NodeResult)                      {}
func (nobody) Note(string)                                  {}
func (nobody) RunFinished(*Report)                          {}
