package pipeline

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"sparsel/pipeline/store"
)

// A runner carries out one plan. Attempts run in goroutines and send their
// results to the loop. Only the loop touches nodes and the fields after it.
type runner struct {
	e       *Engine
	plan    *Plan
	o       Options
	w       *store.Writer
	latest  map[string]ActionID // each node's latest action when the run began
	history *history            // nil if there is nothing to do
	report  *Report
	started time.Time

	near  *pool   // workers on this machine; nil if stages run in this process
	ahead int     // nodes that may be under way without a worker, in addition to Options.Jobs
	pool  *pool   // workers for all nodes without Node.Here: near, or workers on other machines
	push  *pusher // nil if nothing is pushed
	free  releaser

	gave     sync.RWMutex // guards progress.outputs, which attempts read while the loop may change them
	nodes    map[*Node]*progress
	ready    queue
	busy     []*progress // nodes whose action another process is doing
	running  int
	memory   int64 // sum of Node.Memory of the running nodes
	remade   int   // how often any node was made again because its bytes were missing
	results  chan attempted
	stopping bool
}

// progress is the state of one node.
type progress struct {
	step    *Step
	users   []*progress // nodes that read from this one, once per input
	pending int         // number of inputs whose producers have not ended
	depth   int         // number of nodes on the longest way to it from one without inputs
	seconds float64     // expected time; nodes of unknown stages count as longest
	outputs []store.Output
	result  NodeResult
	ended   bool

	due       bool        // it still has to be done, even if the plan says that it is current
	remade    int         // how often it was made again because its bytes were missing
	readers   []*progress // readers of its bytes that wait for it to be made again
	remadeAt  int         // the value of runner.remade when it was last made again
	startedAt int         // the value of runner.remade when it was last started
}

// gives sets a node's outputs.
func (r *runner) gives(p *progress, outputs []store.Output) {
	r.gave.Lock()
	defer r.gave.Unlock()
	p.outputs = outputs
}

// outputsOf returns a node's outputs.
func (r *runner) outputsOf(n *Node) []store.Output {
	r.gave.RLock()
	defer r.gave.RUnlock()
	return r.nodes[n].outputs
}

// attempted is the result of one attempt at a node.
type attempted struct {
	p       *progress
	busy    bool
	lacking []*progress // nodes whose bytes it reads and that no longer have them
	outputs []store.Output
	result  NodeResult
}

// busyPoll is how often work that another process is doing is checked again. It
// is far below the length of a job and far above the cost of a check.
const busyPoll = 100 * time.Millisecond

// Run carries out a plan. The report is complete even if err is not nil. err
// says that nodes failed (ErrFailed), that ctx ended (its cause), or that the
// store could not be used.
//
// When ctx ends, Run starts no more work, tells the running stages through
// their own context, and waits for them.
func (e *Engine) Run(ctx context.Context, p *Plan, o Options) (report *Report, err error) {
	r := &runner{
		e: e, plan: p, o: o,
		nodes:   make(map[*Node]*progress, len(p.Steps)),
		report:  &Report{Counts: map[Outcome]int{}},
		results: make(chan attempted),
		started: time.Now(), // monotonic, whatever e.Now does
	}
	r.o.Jobs = max(1, o.Jobs)
	if r.latest, err = p.checker.Latest(); err != nil {
		return r.report, fmt.Errorf("run: %w", err)
	}
	r.push = newPusher(ctx, r)
	if !p.Idle() || r.forgotten() || e.Paranoid || e.Store.Littered() || len(e.litter(p)) > 0 || len(r.push.owed()) > 0 {
		if r.w, err = e.Store.NewWriter(e.Now); err != nil && !p.Idle() {
			return r.report, fmt.Errorf("run: %w", err)
		}
		if err != nil && e.Paranoid {
			r.note(fmt.Sprintf("files that the plan does not rely on were not checked: %v", err))
		}
	}
	if r.w != nil {
		defer func() { err = errors.Join(err, r.w.Close()) }()
		r.report.Run = r.w.Run
		if p.generation != e.Store.Generation() {
			// A collection ran between plan and run, perhaps with other parameters in
			// mind. From here on the lock prevents it.
			if r.plan, err = e.Plan(ctx, p.Graph, p.targets); err != nil {
				return r.report, fmt.Errorf("run: %w", err)
			}
			p = r.plan
		}
		if r.history, err = p.history(); err != nil {
			return r.report, fmt.Errorf("run: %w", err)
		}
		if err := r.open(ctx); err != nil {
			return r.report, fmt.Errorf("run: %w", err)
		}
	}
	if o.Workers != nil {
		if err := r.staff(o.Workers); err != nil {
			return r.report, fmt.Errorf("run: %w", err)
		}
		defer r.dismiss()
	}
	e.tell(func(v Events) { v.RunStarted(p, r.o.Jobs) })
	r.prepare(ctx)
	r.loop(ctx)
	conflict := r.push.finish(ctx)
	r.release(ctx)
	r.finish()
	if e.Paranoid && r.w != nil && ctx.Err() == nil {
		if err := r.mend(ctx); err != nil {
			return r.report, errors.Join(r.verdict(ctx), fmt.Errorf("run: %w", err))
		}
	}
	if err := r.close(ctx); err != nil {
		return r.report, fmt.Errorf("run: %w", err)
	}
	return r.report, errors.Join(r.verdict(ctx), conflict)
}

