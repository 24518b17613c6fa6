// Package cost counts the arithmetic of a training, and predicts from it how
// long the training takes.
package cost

import (
	"cmp"
	"fmt"

	"sparsel/trainer"
)

// Data is the size of a data set: square images of one channel.
type Data struct {
	Side, Classes int
	Train, Test   int // images
}

// layers calls f for each layer with the number of its weights, without biases,
// and the number of places in an image where they are used: one, or each pixel
// for a convolution.
func layers(n trainer.Network, d Data, f func(weights, places int)) {
	inputs := d.Side * d.Side
	if len(n.Conv) > 0 {
		side, channels := d.Side, 1
		for _, out := range n.Conv {
			f(9*channels*out, side*side)
			channels, side = out, side/2
		}
		inputs = side * side * channels
	}
	for _, units := range n.Hidden {
		f(inputs*units, 1)
		inputs = units
	}
	f(inputs*d.Classes, 1)
}

// products returns the multiply-adds of a forward pass of one image, with the
// first layer counted separately and as if no pixel were 0, and the number of
// weights.
func products(n trainer.Network, d Data) (first, rest, weights float64) {
	layers(n, d, func(w, places int) {
		weights += float64(w)
		if first == 0 {
			first = float64(w * places)
		} else {
			rest += float64(w * places)
		}
	})
	return first, rest, weights
}

// Operations returns the floating-point operations of an epoch, two for each
// multiply-add, as if no pixel were 0. It counts only the products: in training
// those of the forward pass and of the gradients of weights and inputs, and in
// the test pass those of the forward pass.
func Operations(c trainer.Config, d Data) float64 {
	first, rest, _ := products(c.Network, d) // the first layer's inputs have no gradient
	return 2 * (float64(d.Train)*(2*first+3*rest) + float64(d.Test)*(first+rest))
}

// Seconds that one core of an AMD Zen 4 takes, fitted to the times in the
// README.
const (
	perOperation  = 1 / 115e9 // of a product
	lit           = 0.47      // time of a multilayer perceptron's first product, whose inputs are four fifths zeros, relative to a dense one
	perActivation = 4e-9      // for each activation measured after an epoch
	perStep       = 1e-6
	perTraining   = 0.15 // initial weights, and archiving
)

// perWeight is the time that updating a weight takes in a step, in seconds on
// the same core: for a batch, and for a single image, where most rows of the
// first layer are not updated (see everyWeight).
var perWeight = map[string]struct{ batch, single float64 }{
	"SGD": {0.7e-10, 0.25e-10}, "Adagrad": {1.4e-10, 0.6e-10}, "Adadelta": {2.3e-10, 1.35e-10}, "Adam": {1.7e-10, 2.75e-10},
}

// Epoch predicts the seconds that a pass over the training images takes with
// its test pass.
func Epoch(c trainer.Config, d Data) float64 {
	train, test := passes(c, d)
	return train + test
}

// passes predicts the seconds of a pass over the training images, and those of
// the test pass and of measuring.
func passes(c trainer.Config, d Data) (train, test float64) {
	update, known := perWeight[c.Optimizer.Name]
	if !known {
		update = perWeight["Adadelta"]
	}
	first, rest, weights := products(c.Network, d)
	if len(c.Network.Conv) == 0 {
		first *= lit
	}
	each := update.batch
	if c.Batch == 1 && !everyWeight(c) {
		each = update.single
	}
	measured := 0.0
	for _, units := range c.Network.Hidden {
		measured += float64(units)
	}
	train = 2*perOperation*float64(d.Train)*(2*first+3*rest) + steps(c, d)*(perStep+weights*each)
	test = float64(d.Test) * (2*perOperation*(first+rest) + measured*perActivation)
	return train, test
}

// everyWeight reports whether each step updates all weights, whatever the
// images. Otherwise a step with few images leaves out the weights of dark
// pixels.
func everyWeight(c trainer.Config) bool {
	_, known := perWeight[c.Optimizer.Name]
	return !known || len(c.Network.Conv) > 0 || c.Optimizer.Momentum != 0 || c.Optimizer.WeightDecay != 0
}

// steps returns the number of steps of a pass over the training images.
func steps(c trainer.Config, d Data) float64 {
	return float64((d.Train + c.Batch - 1) / c.Batch)
}

// Training predicts the seconds that a whole training takes on a core of an AMD
// Zen 4. [Rate] converts them to this machine.
func Training(c trainer.Config, d Data) float64 {
	train, test := passes(c, d)
	rounds := float64(c.Epochs)
	if c.Updates > 0 { // which decide how often the images are used, while epochs say how often the network is measured
		rounds = float64(c.Updates) / steps(c, d)
	}
	return rounds*train + float64(c.Epochs)*test + perTraining
}

// Kind names the kind of work that a training is. Trainings of one kind are
// limited by the same resource, so the time of one predicts that of another
// from their arithmetic.
func Kind(c trainer.Config) string {
	batch := "batches"
	switch {
	case len(c.Network.Conv) > 0:
		batch = "convolutions"
	case c.Batch == 1:
		batch = "single images"
	case c.Batch < 25: // the weights, which every step updates, take longer than the products
		batch = "small batches"
	}
	if c.Batch < 25 && everyWeight(c) {
		batch += " and all weights"
	}
	return fmt.Sprintf("%s, %s", cmp.Or(c.Optimizer.Name, "?"), batch)
}
