package stages

import (
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsel/artifacts/measures"
	"sparsel/pipeline"
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
	for what, text := range map[string]string{"revision": s.diff("HEAD"), "lock file": s.diff(s.path("artifacts.lock")), "folder": s.diff(folder)} {
		for _, want := range []string{"figure/5.1 differs: figure.csv", "6 same, 2 differ, 0 new, 0 gone", "train_vs_test, accuracy: ", "Adam, layer all, epoch ", "table/epochs differs: tidy.csv"} {
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
	// The same in another order and spelling; one value is another, one table is new.
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
	want := numberChange{Experiment: "e", Metric: "accuracy", Moved: 2, Of: 4, New: 1, Where: "c, Adam, layer all, epoch 1", Before: 0.7, After: 0.3}
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
