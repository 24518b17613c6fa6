package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"sparsel/pipeline/store"
)

// assess decides the state of every step. Nodes of one level do not read from
// one another, so the steps of a level are assessed in parallel.
func (e *Engine) assess(ctx context.Context, p *Plan, trust store.Trust) error {
	var levels [][]*Step
	for i := range p.Steps {
		s := &p.Steps[i]
		s.level = 0
		for _, in := range s.Node.Inputs {
			s.level = max(s.level, p.steps[in.From].level+1)
		}
		for len(levels) <= s.level {
			levels = append(levels, nil)
		}
		levels[s.level] = append(levels[s.level], s)
	}
	for _, level := range levels {
		err := parallel(ctx, e.width(), level, func(s *Step) error { return e.assessStep(ctx, p, s, trust) })
		if err != nil {
			return err
		}
	}
	return nil
}

// parallel calls do for every element of list, on as many goroutines as there
// are cores and at least width: hashing is limited by the cores, but lookups
// wait for the file system. A goroutine that finishes takes the next element,
// since files differ in length a thousandfold.
func parallel[T any](ctx context.Context, width int, list []T, do func(T) error) error {
	g, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range min(max(width, runtime.GOMAXPROCS(0)), len(list)) {
		g.Go(func() error {
			for i := next.Add(1) - 1; i < int64(len(list)); i = next.Add(1) - 1 {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := do(list[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

func (e *Engine) assessStep(ctx context.Context, p *Plan, s *Step, trust store.Trust) error {
	n := s.Node
	trace, flush := e.trace(n)
	defer flush()
	*s = Step{Node: n, level: s.level, order: s.order, action: recipe(n, e.code[n.Stage.Package], trace)}
	var waits []string
	for _, in := range n.Inputs {
		if from := p.steps[in.From]; from.State != Current {
			waits = append(waits, fmt.Sprintf("reads %s, which is %s", in.From.Name, from.State))
		}
	}
	if len(waits) > 0 {
		return e.assessWaiting(ctx, p, s, waits)
	}
	s.action.complete(n, func(in Input) *ContentID {
		return contentOf(p.steps[in.From].Outputs, in.Output)
	}, trace)
	s.Action = s.action.id

	outputs, adopted, miss := e.lookupRecord(p, s.Action, n.Stage, e.lookupTrust())
	if miss != nil {
		if there, found := e.elsewhere(ctx, p, s.Action, n.Stage, miss); found {
			outputs, miss, s.Far = there, nil, errors.Is(miss, errNoRecord)
		}
	}
	s.expected = outputs
	if miss != nil {
		return e.assessMiss(p, s, miss)
	}
	s.Adopted = adopted
	if o := p.lacking(outputs, possible); o != nil {
		s.State, s.Reasons = Waiting, []string{fmt.Sprintf("%s, output %s, and what may run would read it", errAway, o.Name)}
		return nil
	}
	s.State, s.Outputs = Current, outputs
	s.Restore = e.unpublished(p.checker, n, outputs, trust)
	return nil
}

// assessMiss explains why a step whose action is known has not been done.
func (e *Engine) assessMiss(p *Plan, s *Step, miss error) error {
	h, err := p.history()
	if err != nil {
		return err
	}
	s.State = Stale
	if s.expected == nil {
		s.expected = h.known(s.Action)
	}
	if errors.Is(miss, store.ErrConflict) {
		s.State = Broken
	}
	if errors.Is(miss, errAway) {
		o := p.lacking(s.expected, certain)
		s.Causes = []Cause{{Kind: BytesNeeded, Name: o.Name, Text: fmt.Sprintf("%s is needed again, and %s", o.Name, errAway)}}
	} else if !errors.Is(miss, errNoRecord) || h.outputs[s.Action] != nil && !h.gone[s.Action] {
		s.Causes = []Cause{lost(miss.Error())}
	} else {
		s.Causes = e.explain(s.Node, s.action, h)
	}
	if f, ok := h.failed[s.Action]; ok {
		s.State, s.Log = Broken, f.Log
		s.Causes = append([]Cause{{Kind: FailedBefore, Text: "failed before: " + f.Error}}, s.Causes...)
	}
	s.Reasons = texts(s.Causes)
	return nil
}

// assessWaiting assesses a step some of whose inputs will be produced guess.
// Two conditions make it certain to run: its own part of the key was never done
// with any inputs, or the result for the inputs as they were, and will be if
// they come out unchanged, is lost.
func (e *Engine) assessWaiting(ctx context.Context, p *Plan, s *Step, waits []string) error {
	h, err := p.history()
	if err != nil {
		return err
	}
	s.State, s.Reasons = Waiting, waits
	if !h.tried(s.action.Recipe) && e.far.up(ctx) {
		return nil // perhaps another machine has done it
	}
	if !h.tried(s.action.Recipe) {
		s.State = Stale
		s.Causes = e.explain(s.Node, s.action, h)
		s.Reasons = append(texts(s.Causes), waits...)
		return nil
	}
	guess := *s.action
	known := true
	guess.complete(s.Node, func(in Input) *ContentID {
		content := contentOf(p.steps[in.From].expected, in.Output)
		known = known && content != nil
		return content
	}, nil)
	if !known {
		return nil
	}
	outputs, miss := e.lookup(p, guess.id, s.Node.Stage, e.lookupTrust())
	if miss == nil {
		s.expected = outputs
		return nil
	}
	if there, found := e.elsewhere(ctx, p, guess.id, s.Node.Stage, miss); found {
		s.expected = there
		return nil
	}
	s.State, s.expected = Stale, h.known(guess.id)
	if errors.Is(miss, errNoRecord) && s.expected == nil {
		s.Causes = e.explain(s.Node, &guess, h)
	} else {
		s.Causes = []Cause{lost(miss.Error())}
	}
	s.Reasons = append(texts(s.Causes), waits...)
	return nil
}

func contentOf(outputs []store.Output, name string) *ContentID {
	for i := range outputs {
		if outputs[i].Name == name {
			return &outputs[i].Content
		}
	}
	return nil
}

// errNoRecord is the miss of an action of which the store has no record.
var errNoRecord = errors.New("there is no record of it")

// lookup returns an action's outputs if the store knows all of them and holds
// those that it should hold; an output that is not there is Away. Otherwise the
// error says why: it wraps errNoRecord, fs.ErrNotExist (a missing blob),
// errAway, store.ErrDamaged or store.ErrConflict.
func (e *Engine) lookup(p *Plan, id ActionID, stage *Stage, trust store.Trust) ([]store.Output, error) {
	outputs, _, err := e.lookupRecord(p, id, stage, trust)
	return outputs, err
}

// lookupRecord is lookup that also reports whether the outputs were adopted.
func (e *Engine) lookupRecord(p *Plan, id ActionID, stage *Stage, trust store.Trust) (outputs []store.Output, adopted bool, err error) {
	r, err := p.checker.Head(id, trust)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, fmt.Errorf("action %s: %w", id.Short(), errNoRecord)
	}
	if err != nil {
		return nil, false, err
	}
	if r.Conflict != nil {
		if r.Between != "" {
			return nil, false, fmt.Errorf(
				"action %s: %w: %s; `audit -level=3` on each tells which is wrong; then remove its record, here %s, and run again",
				id.Short(), store.ErrConflict, r.Between, e.Store.RecordPath(id))
		}
		return nil, false, fmt.Errorf("action %s: %w: make the stage deterministic; to try this code again, remove %s",
			id.Short(), store.ErrConflict, e.Store.RecordPath(id))
	}
	if e.Paranoid {
		_, err := actionOf(r)
		if err == nil && r.Adopted {
			err = e.refuted(r)
		}
		if err != nil {
			return nil, false, fmt.Errorf("record %s: %w: %w", id.Short(), err, store.ErrDamaged)
		}
	}
	for _, name := range stage.Outputs {
		if contentOf(r.Outputs, name) == nil {
			return nil, false, fmt.Errorf("record %s lacks output %s: %w", id.Short(), name, store.ErrDamaged)
		}
	}
	outputs, err = e.heldHere(p, r.Outputs, trust)
	return outputs, r.Adopted, err
}

func (e *Engine) lookupTrust() store.Trust {
	if e.Paranoid {
		return store.TrustNothing
	}
	return store.TrustTimes
}

// rehashFeeds hashes the outputs of current nodes that nodes which will or may
// run read, and reports whether any are damaged. The checker remembers the
// damage, so that assessing again makes the producer stale.
func (e *Engine) rehashFeeds(ctx context.Context, p *Plan, trust store.Trust) (damaged bool, err error) {
	if trust == store.TrustTimes {
		return false, nil
	}
	var feeds []store.Output
	seen := map[ContentID]bool{}
	for i := range p.Steps {
		if p.Steps[i].State == Current {
			continue
		}
		for _, in := range p.Steps[i].Node.Inputs {
			for _, o := range p.steps[in.From].Outputs {
				if o.Name == in.Output && !o.Away && !seen[o.Content] {
					seen[o.Content] = true
					feeds = append(feeds, o)
				}
			}
		}
	}
	var mu sync.Mutex
	err = parallel(ctx, 0, feeds, func(o store.Output) error {
		if e.rehash(p.checker, o) != nil {
			mu.Lock()
			damaged = true
			mu.Unlock()
		}
		return nil
	})
	return damaged, err
}

func (e *Engine) rehash(c *store.Checker, o store.Output) error {
	return c.Blob(o.Content, o.Size, store.TrustNothing)
}

// unpublished lists the published files of a node that do not match its
// outputs.
func (e *Engine) unpublished(c *store.Checker, n *Node, outputs []store.Output, trust store.Trust) []string {
	var out []string
	for _, p := range publications(n) {
		id, err := c.Content(filepath.Join(e.Out, p.path), trust)
		if want := contentOf(outputs, p.output); err != nil || want == nil || id != *want {
			out = append(out, p.path)
		}
	}
	return out
}
