package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// A worker is a worker process as the driver sees it. One goroutine at a time
// uses it.
type worker struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	exited chan struct{} // closed when the process is gone and all it said is heard
	usable bool          // for a further job

	mu    sync.Mutex
	heard []reply       // not yet looked at
	news  chan struct{} // capacity one: something was heard
	crash string        // the line in which the Go runtime says what it died of
}

// greetPatience is how long a worker may take to build the graph, on a machine
// that has other things to do.
const greetPatience = 2 * time.Minute

// errNotBegun says that a worker ended before the stage began.
var errNotBegun = errors.New("the worker process ended before the stage began")

func newWorker(cmd *exec.Cmd) *worker {
	cmd.SysProcAttr = procAttr()
	return &worker{cmd: cmd, exited: make(chan struct{}), news: make(chan struct{}, 1)}
}

func (w *worker) start() (err error) {
	if w.stdin, err = w.cmd.StdinPipe(); err != nil {
		return err
	}
	var ears []*os.File
	var hearing sync.WaitGroup
	for _, stream := range []struct {
		to   *io.Writer
		each func(line []byte)
	}{{&w.cmd.Stdout, w.hear}, {&w.cmd.Stderr, w.hearError}} {
		ear, mouth, err := os.Pipe()
		if err != nil {
			return err
		}
		defer mouth.Close()
		*stream.to = mouth
		ears = append(ears, ear)
		hearing.Go(func() {
			out := &lines{each: stream.each}
			_, _ = io.Copy(out, ear) // it ends with its writers, or below
			out.end()
		})
	}
	err = w.cmd.Start()
	started := err == nil
	go func() {
		if started {
			_ = w.cmd.Wait()             // ProcessState has it
			killGroup(w.cmd.Process.Pid) // what it started, and left behind with its pipes
		}
		// A process that has left the group may still hold them.
		end := time.AfterFunc(leaveGrace, func() {
			for _, ear := range ears {
				ear.Close()
			}
		})
		hearing.Wait()
		if end.Stop() {
			for _, ear := range ears {
				ear.Close()
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

// hear takes a line of standard output. What is no reply was printed by
// something that a stage started.
func (w *worker) hear(line []byte) {
	var r reply
	if err := json.Unmarshal(line, &r); err != nil {
		text := string(line)
		r = reply{Log: &text}
	}
	w.push(r)
}

func (w *worker) hearError(line []byte) {
	text := string(line)
	switch text {
	case silentMark:
		w.push(reply{Silent: true})
		return
	case "": // before the mark, in case a line had no end; it makes no log
		return
	}
	w.mu.Lock()
	if w.crash == "" && (strings.HasPrefix(text, "panic: ") || strings.HasPrefix(text, "fatal error: ")) {
		w.crash = text
	}
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
	if err == nil {
		_, err = w.stdin.Write(line)
	}
	return err
}

// kill ends the process, unless it is gone: its id may be another's by now.
func (w *worker) kill() {
	select {
	case <-w.exited:
	default:
		killGroup(w.cmd.Process.Pid)
	}
}

// greet passes the setup and waits until the worker is ready.
func (w *worker) greet(setup json.RawMessage) error {
	if err := w.send(request{Setup: setup}); err != nil {
		w.kill()
		<-w.exited
		return fmt.Errorf("it ended at once, %s", w.ending())
	}
	patience := time.After(greetPatience)
	said := ""
	for {
		gone := false
		select {
		case <-w.news:
		case <-w.exited:
			gone = true
		case <-patience:
			return fmt.Errorf("it is not ready after %v", greetPatience)
		}
		for _, r := range w.listen() {
			switch {
			case r.Ready:
				w.usable = true
				return nil
			case r.Unfit != "":
				return errors.New(r.Unfit)
			case r.Log != nil:
				said = ": it said " + *r.Log
			}
		}
		if gone {
			return fmt.Errorf("it ended at once, %s%s", w.ending(), said)
		}
	}
}

// do carries out a job. Whatever happens to the process is an error that says
// so; w.usable tells whether it can take another job.
func (w *worker) do(ctx context.Context, job *Job, silence time.Duration) (used usage, err error) {
	w.usable = false
	w.listen() // what came after the last job ended belongs to no node
	r := jobRequest{Node: job.node.Name, Fingerprint: fingerprint(job.node), Action: job.action, Dir: job.dir, Inputs: map[string]inputRequest{}}
	for name, in := range job.inputs {
		r.Inputs[name] = inputRequest{in.id, in.path}
	}
	if err := w.send(request{Job: &r}); err != nil {
		return usage{}, errNotBegun
	}
	// Time is counted in ticks that this process lived to see: while the machine
	// sleeps or the driver is stopped, nobody is silent.
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	cancelled := ctx.Done()
	begun, quiet, asked := false, time.Duration(0), time.Duration(-1)
	var done *doneReply
	silent := false
	for {
		gone := false
		select {
		case <-w.news:
		case <-w.exited:
			gone = true
		case <-cancelled:
			cancelled, asked = nil, 0
			_ = w.send(request{Cancel: true}) // if it is gone, that shows
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
				done = r.Done
			case r.Silent:
				silent = true
			default:
				w.pass(job, r)
			}
		}
		switch {
		case done != nil && (silent || gone || quiet > 0): // a stage may have closed its standard error
			return w.done(done)
		case gone && !begun:
			return usage{}, errNotBegun
		case gone:
			return usage{}, w.death()
		case asked > cancelGrace:
			w.kill()
			return usage{}, fmt.Errorf("the stage did not stop within %v of being told to, and was killed", cancelGrace)
		case quiet > silence:
			w.kill()
			return usage{}, fmt.Errorf("the stage hung, and was killed: no progress and no line of its log for %v", silence)
		}
	}
}

func (w *worker) done(d *doneReply) (used usage, err error) {
	w.usable = !d.Unsafe
	if d.Error != "" {
		err = errors.New(d.Error)
	}
	return d.usage, err
}

// pass gives what a stage says to the job.
func (w *worker) pass(job *Job, r reply) {
	switch {
	case r.Log != nil:
		job.say(*r.Log)
	case r.Progress != nil:
		job.advance(r.Progress.Done, r.Progress.Total, r.Progress.Text)
	case r.Blob != nil:
		path, _ := job.blob(r.Blob.ID)
		_ = w.send(request{Blob: &blobAnswer{r.Blob.Number, path}}) // if it is gone, that shows
	}
}

// ending says how the process ended.
func (w *worker) ending() string { return w.cmd.ProcessState.String() }

// death says what became of a worker in the midst of a stage.
func (w *worker) death() error {
	state := w.cmd.ProcessState
	w.mu.Lock()
	crash := w.crash
	w.mu.Unlock()
	switch {
	case crash != "":
		return fmt.Errorf("the stage brought its process down, %s: %s", w.ending(), crash)
	case state.Exited():
		return fmt.Errorf("the stage ended its process, %s, before its result was there", w.ending())
	case killed(state):
		return fmt.Errorf("the stage's process was killed from outside, %s: often the kernel's answer to want of memory; run fewer jobs at a time with -jobs=N", w.ending())
	}
	return fmt.Errorf("the stage's process ended, %s, before its result was there", w.ending())
}
