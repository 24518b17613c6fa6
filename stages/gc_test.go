package stages

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/pipeline"
)

// gc returns what GC printed.
func (s *smallStudy) gc(remove bool, keep string) string {
	s.t.Helper()
	if err := GC(context.Background(), GCFlags{Delete: &remove, Keep: &keep}, s.options()); err != nil {
		s.t.Fatal(err)
	}
	return s.stdout.String()
}

// executed counts what a run of everything executes.
func (s *smallStudy) executed() int {
	s.t.Helper()
	o, yes := s.options(), true
	o.JSON = &yes
	if err := All(context.Background(), o); err != nil {
		s.t.Fatal(err)
	}
	return strings.Count(s.stdout.String(), `"outcome": "executed"`)
}

// T29: after a collection everything current is complete, a rebuild executes
// nothing, and what a lock or a named revision keeps is still available.
func TestT29CollectsWhatParametersAndLocksDoNotNeed(t *testing.T) {
	s := newSmallStudy(t)
	if text := s.gc(false, ""); !strings.HasPrefix(text, "0 files") {
		t.Fatalf("a fresh study has garbage:\n%s", text)
	}
	s.lock()
	s.git("init", "-q")
	s.git("add", "artifacts.lock", "params.toml")
	s.git("commit", "-qm", "first")
	s.git("tag", "first")

	s.edit("lr = 0.001", "lr = 0.002") // Adam's, which affects two trainings and what depends on them
	if n := s.executed(); n < 6 {
		t.Fatalf("%d executed after an edit", n)
	}
	if text := s.gc(false, ""); !strings.HasPrefix(text, "0 files") {
		t.Errorf("the lock does not keep its results:\n%s", text)
	}
	s.lock()
	if text := s.gc(false, "first"); !strings.HasPrefix(text, "0 files") {
		t.Errorf("the named revision does not keep its results:\n%s", text)
	}
	lockOfFirst := filepath.Join(t.TempDir(), "kept.lock")
	show := exec.Command("git", "-C", s.dir, "show", "first:artifacts.lock")
	text, err := show.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(lockOfFirst, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if text := s.gc(true, lockOfFirst+","); !strings.HasPrefix(text, "0 files") {
		t.Errorf("the named lock does not keep its results:\n%s", text)
	}

	before := s.files()
	dry := s.gc(false, "")
	if !maps.Equal(before, s.files()) {
		t.Fatal("the dry run removed something")
	}
	listed := map[string]bool{}
	for line := range strings.Lines(dry) {
		if fields := strings.Fields(line); strings.HasPrefix(fields[1], "store/") {
			listed[fields[1]] = true
		}
	}
	if !strings.Contains(dry, "activations.parquet of train/train_vs_test/baseline/Adam/seed=100") || strings.Contains(dry, "/SGD/") {
		t.Errorf("not what the edit left behind:\n%s", dry)
	}
	s.gc(true, "")
	after := s.files()
	for path := range before {
		if after[path] == listed[path] {
			t.Errorf("%s: listed %v, there afterwards %v", path, listed[path], after[path])
		}
	}
	if text, err := s.audit(1); err != nil {
		t.Errorf("after the collection: %v\n%s", err, text)
	}
	if n := s.executed(); n != 0 {
		t.Errorf("a rebuild executed %d nodes", n)
	}
	remove, keep := false, "nosuchrevision"
	if err := GC(context.Background(), GCFlags{Delete: &remove, Keep: &keep}, s.options()); err == nil ||
		!strings.Contains(err.Error(), "nosuchrevision") {
		t.Errorf("an unknown revision: %v", err)
	}
	keep = "--output=harm"
	if err := GC(context.Background(), GCFlags{Delete: &remove, Keep: &keep}, s.options()); err == nil {
		t.Error("an option was taken for a revision")
	}
}

// files lists the store's blobs, records and manifests as gc prints them.
func (s *smallStudy) files() map[string]bool {
	files := map[string]bool{}
	for path := range states(s.t, s.path("out/store")) {
		relative := s.relative(path)
		for _, kind := range []string{"store/blobs/", "store/actions/", "store/manifests/"} {
			if strings.HasPrefix(relative, kind) && len(filepath.Base(path)) == 64 {
				files[relative] = true
			}
		}
	}
	return files
}

// Days of grace, with which nothing of the store would be spared, are not
// ignored.
func TestGCRefusesGraceWithoutASecondLevel(t *testing.T) {
	s := newSmallStudy(t)
	yes, days, minus, none := true, 30, -1, ""
	for _, c := range []struct {
		f    GCFlags
		want string
	}{
		{GCFlags{Delete: &yes, Grace: &days}, "gc: -grace=30: only a second level, which -remote=URL names, "},
		{GCFlags{Grace: &days, Remote: &none}, "gc: -grace=30: only a second level, which -remote=URL names, "},
		{GCFlags{Grace: &minus}, "gc: -grace=-1: must be a number of days, 0 or more"},
	} {
		if err := GC(context.Background(), c.f, s.options()); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// Every file that would be removed is said to be something.
func TestPrintedGarbage(t *testing.T) {
	s := newSmallStudy(t)
	for _, kind := range []string{"manifests", "blobs"} {
		id := strings.Repeat("ab", 32)
		s.write("out/store/"+kind+"/ab/"+id, "x\n")
	}
	text := s.gc(false, "")
	for _, want := range []string{" list of the code of a stage\n", " content that no record names\n", "2 files, "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	var b strings.Builder
	if err := printGarbage(&b, &pipeline.Collection{Garbage: make([]pipeline.Garbage, 1), Kept: 1}, "", true); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(b.String(), "1 file, 0.0 MB, is gone; what 1 action made stays\n") {
		t.Errorf("got %s", b.String())
	}
}

// What was published of a table that the parameters no longer have is still
// known to be sparsel's after a collection.
func TestAuditOfALeftOverTable(t *testing.T) {
	s := newSmallStudy(t)
	s.edit("[[tables]]\nid = \"conditions\"\nkind = \"conditions\"\nexperiment = \"train_vs_test\"\n", "")
	s.gc(true, "")
	text, err := s.audit(1)
	if n := strings.Count(text, "note: tables/table-conditions."); err != nil || n != 4 || !strings.Contains(text,
		"note: tables/table-conditions.csv is left over: an earlier run published it, and a collection has removed the record of what made it, ") {
		t.Errorf("%d files are left over, %v\n%s", n, err, text)
	}
	s.write("out/tables/table-conditions.md", "mine")
	if text, err := s.audit(1); err == nil || !strings.Contains(text, "tables/table-conditions.md: was not made by this store; move it away") {
		t.Errorf("a changed one: %v\n%s", err, text)
	}
}
