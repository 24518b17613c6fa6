package pipeline_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
	"sparsel/pipeline/store/disk"
	"sparsel/pipeline/store/remote"
	"sparsel/pipeline/store/remote/remotetest"
)

// hasty is remote.Patient without its pauses.
var hasty = remote.Patience{Tries: 8, Damaged: 3, Pause: time.Millisecond, Most: 20 * time.Millisecond, Stall: 2 * time.Second,
	Greet: 10 * time.Second}

// remote returns the lab's second level.
func (l *lab) remote() (*remote.Client, bool) {
	l.t.Helper()
	p, err := remote.Parse(l.far)
	if err != nil {
		l.t.Fatal(err)
	}
	r, err := p.Open(context.Background())
	if err != nil {
		l.t.Fatal(err)
	}
	if l.patience == (remote.Patience{}) {
		l.patience = hasty
	}
	return &remote.Client{Remote: r, Patience: l.patience}, p.ReadOnly
}

// listener collects the notes of a lab's runs.
type listener struct{ l *lab }

func (listener) RunStarted(*pipeline.Plan, int)                        {}
func (listener) NodeStarted(*pipeline.Node, string)                    {}
func (listener) NodeProgress(*pipeline.Node, float64, float64, string) {}
func (listener) NodeFinished(pipeline.NodeResult)                      {}
func (listener) RunFinished(*pipeline.Report)                          {}
func (v listener) Note(text string)                                    { v.l.notes = append(v.l.notes, text) }

// beside returns another machine with the same second level.
func (l *lab) beside(t *testing.T) *lab {
	other := newLab(t)
	other.far = l.far
	return other
}

// report runs the study, which must succeed, and returns the run's report.
func (l *lab) report(s settings) *pipeline.Report {
	l.t.Helper()
	e := l.engine()
	p, err := e.Plan(context.Background(), l.graph(s), nil)
	if err != nil {
		l.t.Fatal(err)
	}
	r, err := e.Run(context.Background(), p, pipeline.Options{Jobs: 4})
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

// levels runs a test with each kind of second level.
func levels(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("folder", func(t *testing.T) { test(t, "file://"+t.TempDir()) })
	t.Run("versitygw", func(t *testing.T) {
		remotetest.Credentials(t)
		test(t, remotetest.Versity(t).URL("lab"))
	})
	t.Run("rclone", func(t *testing.T) {
		remotetest.Credentials(t)
		test(t, remotetest.Rclone(t).URL("lab"))
	})
}

// A machine with nothing but the second level has everything without running
// anything, and fetches only what it publishes. From then on it knows, even
// without the second level, of the results that it did not fetch.
func TestT33SecondMachine(t *testing.T) {
	levels(t, func(t *testing.T, url string) {
		first := newLab(t)
		first.far = url
		if r := first.report(basic()); r.Remote == nil || r.Remote.Pushed != 15 || r.Remote.Owed != 0 {
			t.Errorf("first machine: %+v", r.Remote)
		}
		second := first.beside(t)
		if status := second.status(basic()); status.Current || status.Counts.Current != 15 {
			t.Errorf("before: %+v; all is known, and the figure is to be published", status.Counts)
		}
		r := second.report(basic())
		second.want("second machine", second.executions(store.NodeStart))
		size := int64(len(second.figure()))
		if r.Remote.Records != 15 || r.Remote.Files != 1 || r.Remote.Bytes != size || r.Remote.Pushed != 0 {
			t.Errorf("%+v, want 15 records and the figure of %d bytes", *r.Remote, size)
		}
		if second.figure() != first.figure() || outputs(second.plan(basic())) != outputs(first.plan(basic())) {
			t.Error("other results")
		}

		// Offline, everything is current. A new figure needs the summary and a new
		// metric the records, and neither is here: they are made again, as the plan
		// says.
		second.far = ""
		if p := second.plan(basic()); !p.Idle() {
			t.Errorf("offline: %d of %d current", p.Count(pipeline.Current), len(p.Steps))
		}
		red := basic()
		red.Colour = "red"
		offline := second.plan(red)
		if n := offline.Count(pipeline.Stale); n != 15 { // the whole chain of the summary
			t.Errorf("offline, another colour: %d nodes are stale, want 15", n)
		}
		// With the second level, only the figure is drawn.
		second.far = url
		second.want("another colour", second.run(red), "figure")
		first.executions(store.NodeFinish)
		first.want("which the first machine then has", first.run(red))
	})
}

func (l *lab) status(s settings) *pipeline.Status {
	l.t.Helper()
	status, err := l.engine().Status(context.Background(), l.graph(s), nil)
	if err != nil {
		l.t.Fatal(err)
	}
	return status
}

// Results that a machine had before it had a second level are pushed by its
// next run, once, even if there is nothing else to do.
func TestT33WhatWasThereIsPushed(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	l.far = "file://" + t.TempDir()
	if r := l.report(basic()); r.Remote == nil || r.Remote.Pushed != 15 {
		t.Fatalf("%+v", r.Remote)
	}
	l.want("pushing", l.executions(store.NodeStart))
	if r := l.report(basic()); r.Remote != nil {
		t.Errorf("again: %+v", r.Remote)
	}
	l.honest("afterwards")
}

// In read-only mode nothing is written, and everything else works.
func TestT33ReadOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := newLab(t)
	first.far = "file://" + dir
	first.run(basic())
	before := tree(t, dir)
	second := first.beside(t)
	second.far += "?mode=read"
	red := basic()
	red.Colour = "red"
	second.want("second machine", second.run(red), "figure")
	if after := tree(t, dir); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}

