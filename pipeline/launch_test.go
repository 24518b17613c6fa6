package pipeline_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
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

// apart starts a program that does not see a directory, as if it were on a
// machine that shares no directory with this one.
func apart(t *testing.T, dir string) string {
	t.Helper()
	unshare := "unshare -m"
	if os.Getuid() != 0 {
		unshare = "unshare -Urm"
	}
	if out, err := exec.Command("sh", "-c", unshare+" mount -t tmpfs none /mnt").CombinedOutput(); err != nil {
		absent(t, "slurm", fmt.Sprintf("no mount namespace: %v: %s", err, out))
	}
	return fmt.Sprintf(`%s sh -c 'mount -t tmpfs none %s && exec "$@"' sh`, unshare, dir)
}

// events returns the journal's events of one kind.
func (l *lab) events(kind store.EventKind) (list []store.Event) {
	l.t.Helper()
	events, _, err := l.store().Journal()
	if err != nil {
		l.t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind == kind {
			list = append(list, e)
		}
	}
	return list
}

// Whatever starts the workers, and whether they share the store's directory or
// not, the bytes are the same, each node is done once, the host is in the
// journal, the record and the report, and the temporary directory is left
// empty.
func TestT37LaunchedWorkersGiveTheSame(t *testing.T) {
	t.Parallel()
	alone := newLab(t)
	alone.run(basic())
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range []string{"env", "shell", "ssh", "apart", "another host"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			l, host := newLab(t), host
			temp := t.TempDir()
			l.launch = how
			switch how {
			case "shell":
				l.launch = `sh -c 'exec "$@"' shell`
			case "ssh":
				l.launch = ssh(t)
			case "apart":
				l.launch = apart(t, l.dir)
			case "another host":
				if os.Getuid() != 0 {
					absent(t, "slurm", "only root can have another host name")
				}
				host = "node7"
				l.launch = `unshare -u sh -c 'hostname node7 && exec "$@"' sh`
			}
			l.launch = "env TMPDIR=" + temp + " " + l.launch
			r, err := l.try(context.Background(), basic(), pipeline.Options{Jobs: 3, Workers: l.workers(basic(), nil)})
			if err != nil || r.Counts[pipeline.Executed] != wholeStudy {
				t.Fatalf("run: %v, counts %v", err, r.Counts)
			}
			if got, want := outputs(l.plan(basic())), outputs(alone.plan(basic())); got != want {
				t.Errorf("outputs\n%s\nwithout workers\n%s", got, want)
			}
			l.allGone()
			for _, kind := range []store.EventKind{store.NodeStart, store.NodeFinish} {
				events := l.events(kind)
				if len(events) != wholeStudy {
					t.Errorf("%d events %s, want %d", len(events), kind, wholeStudy)
				}
				for _, e := range events {
					if want := map[bool]string{false: host}[e.Node == "fetch"]; e.Host != want {
						t.Errorf("%s of %s on %q, want %q", e.Kind, e.Node, e.Host, want)
					}
				}
			}
			if got := r.Result("train/0.01/2").Host; got != host {
				t.Errorf("the report has host %q, want %q", got, host)
			}
			why, err := l.engine().Why(context.Background(), l.graph(basic()), "train/0.01/2", false)
			if err != nil || !strings.Contains(why, host) {
				t.Errorf("why: %v: it does not name %q:\n%s", err, host, why)
			}
			// A worker that had nothing to do is not among those that allGone
			// waits for, and beyond ssh it ends a little later than the run.
			left, deadline := []string{temp}, time.Now().Add(10*time.Second)
			for len(left) > 0 && time.Now().Before(deadline) {
				if left, _ = filepath.Glob(filepath.Join(temp, "*")); len(left) > 0 {
					time.Sleep(10 * time.Millisecond)
				}
			}
			if len(left) > 0 {
				t.Errorf("left in the temporary folder: %q", left)
			}
			l.checkClean()
		})
	}
}

