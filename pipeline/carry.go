package pipeline

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// This file is the driver's side of a worker on another machine: the life signs
// and the files that go through its streams.

// watch pings the worker and checks for its life signs until it is gone.
func (w *worker) watch() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	pause := time.Duration(0)
	for {
		select {
		case <-w.exited:
			return
		case <-tick.C:
		}
		if pause -= time.Second; pause < 0 {
			pause = pingPause
			go func() { _ = w.send(request{Ping: true}) }() // it may block; the end of the worker is noticed elsewhere
		}
		if w.unheard.Add(1) > int64(mute/time.Second) {
			w.condemn(fmt.Sprintf("nothing was heard from it for %v", mute))
			return
		}
	}
}

// condemn ends a worker that no longer answers.
func (w *worker) condemn(why string) {
	w.mu.Lock()
	w.why = why
	w.mu.Unlock()
	w.kill()
}

// supply sends the bytes of an input that a job of the worker reads.
func (w *worker) supply(id ContentID, job *Job) {
	path := ""
	for _, in := range job.inputs {
		if in.id == id {
			path = in.path
		}
	}
	if path == "" {
		path, _ = job.blob(id)
	}
	err := fmt.Errorf("%s is not in the store", id.Short())
	if path != "" {
		err = sendFile(path, func(c chunk) error {
			c.Input = &id
			return w.send(request{Chunk: &c})
		})
	}
	if err != nil {
		_ = w.send(request{Chunk: &chunk{Input: &id, Last: true, Error: err.Error()}}) // if the worker is gone, that is noticed elsewhere
	}
}

// chunkSize is the number of bytes of a file that are sent in one line.
const chunkSize = 48 << 10

// sendFile sends a file, piece by piece.
func sendFile(path string, send func(chunk) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	buffer := make([]byte, chunkSize)
	for {
		n, err := io.ReadFull(f, buffer)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return err
		}
		if err := send(chunk{Data: buffer[:n], Last: last}); err != nil || last {
			return err
		}
	}
}

// incoming receives the outputs of a job from a worker. It accepts the outputs
// that the stage declares and no others.
type incoming struct {
	dir     string
	outputs []string
	open    map[string]*os.File
	err     error // the first error; what arrives after it is dropped
}

func newIncoming(job *Job) *incoming {
	return &incoming{dir: filepath.Join(job.dir, "out"), outputs: job.node.Stage.Outputs, open: map[string]*os.File{}}
}

func (in *incoming) take(c *chunk) {
	if in == nil || in.err != nil {
		return
	}
	in.err = in.write(c)
}

func (in *incoming) write(c *chunk) error {
	if !slices.Contains(in.outputs, c.Output) {
		return fmt.Errorf("it sent a file %q, which is not an output", c.Output)
	}
	f := in.open[c.Output]
	if f == nil {
		var err error
		if f, err = os.OpenFile(filepath.Join(in.dir, c.Output), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666); err != nil {
			return err
		}
		in.open[c.Output] = f
	}
	_, err := f.Write(c.Data)
	if err == nil && c.Last {
		err = f.Close()
	}
	return err
}

// end closes what is still open and returns what went wrong on this side.
func (in *incoming) end() error {
	if in == nil {
		return nil
	}
	for _, f := range in.open {
		f.Close() // usually closed already
	}
	return in.err
}

// hashFile returns the id and length of a file.
func hashFile(path string) (id ContentID, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return id, 0, err
	}
	defer f.Close()
	h := sha256.New()
	if size, err = io.Copy(h, f); err != nil {
		return id, 0, err
	}
	return ContentID(h.Sum(nil)), size, nil
}
