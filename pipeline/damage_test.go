package pipeline_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
	"sparsel/pipeline/store/disk"
)

// flip changes one bit of a file and keeps its size and modification time.
func flip(t *testing.T, path string, at int) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[at%len(text)] ^= 1
	edit(t, path, text)
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
}

// edit overwrites a file, read-only or not, in place.
func edit(t *testing.T, path string, text []byte) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	os.Chmod(path, 0o644)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	os.Chmod(path, info.Mode())
}

// A blob that is damaged, cut short, edited or gone is rebuilt and never
// becomes an input.
func TestT07DamagedBlobIsRebuilt(t *testing.T) {
	t.Parallel()
	damage := map[string]func(path string){
		"bit flip": func(p string) { flip(t, p, 3) },
		"cut":      func(p string) { edit(t, p, []byte("x")) },
		"edited":   func(p string) { edit(t, p, []byte("by hand")) },
		"emptied":  func(p string) { edit(t, p, nil) },
		"removed":  func(p string) { os.Remove(p) },
		"directory": func(p string) {
			os.Remove(p)
			os.Mkdir(p, 0o755)
		},
	}
	for what, harm := range damage {
		t.Run(what, func(t *testing.T) {
			l := newLab(t)
			l.run(basic())
			before := l.figure()
			path := l.blob(basic(), "train/0.01/2", "record")
			harm(path)
			s, err := l.engine().Status(context.Background(), l.graph(basic()), nil)
			if err != nil || s.Current || s.Counts.Stale != 1 {
				t.Fatalf("status after damage: %v, %+v", err, s.Counts)
			}
			l.want(what, l.run(basic()), "train/0.01/2")
			if _, _, err := store.HashFile(path); err != nil {
				t.Errorf("not rebuilt: %v", err)
			}
			l.want("afterwards", l.run(basic()))
			if l.figure() != before {
				t.Error("the figure changed")
			}
		})
	}
}

// A flip that leaves no trace in the file's times is found where it matters:
// when work would read the bytes. The hash cache is not trusted there.
func TestT06SilentDamageIsFoundBeforeUse(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	path := l.blob(basic(), "train/0.01/2", "record")
	flip(t, path, 5)
	forgeCache(t, l, path)
	if p := l.plan(basic()); !p.Idle() {
		t.Fatal("the forged cache should make damage invisible to a plan that needs no bytes")
	}
	l.code["metric"] = "2"
	got := l.run(basic())
	if len(got) != 9 || got[len(got)-1] != "train/0.01/2" {
		t.Errorf("executed %q, want the damaged training, metrics, aggregate and figure", got)
	}

}

