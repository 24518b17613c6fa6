package pipeline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"sparsel/pipeline"
	"sparsel/pipeline/codeid"
)

func nothing(context.Context, *pipeline.Job) error { return nil }

func TestGraphRefuses(t *testing.T) {
	stage := &pipeline.Stage{Name: "s", Package: "p", Outputs: []string{"a"}, Run: nothing}
	node := func(name string, inputs ...pipeline.Input) *pipeline.Node {
		return &pipeline.Node{Name: name, Stage: stage, Inputs: inputs}
	}
	a := node("a")
	one, two, three := node("one"), node("two"), node("three")
	one.Inputs = []pipeline.Input{{Name: "x", From: three, Output: "a"}}
	two.Inputs = []pipeline.Input{{Name: "x", From: one, Output: "a"}}
	three.Inputs = []pipeline.Input{{Name: "x", From: two, Output: "a"}}
	self := node("self")
	self.Inputs = []pipeline.Input{{Name: "x", From: self, Output: "a"}}
	publish := func(name, output, path string) *pipeline.Node {
		n := node(name)
		n.Publish = map[string]string{output: path}
		return n
	}
	with := func(s pipeline.Stage) *pipeline.Node { return &pipeline.Node{Name: "n", Stage: &s} }
	for want, nodes := range map[string][]*pipeline.Node{
		"one non-empty line":                     {node("")},
		`two nodes are named "a"`:                {a, node("a")},
		"node n has no stage":                    {{Name: "n"}},
		"needs a name, a package and a function": {with(pipeline.Stage{Name: "s"})},
		"stage s has no outputs":                 {with(pipeline.Stage{Name: "s", Package: "p", Run: nothing})},
		`output "../x": must be a plain`: {with(pipeline.Stage{Name: "s", Package: "p", Run: nothing,
			Outputs: []string{"../x"}})},
		`output "a": must be a plain file name, once`: {with(pipeline.Stage{Name: "s", Package: "p", Run: nothing,
			Outputs: []string{"a", "a"}})},
		`two different stages are named "s"`: {a,
			with(pipeline.Stage{Name: "s", Package: "p", Run: nothing, Outputs: []string{"a"}})},
		`input "x" comes from a node that is not`: {node("b", pipeline.Input{Name: "x", From: node("elsewhere"), Output: "a"})},
		`a has no output "z"`:                     {a, node("b", pipeline.Input{Name: "x", From: a, Output: "z"})},
		`input "x": names must be unique`: {a,
			node("b", pipeline.Input{Name: "x", From: a, Output: "a"}, pipeline.Input{Name: "x", From: a, Output: "a"})},
		"cycle: ":                          {one, two, three},
		"cycle: self reads its own output": {self},
		`publishes "z", which stage s does not make`:     {publish("n", "z", "f")},
		"must stay below the output directory":           {publish("n", "a", "../f")},
		`m and n both publish "d/../f"`:                  {publish("m", "a", "f"), publish("n", "a", "d/../f")},
		"node n: parameters: flatten field rate: NaN is": {{Name: "n", Stage: stage, Params: struct{ Rate float64 }{math.NaN()}}},
	} {
		_, err := pipeline.NewGraph(nodes)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	_, err := pipeline.NewGraph([]*pipeline.Node{two, three, one})
	if err == nil || !strings.Contains("one → two → three → one → two → three",
		strings.TrimPrefix(err.Error(), "build graph: cycle: ")) {
		t.Errorf("%v, want the cycle in the direction of the data", err)
	}
}

// The order depends on names and edges, not on the order of the given nodes.
func TestGraphOrder(t *testing.T) {
	l := newLab(t)
	g := l.graph(basic())
	nodes := g.Nodes()
	rng := rand.New(rand.NewPCG(3, 4))
	for range 10 {
		rng.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
		again, err := pipeline.NewGraph(nodes)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[*pipeline.Node]bool{}
		for i, n := range again.Nodes() {
			if g.Nodes()[i] != n {
				t.Fatal("the order depends on the order of the nodes given")
			}
			for _, in := range n.Inputs {
				if !seen[in.From] {
					t.Errorf("%s comes before %s", n.Name, in.From.Name)
				}
			}
			seen[n] = true
		}
	}
}

func TestDiagrams(t *testing.T) {
	l := newLab(t)
	l.run(basic())
	l.code["metric"] = "2"
	p := l.plan(basic())
	dot, err := pipeline.DOT(p.Graph, p)
	if err != nil {
		t.Fatal(err)
	}
	mermaid := pipeline.Mermaid(p.Graph, p)
	for _, want := range []string{`"fetch\ncurrent"`, `"train sweep\n× 6\ncurrent"`, `"metric sweep\n× 6\n6 stale"`,
		`"aggregate\n1 waiting"`, "n1 -> n2", "rankdir=LR"} {
		if !strings.Contains(dot, want) {
			t.Errorf("DOT lacks %s:\n%s", want, dot)
		}
	}
	for _, want := range []string{`n1["train sweep<br>× 6<br>current"]:::current`, `["metric sweep<br>× 6<br>6 stale"]:::stale`,
		"n1 --> n2"} {
		if !strings.Contains(mermaid, want) {
			t.Errorf("Mermaid lacks %s:\n%s", want, mermaid)
		}
	}
	if plain := pipeline.Mermaid(p.Graph, nil); strings.Contains(plain, "waiting<") || !strings.Contains(plain, `["train sweep<br>× 6"]`) {
		t.Errorf("Mermaid without a plan:\n%s", plain)
	}
	if again, _ := pipeline.DOT(p.Graph, p); again != dot {
		t.Error("DOT differs from call to call")
	}
}

func TestStatusIsJSON(t *testing.T) {
	l := newLab(t)
	l.run(basic())
	s := basic()
	s.Colour = "red"
	st, err := l.engine().Status(context.Background(), l.graph(s), nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"current":false`, `"stale":1`, `"name":"figure"`, `"state":"stale"`,
		`"reasons":["colour \"blue\" → \"red\""]`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("status lacks %s: %s", want, text)
		}
	}
	if st.Seconds <= 0 || st.Unknown != 0 {
		t.Errorf("estimate %g s, %d unknown, want a measured one", st.Seconds, st.Unknown)
	}
}

// The debugging switch shows everything that goes into an id.
func TestPreimages(t *testing.T) {
	l := newLab(t)
	var b bytes.Buffer
	e := pipeline.New(pipeline.Config{Store: l.store(), Out: l.dir, Code: l.code, Preimages: &b})
	if _, err := e.Plan(context.Background(), l.graph(basic()), []string{"train/0.01/2"}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"node train/0.01/2\n", `stage string "train"`, "params.optimizer.lr float64 0.01\n", "params.seed int 2\n",
		`schema string "sparsel action 1"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("pre-images lack %q:\n%s", want, b.String())
		}
	}
}

