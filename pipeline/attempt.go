package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"

	"sparsel/pipeline/store"
)

// attempt makes one attempt at a node: it finds that the action is already
// done, does it, or finds that another process is doing it.
func (r *runner) attempt(ctx context.Context, p *progress) attempted {
	n := p.step.Node
	a := *p.step.action
	trace, flush := r.e.trace(n)
	a.complete(n, func(in Input) *ContentID { return contentOf(r.outputsOf(in.From), in.Output) }, trace)
	flush()
	outputs, miss := r.find(ctx, n, a.id)
	if miss == nil {
		return attempted{p: p, outputs: outputs, result: r.settle(n, &a, outputs, r.hit(a.id))}
	}
	lock, ok, err := r.w.TryLock(a.id)
	if err != nil {
		return r.failed(p, &a, err)
	}
	if !ok {
		return attempted{p: p, busy: true}
	}
	defer lock.Release()
	// Look again, now that nobody else can be about to record it.
	outputs, miss = r.find(ctx, n, a.id)
	if miss == nil {
		return attempted{p: p, outputs: outputs, result: r.settle(n, &a, outputs, r.hit(a.id))}
	}
	if errors.Is(miss, store.ErrConflict) {
		return r.failed(p, &a, miss)
	}
	if outputs, ok := r.pull(ctx, n, a.id); ok {
		return attempted{p: p, outputs: outputs, result: r.settle(n, &a, outputs, Shared)}
	}
	known, err := r.clear(&a)
	if err != nil {
		return r.failed(p, &a, err)
	}
	return r.execute(ctx, p, &a, known)
}

// find looks up an action, with those of its bytes that are needed.
func (r *runner) find(ctx context.Context, n *Node, id ActionID) ([]store.Output, error) {
	outputs, miss := r.e.lookup(r.plan, id, n.Stage, r.e.lookupTrust())
	if miss == nil && !r.publishable(ctx, n, outputs) {
		outputs, miss = r.e.lookup(r.plan, id, n.Stage, r.e.lookupTrust()) // the plan now knows what is needed
	}
	return outputs, miss
}

// hit returns the outcome of a node whose action turned out to be done: either
// by a run that was in the journal when this one began, or by another one
// since.
func (r *runner) hit(id ActionID) Outcome {
	if r.history.outputs[id] == nil && !r.history.adopted[id] {
		return Shared
	}
	return CutOff
}

// settle publishes a node's outputs and returns its result.
func (r *runner) settle(n *Node, a *action, outputs []store.Output, o Outcome) NodeResult {
	id := a.id
	res := NodeResult{Outcome: o, Action: id, Outputs: contents(outputs)}
	if r.w == nil {
		return res // nothing to publish or to note, or it is impossible
	}
	var err error
	if o != Executed && r.unused(n, id) {
		e := r.event(store.NodeUse, n, a)
		e.Outputs = res.Outputs
		err = r.w.Append(e)
	}
	if err == nil {
		res.Published, err = r.publish(n, outputs)
	}
	if err != nil {
		res.Outcome, res.Err = Failed, err
	}
	return res
}

func contents(outputs []store.Output) map[string]ContentID {
	m := make(map[string]ContentID, len(outputs))
	for _, o := range outputs {
		m[o.Name] = o.Content
	}
	return m
}

// clear moves whatever is damaged out of the way and returns the outputs that
// the action is known to have had, if it was done before.
func (r *runner) clear(a *action) ([]store.Output, error) {
	rec, err := r.e.Store.Record(a.id)
	if errors.Is(err, store.ErrDamaged) {
		r.note(fmt.Sprintf("record of action %s: %v", a.id.Short(), err))
		err := r.w.Quarantine(r.e.Store.RecordPath(a.id), err.Error())
		return r.remembered(a.id), err
	}
	if err != nil {
		return r.remembered(a.id), nil
	}
	if rec.Adopted {
		if err := r.e.refuted(rec); err != nil { // an action that was never done cannot contradict its first result
			r.note(fmt.Sprintf("record of action %s: %v", a.id.Short(), err))
			return nil, r.w.Quarantine(r.e.Store.RecordPath(a.id), err.Error())
		}
		r.note(fmt.Sprintf("%s was adopted and is lost; what comes out now must be what was adopted", rec.Node))
	}
	for _, o := range rec.Outputs {
		err := r.plan.checker.Blob(o.Content, o.Size, r.e.lookupTrust())
		if errors.Is(err, store.ErrDamaged) {
			r.note(fmt.Sprintf("%s, output %s: %v", rec.Node, o.Name, err))
			if err := r.w.Quarantine(r.e.Store.BlobPath(o.Content), err.Error()); err != nil {
				return nil, err
			}
		}
	}
	return rec.Outputs, nil
}

// remembered returns the outputs that the journal remembers of an action, with
// the sizes of those that still exist.
func (r *runner) remembered(id ActionID) []store.Output {
	outputs := r.history.known(id)
	for i, o := range outputs {
		if info, err := os.Stat(r.e.Store.BlobPath(o.Content)); err == nil {
			outputs[i].Size = info.Size()
		}
	}
	return outputs
}

func (r *runner) event(kind store.EventKind, n *Node, a *action) store.Event {
	return store.Event{Kind: kind, Node: n.Name, Stage: n.Stage.Name, Action: &a.id, Recipe: a.Recipe.String()}
}

// failed ends a node that could not even start.
func (r *runner) failed(p *progress, a *action, err error) attempted {
	e := r.event(store.NodeFail, p.step.Node, a)
	e.Error = err.Error()
	if jerr := r.w.Append(e); jerr != nil {
		err = errors.Join(err, jerr)
	}
	return attempted{p: p, result: NodeResult{Outcome: Failed, Err: err, Action: a.id}}
}
