package study

import (
	"cmp"

	"sparsel/pipeline"
	"sparsel/stages/aggregate"
	"sparsel/stages/effort"
	"sparsel/stages/params"
	"sparsel/stages/train"
	"sparsel/trainer"
)

// The costs of nodes are the seconds that a core of an AMD Zen 4 takes. Those
// of trainings are package effort's; these are of what comes after them.
const (
	perStage         = 0.02  // what any stage takes
	perActivationRow = 60e-9 // an archived activation, read and summed again
	perSummaryRow    = 8e-6  // an epoch of a layer of a run, with all its metrics
	perPanel         = 0.3   // drawn as PNG, SVG and PDF
)

// size is that of the data that a study trains and is measured on.
func size(p *params.Params) effort.Data {
	d := p.Dataset()
	return effort.Data{
		Side: d.Side, Classes: d.Classes, Train: cmp.Or(p.Study.TrainImages, d.Train), Test: cmp.Or(p.Study.TestImages, d.Test),
	}
}

// metricsSeconds is about the archived activations.
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

// Rate tries how many seconds this machine takes for a second of the node's
// cost. What trains no network is taken to be as much slower or faster here as
// the study's baseline.
func (s *Study) Rate(n *pipeline.Node) float64 {
	if p, ok := n.Params.(train.Params); ok {
		return effort.Rate(p.Run, size(s.Params))
	}
	s.baseline.Do(func() {
		s.baselineRate = effort.Rate(s.Params.BaselineRun(s.Params.Study.Optimizers[0]), size(s.Params))
	})
	return s.baselineRate
}
