package pipeline

import (
	"context"
	"fmt"
	"os"
	"time"

	"sparsel/pipeline/store"
)

// An execution is one run of a node's stage. If workers are lost, it moves from
// one worker to the next.
type execution struct {
	r   *runner
	a   *action
	job *Job
	log *nodeLog

	begun   bool
	host    string // empty for this machine
	machine map[string]string
	start   time.Time // start of the last try; monotonic, because the journal's clock may jump
	elapsed time.Duration
	outputs []store.Output
}

// staff gives a run its workers.
func (r *runner) staff(w *Workers) (err error) {
	if r.near, err = newPool(w, r.o.Jobs, nil); err != nil {
		return err
	}
	r.pool = r.near
	if w.Launch == nil || r.w == nil {
		return nil
	}
	dir, err := r.w.JobDir() // it is removed with the run
	if err != nil {
		return err
	}
	l, err := newLauncher(dir, r.note)
	if err != nil {
		return err
	}
	// While this process hashes and records what a worker made, the worker has the
	// next node already. That node must be waiting in the pool's queue.
	r.ahead = r.o.Jobs
	r.pool, err = newPool(w, r.o.Jobs, l)
	return err
}

// dismiss ends the workers.
func (r *runner) dismiss() {
	if r.pool != nil && r.pool != r.near {
		r.pool.close()
	}
	r.near.close()
}

// perform carries out the job, in a worker process if there are any.
func (x *execution) perform(ctx context.Context) (used usage, err error) {
	p := x.r.pool
	if x.job.node.Here {
		p = x.r.near
	}
	defer func() {
		if x.begun && x.elapsed == 0 {
			x.elapsed = time.Since(x.start)
		}
	}()
	if p != nil {
		return p.do(ctx, x.job, x.r.silence(x.job.node), try{begin: x.begin, check: x.check, lost: x.lost})
	}
	if err = x.begin(nil); err == nil {
		err = perform(ctx, x.job)
	}
	if err == nil {
		err = x.check(nil)
	}
	return usage{}, err
}

// begin gives the job a directory of its own and announces its start. A lost
// worker may merely be cut off, and may go on writing to the previous
// directory.
func (x *execution) begin(w *worker) error {
	x.clear()
	x.machine = thisMachine()
	if w != nil && w.launch != nil {
		x.host, x.machine = w.host, w.machine
	}
	var err error
	if x.job.dir, err = x.r.w.JobDir(); err != nil {
		return err
	}
	n := x.job.node
	e := x.r.event(store.NodeStart, n, x.a)
	e.Host = x.host
	if err := x.r.w.Append(e); err != nil {
		return err
	}
	x.begun, x.start, x.elapsed = true, time.Now(), 0
	x.r.e.tell(func(v Events) { v.NodeStarted(n, x.host) })
	return nil
}

// check hashes the outputs that arrived and compares them with what the worker
// says it wrote.
func (x *execution) check(claimed []made) (err error) {
	x.elapsed = time.Since(x.start)
	x.outputs, err = collect(x.r.plan.checker, x.job)
	if err != nil {
		return err
	}
	for _, m := range claimed {
		if id := contentOf(x.outputs, m.Output); id == nil || *id != m.ID {
			return fmt.Errorf("output %s is %s as %s wrote it, and %s as it arrived",
				m.Output, m.ID.Short(), x.host, contentName(x.outputs, m.Output))
		}
	}
	return nil
}

// lost notes in the journal that a worker was lost, and tells people.
func (x *execution) lost(host string, err error) bool {
	e := x.r.event(store.NodeRetry, x.job.node, x.a)
	e.Host, e.Error = host, err.Error()
	x.log.printf("on %s: %v; begun again", host, err)
	x.r.note(fmt.Sprintf("%s on %s: %v; it starts again", x.job.node.Name, host, err))
	return x.r.w.Append(e) == nil
}

func (x *execution) clear() {
	if x.job.dir != "" {
		os.RemoveAll(x.job.dir)
	}
}
