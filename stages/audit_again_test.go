package stages

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sparsel/artifacts/measures"
	"sparsel/artifacts/runs"
	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

// auditWith is audit with more flags.
func (s *smallStudy) auditWith(f AuditFlags) (string, error) {
	err := Audit(context.Background(), f, s.options())
	return s.stdout.String(), err
}

// T28: the results and the lock are on another machine where nothing may be
// written. Everything except the trainings is repeated and compared, and
// nothing is trained. With the lock and nothing else, sampled trainings are
// repeated.
func TestT28AuditOnAnotherMachine(t *testing.T) {
	first := newSmallStudy(t)
	first.lock()
	s := &smallStudy{t: t, dir: filepath.Join(t.TempDir(), "another", "place")}
	if err := os.CopyFS(s.dir, os.DirFS(first.dir)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { writable(s.dir) })
	protect(t, s.path("out"))
	before := states(t, s.path("out"))

	two := 2
	text, err := s.auditWith(AuditFlags{Level: &two})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	want := "figure 5.1: bytes verified, 8 of 8 runs' metrics re-derived, 1 of 1 aggregate re-derived, 1 of 1 figure re-derived, as locked"
	if !strings.Contains(text, want) {
		t.Errorf("%q is missing in\n%s", want, text)
	}
	after := states(t, s.path("out"))
	for path, state := range after {
		if before[path] != state {
			t.Errorf("the audit touched %s", path)
		}
	}

	three, k := 3, 2
	text, err = s.auditWith(AuditFlags{Level: &three, K: &k})
	if err != nil || !strings.Contains(text, "2 of 8 trainings repeated, as locked") {
		t.Errorf("level 3: %v\n%s", err, text)
	}

	err = errors.Join(writable(s.path("out")), os.RemoveAll(s.path("out")))
	if err != nil {
		t.Fatal(err)
	}
	text, err = s.auditWith(AuditFlags{Level: &three, K: &k})
	if err != nil || !strings.Contains(text, "figure 5.1: not in this store; 2 of its 8 trainings repeated, as locked") {
		t.Errorf("level 3 from the lock alone: %v\n%s", err, text)
	}
	if _, err := os.Stat(s.path("out")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the audit made an output folder: %v", err)
	}
}

