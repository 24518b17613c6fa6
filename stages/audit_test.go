package stages

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sparsel/pipeline"
	"sparsel/stages/internal/testenv"
)

// small is a finished small study that the tests copy, because making it takes
// some seconds.
var small struct {
	once sync.Once
	dir  string
	err  error
}

// A smallStudy is a copy of small with parameters, data and results in folders
// of its own, which a test may damage.
type smallStudy struct {
	t      *testing.T
	dir    string
	stdout bytes.Buffer
}

func newSmallStudy(t *testing.T) *smallStudy {
	t.Helper()
	data := testenv.MNIST(t)
	small.once.Do(func() {
		small.dir, small.err = os.MkdirTemp("", "sparsel-small-")
		if small.err == nil {
			small.err = makeSmall(data, small.dir)
		}
	})
	if small.err != nil {
		t.Fatal(small.err)
	}
	s := &smallStudy{t: t, dir: t.TempDir()}
	if err := os.CopyFS(s.dir, os.DirFS(small.dir)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { writable(s.dir) })
	return s
}

func makeSmall(data, dir string) error {
	text, err := os.ReadFile(filepath.Join("testdata", "study.toml"))
	for _, edit := range [][2]string{
		{"seeds = [1, 100, 1234]", "seeds = [1, 100]\ntrain_images = 500\ntest_images = 200"}, {"epochs = 30", "epochs = 2"},
		{"hidden = [256]", "hidden = [16]"},
	} {
		if !bytes.Contains(text, []byte(edit[0])) {
			return fmt.Errorf("the study of the tests has no %q", edit[0])
		}
		text = bytes.Replace(text, []byte(edit[0]), []byte(edit[1]), 1)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "params.toml"), text, 0o644)
	}
	if err == nil {
		err = os.CopyFS(filepath.Join(dir, "data"), os.DirFS(data))
	}
	s := &smallStudy{dir: dir}
	return errors.Join(err, All(context.Background(), s.options()))
}

func (s *smallStudy) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

func (s *smallStudy) options() Options {
	params, out, data, jobs := s.path("params.toml"), s.path("out"), s.path("data"), 2
	s.stdout.Reset()
	o := Options{Params: &params, Out: &out, Data: &data, Jobs: &jobs, Stdout: &s.stdout}
	if _, err := os.Stat(data); err != nil { // see withoutData
		o.Data = nil
	}
	return o
}

// withoutData removes the study's copy of MNIST, so that commands do not read
// it each time. They are no longer told where it is.
func (s *smallStudy) withoutData() error { return os.RemoveAll(s.path("data")) }

// audit returns what Audit printed.
func (s *smallStudy) audit(level int) (string, error) {
	err := Audit(context.Background(), AuditFlags{Level: &level}, s.options())
	return s.stdout.String(), err
}

func (s *smallStudy) auditFile(path string) (string, error) {
	err := AuditFile(context.Background(), path, s.options())
	return s.stdout.String(), err
}

// plan opens the study and plans all of it.
func (s *smallStudy) plan() (*workspace, *pipeline.Plan) {
	s.t.Helper()
	return s.planOf(s.options())
}

