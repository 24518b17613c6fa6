package pipeline

import (
	"context"
	"time"

	"sparsel/pipeline/store"
)

// A Status says what is up to date and what is not, in a form suited to JSON.
type Status struct {
	Current bool         `json:"current"` // everything requested is current, including published files
	Counts  Counts       `json:"counts"`
	Seconds float64      `json:"seconds"`           // expected time for one worker; see Unknown
	Unknown int          `json:"unknown"`           // number of nodes to run whose stage was never measured
	Changes []Change     `json:"changes,omitempty"` // why not everything is current, summed up
	Nodes   []NodeStatus `json:"nodes"`
	// Orphans are published files, relative to Config.Out, that no node of the
	// graph publishes any more.
	Orphans []string `json:"orphans,omitempty"`
	Damage  []string `json:"damage,omitempty"` // damaged parts of the journal
	// Archives sums up what nodes release (see Node.Release): what gc would
	// remove, and what is not here.
	Archives *ArchiveStatus `json:"archives,omitempty"`
	// Fetch is the number of files to be fetched from the second level, and
	// FetchBytes their size.
	Fetch      int   `json:"fetch,omitempty"`
	FetchBytes int64 `json:"fetch_bytes,omitempty"`
}

// ArchiveStatus says where the outputs are that nodes release.
type ArchiveStatus struct {
	Here Archives `json:"here"` // in the store and not needed
	Gone Archives `json:"gone"`
}

// Counts is the number of nodes in each state.
type Counts struct {
	Current int `json:"current"`
	Stale   int `json:"stale"`
	Waiting int `json:"waiting"`
	Failed  int `json:"failed"`
	Adopted int `json:"adopted,omitempty"` // how many of the current nodes were adopted
}

// A NodeStatus is the status of one node.
type NodeStatus struct {
	Name    string               `json:"name"`
	Stage   string               `json:"stage"`
	Group   string               `json:"group,omitempty"`
	State   State                `json:"state"`
	Adopted bool                 `json:"adopted,omitempty"` // current thanks to other code and evidence; see Engine.Adopt
	Reasons []string             `json:"reasons,omitempty"`
	Restore []string             `json:"restore,omitempty"` // published files that need repair
	Action  string               `json:"action,omitempty"`  // empty until it is known
	Outputs map[string]ContentID `json:"outputs,omitempty"`
	Log     string               `json:"log,omitempty"`
}

// Status returns the state of the targets (all nodes if none are named). It
// takes no lock. It writes nothing but the hash cache, and not even that if the
// store is read-only. It trusts an earlier hash while the size, times and inode
// of the file stay the same; Plan is stricter.
func (e *Engine) Status(ctx context.Context, g *Graph, targets []string) (*Status, error) {
	p, err := e.plan(ctx, g, targets, store.TrustTimes)
	if err != nil {
		return nil, err
	}
	return e.status(p), nil
}

// Known is Status for those who will run nothing: a result counts if there is a
// record of it, here or in the second level. Status says what a run of all
// targets does. If one of them lacks a training, that run needs the images; if
// their bytes are kept nowhere, it makes them again, and the results of all
// other trainings wait for it, although nothing about them is in doubt.
func (e *Engine) Known(ctx context.Context, g *Graph, targets []string) (*Status, error) {
	p, err := e.outline(ctx, g, targets)
	if err == nil {
		err = e.assessAll(ctx, p, store.TrustTimes)
	}
	if err != nil {
		return nil, err
	}
	return e.status(p), nil
}

func (e *Engine) status(p *Plan) *Status {
	s := p.Status()
	s.Orphans = e.orphans(p.checker, p.Graph)
	p.checker.TrySave()
	return s
}

// Status returns a plan in a form suited to JSON.
func (p *Plan) Status() *Status {
	s := &Status{
		Current: p.Idle(),
		Counts:  Counts{Current: p.Count(Current), Stale: p.Count(Stale), Waiting: p.Count(Waiting), Failed: p.Count(Broken)},
		Nodes:   make([]NodeStatus, 0, len(p.Steps)),
	}
	for i := range p.Steps {
		step := &p.Steps[i]
		n := NodeStatus{
			Name: step.Node.Name, Stage: step.Node.Stage.Name, Group: step.Node.Group,
			State: step.State, Reasons: step.Reasons, Restore: step.Restore, Log: step.Log,
		}
		if step.Action != (ActionID{}) {
			n.Action = step.Action.String()
		}
		if step.State == Current {
			n.Outputs, n.Adopted = contents(step.Outputs), step.Adopted
			if n.Adopted {
				s.Counts.Adopted++
			}
		}
		s.Nodes = append(s.Nodes, n)
	}
	for _, o := range p.Fetch {
		s.Fetch, s.FetchBytes = s.Fetch+1, s.FetchBytes+o.Size
	}
	if here, gone := p.Archives(); here.Files+gone.Files > 0 {
		s.Archives = &ArchiveStatus{here, gone}
	}
	if s.Current {
		return s // there is no need to read the journal
	}
	s.Changes = p.Changes()
	var d time.Duration
	d, s.Unknown = p.Estimate(1)
	s.Seconds = d.Seconds()
	if h, err := p.history(); err == nil {
		for _, bad := range h.damage {
			s.Damage = append(s.Damage, bad.String())
		}
	}
	return s
}
