package pipeline

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Serve is the whole life of a worker process. Its caller exits with the code
// that it returns. It builds the graph from the setup in the driver's
// Options.Workers and does the jobs that it is given, one at a time.
//
// It ends when its standard input does, even in the middle of a stage, because
// the driver is gone then. It ignores signals that a terminal or a batch system
// sends to every process, which are for the driver to answer. What stages print
// goes to the log of the node at work.
func Serve(build func(setup json.RawMessage) (*Graph, error)) int {
	// A reply to a driver that has gone must not end the process before its
	// directory is removed.
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	s := &server{out: os.Stdout, jobs: make(chan assignment), answers: map[int]chan string{}}
	os.Stdout = os.Stderr // only replies go to standard output
	s.send(reply{Hello: &helloReply{thisMachine()}})
	in := bufio.NewReader(os.Stdin)
	first, err := readRequest(in)
	if err != nil {
		return 1 // the driver has left already, or there is none
	}
	if first.Launch != nil {
		if err := s.settle(first.Launch); err != nil {
			s.send(reply{Unfit: err.Error()})
			return 1
		}
	}
	go s.listen(in)
	g, err := build(first.Setup)
	if err != nil {
		s.send(reply{Unfit: err.Error()})
		return 1
	}
	s.send(reply{Ready: true, Seen: s.scratch != nil && s.scratch.answer(first.Launch)})
	for w := range s.jobs {
		done := s.serve(g, w)
		fmt.Fprintln(os.Stderr, "\n"+silentMark)
		s.send(reply{Done: done})
	}
	return 0
}

// settle makes this the worker of a driver on another machine. Signals that end
// a program there end this one, because a scheduler does not send them to the
// driver, and the driver has other workers.
func (s *server) settle(r *launchRequest) (err error) {
	if err := fits(r); err != nil {
		return err
	}
	if s.scratch, err = newScratch(s.send); err != nil {
		return err
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	go func() {
		<-ended
		s.leave(int(128 + syscall.SIGTERM))
	}()
	go s.inTime()
	return nil
}

// leave ends the process.
func (s *server) leave(code int) {
	s.scratch.remove()
	os.Exit(code)
}

type server struct {
	outMu sync.Mutex
	out   io.Writer

	jobs chan assignment

	scratch *scratch     // nil if the driver is on this machine
	unheard atomic.Int64 // seconds since the driver's last message

	mu      sync.Mutex
	answers map[int]chan string
	number  int
}

// An assignment is a job with a context that the driver can end.
type assignment struct {
	ctx context.Context
	job *jobRequest
}

func readRequest(in *bufio.Reader) (request, error) {
	line, err := in.ReadBytes('\n')
	if err != nil {
		return request{}, err
	}
	var r request
	return r, json.Unmarshal(line, &r)
}

// listen reads the driver's requests while a stage works.
func (s *server) listen(in *bufio.Reader) {
	cancel := func() {} // ends the current job
	for {
		r, err := readRequest(in)
		if err != nil {
			s.leave(0)
		}
		s.unheard.Store(0)
		switch {
		case r.Ping:
			s.send(reply{Pong: true})
		case r.Chunk != nil:
			s.scratch.take(r.Chunk)
		case r.Job != nil:
			cancel() // the last job is done
			var ctx context.Context
			ctx, cancel = context.WithCancel(context.Background())
			s.jobs <- assignment{ctx, r.Job}
		case r.Cancel:
			cancel()
		case r.Blob != nil:
			s.mu.Lock()
			answer := s.answers[r.Blob.Number]
			delete(s.answers, r.Blob.Number)
			s.mu.Unlock()
			answer <- r.Blob.Path
		}
	}
}

// send writes a reply in one piece. If the driver cannot be reached, there is
// nobody to tell.
func (s *server) send(r reply) {
	line, err := encodeLine(r)
	if err != nil {
		line, _ = encodeLine(reply{Done: &doneReply{Error: err.Error(), Unsafe: true}})
	}
	s.outMu.Lock()
	defer s.outMu.Unlock()
	if _, err := s.out.Write(line); err != nil {
		s.leave(0)
	}
}

// serve does one job.
func (s *server) serve(g *Graph, w assignment) *doneReply {
	r := w.job
	n := g.Node(r.Node)
	if n == nil || fingerprint(n) != r.Fingerprint {
		return &doneReply{Error: fmt.Sprintf(
			"the worker process has another node %s: it was built from other parameters or another program; run again", r.Node)}
	}
	job := &Job{node: n, action: r.Action, dir: r.Dir, inputs: make(map[string]jobInput, len(r.Inputs)), blob: s.blob}
	for name, in := range r.Inputs {
		job.inputs[name] = jobInput{in.ID, in.Path}
	}
	if s.scratch != nil {
		if err := s.bring(w.ctx, job, r); err != nil {
			return &doneReply{Error: fmt.Sprintf("bring the inputs: %v", err), Lost: true}
		}
		defer s.clear(job, r)
	}
	job.say = func(text string) { s.send(reply{Log: &text}) }
	job.advance = s.progress()
	s.send(reply{Begun: true})
	before := processorTime()
	err := perform(w.ctx, job)
	done := &doneReply{Unsafe: errors.Is(err, errPanic), usage: usage{peakMemory(), processorTime() - before}}
	if n.Memory > keptMemory {
		debug.FreeOSMemory() // this memory is counted only for this node
	}
	if err == nil && s.scratch != nil {
		if done.Made, err = s.scratch.deliver(job, r.Dir == ""); err != nil {
			done.Lost = true
		}
	}
	if err != nil {
		done.Error = err.Error()
		done.Lost = done.Lost || s.scratch != nil && r.Dir == "" && blamesDisk(err) // the disk is this machine's own
	}
	return done
}

// bring fetches what a job needs on another machine than the driver's.
func (s *server) bring(ctx context.Context, job *Job, r *jobRequest) (err error) {
	if job.dir == "" {
		if job.dir, err = s.scratch.jobDir(); err != nil {
			return err
		}
	}
	for name, in := range r.Inputs {
		if in.Absent {
			continue
		}
		path, err := s.scratch.locate(ctx, in.ID, in.Path)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		job.inputs[name] = jobInput{in.ID, path}
	}
	return nil
}

// clear removes what a job leaves on this machine.
func (s *server) clear(job *Job, r *jobRequest) {
	if r.Dir == "" {
		os.RemoveAll(job.dir)
	}
	s.scratch.tidy()
}

// keptMemory is how much memory a worker may keep for its next node without
// giving it back. Nearly every node needs this much.
const keptMemory = 256 << 20

// progressPause is the least time between two messages about progress. A stage
// may report every step, but people cannot read faster than this.
const progressPause = 50 * time.Millisecond

func (s *server) progress() func(done, total float64, text string) {
	var mu sync.Mutex
	var last time.Time
	return func(done, total float64, text string) {
		mu.Lock()
		defer mu.Unlock()
		if now := time.Now(); now.Sub(last) >= progressPause || done >= total {
			last = now
			s.send(reply{Progress: &progressReply{done, total, text}})
		}
	}
}

// blob asks the driver, which has the store's checker, for the path of a blob.
func (s *server) blob(id ContentID) (string, bool) {
	answer := make(chan string, 1)
	s.mu.Lock()
	s.number++
	number := s.number
	s.answers[number] = answer
	s.mu.Unlock()
	s.send(reply{Blob: &blobQuestion{number, id}})
	path := <-answer
	if path != "" && s.scratch != nil {
		var err error
		if path, err = s.scratch.locate(context.Background(), id, path); err != nil {
			return "", false
		}
	}
	return path, path != ""
}
