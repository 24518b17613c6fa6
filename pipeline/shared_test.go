package pipeline_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

// shared mounts one directory as several machines would see it: names,
// attributes and absent names are cached for a minute, and locks hold only
// within a mount, as on NFS with its usual settings and nolock. The kernel's
// own NFS is not available everywhere, but bindfs, a Debian package, is.
func shared(t *testing.T, mounts int) (folder string, seen []string) {
	t.Helper()
	why := ""
	if os.Getuid() != 0 {
		why = "only root can mount and have another host name"
	} else if _, err := exec.LookPath("bindfs"); err != nil {
		why = "no bindfs, which is a package of Debian"
	}
	if why != "" {
		absent(t, "bindfs", why)
	}
	folder = t.TempDir()
	for range mounts {
		at := t.TempDir()
		out, err := exec.Command("bindfs", "-o", "attr_timeout=60,entry_timeout=60,negative_timeout=60", folder, at).CombinedOutput()
		if err != nil {
			t.Fatalf("bindfs: %v: %s", err, out)
		}
		t.Cleanup(func() { exec.Command("umount", "-l", at).Run() })
		seen = append(seen, at)
	}
	return folder, seen
}

// onHost makes a process call itself another machine.
func onHost(host string, cmd *exec.Cmd) *exec.Cmd {
	again := exec.Command("unshare", "-u", "sh", "-c", "hostname "+host+` && exec "$@"`, "sh", cmd.Path)
	again.Env = cmd.Env
	return again
}

// T41: a run on another host keeps this host out of a store and is named in the
// error, even if neither locks nor new names come through. A dead run does not.
func TestT41ForeignHost(t *testing.T) {
	t.Parallel()
	folder, seen := shared(t, 3)
	under := newLab(t)
	under.dir = folder
	at := func(i int) *lab { return &lab{t: t, dir: seen[i], code: versions{}, fail: map[string]error{}} }
	first := onHost("n1", at(0).driver(driveSetup{labSetup: labSetup{Pause: time.Minute}, Jobs: 1}))
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	defer first.Wait()
	defer first.Process.Kill()
	for deadline := time.Now().Add(time.Minute); len(under.events(store.NodeStart)) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the first driver has not begun")
		}
	}
	out, err := onHost("n2", at(1).driver(driveSetup{})).CombinedOutput()
	if err == nil || !strings.Contains(string(out), `a run on another host is at work on the store: on "n1"`) ||
		strings.Count(string(out), "started") > 0 {
		t.Errorf("the second host: %v: %s", err, out)
	}
	if dirs, _ := filepath.Glob(filepath.Join(folder, "store", "tmp", "*-*")); len(dirs) != 2 {
		t.Errorf("beside the first run's directory and lock there is %q", dirs)
	}
	if out, err := onHost("n2", at(1).driver(driveSetup{Ask: true})).CombinedOutput(); err != nil {
		t.Errorf("the second host may ask: %v: %s", err, out)
	}
	first.Process.Kill()
	first.Wait()
	locks, _ := filepath.Glob(filepath.Join(folder, "store", "tmp", "*.lock"))
	if len(locks) != 1 {
		t.Fatalf("locks %q", locks)
	}
	long := time.Now().Add(-3 * time.Minute)
	if err := os.Chtimes(locks[0], long, long); err != nil {
		t.Fatal(err)
	}
	if out, err := onHost("n3", at(2).driver(driveSetup{Jobs: 2})).CombinedOutput(); err != nil {
		t.Errorf("with the first one dead: %v: %s", err, out)
	}
	if n := len(under.events(store.NodeFinish)); n != wholeStudy {
		t.Errorf("%d nodes finished, want %d", n, wholeStudy)
	}
	under.wholeRecords("in the end")
}

// T41: hosts with a store each and the shared directory between them give the
// same results, at the same time.
func TestT41SharedSecondLevel(t *testing.T) {
	t.Parallel()
	folder, seen := shared(t, 2)
	alone := newLab(t)
	alone.run(basic())
	labs := make([]*lab, len(seen))
	ended := make(chan error)
	for i, dir := range seen {
		labs[i] = newLab(t)
		labs[i].far = "file://" + dir
		go func() {
			e := labs[i].engine()
			p, err := e.Plan(context.Background(), labs[i].graph(basic()), nil)
			if err == nil {
				_, err = e.Run(context.Background(), p, pipeline.Options{Jobs: 2})
			}
			ended <- err
		}()
	}
	for range labs {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	for _, l := range labs {
		if got, want := outputs(l.plan(basic())), outputs(alone.plan(basic())); got != want {
			t.Errorf("outputs\n%s\nalone\n%s", got, want)
		}
	}
	for _, l := range labs {
		for _, note := range l.notes {
			fetched := strings.HasPrefix(note, "fetching ")         // what the other host did first
			slow := strings.Contains(note, " still being pushed, ") // said now and then until everything is
			if !fetched && !slow {
				t.Errorf("note: %q", note)
			}
		}
	}
	third := newLab(t)
	third.far = "file://" + folder
	third.want("a third host", third.run(basic()))
}

// T41: workers that see the store's directory through a mount of their own,
// which caches names and sizes, give the same results.
func TestT41WorkersOnSharedFolder(t *testing.T) {
	t.Parallel()
	_, seen := shared(t, 2)
	alone := newLab(t)
	alone.run(basic())
	l := newLab(t)
	l.dir = seen[0]
	l.launch = fmt.Sprintf(`unshare -m sh -c 'mount --bind %s %s && exec "$@"' sh`, seen[1], seen[0])
	for range 2 { // the second time, all names have been seen before and half of the files are gone
		r, err := l.try(context.Background(), basic(), pipeline.Options{Jobs: 3, Workers: l.workers(basic(), nil)})
		if err != nil {
			t.Fatalf("run: %v, counts %v", err, r.Counts)
		}
		if n := len(l.events(store.NodeRetry)); n > 0 {
			t.Errorf("%d tries were lost", n)
		}
		if got, want := outputs(l.plan(basic())), outputs(alone.plan(basic())); got != want {
			t.Errorf("outputs\n%s\nalone\n%s", got, want)
		}
		for _, node := range []string{"train/0.01/2", "metric/0.01/3"} {
			step := l.plan(basic()).Step(node)
			os.Remove(l.store().RecordPath(step.Action))
			for _, o := range step.Outputs {
				os.Remove(l.store().BlobPath(o.Content))
			}
		}
	}
}
