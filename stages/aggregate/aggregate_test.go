package aggregate_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sparsel/artifacts/measures"
	"sparsel/pipeline"
	"sparsel/pipeline/codeid"
	"sparsel/stages/aggregate"
)

type anyCode struct{}

func (anyCode) Identify(_ context.Context, packages []string) (map[string]codeid.Identity, error) {
	ids := map[string]codeid.Identity{}
	for _, p := range packages {
		ids[p] = codeid.Identity{Root: p, ID: codeid.Hash{1}}
	}
	return ids, nil
}

type runParams struct {
	Accuracy float64
	NaN      bool
	Fails    bool
	Seed     uint32
	LR       float64
}

// measured replaces a run and its metrics. It has two epochs and one layer.
var measured = &pipeline.Stage{
	Name: "measured", Package: "sparsel/stages/metrics", Outputs: []string{"measures.parquet"},
	Run: func(_ context.Context, job *pipeline.Job) error {
		p := job.Node().Params.(runParams)
		if p.Fails {
			return errors.New("planned failure")
		}
		rows := []measures.Row{{Epoch: 1, Layer: "all", Accuracy: 0.5, Sparsity: 0.2},
			{Epoch: 2, Layer: "all", Accuracy: p.Accuracy, Sparsity: 0.3}}
		if p.NaN {
			rows[1].Sparsity = math.NaN()
		}
		run := fmt.Sprintf(`{"Run":{"Optimizer":{"LR":%g},"Seeding":{"Mode":"author","Seed":%d,"Skip":%d}}}`, p.LR, p.Seed, 1000+p.Seed)
		return measures.WriteRun(job.Output("measures.parquet"), measures.Meta{"run": run}, rows)
	},
}

// A run that failed and a value that is NaN are named and counted. Nothing is
// dropped silently.
func TestMissingAndNotFinite(t *testing.T) {
	dir := t.TempDir()
	p := aggregate.Params{Experiment: "e"}
	n := &pipeline.Node{Name: "aggregate/e", Stage: aggregate.Stage(), Publish: map[string]string{
		aggregate.Summaries: "summaries.parquet", aggregate.Tidy: "tidy.csv",
	}}
	nodes := []*pipeline.Node{n}
	for i, run := range []runParams{{Accuracy: 0.9, Seed: 1}, {Accuracy: 0.8, NaN: true, Seed: 100}, {Fails: true, Seed: 1234}} {
		use := aggregate.Use{Condition: "c", Tidy: "c", Split: "test", Optimizer: "SGD", Seed: []uint32{1, 100, 1234}[i],
			Epochs: 2, Layers: 1, Column: "batch_size", Value: "50"}
		from := &pipeline.Node{Name: use.Input(), Stage: measured, Params: run}
		nodes, p.Uses = append(nodes, from), append(p.Uses, use)
		n.Inputs = append(n.Inputs, pipeline.Input{Name: use.Input(), From: from, Output: "measures.parquet", Optional: true})
	}
	n.Params = p
	graph, err := pipeline.NewGraph(nodes)
	if err != nil {
		t.Fatal(err)
	}
	store, err := pipeline.OpenStore(filepath.Join(dir, "store"))
	if err != nil {
		t.Fatal(err)
	}
	engine := pipeline.New(pipeline.Config{Store: store, Out: dir, Code: anyCode{}})
	plan, err := engine.Plan(context.Background(), graph, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Run(context.Background(), plan, pipeline.Options{Jobs: 2}); !errors.Is(err, pipeline.ErrFailed) {
		t.Fatalf("got %v, want the planned failure and no other", err)
	}

	_, summaries, err := measures.ReadSummaries(filepath.Join(dir, "summaries.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, s := range summaries {
		if s.Expected != 3 || s.Missing != "seed 1234" {
			t.Errorf("%s, epoch %d: expected %d, missing %q", s.Metric, s.Epoch, s.Expected, s.Missing)
		}
		switch {
		case s.Metric == "accuracy" && s.Epoch == 2:
			seen++
			if s.N != 2 || math.Abs(s.Mean-0.85) > 1e-15 || math.Abs(s.SE-0.05) > 1e-15 || math.Abs(s.SEPopulation-0.05/math.Sqrt2) > 1e-15 {
				t.Errorf("accuracy: %+v", s)
			}
		case s.Metric == "sparsity" && s.Epoch == 2:
			seen++
			if s.N != 1 || s.NonFinite != "seed 100" || s.Mean != 0.3 {
				t.Errorf("sparsity: %+v", s)
			}
		}
	}
	if seen != 2 {
		t.Errorf("%d of 2 summaries found", seen)
	}

	f, err := os.Open(filepath.Join(dir, "tidy.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := measures.ReadTidyCSV(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 6 {
		t.Fatalf("the table has %d rows, want two for each of three runs, the failed one included", len(rows))
	}
	for _, r := range rows {
		if r.Accuracy.Recorded != (r.Seed != 1234) || r.ParamName != "batch_size" || r.ParamValue.Value != 50 {
			t.Errorf("row %+v", r)
		}
	}
}

// A mean is taken only over replicates, which are runs that differ in nothing
// but their seed.
func TestCohort(t *testing.T) {
	for what, c := range map[string]struct {
		second runParams
		other  string // the second run's condition, unless it is the first's
		want   string
	}{
		"another seed":                    {second: runParams{Seed: 100, LR: 0.1}},
		"another rate":                    {second: runParams{Seed: 100, LR: 0.2}, want: "differ in more than their seed"},
		"another rate, another condition": {second: runParams{Seed: 100, LR: 0.2}, other: "d"},
		"not the seed it should have":     {second: runParams{Seed: 7, LR: 0.1}, want: "of a run with seed 7"},
	} {
		p := aggregate.Params{Experiment: "e"}
		n := &pipeline.Node{Name: "aggregate/e", Stage: aggregate.Stage()}
		nodes := []*pipeline.Node{n}
		for i, run := range []runParams{{Seed: 1, LR: 0.1}, c.second} {
			use := aggregate.Use{Condition: "c", Tidy: "c", Split: "test", Optimizer: "SGD", Seed: []uint32{1, 100}[i], Epochs: 2, Layers: 1}
			if i == 1 && c.other != "" {
				use.Condition, use.Tidy = c.other, c.other
			}
			from := &pipeline.Node{Name: use.Input(), Stage: measured, Params: run}
			nodes, p.Uses = append(nodes, from), append(p.Uses, use)
			n.Inputs = append(n.Inputs, pipeline.Input{Name: use.Input(), From: from, Output: "measures.parquet"})
		}
		n.Params = p
		graph, err := pipeline.NewGraph(nodes)
		if err != nil {
			t.Fatal(err)
		}
		store, err := pipeline.OpenStore(filepath.Join(t.TempDir(), "store"))
		if err != nil {
			t.Fatal(err)
		}
		engine := pipeline.New(pipeline.Config{Store: store, Code: anyCode{}})
		plan, err := engine.Plan(context.Background(), graph, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = engine.Run(context.Background(), plan, pipeline.Options{Jobs: 2})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", what, err, c.want)
		}
	}
}