// protect removes write permission.
func protect(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return os.Chmod(path, info.Mode().Perm()&^0o222)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// forge makes the store claim that an output of a node is another file. The
// blob has the right name, the record has the right checksums and action id,
// and nothing in the journal contradicts it. Only repeating the action reveals
// the forgery.
func (s *smallStudy) forge(node, output string, change func(path, to string) error) {
	s.t.Helper()
	w, plan := s.plan()
	record, err := w.store.Record(plan.Step(node).Action)
	if err != nil {
		s.t.Fatal(err)
	}
	writer, err := w.store.NewWriter(time.Now)
	if err != nil {
		s.t.Fatal(err)
	}
	defer writer.Close()
	dir, err := writer.JobDir()
	if err != nil {
		s.t.Fatal(err)
	}
	contents := map[string]pipeline.ContentID{}
	for i, o := range record.Outputs {
		path := filepath.Join(dir, o.Name)
		if o.Name == output {
			err = change(w.store.BlobPath(o.Content), path)
		} else {
			var data []byte
			if data, err = os.ReadFile(w.store.BlobPath(o.Content)); err == nil {
				err = os.WriteFile(path, data, 0o644)
			}
		}
		if err == nil {
			record.Outputs[i].Content, record.Outputs[i].Size, err = store.HashFile(path)
		}
		if err != nil {
			s.t.Fatal(err)
		}
		contents[o.Name] = record.Outputs[i].Content
	}
	if err := writer.Commit(record, nil, func(name string) string { return filepath.Join(dir, name) }); err != nil {
		s.t.Fatal(err)
	}
	err = writer.Append(store.Event{Kind: store.NodeFinish, Node: node, Stage: record.Stage, Action: &record.Action, Outputs: contents})
	if err != nil {
		s.t.Fatal(err)
	}
}

func lieAboutEpoch2(path, to string) error {
	meta, epochs, err := runs.ReadRecord(path)
	if err != nil {
		return err
	}
	_, late := runs.EarlyAndLate(epochs)
	epochs[len(epochs)-len(late)+1].Digest[0] ^= 1
	return runs.WriteRecord(to, meta, epochs)
}

func TestAuditRepeatsTrainingsAndNamesTheEpoch(t *testing.T) {
	s := newSmallStudy(t)
	s.lock()
	node := "train/train_vs_test/baseline/Adagrad/seed=100"
	s.forge(node, "record.parquet", lieAboutEpoch2)
	text, err := s.audit(1)
	if err == nil || !strings.Contains(text, "differs "+node+" record.parquet: stored is") || strings.Contains(text, "damaged") {
		t.Fatalf("only the lock should contradict the forged store: %v\n%s", err, text)
	}
	if err := os.Remove(s.path("artifacts.lock")); err != nil {
		t.Fatal(err)
	}
	if text, err := s.audit(1); err != nil {
		t.Fatalf("nothing should contradict the forged store: %v\n%s", err, text)
	}
	three, all := 3, 8
	text, err = s.auditWith(AuditFlags{Level: &three, K: &all})
	want := "the first epoch that differs is 2: the weights after it are others"
	host, herr := os.Hostname()
	if herr != nil || strings.Count(text, "was made on "+host+" (") != 1 || strings.Count(text, "and again on "+host) != 1 {
		t.Errorf("the machines are not named:\n%s", text)
	}
	if err == nil || strings.Count(text, "differs") != 2 || !strings.Contains(text, "differs "+node+" record.parquet") ||
		!strings.Contains(text, want) {
		t.Errorf("%v\n%s", err, text)
	}
}

// Records may agree on data that are not MNIST, but the program knows MNIST's
// hashes.
func TestAuditKnowsMNIST(t *testing.T) {
	s := newSmallStudy(t)
	s.forge("fetch/mnist", "t10k-labels", func(path, to string) error {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		data[100] = (data[100] + 1) % 10
		return os.WriteFile(to, data, 0o644)
	})
	if text, err := s.audit(1); err == nil || !strings.Contains(text, "differs fetch/mnist t10k-labels: stored is") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestAuditDerivesMetricsAgain(t *testing.T) {
	s := newSmallStudy(t)
	node := "metrics/train_vs_test/baseline/SGD/seed=1"
	s.forge(node, "measures.parquet", func(path, to string) error {
		meta, rows, err := measures.ReadRun(path)
		if err != nil {
			return err
		}
		rows[0].Sparsity += 1e-12
		return measures.WriteRun(to, meta, rows)
	})
	if text, err := s.audit(1); err != nil {
		t.Fatalf("nothing should contradict the forged store: %v\n%s", err, text)
	}
	text, err := s.audit(2)
	if err == nil || !strings.Contains(text, "differs "+node+" measures.parquet: made again it has the SHA-256") ||
		!strings.Contains(err.Error(), "1 fault") {
		t.Errorf("%v\n%s", err, text)
	}
}

// What one session has proven is not repeated in the next, even if the file
// with the facts was damaged. What has changed meanwhile is checked again.
func TestAuditGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	s := newSmallStudy(t)
	state, two := filepath.Join(t.TempDir(), "proven"), 2
	flags := AuditFlags{Level: &two, State: &state}
	facts := func() (hashed, redone int) {
		text, err := os.ReadFile(state)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Count(text, []byte(`"hashed"`)), bytes.Count(text, []byte(`"redone"`))
	}
	text, err := s.auditWith(flags)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	hashed, redone := facts()
	if redone < 10 || hashed < 20 {
		t.Fatalf("%d hashed, %d redone: too few to try this on", hashed, redone)
	}
	again, err := s.auditWith(flags)
	if h, r := facts(); err != nil || again != text || h != hashed || r != redone {
		t.Errorf("the second sitting did work or says other things: %d hashed, %d redone: %v\n%s", h-hashed, r-redone, err, again)
	}
	// A changed fact and a torn line are ignored.
	content, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(content, []byte(`"redone"`))
	content[at+40] ^= 1
	if err := os.WriteFile(state, content[:len(content)-10], 0o644); err != nil {
		t.Fatal(err)
	}
	again, err = s.auditWith(flags)
	if _, r := facts(); err != nil || again != text || r < redone+1 {
		t.Errorf("a harmed fact was believed: %d redone: %v\n%s", r, err, again)
	}
	// A blob that somebody wrote to is hashed again.
	flipBit(t, s.blob("metrics/train_vs_test/baseline/SGD/seed=1", "measures.parquet"), 50)
	if again, err := s.auditWith(flags); err == nil ||
		!strings.Contains(again, "measures.parquet of metrics/train_vs_test/baseline/SGD/seed=1; its bytes have changed") {
		t.Errorf("a new flip was missed: %v\n%s", err, again)
	}
}

// When the time is up, the rest is neither proven nor a fault.
func TestAuditStopsWhenTheTimeIsUp(t *testing.T) {
	s := newSmallStudy(t)
	ctx, cancel := context.WithTimeout(context.Background(), 0)
	defer cancel()
	if err := Audit(ctx, AuditFlags{}, s.options()); err == nil ||
		!strings.Contains(err.Error(), "with -state=FILE the next session continues") {
		t.Errorf("time up while hashing: %v", err)
	}
	a, err := newAuditor(2, "", s.options())
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	if err := a.rehash(context.Background()); err != nil {
		t.Fatal(err)
	}
	redo := &repeater{auditor: a}
	if err := redo.do(ctx, "derive again", a.audit.Resolved); err != nil {
		t.Fatal(err)
	}
	err = a.conclude(ctx)
	text := s.stdout.String()
	if err != nil || !strings.Contains(text, "0 of 8 runs' metrics re-derived") || !strings.Contains(text, "it ended before everything was done") {
		t.Errorf("time up afterwards: %v\n%s", err, text)
	}
}

// The same holds if time runs out while the data of a training are fetched
// because the store lacks them.
func TestAuditStopsWhileDataAreFetched(t *testing.T) {
	s := newSmallStudy(t)
	s.lock()
	if err := errors.Join(writable(s.path("out")), os.RemoveAll(s.path("out"))); err != nil {
		t.Fatal(err)
	}
	a, err := newAuditor(3, "", s.options())
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	if err := a.rehash(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	fetched := false
	slow := *a.Dataset.Stage
	slow.Run = func(ctx context.Context, _ *pipeline.Job) error {
		fetched = true
		<-ctx.Done()
		return ctx.Err()
	}
	a.Dataset.Stage = &slow
	redo := &repeater{auditor: a}
	if err := redo.do(ctx, "train again", a.sample(2)); err != nil {
		t.Fatal(err)
	}
	err = a.conclude(ctx)
	text := s.stdout.String()
	if !fetched || err != nil || strings.Contains(text, "failed") || !strings.Contains(text, "it ended before everything was done") {
		t.Errorf("data fetched: %v, %v\n%s", fetched, err, text)
	}
}

func TestAuditRefusesWhatCannotBe(t *testing.T) {
	s := newSmallStudy(t)
	two, four, minus := 2, 4, -1
	for _, c := range []struct {
		f    AuditFlags
		want string
	}{
		{AuditFlags{Level: &four}, "audit: -level=4: must be 1 "},
		{AuditFlags{Minutes: &minus}, "audit: -minutes=-1: must not be negative"},
		{AuditFlags{K: &minus}, "audit: -k=-1: must not be negative"},
		{AuditFlags{K: &two}, "audit: -k=2: only -level=3 repeats trainings, and -level=1 does not"},
		{AuditFlags{Level: &two, K: &four}, "audit: -k=4: only -level=3 repeats trainings, and -level=2 does not"},
	} {
		if text, err := s.auditWith(c.f); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got %v, want %s\n%s", err, c.want, text)
		}
	}
	o := s.options()
	o.Jobs = new(int)
	if err := Audit(context.Background(), AuditFlags{}, o); err == nil || err.Error() != "audit: -jobs=0: must be 1 or more" {
		t.Errorf("no jobs: %v", err)
	}
	// A session that is stopped says so.
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Audit(ctx, AuditFlags{}, s.options()); !errors.Is(err, context.Canceled) {
		t.Errorf("a stopped audit: %v", err)
	}
}
