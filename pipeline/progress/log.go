package progress

import (
	"log/slog"
	"math"
	"strings"
	"time"

	"sparsel/pipeline"
)

// NewLog returns Events that write a line whenever a node that did something
// ends, and from time to time a line about the progress of the run.
func NewLog(log *slog.Logger) pipeline.Events { return &logger{log: log, now: time.Now} }

// summaryPause is the least time between two lines about the whole run, so that
// people can read the log of many hours.
const summaryPause = time.Minute

// blockedShown is how many nodes that are blocked by failures get a line of
// their own. One missing file can block some thousand of them. The end of the
// run counts them.
const blockedShown = 10

type logger struct {
	log     *slog.Logger
	now     func() time.Time
	t       *tracker
	blocked int
	summed  time.Time // time of the last line about the whole run
}

func (l *logger) RunStarted(p *pipeline.Plan, jobs int) {
	l.t, l.blocked, l.summed = newTracker(p, jobs, l.now()), 0, l.now()
	if p.Idle() {
		l.log.Info("everything is up to date", "nodes", len(p.Steps))
		return
	}
	l.log.Info("run", "nodes", len(p.Steps), "stale", p.Count(pipeline.Stale), "waiting", p.Count(pipeline.Waiting),
		"failed before", p.Count(pipeline.Broken), "jobs", jobs, "estimate", l.t.leftText(l.now()))
}

func (l *logger) NodeStarted(n *pipeline.Node, host string) {
	l.t.start(n, host, l.now())
	l.log.Debug("start", on(host, "node", n.Name)...)
	l.sum()
}

// sum writes a line about the whole run if it is time.
func (l *logger) sum() {
	now := l.now()
	if now.Sub(l.summed) < summaryPause || len(l.t.left) == 0 {
		return
	}
	l.summed = now
	l.log.Info("so far", "ended", l.t.ended, "of", l.t.todo, "by stage", l.t.byStage(), "running", l.t.runningText(),
		"failed", l.t.failed, "gone", Short(now.Sub(l.t.began)), "left", l.t.leftText(now))
}

func (l *logger) NodeProgress(n *pipeline.Node, done, total float64, text string) {
	l.t.progress(n, done, total, text)
	l.log.Debug("progress", "node", n.Name, "done", done, "total", total, "text", text)
	l.sum()
}

func (l *logger) NodeFinished(r pipeline.NodeResult) {
	l.t.finish(r)
	switch r.Outcome {
	case pipeline.Cached:
		l.log.Debug("cached", "node", r.Name)
	case pipeline.Failed:
		l.log.Error("failed", on(r.Host, "node", r.Name, "error", r.Err, "log", r.Log, "tail", strings.Join(r.Tail, "\n"))...)
	case pipeline.Blocked:
		if l.blocked++; l.blocked <= blockedShown {
			l.log.Warn("blocked", "node", r.Name, "why", r.Why)
		} else {
			l.log.Debug("blocked", "node", r.Name, "why", r.Why)
		}
	default:
		line := on(r.Host, "node", r.Name, "seconds", math.Round(1000*r.Elapsed.Seconds())/1000, "ended", l.t.ended, "of", l.t.todo)
		if len(r.Published) > 0 {
			line = append(line, "published", strings.Join(r.Published, " "))
		}
		l.log.Info(string(r.Outcome), line...)
	}
	if r.Outcome == pipeline.Cached && len(r.Published) > 0 {
		l.log.Info("published again", "node", r.Name, "published", strings.Join(r.Published, " "))
	}
	l.sum()
}

// on adds the host to a line if it is another machine.
func on(host string, line ...any) []any {
	if host != "" {
		line = append(line, "host", host)
	}
	return line
}

func (l *logger) Note(text string) { l.log.Warn(text) }

func (l *logger) RunFinished(r *pipeline.Report) {
	if l.blocked > blockedShown {
		l.log.Warn("more are blocked: the next run tries again what failed and what it blocked", "nodes", l.blocked-blockedShown)
	}
	l.log.Info("run ended", "result", summary(r))
}
