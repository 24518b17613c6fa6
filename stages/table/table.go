// Package table contains the pipeline's table stages. One makes the tidy table
// of every epoch of every run. The other makes the tables of the study, as CSV
// for programs, Markdown for reading, LaTeX for papers and JSON for the report.
// Each kind of table has a file that turns summaries and parameters into rows,
// which package analysis/tabulate renders.
package table

import (
	"context"
	"fmt"
	"slices"

	"sparsel/analysis/tabulate"
	"sparsel/artifacts/measures"
	"sparsel/pipeline"
	"sparsel/stages/runvalues"
)

// Outputs of the table stage.
const (
	CSV      = "table.csv"
	Markdown = "table.md"
	LaTeX    = "table.tex"
	JSON     = "table.json"
)

// Inputs of the table stage, if a table shows an experiment's values.
const (
	Summaries = "summaries"
	Further   = "further" // the summaries of the further metrics, if the table shows one
)

// Kind is the stage's name in the pipeline and in the names of nodes.
const Kind = "table"

// Stage returns the stage that makes one table. The type of the node's
// parameters, one of this package's, says what the table shows.
func Stage() *pipeline.Stage {
	return &pipeline.Stage{
		Name:    Kind,
		Package: "sparsel/stages/table",
		Outputs: []string{CSV, Markdown, LaTeX, JSON},
		Run:     run,
	}
}

func run(_ context.Context, job *pipeline.Job) error {
	t, err := made(job)
	if err != nil {
		return err
	}
	return tabulate.WriteFiles(t, func(format string) string { return job.Output("table." + format) })
}

// made returns the table of a node.
func made(job *pipeline.Job) (tabulate.Table, error) {
	if experiments, ok := ByRun(job.Node().Params); ok {
		runs := map[string][]runvalues.Run{}
		for _, name := range experiments {
			path, _ := job.Input(name)
			var err error
			if runs[name], err = runvalues.ReadFile(path); err != nil {
				return tabulate.Table{}, err
			}
		}
		return runTable(job.Node().Params, runs)
	}
	var accuracy heldOut
	if p, ok := job.Node().Params.(SearchParams); ok {
		var err error
		if accuracy, err = p.heldOut(job.Input); err != nil {
			return tabulate.Table{}, err
		}
	}
	var summaries []measures.Summary
	if len(job.Node().Inputs) > 0 { // a table of the parameters alone has no inputs
		path, _ := job.Input(Summaries)
		var err error
		if _, summaries, err = measures.ReadSummaries(path); err != nil {
			return tabulate.Table{}, err
		}
		if slices.ContainsFunc(job.Node().Inputs, func(in pipeline.Input) bool { return in.Name == Further }) {
			path, _ := job.Input(Further)
			_, further, err := measures.ReadSummaries(path)
			if err != nil {
				return tabulate.Table{}, err
			}
			summaries = append(summaries, further...)
		}
	}
	return tableOf(job.Node().Params, summaries, accuracy)
}

// tableOf makes the table that the parameters describe, which have one of this
// package's types.
func tableOf(parameters any, summaries []measures.Summary, accuracy heldOut) (tabulate.Table, error) {
	switch p := parameters.(type) {
	case FinalParams:
		return p.table(summaries)
	case SearchParams:
		return p.table(summaries, accuracy)
	case PrintedParams:
		return p.table(summaries)
	case TextParams:
		return p.table(), nil
	}
	return tabulate.Table{}, fmt.Errorf("no table is made from %T", parameters)
}

// Try makes a table in every format and discards it. The summaries may be made
// up. The error is the one that the stage would return.
func Try(parameters any, summaries []measures.Summary) error {
	var accuracy heldOut
	if p, ok := parameters.(SearchParams); ok {
		accuracy = p.madeUp()
	}
	t, err := tableOf(parameters, summaries, accuracy)
	if err != nil {
		return err
	}
	return render(t)
}

// render makes a table in every format and discards it.
func render(t tabulate.Table) error {
	for _, format := range tabulate.Formats {
		if _, err := tabulate.Render(t, format); err != nil {
			return err
		}
	}
	return nil
}

// marks returns the note of a reduced study. It is empty for the whole study.
func marks(mark string) []string {
	if mark == "" {
		return nil
	}
	return []string{mark}
}
