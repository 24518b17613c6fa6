package pipeline_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
	"sparsel/pipeline/store/disk"
)

// A memory models what a disk is certain to hold. It watches the steps of the
// file layer. Bytes are certain once their file was synced, names once their
// directory was. Everything else may or may not be there after a power cut, in
// any combination: a name without its bytes, bytes cut short, zeros.
type memory struct {
	mu    sync.Mutex
	last  disk.Step // its effect exists when the next step is announced
	steps int
	cut   int // the step at which the power fails
	image func()

	bytes map[uint64][]byte            // by inode
	names map[string]map[string]uint64 // by directory
}

// remember starts from a directory whose present content is certain.
func remember(t *testing.T, root string) *memory {
	m := &memory{bytes: map[uint64][]byte{}, names: map[string]map[string]uint64{}}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			m.names[path] = list(path)
		} else if err == nil {
			m.bytes[inode(path)], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *memory) hook(s disk.Step) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch m.last.Op {
	case disk.Create:
		delete(m.bytes, inode(m.last.Path)) // another file may have had this inode number before
	case disk.Sync:
		text, err := os.ReadFile(m.last.Path)
		if err != nil {
			return err
		}
		m.bytes[inode(m.last.Path)] = text
	case disk.SyncDir:
		m.names[m.last.Path] = list(m.last.Path)
	}
	m.last = s
	m.steps++
	if m.steps == m.cut {
		m.image()
	}
	if m.cut > 0 && m.steps >= m.cut {
		return errPlanned
	}
	return nil
}

func inode(path string) uint64 {
	var st syscall.Stat_t
	if syscall.Lstat(path, &st) != nil {
		return 0
	}
	return uint64(st.Ino)
}

func list(dir string) map[string]uint64 {
	names := map[string]uint64{}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		names[e.Name()] = inode(filepath.Join(dir, e.Name()))
	}
	return names
}

// A whim decides what happens to everything that is not certain.
type whim struct {
	names func() bool                  // whether a change of a directory survives
	bytes func(now, was []byte) []byte // the content of a file
}

// whims are the two worst disks that one can think of, and one that nobody can
// think of.
func whims(rng *rand.Rand) map[string]whim {
	return map[string]whim{
		"nothing survives": {func() bool { return false }, func(_, was []byte) []byte { return was }},
		"names survive, bytes do not": {func() bool { return true }, func(now, was []byte) []byte {
			if was != nil {
				return was
			}
			return []byte{}
		}},
		"anything": {func() bool { return rng.IntN(2) == 0 }, func(now, was []byte) []byte {
			switch rng.IntN(4) {
			case 0:
				return now
			case 1:
				return was
			case 2:
				return make([]byte, len(now)) // blocks that were allocated but never written
			}
			return now[:rng.IntN(len(now)+1)]
		}},
	}
}

// after writes what is left of a directory after a power cut.
func (m *memory) after(dir, to string, w whim) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	now, was := list(dir), m.names[dir]
	all := map[string]bool{}
	for name := range now {
		all[name] = true
	}
	for name := range was {
		all[name] = true
	}
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names) // the random decisions are made in this order
	for _, name := range names {
		id, live := now[name], true
		if now[name] != was[name] && !w.names() {
			id, live = was[name], false
		}
		if id == 0 {
			continue // it never existed, or it no longer exists
		}
		path := filepath.Join(dir, name)
		if info, err := os.Lstat(path); live && err == nil && info.IsDir() {
			if err := m.after(path, filepath.Join(to, name), w); err != nil {
				return err
			}
			continue
		}
		text, certain := m.bytes[id]
		if live {
			here, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if !certain || !bytes.Equal(here, text) {
				text = w.bytes(here, text)
			}
		}
		if err := os.WriteFile(filepath.Join(to, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// A power cut before any step, on a disk of any whim: each action either is
// done and has all its bytes, or is not done. The next run continues from
// there, and everything that an earlier run produced is still there.
func TestT04PowerCut(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	for _, start := range []string{"nothing", "an old study"} {
		undisturbed := bigLab(t)
		prepare := func() *lab {
			l := bigLab(t)
			if start != "nothing" {
				l.run(basic())
				l.code["train"] = "2"
			}
			return l
		}
		undisturbed.code = prepare().code
		undisturbed.run(basic())
		want := outputs(undisturbed.plan(basic()))
		_, steps := prepare().cutAt(0, "", whim{})
		if steps < 100 {
			t.Fatalf("from %s: only %d steps", start, steps)
		}
		for round := range rounds(20, steps) {
			cut := 1 + round
			if os.Getenv("SPARSEL_SOAK") == "" {
				cut = 1 + rng.IntN(steps)
			}
			for how, w := range whims(rng) {
				l := prepare()
				what := fmt.Sprintf("from %s, power cut before step %d of %d, %s", start, cut, steps, how)
				left := bigLab(t)
				if reached, _ := l.cutAt(cut, left.dir, w); !reached {
					t.Fatalf("%s: it was not reached", what)
				}
				left.wholeRecords(what)
				left.code = versions{}
				if p := left.plan(basic()); start != "nothing" && p.Count(pipeline.Current) != wholeStudy {
					t.Errorf("%s: of the old study, %d of %d nodes are left", what, p.Count(pipeline.Current), wholeStudy)
				}
				left.code = l.code
				left.executions(store.NodeFinish)
				left.run(basic())
				if got := outputs(left.plan(basic())); got != want {
					t.Errorf("%s: outputs\n%s\nwant\n%s", what, got, want)
				}
				if left.figure() != undisturbed.figure() {
					t.Errorf("%s: figures differ", what)
				}
				left.checkClean()
				os.RemoveAll(l.dir)
				os.RemoveAll(left.dir)
			}
		}
	}
}

// cutAt runs the study until the power fails before a step, and leaves in to
// what the disk then holds. Step 0 never happens; steps is the total number of
// steps.
func (l *lab) cutAt(cut int, to string, w whim) (reached bool, steps int) {
	l.t.Helper()
	m := remember(l.t.(*testing.T), l.dir)
	m.cut = cut
	m.image = func() {
		reached = true
		if err := m.after(l.dir, to, w); err != nil {
			l.t.Error(err)
		}
	}
	st := l.store()
	st.Disk.Hook = m.hook
	e := pipeline.New(pipeline.Config{Store: st, Out: l.dir, Code: l.code})
	p, err := e.Plan(context.Background(), l.graph(basic()), nil)
	if err != nil {
		l.t.Fatal(err)
	}
	if _, err = e.Run(context.Background(), p, pipeline.Options{}); err != nil && cut == 0 {
		l.t.Fatal(err)
	}
	return reached, m.steps
}
