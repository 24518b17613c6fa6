package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A worker is a worker process as the driver sees it. Only one goroutine at a
// time uses it.
type worker struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	exited chan struct{} // closed when the process is gone and all its output has been read
	usable bool          // it can take another job
	slot   int           // its slot in the pool
	ready  bool          // guarded by the pool's lock

	launch  *launcher         // nil if it is a process of this machine
	host    string            // its host; empty for this machine
	machine map[string]string // description of the host; see thisMachine
	shares  bool              // it sees the store's directory
	unheard atomic.Int64      // seconds since the last sign of life

	sending sync.Mutex // held while a request is written
	mu      sync.Mutex
	heard   []reply       // replies that have not been handled yet
	news    chan struct{} // says that something was heard; its capacity is one
	crash   string        // the line in which the Go runtime says why it died
	said    []string      // the last lines of its standard error
	memory  bool          // its scheduler ended it for exceeding its memory
	why     string        // why this process gave it up
	files   *incoming     // outputs of the current job, if the worker sends them
}

// greetPatience is how long a worker may take to build the graph on a busy
// machine.
const greetPatience = 2 * time.Minute

// saidLines is the number of last lines of a lost worker's command that are
// repeated. Slurm gives the reason in one line, and says in the next that the
// program has ended.
const saidLines = 3

// errNotBegun says that a worker ended before the stage began.
var errNotBegun = errors.New("the worker process ended before the stage began")

func newWorker(cmd *exec.Cmd, l *launcher) *worker {
	cmd.SysProcAttr = procAttr(l != nil)
	return &worker{cmd: cmd, launch: l, exited: make(chan struct{}), news: make(chan struct{}, 1)}
}

func (w *worker) start() (err error) {
	if w.stdin, err = w.cmd.StdinPipe(); err != nil {
		return err
	}
	var readers []*os.File
	var reading sync.WaitGroup
	for _, stream := range []struct {
		to   *io.Writer
		each func(line []byte)
	}{{&w.cmd.Stdout, w.hear}, {&w.cmd.Stderr, w.hearError}} {
		reader, writer, err := os.Pipe()
		if err != nil {
			return err
		}
		defer writer.Close()
		*stream.to = writer
		readers = append(readers, reader)
		reading.Go(func() {
			out := &lines{each: stream.each}
			_, _ = io.Copy(out, reader) // it ends when its writers do, or when reader is closed below
			out.end()
		})
	}
	err = w.cmd.Start()
	started := err == nil
	go func() {
		if started {
			_ = w.cmd.Wait()             // ProcessState has the result
			killGroup(w.cmd.Process.Pid) // what it started and left behind with its pipes
		}
		// A process that has left the group may still hold the pipes.
		end := time.AfterFunc(leaveGrace, func() {
			for _, reader := range readers {
				reader.Close()
			}
		})
		reading.Wait()
		if end.Stop() {
			for _, reader := range readers {
				reader.Close()
			}
		}
		close(w.exited)
	}()
	return err
}