// planOf is plan for other options, such as those of a profile.
func (s *smallStudy) planOf(o Options) (*workspace, *pipeline.Plan) {
	s.t.Helper()
	w, err := o.open(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	plan, err := w.engine.Plan(context.Background(), w.Graph, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return w, plan
}

// blob returns the path of a node's output in the store.
func (s *smallStudy) blob(node, output string) string {
	s.t.Helper()
	w, plan := s.plan()
	for _, o := range plan.Step(node).Outputs {
		if o.Name == output {
			return w.store.BlobPath(o.Content)
		}
	}
	s.t.Fatalf("%s is %s and has no %s", node, plan.Step(node).State, output)
	return ""
}

// relative returns the path as the audit prints it.
func (s *smallStudy) relative(path string) string {
	s.t.Helper()
	r, err := filepath.Rel(s.path("out"), path)
	if err != nil {
		s.t.Fatal(err)
	}
	return filepath.ToSlash(r)
}

// flipBit flips one bit and keeps size, mode and modification time.
func flipBit(t *testing.T, path string, at int) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[at] ^= 4
	err = errors.Join(os.Chmod(path, 0o644), os.WriteFile(path, text, 0o644), os.Chmod(path, info.Mode()),
		os.Chtimes(path, info.ModTime(), info.ModTime()))
	if err != nil {
		t.Fatal(err)
	}
}

// states lists every file below a folder with properties that change if
// somebody writes to it.
func states(t *testing.T, dir string) map[string]string {
	t.Helper()
	m := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		m[path] = info.ModTime().String() + info.Mode().String()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAuditOfSoundStudy(t *testing.T) {
	s := newSmallStudy(t)
	before := states(t, s.path("out"))
	text, err := s.audit(1)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, want := range []string{"0 faults", "figure 5.1: bytes verified", "tables baseline, conditions, epochs, findings: bytes verified"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	after := states(t, s.path("out"))
	for path, state := range after {
		if before[path] != state {
			t.Errorf("the audit touched %s", path)
		}
	}
	if len(before) != len(after) {
		t.Errorf("%d files before the audit, %d after", len(before), len(after))
	}
}

// T6: one bit is flipped in each of the raw data, as found and as stored, the
// activations, metrics, a figure, the journal and the lock. Sizes and times
// stay the same. One audit names all of them.
func TestT06AuditNamesEveryFlippedBit(t *testing.T) {
	s := newSmallStudy(t)
	s.lock()
	run := "train_vs_test/baseline/Adam/seed=100"
	harmed := []string{
		s.path("data/train-images-idx3-ubyte.gz"),
		s.blob("fetch/mnist", "t10k-images"),
		s.blob("train/"+run, "activations.parquet"),
		s.blob("metrics/"+run, "measures.parquet"),
		s.path("out/figures/fig-5.1.png"),
		s.path("out/store/journal.jsonl"),
		s.path("artifacts.lock"),
	}
	for _, path := range harmed {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		flipBit(t, path, int(info.Size()/2))
	}
	text, err := s.audit(1)
	if err == nil || !strings.Contains(err.Error(), "7 faults") {
		t.Errorf("error %v, want one that counts 7 faults", err)
	}
	for _, path := range harmed {
		name := path
		switch {
		case strings.HasPrefix(path, s.path("out")):
			name = s.relative(path)
		case filepath.Base(path) == "artifacts.lock":
			name = "artifacts.lock"
		}
		if !strings.Contains(text, "damaged "+name) {
			t.Errorf("%s is not named in\n%s", name, text)
		}
	}
	if !strings.Contains(text, "is activations.parquet of train/"+run) || !strings.Contains(text, "figure 5.1: NOT PROVEN") {
		t.Errorf("the audit does not say what is hit:\n%s", text)
	}
}

// The flipped bit may be in a record, a manifest, the format file or the hash
// cache.
func TestAuditNamesFlipsInEveryKindOfFile(t *testing.T) {
	s := newSmallStudy(t)
	if err := s.withoutData(); err != nil { // not tested here, and 55 MB to read each time
		t.Fatal(err)
	}
	seen := map[string]bool{}
	err := filepath.WalkDir(s.path("out/store"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		kind, _, _ := strings.Cut(s.relative(path)[len("store/"):], "/")
		if seen[kind] || kind == "logs" || kind == "gc.lock" || strings.HasSuffix(path, "modules") {
			return nil
		}
		seen[kind] = true
		info, err := d.Info()
		if err != nil {
			return err
		}
		for _, at := range []int{0, int(info.Size() / 3), int(info.Size() - 1)} {
			flipBit(t, path, at)
			text, err := s.audit(1)
			if err == nil || !strings.Contains(text+err.Error(), filepath.Base(path)) && kind != "format" {
				t.Errorf("byte %d of %s: %v\n%s", at, s.relative(path), err, text)
			}
			flipBit(t, path, at)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"blobs", "actions", "manifests", "journal.jsonl", "format", "cache"} {
		if !seen[kind] {
			t.Errorf("the store has no %s to harm", kind)
		}
	}
}

// The audit checks what every profile has published, and the reports.
func TestAuditLooksAtEveryProfile(t *testing.T) {
	s := newSmallStudy(t)
	text, err := os.ReadFile(s.path("params.toml"))
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, `
[profiles.tiny]
data = "mnist"
train_images = 200
test_images = 100
seeds = [1]
epochs = 1
grid_points = 2
seeding = "paired"
`...)
	if err := os.WriteFile(s.path("params.toml"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := All(context.Background(), s.options().withProfile("tiny")); err != nil {
		t.Fatal(err)
	}
	if text, err := s.audit(1); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	harmed := []string{"out/tiny/figures/fig-5.1.svg", "out/report.html", "out/tiny/report.html"}
	for _, name := range harmed {
		info, err := os.Stat(s.path(name))
		if err != nil {
			t.Fatal(err)
		}
		flipBit(t, s.path(name), int(info.Size()/2))
	}
	found, err := s.audit(1)
	if err == nil || !strings.Contains(err.Error(), "3 faults") {
		t.Errorf("%v", err)
	}
	for _, name := range harmed {
		if !strings.Contains(found, "damaged "+s.relative(s.path(name))) {
			t.Errorf("%s is not named in\n%s", name, found)
		}
	}
}

func TestAuditNamesMissingAndExtraFiles(t *testing.T) {
	s := newSmallStudy(t)
	blob := s.blob("train/train_vs_test/baseline/SGD/seed=1", "record.parquet")
	id, err := pipelineContent(blob)
	if err != nil {
		t.Fatal(err)
	}
	stray := s.path("out/figures/fig-9.9.png")
	foreign := s.path("out/store/blobs/notes.txt")
	err = errors.Join(os.Remove(blob), os.Remove(s.path("out/figures/fig-5.1.pdf")),
		os.WriteFile(stray, []byte("not ours"), 0o644), os.WriteFile(foreign, []byte("not ours"), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	text, err := s.audit(1)
	if err == nil {
		t.Error("no error")
	}
	for _, want := range []string{"missing store/blobs/" + id.String()[:2] + "/" + id.String(), "missing figures/fig-5.1.pdf",
		"extra figures/fig-9.9.png", "extra store/blobs/notes.txt", "4 faults"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func pipelineContent(blob string) (pipeline.ContentID, error) {
	var id pipeline.ContentID
	return id, id.UnmarshalText([]byte(filepath.Base(blob)))
}

func hexSum(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }

// writable makes folders writable again, because they can't be emptied
// otherwise.
func writable(root string) error {
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Chmod(path, 0o755)
		}
		return nil
	})
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
