package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

// The same study with and without workers gives the same files. Each node runs
// once, in no more processes than there are jobs.
func TestT01WorkersGiveTheSame(t *testing.T) {
	t.Parallel()
	alone, l := newLab(t), newLab(t)
	alone.run(basic())
	r, err := l.try(context.Background(), basic(), pipeline.Options{Jobs: 3, Workers: l.workers(basic(), nil)})
	if err != nil || r.Counts[pipeline.Executed] != wholeStudy {
		t.Fatalf("run: %v, counts %v", err, r.Counts)
	}
	if got, want := outputs(l.plan(basic())), outputs(alone.plan(basic())); got != want {
		t.Errorf("outputs with workers\n%s\nwithout\n%s", got, want)
	}
	if logs, _ := filepath.Glob(filepath.Join(l.dir, "store", "logs", "*", "*")); len(logs) > 0 {
		t.Errorf("stages that said nothing left logs: %q", logs)
	}
	if pids := l.pids(); len(pids) > 3 {
		t.Errorf("%d processes for 3 jobs", len(pids))
	}
	l.allGone()
	events, _, _ := l.store().Journal()
	for _, e := range events {
		if e.Kind == store.NodeFinish && e.Memory < 1<<20 {
			t.Errorf("%s: the journal says it took %d bytes", e.Node, e.Memory)
		}
	}
	l.seen = 0
	if got := l.executions(store.NodeFinish); len(slices.Compact(got)) != wholeStudy {
		t.Errorf("executed %q, want each of %d nodes once", got, wholeStudy)
	}
}

func (l *lab) pids() (list []int) {
	names, _ := filepath.Glob(filepath.Join(l.dir, "pids", "*"))
	for _, name := range names {
		pid, _ := strconv.Atoi(filepath.Base(name))
		list = append(list, pid)
	}
	return list
}

// allGone waits a little for the workers to be gone: an orphan belongs to init,
// which may take its time to reap it.
func (l *lab) allGone() {
	l.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for _, pid := range l.pids() {
		for syscall.Kill(pid, 0) == nil && !zombie(pid) {
			if time.Now().After(deadline) {
				l.t.Errorf("process %d is still there", pid)
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func zombie(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(text), ") ")
	return err == nil && strings.HasPrefix(rest, "Z")
}

// T24: whatever a stage does to its process, only its node fails, by name, and
// the next run does it and the nodes that it blocked.
func TestT24ContainedStages(t *testing.T) {
	t.Parallel()
	for how, want := range map[string]string{
		"panic":           "stage panicked: index out of range",
		"panic elsewhere": "exit status 2: panic: index out of range, in a goroutine",
		"exit":            "ended its process, exit status 3",
		"exit well":       "ended its process, exit status 0",
		"kill":            "killed from outside, signal: killed",
		"hang":            "the stage hung, and was killed: no progress and no line of its log for 6s",
		"memory":          "fatal error: ",
		"children":        "ended its process, exit status 4",
		"planned failure": "planned failure",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			if how == "hang" {
				l.silence = 6 * time.Second // a busy machine may make the others wait, too
			}
			trouble := map[string]string{"train/0.01/2": how}
			r, err := l.try(context.Background(), basic(), pipeline.Options{Jobs: 2, Workers: l.workers(basic(), trouble)})
			if !errors.Is(err, pipeline.ErrFailed) || !strings.Contains(err.Error(), "train/0.01/2") || !strings.Contains(err.Error(), want) {
				t.Errorf("run: %v, want %q of train/0.01/2", err, want)
			}
			if r.Counts[pipeline.Executed] != 11 || r.Counts[pipeline.Failed] != 1 || r.Counts[pipeline.Blocked] != 3 {
				t.Errorf("counts %v, want 11 executed, 1 failed and 3 blocked", r.Counts)
			}
			l.wantFailure(r.Result("train/0.01/2"), want)
			l.allGone()
			l.checkClean()
			l.executions(store.NodeFinish)
			l.want("repaired", l.run(basic()), "train/0.01/2", "metric/0.01/2", "aggregate", "figure")
		})
	}
}

// wantFailure looks for a failure in the journal and in its log file.
func (l *lab) wantFailure(res pipeline.NodeResult, want string) {
	l.t.Helper()
	events, _, err := l.store().Journal()
	if err != nil {
		l.t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind != store.NodeFail || e.Node != res.Name {
			continue
		}
		if !strings.Contains(e.Error, want) || e.Log != res.Log || !slices.Equal(e.Tail, res.Tail) || len(e.Tail) == 0 || len(e.Tail) > 20 {
			l.t.Errorf("journal: %+v", e)
		}
		if text, err := os.ReadFile(e.Log); err != nil || !strings.Contains(string(text), want) {
			l.t.Errorf("log: %v: %s", err, text)
		}
		return
	}
	l.t.Errorf("the journal has no failure of %s", res.Name)
}

// What a stage prints is in its log and does no harm.
func TestT24PrintingStage(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	trouble := map[string]string{"train/0.01/2": "print"}
	r, err := l.try(context.Background(), basic(), pipeline.Options{Jobs: 2, Workers: l.workers(basic(), trouble)})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(r.Result("train/0.01/2").Log)
	for _, want := range []string{"to standard output", "to standard error", "past the package os"} {
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("log: %v: %s, want %q", err, text, want)
		}
	}
}

