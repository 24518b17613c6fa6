package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

// said returns the notes of a lab's runs, without those that depend on the
// machine's speed: that pushes have not ended a second after the last node.
func (l *lab) said() []string {
	return slices.DeleteFunc(slices.Clone(l.notes), func(note string) bool {
		return strings.Contains(note, "still being pushed")
	})
}

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
		// Nobody who draws nothing needs the summary.
		if known := second.known(red); known.Counts.Current != 14 || known.Counts.Stale != 1 {
			t.Errorf("offline, %+v is known, want all but the figure", known.Counts)
		}
		summary := outputOf(t, second.known(red), "aggregate", "summary")
		if _, err := second.engine().Content(context.Background(), summary); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("offline, content that is elsewhere: %v", err)
		}
		// With the second level, only the figure is drawn.
		second.far = url
		if text, err := second.engine().Content(context.Background(), summary); err != nil || !strings.HasPrefix(string(text), "summary of ") {
			t.Errorf("content of the second level: %.20q, %v", text, err)
		}
		if _, err := os.Stat(second.store().BlobPath(summary)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("reading content stored it: %v", err)
		}
		second.want("another colour", second.run(red), "figure")
		first.executions(store.NodeFinish)
		first.want("which the first machine then has", first.run(red))
	})
}

// known returns what Known says of everything.
func (l *lab) known(s settings) *pipeline.Status {
	l.t.Helper()
	status, err := l.engine().Known(context.Background(), l.graph(s), nil)
	if err != nil {
		l.t.Fatal(err)
	}
	return status
}

// outputOf returns an output of a current node.
func outputOf(t *testing.T, s *pipeline.Status, node, output string) pipeline.ContentID {
	t.Helper()
	for _, n := range s.Nodes {
		if id, ok := n.Outputs[output]; ok && n.Name == node {
			return id
		}
	}
	t.Fatalf("%s has no output %s", node, output)
	return pipeline.ContentID{}
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

// What was pushed is pushed again if the second level was emptied, restored in
// part, exchanged for another or collected, since what a list here says of it
// is no longer true then.
func TestAnotherSecondLevelGetsEverything(t *testing.T) {
	levels(t, func(t *testing.T, url string) {
		l := newLab(t)
		l.far = url
		l.report(basic())
		if r := l.report(basic()); r.Remote != nil {
			t.Fatalf("nothing has changed: %+v", r.Remote)
		}
		c, _ := l.remote()
		ctx := context.Background()
		empty := func() {
			t.Helper()
			all, err := c.All(ctx, "")
			if err != nil {
				t.Fatal(err)
			}
			var keys []string
			for _, e := range all {
				keys = append(keys, e.Key)
			}
			if err := c.Delete(ctx, keys); err != nil {
				t.Fatal(err)
			}
			time.Sleep(1100 * time.Millisecond) // the times of objects may be whole seconds
		}

		empty()
		if r := l.report(basic()); r.Remote == nil || r.Remote.Pushed != 15 {
			t.Errorf("emptied: %+v", r.Remote)
		}
		if notes := l.said(); len(notes) != 1 || !strings.Contains(notes[0], "offered again") {
			t.Errorf("notes %q", notes)
		}

		// Another machine is the first to push to the new second level.
		empty()
		l.beside(t).report(basic())
		if r := l.report(basic()); r.Remote == nil || r.Remote.Pushed != 15 || r.Remote.PushedBytes != 0 {
			t.Errorf("begun by another machine: %+v", r.Remote)
		}

		// A collection for other parameters removes what this machine has pushed.
		time.Sleep(1100 * time.Millisecond)
		less := basic()
		less.Seeds = []int{1}
		other := l.beside(t)
		other.now = func() time.Time { return time.Now().Add(20 * 24 * time.Hour) }
		if gone, err := other.engine().CollectFar(ctx, pipeline.Roots{Graphs: []*pipeline.Graph{l.graph(less)}}, pipeline.Grace); err != nil || len(gone.Garbage) == 0 {
			t.Fatalf("%+v, %v", gone, err)
		}
		if r := l.report(basic()); r.Remote == nil || r.Remote.Pushed != 15 || r.Remote.PushedBytes == 0 {
			t.Errorf("collected: %+v", r.Remote)
		}
		if r := l.report(basic()); r.Remote != nil {
			t.Errorf("nothing has changed since: %+v", r.Remote)
		}
		l.honest("at the end")
	})
}

// Two servers with a bucket of the same name are two places.
func TestServersAreToldApart(t *testing.T) {
	remotetest.Credentials(t)
	l := newLab(t)
	for range 2 {
		l.far = remotetest.Versity(t).URL("lab")
		if r := l.report(basic()); r.Remote == nil || r.Remote.Pushed != 15 {
			t.Errorf("%+v", r.Remote)
		}
	}
}
