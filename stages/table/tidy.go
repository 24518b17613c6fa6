package table

import (
	"context"
	"errors"
	"fmt"
	"os"

	"sparsel/artifacts/measures"
	"sparsel/pipeline"
)

// TidyTable is the output of the tidy stage.
const TidyTable = "tidy.csv"

// TidyParams names the experiments whose tables are joined, in order. Each is
// an input with the experiment's name.
type TidyParams struct {
	Experiments []string
}

// TidyStage returns the stage that joins the experiments' parts of the tidy
// table.
func TidyStage() *pipeline.Stage {
	return &pipeline.Stage{
		Name:    "tidy",
		Package: "sparsel/stages/table",
		Outputs: []string{TidyTable},
		Run:     tidy,
	}
}

func tidy(_ context.Context, job *pipeline.Job) error {
	var all []measures.TidyRow
	for _, name := range job.Node().Params.(TidyParams).Experiments {
		path, _ := job.Input(name)
		rows, err := ReadTidy(path)
		if err != nil {
			return fmt.Errorf("experiment %s: %w", name, err)
		}
		all = append(all, rows...)
	}
	f, err := os.Create(job.Output(TidyTable))
	if err != nil {
		return err
	}
	return errors.Join(measures.WriteTidyCSV(f, all), f.Close())
}

// ReadTidy reads a tidy table from a file.
func ReadTidy(path string) ([]measures.TidyRow, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := measures.ReadTidyCSV(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rows, nil
}
