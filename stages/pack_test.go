package stages

import (
	"archive/zip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func (s *smallStudy) pack(archive string) (string, error) {
	s.stdout.Reset()
	err := Pack(context.Background(), archive, s.options())
	return s.stdout.String(), err
}

// An archive without images, activations and weights is enough to publish the
// same bytes on another machine, which trains nothing.
func TestPack(t *testing.T) {
	first := newSmallStudy(t)
	archive := filepath.Join(t.TempDir(), "results.zip")
	if text, err := first.pack(archive); err != nil || !strings.Contains(text, " results, ") || strings.Contains(text, ";") {
		t.Fatalf("%v\n%s", err, text)
	}
	z, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	total := uint64(0)
	for _, f := range z.File {
		total += f.UncompressedSize64
	}
	if all := uint64(first.size()); total*4 > all {
		t.Errorf("the archive holds %d bytes of %d", total, all)
	}

	second := first.secondMachine()
	t.Setenv(remoteVariable, "file://"+archive)
	if n := second.executed(); n != 0 {
		t.Errorf("the second machine executed %d nodes", n)
	}
	second.same(first)
	t.Setenv(remoteVariable, "")
	if text, err := second.status(); err != nil {
		t.Errorf("without the archive: %v\n%s", err, text)
	}
	// What was never made there can be packed again, from its record. Whoever
	// does so is told what the second archive lacks: the metrics of 8 runs and 4
	// files of the aggregate, whose fifth is also the table of all epochs.
	again := filepath.Join(t.TempDir(), "again.zip")
	const lacking = "; lacking: 12 files that this store knows and does not have; "
	if text, err := second.pack(again); err != nil || strings.Contains(text, "left out") || !strings.Contains(text, lacking) {
		t.Errorf("from the second machine: %v\n%s", err, text)
	}
}

// Whoever has the archive and the images can repeat what it says: a training,
// and metrics of activations that must be made first.
func TestPackedResultsAreRepeated(t *testing.T) {
	first := newSmallStudy(t)
	archive := filepath.Join(t.TempDir(), "results.zip")
	if text, err := first.pack(archive); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	second := first.secondMachine()
	t.Setenv(remoteVariable, "file://"+archive)
	if n := second.executed(); n != 0 {
		t.Errorf("the second machine executed %d nodes", n)
	}
	t.Setenv(remoteVariable, "")
	if err := os.CopyFS(second.path("data"), os.DirFS(first.path("data"))); err != nil {
		t.Fatal(err)
	}
	const run = "train_vs_test/baseline/Adam/seed=100"
	err := Force(context.Background(), "metrics/"+run+",train/"+run, second.options())
	text := second.stdout.String()
	if err != nil || !strings.Contains(text, "metrics/"+run+" measures.parquet: the same ") ||
		!strings.Contains(text, "train/"+run+" activations.parquet: the same ") {
		t.Errorf("force: %v\n%s", err, text)
	}
	level, k := 3, 2
	err = Audit(context.Background(), AuditFlags{Level: &level, K: &k}, second.options())
	if text := second.stdout.String(); err != nil || !strings.Contains(text, "2 of 8 trainings repeated") {
		t.Errorf("audit: %v\n%s", err, text)
	}
	// A result that is not there is not said to be locked where there is no lock.
	third := first.secondMachine()
	t.Setenv(remoteVariable, "file://"+archive)
	w, err := third.options().open(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.build(context.Background(), "aggregate/train_vs_test", []string{"aggregate/train_vs_test"}); err != nil {
		t.Fatal(err)
	}
	t.Setenv(remoteVariable, "")
	if err := os.CopyFS(third.path("data"), os.DirFS(first.path("data"))); err != nil {
		t.Fatal(err)
	}
	err = Audit(context.Background(), AuditFlags{Level: &level, K: &k}, third.options())
	if text := third.stdout.String(); err != nil || !strings.Contains(text, "not in this store; 2 of its 8 trainings repeated, as recorded") ||
		strings.Contains(text, "as locked") {
		t.Errorf("audit without figures: %v\n%s", err, text)
	}
}

// A few trainings of a study that has made no others are drawn from those that
// were made.
func TestAuditRepeatsWhatWasMade(t *testing.T) {
	s := newSmallStudy(t)
	second := &smallStudy{t: t, dir: t.TempDir()}
	for _, err := range []error{
		os.CopyFS(second.dir, os.DirFS(s.dir)), writable(second.path("out")), os.RemoveAll(second.path("out")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	w, err := second.options().open(nil)
	if err != nil {
		t.Fatal(err)
	}
	const run = "train/train_vs_test/baseline/SGD/seed=100"
	if err := w.build(context.Background(), run, []string{run}); err != nil {
		t.Fatal(err)
	}
	a, err := newAuditor(3, "", second.options())
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	if err := a.levels(context.Background(), 3, 1); err != nil || !a.redone[a.Graph.Node(run)] {
		t.Errorf("the one training that was made is not repeated: %v", err)
	}
}

func TestPackRefuses(t *testing.T) {
	s := newSmallStudy(t)
	mine := filepath.Join(t.TempDir(), "mine.zip")
	if err := os.WriteFile(mine, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	for archive, hint := range map[string]string{
		mine: "is there already",
		filepath.Join(t.TempDir(), "results.tar"):      "must end in .zip",
		filepath.Join(t.TempDir(), "no", "folder.zip"): "no such file",
	} {
		if text, err := s.pack(archive); err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("%s: %v, want %q\n%s", archive, err, hint, text)
		}
	}
	if text, err := os.ReadFile(mine); err != nil || string(text) != "mine" {
		t.Errorf("a file was overwritten: %q, %v", text, err)
	}
}

// Wrong bytes are not passed on, and neither is what was made from them.
func TestPackOfDamagedStore(t *testing.T) {
	s := newSmallStudy(t)
	blob := s.blob("metrics/train_vs_test/baseline/SGD/seed=1", "measures.parquet")
	flipBit(t, blob, 100)
	archive := filepath.Join(t.TempDir(), "results.zip")
	if text, err := s.pack(archive); err != nil || !strings.Contains(text, "; left out: ") {
		t.Fatalf("%v\n%s", err, text)
	}
	z, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, filepath.Base(blob)) {
			t.Error("the damaged file is in the archive")
		}
	}
}
