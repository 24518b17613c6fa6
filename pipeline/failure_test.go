package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

// try runs a plan that may fail.
func (l *lab) try(ctx context.Context, s settings, o pipeline.Options) (*pipeline.Report, error) {
	l.t.Helper()
	e := l.engine()
	p, err := e.Plan(context.Background(), l.graph(s), nil)
	if err != nil {
		l.t.Fatal(err)
	}
	return e.Run(ctx, p, o)
}

// Everything that does not depend on the failure is done. The next run executes
// only the failed and the blocked nodes.
func TestT22KeepGoing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.fail["train/0.01/2"] = errPlanned
	r, err := l.try(context.Background(), basic(), pipeline.Options{Jobs: 2})
	if !errors.Is(err, pipeline.ErrFailed) || !errors.Is(err, errPlanned) || !strings.Contains(err.Error(), "train/0.01/2") {
		t.Errorf("run: %v, want a failure of train/0.01/2", err)
	}
	res := r.Result("train/0.01/2")
	if len(res.Tail) != 2 || !strings.Contains(res.Tail[0], "about to fail") {
		t.Errorf("last lines of the log: %q", res.Tail)
	}
	if text, err := os.ReadFile(res.Log); err != nil || !strings.Contains(string(text), "planned failure") {
		t.Errorf("log: %v %q", err, text)
	}
	if why := r.Result("metric/0.01/2").Why; why != "blocked by train/0.01/2" {
		t.Errorf("metric: %q", why)
	}
	if r.Counts[pipeline.Executed] != 11 || r.Counts[pipeline.Blocked] != 3 {
		t.Errorf("counts %v, want 11 executed and 3 blocked", r.Counts)
	}
	if s := l.plan(basic()).Step("train/0.01/2"); s.State != pipeline.Broken || !strings.Contains(s.Reasons[0], "planned failure") {
		t.Errorf("afterwards the node is %s: %q", s.State, s.Reasons)
	}
	l.executions(store.NodeFinish)
	delete(l.fail, "train/0.01/2")
	l.want("repaired", l.run(basic()), "train/0.01/2", "metric/0.01/2", "aggregate", "figure")
}

// An aggregate that declares its inputs optional runs without the failed one,
// under another key, and runs again when it is there.
func TestT22OptionalInput(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	s := basic()
	s.Optional = true
	l.fail["metric/0.01/2"] = errPlanned
	r, err := l.try(context.Background(), s, pipeline.Options{Jobs: 2})
	if !errors.Is(err, pipeline.ErrFailed) || r.Counts[pipeline.Executed] != 14 || r.Counts[pipeline.Blocked] != 0 {
		t.Fatalf("run: %v, counts %v", err, r.Counts)
	}
	partial := r.Result("aggregate").Action
	r, _ = l.try(context.Background(), s, pipeline.Options{Jobs: 2})
	if r.Counts[pipeline.CutOff] != 2 || r.Counts[pipeline.Executed] != 0 {
		t.Errorf("second try: counts %v, want aggregate and figure cut off", r.Counts)
	}
	l.executions(store.NodeFinish)
	delete(l.fail, "metric/0.01/2")
	l.want("repaired", l.run(s), "metric/0.01/2", "aggregate", "figure")
	if whole := l.plan(s).Step("aggregate").Action; whole == partial {
		t.Error("the aggregate has one key with and without the run")
	}
}

