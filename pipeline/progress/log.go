package progress

import (
	"log/slog"
	"strings"
	"time"

	"sparsel/pipeline"
)

// NewLog returns Events that write one line per node that did something.
func NewLog(log *slog.Logger) pipeline.Events { return &logger{log: log} }

type logger struct {
	log *slog.Logger
	t   *tracker
}

func (l *logger) RunStarted(p *pipeline.Plan, jobs int) {
	l.t = newTracker(p, jobs)
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
		l.log.Warn("blocked", "node", r.Name, "why", r.Why)
	default:
		l.log.Info(string(r.Outcome), "node", r.Name, "seconds", r.Elapsed.Seconds(),
			"ended", l.t.ended, "of", l.t.todo, "left", l.t.leftText(time.Now()))
	}
	for _, path := range r.Published {
		l.log.Info("published", "path", path)
	}
}

func (l *logger) Note(text string) { l.log.Warn(text) }

func (l *logger) RunFinished(r *pipeline.Report) { l.log.Info("run ended", "result", summary(r)) }