// Kill -9 of workers at random moments costs no node: another worker does what
// was lost, and no node is recorded twice.
func TestT37LostWorkers(t *testing.T) {
	t.Parallel()
	undisturbed := newLab(t)
	undisturbed.run(basic())
	for _, how := range []string{"env", "apart"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			for range rounds(2, 20) {
				l := newLab(t)
				l.pause = 100 * time.Millisecond
				l.launch = how
				if how == "apart" {
					l.launch = apart(t, filepath.Join(l.dir, "store")) // the pids stay visible
				}
				lost := l.killWorkers(3, syscall.SIGKILL)
				r, err := l.try(context.Background(), basic(), pipeline.Options{Jobs: 2, Workers: l.workers(basic(), nil)})
				if err != nil || r.Counts[pipeline.Executed] != wholeStudy {
					t.Fatalf("run: %v, counts %v", err, r.Counts)
				}
				if n := lost(); n != 3 {
					t.Errorf("%d workers were killed, want 3", n)
				}
				if retries := l.events(store.NodeRetry); len(retries) == 0 || len(retries) > 3 || retries[0].Host == "" ||
					!strings.Contains(retries[0].Error, "lost") {
					t.Errorf("the journal has %d retries: %+v", len(retries), retries)
				}
				if n := len(l.events(store.NodeFinish)); n != wholeStudy {
					t.Errorf("%d nodes finished, want %d", n, wholeStudy)
				}
				if got, want := outputs(l.plan(basic())), outputs(undisturbed.plan(basic())); got != want {
					t.Errorf("outputs after kills\n%s\nundisturbed\n%s", got, want)
				}
				l.allGone()
				l.checkClean()
			}
		})
	}
}

// killWorkers sends a signal to some of the launched workers while they work,
// once to each. The function that it returns waits and returns their number.
func (l *lab) killWorkers(most int, signal syscall.Signal) (killed func() int) {
	stop := make(chan struct{})
	var wait sync.WaitGroup
	n := 0
	wait.Go(func() {
		for len(l.events(store.NodeFinish)) == 0 { // a worker on this machine does the first node
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
		os.RemoveAll(filepath.Join(l.dir, "pids"))
		for n < most {
			select {
			case <-stop:
				return
			case <-time.After(60 * time.Millisecond):
			}
			if pids := l.pids(); len(pids) > 0 {
				os.Remove(filepath.Join(l.dir, "pids", strconv.Itoa(pids[0])))
				if syscall.Kill(pids[0], signal) == nil {
					n++
				}
			}
		}
	})
	return func() int {
		close(stop)
		wait.Wait()
		return n
	}
}

// A stage that fails is not retried, unlike one whose worker is lost. A node
// that loses every worker is considered the cause after five, and costs no
// other node.
func TestT37LostIsNotFailed(t *testing.T) {
	t.Parallel()
	for how, want := range map[string]struct {
		starts int
		text   string
	}{
		"panic":           {1, "stage panicked: index out of range"},
		"panic elsewhere": {1, "panic: index out of range, in a goroutine"},
		"planned failure": {1, "planned failure"},
		"memory":          {1, "fatal error: "},
		"kill":            {5, "5 workers were lost with it"},
		"exit":            {5, "5 workers were lost with it"},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.launch = "env"
			r, err := l.try(context.Background(), basic(),
				pipeline.Options{Jobs: 2, Workers: l.workers(basic(), map[string]string{"train/0.01/2": how})})
			if !errors.Is(err, pipeline.ErrFailed) || !strings.Contains(err.Error(), want.text) {
				t.Errorf("run: %v, want %q", err, want.text)
			}
			if r.Counts[pipeline.Executed] != 11 || r.Counts[pipeline.Failed] != 1 || r.Counts[pipeline.Blocked] != 3 {
				t.Errorf("counts %v, want 11 executed, 1 failed and 3 blocked", r.Counts)
			}
			starts := 0
			for _, e := range l.events(store.NodeStart) {
				if e.Node == "train/0.01/2" {
					starts++
				}
			}
			if starts != want.starts {
				t.Errorf("it was begun %d times, want %d", starts, want.starts)
			}
			l.allGone()
			l.checkClean()
		})
	}
}

// Commands that start no worker, or another program, end the run with the
// cause.
func TestT37NoLaunchedWorkers(t *testing.T) {
	t.Parallel()
	other := filepath.Join(t.TempDir(), "other")
	text, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(other, append(text, 0), 0o755); err != nil {
		t.Fatal(err)
	}
	for how, want := range map[string]string{
		"/nowhere/at/all":                     "not found",
		"false":                               "exit status 1",
		"sh -c 'echo oh dear >&2; exit 9' sh": "exit status 9: it said oh dear",
		"sh -c 'exec env SPARSEL_TEST_WORKER=1 " + other + "' sh":           "is another program than the driver's",
		`sh -c 'echo "{\"hello\":{\"machine\":{}}}"; exec "$@"' sh`:         "starts several workers",
		`sh -c 'echo "{\"hello\":{\"machine\":{}}}"; exec sleep 0.1' shell`: "it ended at once",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.launch = how
			r, err := l.try(context.Background(), basic(), pipeline.Options{Jobs: 2, Workers: l.workers(basic(), nil)})
			if err == nil || !strings.Contains(err.Error(), "start worker process") || !strings.Contains(err.Error(), want) ||
				r.Counts[pipeline.Failed] != 1 {
				t.Errorf("run: %v, counts %v; want one failure with %q", err, r.Counts, want)
			}
			l.allGone()
			l.checkClean()
		})
	}
}

