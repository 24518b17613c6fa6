package pipeline_test

import (
	"bufio"
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

// Two processes on one store share the work; each node runs once.
func TestT19TwoProcesses(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if out, err := l.driver(driveSetup{Jobs: 2, labSetup: labSetup{Pause: 20 * time.Millisecond}}).Output(); err != nil {
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
	cmd := l.driver(driveSetup{labSetup: labSetup{Pause: time.Hour}})
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