// Everything that a stage may do wrong.
func TestT05BadOutputs(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		run   func(context.Context, *pipeline.Job) error
		check func(output, path string) error
		want  string
	}{
		"nothing written": {func(context.Context, *pipeline.Job) error { return nil }, nil, "output a was not written"},
		"empty": {func(_ context.Context, j *pipeline.Job) error {
			return os.WriteFile(j.Output("a"), nil, 0o644)
		}, nil, "output a is empty"},
		"directory": {func(_ context.Context, j *pipeline.Job) error {
			return os.Mkdir(j.Output("a"), 0o755)
		}, nil, "output a is not a regular file"},
		"link": {func(_ context.Context, j *pipeline.Job) error {
			return os.Symlink("/etc/hostname", j.Output("a"))
		}, nil, "output a is not a regular file"},
		"cut short": {func(_ context.Context, j *pipeline.Job) error {
			return os.WriteFile(j.Output("a"), []byte("PAR1"), 0o644)
		}, func(string, string) error { return errors.New("footer is missing") }, "output a: footer is missing"},
		"panic":       {func(context.Context, *pipeline.Job) error { panic("index out of range") }, nil, "stage panicked: index out of range"},
		"wrong input": {func(_ context.Context, j *pipeline.Job) error { j.Input("b"); return nil }, nil, `no input "b"`},
	} {
		t.Run(what, func(t *testing.T) {
			l := newLab(t)
			stage := &pipeline.Stage{Name: "bad", Package: "bad", Outputs: []string{"a"}, Run: c.run, Check: c.check}
			g, err := pipeline.NewGraph([]*pipeline.Node{{Name: "bad one", Stage: stage}})
			if err != nil {
				t.Fatal(err)
			}
			e := l.engine()
			p, err := e.Plan(context.Background(), g, nil)
			if err != nil {
				t.Fatal(err)
			}
			r, err := e.Run(context.Background(), p, pipeline.Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "bad one") {
				t.Errorf("run: %v, want %q of node bad one", err, c.want)
			}
			if what == "panic" {
				text, _ := os.ReadFile(r.Results[0].Log)
				if !strings.Contains(string(text), "failure_test.go") {
					t.Errorf("no stack in the log: %s", text)
				}
			}
			if blobs, _ := filepath.Glob(filepath.Join(l.dir, "store", "blobs", "*", "*")); len(blobs) > 0 {
				t.Errorf("kept %q", blobs)
			}
		})
	}
}

// Cancelling stops the stages and leaves nothing half done, and the next run
// continues.
func TestT23Cancel(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ctx, cancel := context.WithCancel(context.Background())
	started := make(chan struct{}, 100)
	l.gate = func(ctx context.Context, node string) error {
		if !strings.HasPrefix(node, "train") {
			return nil
		}
		started <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}
	go func() {
		<-started
		<-started
		cancel()
	}()
	r, err := l.try(ctx, basic(), pipeline.Options{Jobs: 2})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("run: %v", err)
	}
	if r.Counts[pipeline.Executed] != 1 || r.Counts[pipeline.Cancelled] != 14 {
		t.Errorf("counts %v, want fetch executed and 14 cancelled", r.Counts)
	}
	if got := l.executions(store.NodeCancel); len(got) != 2 {
		t.Errorf("journal has %q cancelled, want two trainings", got)
	}
	if litter, _ := filepath.Glob(filepath.Join(l.dir, "store", "tmp", "*")); len(litter) > 0 {
		t.Errorf("left behind: %q", litter)
	}
	l.gate = nil
	if got := l.run(basic()); len(got) != 14 {
		t.Errorf("next run executed %q, want all but fetch", got)
	}
}

func TestFailFast(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.fail["fetch"] = errPlanned
	l.fail["train/0.01/3"] = errPlanned
	r, err := l.try(context.Background(), basic(), pipeline.Options{FailFast: true})
	if !errors.Is(err, pipeline.ErrFailed) || r.Counts[pipeline.Failed] != 1 || r.Counts[pipeline.Executed] != 0 {
		t.Errorf("run: %v, counts %v", err, r.Counts)
	}
}

// There are never more workers than requested, and the outcome does not depend
// on their number.
func TestT21Jobs(t *testing.T) {
	t.Parallel()
	hashes := map[string]int{}
	for _, jobs := range []int{1, 2, 7} {
		l := newLab(t)
		// The first trainings wait for one another: as many as there are jobs must
		// run at once, or the test never ends.
		together := min(jobs, 6)
		var arrived atomic.Int64
		all := make(chan struct{})
		l.gate = func(_ context.Context, node string) error {
			if strings.HasPrefix(node, "train/") {
				if arrived.Add(1) == int64(together) {
					close(all)
				}
				<-all
			}
			return nil
		}
		if _, err := l.try(context.Background(), basic(), pipeline.Options{Jobs: jobs}); err != nil {
			t.Fatal(err)
		}
		if l.peak > jobs || l.peak < together {
			t.Errorf("%d jobs: %d stages ran at once", jobs, l.peak)
		}
		hashes[l.figure()]++
	}
	if len(hashes) != 1 {
		t.Errorf("figures differ by the number of jobs: %v", hashes)
	}
}

