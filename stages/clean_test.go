package stages

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

func (s *smallStudy) clean(everything bool, change func(*Options)) (string, error) {
	s.t.Helper()
	o := s.options()
	if change != nil {
		change(&o)
	}
	err := Clean(context.Background(), &everything, o)
	return s.stdout.String(), err
}

// exists lists which of the names exist below the study's folder.
func (s *smallStudy) exists(names ...string) (there []string) {
	for _, name := range names {
		if _, err := os.Lstat(s.path(name)); err == nil {
			there = append(there, name)
		}
	}
	return there
}

// write creates a file that is the user's own.
func (s *smallStudy) write(name, text string) {
	s.t.Helper()
	path := s.path(name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		s.t.Fatal(err)
	}
}

// P09: clean refuses a path that is not a profile, and a folder with files but
// no store that says which of them are sparsel's.
func TestT29CleanRefusesWhatItCannotDecide(t *testing.T) {
	s := newSmallStudy(t)
	mine := []string{"figures/mine.txt", "tables/mine.txt", "findings/mine.txt", "report.html", "other/figures/mine.txt",
		"other/store/mine.txt", "other/downloads/mine.txt", "other/report.html", "out/nosuch/figures/mine.txt"}
	for _, name := range mine {
		s.write(name, "mine")
	}
	for _, profile := range []string{"..", ".", "../other", "/", "store", "figures", "nosuch", "a/b", "-", " "} {
		text, err := s.clean(false, func(o *Options) { o.Profile = &profile })
		if err == nil || !strings.Contains(err.Error(), "there is no profile") {
			t.Errorf("-profile=%s: %v\n%s", profile, err, text)
		}
	}
	other := s.path("other")
	for _, everything := range []bool{false, true} {
		text, err := s.clean(everything, func(o *Options) { o.Out, o.Yes = &other, &[]bool{true}[0] })
		if err == nil || !strings.Contains(err.Error(), "stays") {
			t.Errorf("a folder that never was sparsel's, everything %v: %v\n%s", everything, err, text)
		}
	}
	if got := s.exists(mine...); len(got) != len(mine) {
		t.Errorf("of the files that are somebody's own only %q are left", got)
	}
	if left := s.exists("other/store/format", "other/store/journal.jsonl"); left != nil {
		t.Errorf("a refused clean left %q", left)
	}
}

