package progress

import (
	"log/slog"
	"strings"
	"time"

	"sparsel/pipeline"
)

// NewLog returns Events that write one line per node that did something.
func NewLog(log *slog.Logger) pipeline.Events { return &logger{log: log} }

// blockedShown is how many nodes blocked by failures get a line of their own: one file that is not there can block all
// of some thousand. The end of the run counts them.
const blockedShown = 10

type logger struct {
	log     *slog.Logger
	t       *tracker
	blocked int
}

func (l *logger) RunStarted(p *pipeline.Plan, jobs int) {
	l.t, l.blocked = newTracker(p, jobs), 0
	if p.Idle() {
		l.log.Info("everything is up to date", "nodes", len(p.Steps))
		return
	}
	l.log.Info("run", "nodes", len(p.Steps), "stale", p.Count(pipeline.Stale), "waiting", p.Count(pipeline.Waiting),
		"failed before", p.Count(pipeline.Broken), "jobs", jobs, "estimate", l.t.leftText(time.Now()))
}

func (l *logger) NodeStarted(n *pipeline.Node) {
	l.t.start(n, time.Now())
	l.log.Info("start", "node", n.Name)
}

func (l *logger) NodeProgress(n *pipeline.Node, done, total float64, text string) {
	l.t.progress(n, done, total, text)
	l.log.Debug("progress", "node", n.Name, "done", done, "total", total, "text", text)
}

func (l *logger) NodeFinished(r pipeline.NodeResult) {
	l.t.finish(r)
	switch r.Outcome {
	case pipeline.Cached:
		l.log.Debug("cached", "node", r.Name)
	case pipeline.Failed:
		l.log.Error("failed", "node", r.Name, "error", r.Err, "log", r.Log, "tail", strings.Join(r.Tail, "\n"))
	case pipeline.Blocked:
		if l.blocked++; l.blocked <= blockedShown {
			l.log.Warn("blocked", "node", r.Name, "why", r.Why)
		} else {
			l.log.Debug("blocked", "node", r.Name, "why", r.Why)
		}
	default:
		l.log.Info(string(r.Outcome), "node", r.Name, "seconds", r.Elapsed.Seconds(),
			"ended", l.t.ended, "of", l.t.todo, "left", l.t.leftText(time.Now()))
	}
	for _, path := range r.Published {
		l.log.Info("published", "path", path)
	}
}

func (l *logger) Note(text string) { l.log.Warn(text) }

func (l *logger) RunFinished(r *pipeline.Report) {
	if l.blocked > blockedShown {
		l.log.Warn("more are blocked: the next run tries again what failed and what it blocked", "nodes", l.blocked-blockedShown)
	}
	l.log.Info("run ended", "result", summary(r))
}
