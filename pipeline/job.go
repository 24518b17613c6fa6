package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"syscall"

	"sparsel/pipeline/store"
)

// jobContract is part of every action id. Raise it when a change to this
// package alters what a stage sees through its Job.
const jobContract = "1"

// A Job is what a stage sees of the node it runs. Its methods may be called
// from several goroutines.
type Job struct {
	node    *Node
	action  ActionID
	inputs  map[string]jobInput
	dir     string // private; the outputs are in its subdirectory out
	blob    func(ContentID) (string, bool)
	say     func(text string) // adds to the node's log
	advance func(done, total float64, text string)
}

type jobInput struct {
	id   ContentID
	path string
}

// Node returns the node that is being run. Its Params have the stage's own
// type. A result must not depend on the node's name, which is not part of the
// key.
func (j *Job) Node() *Node { return j.node }

// ActionID returns the key of this piece of work, for provenance.
func (j *Job) ActionID() ActionID { return j.action }

// Input returns the path of an input: verified bytes that must not be modified.
// ok is false if the input is optional and its producer failed. Asking for an
// undeclared name is a programming error and panics.
func (j *Job) Input(name string) (path string, ok bool) {
	in := j.input(name)
	return in.path, in.path != ""
}

// InputID returns the content id of an input, or zero if it is absent.
func (j *Job) InputID(name string) ContentID { return j.input(name).id }

func (j *Job) input(name string) jobInput {
	in, declared := j.inputs[name]
	if !declared {
		panic(fmt.Sprintf("pipeline: node %s has no input %q", j.node.Name, name))
	}
	return in
}

// Output returns the path to which Run must write the named output, in a
// private directory on the store's file system. It panics if the stage does not
// declare the name.
func (j *Job) Output(name string) string {
	for _, o := range j.node.Stage.Outputs {
		if o == name {
			return filepath.Join(j.dir, "out", name)
		}
	}
	panic(fmt.Sprintf("pipeline: stage %s has no output %q", j.node.Stage.Name, name))
}

// Blob returns the path of stored bytes with this SHA-256, whatever produced
// them, after hashing them again. ok is false if the store does not hold them.
// Only a stage whose parameters pin the id may use it, for example to download
// a file with a known hash.
func (j *Job) Blob(sha256 [32]byte) (path string, ok bool) { return j.blob(ContentID(sha256)) }

// Progress reports how much of the work is done, in any unit, and a short text.
func (j *Job) Progress(done, total float64, text string) { j.advance(done, total, text) }

// Logf adds a line to the node's log file.
func (j *Job) Logf(format string, args ...any) { j.say(fmt.Sprintf(format, args...)) }

// The ids of the store, under the names that users of this package need.
type (
	ActionID  = store.ActionID
	ContentID = store.ContentID
)

var errPanic = errors.New("stage panicked")

// perform runs the stage and its check of what it wrote. A panic in their
// goroutine becomes an error, and its stack goes to the log.
func perform(ctx context.Context, job *Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			job.Logf("panic: %v\n%s", p, debug.Stack())
			err = fmt.Errorf("%w: %v", errPanic, p)
		}
	}()
	defer func() {
		if err != nil && ctx.Err() == nil {
			err = blameDisk(job, err)
		}
	}()
	stage := job.node.Stage
	if err := stage.Run(ctx, job); err != nil {
		return err
	}
	for _, name := range stage.Outputs {
		path := job.Output(name)
		if err := written(path); err != nil {
			return fmt.Errorf("output %s %w", name, err)
		}
		if stage.Check == nil {
			continue
		}
		if err := stage.Check(name, path); err != nil {
			return fmt.Errorf("output %s: %w", name, err)
		}
	}
	return nil
}

// noRoom are the errors that mean that a file cannot grow.
var noRoom = []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, syscall.EIO, syscall.EROFS}

// blameDisk adds to the error of a stage that had no room how much it had
// written. It adds the disk's error too if the stage does not say so, because
// libraries lose the cause of a failed write. It finds out by writing to the
// outputs, which nobody needs any more.
func blameDisk(job *Job, err error) error {
	isNoRoom := func(err error) bool {
		return slices.ContainsFunc(noRoom, func(e error) bool { return errors.Is(err, e) })
	}
	out := filepath.Join(job.dir, "out")
	paths := []string{filepath.Join(job.dir, "probe")}
	size := int64(0)
	entries, _ := os.ReadDir(out)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			paths, size = append(paths, filepath.Join(out, e.Name())), size+info.Size()
		}
	}
	needs := fmt.Sprintf("the node needs room for more than the %d bytes that it had written", size)
	if isNoRoom(err) {
		return fmt.Errorf("%w; %s", err, needs)
	}
	for _, path := range paths {
		f, werr := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
		if werr == nil {
			_, werr = f.Write(make([]byte, 64<<10))
			werr = errors.Join(werr, f.Sync(), f.Close())
		}
		if isNoRoom(werr) {
			return fmt.Errorf("%w; %s; what the stage said: %w", werr, needs, err)
		}
	}
	return err
}

// written rejects what cannot be an output.
func written(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("was not written")
	case err != nil:
		return fmt.Errorf("cannot be read: %w", err)
	case !info.Mode().IsRegular():
		return errors.New("is not a regular file")
	case info.Size() == 0:
		return errors.New("is empty")
	}
	return nil
}
