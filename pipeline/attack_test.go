package pipeline_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sparsel/pipeline"
)

// An attacker attacks one lab in every possible way, again and again. After
// each attack it checks the same promise: a paranoid run repairs everything, an
// audit then finds nothing, and the results are those of an undisturbed lab.
type attacker struct {
	*lab
	rng   *rand.Rand
	want  string
	calls []string // system calls of the file layer that can be made to fail
	count map[string]int
}

// start returns a driver process that does ordinary work.
func (a *attacker) start(d driveSetup) *exec.Cmd {
	d.Jobs, d.Workers = 1+a.rng.IntN(3), a.rng.IntN(4) == 0
	d.Pause = time.Duration(a.rng.IntN(3)) * time.Millisecond
	if a.rng.IntN(2) == 0 {
		d.Settings = basic()
		d.Settings.Colour = []string{"red", "green", "blue"}[a.rng.IntN(3)]
		d.Settings.Round = 5 + a.rng.IntN(2)
	}
	switch a.rng.IntN(6) {
	case 0:
		d.Ask = true
	case 1:
		d.Paranoid = true
	}
	return a.driver(d)
}

// run carries out a command that may end in any way but a crash or a hang.
func (a *attacker) run(what string, cmd *exec.Cmd, killAfter time.Duration) {
	a.t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // strace leaves the processes that it traces behind
	if err := cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	limit := killAfter
	if limit == 0 {
		limit = 3 * time.Minute
	}
	timer := time.AfterFunc(limit, func() {
		if killAfter == 0 {
			a.t.Errorf("%s: it hangs", what)
		}
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	})
	_ = cmd.Wait() // its output is what counts
	timer.Stop()
	if text := out.String(); strings.Contains(text, "panic:") || strings.Contains(text, "fatal error:") ||
		strings.Contains(text, "[running]") {
		a.t.Errorf("%s: it crashed: %s", what, text)
	}
}

// kill ends a driver at a random moment.
func (a *attacker) kill() string {
	after := time.Duration(1+a.rng.IntN(300)) * time.Millisecond
	what := fmt.Sprintf("kill after %v", after)
	a.run(what, a.start(driveSetup{}), after)
	return what
}

// killAtStep ends a driver before a random step of the file layer.
func (a *attacker) killAtStep() string {
	step := 1 + a.rng.Int64N(400)
	what := fmt.Sprintf("kill before step %d", step)
	a.run(what, a.start(driveSetup{KillAt: step}), 0)
	return what
}

// failingCall makes one system call of a driver fail, or all of a kind from
// some point on.
func (a *attacker) failingCall() string {
	call := a.calls[a.rng.IntN(len(a.calls))]
	errno := []string{"EIO", "ENOSPC", "EACCES", "EDQUOT", "EROFS"}[a.rng.IntN(5)]
	when := fmt.Sprint(1 + a.rng.IntN(200))
	if a.rng.IntN(2) == 0 {
		when += "+"
	}
	what := fmt.Sprintf("%s of %s, number %s", errno, call, when)
	cmd := a.start(driveSetup{})
	traced := exec.Command("strace", injection(call, errno, when, cmd.Path)...)
	traced.Env = cmd.Env
	a.run(what, traced, 0)
	return what
}

// together runs several drivers at once, possibly beside a collection.
func (a *attacker) together() string {
	n := 2 + a.rng.IntN(3)
	what := fmt.Sprintf("%d commands at once", n)
	collect := a.rng.IntN(2) == 0
	if collect {
		what += " and a collection"
	}
	var all sync.WaitGroup
	for range n {
		cmd := a.start(driveSetup{})
		all.Go(func() { a.run(what, cmd, 0) })
	}
	if collect {
		all.Go(func() {
			// Collect is refused while one of them is at work.
			_, _ = a.engine().Collect(context.Background(), pipeline.Roots{Graphs: []*pipeline.Graph{a.graph(basic())}})
		})
	}
	all.Wait()
	return what
}

