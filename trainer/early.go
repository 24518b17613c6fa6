package trainer

import (
	"context"
	"math"
	"slices"
)

// earlySteps are the steps of the first epoch before which the network is
// measured, as far as the epoch has them. Most of the change in sparsity and
// selectivity happens within this epoch.
var earlySteps = []int{0, 10, 30, 100, 300, 1000}

// earlySamples bounds the number of training samples that are measured at an
// early point.
const earlySamples = 10_000

// early measures the network within the first epoch. It measures the test
// samples or, if an epoch's statistics are about training samples, training
// samples. These are spread evenly over the training set if there are more than
// earlySamples, and are measured with the parameters at that point, even if the
// epoch's statistics come from its steps.
type early struct {
	trainer   *evaluator // of the training samples, if these are measured
	collected *collector
}

func newEarly(n *network, c Config, train, test Split) *early {
	e := &early{}
	if c.Measure == "train" || c.Measure == "train-running" {
		e.trainer = newEvaluator(n, spread(train, earlySamples))
	}
	e.collected = newCollector(n, 0)
	e.collected.statisticsOnly = true
	return e
}

// spread returns at most limit samples of s, evenly spaced.
func spread(s Split, limit int) Split {
	if len(s.Labels) <= limit {
		return s
	}
	some := Split{Pixels: s.Pixels, Classes: s.Classes}
	for i := range limit {
		at := i * len(s.Labels) / limit
		some.Images = append(some.Images, s.Images[at*s.Pixels:][:s.Pixels]...)
		some.Labels = append(some.Labels, s.Labels[at])
	}
	return some
}

// due reports whether the network is to be measured before that step.
func (e *early) due(step int) bool { return e != nil && slices.Contains(earlySteps, step) }

// measure measures the network before the next step. Losses are those of the
// steps so far.
func (e *early) measure(ctx context.Context, r *run, losses meanLoss) (p Point, err error) {
	r.network.settle()
	p.Step, p.Samples, p.TrainLoss = losses.batches, len(r.tester.rows), math.NaN()
	if p.Step > 0 {
		p.TrainLoss = losses.mean()
	}
	tested := e.collected
	if e.trainer != nil {
		tested = nil
	}
	p.TestLoss, p.Correct, err = r.tester.pass(ctx, r.network, tested)
	if err == nil && e.trainer != nil {
		_, _, err = e.trainer.pass(ctx, r.network, e.collected)
	}
	p.Layers = e.collected.finish()
	p.Digest = r.network.digest()
	return p, err
}
