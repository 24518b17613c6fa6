package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"sync"
	"time"
)

// Workers makes a run carry out its stages in processes of their own, so that
// one that exits, is killed or hangs costs its node and nothing else. There is
// one process per job; it lives as long as the run does and takes one node
// after the other, so what a stage loads once per process it loads once.
type Workers struct {
	// Command returns a new command that starts this program as a worker: one
	// that calls Serve before it does anything else. See Again.
	Command func() (*exec.Cmd, error)
	// Setup is what Serve passes to the function that builds the graph, which
	// must give the graph that is run.
	Setup any
}

// The patience of the driver. A stage shows that it is at work with
// Job.Progress and Job.Logf; how long a whole node may take is nobody's guess,
// but a silence many times as long as the whole node took before is an answer.
const (
	defaultSilence = 30 * time.Minute // where the stage does not say
	silenceFactor  = 10               // of the expected time of the node, if that is longer
	cancelGrace    = 10 * time.Second // from the request to stop to SIGKILL
	leaveGrace     = 3 * time.Second  // from the end of standard input to SIGKILL
)

// A pool is the worker processes of one run.
type pool struct {
	w     *Workers
	setup json.RawMessage
	spawn chan func() // performed by one thread that outlives all workers

	mu   sync.Mutex
	idle []*worker
	all  map[*worker]bool
}

// errStart says that worker processes cannot be had: no node would fare better.
var errStart = errors.New("start worker process")

func newPool(w *Workers) (*pool, error) {
	setup, err := json.Marshal(w.Setup)
	if err != nil {
		return nil, fmt.Errorf("%w: encode its setup: %w", errStart, err)
	}
	p := &pool{w: w, setup: setup, spawn: make(chan func()), all: map[*worker]bool{}}
	// A child that is to die with its parent (see procAttr) dies with the thread
	// that started it, so that thread must stay.
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for start := range p.spawn {
			start()
		}
	}()
	return p, nil
}

// do carries out a job in a worker and reports what it took of the machine.
func (p *pool) do(ctx context.Context, job *Job, silence time.Duration) (used usage, err error) {
	for tries := 0; ; tries++ {
		w, err := p.take()
		if err != nil {
			return usage{}, err
		}
		if err := ctx.Err(); err != nil { // a worker takes its time to start
			p.put(w)
			return usage{}, err
		}
		used, err = w.do(ctx, job, silence)
		if errors.Is(err, errNotBegun) && tries < 3 && ctx.Err() == nil {
			p.drop(w) // it died while it had nothing to do, which is not this node's fault
			continue
		}
		if w.usable {
			p.put(w)
		} else {
			p.drop(w)
		}
		return used, err
	}
}

func (p *pool) take() (*worker, error) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1] // the one used last has most in its caches
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return w, nil
	}
	p.mu.Unlock()
	cmd, err := p.w.Command()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errStart, err)
	}
	w := newWorker(cmd)
	started := make(chan error)
	p.spawn <- func() { started <- w.start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("%w: %w", errStart, err)
	}
	p.mu.Lock()
	p.all[w] = true
	p.mu.Unlock()
	if err := w.greet(p.setup); err != nil {
		p.drop(w)
		return nil, fmt.Errorf("%w: %w", errStart, err)
	}
	return w, nil
}

func (p *pool) put(w *worker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, w)
}

// drop ends a worker that is not to be used again.
func (p *pool) drop(w *worker) {
	w.kill()
	<-w.exited
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.all, w)
}

// close ends all workers.
func (p *pool) close() {
	for w := range p.all {
		w.stdin.Close()
	}
	patience := time.After(leaveGrace)
	for w := range p.all {
		select {
		case <-w.exited:
		case <-patience:
			for w := range p.all {
				w.kill()
			}
			<-w.exited
		}
	}
	close(p.spawn)
}
