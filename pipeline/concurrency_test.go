package pipeline_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

// Two processes on one store share the work, and each node runs once.
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
	// Queries are answered in the meantime.
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

// One process is asked for everything, another one for one figure's data. The
// second does what it needs, or waits for the first to do it.
func TestT19WholeAndPart(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	part := []string{"metric/0.01/2", "metric/0.01/3"}
	var wg sync.WaitGroup
	for _, targets := range [][]string{nil, part, part} {
		wg.Go(func() {
			d := driveSetup{Jobs: 2, Targets: targets, labSetup: labSetup{Pause: 20 * time.Millisecond}}
			if out, err := l.driver(d).Output(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	wg.Wait()
	got := l.executions(store.NodeFinish)
	if once := slices.Compact(slices.Clone(got)); len(got) != wholeStudy || len(once) != wholeStudy {
		t.Errorf("executed %q, want each of %d nodes once", got, wholeStudy)
	}
	l.want("afterwards", l.run(basic()))
}

// The same within one process, where flock must also exclude the other engine.
func TestT19TwoEngines(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.gate = func(context.Context, string) error { time.Sleep(5 * time.Millisecond); return nil }
	var wg sync.WaitGroup
	for range 2 {
		p := l.plan(basic())
		wg.Go(func() {
			r, err := l.engine().Run(context.Background(), p, pipeline.Options{Jobs: 3})
			// What the other had finished when this one began counts as cut off.
			if err != nil || r.Counts[pipeline.Executed]+r.Counts[pipeline.Shared]+r.Counts[pipeline.CutOff] != wholeStudy {
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

// A lock is held by whoever holds the flock, whatever the file or its name
// says. The lock of a dead process is free even if a living process has its
// number, such as this process or the first one of all.
func TestT20ReusedProcessID(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.code["figure"] = "1"
	p := l.plan(basic())
	locks, tmp := filepath.Join(l.dir, "store", "locks"), filepath.Join(l.dir, "store", "tmp")
	var left []string
	for _, s := range p.Steps {
		if s.Action != (pipeline.ActionID{}) {
			left = append(left, filepath.Join(locks, s.Action.String()))
		}
	}
	run := "20200101T000000Z-abcdef"
	left = append(left, filepath.Join(tmp, run+".lock"), filepath.Join(tmp, run, "1"))
	for _, path := range left {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, pid := range []int{os.Getpid(), 1} {
			if err := os.WriteFile(path, fmt.Appendf(nil, "%d\n", pid), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := l.run(basic()); len(got) != wholeStudy {
		t.Errorf("executed %d nodes, want %d", len(got), wholeStudy)
	}
	l.checkClean()
}
