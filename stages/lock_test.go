package stages

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"sparsel/stages/lock"
)

// lock writes the study's lock and reads it.
func (s *smallStudy) lock() *lock.Lock {
	s.t.Helper()
	if err := Lock(context.Background(), s.options()); err != nil {
		s.t.Fatal(err)
	}
	l, err := s.options().readLock()
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

// edit replaces text in the study's parameters.
func (s *smallStudy) edit(before, after string) {
	s.t.Helper()
	text, err := os.ReadFile(s.path("params.toml"))
	if err != nil || !bytes.Contains(text, []byte(before)) {
		s.t.Fatalf("no %q in the parameters: %v", before, err)
	}
	if err := os.WriteFile(s.path("params.toml"), bytes.Replace(text, []byte(before), []byte(after), 1), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *smallStudy) all() {
	s.t.Helper()
	if err := All(context.Background(), s.options()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *smallStudy) status() (string, error) {
	err := Status(context.Background(), s.options())
	return s.stdout.String(), err
}

func TestLockHoldsACompleteRun(t *testing.T) {
	s := newSmallStudy(t)
	l := s.lock()
	for _, o := range []lock.Output{
		{Node: "figure/5.1", Name: "figure.png"}, {Node: "table/epochs", Name: "tidy.csv"},
		{Node: "aggregate/train_vs_test", Name: "summaries.parquet"},
		{Node: "train/train_vs_test/baseline/SGD/seed=1", Name: "record.parquet"}, {Node: "fetch/mnist", Name: "train-images"},
	} {
		if _, ok := l.Outputs[o]; !ok {
			t.Errorf("%v is not in the lock", o)
		}
	}
	png, err := os.ReadFile(s.path("out/" + l.Outputs[lock.Output{Node: "figure/5.1", Name: "figure.png"}].Path))
	if err != nil || len(png) == 0 {
		t.Errorf("the figure is not where the lock says: %v", err)
	}
	if l.Code["train"] == (lock.ID{}) || l.Packages["sparsel/trainer"] == (lock.ID{}) || l.Modules["gonum.org/v1/gonum"] == "" ||
		l.Seconds < 1 {
		t.Errorf("the lock says too little: %+v", l)
	}
	first, _ := os.ReadFile(s.path("artifacts.lock"))
	s.lock()
	if again, _ := os.ReadFile(s.path("artifacts.lock")); !bytes.Equal(first, again) {
		t.Error("two locks of one run differ")
	}
	if text, err := s.status(); err != nil || strings.Contains(text, "artifacts.lock") {
		t.Errorf("status of a locked run: %v\n%s", err, text)
	}
}

func TestLockRefusesWhatIsNotCurrent(t *testing.T) {
	s := newSmallStudy(t)
	record := s.blob("train/train_vs_test/baseline/SGD/seed=1", "record.parquet")
	flipBit(t, record, 64)
	if err := Lock(context.Background(), s.options()); err == nil || !strings.Contains(err.Error(), "not current") {
		t.Errorf("a damaged record was locked: %v", err)
	}
	flipBit(t, record, 64)
	s.edit(`"#d55e00"`, `"#d55e01"`)
	if err := Lock(context.Background(), s.options()); err == nil || err.Error() != "lock: 1 of 28 nodes is not current; `"+s.options().command("all")+"` brings everything up to date" {
		t.Errorf("a stale figure was locked: %v", err)
	}
	s.edit(`"#d55e01"`, `"#d55e00"`)
	if err := os.Remove(s.path("out/tables/epochs.csv")); err != nil {
		t.Fatal(err)
	}
	if err := Lock(context.Background(), s.options()); err == nil || !strings.HasPrefix(err.Error(), "lock: 1 published file is missing or changed; ") {
		t.Errorf("a missing table was locked: %v", err)
	}
	if _, err := os.Stat(s.path("artifacts.lock")); err == nil {
		t.Error("a refused lock was written")
	}
}

func TestStatusSaysWhereResultsDifferFromTheLock(t *testing.T) {
	s := newSmallStudy(t)
	s.lock()
	s.edit(`"#d55e00"`, `"#d55e01"`)
	s.all()
	text, err := s.status()
	if err != nil || !strings.Contains(text, "artifacts.lock in figure/5.1, and so do the parameters;") {
		t.Errorf("%v\n%s", err, text)
	}
	flipBit(t, s.path("artifacts.lock"), 40)
	if text, err := s.status(); err != nil || !strings.Contains(text, "artifacts.lock: line ") ||
		!strings.Contains(text, "; restore it from version control, or move it away and write it again with `go tool mage lock ") {
		t.Errorf("with a damaged lock: %v\n%s", err, text)
	}
}

// A lock of other parameters may differ: an audit says so and finds no fault.
func TestAuditBesideALockOfOtherParameters(t *testing.T) {
	s := newSmallStudy(t)
	s.lock()
	s.edit("lr = 0.001", "lr = 0.002") // Adam's
	s.all()
	text, err := s.audit(1)
	const note = "artifacts.lock was written from other parameters, and says something else of "
	if err != nil || !strings.Contains(text, note) || strings.Contains(text, "NOT AS LOCKED") {
		t.Errorf("%v\n%s", err, text)
	}
	three, k := 3, 100
	text, err = s.auditWith(AuditFlags{Level: &three, K: &k})
	if err != nil || !strings.Contains(text, "not as locked, from other parameters") {
		t.Errorf("trainings repeated: %v\n%s", err, text)
	}
	s.edit("lr = 0.002", "lr = 0.001")
	s.all()
	if text, err := s.audit(1); err != nil || strings.Contains(text, "other parameters") {
		t.Errorf("the parameters that the lock is of: %v\n%s", err, text)
	}
}
