package trainer

import (
	"slices"

	"sparsel/trainer/rng"
)

// count returns the number of parameters of the network.
func (n Network) count(inputs, classes int) uint64 {
	parameters := 0
	if len(n.Conv) > 0 {
		side, channels := squareRoot(inputs), 1
		for _, out := range n.Conv {
			parameters += (9*channels + 1) * out
			channels, side = out, side/2
		}
		inputs = side * side * channels
	}
	for _, out := range append(slices.Clone(n.Hidden), classes) {
		parameters += (inputs + 1) * out
		inputs = out
	}
	return uint64(parameters)
}

// Draws returns how many outputs of the author's generator the run takes, which
// is the distance between the starts of two runs of one session: one per
// parameter, and in each epoch two for every int64 and samples-1 for a
// permutation. It panics with the sampler "classes" in its original form, whose
// number of draws is not a function of these arguments; [Config.Next] works
// with all samplers.
func (c Config) Draws(inputs, classes, samples int) uint64 {
	if c.Sampler.walked() {
		panic("trainer: the draws of original class loaders cannot be counted")
	}
	epoch := 2 * (loaders(c.Sampler, classes) + 1) // plus one for the test loader
	if c.Sampler.draws() {
		epoch += max(samples-1, 0)
	}
	return c.Network.count(inputs, classes) + uint64(c.Epochs)*uint64(epoch)
}

// Next returns the seeding of the run that follows c in its session, for
// training data with the given numbers of inputs and of samples of each class.
// It trains nothing. Draws are counted, or walked through if they depend on
// chance, which takes about ten milliseconds for thirty epochs of MNIST.
func (c Config) Next(inputs int, counts []int) Seeding {
	next := c.Seeding
	if c.Seeding.Mode != "author" {
		return next
	}
	if !c.Sampler.walked() {
		samples := 0
		for _, n := range counts {
			samples += n
		}
		next.Skip += c.Draws(inputs, len(counts), samples)
		return next
	}
	next.Skip += c.Network.count(inputs, len(counts))
	numpy := rng.New(c.Seeding.Seed)
	numpy.Skip(c.Seeding.NumpySkip)
	w := walk{alone: c.Sampler.Classes == 1}
	for range c.Epochs {
		w.torch += 2 * uint64(loaders(c.Sampler, len(counts))+1)
		playClasses(numpy, counts, c.Sampler.Classes, c.share(counts), &w)
	}
	next.Skip += w.torch
	next.NumpySkip = numpy.Taken()
	return next
}

// A walk counts what the game of the class loaders draws from the author's
// generator, which has no influence on the game itself.
type walk struct {
	torch uint64
	alone bool
}

func (w *walk) open(_, samples int) { w.torch += 2 + uint64(max(samples-1, 0)) }

func (w *walk) step(shares []share) {
	if w.alone {
		return
	}
	samples := 0
	for _, s := range shares {
		samples += s.to - s.from
	}
	w.torch += uint64(samples - 1)
}
