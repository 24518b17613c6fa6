package stages

import (
	"context"
	"crypto/sha256"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsel/artifacts/measures"
	"sparsel/pipeline"
	"sparsel/pipeline/codeid"
	"sparsel/stages/lock"
	"sparsel/stages/params"
	"sparsel/stages/study"
)

func (s *smallStudy) diff(before string) string {
	s.t.Helper()
	if err := Diff(context.Background(), before, s.options()); err != nil {
		s.t.Fatal(err)
	}
	return s.stdout.String()
}

func (s *smallStudy) git(args ...string) {
	s.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", s.dir, "-c", "user.name=test", "-c", "user.email=test@localhost"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func TestDiffSaysWhatChanged(t *testing.T) {
	s := newSmallStudy(t)
	s.lock()
	s.git("init", "-q")
	s.git("add", "artifacts.lock", "params.toml")
	s.git("commit", "-qm", "first")
	unchanged := s.diff("HEAD")
	if strings.Count(unchanged, "no difference") != 4 || !strings.Contains(unchanged, "8 same, 0 differ") {
		t.Errorf("nothing changed:\n%s", unchanged)
	}
	folder := filepath.Join(t.TempDir(), "other")
	if err := os.CopyFS(folder, os.DirFS(s.path("out"))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { writable(folder) })
	if text := s.diff(folder); strings.Count(text, "no difference") != 4 {
		t.Errorf("a copy of the folder:\n%s", text)
	}

	s.edit("lr = 0.001", "lr = 2e-3")
	before := s.diff("HEAD")
	for _, want := range []string{"optimizers.Adam.lr 0.001 → 0.002", "figure/5.1 gone", "6 same, 0 differ, 0 new, 2 gone", "not made yet"} {
		if !strings.Contains(before, want) {
			t.Errorf("before the run %q is missing in\n%s", want, before)
		}
	}
	s.all()
	for what, text := range map[string]string{"revision": s.diff("HEAD"), "lock file": s.diff(s.path("artifacts.lock")),
		"folder": s.diff(folder)} {
		for _, want := range []string{"figure/5.1 differs: figure.csv", "6 same, 2 differ, 0 new, 0 gone", "train_vs_test, accuracy: ",
			"Adam, layer all, epoch ", "table/epochs differs: tidy.csv"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is missing in\n%s", what, want, text)
			}
		}
		if strings.Contains(text, "SGD") || !strings.Contains(text, "lr 0.001 → 0.002") && what != "lock file" {
			t.Errorf("%s: more or less than Adam changed:\n%s", what, text)
		}
	}
	for _, unknown := range []string{"nosuchrevision", filepath.Join(t.TempDir())} {
		if err := Diff(context.Background(), unknown, s.options()); err == nil {
			t.Errorf("%s was compared with", unknown)
		}
	}
}

// sources is a code source in which each stage has one more package, which is
// its version.
type sources string

func (v sources) Identify(_ context.Context, packages []string) (map[string]codeid.Identity, error) {
	out := map[string]codeid.Identity{}
	for _, p := range packages {
		id := codeid.Hash(sha256.Sum256([]byte(p + string(v))))
		out[p] = codeid.Identity{
			ID: id, Root: p, Go: "go" + string(v), Modules: map[string]string{"module": string(v), "only in " + string(v): "v1"},
			Packages: map[string]codeid.Hash{p: id, "shared": sha256.Sum256([]byte(v))},
		}
	}
	return out, nil
}

