package stages

import (
	"context"
	"io"
	"path/filepath"
	"testing"
)

// The whole study, from its file to a plan, in an empty store. This is what
// `status` does on the first day, when every node is stale and gets its reason.
func BenchmarkPlan(b *testing.B) {
	b.Chdir("..")
	dir := b.TempDir()
	for b.Loop() {
		planStudy(b, dir)
	}
}

func planStudy(b *testing.B, out string) {
	out = filepath.Join(out, "out")
	o := Options{Out: &out, Stdout: io.Discard}
	w, err := o.open(nil)
	if err != nil {
		b.Fatal(err)
	}
	plan, err := w.engine.Plan(context.Background(), w.Graph, w.Targets())
	if err != nil {
		b.Fatal(err)
	}
	if err := printPlan(o, plan); err != nil {
		b.Fatal(err)
	}
}
