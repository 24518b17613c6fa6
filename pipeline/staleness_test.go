package pipeline_test

import (
	"context"
	"crypto/sha256"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/codeid"
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

// One hyper-parameter of some runs changes.
func TestT09ParameterRerunsItsDescendants(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	s := basic()
	s.Rates = []float64{0.002, 0.01}
	// The nodes are named by rate, so editing a value in place also renames them.
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

	// Back without a run, and on to a third value: reasons refer to the last value
	// that was requested, even though nothing ran for it.
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
	text, err := l.engine().Why(context.Background(), l.graph(s), node, true)
	if err != nil || !strings.Contains(text, want) {
		l.t.Errorf("why %s: %v\n%s\nwant %q in it", node, err, text, want)
	}
}

// One run of 500 changes: its training, its metrics and what reads them run, as
// the dry run says, for the same reasons.
func TestT09OneOfFiveHundred(t *testing.T) {
	t.Parallel()
	l := bigLab(t)
	s := basic()
	s.Seeds = upTo(250)
	if got := l.run(s); len(got) != 1003 {
		t.Fatalf("executed %d nodes, want 1003", len(got))
	}
	s.Other = map[string]float64{"0.01/77": 0.02}
	p := l.plan(s)
	reasons := map[string]string{}
	for _, step := range p.Steps {
		if step.State != pipeline.Current {
			reasons[step.Node.Name] = step.Reasons[0]
		}
	}
	want := map[string]string{
		"train/0.01/77":  "optimizer.lr 0.01 → 0.02",
		"metric/0.01/77": "reads train/0.01/77, which is stale",
		"aggregate":      "reads metric/0.01/77, which is waiting",
		"figure":         "reads aggregate, which is waiting",
	}
	if !maps.Equal(reasons, want) {
		t.Errorf("the dry run says %q, want %q", reasons, want)
	}
	r, err := l.engine().Run(context.Background(), p, pipeline.Options{Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	l.want("one of 500", l.executions(store.NodeFinish), slices.Collect(maps.Keys(want))...)
	for name, reason := range want {
		if got := r.Result(name).Why; got != reason {
			t.Errorf("%s ran because %q, and was said to because %q", name, got, reason)
		}
	}
	s.Other = nil
	l.want("taken back", l.run(s))
}

// Equal bytes stop the propagation, and the report says so.
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

	// Half way down, the metrics round the difference away.
	s := basic()
	s.Round = 0
	l.run(s)
	s.Data = "other"
	got := l.run(s)
	if slices.Contains(got, "aggregate") || len(got) != 13 {
		t.Errorf("executed %q, want fetch, trainings and metrics only", got)
	}
}

// A seed is added and removed again.
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

// Times and paths do not matter.
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

// The clock stands still, jumps back an hour in the middle of a run, or is
// years off: nothing is done twice, now or later.
func TestT13ClockJumps(t *testing.T) {
	t.Parallel()
	epoch := time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)
	for what, now := range map[string]func(call int) time.Time{
		"stands still":  func(int) time.Time { return epoch },
		"goes backward": func(call int) time.Time { return epoch.Add(-time.Duration(call) * time.Minute) },
		"jumps back": func(call int) time.Time {
			return epoch.Add(time.Duration(call) * time.Second).Add(-time.Duration(call/20) * time.Hour)
		},
		"year 1": func(int) time.Time { return time.Time{} },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			var calls atomic.Int64
			e := pipeline.New(pipeline.Config{Store: l.store(), Out: l.dir, Code: l.code, Now: func() time.Time { return now(int(calls.Add(1))) }})
			for _, want := range []int{wholeStudy, 0} {
				p, err := e.Plan(context.Background(), l.graph(basic()), nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := e.Run(context.Background(), p, pipeline.Options{Jobs: 2}); err != nil {
					t.Fatal(err)
				}
				if got := l.executions(store.NodeFinish); len(got) != want {
					t.Errorf("executed %d nodes, want %d", len(got), want)
				}
			}
			l.want("with the true time", l.run(basic()))
			s := basic()
			s.Colour = "red"
			l.wantReason(s, "figure", `colour "blue" → "red"`)
		})
	}
}

// Reasons name a new toolchain and a new version of a dependency.
func TestT16ReasonsNameToolchainAndModules(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	identity := func(goVersion, gonum string) codeid.Identity {
		id := codeid.Identity{Root: "train", Go: goVersion, Packages: map[string]codeid.Hash{"train": {1}},
			Modules: map[string]string{"gonum.org/v1/gonum": gonum}}
		id.ID = codeid.Hash(sha256.Sum256([]byte(goVersion + gonum)))
		return id
	}
	plan := func(train codeid.Identity) (*pipeline.Engine, *pipeline.Plan) {
		e := pipeline.New(pipeline.Config{Store: l.store(), Out: l.dir, Code: oneIdentity{l.code, train}})
		p, err := e.Plan(context.Background(), l.graph(basic()), nil)
		if err != nil {
			t.Fatal(err)
		}
		return e, p
	}
	e, p := plan(identity("go1.26", "v0.17.0"))
	if _, err := e.Run(context.Background(), p, pipeline.Options{Jobs: 2}); err != nil {
		t.Fatal(err)
	}
	for want, id := range map[string]codeid.Identity{
		"Go go1.26 → go1.27":                   identity("go1.27", "v0.17.0"),
		"gonum.org/v1/gonum v0.17.0 → v0.18.0": identity("go1.26", "v0.18.0"),
	} {
		_, p := plan(id)
		if s := p.Step("train/0.01/2"); s.State != pipeline.Stale || !slices.Equal(s.Reasons, []string{want}) {
			t.Errorf("%s for %q, want %q alone", s.State, s.Reasons, want)
		}
		if n := p.Count(pipeline.Stale); n != 6 {
			t.Errorf("%d nodes are stale, want the trainings", n)
		}
	}
}

// oneIdentity is a CodeSource that overrides the identity of one package.
type oneIdentity struct {
	versions
	id codeid.Identity
}

func (o oneIdentity) Identify(ctx context.Context, packages []string) (map[string]codeid.Identity, error) {
	all, err := o.versions.Identify(ctx, packages)
	all[o.id.Root] = o.id
	return all, err
}

// Renaming nodes repeats no work, and two nodes with the same action are done
// once.
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
