// Package table is the pipeline's table stages: the tidy table of every epoch of every run, and the tables of the
// study, as CSV for programs, Markdown for reading, LaTeX for papers and JSON for the report. Each kind of table
// is one file that turns summaries and parameters into rows; package analysis/tabulate renders them.
package table

import (
	"context"
	"fmt"

	"sparsel/analysis/tabulate"
	"sparsel/artifacts/measures"
	"sparsel/pipeline"
)

// Outputs of the table stage.
const (
	CSV      = "table.csv"
	Markdown = "table.md"
	LaTeX    = "table.tex"
	JSON     = "table.json"
)

// Summaries is the table stage's input, where a table shows an experiment's values.
const Summaries = "summaries"

// Kind is what the pipeline and the names of nodes call the stage.
const Kind = "table"

// Stage makes one table. What it shows is said by the type of the node's parameters, one of this package's.
func Stage() *pipeline.Stage {
	return &pipeline.Stage{
		Name:    Kind,
		Package: "sparsel/stages/table",
		Outputs: []string{CSV, Markdown, LaTeX, JSON},
		Run:     run,
	}
}

func run(_ context.Context, job *pipeline.Job) error {
	var summaries []measures.Summary
	if len(job.Node().Inputs) > 0 { // a table of the parameters alone has none
		path, _ := job.Input(Summaries)
		var err error
		if _, summaries, err = measures.ReadSummaries(path); err != nil {
			return err
		}
	}
	var t tabulate.Table
	var err error
	switch p := job.Node().Params.(type) {
	case FinalParams:
		t, err = p.table(summaries)
	case SearchParams:
		t, err = p.table(summaries)
	case PrintedParams:
		t, err = p.table(summaries)
	case TextParams:
		t = p.table()
	default:
		err = fmt.Errorf("no table is made from %T", p)
	}
	if err != nil {
		return err
	}
	return tabulate.WriteFiles(t, func(format string) string { return job.Output("table." + format) })
}

// marks is the note of a reduced study, if it is one.
func marks(mark string) []string {
	if mark == "" {
		return nil
	}
	return []string{mark}
}