// forgotten reports whether the journal's last entry for some current node
// names another action, as after an edit is taken back. Reasons should refer to
// what was last true.
func (r *runner) forgotten() bool {
	for i := range r.plan.Steps {
		if s := &r.plan.Steps[i]; s.State == Current && r.unused(s.Node, s.Action) {
			return true
		}
	}
	return false
}

func (r *runner) unused(n *Node, id ActionID) bool {
	last, ok := r.latest[n.Name]
	return !ok || last != id
}

func (r *runner) open(ctx context.Context) error {
	for _, d := range r.history.damage {
		r.note(d.String())
	}
	if err := r.w.Append(store.Event{
		Kind: store.RunStart, Text: fmt.Sprintf("%d nodes, %d jobs", len(r.plan.Steps), r.o.Jobs), Request: r.o.Request,
	}); err != nil {
		return err
	}
	for _, id := range r.e.code {
		if err := r.w.PutManifest(id.ID, id); err != nil {
			return err
		}
	}
	if err := r.adopt(ctx); err != nil {
		return err
	}
	if err := r.mayPublish(); err != nil {
		return err
	}
	return r.sweepPublished()
}

// prepare links the nodes, ends those that are current, and makes those ready
// that read nothing. The others become ready as nodes end.
func (r *runner) prepare(ctx context.Context) {
	r.bring(ctx)
	for i := range r.plan.Steps {
		s := &r.plan.Steps[i]
		p := &progress{step: s, pending: len(s.Node.Inputs)}
		if r.history != nil {
			p.seconds = r.expected(s.Node)
		}
		r.nodes[s.Node] = p
		for _, in := range s.Node.Inputs {
			from := r.nodes[in.From]
			from.users = append(from.users, p)
			p.depth = max(p.depth, from.depth+1)
		}
	}
	for i := range r.plan.Steps {
		s := &r.plan.Steps[i]
		p := r.nodes[s.Node]
		p.due = s.State != Current || r.w != nil && len(s.Restore) > 0 && !r.publishable(ctx, s.Node, s.Outputs)
		if !p.due {
			r.end(p, attempted{p: p, outputs: s.Outputs, result: r.settle(s.Node, s.action, s.Outputs, Cached)})
		} else if p.pending == 0 {
			heap.Push(&r.ready, p)
		}
	}
	for _, id := range r.push.owed() {
		r.push.start(ctx, id)
	}
}

// offer pushes the result of a node that ended. It pushes an executed result
// even if it is known to be there, because the node may have been executed for
// want of its bytes.
func (r *runner) offer(ctx context.Context, result NodeResult) {
	if o := result.Outcome; o == Executed || o.done() && !r.push.there(result.Action) {
		r.push.start(ctx, result.Action)
	}
}

func (r *runner) expected(n *Node) float64 {
	if s, ok := r.history.estimate(n); ok {
		return s
	}
	return 1e9 * cost(n) // not measured yet: run it first, to learn how long it takes
}

func (r *runner) loop(ctx context.Context) {
	tick := time.NewTicker(busyPoll)
	defer tick.Stop()
	done := ctx.Done()
	for {
		for !r.stopping && ctx.Err() == nil {
			p := r.next()
			if p == nil {
				break
			}
			r.running++
			r.memory += p.step.Node.Memory
			p.startedAt = r.remade
			go func() { r.results <- r.attempt(ctx, p) }()
		}
		if r.running == 0 && (r.stopping || ctx.Err() != nil || len(r.busy) == 0) {
			return
		}
		select {
		case a := <-r.results:
			r.running--
			r.memory -= a.p.step.Node.Memory
			if a.busy {
				r.busy = append(r.busy, a.p)
				continue
			}
			if a.lacking != nil {
				r.makeAgain(a.p, a.lacking)
				continue
			}
			r.end(a.p, a)
			r.offer(ctx, a.result)
			r.readBy(a.p)
			r.release(ctx)
		case <-tick.C:
			for _, p := range r.busy {
				heap.Push(&r.ready, p)
			}
			r.busy = nil
		case <-done:
			r.stopping, done = true, nil
		}
	}
}

