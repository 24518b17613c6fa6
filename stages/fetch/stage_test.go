package fetch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/pipeline"
	"sparsel/pipeline/codeid"
)

// edited is a code source whose every package has the same identity, which a
// test can change as an edit would.
type edited struct{ version byte }

func (c *edited) Identify(_ context.Context, packages []string) (map[string]codeid.Identity, error) {
	m := map[string]codeid.Identity{}
	for _, p := range packages {
		m[p] = codeid.Identity{ID: codeid.Hash{c.version}, Root: p}
	}
	return m, nil
}

// TestStage runs the node in the real engine, first from a directory, and then,
// after the directory is gone and the stage's code is edited, from the store
// alone.
func TestStage(t *testing.T) {
	dirs := data(t)
	dir := t.TempDir()
	st, err := pipeline.OpenStore(filepath.Join(dir, "store"))
	if err != nil {
		t.Fatal(err)
	}
	code := &edited{1}
	run := func(s Sources, h Hashes) (pipeline.NodeResult, error) {
		t.Helper()
		node := &pipeline.Node{Name: "fetch/mnist", Stage: NewStage(s), Params: h}
		g, err := pipeline.NewGraph([]*pipeline.Node{node})
		if err != nil {
			t.Fatal(err)
		}
		e := pipeline.New(pipeline.Config{Store: st, Out: filepath.Join(dir, "out"), Code: code})
		plan, err := e.Plan(t.Context(), g, nil)
		if err != nil {
			t.Fatal(err)
		}
		report, err := e.Run(t.Context(), plan, pipeline.Options{})
		if len(report.Results) != 1 {
			t.Fatalf("%d results, %v", len(report.Results), err)
		}
		return report.Results[0], err
	}
	check := func(r pipeline.NodeResult, err error, want pipeline.Outcome, log string) {
		t.Helper()
		if err != nil || r.Outcome != want {
			t.Fatalf("%s, %v; want %s", r.Outcome, err, want)
		}
		for _, f := range MNIST.Files() {
			if got := r.Outputs[f.Name].String(); got != f.SHA256 {
				t.Errorf("%s has content %s, want %s", f.Name, got, f.SHA256)
			}
		}
		if log == "" {
			return
		}
		text, err := os.ReadFile(r.Log)
		if n := strings.Count(string(text), log); err != nil || n != 4 {
			t.Errorf("log has %q %d times, want 4 (%v):\n%s", log, n, err, text)
		}
	}
	r, err := run(Sources{Dirs: dirs}, MNIST)
	check(r, err, pipeline.Executed, "(named by ")
	r, err = run(Sources{Mirrors: []string{"https://mnist.invalid/"}, Partial: dir}, MNIST)
	check(r, err, pipeline.Cached, "")
	code.version++
	r, err = run(Sources{}, MNIST)
	check(r, err, pipeline.Executed, ": from store")

	// Other hashes mean other work, and no source has these files.
	other := MNIST
	other.TestLabels = strings.Repeat("0", 64)
	r, err = run(Sources{Dirs: dirs}, other)
	if !errors.Is(err, pipeline.ErrFailed) || r.Outcome != pipeline.Failed || !strings.Contains(r.Error, "t10k-labels") ||
		strings.Contains(r.Error, "train-images") {
		t.Errorf("%s, %v: %s; want t10k-labels unavailable", r.Outcome, err, r.Error)
	}
	if r, err = run(Sources{}, Hashes{}); err == nil || !strings.Contains(r.Error, "is not a SHA-256") ||
		!strings.Contains(r.Error, "dimension 1 is 0") {
		t.Errorf("%v: %s; want the hashes refused", err, r.Error)
	}
	// The bytes are the same with another size. The header is compared first.
	other = MNIST
	other.Side = 14
	if r, err = run(Sources{Dirs: dirs}, other); err == nil ||
		!strings.Contains(r.Error, "its header says 60000×28×28, expected 60000×14×14") {
		t.Errorf("%v: %s; want the size refused", err, r.Error)
	}
}

func TestStageChecksOutputs(t *testing.T) {
	st := NewStage(Sources{})
	path := filepath.Join(t.TempDir(), "labels")
	full := append([]byte{0, 0, 8, 1, 0, 0, 0x27, 0x10}, make([]byte, 10000)...)
	for _, c := range []struct {
		output, want string
		content      []byte
	}{
		{"t10k-labels", "", full},
		{"t10k-labels", "has 10007 bytes, expected 10008", full[:len(full)-1]},
		{"t10k-labels", "truncated", full[:7]},
		{"train-images", "holds 10000, expected 3 dimensions", full},
		{"labels", "no output", full},
	} {
		write(t, path, c.content)
		err := st.Check(c.output, path)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s with %d bytes: %v, want %q", c.output, len(c.content), err, c.want)
		}
	}
	if err := st.Check("t10k-labels", path+".none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing output: %v", err)
	}
}