// The code of a folder's stage is that of the stage's newest run, even if nodes
// that the parameters no longer have were made with other code. Code that
// stages share is that of the newest run of any of them.
func TestDiffTakesTheNewestCodeOfAFolder(t *testing.T) {
	type run struct {
		code  sources
		nodes string
	}
	type stage struct {
		name string
		code sources
	}
	for _, c := range []struct {
		what string
		runs []run
		want []stage // oldest first
	}{
		{"nodes gone", []run{{"1", "figure/a figure/z train/a"}, {"2", "figure/b figure/c train/a"}}, []stage{{"figure", "2"}, {"train", "2"}}},
		{"an edit taken back", []run{{"1", "figure/a train/a"}, {"2", "figure/a figure/b train/a"}, {"1", "figure/a train/a"}},
			[]stage{{"figure", "1"}, {"train", "1"}}},
		{"figures newer", []run{{"1", "figure/a train/a"}, {"2", "figure/a figure/b"}}, []stage{{"train", "1"}, {"figure", "2"}}},
		{"trainings newer", []run{{"1", "figure/a train/a"}, {"2", "train/a train/b"}}, []stage{{"figure", "1"}, {"train", "2"}}},
	} {
		dir := t.TempDir()
		st, err := pipeline.OpenStore(filepath.Join(dir, "store"))
		if err != nil {
			t.Fatal(err)
		}
		write := func(_ context.Context, job *pipeline.Job) error {
			return os.WriteFile(job.Output("record.parquet"), []byte(job.Node().Name), 0o644)
		}
		for _, r := range c.runs {
			stages := map[string]*pipeline.Stage{}
			var nodes []*pipeline.Node
			for _, name := range strings.Fields(r.nodes) {
				kind, _, _ := strings.Cut(name, "/")
				if stages[kind] == nil {
					stages[kind] = &pipeline.Stage{Name: kind, Package: kind, Outputs: []string{"record.parquet"}, Run: write}
				}
				nodes = append(nodes, &pipeline.Node{Name: name, Stage: stages[kind], Params: struct{ Name string }{name}})
			}
			graph, err := pipeline.NewGraph(nodes)
			if err != nil {
				t.Fatal(err)
			}
			e := pipeline.New(pipeline.Config{Store: st, Out: dir, Code: r.code})
			plan, err := e.Plan(context.Background(), graph, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := e.Run(context.Background(), plan, pipeline.Options{}); err != nil {
				t.Fatal(err)
			}
		}
		want := lock.New()
		for _, stage := range c.want {
			ids, _ := stage.code.Identify(context.Background(), []string{stage.name})
			want.Code[stage.name] = lock.ID(ids[stage.name].ID)
			lockCode(want, ids[stage.name])
		}
		w := &workspace{Study: &study.Study{Params: &params.Params{}}}
		for range 10 {
			got, err := w.stateOfFolder(context.Background(), dir)
			if err != nil {
				t.Fatal(err)
			}
			if l := got.lock; l.Go != want.Go || !maps.Equal(l.Code, want.Code) || !maps.Equal(l.Packages, want.Packages) ||
				!maps.Equal(l.Modules, want.Modules) {
				t.Fatalf("%s: the code is %+v, want %+v", c.what, l, want)
			}
		}
	}
}

func TestFlattenTOMLKnowsTablesByName(t *testing.T) {
	first, err := flattenTOML([]byte(`
a = 0.1
list = [1, 2]
[x]
f = 1.0
[[e]]
name = "n"
condition = "c"
v = 1
[[e]]
name = "m"
vary = [{ parameter = "lr", values = [1e-3, 2] }]
`))
	if err != nil {
		t.Fatal(err)
	}
	// The same file in another order and spelling, except that one value
	// differs and one table is new.
	second, err := flattenTOML([]byte(`
list = [1, 2] # a comment
a = 1e-1
e = [ { name = "m", vary = [{ values = [0.001, 2], parameter = "lr" }] }, { condition = "c", name = "n", v = 2 }, { name = "m", v = 3 } ]
x.f = 1
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`e[m#2].name added: "m"`, "e[m#2].v added: 3", "e[n/c].v 1 → 2"}
	if got := pipeline.Changes(first, second, arrow); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := flattenTOML([]byte("a = ")); err == nil {
		t.Error("a broken file was read")
	}
}

func TestMovedNumbers(t *testing.T) {
	row := func(optimizer string, epoch int, mean float64) measures.Summary {
		return measures.Summary{Metric: "accuracy", Condition: "c", Optimizer: optimizer, Layer: "all", Epoch: epoch, Mean: mean}
	}
	before := []measures.Summary{row("SGD", 1, 0.5), row("SGD", 2, 0.6), row("Adam", 1, 0.7), row("Adam", 2, math.NaN())}
	after := []measures.Summary{row("SGD", 1, 0.5), row("SGD", 2, 0.61), row("Adam", 1, 0.3), row("Adam", 2, math.NaN()), row("Adam", 3, 1)}
	got := moved("e", before, after)
	want := numberChange{Experiment: "e", Metric: "accuracy", Moved: 2, Of: 4, New: 1, Where: "c, Adam, layer all, epoch 1",
		Before: 0.7, After: 0.3}
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := moved("e", before, before); got != nil {
		t.Errorf("equal numbers moved: %+v", got)
	}
	after[1].Mean = math.Inf(1)
	if got := moved("e", before, after); got[0].Where != "c, SGD, layer all, epoch 2" {
		t.Errorf("an infinite mean did not move most: %+v", got)
	}
}

// A lock is compared by the parameters that it was written from: a parameter
// file beside it may have another name, and may have been edited since. What is
// not known is not said to be equal.
func TestDiffFromALockFile(t *testing.T) {
	s := newSmallStudy(t)
	s.lock()
	const unknown = "parameters\n  nothing to compare\n"
	s.edit("lr = 0.001", "lr = 2e-3")
	text := s.diff(s.path("artifacts.lock"))
	for _, want := range []string{unknown, "numbers\n  nothing to compare\n", "note: the lock was written from other parameters; ",
		"note: not made yet with the present parameters: "} {
		if !strings.Contains(text, want) {
			t.Errorf("the file was edited: %q is missing in\n%s", want, text)
		}
	}
	s.edit("lr = 2e-3", "lr = 0.001")
	if text := s.diff(s.path("artifacts.lock")); strings.Count(text, "no difference") != 4 {
		t.Errorf("the edit was taken back:\n%s", text)
	}

	mine := s.path("mine.toml")
	before, err := os.ReadFile(s.path("params.toml"))
	if err == nil {
		err = os.WriteFile(mine, before, 0o644)
	}
	if err == nil {
		err = os.Rename(s.path("artifacts.lock"), s.path("mine.artifacts.lock"))
	}
	if err != nil {
		t.Fatal(err)
	}
	s.edit("lr = 0.001", "lr = 2e-3")
	text = s.diff(s.path("mine.artifacts.lock"))
	if !strings.Contains(text, "lr 0.001 → 0.002") {
		t.Errorf("the lock of mine.toml:\n%s", text)
	}
}

// The nodes of another profile have other names, so that nothing could be
// compared.
func TestDiffRefusesALockOfAnotherProfile(t *testing.T) {
	s := newSmallStudy(t)
	l := s.lock()
	l.Profile = "quick"
	if err := os.WriteFile(s.path("artifacts.quick.lock"), l.Encode(), 0o644); err != nil {
		t.Fatal(err)
	}
	err := Diff(context.Background(), s.path("artifacts.quick.lock"), s.options())
	if err == nil || !strings.HasSuffix(err.Error(), "is that of the profile quick, and not of paper: give -profile=quick") {
		t.Errorf("got %v", err)
	}
}

// What is suggested when results differ from a lock can be given as it is.
func TestDiffCommand(t *testing.T) {
	file := func(s string) *string { return &s }
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{}, "go tool mage diff artifacts.lock"},
		{Options{Profile: file("quick"), Remote: file("file:///far")}, "go tool mage diff artifacts.quick.lock -profile=quick"},
		{Options{Params: file("a b/mine.toml")}, "go tool mage diff 'a b/mine.artifacts.lock' '-params=a b/mine.toml'"},
	} {
		if got := c.o.diffCommand(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestParametersOfALock(t *testing.T) {
	for _, params := range []string{"params.toml", "mine.toml", "a.b.toml"} {
		for _, profile := range []string{"", "quick"} {
			o := Options{Params: &params, Profile: &profile}
			if got := paramsOfLock(o.lockPath()); got != params {
				t.Errorf("%s is beside %s, want %s", o.lockPath(), got, params)
			}
		}
	}
}

// Means that only one side has did not move.
func TestPrintedNumbers(t *testing.T) {
	d := difference{Before: "HEAD", NotMade: 1, Numbers: []numberChange{
		{Experiment: "e", Metric: "accuracy", New: 4, Gone: 3}, {Experiment: "e", Metric: "sparsity", Of: 2, New: 1},
	}}
	var b strings.Builder
	if err := d.print(&b, false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\n  e, accuracy: 4 new, 3 gone\n", "\n  e, sparsity: 0 of 2 means moved; 1 new, 0 gone\n",
		"not made yet with the present parameters: 1 result, "} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}
