package stages

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"sparsel/pipeline/store"
	"sparsel/stages/figure"
	"sparsel/stages/internal/testenv"
)

// archivedBy is the version of Go whose results the archives in docs have.
const archivedBy = "go1.26.8"

// The results in docs/figures, docs/fresh and docs/further are those of the
// present code: a figure is drawn from them without a training, with the bytes
// of the one beside them. If it fails after an edit of trainings, metrics or
// aggregates, `adopt` finds out whether they still hold, and `pack` writes them
// again.
func TestArchivedResultsAreCurrent(t *testing.T) {
	if runtime.Version() != archivedBy {
		t.Skipf("the archives were made with %s; results of %s have other ids", archivedBy, runtime.Version())
	}
	testenv.MNIST(t)
	for _, archive := range []struct{ profile, folder, figure string }{
		{"", "figures", "5.10"}, {"fresh", "fresh", "5.10"}, {"further", "further", "conv-rates"},
	} {
		t.Run(archive.folder, func(t *testing.T) {
			folder, err := filepath.Abs(filepath.Join("..", "docs", archive.folder))
			if err != nil {
				t.Fatal(err)
			}
			params, url, out := filepath.Join("..", "params.toml"), "file://"+filepath.Join(folder, "results.zip"), t.TempDir()
			t.Cleanup(func() { writable(out) })
			var text bytes.Buffer
			o := Options{Params: &params, Profile: &archive.profile, Remote: &url, Out: &out, Stdout: &text}
			if err := Figure(context.Background(), archive.figure, o); err != nil {
				t.Fatal(err)
			}
			w, err := o.open(nil)
			if err != nil {
				t.Fatal(err)
			}
			events, _, err := w.store.Journal()
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				if e.Kind == store.NodeFinish && e.Stage != figure.Kind {
					t.Errorf("%s was done again", e.Node)
				}
			}
			name := "fig-" + archive.figure + ".svg"
			got, err := os.ReadFile(filepath.Join(out, archive.profile, "figures", name))
			if err != nil {
				t.Fatal(err)
			}
			if want, err := os.ReadFile(filepath.Join(folder, name)); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s is not the one in %s: %v", name, folder, err)
			}
		})
	}
}