func (w *worker) push(r reply) {
	w.mu.Lock()
	w.heard = append(w.heard, r)
	w.mu.Unlock()
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// hear handles a line of standard output. A line that is not a reply was
// printed by something that a stage started.
func (w *worker) hear(line []byte) {
	var r reply
	if err := json.Unmarshal(line, &r); err != nil {
		text := string(line)
		r = reply{Log: &text}
	}
	w.unheard.Store(0)
	switch {
	case r.Pong:
	case r.Chunk != nil: // write it at once, so that a full pipe slows the sender down
		w.mu.Lock()
		files := w.files
		w.mu.Unlock()
		files.take(r.Chunk)
		w.push(reply{}) // counts as a sign of life of the stage
	default:
		w.push(r)
	}
}

func (w *worker) hearError(line []byte) {
	text := string(line)
	switch text {
	case silentMark:
		w.push(reply{Silent: true})
		return
	case "": // ends an incomplete line before the mark; it is not logged
		return
	}
	w.mu.Lock()
	if w.crash == "" && (strings.HasPrefix(text, "panic: ") || strings.HasPrefix(text, "fatal error: ")) {
		w.crash = text
	}
	w.said = append(w.said[max(0, len(w.said)-saidLines+1):], text)
	w.memory = w.memory || w.launch != nil && outOfMemory(text)
	w.mu.Unlock()
	w.push(reply{Log: &text})
}

func (w *worker) listen() []reply {
	w.mu.Lock()
	defer w.mu.Unlock()
	heard := w.heard
	w.heard = nil
	return heard
}

func (w *worker) send(r request) error {
	line, err := encodeLine(r)
	if err != nil {
		return err
	}
	w.sending.Lock()
	defer w.sending.Unlock()
	_, err = w.stdin.Write(line)
	return err
}

func (w *worker) gone() bool {
	select {
	case <-w.exited:
		return true
	default:
		return false
	}
}

// kill ends the process, unless it is gone already: its process id may belong
// to another process by now. A command that launched a worker elsewhere gets a
// moment to end that worker, too.
func (w *worker) kill() {
	if w.gone() {
		return
	}
	if w.launch != nil {
		endGroup(w.cmd.Process.Pid)
		select {
		case <-w.exited:
			return
		case <-time.After(leaveGrace):
		}
	}
	killGroup(w.cmd.Process.Pid)
}

// dismiss ends an idle worker. A worker that waits in a scheduler's queue does
// not notice.
func (w *worker) dismiss() {
	w.stdin.Close()
	if w.launch != nil && !w.gone() {
		endGroup(w.cmd.Process.Pid)
	}
}

// greet waits for the worker's first message, for as long as a scheduler's
// queue takes, sends the setup, and waits until the worker is ready.
func (w *worker) greet(setup json.RawMessage) error {
	hello := request{Setup: setup}
	var patience, queue <-chan time.Time
	if w.launch == nil {
		patience = time.After(greetPatience)
	} else {
		queue = time.After(queueWord)
	}
	said, greeted := "", false
	for {
		gone := false
		select {
		case <-w.news:
		case <-w.exited:
			gone = true
		case <-queue:
			w.launch.once(fmt.Sprintf("still waiting for workers: the command that starts them has been running for %v without a word from one",
				queueWord))
		case <-patience:
			return fmt.Errorf("it is not ready after %v", greetPatience)
		}
		for _, r := range w.listen() {
			switch {
			case r.Hello != nil && greeted:
				return errors.New("its command starts several workers; it must start one")
			case r.Hello != nil:
				greeted, queue, patience = true, nil, time.After(greetPatience)
				if err := w.arrived(r.Hello, &hello); err != nil {
					return err
				}
				_ = w.send(hello) // if the worker is gone, that is noticed elsewhere
			case r.Ready:
				w.usable = true
				w.shares = r.Seen && hello.Launch.answered() && w.launch.shares()
				return nil
			case r.Unfit != "":
				return fmt.Errorf("%s%s", r.Unfit, w.where())
			case r.Log != nil:
				said = ": it said " + *r.Log
			}
		}
		if gone {
			return fmt.Errorf("it ended at once%s, %s%s", w.where(), w.ending(), said)
		}
	}
}

// arrived notes the machine of a worker that has said hello.
func (w *worker) arrived(h *helloReply, hello *request) (err error) {
	if w.launch == nil {
		return nil
	}
	w.machine, w.host = h.Machine, cmp.Or(h.Machine["host"], "a machine without a name")
	go w.watch()
	hello.Launch, err = w.launch.probe()
	return err
}

// where names the host of a worker if it is not this machine.
func (w *worker) where() string {
	if w.host == "" {
		return ""
	}
	return " on " + w.host
}

// do carries out a job. Whatever happens to the process becomes an error that
// says so. w.usable tells whether the worker can take another job.
func (w *worker) do(ctx context.Context, job *Job, silence time.Duration) (done doneReply, err error) {
	w.usable = false
	w.listen() // discard what came after the last job ended
	r, err := w.assignment(job)
	if err != nil {
		return done, err
	}
	if err := w.send(request{Job: r}); err != nil {
		return done, w.notBegun()
	}
	// Time is counted in ticks that this process was running for: nobody is silent
	// while the machine sleeps or the driver is stopped.
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	cancelled := ctx.Done()
	begun, quiet, asked := false, time.Duration(0), time.Duration(-1)
	var ended *doneReply
	silent := false
	for {
		gone := false
		select {
		case <-w.news:
		case <-w.exited:
			gone = true
		case <-cancelled:
			cancelled, asked = nil, 0
			_ = w.send(request{Cancel: true}) // if the worker is gone, that is noticed elsewhere
		case <-tick.C:
			quiet += time.Second
			if asked >= 0 {
				asked += time.Second
			}
		}
		for _, r := range w.listen() {
			quiet = 0
			switch {
			case r.Begun:
				begun = true
			case r.Done != nil:
				ended = r.Done
			case r.Silent:
				silent = true
			default:
				w.pass(job, r)
			}
		}
		switch {
		case ended != nil && (silent || gone || quiet > 0): // a stage may have closed its standard error
			return *ended, w.done(ended)
		case gone && !begun:
			return done, w.notBegun()
		case gone:
			return done, w.death()
		case asked > cancelGrace:
			w.kill()
			return done, fmt.Errorf("the stage did not stop within %v of being told to, and was killed", cancelGrace)
		case quiet > silence:
			w.kill()
			return done, fmt.Errorf("the stage hung, and was killed: no progress and no line of its log for %v", silence)
		}
	}
}

// assignment builds the request for a job. Paths mean the same to a worker
// elsewhere only if the directory is shared, and are absolute then.
func (w *worker) assignment(job *Job) (*jobRequest, error) {
	dir := job.dir
	absolute := func(path string) (string, error) { return path, nil }
	var files *incoming
	if w.launch != nil {
		absolute = func(path string) (string, error) {
			if !w.shares || path == "" {
				return "", nil
			}
			return filepath.Abs(path)
		}
		if w.shares = w.shares && w.launch.shares(); !w.shares {
			files = newIncoming(job)
		}
	}
	w.mu.Lock()
	w.files = files
	w.mu.Unlock()
	dir, err := absolute(dir)
	r := &jobRequest{Node: job.node.Name, Fingerprint: fingerprint(job.node), Action: job.action, Dir: dir, Inputs: map[string]inputRequest{}}
	for name, in := range job.inputs {
		path, perr := absolute(in.path)
		r.Inputs[name] = inputRequest{ID: in.id, Path: path, Absent: in.path == ""}
		err = cmp.Or(err, perr)
	}
	return r, err
}

func (w *worker) done(d *doneReply) error {
	w.usable = !d.Unsafe
	w.mu.Lock()
	files := w.files
	w.files = nil
	w.mu.Unlock()
	err := files.end()
	switch {
	case d.Error != "" && d.Lost:
		return fmt.Errorf("%w: %s", errLost, d.Error)
	case d.Error != "":
		return errors.New(d.Error)
	case err != nil:
		return fmt.Errorf("receive the outputs: %w", err)
	}
	return nil
}

// pass passes what a stage says on to the job.
func (w *worker) pass(job *Job, r reply) {
	switch {
	case r.Log != nil:
		job.say(*r.Log)
	case r.Progress != nil:
		job.advance(r.Progress.Done, r.Progress.Total, r.Progress.Text)
	case r.Blob != nil:
		path, _ := job.blob(r.Blob.ID)
		_ = w.send(request{Blob: &blobAnswer{r.Blob.Number, path}}) // if the worker is gone, that is noticed elsewhere
	case r.Want != nil:
		go w.supply(*r.Want, job) // the stream of a worker that is cut off blocks
	}
}

// ending says how the process ended, or why it was ended.
func (w *worker) ending() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.why != "" {
		return w.why
	}
	return w.cmd.ProcessState.String()
}