// If no worker can be started, the run ends at once, with one cause.
func TestT24NoWorkers(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		command func() (*exec.Cmd, error)
		setup   string
		want    string
	}{
		"no program": {command: func() (*exec.Cmd, error) { return exec.Command("/nowhere/at/all"), nil }, want: "no such file"},
		"no graph":   {setup: "parameters are gone", want: "start worker process: parameters are gone"},
		"ends": {command: func() (*exec.Cmd, error) { return exec.Command("sh", "-c", "echo oh dear >&2; exit 9"), nil },
			want: "exit status 9"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			w := l.workers(basic(), map[string]string{"setup": c.setup})
			if c.command != nil {
				w.Command = c.command
			}
			r, err := l.try(context.Background(), basic(), pipeline.Options{Jobs: 2, Workers: w})
			if err == nil || !strings.Contains(err.Error(), c.want) || r.Counts[pipeline.Failed] != 1 {
				t.Errorf("run: %v, counts %v; want one failure with %q", err, r.Counts, c.want)
			}
			l.want("afterwards", l.run(basic())[:1], "aggregate")
		})
	}
}

// A worker with another graph refuses to work.
func TestT24OtherGraph(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	other := basic()
	other.Data = "other"
	_, err := l.try(context.Background(), basic(), pipeline.Options{Jobs: 2, Workers: l.workers(other, nil)})
	if err == nil || !strings.Contains(err.Error(), "another node fetch") {
		t.Errorf("run: %v", err)
	}
}

// T23: stages that do not stop when they are told to are killed.
func TestT23DeafStage(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	trouble := map[string]string{"train/0.01/2": "deaf"}
	ctx, cancel := context.WithCancel(context.Background())
	var other sync.WaitGroup
	other.Go(func() {
		for i := 0; i == 0; time.Sleep(10 * time.Millisecond) {
			events, _, _ := l.store().Journal()
			i = slices.IndexFunc(events, func(e store.Event) bool { return e.Kind == store.NodeStart && e.Node == "train/0.01/2" }) + 1
		}
		time.Sleep(time.Second) // the worker needs time to receive the request
		cancel()
	})
	defer other.Wait()
	start := time.Now()
	_, err := l.try(ctx, basic(), pipeline.Options{Jobs: 2, Workers: l.workers(basic(), trouble)})
	if !errors.Is(err, context.Canceled) || errors.Is(err, pipeline.ErrFailed) {
		t.Errorf("run: %v, want a cancellation and no failure", err)
	}
	if d := time.Since(start); d > 30*time.Second {
		t.Errorf("it took %v to stop", d)
	}
	l.allGone()
	l.seen = 0
	if got := l.executions(store.NodeCancel); !slices.Contains(got, "train/0.01/2") {
		t.Errorf("the journal calls %q cancelled", got)
	}
	l.checkClean()
}

// T1: kill -9 of workers at random moments. Their nodes fail, by name, and the
// next runs do them. No completed node is done again.
func TestT01KilledWorkers(t *testing.T) {
	t.Parallel()
	undisturbed := newLab(t)
	undisturbed.run(basic())
	l := newLab(t)
	l.pause = 20 * time.Millisecond
	for range rounds(3, 30) {
		stop := make(chan struct{})
		var killer sync.WaitGroup
		killer.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(35 * time.Millisecond):
				}
				for _, pid := range l.pids() {
					os.Remove(filepath.Join(l.dir, "pids", strconv.Itoa(pid))) // pids are reused
					syscall.Kill(pid, syscall.SIGKILL)
				}
			}
		})
		for {
			r, err := l.try(context.Background(), basic(), pipeline.Options{Jobs: 2, Workers: l.workers(basic(), nil)})
			if err == nil {
				break
			}
			if !errors.Is(err, pipeline.ErrFailed) || !strings.Contains(err.Error(), "signal: killed") {
				t.Fatalf("run: %v", err)
			}
			if r.Counts[pipeline.Failed] == 0 || r.Counts[pipeline.Cancelled] > 0 {
				t.Errorf("counts %v", r.Counts)
			}
		}
		close(stop)
		killer.Wait()
		l.checkOnce()
		if got, want := outputs(l.plan(basic())), outputs(undisturbed.plan(basic())); got != want {
			t.Errorf("outputs after kills\n%s\nundisturbed\n%s", got, want)
		}
		l.allGone()
		os.RemoveAll(filepath.Join(l.dir, "pids"))
		l.checkClean()
		l.dir = t.TempDir()
	}
}
