package measure

import (
	"context"
	"math"

	"sparsel/pipeline"
	"sparsel/stages/measured"
	"sparsel/trainer/kernel"
)

// Kind is the name of the stage.
const Kind = "measure"

// Params are the parameters that the archives depend on. The file is identified
// by its content. Its name and location do not matter.
type Params struct {
	Content string
	Settings
}

// Stage returns the stage that measures one file.
func Stage(find measured.Finder) *pipeline.Stage {
	return &pipeline.Stage{
		Name: Kind, Package: "sparsel/stages/measure", Contract: kernel.Contract, // of the random numbers
		Outputs: []string{measured.Layers, measured.Means},
		Run: func(ctx context.Context, job *pipeline.Job) error {
			p := job.Node().Params.(Params)
			path, unchanged, err := find(p.Content)
			if err != nil {
				return err
			}
			layers, err := File(ctx, path, p.Settings, func(done, all int64) { job.Progress(float64(done), float64(all), "rows") })
			if err != nil {
				return err
			}
			if err := unchanged(); err != nil {
				return err
			}
			return measured.Write(job.Output(measured.Layers), job.Output(measured.Means), layers)
		},
	}
}

// Peak returns the most memory in bytes that measuring takes, which includes
// the layers in progress, the pages of each column, and what the garbage
// collector leaves.
func Peak() int64 { return maxMemory + int64(math.Round(0.4*(1<<30))) }
