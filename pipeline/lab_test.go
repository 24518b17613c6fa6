package pipeline_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sparsel/pipeline"
	"sparsel/pipeline/codeid"
	"sparsel/pipeline/store"
	"sparsel/pipeline/store/remote"
)

// A lab is a store, an output directory and the study of the tests: fetch →
// train (one per seed and rate) → metric → aggregate → figure.
type lab struct {
	t    testing.TB
	dir  string
	code versions
	seen int // number of journal events counted so far

	silence time.Duration // Silence of every stage
	pause   time.Duration // pause in every stage in a worker process

	launch   string // the command that starts workers on other machines
	far      string // the URL of a second level; empty if there is none
	patience remote.Patience
	now      func() time.Time
	notes    []string // notes of all runs

	release bool             // trainings release their activations, which metrics read
	keep    bool             // but not in this run
	vague   bool             // stages write much, and do not say why a write fails
	wrong   string           // a node that gives other bytes on this machine
	fail    map[string]error // by node name, the error of its stage
	gate    func(ctx context.Context, node string) error
	mu      sync.Mutex
	peak    int
	alive   int
}

// versions is a CodeSource that maps each package to its version.
type versions map[string]string

func (v versions) Identify(_ context.Context, packages []string) (map[string]codeid.Identity, error) {
	out := map[string]codeid.Identity{}
	for _, p := range packages {
		sum := codeid.Hash(sha256.Sum256([]byte(p + "@" + v[p])))
		out[p] = codeid.Identity{ID: sum, Root: p, Go: "go1", Packages: map[string]codeid.Hash{p: sum}}
	}
	return out, nil
}

func newLab(t *testing.T) *lab {
	return &lab{t: t, dir: t.TempDir(), code: versions{}, fail: map[string]error{}}
}

func (l *lab) store() *store.Store {
	l.t.Helper()
	s, err := pipeline.OpenStore(filepath.Join(l.dir, "store"))
	if err != nil {
		l.t.Fatal(err)
	}
	return s
}

func (l *lab) engine() *pipeline.Engine {
	c := pipeline.Config{Store: l.store(), Out: l.dir, Code: l.code, Now: l.now}
	if l.far != "" {
		c.Remote, c.RemoteReadOnly = l.remote()
		c.Events = listener{l}
	}
	return pipeline.New(c)
}

// settings is one version of the study's parameters.
type settings struct {
	Data   string
	Rates  []float64
	Seeds  []int
	Round  int // decimals kept by metric: few of them make early cutoff happen
	Colour string
	Other  map[string]float64 // rates of single runs, by what follows "train/"
	// Optional lets the aggregate do without failed runs.
	Optional bool
}

func basic() settings {
	return settings{Data: "mnist", Rates: []float64{0.001, 0.01}, Seeds: []int{1, 2, 3}, Round: 6, Colour: "blue"}
}

type trainParams struct {
	Optimizer struct{ LR float64 }
	Seed      int
}

// graph builds the study. Every stage writes a hash of what it depends on.
func (l *lab) graph(s settings) *pipeline.Graph {
	l.t.Helper()
	stage := func(name string, outputs ...string) *pipeline.Stage {
		return &pipeline.Stage{Name: name, Package: name, Outputs: outputs, Run: l.work, Silence: l.silence}
	}
	fetch, train, metric := stage("fetch", "data"), stage("train", "record", "activations"), stage("metric", "table")
	aggregate, figure := stage("aggregate", "summary"), stage("figure", "svg")

	data := &pipeline.Node{Name: "fetch", Stage: fetch, Params: struct{ Data string }{s.Data}, Here: true}
	nodes := []*pipeline.Node{data}
	all := &pipeline.Node{Name: "aggregate", Stage: aggregate}
	for _, rate := range s.Rates {
		for _, seed := range s.Seeds {
			p := trainParams{Seed: seed}
			p.Optimizer.LR = rate
			name := fmt.Sprintf("%g/%d", rate, seed)
			if other, ok := s.Other[name]; ok {
				p.Optimizer.LR = other
			}
			t := &pipeline.Node{Name: "train/" + name, Group: "sweep", Stage: train, Params: p, Cost: float64(seed),
				Inputs: []pipeline.Input{{Name: "data", From: data, Output: "data"}}}
			m := &pipeline.Node{Name: "metric/" + name, Group: "sweep", Stage: metric, Params: struct{ Round int }{s.Round},
				Inputs: []pipeline.Input{{Name: "record", From: t, Output: "record"}}}
			if l.release {
				if !l.keep {
					t.Release = []string{"activations"}
				}
				m.Inputs = append(m.Inputs, pipeline.Input{Name: "activations", From: t, Output: "activations"})
			}
			nodes = append(nodes, t, m)
			all.Inputs = append(all.Inputs, pipeline.Input{Name: name, From: m, Output: "table", Optional: s.Optional})
		}
	}
	fig := &pipeline.Node{Name: "figure", Stage: figure, Params: struct{ Colour string }{s.Colour},
		Inputs:  []pipeline.Input{{Name: "summary", From: all, Output: "summary"}},
		Publish: map[string]string{"svg": "figures/fig-1.svg"}}
	g, err := pipeline.NewGraph(append(nodes, all, fig))
	if err != nil {
		l.t.Fatal(err)
	}
	return g
}