// 500 runs, 16 at a time: there are never more than that, and they never need
// more memory than there is. The memory is used: a small run passes a large one
// that must wait.
func TestT21MemoryIsKept(t *testing.T) {
	t.Parallel()
	l := bigLab(t)
	const limit = 1000
	need := func(i int) int64 { return []int64{90, 400, 10, 250, 30}[i%5] }
	var mu sync.Mutex
	var used, peak, alive, most int64
	stage := &pipeline.Stage{Name: "run", Package: "run", Outputs: []string{"a"}, Run: func(_ context.Context, job *pipeline.Job) error {
		m := job.Node().Memory
		count := func(by, one int64) {
			mu.Lock()
			defer mu.Unlock()
			used, alive = used+by, alive+one
			if used > limit && alive > 1 {
				t.Errorf("%d stages take %d, there are %d", alive, used, limit)
			}
			peak, most = max(peak, used), max(most, alive)
		}
		count(m, 1)
		defer count(-m, -1)
		time.Sleep(time.Millisecond)
		return os.WriteFile(job.Output("a"), []byte(job.Node().Name), 0o644)
	}}
	var nodes []*pipeline.Node
	for i := range 500 {
		nodes = append(nodes, &pipeline.Node{Name: fmt.Sprint("run/", i), Stage: stage, Params: struct{ I int }{i}, Memory: need(i)})
	}
	nodes = append(nodes, &pipeline.Node{Name: "giant", Stage: stage, Params: struct{ I int }{-1}, Memory: 5 * limit})
	g, err := pipeline.NewGraph(nodes)
	if err != nil {
		t.Fatal(err)
	}
	e := l.engine()
	p, err := e.Plan(context.Background(), g, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(context.Background(), p, pipeline.Options{Jobs: 16, Memory: limit}); err != nil {
		t.Fatal(err)
	}
	if most > 16 || most < 4 {
		t.Errorf("%d stages at once, want at most 16, and several", most)
	}
	if peak != 5*limit {
		t.Errorf("the most memory in use was %d; the giant, alone, takes %d", peak, 5*limit)
	}
}

// The longest nodes run first, once the journal knows how long a unit of cost
// takes.
func TestLongestFirst(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.run(basic())
	l.code["train"] = "2"
	l.seen = 0
	if _, err := l.try(context.Background(), basic(), pipeline.Options{Jobs: 1}); err != nil {
		t.Fatal(err)
	}
	events, _, _ := l.store().Journal()
	var order []string
	for _, e := range events {
		if e.Kind == store.NodeStart && e.Stage == "train" {
			order = append(order, e.Node)
		}
	}
	got := strings.Join(order[6:], " ")
	want := "train/0.001/3 train/0.01/3 train/0.001/2 train/0.01/2 train/0.001/1 train/0.01/1"
	if got != want {
		t.Errorf("order %s, want %s", got, want)
	}
}

// What was begun is finished before something new begins, so that a run which
// is cut off leaves whole results, and archives that are released never lie in
// the store by the dozen.
func TestBegunIsFinishedFirst(t *testing.T) {
	t.Parallel()
	for _, jobs := range []int{1, 3} {
		l := releasing(t)
		l.run(basic()) // the journal knows now that trainings take longer
		others := basic()
		others.Seeds = []int{4, 5, 6}
		l.seen = 0
		before, _, _ := l.store().Journal()
		if _, err := l.try(context.Background(), others, pipeline.Options{Jobs: jobs}); err != nil {
			t.Fatal(err)
		}
		events, _, _ := l.store().Journal()
		trained, measured, most := 0, 0, 0
		for _, e := range events[len(before):] {
			switch {
			case e.Kind == store.NodeStart && e.Stage == "train":
				most = max(most, trained-measured)
			case e.Kind == store.NodeFinish && e.Stage == "train":
				trained++
			case e.Kind == store.NodeFinish && e.Stage == "metric":
				measured++
			}
		}
		if trained != 6 || measured != 6 || most >= jobs {
			t.Errorf("%d jobs: %d trained, %d measured; a training began beside %d that were not measured, want fewer than %d", jobs, trained, measured, most, jobs)
		}
	}
}