// notBegun says that a worker ended before the stage began.
func (w *worker) notBegun() error {
	if w.launch == nil {
		return errNotBegun
	}
	w.kill()
	<-w.exited
	return w.death()
}

// death says what happened to a worker in the middle of a stage.
func (w *worker) death() error {
	state := w.cmd.ProcessState
	w.mu.Lock()
	crash, memory, said := w.crash, w.memory, ""
	if len(w.said) > 0 {
		said = ": " + strings.Join(w.said, "; ")
	}
	w.mu.Unlock()
	switch {
	case memory:
		return fmt.Errorf("the stage took more memory than its scheduler grants%s; grant more in -workers=COMMAND", said)
	case crash != "":
		return fmt.Errorf("the stage brought its process down, %s: %s", w.ending(), crash)
	case w.launch != nil: // the exit code says nothing: srun exits with 0 when a node dies
		return fmt.Errorf("%w, %s%s", errLost, w.ending(), said)
	case state.Exited():
		return fmt.Errorf("the stage ended its process, %s, before its result was complete", w.ending())
	case killed(state):
		return fmt.Errorf("the stage's process was killed from outside, %s: often by the kernel because memory ran out; "+
			"run fewer jobs at a time with -jobs=N", w.ending())
	}
	return fmt.Errorf("the stage's process ended, %s, before its result was complete", w.ending())
}
