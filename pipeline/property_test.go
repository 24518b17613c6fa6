package pipeline_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

// Random graphs, random edits. An oracle that shares no code with the planner
// says which nodes have to run and what the content of every node must be: a
// node runs exactly if its function, parameter and input texts have never
// occurred together before.
func TestT18RandomGraphsAndEdits(t *testing.T) {
	t.Parallel()
	for seed := range uint64(rounds(15, 1000)) {
		rng := rand.New(rand.NewPCG(seed, 18))
		w := newWorld(t, rng)
		for edit := range 8 {
			w.check(fmt.Sprintf("graph %d, edit %d", seed, edit))
			w.edit()
		}
	}
}

// A world is a random graph as plain data.
type world struct {
	t      *testing.T
	rng    *rand.Rand
	dir    string
	code   versions
	nodes  []spec
	done   map[string]bool // the oracle's keys computed so far
	marked int             // number of journal events counted so far
}

// spec is one node. Coarse nodes write only the parity of what they read, so
// that changes above them are often cut off.
type spec struct {
	stage  int
	param  int
	inputs []int // indices of earlier nodes
	coarse bool
}

const worldStages = 3

func newWorld(t *testing.T, rng *rand.Rand) *world {
	w := &world{t: t, rng: rng, dir: t.TempDir(), code: versions{}, done: map[string]bool{}}
	for i := range 4 + rng.IntN(12) {
		w.nodes = append(w.nodes, w.randomSpec(i))
	}
	return w
}

func (w *world) randomSpec(i int) spec {
	s := spec{stage: w.rng.IntN(worldStages), param: w.rng.IntN(3), coarse: w.rng.IntN(2) == 0}
	for j := range i {
		if w.rng.IntN(i) < 2 {
			s.inputs = append(s.inputs, j)
		}
	}
	return s
}

// edit changes something: a parameter, a stage's code, an edge, or the tail.
func (w *world) edit() {
	i := w.rng.IntN(len(w.nodes))
	switch w.rng.IntN(6) {
	case 0:
		w.code[fmt.Sprint(w.rng.IntN(worldStages))] = fmt.Sprint(w.rng.IntN(3))
	case 1:
		w.nodes[i] = w.randomSpec(i)
	case 2:
		w.nodes = append(w.nodes, w.randomSpec(len(w.nodes)))
	case 3:
		w.damage(i)
	case 4: // changes nothing at all
	default:
		w.nodes[i].param = w.rng.IntN(3)
	}
}

// damage overwrites one output in the store, and the oracle forgets that it is
// done. Bytes that several actions produced are left alone: whichever of them
// runs first repairs the others, which depends on the schedule.
func (w *world) damage(i int) {
	contents, keys := w.oracle()
	sum := sha256.Sum256([]byte(contents[i]))
	path := filepath.Join(w.dir, "store", "blobs", fmt.Sprintf("%x", sum[:1]), fmt.Sprintf("%x", sum))
	if _, err := os.Stat(path); err != nil {
		return // it was never made
	}
	for j := range contents {
		if contents[j] == contents[i] && keys[j] != keys[i] {
			return
		}
	}
	edit(w.t, path, []byte("damage"))
	delete(w.done, keys[i])
}

// oracle computes each node's content and key from scratch.
func (w *world) oracle() (contents, keys []string) {
	for _, s := range w.nodes {
		in := ""
		for _, j := range s.inputs {
			in += fmt.Sprintf("<%d %s>", j, contents[j])
		}
		keys = append(keys, fmt.Sprintf("%d %s %d %v %s", s.stage, w.code[fmt.Sprint(s.stage)], s.param, s.coarse, in))
		contents = append(contents, produce(fmt.Sprint(s.stage), w.code[fmt.Sprint(s.stage)], s.param, s.coarse, in))
	}
	return contents, keys
}

func produce(stage, code string, param int, coarse bool, in string) string {
	if coarse {
		sum := sha256.Sum256([]byte(in))
		return fmt.Sprintf("stage %s code %s param %d parity %d", stage, code, param, sum[0]&1)
	}
	return fmt.Sprintf("stage %s code %s param %d in %x", stage, code, param, sha256.Sum256([]byte(in)))
}

type worldParams struct {
	Param  int
	Coarse bool
}