// pinning is a CodeSource whose packages all use one pinned package.
type pinning struct{ source byte }

func (p pinning) Identify(_ context.Context, packages []string) (map[string]codeid.Identity, error) {
	ids := map[string]codeid.Identity{}
	for _, name := range packages {
		ids[name] = codeid.Identity{Root: name, Pinned: map[string]codeid.Pin{"study/gemm": {Version: "gemm 1", Source: codeid.Hash{p.source}}}}
	}
	return ids, nil
}

// A stage that uses a pinned package must name its version, and results of one
// source of that package do not count for another.
func TestPinnedPackages(t *testing.T) {
	doing := map[pipeline.ActionID]bool{}
	for contract, ok := range map[string]bool{"": false, "gemm 10": false, "gemm 1": true, "2, gemm 1": true} {
		n := &pipeline.Node{Name: "n", Stage: &pipeline.Stage{Name: "s", Package: "study/train", Contract: contract, Outputs: []string{"o"},
			Run: nothing}}
		g, err := pipeline.NewGraph([]*pipeline.Node{n})
		if err != nil {
			t.Fatal(err)
		}
		st, err := pipeline.OpenStore(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		for source := range byte(2) {
			e := pipeline.New(pipeline.Config{Store: st, Code: pinning{source}})
			_, err := e.Plan(context.Background(), g, nil)
			if ok != (err == nil) || err != nil && !strings.Contains(err.Error(), `"gemm 1"`) {
				t.Errorf("contract %q: %v", contract, err)
			}
			doing[e.PinnedActionID(n, nil)] = true
		}
	}
	if len(doing) != 8 {
		t.Errorf("%d doings of 4 actions with 2 sources", len(doing))
	}
}