// Flips that leave no trace in times and sizes, in every kind of file: a
// paranoid run makes again exactly what they hit, and no damaged byte is passed
// on. A flip in the journal only costs an explanation.
func TestT06ParanoidRunRepairs(t *testing.T) {
	t.Parallel()
	undisturbed := newLab(t)
	undisturbed.run(basic())
	l := newLab(t)
	l.run(basic())
	hit := map[string]string{"fetch": "data", "train/0.01/2": "activations", "train/0.001/1": "record", "metric/0.001/3": "table",
		"aggregate": "summary", "figure": "svg"}
	for node, output := range hit {
		path := l.blob(basic(), node, output)
		flip(t, path, 7)
		forgeCache(t, l, path)
	}
	flip(t, filepath.Join(l.dir, "figures", "fig-1.svg"), 3)
	journal, err := os.ReadFile(l.store().JournalPath())
	if err != nil {
		t.Fatal(err)
	}
	flip(t, l.store().JournalPath(), len(journal)-100)
	if n := l.plan(basic()).Count(pipeline.Current); n != wholeStudy {
		t.Fatalf("a plan that believes times finds %d of %d nodes current; the flips should be invisible to it", n, wholeStudy)
	}
	e := pipeline.New(pipeline.Config{Store: l.store(), Out: l.dir, Code: l.code, Paranoid: true})
	p, err := e.Plan(context.Background(), l.graph(basic()), nil)
	if err != nil {
		t.Fatal(err)
	}
	for node := range hit {
		if s := p.Step(node); s.State != pipeline.Stale || !strings.Contains(s.Reasons[0], "has changed on disk") {
			t.Errorf("%s is %s: %q", node, s.State, s.Reasons)
		}
	}
	r, err := e.Run(context.Background(), p, pipeline.Options{Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, res := range r.Results {
		if (res.Outcome == pipeline.Executed) != (hit[res.Name] != "") {
			t.Errorf("%s was %s", res.Name, res.Outcome)
		}
	}
	if outputs(l.plan(basic())) != outputs(undisturbed.plan(basic())) || l.figure() != undisturbed.figure() {
		t.Error("results differ from those of a study that was not damaged")
	}
	l.wholeRecords("after the paranoid run")
	if kept, _ := filepath.Glob(filepath.Join(l.dir, "store", "quarantine", "*")); len(kept) != len(hit) {
		t.Errorf("in quarantine: %q, want %d files", kept, len(hit))
	}
}

// forgeCache makes the hash cache vouch for a damaged file, as if the file
// system had kept all its times.
func forgeCache(t *testing.T, l *lab, path string) {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	cache := filepath.Join(l.dir, "store", "cache", "hashes")
	text, err := os.ReadFile(cache)
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(text), "\n")
	lines := strings.Split(body, "\n")
	id := filepath.Base(path)
	for i, line := range lines {
		if strings.HasPrefix(line, id) {
			lines[i] = fmt.Sprintf("%s %d %d %d %d -", id, st.Size, st.Mtim.Nano(), st.Ctim.Nano(), st.Ino)
		}
	}
	body = strings.Join(lines, "\n")
	sum := sha256.Sum256([]byte(body))
	edit(t, cache, fmt.Appendf(nil, "sum %x\n%s", sum[:8], body))
}

func TestT06DamagedRecordIsRebuilt(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	step := l.plan(basic()).Step("aggregate")
	path := l.store().RecordPath(step.Action)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(text); at += 1 + len(text)/20 {
		edit(t, path, text)
		flip(t, path, at)
		if s := l.plan(basic()).Step("aggregate"); s.State != pipeline.Stale || !strings.Contains(s.Reasons[0], "damaged") {
			t.Fatalf("bit %d: %s %q", at, s.State, s.Reasons)
		}
		l.want(fmt.Sprintf("bit flip at %d", at), l.run(basic()), "aggregate")
	}
	edit(t, path, text[:len(text)/2])
	l.want("cut record", l.run(basic()), "aggregate")
	edit(t, path, nil)
	l.want("empty record", l.run(basic()), "aggregate")
	os.Remove(path)
	l.want("removed record", l.run(basic()), "aggregate")
}

// Six actions share one blob, which is damaged, and five of their records are
// lost. While these five cannot write the right bytes, nothing vouches for what
// is there: the sixth finds the damage and repairs it.
func TestT06FailedCommitVouchesForNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	s := basic()
	s.Round, s.Optional = 0, true // all tables are equal, and the aggregate does without failed ones
	l.run(s)
	const kept = "metric/0.01/3" // the last to run
	path := l.blob(s, kept, "table")
	plan := l.plan(s)
	for _, step := range plan.Steps {
		if step.Node.Stage.Name == "metric" && step.Node.Name != kept {
			if err := os.Remove(l.store().RecordPath(step.Action)); err != nil {
				t.Fatal(err)
			}
		}
	}
	flip(t, path, 3)

	var at string // the running node: there is only one job
	l.gate = func(_ context.Context, node string) error {
		at = node
		return nil
	}
	st := l.store()
	st.Disk.Hook = func(step disk.Step) error {
		if step.Op == disk.Rename && step.To == path && at != kept {
			return errPlanned
		}
		return nil
	}
	e := pipeline.New(pipeline.Config{Store: st, Out: l.dir, Code: l.code})
	p, err := e.Plan(context.Background(), l.graph(s), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := e.Run(context.Background(), p, pipeline.Options{Jobs: 1})
	if !errors.Is(err, errPlanned) || r.Counts[pipeline.Failed] != 5 {
		t.Fatalf("run: %v, counts %v, want five failures", err, r.Counts)
	}
	if got := r.Result(kept).Outcome; got != pipeline.Executed {
		t.Errorf("%s, whose output was damaged, is %s", kept, got)
	}
	l.wholeRecords("after the run")
}

// A damaged journal costs explanations, never results.
func TestT06DamagedJournal(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	path := l.store().JournalPath()
	flip(t, path, 1000)
	e := l.engine()
	s := basic()
	s.Colour = "red"
	st, err := e.Status(context.Background(), l.graph(s), nil)
	if err != nil || len(st.Damage) != 1 {
		t.Errorf("status: %v, damage %q, want one stretch", err, st.Damage)
	}
	l.seen--
	l.want("damaged journal", l.run(basic()))
	if err := os.WriteFile(path, []byte("garbage\n\x00\x01"), 0o644); err != nil {
		t.Fatal(err)
	}
	l.seen = 0
	l.want("overwritten journal", l.run(basic()))
	os.Remove(path)
	l.seen = 0
	l.want("removed journal", l.run(basic()))
	l.want("colour after that", l.run(s), "figure")
}

// A published file is a copy; edits of it are repaired and never read.
func TestT07PublishedFileIsRepaired(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	want := l.figure()
	path := filepath.Join(l.dir, "figures", "fig-1.svg")
	harm := map[string]func(){
		"edited":  func() { edit(t, path, []byte("by hand")) },
		"flipped": func() { flip(t, path, 2) },
		"removed": func() { os.Remove(path) },
	}
	for what, do := range harm {
		do()
		p := l.plan(basic())
		if p.Idle() || len(p.Step("figure").Restore) != 1 || p.Count(pipeline.Current) != wholeStudy {
			t.Errorf("%s: plan %+v", what, p.Step("figure"))
		}
		l.want(what, l.run(basic()))
		if l.figure() != want {
			t.Errorf("%s: not repaired", what)
		}
	}
}

// If the same action gives other bytes, that is an error that names the node,
// and nothing is built on the second result. Once a person has removed the
// record, neither result is compared with the next one.
func TestT27OtherBytesNameTheNode(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	os.Remove(l.blob(basic(), "train/0.01/2", "activations"))
	l.code["train"] = "other results"
	key := versions{} // the identity of the code stays the same
	run := func() (*pipeline.Report, error) {
		e := pipeline.New(pipeline.Config{Store: l.store(), Out: l.dir, Code: key})
		p, err := e.Plan(context.Background(), l.graph(basic()), nil)
		if err != nil {
			t.Fatal(err)
		}
		return e.Run(context.Background(), p, pipeline.Options{})
	}
	r, err := run()
	if !errors.Is(err, store.ErrConflict) || !strings.Contains(err.Error(), "train/0.01/2") {
		t.Fatalf("run: %v, want a conflict of train/0.01/2", err)
	}
	if r.Counts[pipeline.Failed] != 1 || r.Counts[pipeline.Blocked] != 3 {
		t.Errorf("counts %v, want 1 failed and metric, aggregate, figure blocked", r.Counts)
	}
	if !strings.Contains(err.Error(), "the former lost, the latter kept") {
		t.Errorf("%v does not say what became of the two", err)
	}
	// It remains an error until somebody decides.
	if r, err := run(); !errors.Is(err, store.ErrConflict) || r.Counts[pipeline.Failed] != 1 {
		t.Errorf("done again: %v, want the conflict as before", err)
	}
	l.code = versions{}
	s := l.plan(basic()).Step("train/0.01/2")
	if s.State != pipeline.Broken {
		t.Errorf("afterwards the node is %s", s.State)
	}
	if err := os.Remove(l.store().RecordPath(s.Action)); err != nil {
		t.Fatal(err)
	}
	l.code["train"] = "other results"
	if r, err := run(); err != nil || r.Counts[pipeline.Executed] == 0 {
		t.Errorf("with the record removed: %v", err)
	}
	l.code = versions{}
	l.sound("with the record removed", basic())
}

// An unknown format is rejected, and the error names both versions.
func TestT30UnknownFormat(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	edit(t, filepath.Join(l.dir, "store", "format"), []byte("sparsel store 2\n"))
	if _, err := pipeline.OpenStore(filepath.Join(l.dir, "store")); err == nil || !strings.Contains(err.Error(), "sparsel store 2") {
		t.Errorf("open: %v", err)
	}
}

// Damage that happens during a run is repaired if its node has not ended yet.
// Otherwise it is found before the bytes are read, and the next run rebuilds
// them.
func TestT06DamageDuringRun(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	path := l.blob(basic(), "train/0.01/2", "record")
	flipAt := func(node string) {
		var once sync.Once
		l.gate = func(_ context.Context, n string) error {
			if strings.HasPrefix(n, node) {
				once.Do(func() { flip(t, path, 4) })
			}
			return nil
		}
	}
	l.code["fetch"] = " (same results)"
	flipAt("fetch")
	if _, err := l.try(context.Background(), basic(), pipeline.Options{}); err != nil {
		t.Fatal(err)
	}
	l.want("damage before its turn", l.executions(store.NodeFinish), "fetch", "train/0.01/2")

	l.code["metric"] = "2"
	flipAt("metric/0.001")
	r, err := l.try(context.Background(), basic(), pipeline.Options{})
	if !errors.Is(err, store.ErrDamaged) || !strings.Contains(err.Error(), "metric/0.01/2: input record") || r.Counts[pipeline.Failed] != 1 {
		t.Fatalf("run: %v, counts %v, want metric/0.01/2 to refuse its input", err, r.Counts)
	}
	l.executions(store.NodeFinish)
	l.gate = nil
	l.want("next run", l.run(basic()), "train/0.01/2", "metric/0.01/2", "aggregate", "figure")
}

// Files that dead runs were about to publish are removed; those of a live run
// are not touched.
func TestHalfPublishedLitter(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	other, err := l.store().NewWriter(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	dead := filepath.Join(l.dir, "figures", ".publishing-20200101T000000Z-abcdef-fig-1.svg")
	live := filepath.Join(l.dir, "figures", ".publishing-"+other.Run+"-fig-1.svg")
	for _, path := range []string{dead, live} {
		if err := os.WriteFile(path, []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := basic()
	s.Colour = "red"
	l.want("colour", l.run(s), "figure")
	if _, err := os.Stat(dead); err == nil {
		t.Error("a dead run's file is still there")
	}
	if _, err := os.Stat(live); err != nil {
		t.Error("a live run's file is gone")
	}
}

// A plan is exact about lost results, too: the nodes that they are made from
// will come out as before, so the lost ones will have to run.
func TestPlanAfterLosingEverything(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	blobs := filepath.Join(l.store().Dir(), "blobs")
	if err := filepath.WalkDir(blobs, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Remove(path)
	}); err != nil {
		t.Fatal(err)
	}
	p := l.plan(basic())
	stale := p.Count(pipeline.Stale)
	if stale != len(p.Steps) {
		t.Errorf("%d of %d steps are certain to run, want all: every result is lost", stale, len(p.Steps))
	}
	if ran := l.run(basic()); len(ran) != stale {
		t.Errorf("%d ran, %d were predicted", len(ran), stale)
	}
}
