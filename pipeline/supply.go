package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"sparsel/pipeline/store"
)

// A result is known by its record. Its bytes may be elsewhere, or nowhere and
// made again when something reads them. This file finds out what is read.

// A need says whether something reads bytes that the store does not hold and
// that cannot be fetched.
type need int

const (
	possible need = 1 + iota // the node that would read them may not run
	certain
)

// needed records which bytes have to be made again.
type needed struct {
	mu sync.Mutex
	by map[ContentID]need
}

// need raises the need for some bytes, and reports whether it was lower before.
func (p *Plan) need(id ContentID, n need) bool {
	p.needed.mu.Lock()
	defer p.needed.mu.Unlock()
	if p.needed.by == nil {
		p.needed.by = map[ContentID]need{}
	}
	if p.needed.by[id] >= n {
		return false
	}
	p.needed.by[id] = n
	return true
}

func (p *Plan) needs(id ContentID) need {
	p.needed.mu.Lock()
	defer p.needed.mu.Unlock()
	return p.needed.by[id]
}

// errAway is the miss of an action whose bytes are needed but are not in the
// store and cannot be had.
var errAway = errors.New("its bytes are not kept here")

// supply looks for outputs of current steps whose bytes are not here and that
// steps to run, or files to publish, need. It adds to the plan's Fetch what can
// be fetched. It tells the plan that the rest is needed; if that is new, reassess
// says that the steps must be assessed once more.
func (e *Engine) supply(ctx context.Context, p *Plan) (reassess bool, err error) {
	wanted := map[ContentID]need{}
	var outputs []store.Output
	want := func(o store.Output, n need) {
		if o.Away && wanted[o.Content] < n {
			if wanted[o.Content] == 0 {
				outputs = append(outputs, o)
			}
			wanted[o.Content] = n
		}
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.State == Current {
			for _, path := range s.Restore {
				want(*published(s, path), certain)
			}
			continue
		}
		level := certain
		if s.State == Waiting {
			level = possible
		}
		for _, in := range s.Node.Inputs {
			for _, o := range p.steps[in.From].Outputs {
				if o.Name == in.Output {
					want(o, level)
				}
			}
		}
	}
	var mu sync.Mutex
	p.Fetch = nil
	err = parallel(ctx, e.width(), outputs, func(o store.Output) error {
		has := e.far.holds(ctx, o)
		mu.Lock()
		defer mu.Unlock()
		if has {
			p.Fetch = append(p.Fetch, o)
		} else if p.need(o.Content, wanted[o.Content]) {
			reassess = true
		}
		return nil
	})
	slices.SortFunc(p.Fetch, func(a, b store.Output) int { return slices.Compare(a.Content[:], b.Content[:]) })
	return reassess, err
}

// published returns the output that a step publishes at path.
func published(s *Step, path string) *store.Output {
	for _, p := range publications(s.Node) {
		if p.path == path {
			for i, o := range s.Outputs {
				if o.Name == p.output {
					return &s.Outputs[i]
				}
			}
		}
	}
	return &store.Output{}
}

// lacking returns the first of a result's outputs that is needed at that level,
// or nil.
func (p *Plan) lacking(outputs []store.Output, n need) *store.Output {
	for i, o := range outputs {
		if o.Away && p.needs(o.Content) == n {
			return &outputs[i]
		}
	}
	return nil
}

// heldHere marks which of a result's outputs are not in the store. If an output
// that is away is needed, that is a miss.
func (e *Engine) heldHere(p *Plan, outputs []store.Output, trust store.Trust) ([]store.Output, error) {
	outputs = slices.Clone(outputs)
	for i, o := range outputs {
		err := p.checker.Blob(o.Content, o.Size, trust)
		absent := errors.Is(err, fs.ErrNotExist)
		switch {
		case o.Away && absent && p.needs(o.Content) == certain:
			return outputs, fmt.Errorf("output %s: %w", o.Name, errAway)
		case o.Away && absent, err == nil:
			outputs[i].Away = absent
		default:
			return nil, fmt.Errorf("output %s: %w", o.Name, err)
		}
	}
	return outputs, nil
}

// elsewhere looks in the second level for a result that the store does not
// have. The store's own record counts too if only its bytes were lost and the
// second level has them.
func (e *Engine) elsewhere(ctx context.Context, p *Plan, id ActionID, stage *Stage, miss error) (outputs []store.Output, found bool) {
	if !e.far.up(ctx) || errors.Is(miss, store.ErrConflict) || errors.Is(miss, errAway) {
		return nil, false
	}
	r, err := e.Store.Record(id)
	local := err == nil
	if !local {
		r = e.far.record(ctx, id, stage, false)
	}
	if r == nil || r.Conflict != nil {
		return nil, false
	}
	outputs = slices.Clone(r.Outputs)
	for i, o := range outputs {
		err := p.checker.Blob(o.Content, o.Size, e.lookupTrust())
		switch {
		case err == nil:
			outputs[i].Away = false
		case !errors.Is(err, fs.ErrNotExist):
			return nil, false // damaged: the run repairs it
		case p.needs(o.Content) == certain, local && !o.Away && !e.far.holds(ctx, o):
			return nil, false
		default:
			outputs[i].Away = true
		}
	}
	return outputs, true
}

// questions is the number of requests sent to the second level at once.
const questions = 32

// width is the least number of steps to assess in parallel. It may exceed the
// number of cores, because waiting for answers from elsewhere takes no
// processor. It is zero as long as nothing was missing and so nobody was asked.
func (e *Engine) width() int {
	if e.far.asked() {
		return questions
	}
	return 0
}
