//go:build linux

package pipeline_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/slurmtest"
	"sparsel/pipeline/store"
)

// many returns the study with the given number of trainings.
func many(trainings int) settings {
	s := basic()
	s.Seeds = nil
	for i := range trainings / len(s.Rates) {
		s.Seeds = append(s.Seeds, i+1)
	}
	return s
}

// nodes returns the number of nodes of the study.
func (s settings) nodes() int { return 3 + 2*len(s.Rates)*len(s.Seeds) }

// checkDone checks the result of a run that lost workers: every node is done
// and recorded once, with the bytes that this machine produces.
func (l *lab) checkDone(s settings, r *pipeline.Report, err error) {
	l.t.Helper()
	if err != nil || r.Counts[pipeline.Executed] != s.nodes() {
		l.t.Fatalf("run: %v, counts %v of %d nodes", err, r.Counts, s.nodes())
	}
	l.checkRecorded(s)
}

func (l *lab) checkRecorded(s settings) {
	l.t.Helper()
	if n := len(l.events(store.NodeFinish)); n != s.nodes() {
		l.t.Errorf("%d nodes finished, want %d", n, s.nodes())
	}
	l.checkOutputs(s)
}

// checkOutputs checks that the outputs are those of a run on this machine.
func (l *lab) checkOutputs(s settings) {
	l.t.Helper()
	alone := newLab(l.t.(*testing.T))
	if _, err := alone.try(context.Background(), s, pipeline.Options{Jobs: 2}); err != nil {
		l.t.Fatal(err)
	}
	if got, want := outputs(l.plan(s)), outputs(alone.plan(s)); got != want {
		l.t.Error("the outputs are not those of this machine")
	}
	l.checkClean()
}

