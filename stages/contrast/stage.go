package contrast

import (
	"context"
	"fmt"
	"strconv"

	"sparsel/analysis/chart"
	"sparsel/analysis/tabulate"
	"sparsel/pipeline"
	"sparsel/stages/measured"
)

// Kind is the name of the stage.
const Kind = "contrast"

// The outputs, each in all of its formats.
const (
	Table   = "comparison"
	Picture = "forest"
)

// LayersOf names the input that holds the measured layers of a file.
func LayersOf(file int) string { return "layers " + strconv.Itoa(file) }

// Stage returns the stage.
func Stage() *pipeline.Stage {
	s := &pipeline.Stage{Name: Kind, Package: "sparsel/stages/contrast", Outputs: []string{Table + ".parquet"}, Run: run}
	for _, format := range tabulate.Formats {
		s.Outputs = append(s.Outputs, Table+"."+format)
	}
	for _, format := range chart.Formats {
		s.Outputs = append(s.Outputs, Picture+"."+format)
	}
	return s
}

func run(_ context.Context, job *pipeline.Job) error {
	p := job.Node().Params.(Params)
	var files [][]measured.Layer
	for i := range p.Files {
		path, _ := job.Input(LayersOf(i))
		layers, err := measured.Read(path, "")
		if err != nil {
			return err
		}
		files = append(files, layers)
	}
	rows, err := p.compare(files)
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	if err := tabulate.WriteFiles(p.table(rows), func(format string) string { return job.Output(Table + "." + format) }); err != nil {
		return err
	}
	err = chart.WriteFiles(p.figure(rows), chart.DefaultStyle(), func(format string) string { return job.Output(Picture + "." + format) })
	if err != nil {
		return err
	}
	return archive(job.Output(Table+".parquet"), rows)
}