// next takes the first ready node that may start now, or returns nil if none
// may.
func (r *runner) next() *progress {
	if r.running >= r.o.Jobs+r.ahead {
		return nil
	}
	var large []*progress
	defer func() {
		for _, p := range large {
			heap.Push(&r.ready, p)
		}
	}()
	for r.ready.Len() > 0 {
		p := heap.Pop(&r.ready).(*progress)
		if r.o.Memory == 0 || r.running == 0 || r.memory+p.step.Node.Memory <= r.o.Memory {
			return p
		}
		large = append(large, p)
	}
	return nil
}

// end records how a node ended and what that means for the nodes that read it.
func (r *runner) end(p *progress, a attempted) {
	if p.ended {
		return
	}
	r.gives(p, a.outputs)
	p.ended, p.result = true, a.result
	p.result.Node, p.result.Name = p.step.Node, p.step.Node.Name
	if p.result.Err != nil {
		p.result.Error = p.result.Err.Error()
	}
	if p.result.Outcome == Failed && (r.o.FailFast || errors.Is(p.result.Err, errStart)) {
		r.stopping = true
	}
	if p.result.Outcome == Executed {
		r.history.observe(p.step.Node.Stage.Name, p.step.Node.Work, cost(p.step.Node), cmp.Or(p.result.CPU, p.result.Elapsed.Seconds()))
	}
	if p.result.Outcome != Cancelled {
		r.e.tell(func(v Events) { v.NodeFinished(p.result) })
	}
	users := p.users
	if p.remade > 0 {
		r.remade++
		p.remadeAt = r.remade
		users, p.readers = p.readers, nil
	}
	for _, u := range users {
		u.pending--
		if u.ended || p.result.Outcome == Cancelled {
			continue
		}
		if !p.result.Outcome.done() && !tolerates(u.step.Node, p.step.Node) {
			why := "blocked by " + p.step.Node.Name
			r.end(u, attempted{p: u, result: NodeResult{Outcome: Blocked, Why: why}})
			continue
		}
		if u.pending == 0 && u.due {
			heap.Push(&r.ready, u)
		}
	}
}

// tolerates reports whether n can run without any output of from.
func tolerates(n, from *Node) bool {
	for _, in := range n.Inputs {
		if in.From == from && !in.Optional {
			return false
		}
	}
	return true
}

// finish completes the report. Nodes that have not ended by now were cancelled.
func (r *runner) finish() {
	r.report.Results = make([]NodeResult, 0, len(r.plan.Steps))
	for i := range r.plan.Steps {
		p := r.nodes[r.plan.Steps[i].Node]
		if !p.ended {
			p.ended = true
			p.result = NodeResult{Node: p.step.Node, Name: p.step.Node.Name, Outcome: Cancelled}
		}
		r.report.Counts[p.result.Outcome]++
		r.report.Results = append(r.report.Results, p.result)
		r.report.Published = append(r.report.Published, p.result.Published...)
	}
	r.report.Elapsed = time.Since(r.started)
	r.e.far.report(r.report)
	r.e.tell(func(v Events) { v.RunFinished(r.report) })
}

func (r *runner) close(ctx context.Context) error {
	if r.w == nil {
		r.plan.checker.TrySave()
		return nil
	}
	text := make([]string, 0, 8)
	for _, o := range []Outcome{Executed, Cached, CutOff, Shared, Failed, Blocked, Cancelled} {
		if n := r.report.Counts[o]; n > 0 {
			text = append(text, fmt.Sprintf("%d %s", n, o))
		}
	}
	end := store.Event{Kind: store.RunEnd, Text: strings.Join(text, ", "), Seconds: r.report.Elapsed.Seconds()}
	if ctx.Err() != nil {
		end.Error = "cancelled"
	}
	return errors.Join(r.w.Append(end), r.w.Save(r.plan.checker))
}

func (r *runner) verdict(ctx context.Context) error {
	err := r.report.Err()
	if n := r.report.Counts[Cancelled]; n > 0 && ctx.Err() != nil {
		return errors.Join(err, fmt.Errorf("run: cancelled with %d of %d nodes not done; the next run goes on from here: %w",
			n, len(r.report.Results), context.Cause(ctx)))
	}
	return err
}

// note shows a line that people should see, and keeps it in the report.
func (r *runner) note(text string) {
	r.e.tell(func(v Events) {
		r.report.Notes = append(r.report.Notes, text)
		v.Note(text)
	})
}
