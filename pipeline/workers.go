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

// Workers makes a run carry out its stages in processes of their own, so that a
// stage that exits, is killed or hangs costs only its node. There is one
// process per job. It lives as long as the run and does one node after another,
// so a stage needs to load only once what it loads once per process.
type Workers struct {
	// Command returns a new command that starts this program as a worker: a
	// program that calls Serve before it does anything else. See Again.
	Command func() (*exec.Cmd, error)
	// Setup is passed to the function that builds the graph in Serve. That
	// function must build the same graph as the one that is run.
	Setup any
	// Launch, if not nil, returns a command that starts this program as a worker
	// on some other machine, for one of the run's slots; see the function Launch.
	// Such workers do all nodes except those with Node.Here.
	Launch func(slot int) (*exec.Cmd, error)
}

// The patience of the driver. A stage shows that it is at work with
// Job.Progress and Job.Logf. Nobody can say how long a whole node may take, but
// a silence that lasts many times as long as the whole node took before means
// that it hangs.
const (
	defaultSilence = 30 * time.Minute // if the stage does not say
	silenceFactor  = 10               // times the expected time of the node, if that is longer
	cancelGrace    = 10 * time.Second // from the request to stop until SIGKILL
	leaveGrace     = 3 * time.Second  // from the end of standard input until SIGKILL
)

// A pool manages the worker processes of one run, which are all started in the
// same way.
type pool struct {
	setup  json.RawMessage
	slots  int // the most workers at once
	start  func(slot int) (*exec.Cmd, error)
	launch *launcher   // nil if workers are on this machine
	spawn  chan func() // functions for the one thread that outlives all workers

	closing chan struct{}
	hires   sync.WaitGroup

	mu       sync.Mutex
	idle     []*worker
	all      map[*worker]bool // all started workers, including those that are not ready yet
	taken    map[int]bool     // slots of workers that were or are about to be started
	starting int              // number of taken slots whose worker is not ready
	resting  int              // how many of starting failed and wait for the next try
	ever     bool             // a worker has been ready
	turns    []*turn          // jobs that wait for a worker, in order
	broken   error            // why no worker can be had
	failures int              // failed starts since the last worker became ready
}

// A turn is a job's place in the queue for a worker.
type turn struct {
	avoid []string // hosts on which the job's workers were lost
	got   chan *worker
}

// errStart says that no worker process can be started, so no other node would
// fare better.
var errStart = errors.New("start worker process")

// errNoWorker is the error of all jobs but one if no worker can be started.
var errNoWorker = errors.New("no worker process can be had")

// newPool makes the pool of workers on this machine or, with a launcher, of the
// workers that the launcher starts.
func newPool(w *Workers, slots int, l *launcher) (*pool, error) {
	setup, err := json.Marshal(w.Setup)
	if err != nil {
		return nil, fmt.Errorf("%w: encode its setup: %w", errStart, err)
	}
	p := &pool{
		setup: setup, slots: slots, launch: l, spawn: make(chan func()), closing: make(chan struct{}),
		all: map[*worker]bool{}, taken: map[int]bool{},
		start: func(int) (*exec.Cmd, error) { return w.Command() },
	}
	if l != nil {
		p.start = w.Launch
	}
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

// take returns a worker that is ready, starting one if necessary. It avoids the
// hosts in avoid, where the job's workers were lost, as long as there are
// workers elsewhere.
func (p *pool) take(ctx context.Context, avoid []string) (*worker, error) {
	t := &turn{avoid: avoid, got: make(chan *worker, 1)}
	p.mu.Lock()
	p.turns = append(p.turns, t)
	p.serve()
	p.mu.Unlock()
	select {
	case w := <-t.got:
		if w == nil {
			return nil, p.why(t)
		}
		if err := ctx.Err(); err != nil { // a worker may take long to start
			p.put(w)
			return nil, err
		}
		return w, nil
	case <-ctx.Done():
	}
	p.leave(t)
	return nil, ctx.Err()
}

// leave gives up a place in the queue.
func (p *pool) leave(t *turn) {
	p.mu.Lock()
	for i, u := range p.turns {
		if u == t {
			p.turns = append(p.turns[:i], p.turns[i+1:]...)
			break
		}
	}
	p.mu.Unlock()
	select {
	case w := <-t.got:
		if w != nil {
			p.put(w)
		}
	default:
	}
}

// why returns the cause to the first caller, and errNoWorker to the others.
func (p *pool) why(*turn) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.broken
	p.broken = errNoWorker
	return err
}

