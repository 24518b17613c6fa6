package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"sparsel/pipeline/store"
)

// attempt brings one node to an end: it finds that its action is already done,
// or does it, or finds that another process is doing it.
func (r *runner) attempt(ctx context.Context, p *progress) attempted {
	n := p.step.Node
	a := *p.step.action
	a.complete(n, func(in Input) *ContentID { return contentOf(r.nodes[in.From].outputs, in.Output) }, nil)
	outputs, miss := r.e.lookup(r.plan.checker, a.id, n.Stage, r.e.lookupTrust())
	if miss == nil {
		return attempted{p: p, outputs: outputs, result: r.settle(n, a.id, outputs, r.hit(a.id))}
	}
	lock, ok, err := r.w.TryLock(a.id)
	if err != nil {
		return r.failed(p, &a, err)
	}
	if !ok {
		return attempted{p: p, busy: true}
	}
	defer lock.Release()
	// Again, now that nobody else can be about to record it.
	outputs, miss = r.e.lookup(r.plan.checker, a.id, n.Stage, r.e.lookupTrust())
	if miss == nil {
		return attempted{p: p, outputs: outputs, result: r.settle(n, a.id, outputs, r.hit(a.id))}
	}
	if errors.Is(miss, store.ErrConflict) {
		return r.failed(p, &a, miss)
	}
	known, err := r.clear(&a)
	if err != nil {
		return r.failed(p, &a, err)
	}
	return r.execute(ctx, p, &a, known)
}

// hit names the outcome of a node whose action turned out to be done: by an
// earlier run, or by another process during this one.
func (r *runner) hit(id ActionID) Outcome {
	if r.history.outputs[id] == nil {
		return Shared
	}
	return CutOff
}

