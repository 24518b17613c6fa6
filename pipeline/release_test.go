package pipeline_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

// releasing returns a lab whose metrics read the activations, which are
// released.
func releasing(t *testing.T) *lab {
	l := newLab(t)
	l.release = true
	return l
}

// held lists the training outputs whose bytes are in the store.
func (l *lab) held(s settings, output string) (nodes []string) {
	l.t.Helper()
	for _, step := range l.plan(s).Steps {
		for _, o := range step.Outputs {
			if _, err := os.Stat(l.store().BlobPath(o.Content)); err == nil && o.Name == output {
				nodes = append(nodes, step.Node.Name)
			}
		}
	}
	return nodes
}

// Archives are removed when their metrics are current, and nothing notices: the
// study is current, and another figure costs one node.
func TestT43ArchivesGo(t *testing.T) {
	t.Parallel()
	l := releasing(t)
	r := l.report(basic())
	if r.Released != 6 || r.ReleasedBytes == 0 {
		t.Errorf("%d files of %d bytes were let go of, want 6", r.Released, r.ReleasedBytes)
	}
	l.executions(store.NodeFinish)
	if got := l.held(basic(), "activations"); got != nil {
		t.Errorf("held: %q", got)
	}
	if !l.plan(basic()).Idle() {
		t.Error("the study is not current")
	}
	l.wholeOrAway("afterwards")
	red := basic()
	red.Colour = "red"
	l.want("another figure", l.run(red), "figure")
	here, gone := l.plan(red).Archives()
	if here.Files != 0 || gone.Files != 6 || gone.Bytes != r.ReleasedBytes {
		t.Errorf("here %+v, gone %+v", here, gone)
	}
}

// A changed metric says in advance how many trainings it requires. They run,
// give the same bytes, and their archives are removed again.
func TestT43ChangedMetric(t *testing.T) {
	t.Parallel()
	l := releasing(t)
	l.run(basic())
	before := outputsOf(l.plan(basic()), "train/")
	rough := basic()
	rough.Round = 3
	p := l.plan(rough)
	if n := count(p, "train/", pipeline.Stale); n != 6 {
		t.Errorf("the plan says that %d trainings run, want 6", n)
	}
	said := false
	for _, c := range p.Changes() {
		said = said || c.Kind == pipeline.BytesNeeded && len(c.Roots) == 6 && strings.Contains(c.Text, "activations")
	}
	if !said {
		t.Errorf("the changes do not say so: %+v", p.Changes())
	}
	ran := l.run(rough)
	if n := len(ran); n != 14 { // 6 trainings, 6 metrics, aggregate, figure
		t.Errorf("executed %d nodes: %q", n, ran)
	}
	if after := outputsOf(l.plan(rough), "train/"); after != before {
		t.Error("trainings gave other bytes")
	}
	if got := l.held(rough, "activations"); got != nil {
		t.Errorf("held: %q", got)
	}
	l.want("back", l.run(basic()))
}

// With a second level the archives are pushed before they are removed, and a
// changed metric fetches them.
func TestT43ArchivesFromElsewhere(t *testing.T) {
	levels(t, func(t *testing.T, url string) {
		l := releasing(t)
		l.far = url
		if r := l.report(basic()); r.Released != 6 || r.Remote.Pushed != 15 {
			t.Errorf("%d let go, %+v", r.Released, r.Remote)
		}
		l.executions(store.NodeFinish)
		l.honest("afterwards")
		rough := basic()
		rough.Round = 3
		p := l.plan(rough)
		if n := count(p, "train/", pipeline.Stale); n != 0 || len(p.Fetch) == 0 {
			t.Errorf("the plan says that %d trainings run, and fetches %d files", n, len(p.Fetch))
		}
		if ran := l.run(rough); len(ran) != 8 {
			t.Errorf("executed %q", ran)
		}
		if got := l.held(rough, "activations"); got != nil {
			t.Errorf("held: %q", got)
		}
	})
}

// Bytes that vanish from the second level between plan and run are made again
// in that run.
func TestT43MadeAgainDuringRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := releasing(t)
	first.far = "file://" + dir
	first.run(basic())
	second := first.beside(t)
	second.release = true
	rough := basic()
	rough.Round = 3
	e := second.engine()
	p, err := e.Plan(context.Background(), second.graph(rough), nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := count(p, "train/", pipeline.Current); n != 6 {
		t.Fatalf("%d trainings are current", n)
	}
	if err := os.RemoveAll(dir + "/blobs"); err != nil {
		t.Fatal(err)
	}
	r, err := e.Run(context.Background(), p, pipeline.Options{Jobs: 3})
	if err != nil {
		t.Fatal(err)
	}
	alone := newLab(t)
	alone.release = true
	alone.run(rough)
	if second.figure() != alone.figure() {
		t.Error("another figure")
	}
	if n := r.Counts[pipeline.Executed]; n != 15 { // fetch runs once, for all trainings
		t.Errorf("%d nodes were executed, want all 15", n)
	}
	ran := second.executions(store.NodeFinish)
	seen := map[string]bool{}
	for _, node := range ran {
		if seen[node] {
			t.Errorf("%s ran twice", node)
		}
		seen[node] = true
	}
	third := first.beside(t)
	third.release = true
	third.want("what was lost is there again", third.run(rough))
}

