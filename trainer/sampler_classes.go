package trainer

import (
	"cmp"
	"slices"

	"sparsel/trainer/rng"
)

// A share is what one class contributes to a batch: positions from..to-1 of the
// class's permutation.
type share struct{ class, from, to int }

// A player follows a game of class loaders. Its methods are called in the order
// of the original's program, so that one that draws repeats the draws of that
// program.
type player interface {
	// open is called before the first share of a class is taken in an epoch.
	open(class, samples int)
	// step receives the shares of a batch, which are valid during the call.
	step(shares []share)
}

// share returns the largest number of samples that a class gives to a batch.
func (c Config) share(counts []int) int {
	return max(1, min(c.Batch/c.Sampler.Classes, slices.Max(counts)))
}

// playClasses plays an epoch of the original's class loaders. A step picks some
// of those in the game, uniformly and without replacement, and takes up to size
// samples of each in turn. If one has none left, the step is void, and all that
// it picked leave the game. If fewer than pick are left, all are picked.
func playClasses(choices *rng.Source, counts []int, pick, size int, p player) {
	opened, given, positions := make([]bool, len(counts)), make([]int, len(counts)), make([]int, len(counts))
	var picked []int
	var shares []share
	game := make([]int, len(counts))
	for class := range game {
		game[class] = class
	}
	for len(game) > 0 {
		picked = picked[:0]
		if pick == 1 {
			picked = append(picked, game[choices.Choice(len(game))])
		} else {
			all := positions[:len(game)]
			choices.ChoiceK(all)
			for _, position := range all[:min(pick, len(game))] {
				picked = append(picked, game[position])
			}
		}
		shares = shares[:0]
		for _, class := range picked {
			if !opened[class] {
				opened[class] = true
				p.open(class, counts[class])
			}
			from := given[class]
			if from == counts[class] {
				break
			}
			given[class] = min(from+size, counts[class])
			shares = append(shares, share{class, from, given[class]})
		}
		if len(shares) == len(picked) {
			p.step(shares)
			continue
		}
		game = slices.DeleteFunc(game, func(class int) bool { return slices.Contains(picked, class) })
	}
}

// playClean plays an epoch that loses nothing. A step picks among the classes
// that have samples left, without replacement and each with a probability
// proportional to its remaining shares of batch/pick samples, rounded up. If
// fewer than pick are left, all are picked. If pick does not divide batch, the
// remainder comes from that many of the picked classes, one more sample each:
// from those with most left.
func playClean(choices *rng.Source, counts []int, pick, batch int, p player) {
	for class, n := range counts {
		p.open(class, n)
	}
	left, weights := slices.Clone(counts), make([]int, len(counts))
	size, over := batch/pick, batch%pick
	shares, ranked := make([]share, 0, pick), make([]int, 0, pick)
	for {
		sum := 0
		for class, n := range left {
			weights[class] = (n*pick + batch - 1) / batch
			sum += weights[class]
		}
		if sum == 0 {
			return
		}
		shares = shares[:0]
		for len(shares) < pick && sum > 0 {
			class, draw := 0, int(choices.Bounded(uint32(sum-1)))
			for ; draw >= weights[class]; class++ {
				draw -= weights[class]
			}
			sum -= weights[class]
			weights[class] = 0
			from := counts[class] - left[class]
			shares = append(shares, share{class, from, min(from+size, counts[class])})
		}
		ranked = ranked[:0]
		for i := range shares {
			ranked = append(ranked, i)
		}
		slices.SortFunc(ranked, func(i, j int) int {
			a, b := shares[i].class, shares[j].class
			return cmp.Or(cmp.Compare(left[b], left[a]), cmp.Compare(a, b))
		})
		for _, i := range ranked[:min(over, len(ranked))] {
			s := &shares[i]
			s.to = min(s.to+1, counts[s.class])
		}
		for _, s := range shares {
			left[s.class] = counts[s.class] - s.to
		}
		p.step(shares)
	}
}

// classLoaders plans batches of a few classes each.
type classLoaders struct {
	clean   bool
	pick    int
	batch   int
	classes [][]int32 // samples, in the order of the data
	counts  []int

	// The state of the epoch that is being planned.
	orders *rng.Source
	into   *plan
	drawn  [][]int32 // permutations of the classes' samples
	mixed  []int32   // a batch before it is shuffled
	places []int32
}

func newClassLoaders(c Config, classes [][]int32) *classLoaders {
	l := &classLoaders{
		clean: c.Sampler.Clean, pick: c.Sampler.Classes, classes: classes,
		counts: make([]int, len(classes)), drawn: make([][]int32, len(classes)),
	}
	for class, samples := range l.classes {
		l.counts[class] = len(samples)
	}
	// No class ever gives more than this, and the bound prevents overflow.
	l.batch = min(c.Batch, l.pick*max(1, slices.Max(l.counts)))
	return l
}

func (l *classLoaders) plan(p *plan, orders, choices *rng.Source) {
	p.order, p.ends = p.order[:0], p.ends[:0]
	l.orders, l.into = orders, p
	if l.clean {
		playClean(choices, l.counts, l.pick, l.batch, l)
	} else {
		playClasses(choices, l.counts, l.pick, l.batch/l.pick, l)
	}
}

// open draws the permutation of a class, after the seed of its sampler.
func (l *classLoaders) open(class, samples int) {
	l.orders.Int64()
	l.drawn[class] = slices.Grow(l.drawn[class][:0], samples)[:samples]
	l.orders.Perm(l.drawn[class])
	for i, place := range l.drawn[class] {
		l.drawn[class][i] = l.classes[class][place]
	}
}

// step appends a batch, shuffled unless batches have only one class.
func (l *classLoaders) step(shares []share) {
	l.mixed = l.mixed[:0]
	for _, s := range shares {
		l.mixed = append(l.mixed, l.drawn[s.class][s.from:s.to]...)
	}
	p := l.into
	if l.pick == 1 {
		p.order = append(p.order, l.mixed...)
	} else {
		l.places = slices.Grow(l.places[:0], len(l.mixed))[:len(l.mixed)]
		l.orders.Perm(l.places)
		for _, place := range l.places {
			p.order = append(p.order, l.mixed[place])
		}
	}
	p.ends = append(p.ends, len(p.order))
}
