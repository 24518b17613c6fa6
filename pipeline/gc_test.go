package pipeline_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
	"sparsel/pipeline/store/disk"
)

// kept lists the files of the store, except those for its internal use.
func (l *lab) kept() map[string]bool {
	l.t.Helper()
	files := map[string]bool{}
	root := filepath.Join(l.dir, "store")
	for _, kind := range []string{"blobs", "actions", "manifests", "quarantine"} {
		err := filepath.WalkDir(filepath.Join(root, kind), func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err == nil && !d.IsDir() {
				relative, _ := filepath.Rel(root, path)
				files[filepath.ToSlash(relative)] = true
			}
			return err
		})
		if err != nil {
			l.t.Fatal(err)
		}
	}
	return files
}

func (l *lab) roots(s ...settings) pipeline.Roots {
	var r pipeline.Roots
	for _, v := range s {
		r.Graphs = append(r.Graphs, l.graph(v))
	}
	return r
}

// sound checks that an audit finds nothing.
func (l *lab) sound(what string, s settings) {
	l.t.Helper()
	a, err := l.engine().Rehash(context.Background(), l.graph(s), store.ScanOptions{})
	if err != nil {
		l.t.Fatal(err)
	}
	for _, f := range a.Faults {
		l.t.Errorf("%s: %s", what, f)
	}
}

// twoVersions returns a store with the results of two sets of parameters, and
// some that nothing needs.
func twoVersions(t *testing.T) (l *lab, now, pinned settings) {
	l = newLab(t)
	old := basic()
	old.Rates = []float64{0.5}
	l.run(old)
	pinned = basic()
	pinned.Seeds = []int{7}
	l.run(pinned)
	now = basic()
	l.run(now)
	return l, now, pinned
}

// T29: exactly the files that the dry run lists are removed, and what stays is
// whole.
func TestT29CollectsExactlyWhatTheDryRunLists(t *testing.T) {
	t.Parallel()
	l, now, pinned := twoVersions(t)
	before := l.kept()
	dry, err := l.engine().Garbage(context.Background(), l.roots(now, pinned))
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(before, l.kept()) {
		t.Fatal("the dry run removed something")
	}
	done, err := l.engine().Collect(context.Background(), l.roots(now, pinned))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(dry.Garbage, done.Garbage) || dry.Bytes() == 0 {
		t.Errorf("the dry run says %d files, %d bytes; removed were %d, %d", len(dry.Garbage), dry.Bytes(), len(done.Garbage), done.Bytes())
	}
	after := l.kept()
	for _, g := range dry.Garbage {
		if !before[g.Path] || after[g.Path] {
			t.Errorf("%s (%s) was listed and is still there", g.Path, g.What)
		}
		after[g.Path] = true
	}
	if !maps.Equal(before, after) {
		t.Errorf("%d files before; %d after, with those listed", len(before), len(after))
	}
	l.sound("after the collection", now)
	l.want("what is kept", l.run(now))
	l.want("what is pinned", l.run(pinned))
	again, err := l.engine().Collect(context.Background(), l.roots(now, pinned))
	if err != nil || len(again.Garbage) != 0 {
		t.Errorf("a second collection: %v, %v", err, again)
	}
	old := basic()
	old.Rates = []float64{0.5}
	for _, c := range l.plan(old).Step("train/0.5/1").Causes {
		if c.Kind == pipeline.ResultLost {
			t.Errorf("what was collected is called lost: %s", c.Text)
		}
	}
	if ran := l.run(old); len(ran) != 8 {
		t.Errorf("what was collected is made again: %q", ran)
	}
}

// A lock keeps what its contents were made from, whatever the parameters are
// now.
func TestT29LockKeepsItsChain(t *testing.T) {
	t.Parallel()
	l, now, pinned := twoVersions(t)
	figure, err := pipeline.New(pipeline.Config{Store: l.store(), Out: l.dir, Code: l.code}).Plan(context.Background(), l.graph(pinned), nil)
	if err != nil {
		t.Fatal(err)
	}
	roots := l.roots(now)
	roots.Locked = []map[pipeline.NodeOutput]pipeline.ContentID{{{Node: "figure", Output: "svg"}: figure.Step("figure").Outputs[0].Content}}
	if _, err := l.engine().Collect(context.Background(), roots); err != nil {
		t.Fatal(err)
	}
	l.want("what is pinned", l.run(pinned))
	l.want("what is current", l.run(now))
}

