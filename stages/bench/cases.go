package bench

import (
	"fmt"

	"sparsel/trainer"
)

// Case is one training that is timed on both sides.
type Case struct {
	Name   string
	Config trainer.Config // the timing sets Epochs and Seeding
	// Images is the number of training images used for the timing, with a sixth
	// as many test images. This is the proportion of MNIST, so that seconds
	// scale to its 60,000 images. 0 means all of them.
	Images int
	// Mark is the ratio to PyTorch that is aimed at, or 0 if there is none.
	Mark float64
}

// group is one way of training that occurs in the study, with each optimizer.
type group struct {
	name   string
	change func(c *trainer.Config)
	images int
	// The marks for SGD and Adagrad, for Adadelta, and for Adam, with 512-bit
	// vectors. For dense work, whose speed depends on the vector width, half of
	// that is expected with narrower vectors.
	sgd, adadelta, adam float64
	dense               bool
}

var groups = []group{
	{"batch 50", func(c *trainer.Config) {}, 12000, 2.5, 3.5, 3.5, true},
	{"batch 1", func(c *trainer.Config) { c.Batch = 1 }, 6000, 25, 25, 14, false},
	{"batch 1000", func(c *trainer.Config) { c.Batch = 1000 }, 24000, 1.4, 1.4, 1.4, true},
	{"5 hidden layers", func(c *trainer.Config) { c.Network.Hidden = []int{256, 256, 256, 256, 256} }, 6000, 2, 2, 2, true},
	{"768 units", func(c *trainer.Config) { c.Network.Hidden = []int{768} }, 6000, 2, 2, 2, true},
	{"768 units, batch 1", func(c *trainer.Config) { c.Network.Hidden, c.Batch = []int{768}, 1 }, 600, 0, 0, 0, false},
	{"convolutions 32, 64", func(c *trainer.Config) { c.Network.Conv = []int{32, 64} }, 900, 1.8, 1.8, 1.8, true},
}

// Cases returns the trainings that take most of the study's time, for each of
// the optimizers. baseline returns the baseline with an optimizer. Slow cases
// have so few images that a run with PyTorch takes some minutes.
func Cases(optimizers []string, baseline func(optimizer string) trainer.Config) []Case {
	var cases []Case
	for _, g := range groups {
		for _, name := range optimizers {
			c := Case{Name: fmt.Sprintf("%s, %s", g.name, name), Config: baseline(name), Images: g.images, Mark: g.sgd}
			g.change(&c.Config)
			switch name {
			case "Adadelta":
				c.Mark = g.adadelta
			case "Adam":
				c.Mark = g.adam
			}
			if g.dense && !wideVectors() {
				c.Mark /= 2
			}
			cases = append(cases, c)
		}
	}
	return cases
}
