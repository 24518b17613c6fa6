package pipeline

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// A scratch is the private directory of a worker on another machine than its
// driver's. It lies in the system's temporary directory, and holds the inputs
// that the driver sends and, if the store's directory is not shared, what
// stages write. Nothing in it is needed after the worker ends.
type scratch struct {
	dir    string
	lock   *flock.Flock // held while the worker lives
	shares bool         // the driver's paths are valid here
	send   func(reply)

	mu     sync.Mutex
	held   map[ContentID]string // paths of inputs that were hashed here
	asked  map[ContentID]*arrival
	order  []ContentID // those inputs in held that are in dir, oldest first
	sizes  map[ContentID]int64
	number int
}

// mostScratch is how many bytes of inputs a worker keeps for its next nodes.
const mostScratch = 512 << 20

// An arrival is an input that is being received.
type arrival struct {
	file *os.File
	hash hash.Hash
	size int64
	err  error
	done chan struct{}
}

const scratchMark = "sparsel-worker-"

// newScratch creates the directory, and removes those of workers that were
// killed.
func newScratch(send func(reply)) (*scratch, error) {
	sweepScratch(os.TempDir())
	dir, lock, err := lockedDir()
	if err != nil {
		return nil, err
	}
	return &scratch{
		dir: dir, lock: lock, send: send,
		held: map[ContentID]string{}, asked: map[ContentID]*arrival{}, sizes: map[ContentID]int64{},
	}, nil
}

// lockedDir returns a new directory and its lock. Workers that start at the same
// time may sweep a directory away after its lock file was created and before the
// lock was taken, so it tries again with another one.
func lockedDir() (string, *flock.Flock, error) {
	for {
		dir, err := os.MkdirTemp("", scratchMark)
		if err != nil {
			return "", nil, err
		}
		lock := flock.New(filepath.Join(dir, "lock"))
		locked, err := lock.TryLock()
		if locked {
			if err = os.Mkdir(filepath.Join(dir, "in"), 0o700); err == nil {
				return dir, lock, nil
			}
		}
		lock.Close()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			os.RemoveAll(dir)
			return "", nil, err
		}
	}
}

// sweepScratch removes the directories of workers that were killed: those whose
// lock is free. A directory without a lock may be about to get one.
func sweepScratch(temp string) {
	old, _ := filepath.Glob(filepath.Join(temp, scratchMark+"*", "lock"))
	for _, path := range old {
		lock := flock.New(path, flock.SetFlag(os.O_RDONLY))
		if free, err := lock.TryLock(); err == nil && free {
			os.RemoveAll(filepath.Dir(path))
		}
		lock.Close()
	}
}

// remove removes the directory.
func (s *scratch) remove() {
	if s != nil {
		os.RemoveAll(s.dir)
		s.lock.Close()
	}
}

// answer looks for the driver's probe, and shows the driver that it was seen.
func (s *scratch) answer(r *launchRequest) bool {
	text, err := os.ReadFile(r.Probe)
	s.shares = err == nil && string(text) == r.Nonce && os.WriteFile(r.answer(), text, 0o666) == nil
	return s.shares
}

// jobDir returns a new directory for the outputs of a job.
func (s *scratch) jobDir() (string, error) {
	s.number++
	dir := filepath.Join(s.dir, fmt.Sprint(s.number))
	return dir, os.MkdirAll(filepath.Join(dir, "out"), 0o700)
}

// locate returns the path of an input. It hashes the driver's file before using
// it for the first time, because a cache of this machine may hold other bytes
// than the driver's machine. It asks the driver for what is not there.
func (s *scratch) locate(ctx context.Context, id ContentID, path string) (string, error) {
	s.mu.Lock()
	held, ok := s.held[id]
	s.mu.Unlock()
	if ok {
		return held, nil
	}
	if path != "" {
		if got, _, err := hashFile(path); err == nil && got == id {
			s.mu.Lock()
			s.held[id] = path
			s.mu.Unlock()
			return path, nil
		}
	}
	return s.want(ctx, id)
}

func (s *scratch) want(ctx context.Context, id ContentID) (string, error) {
	path := filepath.Join(s.dir, "in", id.String())
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	a := &arrival{file: f, hash: sha256.New(), done: make(chan struct{})}
	s.mu.Lock()
	s.asked[id] = a
	s.mu.Unlock()
	s.send(reply{Want: &id})
	select {
	case <-a.done:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if err := errors.Join(a.err, f.Close()); err != nil {
		return "", err
	}
	if got := ContentID(a.hash.Sum(nil)); got != id {
		return "", fmt.Errorf("%s arrived as %s", id.Short(), got.Short())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[id], s.sizes[id] = path, a.size
	s.order = append(s.order, id)
	return path, nil
}

// take writes a chunk of an input.
func (s *scratch) take(c *chunk) {
	s.mu.Lock()
	a := s.asked[*c.Input]
	if c.Last {
		delete(s.asked, *c.Input)
	}
	s.mu.Unlock()
	if a == nil {
		return
	}
	if a.err == nil {
		a.hash.Write(c.Data)
		a.size += int64(len(c.Data))
		_, a.err = a.file.Write(c.Data)
	}
	if c.Last {
		if c.Error != "" {
			a.err = errors.New(c.Error)
		}
		close(a.done)
	}
}

// tidy removes the oldest inputs if they are too large together.
func (s *scratch) tidy() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sum int64
	for _, id := range s.order {
		sum += s.sizes[id]
	}
	for len(s.order) > 0 && sum > mostScratch {
		id := s.order[0]
		s.order = s.order[1:]
		sum -= s.sizes[id]
		os.Remove(s.held[id])
		delete(s.held, id)
		delete(s.sizes, id)
	}
}

// deliver lists what the stage wrote, and sends it if the driver cannot see it.
func (s *scratch) deliver(job *Job, carry bool) ([]made, error) {
	var list []made
	for _, name := range job.node.Stage.Outputs {
		path := job.Output(name)
		id, size, err := hashFile(path)
		if err != nil {
			return nil, err
		}
		list = append(list, made{name, id, size})
		if !carry {
			continue
		}
		err = sendFile(path, func(c chunk) error {
			c.Output = name
			s.send(reply{Chunk: &c})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// inTime ends the process if the driver has given no sign of life for too long,
// because the standard input stays open if a machine is cut off or a command
// was killed.
func (s *server) inTime() {
	for range time.Tick(time.Second) {
		if s.unheard.Add(1) > int64(lastPing/time.Second) {
			fmt.Fprintf(os.Stderr, "nothing was heard from the driver for %v\n", lastPing)
			s.leave(0)
		}
	}
}

// fits returns an error if this is not the same program as the driver's.
func fits(r *launchRequest) error {
	sum, err := program()
	if err != nil {
		return err
	}
	if sum != r.Program {
		path, _ := os.Executable()
		return fmt.Errorf("%s is another program than the driver's: its SHA-256 begins with %s, the driver's with %s; "+
			"put the driver's program there",
			strings.TrimSpace(path), sum.String()[:12], r.Program.String()[:12])
	}
	return nil
}
