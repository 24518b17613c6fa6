package trainer

import (
	"slices"

	"sparsel/trainer/rng"
)

// phases plans permutations of the samples of the phase that an epoch belongs
// to.
type phases struct {
	sampler Sampler
	samples [][]int32 // samples of each phase, in the order of the data
	places  []int32
	size    int
}

// newPhases returns the sampler for the samples of each class.
func newPhases(c Config, classes [][]int32) *phases {
	f := &phases{sampler: c.Sampler, size: c.Batch}
	for _, list := range c.PhaseClasses(len(classes)) {
		var samples []int32
		for _, class := range list {
			samples = append(samples, classes[class]...)
		}
		slices.Sort(samples)
		f.samples = append(f.samples, samples)
	}
	return f
}

func (f *phases) plan(p *plan, orders, _ *rng.Source) {
	samples := f.samples[f.sampler.phase(p.epoch)]
	f.places = slices.Grow(f.places[:0], len(samples))[:len(samples)]
	orders.Perm(f.places)
	p.order = p.order[:0]
	for _, place := range f.places {
		p.order = append(p.order, samples[place])
	}
	p.cut(min(f.size, max(len(samples), 1)))
}

// phase returns the number of the phase of an epoch, counted from 0. Without
// phases it is 0.
func (s Sampler) phase(epoch int) int {
	for i, f := range s.Phases {
		if epoch -= f.Epochs; epoch <= 0 {
			return i
		}
	}
	return max(0, len(s.Phases)-1)
}

// PhaseClasses returns the classes of each phase of the sampler, ascending, for
// data with the given number of classes. It returns nil without phases.
func (c Config) PhaseClasses(classes int) [][]int {
	seed := c.Sampler.OrderSeed
	if seed == 0 {
		seed = c.Seeding.Seed
	}
	deck := make([]int32, classes)
	rng.Named(seed, "phases", uint64(classes)).Perm(deck)
	var all [][]int
	next := 0
	for _, f := range c.Sampler.Phases {
		list := slices.Clone(f.Classes)
		for range f.Drawn {
			list = append(list, int(deck[next%classes]))
			next++
		}
		slices.Sort(list)
		all = append(all, list)
	}
	return all
}

// phases checks the phases of a sampler. Their epochs must add up to those of
// the run.
func (p *problems) phases(s Sampler, epochs int) {
	if s.Kind != "phases" {
		p.check(len(s.Phases) == 0, "sampler has %d phases, which only phases has: leave them out", len(s.Phases))
		return
	}
	p.check(len(s.Phases) > 0, "sampler has no phase: want at least one")
	sum, drawn := 0, 0
	for i, f := range s.Phases {
		p.check(f.Epochs >= 1, "phase %d has %d epochs: want at least 1", i+1, f.Epochs)
		sum += f.Epochs
		if f.Drawn != 0 {
			drawn++
		}
		switch {
		case len(f.Classes) > 0 && f.Drawn != 0:
			p.check(false, "phase %d has classes and %d drawn ones: want one of the two", i+1, f.Drawn)
		case len(f.Classes) > 0:
			for j, class := range f.Classes {
				p.check(class >= 0 && class < MaxClasses, "phase %d has class %d: want 0 to %d", i+1, class, MaxClasses-1)
				p.check(!slices.Contains(f.Classes[:j], class), "phase %d has class %d twice: want it once", i+1, class)
			}
		default:
			p.check(f.Drawn >= 1 && f.Drawn <= MaxClasses,
				"phase %d has no classes and draws %d: want a list of classes, or 1 to %d to draw", i+1, f.Drawn, MaxClasses)
		}
	}
	p.check(drawn == 0 || drawn == len(s.Phases), "%d of %d phases draw their classes: want all or none of them", drawn, len(s.Phases))
	p.check(sum == epochs, "phases have %d epochs together and the run %d: want the same", sum, epochs)
}

// phasesFit checks the phases against the training data.
func (p *problems) phasesFit(c Config, labels []uint8, classes int) {
	known := true
	for i, f := range c.Sampler.Phases {
		fit := f.Drawn <= classes
		p.check(fit, "phase %d draws %d classes: the data has %d", i+1, f.Drawn, classes)
		known = known && fit
		for _, class := range f.Classes {
			p.check(class < classes, "phase %d has class %d: the data has classes 0 to %d", i+1, class, classes-1)
		}
	}
	if !known || c.Sampler.Kind != "phases" {
		return
	}
	for i, list := range c.PhaseClasses(classes) {
		any := slices.ContainsFunc(labels, func(l uint8) bool { return slices.Contains(list, int(l)) })
		p.check(any, "phase %d has classes %v, of which there is no training sample", i+1, list)
	}
}
