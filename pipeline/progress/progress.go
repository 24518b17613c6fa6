// Package progress shows people how a run goes: bars on a terminal, log lines
// anywhere else.
//
// Bars redraw with escape codes, which make a mess of a file or a pipe, and
// lines written through their library vanish there; log lines scroll bars away
// on a terminal. So there are two implementations and New picks one.
package progress

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"sparsel/pipeline"
)

// New returns the Events that suit out: bars if it is a terminal, otherwise
// lines through log.
func New(out *os.File, log *slog.Logger) pipeline.Events {
	if term.IsTerminal(int(out.Fd())) {
		return NewTerminal(out)
	}
	return NewLog(log)
}

// A tracker knows what is left to do. It is used under the serialisation that
// pipeline.Events promises, plus the caller's own lock if it redraws by itself.
type tracker struct {
	plan    *pipeline.Plan
	jobs    int
	left    map[*pipeline.Node]bool
	running map[*pipeline.Node]*job
	order   []*pipeline.Node // of running, by start
	stages  []*stageCount    // with something to do, in the order of the graph
	of      map[*pipeline.Stage]*stageCount
	began   time.Time
	todo    int
	ended   int
	failed  int
	blocked int

	elapsed, cpu float64 // seconds of the stages that ended, by the clock and of processors
}

// A stageCount is how far a stage is.
type stageCount struct {
	stage       *pipeline.Stage
	todo, ended int
}

// A job is a stage at work.
type job struct {
	started time.Time
	host    string  // empty: this machine
	share   float64 // of its work that is done, 0 to 1
	text    string
}

func newTracker(p *pipeline.Plan, jobs int, now time.Time) *tracker {
	t := &tracker{plan: p, jobs: jobs, began: now, left: map[*pipeline.Node]bool{}, running: map[*pipeline.Node]*job{}, of: map[*pipeline.Stage]*stageCount{}}
	for i := range p.Steps {
		if p.Steps[i].State == pipeline.Current {
			continue
		}
		n := p.Steps[i].Node
		t.left[n] = true
		c := t.of[n.Stage]
		if c == nil {
			c = &stageCount{stage: n.Stage}
			t.of[n.Stage], t.stages = c, append(t.stages, c)
		}
		c.todo++
	}
	t.todo = len(t.left)
	return t
}

func (t *tracker) start(n *pipeline.Node, host string, now time.Time) {
	if t.running[n] == nil {
		t.order = append(t.order, n)
	}
	t.running[n] = &job{started: now, host: host}
}

// at names the host of a job, if it is another machine.
func at(host string) string {
	if host == "" {
		return ""
	}
	return " on " + host
}

func (t *tracker) progress(n *pipeline.Node, done, total float64, text string) {
	if j := t.running[n]; j != nil {
		if total > 0 {
			j.share = min(1, max(0, done/total))
		}
		j.text = text
	}
}

func (t *tracker) finish(r pipeline.NodeResult) {
	delete(t.running, r.Node)
	for i, n := range t.order {
		if n == r.Node {
			t.order = append(t.order[:i], t.order[i+1:]...)
			break
		}
	}
	if t.left[r.Node] {
		delete(t.left, r.Node)
		t.ended++
		t.of[r.Node.Stage].ended++
	}
	if r.CPU > 0 {
		t.elapsed, t.cpu = t.elapsed+r.Elapsed.Seconds(), t.cpu+r.CPU
	}
	switch r.Outcome {
	case pipeline.Failed:
		t.failed++
	case pipeline.Blocked:
		t.blocked++
	}
}

// byStage says how far each stage is that has something to do yet.
func (t *tracker) byStage() string {
	var parts []string
	for _, c := range t.stages {
		if c.ended < c.todo {
			parts = append(parts, fmt.Sprintf("%s %d/%d", c.stage.Name, c.ended, c.todo))
		}
	}
	return strings.Join(parts, ", ")
}

// runningShown is how many jobs at work are named; more are counted.
const runningShown = 8

// runningText names the jobs at work.
func (t *tracker) runningText() string {
	var parts []string
	for i, n := range t.order {
		if i == runningShown {
			parts = append(parts, fmt.Sprintf("%d more", len(t.order)-i))
			break
		}
		j := t.running[n]
		text := n.Name + at(j.host)
		if j.share > 0 {
			text += fmt.Sprintf(" %d %%", int(100*j.share))
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// remaining estimates the time left, from the processor time that nodes should
// take, the clock's time that those before took for theirs, and how far running
// jobs are: the work shared out over the workers, or the longest
// running job if that is longer. Nodes that wait are counted as if they run.
// unknown counts nodes of stages never measured, which are left out.
func (t *tracker) remaining(now time.Time) (d time.Duration, unknown int) {
	var total, longest time.Duration
	stretch := 1.0 // by which other work on the machine makes the clock run ahead of the processors
	if t.cpu >= 1 {
		stretch = t.elapsed / t.cpu
	}
	for n := range t.left {
		need, ok := t.plan.Expected(n)
		need = time.Duration(float64(need) * stretch)
		if j := t.running[n]; j != nil {
			need, ok = j.remaining(need, ok, now)
			longest = max(longest, need)
		}
		if !ok {
			unknown++
		}
		total += need
	}
	return max(longest, total/time.Duration(t.jobs)), unknown
}

// remaining corrects a job's expected time by its own progress, which knows
// better once a tenth of the work is done.
func (j *job) remaining(expected time.Duration, ok bool, now time.Time) (time.Duration, bool) {
	elapsed := now.Sub(j.started)
	if j.share >= 0.1 {
		return time.Duration(float64(elapsed) * (1 - j.share) / j.share), true
	}
	return max(0, expected-elapsed), ok
}

// leftText says how long it takes yet, honestly.
func (t *tracker) leftText(now time.Time) string {
	d, unknown := t.remaining(now)
	switch {
	case len(t.left) == 0:
		return ""
	case unknown == len(t.left):
		return "time left unknown"
	case unknown > 0:
		return "at least " + Short(d) + " left"
	}
	return "about " + Short(d) + " left"
}

// Short writes a duration with the precision an estimate deserves.
func Short(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d m %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d m", int(d.Hours()), int(d.Minutes())%60)
}

// summary says in one line what a run did.
func summary(r *pipeline.Report) string {
	text := ""
	for _, o := range []pipeline.Outcome{pipeline.Executed, pipeline.Cached, pipeline.CutOff, pipeline.Shared, pipeline.Failed, pipeline.Blocked, pipeline.Cancelled} {
		if n := r.Counts[o]; n > 0 {
			if text != "" {
				text += ", "
			}
			text += fmt.Sprintf("%d %s", n, o)
		}
	}
	text = fmt.Sprintf("%s in %s", text, Short(r.Elapsed))
	if r.Remote != nil {
		text += "; remote: " + r.Remote.String()
	}
	return text
}
