package pipeline_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sparsel/pipeline"
)

// Two stages, run twice: the second time there is nothing to do. Then a
// parameter changes, and the plan says what that means. The first stage has to
// run; since it writes the same bytes as before, the second does not.
func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	store, err := pipeline.OpenStore(filepath.Join(dir, "store"))
	if err != nil {
		panic(err)
	}
	engine := pipeline.New(pipeline.Config{Store: store, Out: dir, Code: pipeline.Code("", store, nil)})

	type text struct{ Words string }
	write := &pipeline.Stage{
		Name: "write", Package: "sparsel/pipeline/canon", Outputs: []string{"words.txt"},
		Run: func(_ context.Context, job *pipeline.Job) error {
			words := strings.Fields(job.Node().Params.(text).Words)
			return os.WriteFile(job.Output("words.txt"), []byte(strings.Join(words, "\n")), 0o644)
		},
	}
	count := &pipeline.Stage{
		Name: "count", Package: "sparsel/pipeline/canon", Outputs: []string{"count.txt"},
		Run: func(_ context.Context, job *pipeline.Job) error {
			path, _ := job.Input("words")
			words, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(job.Output("count.txt"), fmt.Append(nil, len(strings.Fields(string(words)))), 0o644)
		},
	}
	study := func(words string) *pipeline.Graph {
		w := &pipeline.Node{Name: "write", Stage: write, Params: text{words}}
		c := &pipeline.Node{Name: "count", Stage: count,
			Inputs:  []pipeline.Input{{Name: "words", From: w, Output: "words.txt"}},
			Publish: map[string]string{"count.txt": "count.txt"}}
		g, err := pipeline.NewGraph([]*pipeline.Node{w, c})
		if err != nil {
			panic(err)
		}
		return g
	}

	ctx := context.Background()
	for range 2 {
		plan, err := engine.Plan(ctx, study("one two three"), nil)
		if err != nil {
			panic(err)
		}
		report, err := engine.Run(ctx, plan, pipeline.Options{Jobs: 2})
		if err != nil {
			panic(err)
		}
		fmt.Println(report.Counts[pipeline.Executed], "executed,", report.Counts[pipeline.Cached], "cached")
	}
	plan, err := engine.Plan(ctx, study("one two  three"), nil)
	if err != nil {
		panic(err)
	}
	for _, step := range plan.Steps {
		fmt.Printf("%s: %s: %s\n", step.Node.Name, step.State, step.Reasons[0])
	}
	report, err := engine.Run(ctx, plan, pipeline.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Println("count:", report.Result("count").Outcome)
	// Output:
	// 2 executed, 0 cached
	// 0 executed, 2 cached
	// write: stale: words "one two three" → "one two  three"
	// count: waiting: reads write, which is stale
	// count: cut off
}
