package stages

import (
	"context"
	"io"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// The whole study, from its file to a plan, in an empty store: what `status` does on the first day, when every
// node is stale and gets its reason.
func BenchmarkPlan(b *testing.B) {
	b.Chdir("..")
	dir := b.TempDir()
	for b.Loop() {
		planStudy(b, dir)
	}
}

// T31: the study's plan takes less than 0.3 s on two cores, that is 0.6 s of processor time; a busy machine does
// not change it as it changes the wall's.
func TestT31PlanOfTheStudy(t *testing.T) {
	t.Chdir("..")
	out := t.TempDir()
	planStudy(t, out) // asks the go command for modules, and keeps the answer
	start := processorTime(t)
	nodes := planStudy(t, out)
	spent := processorTime(t) - start
	t.Logf("plan of %d nodes: %v of processor time", nodes, spent)
	if limit := 600 * time.Millisecond; spent > limit {
		t.Errorf("the plan of %d nodes took %v of processor time, want less than %v", nodes, spent, limit)
	}
}

func planStudy(t testing.TB, out string) (nodes int) {
	out = filepath.Join(out, "out")
	o := Options{Out: &out, Stdout: io.Discard}
	w, err := o.open(nil)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := w.engine.Plan(context.Background(), w.graph, w.targets())
	if err != nil {
		t.Fatal(err)
	}
	if err := printPlan(o, plan); err != nil {
		t.Fatal(err)
	}
	return len(plan.Steps)
}

func processorTime(t *testing.T) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