// If workers cannot start on one machine of several, that costs only a line.
func TestT37SomeDoNotStart(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.launch = `sh -c 'test $SPARSEL_SLOT != 2 || exit 7; exec "$@"' sh`
	r, err := l.try(context.Background(), basic(), pipeline.Options{Jobs: 3, Workers: l.workers(basic(), nil)})
	if err != nil || r.Counts[pipeline.Executed] != wholeStudy {
		t.Fatalf("run: %v, counts %v", err, r.Counts)
	}
}

// A worker that is cut off, here by stopping it, is lost after a minute, and
// its node is done elsewhere. What the worker does afterwards reaches nobody.
func TestT37MuteWorker(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.pause, l.launch = time.Second, "env"
	stopped := l.killWorkers(1, syscall.SIGSTOP)
	r, err := l.try(context.Background(), basic(), pipeline.Options{Jobs: 2, Workers: l.workers(basic(), nil)})
	if err != nil || r.Counts[pipeline.Executed] != wholeStudy || stopped() != 1 {
		t.Fatalf("run: %v, counts %v", err, r.Counts)
	}
	retries := l.events(store.NodeRetry)
	if len(retries) != 1 || !strings.Contains(retries[0].Error, "nothing was heard from it for 1m0s") {
		t.Errorf("retries %+v", retries)
	}
	l.allGone()
	l.checkClean()
}

// A driver that is killed leaves no worker running for longer than a minute,
// even if the program that started the worker holds its standard input open.
func TestT37KilledDriver(t *testing.T) {
	t.Parallel()
	for how, most := range map[string]time.Duration{
		"env": 10 * time.Second,
		"ssh": 10 * time.Second,
		`sh -c '{ cat; exec sleep 70; } | setsid "$@"' sh`: time.Minute,
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			launch := how
			if how == "ssh" {
				launch = ssh(t)
			}
			d := driveSetup{labSetup: labSetup{Trouble: map[string]string{"train/0.01/2": "deaf", "train/0.01/3": "deaf"}}, Jobs: 2, Workers: true,
				Launch: launch}
			cmd := l.driver(d)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
				begun := 0
				for _, e := range l.events(store.NodeStart) {
					if strings.HasPrefix(e.Node, "train/0.01/") && e.Node != "train/0.01/1" {
						begun++
					}
				}
				if begun == 2 {
					break
				}
				if time.Now().After(deadline) {
					t.Fatal("the driver has not begun")
				}
			}
			time.Sleep(time.Second)
			cmd.Process.Kill()
			cmd.Wait()
			killed := time.Now()
			pids := l.pids()
			if len(pids) == 0 {
				t.Fatal("there were no workers")
			}
			for slices.ContainsFunc(pids, func(pid int) bool { return syscall.Kill(pid, 0) == nil && !zombie(pid) }) {
				if time.Since(killed) > most {
					t.Fatalf("workers %v are there %v after their driver", pids, most)
				}
				time.Sleep(50 * time.Millisecond)
			}
			l.launch = ""
			l.executions(store.NodeFinish)
			l.run(basic())
			l.checkClean()
		})
	}
}

// A worker whose driver has gone before the first reply leaves nothing behind.
func TestT37DriverGoneAtOnce(t *testing.T) {
	t.Parallel()
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	l := newLab(t)
	setup, err := json.Marshal(labSetup{Dir: l.dir, Settings: basic(), Code: l.code})
	if err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SPARSEL_TEST_WORKER=1", "TMPDIR="+temp)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil { // it is there
		t.Fatal(err)
	}
	out.Close()
	probe := filepath.Join(l.dir, "probe")
	if _, err := fmt.Fprintf(in, `{"setup":%s,"launch":{"program":"%x","probe":%q,"nonce":"00"}}`+"\n", setup, sha256.Sum256(program), probe); err != nil {
		t.Fatal(err)
	}
	// The worker makes its folder before it replies, and removes it when the
	// reply fails, which may be too soon for this loop to see it.
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if made, _ := filepath.Glob(filepath.Join(temp, "*", "in")); len(made) > 0 || zombie(cmd.Process.Pid) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the worker has not begun")
		}
	}
	time.Sleep(200 * time.Millisecond) // for the reply to come before the end of the input, where a worker used to die
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("the worker ended with %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(temp, "*")); len(left) > 0 {
		t.Errorf("left in the temporary folder: %q", left)
	}
}