// damage damages some files.
func (a *attacker) damage() string {
	var what []string
	list := a.damageable()
	for range 1 + a.rng.IntN(3) {
		v := victim{path: list[a.rng.IntN(len(list))], other: list[a.rng.IntN(len(list))]}
		if filepath.Dir(filepath.Dir(v.path)) != filepath.Dir(filepath.Dir(v.other)) || v.other == v.path {
			v.other = ""
		}
		how := harmNames[a.rng.IntN(len(harmNames))]
		if info, err := os.Lstat(v.path); err == nil && info.Mode().IsRegular() && harms[how](a.t.(*testing.T), v) {
			what = append(what, how+" "+must(filepath.Rel(a.dir, v.path)))
		}
	}
	return strings.Join(what, ", ")
}

// holds checks the promise.
func (a *attacker) holds(what string) {
	a.t.Helper()
	within(a.t.(*testing.T), what, func() {
		if err := a.paranoid(basic()); err != nil {
			a.t.Errorf("%s: %v", what, err)
			return
		}
		a.faultless(what)
		p := a.plan(basic())
		if got := outputs(p) + a.figure(); got != a.want || !p.Idle() {
			a.t.Errorf("%s: idle %v, outputs\n%s\nwant\n%s", what, p.Idle(), got, a.want)
		}
		a.wholeRecords(what)
		a.checkClean()
	})
}

// injection returns the arguments of strace that make system calls of a command
// fail.
func injection(call, errno, when string, command ...string) []string {
	return append([]string{"-f", "-qq", "--seccomp-bpf", "-o", os.DevNull, "-e", "trace=" + call, "-e",
		fmt.Sprintf("inject=%s:error=%s:when=%s", call, errno, when)}, command...)
}

// injectable lists the system calls of the file layer that strace can make
// fail.
func injectable(t *testing.T) []string {
	// This failure must be visible: echo says that it cannot write.
	if out, err := exec.Command("strace", injection("write", "EIO", "1", "echo", "x")...).CombinedOutput(); err == nil ||
		!strings.Contains(string(out), "error") {
		absent(t, "strace", fmt.Sprintf("no call can be made to fail: %v: %s", err, out))
	}
	return []string{"write", "fsync", "renameat", "openat", "mkdirat", "unlinkat", "ftruncate", "flock", "fchmod", "fchmodat", "pread64",
		"read", "getdents64", "newfstatat", "fstat"}
}

var harmNames = func() (names []string) {
	for how := range harms {
		names = append(names, how)
	}
	slices.Sort(names)
	return names
}()

// Kills, failing system calls, damage to any file and concurrent commands, in
// any order, on one store.
func TestT01Attacks(t *testing.T) {
	t.Parallel()
	undisturbed := newLab(t)
	undisturbed.run(basic())
	a := &attacker{lab: newLab(t), rng: rand.New(rand.NewPCG(3, 4)), count: map[string]int{}}
	a.want = outputs(undisturbed.plan(basic())) + undisturbed.figure()
	kinds := []string{"kill", "kill at a step", "commands at once", "damage", "failing call"}
	attacks := []func() string{a.kill, a.killAtStep, a.together, a.damage, a.failingCall}
	if _, err := exec.LookPath("strace"); err != nil && !strings.Contains(os.Getenv("SPARSEL_REQUIRE"), "strace") {
		t.Logf("without strace no system call fails: %v", err)
		kinds, attacks = kinds[:4], attacks[:4]
	} else {
		a.calls = injectable(t)
	}
	a.lab.run(basic())
	end := time.Now().Add(soakTime)
	for round := range rounds(20, 1<<30) {
		if time.Now().After(end) || t.Failed() {
			break
		}
		k := a.rng.IntN(len(attacks))
		if round < len(attacks) {
			k = round // each of them once
		}
		what := fmt.Sprintf("attack %d, %s", round, attacks[k]())
		a.count[kinds[k]]++
		a.holds(what)
	}
	t.Logf("attacks: %v", a.count)
}