// serve gives idle workers to the jobs in the queue, and starts workers for the
// others. The caller holds the lock.
func (p *pool) serve() {
	kept := p.idle[:0]
	for _, w := range p.idle { // it is no job's fault if a worker died while it was idle
		if w.gone() {
			p.forget(w)
		} else {
			kept = append(kept, w)
		}
	}
	p.idle = kept
	var left []*turn
	for _, t := range p.turns {
		if p.broken != nil {
			t.got <- nil
		} else if w := p.pick(t); w != nil {
			t.got <- w
		} else {
			left = append(left, t)
		}
	}
	p.turns = left
	for p.broken == nil && p.starting < len(p.turns) && len(p.taken) < p.slots {
		p.hire()
	}
}

// pick takes, of the idle workers that the job may have, the one that was used
// last, because its caches hold the most.
func (p *pool) pick(t *turn) *worker {
	for i := len(p.idle) - 1; i >= 0; i-- {
		if w := p.idle[i]; !t.avoids(w) || !p.elsewhere(t) {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			return w
		}
	}
	return nil
}

// elsewhere reports whether there is a worker that the job need not avoid.
func (p *pool) elsewhere(t *turn) bool {
	for w := range p.all {
		if w.ready && !t.avoids(w) {
			return true
		}
	}
	return false
}

func (t *turn) avoids(w *worker) bool {
	for _, host := range t.avoid {
		if host == w.host {
			return true
		}
	}
	return false
}

// hire begins to start a worker. The caller holds the lock.
func (p *pool) hire() {
	slot := 1
	for p.taken[slot] {
		slot++
	}
	p.taken[slot] = true
	p.starting++
	p.hires.Go(func() {
		w, err := p.bring(slot)
		p.mu.Lock()
		if err == nil {
			p.starting--
			p.failures, p.ever = 0, true
			w.ready = true
			p.idle = append(p.idle, w)
			p.serve()
			p.mu.Unlock()
			return
		}
		pause := p.blame(err)
		p.resting++
		p.serve() // in case no other start is under way
		p.mu.Unlock()
		select {
		case <-time.After(pause):
		case <-p.closing:
		}
		p.mu.Lock()
		p.resting--
		p.starting--
		delete(p.taken, slot)
		p.serve()
		p.mu.Unlock()
	})
}

// bring starts a worker and waits until it is ready.
func (p *pool) bring(slot int) (*worker, error) {
	cmd, err := p.start(slot)
	if err != nil {
		return nil, err
	}
	w := newWorker(cmd, p.launch)
	w.slot = slot
	started := make(chan error)
	p.spawn <- func() { started <- w.start() }
	if err := <-started; err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.all[w] = true
	p.mu.Unlock()
	select {
	case <-p.closing: // close did not see this worker
		w.kill()
	default:
	}
	if err := w.greet(p.setup); err != nil {
		w.kill()
		<-w.exited
		p.mu.Lock()
		delete(p.all, w)
		p.mu.Unlock()
		return nil, err
	}
	return w, nil
}

// blame decides what a failed start means: a pause before the next try, or that
// no worker can be had. The caller holds the lock.
func (p *pool) blame(err error) (pause time.Duration) {
	select {
	case <-p.closing:
		return 0
	default:
	}
	p.failures++
	if p.launch == nil {
		p.broken = fmt.Errorf("%w: %w", errStart, err)
		return 0
	}
	alive := 0
	for w := range p.all {
		if w.ready {
			alive++
		}
	}
	return p.launch.failed(p, err, alive)
}

func (p *pool) put(w *worker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, w)
	p.serve()
}

// drop ends a worker that must not be used again.
func (p *pool) drop(w *worker) {
	w.kill()
	<-w.exited
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget(w)
	p.serve()
}

// forget frees the slot of a worker that has ended.
func (p *pool) forget(w *worker) {
	delete(p.all, w)
	delete(p.taken, w.slot)
}

// close ends all workers.
func (p *pool) close() {
	close(p.closing)
	p.mu.Lock()
	all := make([]*worker, 0, len(p.all))
	for w := range p.all {
		all = append(all, w)
	}
	p.mu.Unlock()
	for _, w := range all {
		w.dismiss()
	}
	patience := time.After(leaveGrace)
	for _, w := range all {
		select {
		case <-w.exited:
		case <-patience:
			for _, w := range all {
				go w.kill()
			}
			<-w.exited
		}
	}
	p.hires.Wait()
	close(p.spawn)
}