// noneLeft waits until the last worker has left a cluster.
func noneLeft(t *testing.T, c *slurmtest.Cluster) {
	t.Helper()
	began := time.Now()
	for len(c.Processes("n1", os.Args[0]))+len(c.Processes("n2", os.Args[0])) > 0 {
		if time.Since(began) > time.Minute {
			t.Fatal("workers are there a minute after their driver")
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Logf("the last worker was gone after %v", time.Since(began).Round(10*time.Millisecond))
}

// jobs returns how many jobs were submitted to a cluster.
func jobs(t *testing.T, c *slurmtest.Cluster) int {
	t.Helper()
	for line := range strings.Lines(c.Do("scontrol show config")) {
		if name, value, _ := strings.Cut(line, "="); strings.TrimSpace(name) == "NEXT_JOB_ID" {
			n, err := strconv.Atoi(strings.TrimSpace(value))
			if err != nil {
				t.Fatal(err)
			}
			return n - 1
		}
	}
	t.Fatal("scontrol does not say how many jobs there were")
	return 0
}

// T38: a thousand small nodes on sixteen slots of a Slurm of two nodes give the
// bytes of this machine, with each node done once and one submission per slot.
func TestT38SlurmManyNodes(t *testing.T) {
	t.Parallel()
	c := slurmtest.Start(t)
	l, s := newLab(t), many(500)
	l.launch = c.Srun("-w n$((SPARSEL_SLOT % 2 + 1))")
	r, err := l.try(context.Background(), s, pipeline.Options{Jobs: 16, Workers: l.workers(s, nil)})
	noneLeft(t, c)
	l.checkDone(s, r, err)
	hosts := map[string]int{}
	for _, e := range l.events(store.NodeFinish) {
		hosts[e.Host]++
	}
	if hosts["n1"] == 0 || hosts["n2"] == 0 || hosts["n1"]+hosts["n2"] != s.nodes()-1 {
		t.Errorf("nodes by host: %v", hosts)
	}
	if n := len(l.events(store.NodeRetry)); n > 0 {
		t.Errorf("%d workers were lost", n)
	}
	if n := jobs(t, c); n > 16 {
		t.Errorf("%d submissions for 16 slots; notes: %q", n, r.Notes)
	}
	t.Logf("%d nodes in %v, %v", s.nodes(), r.Elapsed.Round(time.Millisecond), hosts)
}

// T37: whatever happens to workers on a Slurm costs a node another try and
// nothing else.
func TestT37SlurmKills(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for a time limit, the least of which is a minute")
	}
	t.Parallel()
	c := slurmtest.Start(t)
	l, s := newLab(t), many(rounds(300, 600))
	l.pause = 2 * time.Second
	limited := "$(test $SPARSEL_SLOT -gt 2 || echo --time=1)" // one minute, the shortest possible limit
	l.launch = c.Srun("-w n$((SPARSEL_SLOT % 2 + 1)) " + limited)
	step := func(after time.Duration, what string, do func() int) {
		time.Sleep(after)
		t.Logf("%s: %d", what, do())
	}
	faults := make(chan struct{})
	go func() {
		defer close(faults)
		step(8*time.Second, "workers killed", func() int { return c.Kill("n1", os.Args[0], false) })
		step(2*time.Second, "slurmstepd killed", func() int { return c.Kill("n1", "slurmstepd: [", false) })
		step(2*time.Second, "jobs cancelled", func() int {
			ids := strings.Fields(c.Try("squeue -h -t R -w n1 -o %A"))
			if len(ids) == 0 {
				return 0
			}
			c.Try("scancel " + ids[len(ids)-1])
			return 1
		})
		step(2*time.Second, "jobs preempted", func() int {
			n := len(strings.Fields(c.Try("squeue -h -t R -w n2 -o %A")))
			c.Try(fmt.Sprintf("srun --quiet -p vip -w n2 -n1 -c%d true", slurmtest.CPUs))
			return n
		})
		step(6*time.Second, "slurmd killed", func() int { return c.Kill("n2", "slurmd ", true) })
		step(25*time.Second, "slurmd started", func() int { c.StartNode("n2"); return 1 })
	}()
	r, err := l.try(context.Background(), s, pipeline.Options{Jobs: 8, Workers: l.workers(s, nil)})
	<-faults
	noneLeft(t, c)
	l.checkDone(s, r, err)
	retries := l.events(store.NodeRetry)
	for _, e := range retries {
		t.Logf("%s on %s: %s", e.Node, e.Host, e.Error)
	}
	all := fmt.Sprint(retries)
	for _, words := range []string{"PREEMPTION", "TIME LIMIT", "nothing was heard from it"} {
		if !strings.Contains(all, words) {
			t.Errorf("no worker was lost with the words %q", words)
		}
	}
	if len(retries) < 5 {
		t.Errorf("%d workers were lost, want at least one for each of five faults", len(retries))
	}
}

// T37: a driver that is killed, with or without what it started, leaves no
// worker running for longer than a minute, and the next run does the rest.
func TestT37SlurmKilledDriver(t *testing.T) {
	t.Parallel()
	c := slurmtest.Start(t)
	for _, also := range []bool{false, true} {
		l, s := newLab(t), many(32)
		launch := c.Srun("")
		cmd := l.driver(driveSetup{labSetup: labSetup{Settings: s, Pause: 500 * time.Millisecond}, Jobs: 8, Workers: true, Launch: launch})
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(time.Minute); len(l.events(store.NodeFinish)) < 12; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the driver has not begun")
			}
		}
		cmd.Process.Kill()
		if also {
			for c.Kill("ctl", "srun ", true) > 0 {
			}
		}
		cmd.Wait()
		noneLeft(t, c)
		// A driver that is killed between a record and the journal's entry has
		// done the node, and the journal will never say that it finished.
		left := s.nodes() - l.plan(s).Count(pipeline.Current)
		l.launch = launch
		r, err := l.try(context.Background(), s, pipeline.Options{Jobs: 8, Workers: l.workers(s, nil)})
		if err != nil || r.Counts[pipeline.Executed] != left {
			t.Fatalf("run: %v, counts %v, want %d executed", err, r.Counts, left)
		}
		l.checkOnce()
		l.checkOutputs(s)
		noneLeft(t, c)
		c.WaitIdle()
	}
}

