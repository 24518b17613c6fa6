package pipeline_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
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

// The helper process is this test binary with SPARSEL_TEST_LAB set to a
// directory: it runs the study there and exits. With SPARSEL_TEST_WORKER it is a
// worker process.
func TestMain(m *testing.M) {
	if os.Getenv("SPARSEL_TEST_WORKER") != "" {
		os.Exit(pipeline.Serve(serveLab))
	}
	if dir := os.Getenv("SPARSEL_TEST_LAB"); dir != "" {
		os.Exit(helper(dir))
	}
	os.Exit(m.Run())
}

func helper(dir string) int {
	l := &lab{dir: dir, code: versions{}}
	pause, _ := time.ParseDuration(os.Getenv("SPARSEL_TEST_PAUSE"))
	l.gate = func(_ context.Context, node string) error {
		fmt.Println("started", node)
		time.Sleep(pause)
		return nil
	}
	s, err := pipeline.OpenStore(filepath.Join(dir, "store"))
	if err != nil {
		fmt.Println(err)
		return 1
	}
	e := pipeline.New(pipeline.Config{Store: s, Out: dir, Code: l.code})
	l.t = &testing.T{}
	p, err := e.Plan(context.Background(), l.graph(basic()), nil)
	if err == nil {
		_, err = e.Run(context.Background(), p, pipeline.Options{Jobs: 2})
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func (l *lab) helper(pause time.Duration) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SPARSEL_TEST_LAB="+l.dir, "SPARSEL_TEST_PAUSE="+pause.String())
	cmd.Stderr = os.Stderr
	return cmd
}

// Two processes on one store share the work; each node runs once.
func TestT19TwoProcesses(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if out, err := l.helper(20 * time.Millisecond).Output(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	// Questions are answered meanwhile.
	for range 5 {
		if _, err := l.engine().Status(context.Background(), l.graph(basic()), nil); err != nil {
			t.Error(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	wg.Wait()
	got := l.executions(store.NodeFinish)
	if once := slices.Compact(slices.Clone(got)); len(got) != wholeStudy || len(once) != wholeStudy {
		t.Errorf("executed %q, want each of %d nodes once", got, wholeStudy)
	}
	l.want("afterwards", l.run(basic()))
}

// The same within one process, which flock must keep apart as well.
func TestT19TwoEngines(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.gate = func(context.Context, string) error { time.Sleep(5 * time.Millisecond); return nil }
	var wg sync.WaitGroup
	for range 2 {
		p := l.plan(basic())
		wg.Go(func() {
			r, err := l.engine().Run(context.Background(), p, pipeline.Options{Jobs: 3})
			if err != nil || r.Counts[pipeline.Executed]+r.Counts[pipeline.Shared] != wholeStudy {
				t.Errorf("%v, counts %v", err, r.Counts)
			}
		})
	}
	wg.Wait()
	if got := l.executions(store.NodeFinish); len(got) != wholeStudy {
		t.Errorf("executed %d nodes in all, want %d", len(got), wholeStudy)
	}
}

// The holder of locks dies; the next run takes over without being told.
func TestT20DeadHolder(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	cmd := l.helper(time.Hour)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	bufio.NewReader(out).ReadString('\n') // inside fetch, holding its lock
	locks, _ := filepath.Glob(filepath.Join(l.dir, "store", "locks", "*"))
	if len(locks) != 1 {
		t.Errorf("locks held: %q, want one", locks)
	}
	cmd.Process.Kill()
	cmd.Wait()
	if got := l.run(basic()); len(got) != wholeStudy {
		t.Errorf("executed %d nodes, want %d", len(got), wholeStudy)
	}
	for _, dir := range []string{"tmp", "locks"} {
		if litter, _ := filepath.Glob(filepath.Join(l.dir, "store", dir, "*")); len(litter) > 0 {
			t.Errorf("left behind: %q", litter)
		}
	}
}

// Kill -9 at random moments; the next runs finish, with the hashes of an
// undisturbed run, and nothing that the journal calls finished runs again.
func TestT01KilledDrivers(t *testing.T) {
	t.Parallel()
	undisturbed := newLab(t)
	undisturbed.run(basic())
	want := outputs(undisturbed.plan(basic()))

	rng := rand.New(rand.NewPCG(1, 2))
	l := newLab(t)
	kills := 20
	if testing.Short() {
		kills = 5
	}
	for range kills {
		cmd := l.helper(time.Millisecond)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// A whole run takes some hundred milliseconds.
		time.Sleep(time.Duration(rng.IntN(200)) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
		if l.plan(basic()).Idle() { // start again
			l.checkOnce()
			l.dir = t.TempDir()
		}
	}
	l.seen = 0
	if out, err := l.helper(0).Output(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
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

// checkOnce holds the journal to one finish per node.
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

// At every step of the file
// layer in turn, the process stops; the store stays usable and right.
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

// runUntil runs the study on a store whose every step fails from the given one
// on, as if the process had ended there: no clean-up reaches the disk either.
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