// The records of other code that made the same bytes do not miss them either.
func TestT43OtherCodeKnowsToo(t *testing.T) {
	t.Parallel()
	l := releasing(t)
	l.keep = true
	l.run(basic())
	if got := l.held(basic(), "activations"); len(got) != 6 {
		t.Fatalf("held: %q", got)
	}
	l.code["train"] = " (same results)"
	l.keep = false
	l.run(basic())
	if got := l.held(basic(), "activations"); got != nil {
		t.Errorf("held: %q", got)
	}
	l.code["train"] = ""
	if p := l.plan(basic()); !p.Idle() {
		t.Errorf("with the code as it was: %d of %d current", p.Count(pipeline.Current), len(p.Steps))
	}
	l.wholeOrAway("afterwards")
}

// If the process is killed before any step, nothing is lost except what was to
// be released.
func TestT43KilledRelease(t *testing.T) {
	t.Parallel()
	undisturbed := releasing(t)
	undisturbed.run(basic())
	for n := int64(40); n < 400; n += int64(120 / rounds(4, 40)) {
		l := releasing(t)
		if err := l.driver(driveSetup{Jobs: 2, KillAt: n, labSetup: labSetup{Release: true}}).Run(); err == nil {
			t.Fatalf("not killed before step %d", n)
		}
		l.wholeOrAway(fmt.Sprintf("killed before step %d", n))
		l.executions(store.NodeFinish)
		l.run(basic())
		if l.figure() != undisturbed.figure() {
			t.Errorf("killed before step %d: another figure", n)
		}
	}
}

func count(p *pipeline.Plan, prefix string, state pipeline.State) (n int) {
	for _, s := range p.Steps {
		if strings.HasPrefix(s.Node.Name, prefix) && s.State == state {
			n++
		}
	}
	return n
}

func outputsOf(p *pipeline.Plan, prefix string) string {
	var b strings.Builder
	for _, s := range p.Steps {
		if strings.HasPrefix(s.Node.Name, prefix) {
			for _, o := range s.Outputs {
				fmt.Fprintln(&b, s.Node.Name, o.Name, o.Content)
			}
		}
	}
	return b.String()
}

// A collection releases what was kept until now, as its dry run says. It keeps
// what should have been pushed to a second level but was not.
func TestT43Collected(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	l := releasing(t)
	l.keep = true
	l.run(basic())
	l.keep = false
	roots := pipeline.Roots{Graphs: []*pipeline.Graph{l.graph(basic())}}
	before := tree(t, l.dir)
	dry, err := l.engine().Garbage(ctx, roots)
	if err != nil {
		t.Fatal(err)
	}
	if dry.Archives.Files != 6 || len(dry.Garbage) != 6 || tree(t, l.dir) != before {
		t.Errorf("%+v, %d files", dry.Archives, len(dry.Garbage))
	}
	here, gone := l.plan(basic()).Archives()
	if here.Files != 6 || here.Bytes != dry.Archives.Bytes || gone.Files != 0 {
		t.Errorf("here %+v, gone %+v", here, gone)
	}
	// One metric that is not current needs its archive.
	l.keep = true
	both := pipeline.Roots{Graphs: []*pipeline.Graph{roots.Graphs[0], l.graph(basic())}}
	if c, err := l.engine().Garbage(ctx, both); err != nil || len(c.Garbage) != 0 {
		t.Errorf("where another study keeps them: %d files, %v", len(c.Garbage), err)
	}
	l.keep = false
	if _, err := l.engine().Collect(ctx, roots); err != nil {
		t.Fatal(err)
	}
	if got := l.held(basic(), "activations"); got != nil || !l.plan(basic()).Idle() {
		t.Errorf("held: %q", got)
	}
	l.wholeOrAway("afterwards")

	other := releasing(t)
	other.keep = true
	other.run(basic())
	other.keep = false
	if err := os.WriteFile(filepath.Join(other.dir, "store", "cache", "pushed-0"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if c, err := other.engine().Garbage(ctx, roots); err != nil || len(c.Garbage) != 0 {
		t.Errorf("what was not pushed: %d files, %v", len(c.Garbage), err)
	}
}