// A driver may be a job whose workers are steps of its own allocation, on all
// of its nodes.
func TestT37SlurmAllocation(t *testing.T) {
	t.Parallel()
	c := slurmtest.Start(t)
	l, s := newLab(t), many(32)
	cmd := l.driver(driveSetup{labSetup: labSetup{Settings: s, Pause: 100 * time.Millisecond}, Jobs: 8, Workers: true,
		Launch: "srun --quiet --exact -n1 -c1"})
	job := filepath.Join(l.dir, "job.sh")
	text := fmt.Sprintf("#!/bin/sh\nSPARSEL_TEST_LAB='%s' exec %s\n",
		strings.TrimPrefix(cmd.Env[len(cmd.Env)-1], "SPARSEL_TEST_LAB="), os.Args[0])
	if err := os.WriteFile(job, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(l.dir, "job.log")
	c.Try(fmt.Sprintf("sbatch --wait --quiet -N2 -n8 --ntasks-per-node=4 -o %s %s", log, job))
	said, _ := os.ReadFile(log)
	hosts := map[string]int{}
	for _, e := range l.events(store.NodeFinish) {
		hosts[e.Host]++
	}
	if hosts["n1"] == 0 || hosts["n2"] == 0 {
		t.Errorf("nodes by host: %v; the job said:\n%s", hosts, lastLine(said))
	}
	l.checkRecorded(s)
	noneLeft(t, c)
	if n := jobs(t, c); n != 1 {
		t.Errorf("%d jobs, want one with steps", n)
	}
}

// A driver that is told to end, as scancel does, ends its workers at once.
func TestT37SlurmCancelledDriver(t *testing.T) {
	t.Parallel()
	c := slurmtest.Start(t)
	l, s := newLab(t), many(32)
	cmd := l.driver(driveSetup{labSetup: labSetup{Settings: s, Pause: time.Second}, Jobs: 8, Workers: true, Launch: c.Srun("")})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); len(l.events(store.NodeFinish)) < 4; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the driver has not begun")
		}
	}
	cmd.Process.Signal(syscall.SIGTERM)
	cmd.Wait()
	noneLeft(t, c)
	if n := len(l.events(store.NodeFail)) + len(l.events(store.NodeRetry)); n > 0 {
		t.Errorf("%d nodes failed or lost their worker", n)
	}
	l.checkClean()
}

// BenchmarkUtilisation does a thousand trainings of one second each on sixteen
// slots and reports which part of the slots' time was spent in stages: on a
// Slurm of two nodes if possible, and with processes of this machine.
func BenchmarkUtilisation(b *testing.B) {
	for _, where := range []string{"here", "slurm"} {
		b.Run(where, func(b *testing.B) {
			launch := "env"
			if where == "slurm" {
				launch = slurmtest.Start(b).Srun("")
			}
			const slots, trainings = 16, 1000
			for b.Loop() {
				l, s := &lab{t: b, dir: b.TempDir(), code: versions{}}, many(trainings)
				l.launch, l.pause = launch, time.Second
				g := l.graph(s)
				var targets []string
				for _, n := range g.Nodes() {
					if n.Stage.Name == "train" {
						targets = append(targets, n.Name)
					}
				}
				e := l.engine()
				p, err := e.Plan(context.Background(), g, targets)
				if err != nil {
					b.Fatal(err)
				}
				r, err := e.Run(context.Background(), p, pipeline.Options{Jobs: slots, Workers: l.workers(s, nil)})
				if err != nil {
					b.Fatal(err)
				}
				busy := 0.0
				for _, e := range l.events(store.NodeFinish) {
					busy += e.Seconds
				}
				b.ReportMetric(100*busy/(slots*r.Elapsed.Seconds()), "%-busy")
			}
		})
	}
}
