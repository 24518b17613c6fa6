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
)

// NewTerminal returns Events that draw one bar per stage with work to do, and
// below them what is running, what failed, and the time left.
func NewTerminal(out io.Writer) pipeline.Events { return &terminal{out: out} }

// redraw is how often the bars move; the time left is computed less often, since
// it looks at every node.
const (
	redraw   = 150 * time.Millisecond
	estimate = time.Second
)

type terminal struct {
	out io.Writer

	mu   sync.Mutex // mpb redraws from its own goroutine
	t    *tracker
	left string
	when time.Time // of left

	bars  map[*pipeline.Stage]*mpb.Bar
	foot  *mpb.Bar
	group *mpb.Progress
}

func (t *terminal) RunStarted(p *pipeline.Plan, jobs int) {
	t.t = newTracker(p, jobs)
	if p.Idle() {
		fmt.Fprintf(t.out, "everything is up to date: %d nodes\n", len(p.Steps))
		return
	}
	t.group = mpb.New(mpb.WithOutput(t.out), mpb.WithAutoRefresh(), mpb.WithRefreshRate(redraw), mpb.WithWidth(30))
	totals := map[*pipeline.Stage]int64{}
	var stages []*pipeline.Stage // in the order of the graph
	for i := range p.Steps {
		s := p.Steps[i].Node.Stage
		if p.Steps[i].State == pipeline.Current {
			continue
		}
		if totals[s] == 0 {
			stages = append(stages, s)
		}
		totals[s]++
	}
	t.bars = map[*pipeline.Stage]*mpb.Bar{}
	for i, s := range stages {
		t.bars[s] = t.group.AddBar(totals[s], mpb.BarPriority(i),
			mpb.PrependDecorators(decor.Name(s.Name, decor.WCSyncSpaceR), decor.CountersNoUnit("%d / %d", decor.WCSyncSpace)))
	}
	if len(stages) > 0 {
		t.foot = t.group.New(1, mpb.NopStyle(), mpb.BarPriority(len(stages)),
			mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return t.footer() })))
	}
}

// footer is the line below the bars.
func (t *terminal) footer() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if now.Sub(t.when) >= estimate {
		t.left, t.when = t.t.leftText(now), now
	}
	var parts []string
	if t.left != "" {
		parts = append(parts, t.left)
	}
	if t.t.failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", t.t.failed))
	}
	for i, n := range t.t.order {
		if i == 3 {
			parts = append(parts, fmt.Sprintf("%d more running", len(t.t.order)-i))
			break
		}
		text := n.Name
		if j := t.t.running[n]; j.share > 0 {
			text += fmt.Sprintf(" %d %%", int(100*j.share))
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " · ")
}

func (t *terminal) NodeStarted(n *pipeline.Node) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.t.start(n, time.Now())
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
		t.print("failed: %s: %v", r.Name, r.Err)
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
	fmt.Fprintf(w, format+"\n", args...)
}

func (t *terminal) RunFinished(r *pipeline.Report) {
	if t.group != nil {
		for _, bar := range t.bars {
			bar.Abort(false) // no effect on complete ones; the others stay as they are
		}
		if t.foot != nil {
			t.foot.Abort(true)
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
