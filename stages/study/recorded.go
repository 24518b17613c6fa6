package study

import (
	"slices"
	"strconv"

	"sparsel/artifacts/measures"
	"sparsel/pipeline"
	"sparsel/stages/agreement"
	"sparsel/stages/fetch"
	"sparsel/stages/params"
)

// comparison is the first element of the names of nodes that exist to compare
// runs with recorded ones. The study's own summaries cover other runs.
const comparison = "compare"

// newRecorded binds only the recorded runs of a parameter file, and the table
// of their epochs.
func newRecorded(file string, p *params.Params, sources fetch.Sources, images string, recorded []agreement.Run) (*Study, error) {
	b := newBuilder(p)
	s := &Study{File: file, Params: p, Sources: sources, Prefix: b.prefix}
	b.addDataset(s, sources, images)
	_, all := p.Expand()
	var runs []*params.Run
	for _, u := range all {
		if !slices.Contains(recorded, runOf(u)) {
			continue
		}
		b.uses = append(b.uses, u)
		if !slices.Contains(runs, u.Run) {
			runs = append(runs, u.Run)
		}
	}
	b.addRuns(runs)
	b.addMetrics(b.uses)
	b.aggregatePrefix = comparison
	b.addAggregates(b.uses)
	s.Aggregates = b.aggregates
	s.Tidy = b.addTidy(comparison, false)
	graph, err := pipeline.NewGraph(b.nodes)
	s.Graph = graph
	return s, err
}

// runOf returns the run in the terms of the records.
func runOf(u params.Use) agreement.Run {
	row := measures.TidyRow{Experiment: u.Experiment, Condition: u.Tidy, Optimizer: u.Optimizer, Seed: u.Seed, Split: u.Split()}
	if value, err := strconv.ParseFloat(u.Value, 64); err == nil && u.Column != "" {
		row.ParamName, row.ParamValue = u.Column, measures.Recorded(value)
	}
	return agreement.RunOf(row)
}
