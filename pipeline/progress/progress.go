// Package progress shows people how a run is going: with bars on a terminal,
// with log lines anywhere else.
//
// Bars redraw with escape codes, which clutter a file or a pipe, and lines
// written through their library do not appear there. On a terminal, log lines
// scroll the bars away. So there are two implementations, and New chooses one.
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

// New returns the Events for out: bars if it is a terminal, otherwise lines
// through log.
func New(out *os.File, log *slog.Logger) pipeline.Events {
	if term.IsTerminal(int(out.Fd())) {
		return NewTerminal(out)
	}
	return NewLog(log)
}

// A tracker knows what is left to do. pipeline.Events promises serialised
// calls; a caller that redraws by itself adds a lock of its own.
type tracker struct {
	plan    *pipeline.Plan
	jobs    int
	left    map[*pipeline.Node]bool
	running map[*pipeline.Node]*job
	order   []*pipeline.Node // running nodes, by start time
	stages  []*stageCount    // stages with something to do, in the order of the graph
	of      map[*pipeline.Stage]*stageCount
	began   time.Time
	todo    int
	ended   int
	failed  int
	blocked int

	elapsed, cpu float64 // seconds that the ended stages took, by the clock and of processor time
}

// A stageCount is the progress of one stage.
type stageCount struct {
	stage       *pipeline.Stage
	todo, ended int
}

// A job is one running stage.
type job struct {
	started time.Time
	host    string  // empty for this machine
	share   float64 // the share of its work that is done, 0 to 1
	text    string
}

func newTracker(p *pipeline.Plan, jobs int, now time.Time) *tracker {
	t := &tracker{plan: p, jobs: jobs, began: now, left: map[*pipeline.Node]bool{}, running: map[*pipeline.Node]*job{},
		of: map[*pipeline.Stage]*stageCount{}}
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

// at names the host of a job if it is another machine.
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

// byStage describes the progress of each stage that still has something to do.
func (t *tracker) byStage() string {
	var parts []string
	for _, c := range t.stages {
		if c.ended < c.todo {
			parts = append(parts, fmt.Sprintf("%s %d/%d", c.stage.Name, c.ended, c.todo))
		}
	}
	return strings.Join(parts, ", ")
}

// runningShown is how many running jobs are named. The others are only counted.
const runningShown = 8

// runningText names the running jobs.
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

// remaining estimates the time left. It uses the processor time that the
// remaining nodes should take, the ratio of clock time to processor time of the
// nodes before them, and the progress of the running jobs, which also corrects
// the nodes of their kind that wait. The estimate is the work divided by the
// number of workers, or the longest running job if that is longer. Waiting
// nodes count as if they run. unknown counts the nodes of stages that were
// never measured, which the estimate leaves out.
func (t *tracker) remaining(now time.Time) (d time.Duration, unknown int) {
	var total, longest time.Duration
	stretch := 1.0 // clock time per processor time, more than 1 if the machine has other work
	if t.cpu >= 1 {
		stretch = t.elapsed / t.cpu
	}
	expected := func(n *pipeline.Node) (time.Duration, bool) {
		d, ok := t.plan.Expected(n)
		return time.Duration(float64(d) * stretch), ok
	}
	late := map[kind]*lateness{}
	for n, j := range t.running {
		need, known := expected(n)
		whole, ok := j.whole(need, known, now)
		if known {
			k := kindOf(n)
			if late[k] == nil {
				late[k] = &lateness{}
			}
			late[k].expected, late[k].whole = late[k].expected+need, late[k].whole+whole
		}
		if !t.left[n] {
			continue
		}
		if !ok {
			unknown++
		}
		left := max(0, whole-now.Sub(j.started))
		longest = max(longest, left)
		total += left
	}
	for n := range t.left {
		if t.running[n] != nil {
			continue
		}
		need, ok := expected(n)
		if !ok {
			unknown++
		}
		total += late[kindOf(n)].correct(need)
	}
	return max(longest, total/time.Duration(t.jobs)), unknown
}

// kind is a kind of work of a stage, as in pipeline.Node.Work.
type kind struct {
	stage *pipeline.Stage
	work  string
}

func kindOf(n *pipeline.Node) kind { return kind{n.Stage, n.Work} }

// lateness compares how long the running jobs of a kind should have taken
// altogether with how long they are now known to take.
type lateness struct{ expected, whole time.Duration }

// correct returns how long a node of this kind takes that should take d.
func (l *lateness) correct(d time.Duration) time.Duration {
	if l == nil || l.expected <= 0 {
		return d
	}
	return time.Duration(float64(d) * float64(l.whole) / float64(l.expected))
}

// telling is the share of a job from which on its own progress is trusted
// alone. Before that it is weighed against what was expected, because the
// beginning of a job is not like the rest of it.
const telling = 0.1

// whole estimates how long a job takes from its beginning to its end. ok is
// false if nothing is known of it.
func (j *job) whole(expected time.Duration, known bool, now time.Time) (d time.Duration, ok bool) {
	elapsed := now.Sub(j.started)
	switch overdue := known && elapsed > expected; {
	case j.share > 0:
		own := float64(elapsed) / j.share
		trust := min(1, j.share/telling)
		if overdue || !known {
			trust = 1
		}
		return time.Duration(trust*own + (1-trust)*float64(expected)), true
	case overdue: // by how much is not known; it is taken to be as much again
		return elapsed + (elapsed - expected), true
	}
	return max(expected, elapsed), known
}

// leftText describes the time left, and how uncertain it is.
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

// Short formats a duration with the precision that an estimate deserves.
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

// summary describes in one line what a run did.
func summary(r *pipeline.Report) string {
	text := ""
	for _, o := range []pipeline.Outcome{pipeline.Executed, pipeline.Cached, pipeline.CutOff, pipeline.Shared, pipeline.Failed,
		pipeline.Blocked, pipeline.Cancelled} {
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
