package trainer

import (
	"context"

	"sparsel/trainer/rng"
)

// draws is where the random numbers of a run come from.
type draws interface {
	// parameters sets the initial parameters. It fails only with ctx.Err().
	parameters(ctx context.Context, layers []*layer) error
	// order fills dst with the order of the samples in an epoch, counted
	// from 1. It is called once an epoch, in order.
	order(epoch int, dst []int32)
}

func newDraws(s Seeding) draws {
	if s.Mode == "paired" {
		return paired{s.Seed}
	}
	return &author{s, rng.New(s.Seed)}
}

// author draws what the original study's program drew, from one sequence.
type author struct {
	seeding Seeding
	source  *rng.Source
}

// skipStretch is how many outputs are skipped between two looks at the
// context: some 30 milliseconds.
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

// order draws what an epoch takes from the sequence: the base seed of the
// training loader, the seed of a sampler that is not used, the order, and the
// base seed of the test loader. Only the order has an effect here, the rest
// moves the sequence on.
func (a *author) order(_ int, dst []int32) {
	a.source.Int64()
	a.source.Int64()
	a.source.Perm(dst)
	a.source.Int64()
}

// paired draws from streams that are named by what they are for, so that runs
// of one seed differ in nothing but their conditions.
type paired struct {
	seed uint32
}

func (p paired) parameters(_ context.Context, layers []*layer) error {
	for i, l := range layers {
		l.draw(rng.Named(p.seed, "weights", uint64(i), uint64(l.in), uint64(l.out)))
	}
	return nil
}

func (p paired) order(epoch int, dst []int32) {
	rng.Named(p.seed, "order", uint64(epoch)).Perm(dst)
}