// If several actions gave the same bytes, a lock keeps the one that belongs to
// it.
func TestT29LockKeepsItsOwnChainOnly(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	first, second := basic(), basic()
	first.Round, second.Round = 0, 0 // the metrics are the same whatever was trained
	second.Rates = []float64{0.3, 0.4}
	l.run(first)
	l.run(second)
	state := func(s settings) map[pipeline.NodeOutput]pipeline.ContentID {
		m := map[pipeline.NodeOutput]pipeline.ContentID{}
		for _, step := range l.plan(s).Steps {
			if step.Node.Stage.Name != "metric" { // a lock leaves out many outputs
				for _, o := range step.Outputs {
					m[pipeline.NodeOutput{Node: step.Node.Name, Output: o.Name}] = o.Content
				}
			}
		}
		return m
	}
	roots := pipeline.Roots{Locked: []map[pipeline.NodeOutput]pipeline.ContentID{state(first)}}
	c, err := l.engine().Collect(context.Background(), roots)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range c.Garbage {
		if !strings.Contains(g.What, "/0.3/") && !strings.Contains(g.What, "/0.4/") && !strings.Contains(g.What, "aggregate") &&
			!strings.Contains(g.What, "figure") {
			t.Errorf("%s went: %s", g.Path, g.What)
		}
	}
	l.want("what is locked", l.run(first))
	if ran := l.run(second); !slices.ContainsFunc(ran, func(n string) bool { return strings.HasPrefix(n, "train/0.3/") }) {
		t.Errorf("what is not locked was kept: %q", ran)
	}
}

// Changed code is no reason to throw results away, because the edit may be
// taken back.
func TestT29KeepsResultsOfOtherCode(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	l.code["train"] = "half an edit"
	c, err := l.engine().Collect(context.Background(), l.roots(basic()))
	if err != nil || len(c.Garbage) != 0 {
		t.Fatalf("%v: %+v", err, c)
	}
	delete(l.code, "train")
	l.want("after the edit is taken back", l.run(basic()))
	l.sound("after the collection", basic())
}

// An interrupted collection leaves a sound store, and the next one completes
// it.
func TestT29InterruptedCollection(t *testing.T) {
	t.Parallel()
	for _, at := range []int{0, 1, 2, 5, 9, 15, 22} {
		l, now, _ := twoVersions(t)
		s := l.store()
		steps := 0
		s.Disk = disk.Disk{Hook: func(step disk.Step) error {
			if step.Op == disk.Remove || step.Op == disk.Append {
				if steps++; steps > at {
					return errPlanned
				}
			}
			return nil
		}}
		e := pipeline.New(pipeline.Config{Store: s, Out: l.dir, Code: l.code})
		if _, err := e.Collect(context.Background(), l.roots(now)); !errors.Is(err, errPlanned) {
			t.Fatalf("stopped at step %d: %v", at, err)
		}
		l.sound("after the interruption", now)
		l.want("after the interruption", l.run(now))
		if _, err := l.engine().Collect(context.Background(), l.roots(now)); err != nil {
			t.Fatal(err)
		}
		rest, err := l.engine().Garbage(context.Background(), l.roots(now))
		if err != nil || len(rest.Garbage) != 0 {
			t.Errorf("stopped at step %d, left after the next: %v, %+v", at, err, rest)
		}
	}
}

// A collection never runs beside a run, and a run that was planned before a
// collection plans again.
func TestT29CollectionAndRun(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	more := basic()
	more.Seeds = []int{1, 2, 3, 4}
	inside, leave := make(chan struct{}), make(chan struct{})
	l.gate = func(_ context.Context, node string) error {
		if node == "train/0.01/4" {
			close(inside)
			<-leave
		}
		return nil
	}
	ended := make(chan []string)
	go func() { ended <- l.run(more) }()
	<-inside
	// These roots need nothing at all.
	nothing := basic()
	nothing.Data, nothing.Rates = "other", []float64{9}
	other := &lab{t: t, dir: l.dir, code: versions{}}
	if _, err := other.engine().Collect(context.Background(), other.roots(nothing)); !errors.Is(err, store.ErrBusy) {
		t.Errorf("a collection beside a run: %v", err)
	}
	close(leave)
	<-ended
	l.gate = nil
	l.sound("after the run", more)

	// A collection between plan and run.
	even := more
	even.Seeds = []int{1, 2, 3, 4, 5}
	e := l.engine()
	p, err := e.Plan(context.Background(), l.graph(even), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := other.engine().Collect(context.Background(), other.roots(nothing))
	if err != nil || len(c.Garbage) < 20 {
		t.Fatalf("the collection should have taken everything: %v", err)
	}
	r, err := e.Run(context.Background(), p, pipeline.Options{Jobs: 4})
	if err != nil || r.Counts[pipeline.Executed] != 23 {
		t.Errorf("the run that was planned before the collection: %v, %v", err, r.Counts)
	}
	l.sound("after both", even)
}

// Nobody knows what a damaged record keeps, so nothing is collected.
func TestCollectionRefusesDamage(t *testing.T) {
	t.Parallel()
	l, now, _ := twoVersions(t)
	st := l.plan(now).Step("metric/0.01/2")
	flip(t, l.store().RecordPath(st.Action), 90)
	before := l.kept()
	if _, err := l.engine().Collect(context.Background(), l.roots(now)); err == nil || !strings.Contains(err.Error(), st.Action.String()) {
		t.Errorf("%v does not name the damaged record", err)
	}
	if !maps.Equal(before, l.kept()) {
		t.Error("something was removed")
	}
	os.Remove(l.store().RecordPath(st.Action))
	if _, err := l.engine().Collect(context.Background(), l.roots(now)); err != nil {
		t.Error(err)
	}
}
