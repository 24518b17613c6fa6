package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"sparsel/pipeline/store"
)

// execute runs the stage, stores its outputs and records them in the journal.
// The caller holds the action's lock.
func (r *runner) execute(ctx context.Context, p *progress, a *action, known []store.Output) attempted {
	n := p.step.Node
	inputs, lacking, err := r.inputs(ctx, n)
	if err != nil {
		return r.failed(p, a, err)
	}
	if lacking != nil {
		return attempted{p: p, lacking: lacking}
	}
	log := newNodeLog(r.e.Store.LogDir(r.w.Run), n.Name, r.e.Now)
	job := &Job{node: n, action: a.id, blob: r.blob, inputs: inputs}
	job.say = func(text string) { log.printf("%s", text) }
	job.advance = func(done, total float64, text string) {
		r.e.tell(func(v Events) { v.NodeProgress(n, done, total, text) })
	}
	x := &execution{r: r, a: a, job: job, log: log}
	defer x.clear()
	used, err := x.perform(ctx)
	switch {
	case errors.Is(err, errNoWorker):
		return attempted{p: p, busy: true} // another node reports why
	case err != nil && !x.begun && ctx.Err() != nil:
		return attempted{p: p, result: NodeResult{Outcome: Cancelled, Err: err, Action: a.id}}
	case err != nil && !x.begun:
		return r.failed(p, a, err)
	}
	outputs, elapsed := x.outputs, x.elapsed
	a.Run, a.Seconds, a.Environment = r.w.Run, elapsed.Seconds(), environment(r.e.code[n.Stage.Package], x.machine)
	if err == nil {
		err = r.commit(n, a, outputs, known, x, used)
	}
	res := NodeResult{Outcome: Executed}
	if err == nil {
		res = r.settle(n, a, outputs, Executed)
		err = res.Err
	}
	res.Host = x.host
	if lacking := r.vanished(n); err != nil && lacking != nil && ctx.Err() == nil {
		log.close()
		return attempted{p: p, lacking: lacking} // another run has released them in the meantime
	}
	if err != nil {
		return r.unsuccessful(ctx, p, a, err, log, x)
	}
	res.Elapsed, res.CPU = elapsed, used.CPU
	res.Log, _ = log.close()
	if len(p.step.Reasons) > 0 {
		res.Why = p.step.Reasons[0]
	}
	return attempted{p: p, outputs: outputs, result: res}
}

// inputs hashes what the stage is going to read, unless this run has hashed it
// before and the file has not changed since. It fetches what is not here.
// lacking are the nodes that produced what cannot be fetched.
func (r *runner) inputs(ctx context.Context, n *Node) (m map[string]jobInput, lacking []*progress, err error) {
	m = make(map[string]jobInput, len(n.Inputs))
	for _, in := range n.Inputs {
		var file jobInput
		for _, o := range r.outputsOf(in.From) {
			if o.Name != in.Output {
				continue
			}
			err := r.e.rehash(r.plan.checker, o)
			if errors.Is(err, fs.ErrNotExist) {
				if r.fetch(ctx, o) {
					err = nil
				} else {
					r.plan.need(o.Content, certain)
					lacking = append(lacking, r.nodes[in.From])
					continue
				}
			}
			if err != nil {
				return nil, nil, fmt.Errorf("input %s: %w: run again to rebuild it", in.Name, err)
			}
			file = jobInput{o.Content, r.e.Store.BlobPath(o.Content)}
		}
		m[in.Name] = file
	}
	return m, lacking, nil
}

func (r *runner) blob(id ContentID) (string, bool) {
	if r.plan.checker.Blob(id, -1, store.TrustNothing) != nil {
		return "", false
	}
	return r.e.Store.BlobPath(id), true
}

// silence returns how long a node's stage may go without a sign of life.
func (r *runner) silence(n *Node) time.Duration {
	silence := n.Stage.Silence
	if silence == 0 {
		silence = defaultSilence
	}
	if expected, ok := r.history.estimate(n); ok {
		silence = max(silence, silenceFactor*seconds(expected))
	}
	return silence
}

// collect hashes the outputs.
func collect(c *store.Checker, job *Job) ([]store.Output, error) {
	var outputs []store.Output
	for _, name := range job.node.Stage.Outputs {
		path := job.Output(name)
		if err := written(path); err != nil { // checks what this process sees
			return nil, fmt.Errorf("output %s %w", name, err)
		}
		id, size, err := c.Hash(path)
		if err != nil {
			return nil, fmt.Errorf("output %s: %w", name, err)
		}
		outputs = append(outputs, store.Output{Name: name, Content: id, Size: size})
	}
	return outputs, nil
}

// commit makes the blobs durable, then the record, then the journal entry.
func (r *runner) commit(n *Node, a *action, outputs, known []store.Output, x *execution, used usage) error {
	detail, err := a.encode()
	if err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	rec := &store.Record{Action: a.id, Node: n.Name, Stage: n.Stage.Name, Outputs: outputs, Between: r.between(a), Detail: detail}
	err = r.w.Commit(rec, known, func(name string) string { return filepath.Join(x.job.dir, "out", name) })
	if err != nil {
		return err // the blobs' paths may still hold what was there before
	}
	for _, o := range outputs {
		r.plan.checker.Learn(r.e.Store.BlobPath(o.Content), o.Content)
		r.free.made(o.Content, a.id)
	}
	e := r.event(store.NodeFinish, n, a)
	e.Outputs, e.Cost, e.Work, e.Seconds, e.CPU, e.Memory = contents(outputs), cost(n), n.Work, a.Seconds, used.CPU, used.Memory
	e.Host = x.host
	return r.w.Append(e)
}

// unsuccessful ends an execution that failed or was cancelled. A stage that
// ends with an error after its context ended is taken to have ended because of
// that.
func (r *runner) unsuccessful(ctx context.Context, p *progress, a *action, err error, log *nodeLog, x *execution) attempted {
	kind, outcome := store.NodeFail, Failed
	if ctx.Err() != nil && !errors.Is(err, store.ErrConflict) {
		kind, outcome = store.NodeCancel, Cancelled
	}
	log.printf("%s: %v", outcome, err)
	e := r.event(kind, p.step.Node, a)
	e.Error, e.Seconds, e.Conflict = err.Error(), x.elapsed.Seconds(), errors.Is(err, store.ErrConflict)
	e.Host = x.host
	res := NodeResult{Outcome: outcome, Err: err, Action: a.id, Elapsed: x.elapsed, Host: x.host}
	res.Log, res.Tail = log.close()
	e.Log, e.Tail = res.Log, res.Tail
	if jerr := r.w.Append(e); jerr != nil {
		res.Err = errors.Join(err, jerr)
	}
	return attempted{p: p, result: res}
}
