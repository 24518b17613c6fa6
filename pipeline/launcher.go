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

// A launcher is what a run has to do with workers on other machines beyond what
// it has to do with those on its own.
//
// Such a worker is told of the driver's life by a ping every pingPause, and ends
// when it hears none for lastPing: commands that start programs elsewhere may
// leave them running, with their standard input open, when they are killed. The
// driver takes a worker for lost that answers nothing for mute. All three count
// the seconds that a process lives to see.
//
// Whether a worker sees the store's folder is found out and not configured: the
// driver writes a file, the worker writes an answer beside it, the driver reads
// that. Without it, files go through the worker's streams. Either way the worker
// says what it wrote, and the driver hashes what arrived.
type launcher struct {
	program codeid.Hash
	dir     string // for probes, in the run's private folder
	note    func(text string)

	mu       sync.Mutex
	apart    bool // a worker's files were seen otherwise here: nobody is believed to share the folder
	said     map[string]bool
	sequence int
}

const (
	pingPause  = 10 * time.Second
	lastPing   = 40 * time.Second
	mute       = 60 * time.Second
	queueWord  = 30 * time.Second // after which people are told that no worker has come yet
	startPause = time.Second      // before the first repeated start; it doubles up to
	longPause  = 30 * time.Second
)

// mostStarts is how many starts in a row may fail, with no worker ready and no
// other start under way, before the run ends. One that had workers before has
// more patience, since a scheduler may be restarted.
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

// failed is pool.blame for workers on other machines: one that is not fit, or a
// scheduler that is away for a moment, is no reason to give up. The pool's lock
// is held.
func (l *launcher) failed(p *pool, err error, alive int) (pause time.Duration) {
	most := mostStarts
	if p.ever {
		most = mostStartsLater
	}
	if alive == 0 && p.starting-p.resting <= 1 && p.failures >= most {
		p.broken = fmt.Errorf("%w: %w", errStart, err)
		return 0
	}
	go l.once(fmt.Sprintf("a worker did not start, and is tried again: %v", err))
	return min(longPause, startPause<<min(5, p.failures-1))
}

// once tells people something, once.
func (l *launcher) once(text string) {
	l.mu.Lock()
	said := l.said[text]
	l.said[text] = true
	l.mu.Unlock()
	if !said {
		l.note(text)
	}
}

// distrust takes the store's folder for one that machines do not share.
func (l *launcher) distrust() {
	l.mu.Lock()
	l.apart = true
	l.mu.Unlock()
	l.once("what a worker wrote into the store's folder is not what is seen here: files go through the workers' streams from now on")
}

func (l *launcher) shares() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.apart
}

// probe writes a file that shows a worker whether it sees this folder.
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

// answer is where a worker answers a probe.
func (r *launchRequest) answer() string { return r.Probe + ".seen" }

// answered reports whether a worker's answer to a probe is seen here.
func (r *launchRequest) answered() bool {
	text, err := os.ReadFile(r.answer())
	return err == nil && string(text) == r.Nonce
}

// outOfMemory is in what schedulers say of a program that took more memory than
// it was to have: Slurm, and Kubernetes.
func outOfMemory(line string) bool {
	for _, words := range []string{"oom_kill event", "oom-kill event", "OOMKilled"} {
		if strings.Contains(line, words) {
			return true
		}
	}
	return false
}
