package study

import (
	"cmp"

	"sparsel/pipeline"
	"sparsel/stages/aggregate"
	"sparsel/stages/cost"
	"sparsel/stages/params"
	"sparsel/stages/train"
	"sparsel/trainer"
)

// The costs of nodes are in seconds on one core of an AMD Zen 4. Package cost
// computes those of trainings, and these constants those of everything that
// follows.
const (
	perStage         = 0.02  // for any stage
	perActivationRow = 60e-9 // to read an archived activation and sum it again
	perSummaryRow    = 8e-6  // for an epoch of a layer of a run, with all its metrics
	perPanel         = 0.08  // to draw a panel as PNG, SVG and PDF
)

// size returns the size of the data that a study trains and is measured on.
func size(p *params.Params) cost.Data {
	d := p.Dataset()
	return cost.Data{
		Side: d.Side, Classes: d.Classes, Train: cmp.Or(p.Study.TrainImages, d.Train), Test: cmp.Or(p.Study.TestImages, d.Test),
	}
}

// metricsSeconds returns the time that the archived activations take.
func (b *builder) metricsSeconds(c trainer.Config) float64 {
	activations := 0
	for _, units := range c.Network.Hidden {
		activations += units * size(b.params).Test
	}
	return perStage + perActivationRow*float64(len(b.params.Archived(c.Epochs))*activations)
}

func summarySeconds(p aggregate.Params) float64 {
	rows := 0
	for _, u := range p.Uses {
		rows += u.Epochs * (u.Layers + 1)
	}
	return perStage + perSummaryRow*float64(rows)
}

// Rate measures how many seconds this machine takes for a second of the node's
// cost. What trains no network uses no kernels.
func (s *Study) Rate(n *pipeline.Node) float64 {
	s.plain.Do(func() { s.plainRate = cost.PlainRate() })
	if p, ok := n.Params.(train.Params); ok {
		return cost.Rate(p.Run, size(s.Params), s.plainRate)
	}
	return s.plainRate
}
