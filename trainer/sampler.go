package trainer

import (
	"iter"
	"slices"

	"sparsel/trainer/rng"
)

// A plan lists the samples of an epoch, batch after batch.
type plan struct {
	order []int32
	ends  []int // ends of the batches, ascending
	epoch int   // epoch for which it is planned
}

// cut divides order into batches of size samples; the last one may have fewer.
func (p *plan) cut(size int) {
	p.ends = p.ends[:0]
	for end := size; end < len(p.order); end += size {
		p.ends = append(p.ends, end)
	}
	if len(p.order) > 0 {
		p.ends = append(p.ends, len(p.order))
	}
}

// batches yields the samples of each step.
func (p *plan) batches() iter.Seq[[]int32] {
	return func(yield func([]int32) bool) {
		from := 0
		for _, to := range p.ends {
			if !yield(p.order[from:to]) {
				return
			}
			from = to
		}
	}
}

// A sampler plans epochs. It draws permutations from orders and choices of
// classes from choices. These are the author's generators or streams of the
// epoch.
type sampler interface {
	plan(p *plan, orders, choices *rng.Source)
}

// newSampler returns the sampler of a valid configuration.
func newSampler(c Config, labels []uint8, classes int) sampler {
	// A batch larger than all samples has all of them; adding up batches must
	// not overflow.
	size := min(c.Batch, max(len(labels), 1))
	switch c.Sampler.Kind {
	case "sorted":
		return frozen{slices.Concat(byClass(labels, classes)...), size}
	case "consecutive":
		seed := c.Sampler.OrderSeed
		if seed == 0 {
			seed = c.Seeding.Seed
		}
		return frozen{consecutive(byClass(labels, classes), c.Sampler.Block, c.Sampler.Clean, seed), size}
	case "classes":
		return newClassLoaders(c, byClass(labels, classes))
	case "phases":
		return newPhases(c, byClass(labels, classes))
	}
	return shuffled{len(labels), size}
}

// loaders returns the number of int64 that the author's program draws when the
// training loaders of an epoch start: a loader's base seed and, with a random
// sampler, the seed of that sampler, which is then not used. The samplers of
// class loaders draw their seeds later, when they are first used.
func loaders(s Sampler, classes int) int {
	switch {
	case s.Kind == "shuffled":
		return 2
	case s.walked():
		return classes
	}
	return 1
}

// shuffled plans batches of a new permutation of all samples in every epoch.
type shuffled struct{ samples, size int }

func (s shuffled) plan(p *plan, orders, _ *rng.Source) {
	p.order = slices.Grow(p.order[:0], s.samples)[:s.samples]
	orders.Perm(p.order)
	p.cut(s.size)
}

// frozen plans batches of the same order in every epoch.
type frozen struct {
	order []int32
	size  int
}

func (f frozen) plan(p *plan, _, _ *rng.Source) {
	p.order = f.order
	p.cut(f.size)
}

// byClass returns the samples of each class in the order of the data.
func byClass(labels []uint8, classes int) [][]int32 {
	samples := make([][]int32, classes)
	for i, label := range labels {
		samples[label] = append(samples[label], int32(i))
	}
	return samples
}

// consecutive returns blocks of block samples, each from one of the classes, in
// an order that is a function of the seed. The samples of a class that do not
// fill a block form a shorter block if clean is set, and are dropped otherwise.
func consecutive(classes [][]int32, block int, clean bool, seed uint32) []int32 {
	var blocks [][]int32
	for _, samples := range classes {
		if !clean {
			samples = samples[:len(samples)/block*block]
		}
		blocks = slices.AppendSeq(blocks, slices.Chunk(samples, block))
	}
	places := make([]int32, len(blocks))
	rng.Named(seed, "blocks", uint64(block)).Perm(places)
	var order []int32
	for _, place := range places {
		order = append(order, blocks[place]...)
	}
	return order
}
