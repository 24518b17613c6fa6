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
// made again when something reads them: this file finds out what is read.

// A need is whether something reads bytes that the store does not hold and that
// cannot be fetched.
type need int

const (
	possible need = 1 + iota // what would read them may not run
	certain
)

// needed are the bytes that are to be made again.
type needed struct {
	mu sync.Mutex
	by map[ContentID]need
}

// need raises what is known of some bytes, and reports whether that is news.
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

// errAway is the miss of an action whose bytes are needed, and neither here nor
// to be had.
var errAway = errors.New("its bytes are not kept here")

// supply looks for bytes that current steps made, that are not here, and that
// steps to run or files to publish need. What can be fetched will be; of the
// rest the plan learns that it is needed, and again says that the steps are to be
// assessed once more.
func (e *Engine) supply(ctx context.Context, p *Plan) (again bool, err error) {
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
			again = true
		}
		return nil
	})
	slices.SortFunc(p.Fetch, func(a, b store.Output) int { return slices.Compare(a.Content[:], b.Content[:]) })
	return again, err
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

// lacking is the first of a result's outputs that is needed at that level.
func (p *Plan) lacking(outputs []store.Output, n need) *store.Output {
	for i, o := range outputs {
		if o.Away && p.needs(o.Content) == n {
			return &outputs[i]
		}
	}
	return nil
}

// heldHere marks which of a result's outputs are not in the store. An output
// that is away, and needed, is a miss.
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

// elsewhere looks for a result in the second level that the store does not have.
// A record of the store's own whose bytes were lost counts too, if they are
// there.
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
			return nil, false // damaged: the run sees to it
		case p.needs(o.Content) == certain, local && !o.Away && !e.far.holds(ctx, o):
			return nil, false
		default:
			outputs[i].Away = true
		}
	}
	return outputs, true
}

// questions is how many questions the second level is asked at once.
const questions = 32

// width is how many steps are looked at side by side: waiting for answers from
// elsewhere takes no processor. As long as nothing was missing, nobody was asked.
func (e *Engine) width() int {
	if e.far.asked() {
		return questions
	}
	return 0
}
