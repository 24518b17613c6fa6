package trainer

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// maxUnits bounds the width of a layer, far above any use. The product of two
// such widths still fits into an int, and a typing error is reported here
// instead of as a failed allocation later.
const maxUnits = 1 << 16

// maxChannels bounds the channels of a convolution for the same reason.
const maxChannels = 1 << 10

// Validate returns an error that lists everything wrong with the configuration,
// one problem per line, or nil.
func (c Config) Validate() error {
	var p problems
	p.network(c.Network)
	p.optimizer(c.Optimizer)
	p.check(c.Batch >= 1, "batch is %d: want at least 1", c.Batch)
	p.sampler(c.Sampler, c.Batch)
	p.phases(c.Sampler, c.Epochs)
	p.check(c.Epochs >= 1, "epochs is %d: want at least 1", c.Epochs)
	p.together(c)
	p.oneOf("seeding mode", c.Seeding.Mode, "author", "paired")
	if c.Seeding.Mode == "paired" {
		p.check(c.Seeding.Skip == 0, "seeding skip is %d: want 0 with paired seeding, which has no session to skip in", c.Seeding.Skip)
		p.check(c.Seeding.NumpySkip == 0,
			"seeding numpy skip is %d: want 0 with paired seeding, which has no session to skip in", c.Seeding.NumpySkip)
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
	p.check(len(n.Dropout) == 0 || len(n.Dropout) == len(n.Hidden),
		"network has %d dropout rates: want one for each of the %d hidden layers, or none", len(n.Dropout), len(n.Hidden))
	for i, rate := range n.Dropout {
		p.check(belowOne.allows(rate), "dropout rate %d is %v: want %s", i+1, rate, belowOne.want)
	}
	p.check(notNegative.allows(n.L1), "l1 is %v: want %s", n.L1, notNegative.want)
	p.check(math.Abs(n.CSI) <= math.MaxFloat32, "csi is %v: want a finite number", n.CSI)
}

// together checks which fields may not be combined.
func (p *problems) together(c Config) {
	n, vsgd := c.Network, c.Optimizer.Name == "vSGD"
	p.check(c.Measure != "train-running" || !slices.ContainsFunc(n.Dropout, func(rate float64) bool { return rate > 0 }),
		"dropout is set and measure is train-running, which would measure what dropout leaves: want test or train")
	p.check(n.CSI == 0 || c.Batch >= 2 && !(c.Sampler.Kind == "classes" && c.Sampler.Classes == 1),
		"csi is %v, but batches have samples of one class only, in which there is no selectivity: leave it 0", n.CSI)
	p.check(n.CSI == 0 || !vsgd, "csi is %v, which is no sum over samples, as vSGD needs it: leave it 0", n.CSI)
	p.check(len(n.Conv) == 0 || !vsgd, "network has convolutions, which vSGD does not train: leave them out")
	p.check(c.ReferenceBatch >= 0, "reference batch is %d: want 1 or more, or 0 for none", c.ReferenceBatch)
	p.check(c.ReferenceBatch == 0 || !vsgd, "reference batch is %d, but vSGD has no learning rate: leave it 0", c.ReferenceBatch)
	if scaled := c.rule().LR; c.ReferenceBatch > 0 && lr.allows(c.Optimizer.LR) {
		p.check(lr.allows(scaled), "learning rate is %v at batch %d: want %s", scaled, c.Batch, lr.want)
	}
	p.check(c.Updates >= 0, "updates is %d: want 1 or more, or 0 for as many as the epochs have", c.Updates)
	p.check(c.Updates <= 0 || c.Updates >= c.Epochs, "updates is %d: want at least one for each of the %d epochs", c.Updates, c.Epochs)
	p.check(c.Validation >= 0, "validation is %d: want 0 or more samples", c.Validation)
	if c.Seeding.Mode == "author" {
		p.check(c.Updates == 0, "updates is %d: want 0 with author seeding, whose sessions have whole epochs", c.Updates)
		p.check(c.Validation == 0, "validation is %d: want 0 with author seeding, whose sessions hold out nothing", c.Validation)
	}
}

func (p *problems) sampler(s Sampler, batch int) {
	p.oneOf("sampler kind", s.Kind, "shuffled", "sorted", "consecutive", "classes", "phases")
	if s.Kind == "consecutive" {
		p.check(s.Block >= 1, "sampler block is %d: want at least 1", s.Block)
	} else {
		p.check(s.Block == 0, "sampler block is %d, which only consecutive has: leave it 0", s.Block)
		drawn := s.Kind == "phases" && slices.ContainsFunc(s.Phases, func(f Phase) bool { return f.Drawn != 0 })
		p.check(s.OrderSeed == 0 || drawn, "sampler order seed is %d, which only consecutive and drawn phases have: leave it 0", s.OrderSeed)
	}
	switch {
	case s.Kind != "classes":
		p.check(s.Classes == 0, "sampler classes is %d, which only classes has: leave it 0", s.Classes)
	case s.Classes < 1 || s.Classes > MaxClasses:
		p.check(false, "sampler classes is %d: want 1 to %d", s.Classes, MaxClasses)
	case s.Clean:
		p.check(batch < 1 || batch >= s.Classes, "batch is %d: want at least the %d classes in it", batch, s.Classes)
	default:
		p.check(batch < 1 || batch%s.Classes == 0, "batch is %d: want a multiple of the %d classes in it", batch, s.Classes)
	}
	p.check(!s.Clean || s.Kind == "consecutive" || s.Kind == "classes",
		"sampler clean is set, but %s loses no samples: leave it unset", s.Kind)
}

// fits checks that images with that many pixels can pass through the network.
func (p *problems) fits(n Network, pixels int) {
	if len(n.Conv) == 0 {
		return
	}
	side := squareRoot(pixels)
	p.check(side*side == pixels, "images have %d pixels: want a square number for convolutions", pixels)
	p.check(side>>len(n.Conv) > 0, "images of %d×%d pixels are too small for %d convolutions, which halve them", side, side, len(n.Conv))
}
