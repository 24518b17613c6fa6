package pipeline_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sparsel/pipeline"
)

// Changes are summed up by what changed, with the nodes that run because of it.
func TestChanges(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	first := l.plan(basic()).Changes()
	if len(first) != 1 || first[0].Text != "has not run before" || first[0].Kind != pipeline.NeverRan ||
		counts(first[0]) != "fetch 1+0, train 6+0, metric 6+0, aggregate 1+0, figure 1+0" {
		t.Errorf("before the first run: %+v", first)
	}
	if _, ok := first[0].Duration(1); ok {
		t.Error("how long it takes is known, though nothing ever ran")
	}
	l.run(basic())
	if none := l.plan(basic()).Changes(); len(none) > 0 {
		t.Errorf("when all is current: %+v", none)
	}

	s := basic()
	s.Other = map[string]float64{"0.01/1": 0.02, "0.01/2": 0.02}
	e := pipeline.New(pipeline.Config{Store: l.store(), Out: l.dir, Code: l.code,
		Field: func(n *pipeline.Node, name string) string { return strings.TrimPrefix(name, "optimizer.") }})
	p, err := e.Plan(context.Background(), l.graph(s), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := p.Changes()
	if len(got) != 1 || got[0].Text != "lr 0.01 → 0.02" || counts(got[0]) != "train 2+0, metric 0+2, aggregate 0+1, figure 0+1" ||
		!slices.Equal(got[0].Roots, []string{"train/0.01/1", "train/0.01/2"}) || !slices.Equal(got[0].Groups, []string{"sweep"}) {
		t.Errorf("one rate: %+v", got)
	}
	if d, ok := got[0].Duration(2); !ok || d > time.Minute {
		t.Errorf("it takes %v, known: %v", d, ok)
	}

	why, err := e.Why(context.Background(), l.graph(s), "figure", true)
	if want := "it comes from: lr 0.01 → 0.02, at train/0.01/1, train/0.01/2\n"; err != nil || !strings.Contains(why, want) {
		t.Errorf("why: %v\n%s\nwant %q", err, why, want)
	}

	// Different values are still one change. Two changes are two, each with
	// everything that follows from it.
	s.Other["0.01/2"], s.Colour = 0.03, "red"
	got = l.plan(s).Changes()
	if len(got) != 2 || got[0].Text != "optimizer.lr (2 different)" || got[1].Text != `colour "blue" → "red"` ||
		counts(got[0]) != "train 2+0, metric 0+2, aggregate 0+1, figure 1+0" || counts(got[1]) != "figure 1+0" {
		t.Errorf("two rates and a colour: %+v", got)
	}

	// One more seed means new nodes. That the aggregate reads more is not a change
	// of its own.
	s = basic()
	s.Seeds = []int{1, 2, 3, 4}
	got = l.plan(s).Changes()
	if len(got) != 1 || got[0].Kind != pipeline.NeverRan || len(got[0].Roots) != 2 ||
		counts(got[0]) != "train 2+0, metric 0+2, aggregate 0+1, figure 0+1" {
		t.Errorf("one more seed: %+v", got)
	}
	s.Seeds = []int{1, 2}
	got = l.plan(s).Changes()
	if len(got) != 1 || got[0].Kind != pipeline.InputChanged || !strings.HasPrefix(got[0].Text, "input 0.001/3 removed") {
		t.Errorf("one seed less: %+v", got)
	}

	l.code["train"] = "2"
	got = l.plan(basic()).Changes()
	if len(got) != 1 || got[0].Text != "train changed (code)" || got[0].Kind != pipeline.CodeChanged || len(got[0].Roots) != 6 {
		t.Errorf("code: %+v", got)
	}
}

func counts(c pipeline.Change) string {
	var parts []string
	for _, n := range c.Counts {
		parts = append(parts, n.Stage+" "+string(rune('0'+n.Certain))+"+"+string(rune('0'+n.Possible)))
	}
	return strings.Join(parts, ", ")
}

// A file left behind by a figure that was removed is named. A file that
// somebody put beside it is not, nor is an edited one.
func TestOrphans(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	orphans := func() []string {
		st, err := l.engine().Status(context.Background(), l.graph(basic()), nil)
		if err != nil {
			t.Fatal(err)
		}
		return st.Orphans
	}
	dir := filepath.Join(l.dir, "figures")
	for name, text := range map[string]string{"fig-0.svg": l.figure(), "notes.txt": "mine", tempName: l.figure()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := orphans(); !slices.Equal(got, []string{"figures/fig-0.svg"}) {
		t.Errorf("orphans %q, want fig-0.svg", got)
	}
	os.Remove(filepath.Join(dir, "fig-0.svg"))
	if got := orphans(); len(got) > 0 {
		t.Errorf("orphans %q, want none", got)
	}
}

// tempName is a half-published file of some other run.
const tempName = ".publishing-20200101T000000Z-abcdef-fig-1.svg"
