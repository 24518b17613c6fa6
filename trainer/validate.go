package trainer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxUnits bounds the width of a layer, far above any use: a product of two
// such widths still counts as an int and a slip of the keyboard is an error
// here, not a failed allocation later.
const maxUnits = 1 << 16

// maxChannels bounds the channels of a convolution for the same reason.
const maxChannels = 1 << 10

// Validate returns an error that lists everything wrong with the
// configuration, one problem a line, or nil.
func (c Config) Validate() error {
	var p problems
	p.network(c.Network)
	p.optimizer(c.Optimizer)
	p.check(c.Batch >= 1, "batch is %d: want at least 1", c.Batch)
	p.sampler(c.Sampler, c.Batch)
	p.check(c.Epochs >= 1, "epochs is %d: want at least 1", c.Epochs)
	p.oneOf("seeding mode", c.Seeding.Mode, "author", "paired")
	if c.Seeding.Mode == "paired" {
		p.check(c.Seeding.Skip == 0, "seeding skip is %d: want 0 with paired seeding, which has no session to skip in", c.Seeding.Skip)
		p.check(c.Seeding.NumpySkip == 0, "seeding numpy skip is %d: want 0 with paired seeding, which has no session to skip in", c.Seeding.NumpySkip)
	}
	p.oneOf("measure", c.Measure, "", "test", "train", "train-running")
	if err := errors.Join(p...); err != nil {
		return fmt.Errorf("check training configuration:\n%w", err)
	}
	return nil
}

// problems collects what is wrong, so that all of it is reported at once.
type problems []error

func (p *problems) check(ok bool, format string, args ...any) {
	if !ok {
		*p = append(*p, fmt.Errorf(format, args...))
	}
}

func (p *problems) oneOf(what, got string, names ...string) {
	p.check(slices.Contains(names, got), "%s is %q: want %s", what, got, strings.Join(names, " or "))
}

func (p *problems) network(n Network) {
	p.check(len(n.Hidden) > 0, "network has no hidden layer: want at least one, its units are what is measured")
	for i, units := range n.Hidden {
		p.check(units >= 1 && units <= maxUnits, "hidden layer %d has %d units: want 1 to %d", i+1, units, maxUnits)
	}
	p.oneOf("activation", n.Activation, "sigmoid", "relu", "tanh")
	for i, channels := range n.Conv {
		p.check(channels >= 1 && channels <= maxChannels, "convolution %d has %d channels: want 1 to %d", i+1, channels, maxChannels)
	}
}

func (p *problems) sampler(s Sampler, batch int) {
	p.oneOf("sampler kind", s.Kind, "shuffled", "sorted", "consecutive", "classes")
	if s.Kind == "consecutive" {
		p.check(s.Block >= 1, "sampler block is %d: want at least 1", s.Block)
	} else {
		p.check(s.Block == 0, "sampler block is %d, which only consecutive has: leave it 0", s.Block)
		p.check(s.OrderSeed == 0, "sampler order seed is %d, which only consecutive has: leave it 0", s.OrderSeed)
	}
	switch {
	case s.Kind != "classes":
		p.check(s.Classes == 0, "sampler classes is %d, which only classes has: leave it 0", s.Classes)
	case s.Classes < 1 || s.Classes > MaxClasses:
		p.check(false, "sampler classes is %d: want 1 to %d", s.Classes, MaxClasses)
	default:
		p.check(batch < 1 || batch%s.Classes == 0, "batch is %d: want a multiple of the %d classes in it", batch, s.Classes)
	}
	p.check(!s.Clean || s.Kind == "consecutive" || s.Kind == "classes",
		"sampler clean is set, but %s loses no samples: leave it unset", s.Kind)
}

// fits checks that images of so many pixels can go through the network.
func (p *problems) fits(n Network, pixels int) {
	if len(n.Conv) == 0 {
		return
	}
	side := squareRoot(pixels)
	p.check(side*side == pixels, "images have %d pixels: want a square number for convolutions", pixels)
	p.check(side>>len(n.Conv) > 0, "images of %d×%d pixels are too small for %d convolutions, which halve them", side, side, len(n.Conv))
}