// tree lists the files below a directory with their contents' hashes.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		id, _, err := store.HashFile(path)
		fmt.Fprintln(&b, path, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// honest checks the second level: the content of every object matches its name,
// and no record lacks its bytes.
func (l *lab) honest(when string) {
	l.t.Helper()
	c, _ := l.remote()
	ctx := context.Background()
	all, err := c.All(ctx, "")
	if err != nil {
		l.t.Fatal(err)
	}
	have := map[string]int64{}
	for _, e := range all {
		have[e.Key] = e.Size
	}
	for _, e := range all {
		text, err := c.Read(ctx, e.Key, 1<<20)
		if err != nil {
			l.t.Errorf("%s: %s: %v", when, e.Key, err)
		}
		switch kind, name, _ := strings.Cut(e.Key, "/"); kind {
		case "blobs":
			if sum := sha256.Sum256(text); fmt.Sprintf("%x", sum) != filepath.Base(name) {
				l.t.Errorf("%s: %s holds other bytes", when, e.Key)
			}
		case "actions":
			r, err := store.ParseRecord(text)
			if err != nil {
				l.t.Errorf("%s: %s: %v", when, e.Key, err)
				continue
			}
			for _, o := range r.Outputs {
				if size, ok := have[store.IDPath("blobs", o.Content)]; !o.Away && (!ok || size != o.Size) {
					l.t.Errorf("%s: the record of %s is there, and its %s is not", when, r.Node, o.Name)
				}
			}
		}
	}
}

// Through a second level that refuses, cuts, flips, stalls and lies at random,
// two machines get the same results as one machine without it. No node fails,
// no wrong byte is used, and afterwards the content of every object matches its
// name.
func TestT34RemoteFaults(t *testing.T) {
	remotetest.Credentials(t)
	alone := newLab(t)
	alone.run(basic())
	want := outputs(alone.plan(basic()))
	server := remotetest.Versity(t)
	all := []remotetest.Fault{remotetest.Cut, remotetest.Flip, remotetest.Lie, remotetest.FlipSent, remotetest.LoseAfter,
		remotetest.S404, remotetest.S500, remotetest.S503, remotetest.S403}
	for round := range rounds(4, 100) {
		rng := rand.New(rand.NewPCG(7, uint64(round)))
		var mu sync.Mutex
		share := []float64{0.02, 0.1, 0.3, 0.9}[round%4]
		faulty := remotetest.NewFaulty(t, server.Endpoint, func(*http.Request) remotetest.Fault {
			mu.Lock()
			defer mu.Unlock()
			if rng.Float64() > share {
				return remotetest.None
			}
			return all[rng.IntN(len(all))]
		})
		prefix := fmt.Sprintf("round-%d", round)
		url := strings.Replace(server.URL(prefix), server.Endpoint, faulty.URL, 1)
		first := newLab(t)
		first.far = url
		second := first.beside(t)
		for i, l := range []*lab{first, second, first, second} {
			l.report(basic())
			if got := outputs(l.plan(basic())); got != want {
				t.Fatalf("round %d, run %d: other results", round, i)
			}
			if l.figure() != alone.figure() {
				t.Fatalf("round %d, run %d: another figure", round, i)
			}
			l.wholeOrAway(prefix)
		}
		first.far = server.URL(prefix)
		first.honest(prefix)
		// Without faults the owed results are pushed, and a third machine trains
		// nothing.
		first.report(basic())
		second.far = first.far
		second.report(basic())
		third := first.beside(t)
		third.want(prefix+", a third machine", third.run(basic()))
		third.honest(prefix)
	}
}

// A second level with only one kind of fault costs no node, and the notes about
// it are few.
func TestT34OneKindOfTrouble(t *testing.T) {
	remotetest.Credentials(t)
	server := remotetest.Versity(t)
	full := newLab(t)
	full.far = server.URL("full")
	full.run(basic())
	for name, fault := range map[string]remotetest.Fault{
		"cut": remotetest.Cut, "flip": remotetest.Flip, "lie": remotetest.Lie, "flip sent": remotetest.FlipSent, "lose": remotetest.LoseAfter,
		"stall": remotetest.Stall, "403": remotetest.S403, "404": remotetest.S404, "500": remotetest.S500, "503": remotetest.S503,
	} {
		t.Run(name, func(t *testing.T) {
			for _, only := range []string{"", http.MethodGet, http.MethodPut, http.MethodHead} {
				faulty := remotetest.NewFaulty(t, server.Endpoint, func(r *http.Request) remotetest.Fault {
					if only == "" || r.Method == only {
						return fault
					}
					return remotetest.None
				})
				l := newLab(t)
				l.patience = hasty
				l.patience.Stall, l.patience.Greet, l.patience.Tries = 20*time.Millisecond, 200*time.Millisecond, 3
				l.far = strings.Replace(full.far, server.Endpoint, faulty.URL, 1)
				l.report(basic())
				if l.figure() != full.figure() {
					t.Errorf("%s: another figure", only)
				}
				if len(l.notes) > 20 {
					t.Errorf("%s: %d notes, the first %q", only, len(l.notes), l.notes[0])
				}
			}
		})
	}
	full.honest("afterwards")
}

// A run waits for a server that is killed and comes back.
func TestT34KilledServer(t *testing.T) {
	remotetest.Credentials(t)
	server := remotetest.Versity(t)
	l := newLab(t)
	l.far = server.URL("killed")
	l.patience = hasty
	l.patience.Pause, l.patience.Most = 50*time.Millisecond, time.Second
	var n atomic.Int64
	l.gate = func(context.Context, string) error {
		if n.Add(1) == 6 {
			server.Kill()
			server.Restart()
		}
		return nil
	}
	l.report(basic())
	l.report(basic()) // pushes what was given up
	l.honest("afterwards")
	second := l.beside(t)
	second.want("second machine", second.run(basic()))
}

// emptied is a second level that has lost some bytes. When as many nodes as all
// have asked for them, it answers one of them at once, and the others when the
// bytes are in a store again.
type emptied struct {
	remote.Remote
	key, path string // of the bytes, and where the store has them
	asked     *atomic.Int64
	all       int64
}

func (e emptied) Get(ctx context.Context, key string, w io.Writer) error {
	if key != e.key {
		return e.Remote.Get(ctx, key, w)
	}
	first := e.asked.Add(1) == 1
	wait := func(until func() bool) {
		for ctx.Err() == nil && !until() {
			time.Sleep(time.Millisecond)
		}
	}
	wait(func() bool { return e.asked.Load() >= e.all })
	if !first {
		wait(func() bool { _, err := os.Stat(e.path); return err == nil })
		time.Sleep(100 * time.Millisecond) // until the run knows, too
	}
	return fs.ErrNotExist
}

// Nodes that look for the same lost bytes at the same time, and hear at
// different times that they are lost, have them made once.
func TestT34LostBytesAreMadeOnce(t *testing.T) {
	t.Parallel()
	first := newLab(t)
	first.far = "file://" + t.TempDir()
	first.run(basic())
	data, err := filepath.Rel(first.store().Dir(), first.blob(basic(), "fetch", "data"))
	if err != nil {
		t.Fatal(err)
	}

	second := first.beside(t)
	c, _ := second.remote()
	asked := new(atomic.Int64)
	c.Remote = emptied{c.Remote, filepath.ToSlash(data), filepath.Join(second.store().Dir(), data), asked, 6}
	e := pipeline.New(pipeline.Config{Store: second.store(), Out: second.dir, Code: second.code, Remote: c})
	other := basic()
	other.Rates = []float64{0.1, 0.2} // the data is known, and six trainings read it
	p, err := e.Plan(context.Background(), second.graph(other), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := e.Run(ctx, p, pipeline.Options{Jobs: 6}); err != nil {
		t.Fatalf("%v, and %d of 6 nodes looked for the data", err, asked.Load())
	}
	made := 0
	for _, name := range second.executions(store.NodeStart) {
		if name == "fetch" {
			made++
		}
	}
	if made != 1 {
		t.Errorf("the data was made %d times", made)
	}
}

// A directory whose files were damaged, cut short or exchanged never gives
// wrong results, and whoever makes the results again repairs it.
func TestT34DamagedFolder(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"blobs", "actions", "manifests"} {
		for name, damage := range map[string]func(text []byte) []byte{
			"flipped": func(text []byte) []byte { text[len(text)/3] ^= 1; return text },
			"cut":     func(text []byte) []byte { return text[:len(text)/2] },
			"empty":   func([]byte) []byte { return nil },
			"longer":  func(text []byte) []byte { return append(text, text...) },
			"other":   func(text []byte) []byte { return bytes.Repeat([]byte("?"), len(text)) },
		} {
			dir := t.TempDir()
			first := newLab(t)
			first.far = "file://" + dir
			first.run(basic())
			files, _ := filepath.Glob(filepath.Join(dir, kind, "*", "*"))
			for _, path := range files {
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				os.Chmod(path, 0o644)
				if err := os.WriteFile(path, damage(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			second := first.beside(t)
			red := basic()
			red.Colour = "red"
			second.report(red)
			alone := newLab(t)
			alone.run(red)
			if second.figure() != alone.figure() {
				t.Errorf("%s of %s: another figure", name, kind)
			}
			if kind == "manifests" {
				continue // these files only explain
			}
			// The chain of the summary was made again and is whole there.
			third := first.beside(t)
			third.want(name+" "+kind+", a third machine", third.run(red))
			if third.figure() != alone.figure() {
				t.Errorf("%s of %s: another figure at last", name, kind)
			}
		}
	}
}

// A record that is about another action, or whose description does not give its
// id, is not believed.
func TestT34FalseRecords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := newLab(t)
	first.far = "file://" + dir
	first.run(basic())
	files, _ := filepath.Glob(filepath.Join(dir, "actions", "*", "*"))
	texts := make([][]byte, len(files))
	for i, path := range files {
		texts[i], _ = os.ReadFile(path)
	}
	for i, path := range files { // each has the place of the next one
		os.Chmod(path, 0o644)
		if err := os.WriteFile(path, texts[(i+1)%len(files)], 0o644); err != nil {
			t.Fatal(err)
		}
	}
	second := first.beside(t)
	r := second.report(basic())
	if r.Counts[pipeline.Executed] != 15 || second.figure() != first.figure() {
		t.Errorf("%v", r.Counts)
	}
	// The heads are exchanged for true ones about the right action, and the
	// details are left as they were.
	for i, path := range files {
		id, _ := store.ParseActionID(filepath.Base(path))
		other, err := store.ParseRecord(texts[(i+1)%len(files)])
		if err != nil {
			t.Fatal(err)
		}
		other.Action = id
		text, err := other.Text()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	third := first.beside(t)
	if r := third.report(basic()); r.Counts[pipeline.Executed] != 15 || third.figure() != first.figure() {
		t.Errorf("%v", r.Counts)
	}
	first.honest("afterwards")
}

// stopping is a second level whose machine dies before its n-th change.
type stopping struct {
	remote.Remote
	left *atomic.Int64
}

var errDead = fmt.Errorf("dead: %w", remote.ErrRefused)

func (s stopping) Put(ctx context.Context, key string, o remote.Object, overwrite bool) error {
	if s.left.Add(-1) < 0 {
		return errDead
	}
	return s.Remote.Put(ctx, key, o, overwrite)
}

// If the process is killed before any step of a push, the second level has no
// record without its bytes, and the next run pushes the rest.
func TestT35PushOrder(t *testing.T) {
	t.Parallel()
	small := basic()
	small.Rates, small.Seeds = []float64{0.1}, []int{1}
	for n := 0; ; n++ {
		l := newLab(t)
		l.far = "file://" + t.TempDir()
		c, _ := l.remote()
		left := new(atomic.Int64)
		left.Store(int64(n))
		c.Remote = stopping{c.Remote, left}
		e := pipeline.New(pipeline.Config{Store: l.store(), Out: l.dir, Code: l.code, Remote: c})
		p, err := e.Plan(context.Background(), l.graph(small), nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := e.Run(context.Background(), p, pipeline.Options{Jobs: 2})
		if err != nil {
			t.Fatal(err)
		}
		l.honest(fmt.Sprintf("before change %d", n))
		if left.Load() >= 0 {
			if n < 10 || r.Remote.Owed != 0 {
				t.Errorf("%d changes, %+v", n, r.Remote)
			}
			return
		}
		if r.Remote.Owed == 0 {
			t.Errorf("before change %d: nothing is owed", n)
		}
		again := l.report(small)
		if again.Remote == nil || again.Remote.Pushed != r.Remote.Owed || again.Remote.Owed != 0 {
			t.Errorf("before change %d: owed %d, then %+v", n, r.Remote.Owed, again.Remote)
		}
		second := l.beside(t)
		second.want("second machine", second.run(small))
		l.honest("afterwards")
	}
}

// A pull that is killed before any step of the file layer leaves nothing half
// done, and the next one continues.
func TestT35KilledPull(t *testing.T) {
	t.Parallel()
	first := newLab(t)
	first.far = "file://" + t.TempDir()
	first.run(basic())
	for n := int64(1); ; n += int64(30 / rounds(3, 30)) {
		l := first.beside(t)
		var step atomic.Int64
		s := l.store()
		s.Disk.Hook = func(disk.Step) error {
			if step.Add(1) >= n {
				return errPlanned
			}
			return nil
		}
		c, _ := l.remote()
		e := pipeline.New(pipeline.Config{Store: s, Out: l.dir, Code: l.code, Remote: c})
		p, err := e.Plan(context.Background(), l.graph(basic()), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Run(context.Background(), p, pipeline.Options{Jobs: 2})
		l.wholeOrAway(fmt.Sprintf("before step %d", n))
		l.want("again", l.run(basic()))
		if l.figure() != first.figure() {
			t.Errorf("before step %d: another figure", n)
		}
		if err == nil && step.Load() < n {
			return
		}
	}
}

// wholeOrAway checks a store: bytes exist unless their record says that they
// are away, and the content of every blob matches its name.
func (l *lab) wholeOrAway(when string) {
	l.t.Helper()
	scan, err := l.store().Scan(context.Background(), store.ScanOptions{})
	if err != nil {
		l.t.Fatal(err)
	}
	for _, f := range scan.Faults {
		if f.Path != "format" { // it is written last in the preparations
			l.t.Fatalf("%s: %s", when, f)
		}
	}
}

// A second level that is not there costs one line, and everything is done
// without it. What could not be pushed is pushed when it is back.
func TestT36RemoteAway(t *testing.T) {
	remotetest.Credentials(t)
	server := remotetest.Versity(t)
	for name, dead := range map[string]string{
		"nobody listens": "s3://" + remotetest.Bucket + "/p?endpoint=http://127.0.0.1:1",
		"no such bucket": strings.Replace(server.URL("p"), remotetest.Bucket, "another", 1),
		"no such folder": "file://" + filepath.Join(t.TempDir(), "not", "mounted"),
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.far, l.patience = dead, remote.Patient
			r := l.report(basic())
			if len(l.notes) != 1 || !slices.Equal(r.Notes, l.notes) || !strings.Contains(l.notes[0], "going on without it") ||
				strings.Contains(l.notes[0], "\n") {
				t.Errorf("notes %q, in the report %q; want one line", l.notes, r.Notes)
			}
			if r.Counts[pipeline.Executed] != 15 || r.Remote == nil || r.Remote.Owed != 15 {
				t.Errorf("%v, %+v", r.Counts, r.Remote)
			}
			l.notes = nil
			l.status(basic())
			if l.notes != nil {
				t.Errorf("status, with nothing to ask for: %q", l.notes)
			}
			red := basic()
			red.Colour = "red"
			l.status(red)
			if len(l.notes) != 1 {
				t.Errorf("status: %q", l.notes)
			}
			l.far, l.patience = "file://"+t.TempDir(), hasty
			if r := l.report(basic()); r.Remote == nil || r.Remote.Pushed != 15 {
				t.Errorf("afterwards: %+v", r.Remote)
			}
		})
	}
}

// A second level of another format must not simply be ignored.
func TestT36OtherFormat(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "format"), []byte("sparsel store 9\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	l := newLab(t)
	l.far = "file://" + dir
	if _, err := l.engine().Plan(context.Background(), l.graph(basic()), nil); err == nil ||
		!strings.Contains(err.Error(), "sparsel store 9") {
		t.Errorf("%v", err)
	}
}

// If another machine gave other bytes for one action, the error names both
// machines and remains until a person has decided.
func TestT42RemoteConflict(t *testing.T) {
	dir := t.TempDir()
	first := newLab(t)
	first.far = "file://" + dir
	end := pipeline.AsMachine("n1")
	first.run(basic())
	end()
	// This machine computes something else, and has not met the others yet.
	second := newLab(t)
	second.gate = func(_ context.Context, node string) error { return nil }
	const node = "train/0.01/2"
	second.wrong = node
	defer pipeline.AsMachine("n2")()
	second.run(basic())
	second.far = first.far
	e := second.engine()
	p, err := e.Plan(context.Background(), second.graph(basic()), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Run(context.Background(), p, pipeline.Options{Jobs: 2})
	if !errors.Is(err, store.ErrConflict) {
		t.Fatalf("%v", err)
	}
	for _, want := range []string{node, "n1 (Z80)", "n2 (Z80)"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: lacks %q", err, want)
		}
	}
	s := second.plan(basic()).Step(node)
	if s.State != pipeline.Broken || !strings.Contains(strings.Join(s.Reasons, " "), "n1 (Z80)") {
		t.Errorf("afterwards it is %s: %q", s.State, s.Reasons)
	}
	first.honest("afterwards")
	first.want("the first machine", first.run(basic()))

	// A machine that believed the record, made the bytes again and got others
	// reports the same.
	third := first.beside(t)
	third.run(basic())
	third.far, third.wrong = "", node
	if err := os.Remove(filepath.Join(third.dir, "figures", "fig-1.svg")); err != nil {
		t.Fatal(err)
	}
	os.Remove(third.blob(basic(), "figure", "svg"))
	e = third.engine()
	if p, err = e.Plan(context.Background(), third.graph(basic()), nil); err != nil {
		t.Fatal(err)
	}
	if _, err = e.Run(context.Background(), p, pipeline.Options{Jobs: 2}); !errors.Is(err, store.ErrConflict) ||
		!strings.Contains(err.Error(), "n1 (Z80)") || !strings.Contains(err.Error(), "n2 (Z80)") {
		t.Errorf("%v", err)
	}
}

// A collection of the second level removes what its dry run lists: objects that
// are neither reached nor young. A push beside it loses nothing.
func TestT40RemoteCollection(t *testing.T) {
	levels(t, func(t *testing.T, url string) {
		ctx := context.Background()
		l := newLab(t)
		l.far = url
		l.run(basic())
		red := basic()
		red.Colour = "red"
		l.run(red)
		less := red
		less.Seeds = []int{1}
		l.run(less)
		roots := pipeline.Roots{Graphs: []*pipeline.Graph{l.graph(less)}}

		if c, err := l.engine().FarGarbage(ctx, roots, pipeline.Grace); err != nil || len(c.Garbage) != 0 {
			t.Fatalf("young: %+v, %v", c, err)
		}
		l.now = func() time.Time { return time.Now().Add(20 * 24 * time.Hour) }
		dry, err := l.engine().FarGarbage(ctx, roots, pipeline.Grace)
		if err != nil {
			t.Fatal(err)
		}
		// 4 trainings and metrics of two seeds and rates, 2 figures, 1 aggregate.
		records := 0
		for i, g := range dry.Garbage {
			if g.Action != (pipeline.ActionID{}) {
				records++
				if i >= records {
					t.Errorf("record %s goes after bytes", g.Path)
				}
			}
		}
		if records != 11 || dry.Kept != 7 {
			t.Errorf("%d records go and %d stay, want 11 and 7", records, dry.Kept)
		}
		l.honest("after the dry run")

		// Another machine pushes what is about to be removed, which renews it.
		other := l.beside(t)
		other.far = ""
		other.run(red)
		other.far, other.now = url, l.now
		if _, err := l.engine().CollectFar(ctx, pipeline.Roots{Graphs: []*pipeline.Graph{l.graph(less), l.graph(red)}},
			pipeline.Grace); err != nil {
			t.Fatal(err)
		}
		l.honest("after a collection that keeps red")
		other.report(red)
		l.now = nil // by the clock of the server, what was just pushed is young
		gone, err := l.engine().CollectFar(ctx, roots, pipeline.Grace)
		if err != nil || len(gone.Garbage) != 0 {
			t.Errorf("what was renewed: %+v, %v", gone, err)
		}
		l.now = func() time.Time { return time.Now().Add(20 * 24 * time.Hour) }
		if gone, err = l.engine().CollectFar(ctx, roots, pipeline.Grace); err != nil {
			t.Fatal(err)
		}
		for _, g := range gone.Garbage {
			c, _ := l.remote()
			if _, err := c.Stat(ctx, g.Path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", g.Path, err)
			}
		}
		l.honest("at last")
		l.now = nil
		second := l.beside(t)
		second.want("what was kept", second.run(less))
	})
}

// Pushes and collections at the same time: whatever is removed too early is
// made again, and nothing wrong comes of it.
func TestT40PushBesideCollection(t *testing.T) {
	t.Parallel()
	for round := range rounds(5, 100) {
		url := "file://" + t.TempDir()
		old := newLab(t)
		old.far = url
		old.run(basic())
		later := func() time.Time { return time.Now().Add(20 * 24 * time.Hour) }
		// By the clock of both machines everything is old. One pushes the same again,
		// the other wants none of it.
		pusher := old.beside(t)
		pusher.far = ""
		pusher.run(basic())
		pusher.far, pusher.now = url, later
		collector := old.beside(t)
		collector.now = later
		var wg sync.WaitGroup
		wg.Go(func() { pusher.report(basic()) })
		wg.Go(func() {
			time.Sleep(time.Duration(round) * time.Millisecond)
			if _, err := collector.engine().CollectFar(context.Background(), pipeline.Roots{}, pipeline.Grace); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		pusher.far = url
		second := old.beside(t)
		second.report(basic())
		if second.figure() != old.figure() {
			t.Errorf("round %d: another figure", round)
		}
	}
}