// work implements every stage of the study.
func (l *lab) work(ctx context.Context, job *pipeline.Job) error {
	l.mu.Lock()
	l.alive++
	l.peak = max(l.peak, l.alive)
	err := l.fail[job.Node().Name]
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		l.alive--
		l.mu.Unlock()
	}()
	if l.gate != nil {
		if err := l.gate(ctx, job.Node().Name); err != nil {
			return err
		}
	}
	if err != nil {
		job.Logf("about to fail")
		return err
	}
	if l.wrong == job.Node().Name {
		return derive(job, "a faulty processor")
	}
	if l.vague {
		if err := os.WriteFile(job.Output(job.Node().Stage.Outputs[0]), make([]byte, 1<<20), 0o644); err != nil {
			return errors.New("failed to write magic number")
		}
	}
	return derive(job, l.code[job.Node().Stage.Package])
}

// derive writes outputs that are a function of everything that a stage may use:
// code, parameters and inputs.
func derive(job *pipeline.Job, code string) error {
	n := job.Node()
	text := fmt.Sprintf("%s@%s %v\n", n.Stage.Name, strings.TrimSuffix(code, " (same results)"), n.Params)
	for _, in := range n.Inputs {
		path, ok := job.Input(in.Name)
		content := []byte("absent")
		if ok {
			var err error
			if content, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		text += fmt.Sprintf("%s %x\n", in.Name, sha256.Sum256(content))
	}
	if p, ok := n.Params.(struct{ Round int }); ok && p.Round == 0 {
		text = "rounded away" // the same for every input: downstream nodes must not notice
	}
	for _, o := range n.Stage.Outputs {
		if err := os.WriteFile(job.Output(o), []byte(o+" of "+text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// run carries out a plan, which must succeed and match its dry run, and returns
// which nodes ran, according to the journal.
func (l *lab) run(s settings) []string {
	l.t.Helper()
	e := l.engine()
	p, err := e.Plan(context.Background(), l.graph(s), nil)
	if err != nil {
		l.t.Fatal(err)
	}
	if _, err := e.Run(context.Background(), p, pipeline.Options{Jobs: 4}); err != nil {
		l.t.Fatal(err)
	}
	ran := l.executions(store.NodeFinish)
	l.checkPrediction(p, ran)
	return ran
}

// checkPrediction compares a plan with what happened: stale and failed nodes
// run, current ones do not, waiting ones may.
func (l *lab) checkPrediction(p *pipeline.Plan, ran []string) {
	l.t.Helper()
	for _, s := range p.Steps {
		did := slices.Contains(ran, s.Node.Name)
		if certain := s.State == pipeline.Stale || s.State == pipeline.Broken; certain && !did || s.State == pipeline.Current && did {
			l.t.Errorf("plan said %s is %s (%q); executed: %v", s.Node.Name, s.State, s.Reasons, did)
		}
		if s.State != pipeline.Current && len(s.Reasons) == 0 {
			l.t.Errorf("plan gives no reason why %s is %s", s.Node.Name, s.State)
		}
	}
}

// executions returns the nodes with an event of that kind since the last call.
func (l *lab) executions(kind store.EventKind) []string {
	l.t.Helper()
	events, _, err := l.store().Journal()
	if err != nil {
		l.t.Fatal(err)
	}
	var out []string
	for _, e := range events[l.seen:] {
		if e.Kind == kind {
			out = append(out, e.Node)
		}
	}
	l.seen = len(events)
	slices.Sort(out)
	return out
}

func (l *lab) want(what string, got []string, want ...string) {
	l.t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		l.t.Errorf("%s: executed %q, want %q", what, got, want)
	}
}

// plan returns the plan for s.
func (l *lab) plan(s settings) *pipeline.Plan {
	l.t.Helper()
	p, err := l.engine().Plan(context.Background(), l.graph(s), nil)
	if err != nil {
		l.t.Fatal(err)
	}
	return p
}

func (l *lab) figure() string {
	l.t.Helper()
	text, err := os.ReadFile(filepath.Join(l.dir, "figures", "fig-1.svg"))
	if err != nil {
		l.t.Fatal(err)
	}
	return string(text)
}

// blob returns the path of a node's output in the store.
func (l *lab) blob(s settings, node, output string) string {
	l.t.Helper()
	st := l.plan(s).Step(node)
	for _, o := range st.Outputs {
		if o.Name == output {
			return l.store().BlobPath(o.Content)
		}
	}
	l.t.Fatalf("%s is %s and has no output %s", node, st.State, output)
	return ""
}

// rounds is the number of repetitions of a test of random moments or graphs: a
// few by default, many if SPARSEL_SOAK is set, fewest with -short.
func rounds(few, many int) int {
	switch {
	case os.Getenv("SPARSEL_SOAK") != "":
		return many
	case testing.Short():
		return max(1, few/3)
	}
	return few
}

// soakTime is how long a test of random moments runs if SPARSEL_SOAK is set and
// the test has no number of rounds.
const soakTime = 10 * time.Minute

var errPlanned = errors.New("planned failure")
