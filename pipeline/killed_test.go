package pipeline_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
	"sparsel/pipeline/store/disk"
)

// After kill -9 at random moments the next runs finish with the hashes of an
// undisturbed run, and nothing that the journal calls finished runs again.
func TestT01KilledDrivers(t *testing.T) {
	t.Parallel()
	undisturbed := newLab(t)
	undisturbed.run(basic())
	want := outputs(undisturbed.plan(basic()))

	rng := rand.New(rand.NewPCG(1, 2))
	l := newLab(t)
	for range rounds(15, 300) {
		cmd := l.driver(driveSetup{Jobs: 2, labSetup: labSetup{Pause: time.Millisecond}})
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// A whole run takes some hundred milliseconds.
		time.Sleep(time.Duration(rng.IntN(200)) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
		if l.plan(basic()).Idle() { // start from the beginning
			l.checkOnce()
			l.dir = t.TempDir()
		}
	}
	l.seen = 0
	l.finish(driveSetup{Jobs: 2})
	l.checkOnce()
	if got := outputs(l.plan(basic())); got != want {
		t.Errorf("outputs after kills\n%s\nundisturbed\n%s", got, want)
	}
	if l.figure() != undisturbed.figure() {
		t.Error("published figures differ")
	}
	l.want("afterwards", l.run(basic()))
	l.checkClean()
}

// checkOnce checks that the journal has one finish per node.
func (l *lab) checkOnce() {
	l.t.Helper()
	l.seen = 0
	got := l.executions(store.NodeFinish)
	if once := slices.Compact(slices.Clone(got)); len(got) != len(once) {
		l.t.Errorf("finished more than once: %q", got)
	}
}

// checkClean looks for litter after the last run.
func (l *lab) checkClean() {
	l.t.Helper()
	filepath.WalkDir(l.dir, func(path string, e os.DirEntry, err error) error {
		rel, _ := filepath.Rel(l.dir, path)
		in := strings.Split(rel, string(filepath.Separator))
		if len(in) > 2 && (in[1] == "tmp" || in[1] == "locks") || strings.HasPrefix(e.Name(), ".") && rel != "." {
			l.t.Errorf("left behind: %s", rel)
		}
		return err
	})
}

func outputs(p *pipeline.Plan) string {
	var b strings.Builder
	for _, s := range p.Steps {
		for _, o := range s.Outputs {
			fmt.Fprintln(&b, s.Node.Name, o.Name, o.Content)
		}
	}
	return b.String()
}

// The process stops at every step of the file layer in turn; the store stays
// usable and right.
func TestT01StopAtEveryStep(t *testing.T) {
	t.Parallel()
	small := basic()
	small.Rates, small.Seeds = []float64{0.1}, []int{1}
	undisturbed := newLab(t)
	undisturbed.run(small)
	want := outputs(undisturbed.plan(small))

	stride := 1 // a run is some 170 steps, each waiting for the disk
	if testing.Short() {
		stride = 7
	}
	for stop := 1; ; stop += stride {
		l := newLab(t)
		reached := l.runUntil(small, stop)
		l.executions(store.NodeFinish)
		l.run(small) // must succeed without help
		if got := outputs(l.plan(small)); got != want {
			t.Fatalf("stop at step %d: outputs\n%s\nwant\n%s", stop, got, want)
		}
		l.checkOnce()
		if l.figure() != undisturbed.figure() {
			t.Fatalf("stop at step %d: figures differ", stop)
		}
		if !reached {
			t.Logf("fewer than %d steps", stop)
			return
		}
	}
}

// runUntil runs the study on a store in which every step fails from the given
// one on, as if the process had ended there: no clean-up reaches the disk
// either.
func (l *lab) runUntil(s settings, stop int) (reached bool) {
	st := l.store()
	var mu sync.Mutex
	step := 0
	st.Disk.Hook = func(disk.Step) error {
		mu.Lock()
		defer mu.Unlock()
		step++
		if step >= stop {
			reached = true
			return errPlanned
		}
		return nil
	}
	e := pipeline.New(pipeline.Config{Store: st, Out: l.dir, Code: l.code})
	p, err := e.Plan(context.Background(), l.graph(s), nil)
	if err != nil {
		l.t.Fatal(err)
	}
	_, err = e.Run(context.Background(), p, pipeline.Options{})
	if reached && err == nil {
		l.t.Errorf("stop at step %d went unnoticed", stop)
	}
	return reached
}

// After kill -9 before any single step of the file layer, such as between the
// renaming of the record and the line in the journal, everything that exists is
// whole, and the next run finishes without executing anything that has a
// record.
func TestT01KilledBetweenSteps(t *testing.T) {
	t.Parallel()
	undisturbed := bigLab(t)
	undisturbed.finish(driveSetup{})
	want := outputs(undisturbed.plan(basic()))
	rng := rand.New(rand.NewPCG(3, 4))
	const steps = 180 // a run takes some 174
	for round := range rounds(12, 2*steps) {
		at := 1 + rng.Int64N(steps)
		if os.Getenv("SPARSEL_SOAK") != "" {
			at = 1 + int64(round)/2 // each step, without and with workers
		}
		l := bigLab(t)
		what := fmt.Sprintf("killed before step %d", at)
		d := driveSetup{KillAt: at, Jobs: 2, Workers: round%2 == 1}
		out, err := l.driver(d).CombinedOutput()
		if err != nil && err.Error() != "signal: killed" {
			t.Fatalf("%s: %v: %s", what, err, out)
		}
		l.wholeRecords(what)
		recorded := l.recorded()
		l.seen = 0
		l.executions(store.NodeFinish)
		l.finish(driveSetup{Jobs: 2})
		again := l.executions(store.NodeFinish)
		if len(again)+len(recorded) != wholeStudy {
			t.Errorf("%s: %d nodes had a record, and %d ran: %q", what, len(recorded), len(again), again)
		}
		if got := outputs(l.plan(basic())); got != want {
			t.Errorf("%s: outputs\n%s\nwant\n%s", what, got, want)
		}
		if l.figure() != undisturbed.figure() {
			t.Errorf("%s: figures differ", what)
		}
		l.want(what+", afterwards", l.run(basic()))
		l.checkClean()
	}
}

// recorded lists the nodes that have a record.
func (l *lab) recorded() (names []string) {
	s := l.store()
	paths, _ := filepath.Glob(filepath.Join(l.dir, "store", "actions", "*", "*"))
	for _, path := range paths {
		id, err := store.ParseActionID(filepath.Base(path))
		if err != nil {
			l.t.Errorf("%s lies among the records", path)
			continue
		}
		if r, err := s.Record(id); err == nil {
			names = append(names, r.Node)
		}
	}
	return names
}

// A sweep of 500 runs is repeated with new code and killed half way. The next
// run does the other half, and their aggregate uses only new results.
func TestT02KilledSweep(t *testing.T) {
	t.Parallel()
	l := bigLab(t)
	s := basic()
	runs := 500
	if testing.Short() {
		runs = 60
	}
	s.Seeds = upTo(runs / 2) // each seed has two rates
	l.finish(driveSetup{labSetup: labSetup{Settings: s}, Jobs: 4})
	l.code["train"] = "2"
	cmd := l.driver(driveSetup{labSetup: labSetup{Settings: s}, Jobs: 4})
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for trained := 0; trained < runs/2 && lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "started train/") {
			trained++
		}
	}
	cmd.Process.Kill()
	cmd.Wait()
	l.wholeRecords("killed half way")
	half := l.plan(s)
	left := 0
	for _, step := range half.Steps {
		if step.Node.Stage.Name == "train" && step.State == pipeline.Stale {
			left++
		}
	}
	if left < runs/2-runs/10 || left > runs/2+runs/10 {
		t.Errorf("%d trainings are left, want about half of %d", left, runs)
	}
	l.seen = 0
	l.executions(store.NodeFinish)
	again := 0
	for _, name := range l.run(s) {
		if strings.HasPrefix(name, "train/") {
			again++
		}
	}
	if again != left {
		t.Errorf("the next run trained %d, %d were left", again, left)
	}
	// The result equals that of a sweep that knows only the new code, so nothing
	// old is in it.
	fresh := bigLab(t)
	fresh.code["train"] = "2"
	fresh.finish(driveSetup{labSetup: labSetup{Settings: s}, Jobs: 4})
	if outputs(l.plan(s)) != outputs(fresh.plan(s)) {
		t.Error("results differ from those of a sweep that was not disturbed")
	}
}