func (w *world) graph() *pipeline.Graph {
	stages := make([]*pipeline.Stage, worldStages)
	for i := range stages {
		name := fmt.Sprint(i)
		stages[i] = &pipeline.Stage{Name: name, Package: name, Outputs: []string{"out"}, Run: func(_ context.Context, j *pipeline.Job) error {
			in := ""
			for _, input := range j.Node().Inputs {
				path, _ := j.Input(input.Name)
				text, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				in += fmt.Sprintf("<%s %s>", input.Name, text)
			}
			p := j.Node().Params.(worldParams)
			return os.WriteFile(j.Output("out"), []byte(produce(name, w.code[name], p.Param, p.Coarse, in)), 0o644)
		}}
	}
	var nodes []*pipeline.Node
	for i, s := range w.nodes {
		n := &pipeline.Node{Name: fmt.Sprint("node", i), Stage: stages[s.stage], Params: worldParams{s.param, s.coarse}}
		for _, j := range s.inputs {
			n.Inputs = append(n.Inputs, pipeline.Input{Name: fmt.Sprint(j), From: nodes[j], Output: "out"})
		}
		nodes = append(nodes, n)
	}
	g, err := pipeline.NewGraph(nodes)
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

func (w *world) check(what string) {
	w.t.Helper()
	s, err := pipeline.OpenStore(filepath.Join(w.dir, "store"))
	if err != nil {
		w.t.Fatal(err)
	}
	e := pipeline.New(pipeline.Config{Store: s, Out: w.dir, Code: w.code})
	p, err := e.Plan(context.Background(), w.graph(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := e.Run(context.Background(), p, pipeline.Options{Jobs: 3}); err != nil {
		w.t.Fatalf("%s: %v", what, err)
	}
	contents, keys := w.oracle()
	must := map[string]bool{} // one execution per new key
	for _, k := range keys {
		if !w.done[k] {
			must[k] = true
			w.done[k] = true
		}
	}
	events, _, err := s.Journal()
	if err != nil {
		w.t.Fatal(err)
	}
	ran := map[string]int{}
	var names []string
	for _, ev := range events[w.marked:] {
		if ev.Kind == store.NodeFinish {
			var i int
			fmt.Sscanf(ev.Node, "node%d", &i)
			ran[keys[i]]++
			names = append(names, ev.Node)
		}
	}
	w.marked = len(events)
	for k, n := range ran {
		if n != 1 || !must[k] {
			w.t.Errorf("%s: %q executed %d times", what, k, n)
		}
	}
	if len(ran) != len(must) {
		w.t.Errorf("%s: executed %q, want %q", what, names, slices.Sorted(maps.Keys(must)))
	}
	w.checkPlan(what, p, names)
	after, err := e.Plan(context.Background(), w.graph(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for i, c := range contents {
		st := after.Step(fmt.Sprint("node", i))
		if st.State != pipeline.Current || st.Outputs[0].Content != pipeline.ContentID(sha256.Sum256([]byte(c))) {
			w.t.Errorf("%s: node%d is %s %q and does not hold %q", what, i, st.State, st.Reasons, c)
		}
	}
}

// checkPlan checks that nothing that the plan calls current ran, and that every
// action that it calls stale was executed under the name of one of its nodes.
func (w *world) checkPlan(what string, p *pipeline.Plan, names []string) {
	w.t.Helper()
	for _, s := range p.Steps {
		ran := slices.Contains(names, s.Node.Name)
		if s.State == pipeline.Current && ran {
			w.t.Errorf("%s: %s ran though the plan calls it current", what, s.Node.Name)
		}
		if s.State == pipeline.Stale && !ran && !w.twin(p, s, names) {
			w.t.Errorf("%s: %s did not run though the plan says it does: %q", what, s.Node.Name, s.Reasons)
		}
	}
}

// twin reports whether a node with the same action ran in its place.
func (w *world) twin(p *pipeline.Plan, s pipeline.Step, names []string) bool {
	_, keys := w.oracle()
	at := slices.IndexFunc(p.Steps, func(o pipeline.Step) bool { return o.Node == s.Node })
	var i int
	fmt.Sscanf(p.Steps[at].Node.Name, "node%d", &i)
	for j, k := range keys {
		if j != i && k == keys[i] && slices.Contains(names, fmt.Sprint("node", j)) {
			return true
		}
	}
	return false
}
