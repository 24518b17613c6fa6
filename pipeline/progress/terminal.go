package progress

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"sparsel/pipeline"
	"sparsel/pipeline/quote"
)

// NewTerminal returns Events that draw one bar for each stage with work to do.
// Below the bars are a line about the whole run and a line for each running
// job.
func NewTerminal(out io.Writer) pipeline.Events { return &terminal{out: out} }

// redraw is how often the bars are redrawn. The time left is computed less
// often, because that takes a look at every node.
const (
	redraw   = 150 * time.Millisecond
	estimate = time.Second
)

type terminal struct {
	out io.Writer

	mu   sync.Mutex // mpb redraws from its own goroutine
	t    *tracker
	left string
	when time.Time // when left was computed

	bars  map[*pipeline.Stage]*mpb.Bar
	text  []*mpb.Bar // lines without a bar
	group *mpb.Progress
}

func (t *terminal) RunStarted(p *pipeline.Plan, jobs int) {
	t.t = newTracker(p, jobs, time.Now())
	if p.Idle() {
		fmt.Fprintf(t.out, "everything is up to date: %d nodes\n", len(p.Steps))
		return
	}
	t.group = mpb.New(mpb.WithOutput(t.out), mpb.WithAutoRefresh(), mpb.WithRefreshRate(redraw), mpb.WithWidth(30))
	t.bars, t.text = map[*pipeline.Stage]*mpb.Bar{}, nil
	for i, c := range t.t.stages {
		t.bars[c.stage] = t.group.AddBar(int64(c.todo), mpb.BarPriority(i),
			mpb.PrependDecorators(decor.Name(c.stage.Name, decor.WCSyncSpaceR), decor.CountersNoUnit("%d / %d", decor.WCSyncSpace)))
	}
	if len(t.t.stages) == 0 {
		return // there are only files to publish
	}
	t.line(t.whole)
	for i := range min(jobs, runningShown, t.t.todo) {
		t.line(func(now time.Time) string { return t.running(i, now) })
	}
}

// line adds a line of text below everything else.
func (t *terminal) line(text func(now time.Time) string) {
	t.text = append(t.text, t.group.New(1, mpb.NopStyle(), mpb.BarPriority(len(t.bars)+len(t.text)),
		mpb.PrependDecorators(decor.Any(func(s decor.Statistics) string {
			t.mu.Lock()
			defer t.mu.Unlock()
			return cut(quote.Text(text(time.Now())), s.AvailableWidth)
		}))))
}

// cut shortens a line to a width in characters, because a line that wraps would
// displace those above it.
func cut(text string, width int) string {
	if r := []rune(text); width > 1 && len(r) > width {
		return string(r[:width-1]) + "…"
	}
	return text
}

// whole describes the progress of the run.
func (t *terminal) whole(now time.Time) string {
	if now.Sub(t.when) >= estimate {
		t.left, t.when = t.t.leftText(now), now
	}
	parts := []string{Short(now.Sub(t.t.began)) + " gone"}
	if t.left != "" {
		parts = append(parts, t.left)
	}
	if t.t.failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", t.t.failed))
	}
	if t.t.blocked > 0 {
		parts = append(parts, fmt.Sprintf("%d blocked", t.t.blocked))
	}
	if n := len(t.t.order) - len(t.text) + 1; n > 0 {
		parts = append(parts, fmt.Sprintf("%d more at work", n))
	}
	return strings.Join(parts, " · ")
}

// running returns the line about the i-th running job.
func (t *terminal) running(i int, now time.Time) string {
	if i >= len(t.t.order) {
		return ""
	}
	n := t.t.order[i]
	j := t.t.running[n]
	text := fmt.Sprintf("  %3d %%  %s%s, %s", int(100*j.share), n.Name, at(j.host), Short(now.Sub(j.started)))
	if j.text != "" {
		text += ", " + j.text
	}
	return text
}

func (t *terminal) NodeStarted(n *pipeline.Node, host string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.t.start(n, host, time.Now())
}

func (t *terminal) NodeProgress(n *pipeline.Node, done, total float64, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.t.progress(n, done, total, text)
}

func (t *terminal) NodeFinished(r pipeline.NodeResult) {
	t.mu.Lock()
	counted := t.t.left[r.Node]
	t.t.finish(r)
	t.mu.Unlock()
	if bar := t.bars[r.Node.Stage]; bar != nil && counted {
		bar.Increment()
	}
	if r.Outcome == pipeline.Failed {
		t.print("failed: %s%s: %v", r.Name, at(r.Host), r.Err)
		for _, line := range r.Tail {
			t.print("  | %s", line)
		}
		if r.Log != "" {
			t.print("  log: %s", r.Log)
		}
	}
}

func (t *terminal) Note(text string) { t.print("%s", text) }

// print writes a line above the bars.
func (t *terminal) print(format string, args ...any) {
	w := t.out
	if t.group != nil {
		w = t.group
	}
	io.WriteString(w, quote.Lines(fmt.Sprintf(format, args...))+"\n")
}

func (t *terminal) RunFinished(r *pipeline.Report) {
	if t.group != nil {
		for _, bar := range t.bars {
			bar.Abort(false) // has no effect on complete bars; the others stay as they are
		}
		for _, line := range t.text {
			line.Abort(true)
		}
		t.group.Wait()
		t.group = nil
	}
	fmt.Fprintln(t.out, summary(r))
	if n := r.Counts[pipeline.Blocked]; n > 0 {
		fmt.Fprintf(t.out, "%d blocked by failures: the next run tries again what failed and what it blocked\n", n)
	}
	for _, path := range r.Published {
		fmt.Fprintf(t.out, "published %s\n", path)
	}
}
