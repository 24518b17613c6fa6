package pipeline_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

// T31: a study of ten thousand nodes that is up to date. The goal is a status
// within a second; 3,000 nodes, the size of the whole study, should be planned
// within 0.3 s.
func BenchmarkStatus(b *testing.B) {
	for name, seeds := range map[string]int{"3000": 750, "10000": 2500} {
		l := bigLab(b)
		s := basic()
		s.Seeds = upTo(seeds)
		g := l.graph(s)
		if _, err := l.try(context.Background(), s, pipeline.Options{Jobs: 2}); err != nil {
			b.Fatal(err)
		}
		status := func(b *testing.B, g *pipeline.Graph, current bool) {
			if st, err := l.engine().Status(context.Background(), g, nil); err != nil || st.Current != current {
				b.Fatal(err)
			}
		}
		b.Run(name+"/status", func(b *testing.B) {
			for b.Loop() {
				status(b, g, true)
			}
		})
		b.Run(name+"/cold", func(b *testing.B) {
			for b.Loop() {
				os.Remove(l.cache())
				status(b, g, true)
			}
		})
		b.Run(name+"/idle run", func(b *testing.B) {
			for b.Loop() {
				if r, err := l.try(context.Background(), s, pipeline.Options{Jobs: 2}); err != nil || r.Counts[pipeline.Executed] > 0 {
					b.Fatal(err)
				}
			}
		})
		s.Data = "other"
		b.Run(name+"/all stale", func(b *testing.B) {
			for b.Loop() {
				status(b, l.graph(s), false)
			}
		})
	}
}

// T31: a hundred thousand files, and large ones, whose hashing should use every
// core.
func BenchmarkFiles(b *testing.B) {
	for _, c := range []struct{ nodes, outputs, size int }{{10000, 10, 100}, {40, 2, 8 << 20}} {
		l := bigLab(b)
		g := l.wide(c.nodes, c.outputs, c.size)
		l.runGraph(g, 2)
		for what, prepare := range map[string]func(){"warm": func() {}, "cold": func() { os.Remove(l.cache()) }} {
			b.Run(fmt.Sprintf("%dx%d/%s", c.nodes, c.outputs, what), func(b *testing.B) {
				if what == "cold" {
					b.SetBytes(int64(c.nodes * c.outputs * c.size))
				}
				for b.Loop() {
					prepare()
					if st, err := l.engine().Status(context.Background(), g, nil); err != nil || !st.Current {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// T31: a command hashes each file at most once, and no file that it need not
// hash.
func TestT31HashedOnce(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const nodes, outputs = 40, 10
	g := l.wide(nodes, outputs, 100)
	plan := func(paranoid bool) *pipeline.Plan {
		e := pipeline.New(pipeline.Config{Store: l.store(), Out: l.dir, Code: l.code, Paranoid: paranoid})
		p, err := e.Plan(context.Background(), g, nil)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	want := func(what string, p *pipeline.Plan, want int64) {
		t.Helper()
		if files, bytes := p.Hashed(); files != want || files > 0 && bytes < 100*files {
			t.Errorf("%s: hashed %d files of %d bytes, want %d", what, files, bytes, want)
		}
	}
	p := plan(false)
	want("nothing there", p, 0)
	e := l.engine()
	if _, err := e.Run(context.Background(), p, pipeline.Options{Jobs: 2}); err != nil {
		t.Fatal(err)
	}
	want("the run that makes them", p, nodes*outputs)
	want("up to date", plan(false), 0)
	p = plan(true)
	want("up to date, paranoid", p, nodes*outputs)
	if _, err := e.Run(context.Background(), p, pipeline.Options{Jobs: 2}); err != nil {
		t.Fatal(err)
	}
	want("and its run", p, nodes*outputs)
	os.Remove(l.cache())
	want("without the cache", plan(false), nodes*outputs)
	// One damaged blob is found, and only its node is hashed again.
	flip(t, l.store().BlobPath(p.Steps[3].Outputs[2].Content), 1)
	p = plan(false)
	if n := p.Count(pipeline.Stale); n != 1 {
		t.Errorf("%d nodes are stale, want one", n)
	}
	if files, _ := p.Hashed(); files > nodes*outputs {
		t.Errorf("hashed %d files, there are %d", files, nodes*outputs)
	}
}

// bigLab is in memory if possible: ten thousand nodes wait for a disk some
// fifty thousand times.
func bigLab(t testing.TB) *lab {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "sparsel-*")
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return &lab{t: t, dir: dir, code: versions{}, fail: map[string]error{}}
}

func (l *lab) cache() string { return filepath.Join(l.dir, "store", "cache", "hashes") }

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i + 1
	}
	return out
}

// wide is a graph of nodes that read nothing and write several files.
func (l *lab) wide(nodes, outputs, size int) *pipeline.Graph {
	stage := &pipeline.Stage{Name: "wide", Package: "wide", Run: func(_ context.Context, job *pipeline.Job) error {
		for _, o := range job.Node().Stage.Outputs {
			text := fmt.Appendf(make([]byte, 0, size+60), "%s %v ", o, job.Node().Params)
			if err := os.WriteFile(job.Output(o), append(text, make([]byte, size)...), 0o644); err != nil {
				return err
			}
		}
		return nil
	}}
	for i := range outputs {
		stage.Outputs = append(stage.Outputs, fmt.Sprint("file", i))
	}
	var list []*pipeline.Node
	for i := range nodes {
		list = append(list, &pipeline.Node{Name: fmt.Sprint("wide/", i), Stage: stage, Params: struct{ I int }{i}})
	}
	g, err := pipeline.NewGraph(list)
	if err != nil {
		l.t.Fatal(err)
	}
	return g
}

// runGraph carries out a whole graph, which must succeed, and returns which
// nodes ran, according to the journal.
func (l *lab) runGraph(g *pipeline.Graph, jobs int) []string {
	l.t.Helper()
	e := l.engine()
	p, err := e.Plan(context.Background(), g, nil)
	if err == nil {
		_, err = e.Run(context.Background(), p, pipeline.Options{Jobs: jobs})
	}
	if err != nil {
		l.t.Fatal(err)
	}
	return l.executions(store.NodeFinish)
}
