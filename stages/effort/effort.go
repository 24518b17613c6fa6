// Package effort counts the arithmetic of a training, and estimates from it how long the training takes beside others.
package effort

import "sparsel/trainer"

// MNIST: side of the images, their pixels, and their classes.
const (
	side    = 28
	pixels  = side * side
	classes = 10
)

// layers calls f with the weights of each layer, without biases, and at how many places of an image they are used: once,
// or at each pixel for a convolution.
func layers(n trainer.Network, f func(weights, places int)) {
	inputs := pixels
	if len(n.Conv) > 0 {
		side, channels := side, 1
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
	f(inputs*classes, 1)
}

// Operations returns the floating-point operations of an epoch, two for a multiply-add, as if no pixel were 0: those of
// the products alone, forward and for the gradients of weights and of inputs in training, forward in the test pass.
func Operations(c trainer.Config, train, test int) float64 {
	all, first := 0.0, 0.0 // multiply-adds of a forward pass; the first layer's inputs have no gradient
	layers(c.Network, func(weights, places int) {
		if all == 0 {
			first = float64(weights * places)
		}
		all += float64(weights * places)
	})
	return 2 * (float64(train)*(3*all-first) + float64(test)*all)
}

// updates is how many operations of a product the update of a weight takes as long as, by optimizer: measured at batch
// size 1, where it is what counts.
var updates = map[string]float64{"SGD": 8, "Adagrad": 12, "Adadelta": 32, "Adam": 54}

// Training estimates a whole training, in operations of a product. It is for comparing trainings with one another: which
// is longest, how long the rest takes if some are done.
func Training(c trainer.Config, train, test int) float64 {
	update, known := updates[c.Optimizer.Name]
	if !known {
		update = updates["Adagrad"]
	}
	parameters := 0.0
	layers(c.Network, func(weights, _ int) { parameters += float64(weights) })
	steps := float64((train + c.Batch - 1) / c.Batch)
	return float64(c.Epochs) * (Operations(c, train, test) + steps*parameters*update)
}
