package pipeline_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

// harmless is another version of a stage's code that gives the same bytes.
const harmless = " (same results)"

var trainings = []string{"train/0.001/1", "train/0.001/2", "train/0.001/3", "train/0.01/1", "train/0.01/2", "train/0.01/3"}

// repeat does the named nodes with the present code, and nothing else.
func (l *lab) repeat(s settings, nodes ...string) {
	l.t.Helper()
	e := l.engine()
	p, err := e.Plan(context.Background(), l.graph(s), nodes)
	if err == nil {
		_, err = e.Run(context.Background(), p, pipeline.Options{})
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) adopt(s settings, witness string, nodes ...string) (adopted, left []string, err error) {
	return l.engine().Adopt(context.Background(), l.graph(s), nodes, []pipeline.Witness{{Node: witness}}, "adopt")
}

// adoptedLab returns a lab whose trainings were done by one code and adopted
// for another, except for the first, which was repeated.
func adoptedLab(t *testing.T) *lab {
	l := newLab(t)
	l.run(basic())
	l.code["train"] = harmless
	l.repeat(basic(), trainings[0])
	adopted, left, err := l.adopt(basic(), trainings[0], trainings[1:]...)
	if err != nil || !slices.Equal(adopted, trainings[1:]) || left != nil {
		t.Fatalf("adopted %q, left %q: %v", adopted, left, err)
	}
	l.executions(store.NodeFinish)
	return l
}

func (l *lab) resolved(s settings, node string) *pipeline.Resolved {
	l.t.Helper()
	for _, r := range l.audit(s).Resolved {
		if r.Node.Name == node {
			return r
		}
	}
	l.t.Fatalf("no node %s", node)
	return nil
}

func TestAdopted(t *testing.T) {
	t.Parallel()
	l := adoptedLab(t)
	l.want("after adopting", l.run(basic()))
	a := l.audit(basic())
	for _, f := range a.Faults {
		t.Errorf("%s", f)
	}
	if text := strings.Join(a.Notes, "\n"); !strings.Contains(text, "5 results were adopted") {
		t.Errorf("notes: %s", text)
	}
	was := l.resolved(basic(), trainings[0]).Other()
	m := l.resolved(basic(), trainings[4]).Made
	want := pipeline.Evidence{Node: trainings[0], Action: l.resolved(basic(), trainings[0]).Action, From: was.Action}
	if m.Adopted == nil || m.Adopted.Code != was.Code || !slices.Equal(m.Adopted.Evidence, []pipeline.Evidence{want}) || m.Adopted.Go == "" {
		t.Errorf("adopted as %+v, want evidence %+v", m.Adopted, want)
	}
	text, err := l.engine().Why(context.Background(), l.graph(basic()), trainings[4], false)
	if err != nil || !strings.Contains(text, "adopted, not made by this code: action "+m.Adopted.From.String()) ||
		!strings.Contains(text, "  "+trainings[0]+", action") {
		t.Errorf("why: %v\n%s", err, text)
	}
	status, err := l.engine().Status(context.Background(), l.graph(basic()), nil)
	if err != nil || !status.Current || status.Counts.Adopted != 5 {
		t.Errorf("status: %v, %+v", err, status.Counts)
	}
}

// A collection keeps what an adoption relies on, and removes it with the last
// adopted result.
func TestAdoptedKeepsItsEvidence(t *testing.T) {
	t.Parallel()
	l := adoptedLab(t)
	l.run(basic())
	roots := func(s settings) pipeline.Roots { return pipeline.Roots{Graphs: []*pipeline.Graph{l.graph(s)}} }
	c, err := l.engine().Collect(context.Background(), roots(basic()))
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range c.Garbage {
		if strings.Contains(g.What, trainings[0]) || strings.Contains(g.What, trainings[4]) {
			t.Errorf("collected %s", g.What)
		}
	}
	l.sound("after a collection", basic())
	// The repeated training is no longer needed, but it is still evidence.
	s := basic()
	s.Seeds = []int{2, 3}
	l.run(s)
	if _, err := l.engine().Collect(context.Background(), roots(s)); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(l.audit(s).Notes, "\n")
	if strings.Contains(text, "no longer there") || !strings.Contains(text, "4 results were adopted") {
		t.Errorf("notes: %s", text)
	}
}

// Another machine that takes an adopted result from a second level takes the
// list of the code that made it as well, and a collection there keeps it.
func TestAdoptedElsewhere(t *testing.T) {
	levels(t, func(t *testing.T, url string) {
		first := adoptedLab(t)
		first.far = url
		first.run(basic())
		first.now = func() time.Time { return time.Now().Add(20 * 24 * time.Hour) }
		roots := pipeline.Roots{Graphs: []*pipeline.Graph{first.graph(basic())}}
		if _, err := first.engine().CollectFar(context.Background(), roots, pipeline.Grace); err != nil {
			t.Fatal(err)
		}
		second := first.beside(t)
		second.code["train"] = harmless
		second.want("another machine", second.run(basic()))
		second.sound("another machine", basic())
		if text := strings.Join(second.audit(basic()).Notes, "\n"); !strings.Contains(text, "5 results were adopted") {
			t.Errorf("notes: %s", text)
		}
		// It packs what it was given.
		third := newLab(t)
		third.code["train"] = harmless
		third.far = "file://" + filepath.Join(t.TempDir(), "results.zip")
		second.packTo(strings.TrimPrefix(third.far, "file://"), basic())
		third.want("from an archive", third.run(basic()))
		third.sound("from an archive", basic())
	})
}

// packTo writes all results to an archive.
func (l *lab) packTo(archive string, s settings) {
	l.t.Helper()
	file, err := os.Create(archive)
	if err != nil {
		l.t.Fatal(err)
	}
	_, err = l.engine().Pack(context.Background(), l.plan(s), file, func(*pipeline.Node) bool { return false })
	if err := errors.Join(err, file.Close()); err != nil {
		l.t.Fatal(err)
	}
}

// Adopted results are not evidence: what a third code adopts is compared with
// what the first code produced.
func TestAdoptedTwice(t *testing.T) {
	t.Parallel()
	l := adoptedLab(t)
	first := l.resolved(basic(), trainings[3]).Made.Adopted.Code
	l.code["train"] = harmless + harmless
	if _, _, err := l.adopt(basic(), trainings[3], trainings[4]); err == nil {
		t.Fatal("an adopted result was taken for evidence")
	}
	// derive removes one suffix, so that this code gives other bytes.
	l.repeat(basic(), trainings[3])
	if _, _, err := l.adopt(basic(), trainings[3], trainings[4]); err == nil || !strings.Contains(err.Error(), "evidence against it") {
		t.Fatalf("other bytes: %v", err)
	}
	l.code["train"] = "" // and back
	if m := l.resolved(basic(), trainings[4]).Made; m.Adopted != nil || m.Code != first {
		t.Errorf("the first code's own result is not found: %+v", m)
	}
}

func TestAdoptRefuses(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	l.code["train"] = "2"
	_, _, err := l.adopt(basic(), trainings[0], trainings[1])
	if err == nil || !strings.Contains(err.Error(), "the present code has not made it") {
		t.Errorf("nothing was repeated: %v", err)
	}
	l.repeat(basic(), trainings[0])
	if _, _, err := l.adopt(basic(), trainings[0], trainings[1]); err == nil || !strings.Contains(err.Error(), "gave other bytes") {
		t.Errorf("other bytes: %v", err)
	}
	l.executions(store.NodeFinish)
	// Nothing is adopted on the evidence of nodes that agree if one does not.
	l = newLab(t)
	l.run(basic())
	l.code["train"] = harmless
	l.repeat(basic(), trainings[0])
	l.gate = func(_ context.Context, node string) error {
		if node == trainings[1] {
			l.code["train"] = "2"
		}
		return nil
	}
	e, g := l.engine(), l.graph(basic())
	p, err := e.Plan(context.Background(), g, []string{trainings[1]})
	if err == nil {
		_, err = e.Run(context.Background(), p, pipeline.Options{})
	}
	if err != nil {
		t.Fatal(err)
	}
	l.code["train"] = harmless
	_, _, err = l.adopt(basic(), trainings[0], trainings[2])
	if err == nil || !strings.Contains(err.Error(), trainings[1]+" is evidence against it") {
		t.Errorf("one differs: %v", err)
	}
	for _, node := range trainings[1:] {
		if m := l.resolved(basic(), node).Made; m.Adopted != nil {
			t.Errorf("%s was adopted", node)
		}
	}
}

// Damaged results are not adopted, nor are results that the present code failed
// to produce.
func TestAdoptLeaves(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	edit(t, l.blob(basic(), trainings[2], "record"), []byte("harmed"))
	l.code["train"] = harmless
	l.repeat(basic(), trainings[0])
	l.fail[trainings[3]] = errPlanned
	e := l.engine()
	if p, err := e.Plan(context.Background(), l.graph(basic()), []string{trainings[3]}); err != nil {
		t.Fatal(err)
	} else if _, err := e.Run(context.Background(), p, pipeline.Options{}); err == nil {
		t.Fatal("it did not fail")
	}
	adopted, left, err := l.adopt(basic(), trainings[0], trainings[1:]...)
	text := strings.Join(left, "\n")
	if err != nil || len(adopted) != 3 || len(left) != 2 || !strings.Contains(text, trainings[2]+": output record: content") ||
		!strings.Contains(text, trainings[3]+": the present code failed to make it") {
		t.Errorf("adopted %q, left %q: %v", adopted, left, err)
	}
	l.fail = map[string]error{}
	l.executions(store.NodeFinish)
	l.want("what was left", l.run(basic()), trainings[2], trainings[3])
}

// A raised contract says that results have changed, whatever the bytes say.
func TestAdoptHonoursContracts(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	g := l.graph(basic())
	g.Node(trainings[0]).Stage.Contract = "2"
	e := l.engine()
	p, _, err := pipeline.ReadProvenance(context.Background(), l.store())
	if err != nil {
		t.Fatal(err)
	}
	list, err := e.Resolve(context.Background(), g, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if r.Node.Name == trainings[0] && (len(r.Others) != 1 || r.Other() != nil) {
			t.Errorf("others %v, comparable %v", r.Others, r.Other())
		}
	}
}

// Records that an adoption relies on may be lost, lie or come to contradict it.
func TestAdoptedEvidenceIsHarmed(t *testing.T) {
	t.Parallel()
	l := adoptedLab(t)
	l.run(basic())
	evidence := l.resolved(basic(), trainings[0])
	path := l.store().RecordPath(evidence.Other().Action)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	a := l.audit(basic())
	if text := strings.Join(a.Notes, "\n"); !strings.Contains(text, "of the evidence for 5 of them, 1 record is no longer there") {
		t.Errorf("lost evidence: %s", text)
	}
	if len(a.Faults) != 1 || a.Faults[0].Kind != store.Missing { // the journal misses it, too
		t.Errorf("lost evidence: %v", a.Faults)
	}
	l.want("evidence lost", l.run(basic()))

	// A record claims more than happened.
	for what, lie := range map[string][2]string{
		"no evidence": {`"evidence":[`, `"evidence":[],"was":[`},
		"other code":  {`"evidence":[{"node":"train/0.001/1","action":"`, `"evidence":[{"node":"x","action":"SELF","was":"`},
		"not said":    {`"adopted":{`, `"adapted":{`},
	} {
		l := adoptedLab(t)
		l.run(basic())
		r := l.resolved(basic(), trainings[4])
		lie[1] = strings.ReplaceAll(lie[1], "SELF", r.Action.String())
		reseal(t, l.store().RecordPath(r.Action), lie[0], lie[1])
		a := l.audit(basic())
		if !slices.ContainsFunc(a.Faults, func(f store.Fault) bool { return strings.HasSuffix(f.Path, r.Action.String()) }) {
			t.Errorf("%s: %v", what, a.Faults)
		}
	}
}

// Evidence that is lost and comes out with other bytes when it is made again
// refutes the adoptions: an audit says so, and a paranoid run makes the
// results.
func TestAdoptionRefuted(t *testing.T) {
	t.Parallel()
	l := adoptedLab(t)
	l.run(basic())
	os.Remove(l.blob(basic(), trainings[0], "record"))
	e := l.engine()
	p, err := e.Plan(context.Background(), l.graph(basic()), []string{trainings[0]})
	if err != nil {
		t.Fatal(err)
	}
	l.code["train"] = "2" // the engine knows the identity by now
	if _, err := e.Run(context.Background(), p, pipeline.Options{}); err == nil {
		t.Fatal("a conflict went unnoticed")
	}
	l.code["train"] = harmless
	faults := 0
	for _, f := range l.audit(basic()).Faults {
		if strings.Contains(f.What, "evidence for adopting it, gave different bytes twice") {
			faults++
		}
	}
	if faults != 5 {
		t.Errorf("%d adoptions are refuted, want 5", faults)
	}
	l.executions(store.NodeFinish)
	e = pipeline.New(pipeline.Config{Store: l.store(), Out: l.dir, Code: l.code, Paranoid: true})
	if p, err = e.Plan(context.Background(), l.graph(basic()), trainings[1:]); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(context.Background(), p, pipeline.Options{}); err != nil {
		t.Fatal(err)
	}
	l.want("refuted", l.executions(store.NodeFinish), trainings[1:]...)
}