// settle publishes a node's outputs and makes its result.
func (r *runner) settle(n *Node, id ActionID, outputs []store.Output, o Outcome) NodeResult {
	res := NodeResult{Outcome: o, Action: id, Outputs: contents(outputs)}
	if r.w == nil {
		return res // nothing to publish or to note, or nothing can be
	}
	var err error
	if o != Executed && r.unused(n, id) {
		err = r.w.Append(store.Event{Kind: store.NodeUse, Node: n.Name, Stage: n.Stage.Name, Action: &id, Outputs: res.Outputs})
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

// clear moves what is damaged out of the way and returns the outputs that the
// action is known to have had, if it was done before.
func (r *runner) clear(a *action) ([]store.Output, error) {
	rec, err := r.e.Store.Record(a.id)
	if errors.Is(err, store.ErrDamaged) {
		r.note(fmt.Sprintf("record of action %s: %v", a.id.Short(), err))
		err := r.w.Quarantine(r.e.Store.RecordPath(a.id), err.Error())
		return r.history.known(a.id), err
	}
	if err != nil {
		return r.history.known(a.id), nil
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

// execute runs the stage, keeps what it made, and says so in the journal. The
// caller holds the action's lock.
func (r *runner) execute(ctx context.Context, p *progress, a *action, known []store.Output) attempted {
	n := p.step.Node
	dir, err := r.w.JobDir()
	if err != nil {
		return r.failed(p, a, err)
	}
	defer os.RemoveAll(dir)
	log := newNodeLog(r.e.Store.LogDir(r.w.Run), n.Name, r.e.Now)
	job := &Job{node: n, action: a.id, dir: dir, log: log, blob: r.blob}
	job.advance = func(done, total float64, text string) {
		r.e.tell(func(v Events) { v.NodeProgress(n, done, total, text) })
	}
	if job.inputs, err = r.inputs(n); err != nil {
		return r.failed(p, a, err)
	}
	if err := r.w.Append(r.event(store.NodeStart, n, a)); err != nil {
		return r.failed(p, a, err)
	}
	r.e.tell(func(v Events) { v.NodeStarted(n) })

	start := time.Now() // monotonic: the journal's clock may jump
	err = safely(ctx, job)
	elapsed := time.Since(start)
	var outputs []store.Output
	if err == nil {
		outputs, err = collect(job)
	}
	a.Run, a.Seconds, a.Environment = r.w.Run, elapsed.Seconds(), environment()
	if err == nil {
		err = r.commit(n, a, outputs, known, dir)
	}
	res := NodeResult{Outcome: Executed, Elapsed: elapsed}
	if err == nil {
		res = r.settle(n, a.id, outputs, Executed)
		err = res.Err
	}
	if err != nil {
		return r.unsuccessful(ctx, p, a, err, log, elapsed)
	}
	res.Elapsed = elapsed
	res.Log, _ = log.close()
	if len(p.step.Reasons) > 0 {
		res.Why = p.step.Reasons[0]
	}
	return attempted{p: p, outputs: outputs, result: res}
}

// inputs hashes what the stage is going to read, unless this run has done so
// and the file is untouched since.
func (r *runner) inputs(n *Node) (map[string]jobInput, error) {
	m := make(map[string]jobInput, len(n.Inputs))
	for _, in := range n.Inputs {
		var file jobInput
		for _, o := range r.nodes[in.From].outputs {
			if o.Name != in.Output {
				continue
			}
			if err := r.e.rehash(r.plan.checker, o); err != nil {
				return nil, fmt.Errorf("input %s: %w: run again to rebuild it", in.Name, err)
			}
			file = jobInput{o.Content, r.e.Store.BlobPath(o.Content)}
		}
		m[in.Name] = file
	}
	return m, nil
}

func (r *runner) blob(id ContentID) (string, bool) {
	if r.plan.checker.Blob(id, -1, store.TrustNothing) != nil {
		return "", false
	}
	return r.e.Store.BlobPath(id), true
}

// collect hashes the outputs and refuses what cannot be one.
func collect(job *Job) ([]store.Output, error) {
	var outputs []store.Output
	for _, name := range job.node.Stage.Outputs {
		path := job.Output(name)
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, os.ErrNotExist):
			return nil, fmt.Errorf("output %s was not written", name)
		case err != nil:
			return nil, fmt.Errorf("output %s: %w", name, err)
		case !info.Mode().IsRegular():
			return nil, fmt.Errorf("output %s is no regular file", name)
		case info.Size() == 0:
			return nil, fmt.Errorf("output %s is empty", name)
		}
		if check := job.node.Stage.Check; check != nil {
			if err := check(name, path); err != nil {
				return nil, fmt.Errorf("output %s: %w", name, err)
			}
		}
		id, size, err := store.HashFile(path)
		if err != nil {
			return nil, fmt.Errorf("output %s: %w", name, err)
		}
		outputs = append(outputs, store.Output{Name: name, Content: id, Size: size})
	}
	return outputs, nil
}

// commit makes blobs, then the record, then the journal entry durable.
func (r *runner) commit(n *Node, a *action, outputs, known []store.Output, dir string) error {
	detail, err := a.encode()
	if err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	rec := &store.Record{Action: a.id, Node: n.Name, Stage: n.Stage.Name, Outputs: outputs, Detail: detail}
	err = r.w.Commit(rec, known, func(name string) string { return filepath.Join(dir, "out", name) })
	for _, o := range outputs {
		r.plan.checker.Learn(r.e.Store.BlobPath(o.Content), o.Content)
	}
	if err != nil {
		return err
	}
	e := r.event(store.NodeFinish, n, a)
	e.Outputs, e.Cost, e.Seconds = contents(outputs), cost(n), a.Seconds
	return r.w.Append(e)
}

func (r *runner) event(kind store.EventKind, n *Node, a *action) store.Event {
	return store.Event{Kind: kind, Node: n.Name, Stage: n.Stage.Name, Action: &a.id, Recipe: a.Recipe.String()}
}

// unsuccessful ends an execution that failed, or that was cancelled: a stage
// that ends with an error after its context ended is taken to end because of it.
func (r *runner) unsuccessful(ctx context.Context, p *progress, a *action, err error, log *nodeLog, elapsed time.Duration) attempted {
	kind, outcome := store.NodeFail, Failed
	if ctx.Err() != nil && !errors.Is(err, store.ErrConflict) {
		kind, outcome = store.NodeCancel, Cancelled
	}
	log.printf("%s: %v", outcome, err)
	e := r.event(kind, p.step.Node, a)
	e.Error, e.Seconds = err.Error(), elapsed.Seconds()
	res := NodeResult{Outcome: outcome, Err: err, Action: a.id, Elapsed: elapsed}
	res.Log, res.Tail = log.close()
	e.Log = res.Log
	if jerr := r.w.Append(e); jerr != nil {
		res.Err = errors.Join(err, jerr)
	}
	return attempted{p: p, result: res}
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
