package trainer

import (
	"context"

	"sparsel/trainer/rng"
)

// draws is the source of the random numbers of a run.
type draws interface {
	// parameters sets the initial parameters. It fails only with ctx.Err().
	parameters(ctx context.Context, layers []*layer) error
	// plan plans an epoch, counted from 1. It is called once per epoch, in
	// order.
	plan(epoch int, p *plan)
}

// newDraws returns the draws of a valid configuration for training data with
// the given number of classes.
func newDraws(c Config, labels []uint8, classes int) draws {
	streams := paired{c.Seeding.Seed, newSampler(c, labels, classes)}
	if c.Seeding.Mode == "paired" {
		return streams
	}
	a := &author{seeding: c.Seeding, source: rng.New(c.Seeding.Seed), loaders: loaders(c.Sampler, classes)}
	if !c.Sampler.draws() {
		a.planned = streams
		return a
	}
	numpy := rng.New(c.Seeding.Seed)
	numpy.Skip(c.Seeding.NumpySkip)
	a.planned = sequences{a.source, numpy, streams.sampler}
	return a
}

// author draws what the original study's program drew, from its sequences.
type author struct {
	seeding Seeding
	source  *rng.Source
	loaders int // int64 drawn when an epoch's training loaders start
	planned interface{ plan(epoch int, p *plan) }
}

// skipStretch is the number of outputs that are skipped between two checks of
// the context: about 30 milliseconds.
const skipStretch = 1 << 24

func (a *author) parameters(ctx context.Context, layers []*layer) error {
	for left := a.seeding.Skip; left > 0; left -= min(left, skipStretch) {
		if err := ctx.Err(); err != nil {
			return err
		}
		a.source.Skip(min(left, skipStretch))
	}
	for _, l := range layers {
		l.draw(a.source)
	}
	return nil
}

// plan draws what an epoch takes from the sequence: the seeds of the training
// loaders, the order, and the base seed of the test loader. Only the order has
// an effect here; the rest advances the sequence.
func (a *author) plan(epoch int, p *plan) {
	for range a.loaders {
		a.source.Int64()
	}
	a.planned.plan(epoch, p)
	a.source.Int64()
}

// sequences plans every epoch from the same two sources.
type sequences struct {
	torch, numpy *rng.Source
	sampler      sampler
}

func (s sequences) plan(_ int, p *plan) { s.sampler.plan(p, s.torch, s.numpy) }

// paired draws from streams that are named by their purpose, so that runs with
// one seed differ in nothing but their conditions.
type paired struct {
	seed    uint32
	sampler sampler
}

func (p paired) parameters(_ context.Context, layers []*layer) error {
	for i, l := range layers {
		l.draw(rng.Named(p.seed, "weights", uint64(i), uint64(l.in), uint64(l.out)))
	}
	return nil
}

func (p paired) plan(epoch int, into *plan) {
	e := uint64(epoch)
	p.sampler.plan(into, rng.Named(p.seed, "order", e), rng.Named(p.seed, "classes", e))
}
