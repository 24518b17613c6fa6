package progress

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/codeid"
)

type fixedCode struct{}

func (fixedCode) Identify(_ context.Context, packages []string) (map[string]codeid.Identity, error) {
	out := map[string]codeid.Identity{}
	for _, p := range packages {
		out[p] = codeid.Identity{ID: sha256.Sum256([]byte(p)), Root: p}
	}
	return out, nil
}

// show runs a small study, in which one node fails if fail is set, with the
// given Events.
func show(t *testing.T, dir string, events pipeline.Events, fail bool) {
	t.Helper()
	stage := &pipeline.Stage{Name: "square", Package: "p", Outputs: []string{"a"}, Run: func(_ context.Context, j *pipeline.Job) error {
		for i := range 4 {
			j.Progress(float64(i), 4, "epoch")
			time.Sleep(2 * time.Millisecond)
		}
		if fail && j.Node().Name == "two" {
			j.Logf("about to fail")
			return errors.New("planned failure")
		}
		return os.WriteFile(j.Output("a"), []byte(j.Node().Name), 0o644)
	}}
	type params struct{ Name string }
	one := &pipeline.Node{Name: "one", Stage: stage, Params: params{"one"}}
	two := &pipeline.Node{Name: "two", Stage: stage, Params: params{"two"}, Publish: map[string]string{"a": "two.txt"}}
	three := &pipeline.Node{Name: "three", Stage: stage, Params: params{"three"},
		Inputs: []pipeline.Input{{Name: "x", From: two, Output: "a"}}}
	g, err := pipeline.NewGraph([]*pipeline.Node{one, two, three})
	if err != nil {
		t.Fatal(err)
	}
	s, err := pipeline.OpenStore(dir + "/store")
	if err != nil {
		t.Fatal(err)
	}
	e := pipeline.New(pipeline.Config{Store: s, Out: dir, Code: fixedCode{}, Events: events})
	p, err := e.Plan(context.Background(), g, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(context.Background(), p, pipeline.Options{Jobs: 2}); (err != nil) != fail {
		t.Fatal(err)
	}
}

// buffer may be written while it is read.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func wantAll(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, w := range wants {
		if !strings.Contains(text, w) {
			t.Errorf("lacks %q:\n%s", w, text)
		}
	}
}

func TestLog(t *testing.T) {
	dir := t.TempDir()
	var out buffer
	events := func() pipeline.Events { out = buffer{}; return NewLog(slog.New(slog.NewTextHandler(&out, nil))) }
	show(t, dir, events(), true)
	wantAll(t, out.String(), "stale=3", "msg=failed node=two", "planned failure", "about to fail", "msg=blocked node=three",
		"1 executed, 1 failed, 1 blocked")
	if strings.Contains(out.String(), "\x1b") {
		t.Error("escape codes in a log")
	}
	show(t, dir, events(), false)
	wantAll(t, out.String(), "ended=2 of=2", "published=two.txt", "2 executed, 1 cached")
	show(t, dir, events(), false)
	wantAll(t, out.String(), "everything is up to date")
}

