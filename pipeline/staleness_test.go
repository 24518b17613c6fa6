package pipeline_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

const wholeStudy = 15 // fetch, 6 trainings, 6 metrics, aggregate, figure

func TestFirstRunThenNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	if got := l.run(basic()); len(got) != wholeStudy {
		t.Fatalf("executed %d nodes, want %d: %q", len(got), wholeStudy, got)
	}
	if p := l.plan(basic()); !p.Idle() {
		t.Errorf("not idle after a run: %+v", p.Status())
	}
	l.want("second run", l.run(basic()))
}

// One hyper-parameter of some runs.
func TestT09ParameterRerunsItsDescendants(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	s := basic()
	s.Rates = []float64{0.002, 0.01}
	// The nodes are named by rate, so to edit a value in place, rename as well.
	l.want("new rate", l.run(s),
		"train/0.002/1", "train/0.002/2", "train/0.002/3",
		"metric/0.002/1", "metric/0.002/2", "metric/0.002/3", "aggregate", "figure")

	// T14: reverting finds everything.
	l.want("reverted", l.run(basic()))
}

func TestT15ReasonsSpeakInValues(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	s := basic()
	s.Colour = "red"
	l.wantReason(s, "figure", `colour "blue" → "red"`)
	l.want("colour", l.run(s), "figure") // T15
	if !strings.Contains(l.figure(), "red") {
		t.Errorf("published figure is %q", l.figure())
	}

	// Back, without a run, and on to a third value: reasons speak of the last
	// value that was asked for, though nothing ran for it.
	l.want("back", l.run(basic()))
	s.Colour = "green"
	l.wantReason(s, "figure", `colour "blue" → "green"`)

	l.code["aggregate"] = "2" // T15: the formula of an aggregate
	l.wantReason(basic(), "aggregate", "aggregate changed (code)")
	l.wantReason(basic(), "figure", "reads aggregate, which is stale")
	l.want("aggregate code", l.run(basic()), "aggregate", "figure")
}

func (l *lab) wantReason(s settings, node, want string) {
	l.t.Helper()
	if r := l.plan(s).Step(node).Reasons; !slices.Contains(r, want) {
		l.t.Errorf("reasons of %s are %q, want %q among them", node, r, want)
	}
	text, err := l.engine().Why(context.Background(), l.graph(s), node)
	if err != nil || !strings.Contains(text, want) {
		l.t.Errorf("why %s: %v\n%s\nwant %q in it", node, err, text, want)
	}
}

// Equal bytes stop the wave, and the report says so.
func TestT12EarlyCutoff(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	l.code["train"] = " (same results)"
	e := l.engine()
	p := l.plan(basic())
	if n := p.Count(pipeline.Waiting); n != 8 {
		t.Errorf("%d nodes wait, want 6 metrics, aggregate and figure", n)
	}
	r, err := e.Run(context.Background(), p, pipeline.Options{Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	if got := l.executions(store.NodeFinish); len(got) != 6 {
		t.Errorf("executed %q, want the 6 trainings", got)
	}
	if r.Counts[pipeline.CutOff] != 8 || r.Counts[pipeline.Cached] != 1 {
		t.Errorf("report counts %v, want 8 cut off and 1 cached", r.Counts)
	}

	// Half way: metrics round the difference away.
	s := basic()
	s.Round = 0
	l.run(s)
	s.Data = "other"
	got := l.run(s)
	if slices.Contains(got, "aggregate") || len(got) != 13 {
		t.Errorf("executed %q, want fetch, trainings and metrics only", got)
	}
}

// Add a seed, remove it again.
func TestT14Seeds(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	s := basic()
	s.Seeds = []int{1, 2, 3, 4}
	l.want("added", l.run(s), "train/0.001/4", "train/0.01/4", "metric/0.001/4", "metric/0.01/4", "aggregate", "figure")
	l.want("removed", l.run(basic()))
	s.Seeds = []int{1, 2}
	l.wantReason(s, "aggregate", "input 0.01/3 removed: was "+l.contentOf(basic(), "metric/0.01/3", "table"))
	l.want("fewer than ever", l.run(s), "aggregate", "figure")
}

func (l *lab) contentOf(s settings, node, output string) string {
	return filepath.Base(l.blob(s, node, output))[:12]
}

// Times and places mean nothing.
func TestT13TouchAndMove(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	for _, when := range []time.Time{time.Now(), time.Unix(0, 0), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)} {
		err := filepath.WalkDir(l.dir, func(path string, _ os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Chtimes(path, when, when)
		})
		if err != nil {
			t.Fatal(err)
		}
		l.want("touched", l.run(basic()))
	}
	for _, how := range []string{"-a", "-r"} {
		to := filepath.Join(t.TempDir(), "elsewhere")
		if out, err := exec.Command("cp", how, l.dir, to).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		l.dir = to
		l.want("copied "+how, l.run(basic()))
	}
}

// Renaming nodes repeats no work; two nodes of one action are done once.
func TestNamesAreLabels(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	renamed := func(names ...string) []string {
		var nodes []*pipeline.Node
		stage := &pipeline.Stage{Name: "fetch", Package: "fetch", Outputs: []string{"data"}, Run: l.work}
		for _, n := range names {
			nodes = append(nodes, &pipeline.Node{Name: n, Stage: stage, Params: struct{ Data string }{"mnist"}})
		}
		g, err := pipeline.NewGraph(nodes)
		if err != nil {
			t.Fatal(err)
		}
		e := l.engine()
		p, err := e.Plan(context.Background(), g, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Run(context.Background(), p, pipeline.Options{Jobs: 4}); err != nil {
			t.Fatal(err)
		}
		return l.executions(store.NodeFinish)
	}
	l.want("renamed", renamed("download"))
	l.code["fetch"] = "2"
	if got := renamed("one", "two", "three"); len(got) != 1 {
		t.Errorf("one action under three names: executed %q, want one of them", got)
	}
}

// Only what the targets need is planned.
func TestTargets(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	e := l.engine()
	p, err := e.Plan(context.Background(), l.graph(basic()), []string{"metric/0.01/2"})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Steps) != 3 {
		t.Errorf("%d steps, want fetch, train and metric", len(p.Steps))
	}
	if _, err := e.Plan(context.Background(), l.graph(basic()), []string{"nothing"}); err == nil {
		t.Error("an unknown target was accepted")
	}
}
