package studytest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"path/filepath"
	"strconv"
	"testing"

	"sparsel/artifacts/measures"
	"sparsel/pipeline"
	"sparsel/pipeline/codeid"
	"sparsel/stages/metrics"
	"sparsel/stages/quantity"
	"sparsel/stages/study"
	"sparsel/stages/train"
	"sparsel/trainer"
)

// Number returns a made-up value of a metric of a run's layer at an epoch.
type Number func(run trainer.Config, layer, metric string, epoch int) float64

// MadeUp makes every figure, table and finding of a study in a temporary folder
// of the test, and returns the folder. Everything is as in a real run, except
// that the metrics of the runs are made up, so that nothing is trained.
func MadeUp(t testing.TB, s *study.Study, number Number) string {
	t.Helper()
	out := t.TempDir()
	if err := Make(out, s, number); err != nil {
		t.Fatal(err)
	}
	return out
}

// Make is MadeUp with a given folder. It replaces the study's metrics nodes.
func Make(out string, s *study.Study, number Number) error {
	var nodes []*pipeline.Node
	stage := inventing(number)
	for _, n := range s.Graph.Nodes() {
		switch n.Params.(type) {
		case metrics.Params:
			n.Stage, n.Params, n.Inputs = stage, invented{n.Inputs[0].From.Params.(train.Params)}, nil
		case train.Params:
			continue
		}
		if n != s.Dataset {
			nodes = append(nodes, n)
		}
	}
	graph, err := pipeline.NewGraph(nodes)
	if err != nil {
		return err
	}
	store, err := pipeline.OpenStore(filepath.Join(out, "store"))
	if err != nil {
		return err
	}
	engine := pipeline.New(pipeline.Config{Store: store, Out: out, Code: codeless{}})
	plan, err := engine.Plan(context.Background(), graph, s.Targets())
	if err != nil {
		return err
	}
	_, err = engine.Run(context.Background(), plan, pipeline.Options{Jobs: 2})
	return err
}

// invented holds the parameters of a made-up training and its metrics.
type invented struct{ Training train.Params }

// inventing returns the stage that replaces trainings and their metrics.
func inventing(number Number) *pipeline.Stage {
	return &pipeline.Stage{
		Name: "invented", Package: "invented", Outputs: []string{metrics.Measures},
		Run: func(_ context.Context, job *pipeline.Job) error {
			p := job.Node().Params.(invented).Training
			text, err := json.Marshal(p)
			if err != nil {
				return err
			}
			return measures.WriteRun(job.Output(metrics.Measures), measures.Meta{"run": string(text)}, rows(p.Run, number))
		},
	}
}

// codeless is a source of code that never changes.
type codeless struct{}

func (codeless) Identify(_ context.Context, packages []string) (map[string]codeid.Identity, error) {
	list := map[string]codeid.Identity{}
	for _, p := range packages {
		sum := codeid.Hash(sha256.Sum256([]byte(p)))
		list[p] = codeid.Identity{ID: sum, Root: p, Go: "go1", Packages: map[string]codeid.Hash{p: sum}}
	}
	return list, nil
}

// rows returns a run's metrics.
func rows(run trainer.Config, number Number) []measures.Row {
	layers := []string{measures.AllLayers}
	if n := len(run.Network.Hidden); n > 1 {
		for i := range n {
			layers = append(layers, strconv.Itoa(i+1))
		}
	}
	var list []measures.Row
	for epoch := 1; epoch <= run.Epochs; epoch++ {
		for _, layer := range layers {
			of := func(metric string) float64 { return number(run, layer, metric, epoch) }
			row := measures.Row{Epoch: epoch, Layer: layer}
			for _, m := range quantity.All() {
				if field := row.Field(m.Name); field != nil { // the others are computed from these
					*field = of(m.Name)
				}
			}
			row.Accuracy = number(run, measures.AllLayers, "accuracy", epoch)
			list = append(list, row)
		}
	}
	return list
}