// Files that the store published are removed. Files that somebody changed,
// copied or added stay, and are named.
func TestT29CleanTakesOnlyItsOwn(t *testing.T) {
	s := newSmallStudy(t)
	figure, err := os.ReadFile(s.path("out/figures/fig-5.1.png"))
	if err != nil {
		t.Fatal(err)
	}
	kept := []string{"out/figures/mine.png", "out/figures/talk.png", "out/figures/sub/note.txt", "out/figures/fig-5.1.svg", "out/notes.txt"}
	s.write(kept[0], "mine")
	s.write(kept[1], string(figure)) // a copy, for a talk
	s.write(kept[2], "mine")
	s.write(kept[3], "<svg>by hand</svg>")
	s.write(kept[4], "mine")
	text, err := s.clean(false, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if got := s.exists(kept...); len(got) != len(kept) {
		t.Errorf("only %q are left", got)
	}
	for _, name := range []string{"figures/mine.png", "figures/talk.png", "figures/sub", "figures/fig-5.1.svg"} {
		if !strings.Contains(text, filepath.FromSlash(name)+" stays") {
			t.Errorf("%s is not named in\n%s", name, text)
		}
	}
	if got := s.exists("out/figures/fig-5.1.png", "out/tables", "out/findings", "out/report.html"); got != nil {
		t.Errorf("%q are still there", got)
	}
	// An audit afterwards misses nothing that clean has removed.
	for _, name := range kept[:4] {
		if err := os.RemoveAll(s.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := s.clean(false, nil); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	found, err := s.audit(1)
	if err == nil || !strings.Contains(err.Error(), "1 fault") || !strings.Contains(found, "missing figures/fig-5.1.svg") {
		t.Errorf("an audit after clean: %v\n%s\nwant only the file missing that somebody else removed", err, found)
	}
	if n := s.executed(); n != 0 {
		t.Errorf("after clean %d nodes ran", n)
	}
	if text, err := s.audit(1); err != nil {
		t.Errorf("an audit after the next run: %v\n%s", err, text)
	}
}

// P10: nothing is removed while a run uses it.
func TestT29CleanBesideARun(t *testing.T) {
	s := newSmallStudy(t)
	st, err := pipeline.OpenStore(s.path("out/store"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := st.NewWriter(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	for _, everything := range []bool{false, true} {
		text, err := s.clean(everything, func(o *Options) { o.Yes = &yes })
		if !errors.Is(err, store.ErrBusy) {
			t.Errorf("beside a run, everything %v: %v\n%s", everything, err, text)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if text, err := s.audit(1); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

// Before all results are removed, clean says how much they are and requires
// -yes.
func TestT29CleanOfTheStore(t *testing.T) {
	s := newSmallStudy(t)
	kept := []string{"out/store/blobs/mine.txt", "out/store/mine/mine.txt", "out/downloads/mine.txt", "out/mine.txt", "params.toml"}
	for _, name := range kept[:4] {
		s.write(name, "mine")
	}
	s.write("out/downloads/train-images-0123456789abcdef.part", "half")
	before := states(t, s.path("out/figures"))
	text, err := s.clean(true, nil)
	if err == nil || !strings.Contains(err.Error(), "-yes") || !strings.Contains(text, "files, ") || !strings.Contains(text, "MB, would go") {
		t.Fatalf("without -yes: %v\n%s", err, text)
	}
	if after := states(t, s.path("out/figures")); len(after) != len(before) || s.exists("out/store/format") == nil {
		t.Fatal("it removed something all the same")
	}
	profile := "quick"
	if _, err := s.clean(true, func(o *Options) { o.Profile = &profile }); err == nil {
		t.Error("-store with a profile is not refused")
	}
	yes := true
	if text, err = s.clean(true, func(o *Options) { o.Yes = &yes }); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if got := s.exists(kept...); len(got) != len(kept) {
		t.Errorf("only %q are left", got)
	}
	if got := s.exists("out/figures", "out/tables", "out/findings", "out/report.html", "out/store/actions", "out/store/format",
		"out/store/gc.lock",
		"out/store/journal.jsonl", "out/downloads/train-images-0123456789abcdef.part"); got != nil {
		t.Errorf("%q are still there", got)
	}
	for _, name := range []string{"store/blobs/mine.txt", "store/mine", "downloads/mine.txt"} {
		if !strings.Contains(text, filepath.FromSlash(name)+" stays") {
			t.Errorf("%s is not named in\n%s", name, text)
		}
	}
}

func TestAsk(t *testing.T) {
	for answer, want := range map[string]bool{"out\n": true, " out \r\n": true, "out": true, "": false, "y\n": false,
		"yes\n": false, "ou\nt": false} {
		var out bytes.Buffer
		if err := ask(strings.NewReader(answer), &out, "out"); (err == nil) != want || !strings.Contains(out.String(), `"out"`) {
			t.Errorf("%q: %v, %q", answer, err, out.String())
		}
	}
}

// A store may be behind a link, for example to another disk. The link is the
// user's, and stays for the next results.
func TestT29CleanOfALinkedStore(t *testing.T) {
	s := newSmallStudy(t)
	disk := filepath.Join(t.TempDir(), "disk")
	if err := errors.Join(os.Rename(s.path("out/store"), disk), os.Symlink(disk, s.path("out/store"))); err != nil {
		t.Fatal(err)
	}
	yes := true
	text, err := s.clean(true, func(o *Options) { o.Yes = &yes })
	if err != nil || !strings.HasSuffix(text, filepath.FromSlash("out/store")+": emptied; the link stays\n") {
		t.Errorf("%v\n%s", err, text)
	}
	if left, err := os.ReadDir(disk); err != nil || len(left) > 0 {
		t.Errorf("%q are left, %v", left, err)
	}
	if to, err := os.Readlink(s.path("out/store")); err != nil || to != disk {
		t.Errorf("the link leads to %q, %v", to, err)
	}
}

// Measurements are published to folders in folders, and beside them is a list
// of the files that were measured. All of this goes with the store.
func TestT29CleanOfMeasurements(t *testing.T) {
	s := newSmallStudy(t)
	var words []string
	for _, seed := range []string{"1", "100"} {
		name := "run" + seed + ".parquet"
		data, err := os.ReadFile(s.blob("train/train_vs_test/baseline/SGD/seed="+seed, "activations.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		s.write(name, string(data))
		words = append(words, s.path(name))
	}
	o, compared, none, yes := s.options(), "file", 0, true
	if err := Measure(context.Background(), strings.Join(words, ","), MeasureFlags{Compare: &compared, Permutations: &none}, o); err != nil {
		t.Fatal(err)
	}
	if s.exists("out/measure/files.json", "out/measure/run1-and-1-more/comparison/comparison.md") == nil {
		t.Fatal("nothing was published")
	}
	text, err := s.clean(true, func(o *Options) { o.Yes = &yes })
	if err != nil || strings.Contains(text, "stays") {
		t.Errorf("%v\n%s", err, text)
	}
	if got := s.exists("out/measure", "out/store", "out/figures"); got != nil {
		t.Errorf("%q are still there\n%s", got, text)
	}
}

// A clean with nothing to remove says so, and promises nothing.
func TestCleanTwice(t *testing.T) {
	s := newSmallStudy(t)
	if text, err := s.clean(false, nil); err != nil || !strings.Contains(text, "` brings them back\n") {
		t.Errorf("%v\n%s", err, text)
	}
	if text, err := s.clean(false, nil); err != nil || !strings.HasSuffix(text, ": nothing to remove\n") {
		t.Errorf("again: %v\n%s", err, text)
	}
	if err := Report(context.Background(), s.options()); err != nil {
		t.Fatal(err)
	}
	if text, err := s.clean(false, nil); err != nil || !strings.Contains(text, ": removed 1 file, ") || !strings.Contains(text, "` brings it back\n") {
		t.Errorf("a report: %v\n%s", err, text)
	}
}
