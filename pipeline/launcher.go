package pipeline

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sparsel/pipeline/codeid"
)

// A launcher is the part of a run that only workers on other machines need.
//
// Such a worker learns that the driver is alive from a ping every pingPause,
// and ends if it hears none for lastPing, because commands that start programs
// elsewhere may leave them running, with their standard input open, when they
// are killed. The driver considers a worker lost if it answers nothing for
// mute. All three durations count only the seconds that a process is running.
//
// Whether a worker sees the store's directory is found out, not configured: the
// driver writes a file, the worker writes an answer beside it, and the driver
// reads that. If it does not, files go through the worker's streams. Either way
// the worker says what it wrote, and the driver hashes what arrived.
type launcher struct {
	program codeid.Hash
	dir     string // for probes, in the run's private directory
	note    func(text string)

	mu       sync.Mutex
	apart    bool // a worker's files looked different here, so no worker is believed to share the directory
	said     map[string]bool
	sequence int
}

const (
	pingPause  = 10 * time.Second
	lastPing   = 40 * time.Second
	mute       = 60 * time.Second
	queueWord  = 30 * time.Second // after this, people are told that no worker has started yet
	startPause = time.Second      // before the first repeated start; it doubles up to longPause
	longPause  = 30 * time.Second
)

// mostStarts is how many starts in a row may fail, with no worker ready and no
// other start under way, before the run ends. A run that had workers before
// waits longer (mostStartsLater), since a scheduler may be restarted.
const (
	mostStarts      = 3
	mostStartsLater = 10
)

func newLauncher(dir string, note func(string)) (*launcher, error) {
	sum, err := program()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errStart, err)
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errStart, err)
	}
	return &launcher{program: sum, dir: dir, note: note, said: map[string]bool{}}, nil
}

// failed is pool.blame for workers on other machines. A machine that is not
// fit, or a scheduler that is away for a moment, is no reason to give up. The
// caller holds the pool's lock.
func (l *launcher) failed(p *pool, err error, alive int) (pause time.Duration) {
	most := mostStarts
	if p.ever {
		most = mostStartsLater
	}
	if alive == 0 && p.starting-p.resting <= 1 && p.failures >= most {
		p.broken = fmt.Errorf("%w: %w", errStart, err)
		return 0
	}
	go l.once(fmt.Sprintf("a worker did not start and will be tried again: %v", err))
	return min(longPause, startPause<<min(5, p.failures-1))
}

// once tells people something, but only once.
func (l *launcher) once(text string) {
	l.mu.Lock()
	said := l.said[text]
	l.said[text] = true
	l.mu.Unlock()
	if !said {
		l.note(text)
	}
}

// distrust assumes from now on that machines do not share the store's
// directory.
func (l *launcher) distrust() {
	l.mu.Lock()
	l.apart = true
	l.mu.Unlock()
	l.once("what a worker wrote into the store's folder looks different here: files go through the workers' streams from now on")
}

func (l *launcher) shares() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.apart
}

// probe writes a file by which a worker can tell whether it sees this
// directory.
func (l *launcher) probe() (*launchRequest, error) {
	var random [16]byte
	rand.Read(random[:])
	l.mu.Lock()
	l.sequence++
	name := fmt.Sprintf("probe-%d", l.sequence)
	l.mu.Unlock()
	r := &launchRequest{Program: l.program, Probe: filepath.Join(l.dir, name), Nonce: hex.EncodeToString(random[:])}
	return r, os.WriteFile(r.Probe, []byte(r.Nonce), 0o666)
}

// answer returns the path at which a worker answers a probe.
func (r *launchRequest) answer() string { return r.Probe + ".seen" }

// answered reports whether this process sees a worker's answer to a probe.
func (r *launchRequest) answered() bool {
	text, err := os.ReadFile(r.answer())
	return err == nil && string(text) == r.Nonce
}

// outOfMemory reports whether a line is what Slurm or Kubernetes says about a
// program that exceeded its memory.
func outOfMemory(line string) bool {
	for _, words := range []string{"oom_kill event", "oom-kill event", "OOMKilled"} {
		if strings.Contains(line, words) {
			return true
		}
	}
	return false
}