// One failure may block thousands of nodes: some are named, the others counted.
func TestLogOfManyBlocked(t *testing.T) {
	stage := &pipeline.Stage{Name: "s", Package: "p", Outputs: []string{"a"}, Run: func(context.Context, *pipeline.Job) error {
		return errors.New("planned failure")
	}}
	type params struct{ Number int }
	first := &pipeline.Node{Name: "first", Stage: stage, Params: params{}}
	nodes := []*pipeline.Node{first}
	for i := range 3 * blockedShown {
		nodes = append(nodes, &pipeline.Node{Name: fmt.Sprint("after", i), Stage: stage, Params: params{i + 1},
			Inputs: []pipeline.Input{{Name: "x", From: first, Output: "a"}}})
	}
	g, err := pipeline.NewGraph(nodes)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s, err := pipeline.OpenStore(dir + "/store")
	if err != nil {
		t.Fatal(err)
	}
	var out buffer
	e := pipeline.New(pipeline.Config{Store: s, Out: dir, Code: fixedCode{}, Events: NewLog(slog.New(slog.NewTextHandler(&out, nil)))})
	for range 2 { // the second run starts counting again
		out = buffer{}
		p, err := e.Plan(t.Context(), g, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Run(t.Context(), p, pipeline.Options{Jobs: 2}); err == nil {
			t.Fatal("nothing failed")
		}
		if n := strings.Count(out.String(), "msg=blocked node=after"); n != blockedShown {
			t.Errorf("%d blocked nodes have a line, want %d:\n%s", n, blockedShown, out.String())
		}
		wantAll(t, out.String(), fmt.Sprintf("nodes=%d\n", 2*blockedShown), fmt.Sprintf("1 failed, %d blocked", 3*blockedShown))
	}
}

func TestTerminal(t *testing.T) {
	dir := t.TempDir()
	var out buffer
	show(t, dir, NewTerminal(&out), true)
	wantAll(t, out.String(), "square", "3 / 3", "failed: two: planned failure", "about to fail", "log: ", "1 executed, 1 failed, 1 blocked",
		"1 blocked by failures")
	out = buffer{}
	show(t, dir, NewTerminal(&out), false)
	wantAll(t, out.String(), "2 / 2", "2 executed, 1 cached", "published two.txt")
	out = buffer{}
	show(t, dir, NewTerminal(&out), false)
	wantAll(t, out.String(), "everything is up to date: 3 nodes")
}

// Anything that is not a terminal gets a log.
func TestNewPicksTheLogForFiles(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, ok := New(f, slog.Default()).(*logger); !ok {
		t.Error("a file was taken for a terminal")
	}
}

// How long a job takes, from what it reports about itself and what was expected
// of it.
func TestWhole(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		name     string
		elapsed  time.Duration
		share    float64
		expected time.Duration // negative if unknown
		want     time.Duration // negative if unknown
	}{
		{"a quarter in 10 s", 10 * time.Second, 0.25, 25 * time.Second, 40 * time.Second},
		{"a quarter in 10 s, and nothing was expected", 10 * time.Second, 0.25, -1, 40 * time.Second},
		{"a twentieth is half as good as a tenth", 10 * time.Second, 0.05, 100 * time.Second, 150 * time.Second},
		{"an overdue job is only judged by itself", 10 * time.Second, 0.01, 5 * time.Second, 1000 * time.Second},
		{"nothing was reported yet", 10 * time.Second, 0, 25 * time.Second, 25 * time.Second},
		{"nothing was reported, and it is overdue", 10 * time.Second, 0, 4 * time.Second, 16 * time.Second},
		{"nothing is known", 10 * time.Second, 0, -1, -1},
	} {
		j := &job{started: now.Add(-c.elapsed), share: c.share}
		d, ok := j.whole(max(0, c.expected), c.expected >= 0, now)
		if ok != (c.want >= 0) || ok && d.Round(time.Second) != c.want {
			t.Errorf("%s: takes %v, %t, want %v", c.name, d, ok, c.want)
		}
	}
}

// Jobs that are slower than expected say so of those of their kind that wait,
// long before the first of them ends.
func TestRunningJobsCorrectThoseThatWait(t *testing.T) {
	nodes := nodesOf(7)
	for i, work := range []string{"fast", "slow", "slow", "slow", "slow", "fast", "fast"} {
		nodes[i].Work, nodes[i].Cost = work, 60
	}
	p := planOf(t, nodes, func(*pipeline.Node) float64 { return 1 }) // each node should take a minute
	now := time.Now()
	tracker := newTracker(p, 2, now)
	if d, unknown := tracker.remaining(now); d != 210*time.Second || unknown != 0 {
		t.Errorf("before the start %v are left, %d unknown, want 3 m 30 s", d, unknown)
	}
	fast, slow := nodes[0], nodes[1]
	tracker.start(fast, "", now)
	tracker.start(slow, "", now)
	now = now.Add(30 * time.Second)
	tracker.progress(fast, 1, 2, "")
	tracker.progress(slow, 1, 20, "") // 5 %: half its own 10 minutes and half the minute expected
	// 30 s of the fast job and two minutes of those that wait; 300 s of the
	// slow job, and three times 330 s.
	if d, unknown := tracker.remaining(now); d != (30+120+300+990)/2*time.Second || unknown != 0 {
		t.Errorf("after 30 s %v are left, %d unknown, want 12 m", d, unknown)
	}
}

func TestShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		1500 * time.Millisecond: "1.5 s", 42 * time.Second: "42 s", 125 * time.Second: "2 m 05 s", 3*time.Hour + 4*time.Minute: "3 h 04 m",
	} {
		if got := Short(d); got != want {
			t.Errorf("Short(%v) = %q, want %q", d, got, want)
		}
	}
}

// A run of many hours writes a line about the whole run once a minute, however
// much happens, and nothing for each step of a stage.
func TestLogSumsUpOnceAMinute(t *testing.T) {
	var out buffer
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	l := NewLog(slog.New(slog.NewTextHandler(&out, nil))).(*logger)
	l.now = func() time.Time { return now }
	p := planOf(t, nodesOf(4), nil)
	l.RunStarted(p, 2)
	first, second := p.Steps[0].Node, p.Steps[1].Node
	l.NodeStarted(first, "")
	l.NodeStarted(second, "n2")
	for i := range 1200 { // twice a second for ten minutes
		now = now.Add(500 * time.Millisecond)
		l.NodeProgress(first, float64(i), 1200, "step")
	}
	l.NodeFinished(pipeline.NodeResult{Node: second, Name: second.Name, Outcome: pipeline.Failed, Err: errors.New("planned")})
	now = now.Add(time.Minute)
	l.NodeProgress(first, 1, 2, "step")
	text := out.String()
	if n := strings.Count(text, "so far"); n != 11 {
		t.Errorf("%d lines about the whole run in eleven minutes, want 11:\n%s", n, text)
	}
	if n := strings.Count(text, "\n"); n != 11+2 {
		t.Errorf("%d lines in all, want a beginning and a failure besides:\n%s", n, text)
	}
	wantAll(t, text, `"by stage"="square 1/4"`, "failed=1", `gone="11 m 00 s"`, "running=\"node0 50 %\"", "ended=1 of=4")
}

// nodesOf returns that many nodes of one stage.
func nodesOf(n int) []*pipeline.Node {
	stage := &pipeline.Stage{Name: "square", Package: "p", Outputs: []string{"a"},
		Run: func(context.Context, *pipeline.Job) error { return nil }}
	nodes := make([]*pipeline.Node, n)
	for i := range nodes {
		nodes[i] = &pipeline.Node{Name: fmt.Sprint("node", i), Stage: stage, Params: struct{ I int }{i}}
	}
	return nodes
}

// planOf returns a plan of nodes that have never run.
func planOf(t *testing.T, nodes []*pipeline.Node, calibrate func(*pipeline.Node) float64) *pipeline.Plan {
	t.Helper()
	g, err := pipeline.NewGraph(nodes)
	if err != nil {
		t.Fatal(err)
	}
	s, err := pipeline.OpenStore(t.TempDir() + "/store")
	if err != nil {
		t.Fatal(err)
	}
	e := pipeline.New(pipeline.Config{Store: s, Code: fixedCode{}, Calibrate: calibrate})
	p, err := e.Plan(t.Context(), g, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Lines that do not fit are cut, by characters.
func TestCut(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{{"short", 10, "short"}, {"exactly", 7, "exactly"}, {"zu lang für das", 12, "zu lang für…"}, {"unknown width", 0, "unknown width"}} {
		if got := cut(c.text, c.width); got != c.want {
			t.Errorf("cut(%q, %d) = %q, want %q", c.text, c.width, got, c.want)
		}
	}
}
