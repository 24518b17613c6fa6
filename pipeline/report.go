package pipeline

import (
	"errors"
	"fmt"
	"time"
)

// A Report says what a run did.
type Report struct {
	Run       string          `json:"run"` // the run's id in the journal
	Counts    map[Outcome]int `json:"counts"`
	Results   []NodeResult    `json:"results"` // in execution order of the graph
	Published []string        `json:"published,omitempty"`
	Notes     []string        `json:"notes,omitempty"`  // damage and repairs
	Remote    *Traffic        `json:"remote,omitempty"` // nil if nothing was transferred
	// Released is the number of files that were released; see Node.Release.
	Released      int           `json:"released,omitempty"`
	ReleasedBytes int64         `json:"released_bytes,omitempty"`
	Elapsed       time.Duration `json:"elapsed"`
}

// ErrFailed is wrapped by the error of a run in which a node failed.
var ErrFailed = errors.New("work failed")

// Result returns the result of the named node, or a zero one.
func (r *Report) Result(name string) NodeResult {
	for _, n := range r.Results {
		if n.Name == name {
			return n
		}
	}
	return NodeResult{}
}

// Err returns nil if every node ended well. Otherwise it returns an error that
// names the first failure and wraps ErrFailed or the cause of cancellation.
func (r *Report) Err() error {
	failed := r.Counts[Failed]
	for _, n := range r.Results {
		if n.Outcome == Failed {
			return fmt.Errorf("run: %d of %d nodes failed, %d blocked; first: %s: %w (%w)",
				failed, len(r.Results), r.Counts[Blocked], n.Name, n.Err, ErrFailed)
		}
	}
	return nil
}
