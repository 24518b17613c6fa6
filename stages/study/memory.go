package study

import (
	"slices"

	"sparsel/stages/effort"
	"sparsel/stages/params"
	"sparsel/trainer"
)

const (
	program = 60 << 20 // a worker with its graph and the encoders of archives, measured
	// litter is what reading the images leaves behind for the next collection,
	// and litterRatio how many times its own size writing and reading an
	// archive leaves.
	litter      = 45 << 20
	litterRatio = 4

	float          = 4
	evaluated      = 200 // samples that go through a network at a time where it is measured
	lanes          = 16  // columns of weights come in panels of so many
	recordedBytes  = 8   // of a sum of activations
	recordedCopies = 4   // as the trainer hands them over, as the record keeps them, and as columns that grow
)

// images is what the images of a data set take: a worker holds all of them,
// whatever a run uses.
func images(d params.Dataset) int64 { return int64(d.Train+d.Test) * int64(d.Pixels()) }

// peak is what a process takes at most that holds so many bytes besides the
// images and reads or writes so many of archives: the collector lets litter
// grow to the size of what is held, and no further.
func peak(d params.Dataset, held, archived int64) int64 {
	held += images(d)
	return program + held + min(held, litter+litterRatio*archived)
}

// slots is how many numbers an optimizer keeps for each parameter.
func slots(o trainer.Optimizer) int {
	switch o.Name {
	case "SGD":
		if o.Momentum == 0 {
			return 0
		}
		return 1
	case "Adagrad", "AdagradK", "RMSprop":
		return 1
	}
	return 2
}

func padded(n int) int { return (n + lanes - 1) / lanes * lanes }

// trainingMemory is the most bytes that a worker needs for a training on as
// much of the whole data set as d says: parameters with the optimizer's state,
// the batch, the activations of steps, of measuring and of the samples that are
// measured, the record, and the copy of the final weights that is archived.
// TestT21MemoryIsCounted compares it with what trainings take.
func trainingMemory(c trainer.Config, whole params.Dataset, d effort.Data, archived int) int64 {
	train, test := d.Train, d.Test
	n, final, batch := 0, 0, min(c.Batch, train) // n and final count float32
	state := 1 + slots(c.Optimizer)
	inputs, transposed, packed, gradient := d.Side*d.Side, 0, 0, 0
	if len(c.Network.Conv) > 0 {
		side, channels := d.Side, 1
		for i, out := range c.Network.Conv {
			taps, pitch, width := 9, padded(channels), side+2
			if i == 0 {
				taps, pitch, width = 1, padded(9*channels), side
			}
			rows, windows := taps*pitch, side/2
			n += rows*padded(out)*state + 3*rows*padded(out) // weights, their gradients and their transpose
			final += (9*channels + 1) * out
			n += batch * (width*width*pitch + windows*windows*out/float)
			n += side*side*(padded(out)+rows) + width*width*pitch + 8*side*side*out // of one sample
			side, channels = windows, out
		}
		inputs = side * side * channels
		n += (max(batch, evaluated) + batch) * padded(inputs)
	}
	hidden := 0
	for i, units := range append(slices.Clone(c.Network.Hidden), d.Classes) {
		stride := padded(units)
		n += inputs*stride*state + 2*batch*stride
		final += (inputs + 1) * units
		gradient = max(gradient, 2*inputs*lanes)
		if i > 0 || len(c.Network.Conv) > 0 {
			transposed, packed = max(transposed, padded(inputs)*stride), max(packed, batch*inputs)
		}
		if i < len(c.Network.Hidden) {
			hidden += units
		}
		inputs = units
	}
	n += transposed + packed + gradient
	passes, measured := 1, test
	switch c.Measure {
	case "train":
		passes, measured = 2, train
	case "train-running":
		measured = train
	}
	n += hidden*(passes*min(evaluated, test)+measured) + final
	written := float * (int64(archived)*int64(hidden)*int64(measured) + int64(final))
	return peak(whole, float*int64(n)+recordMemory(c.Epochs, hidden, d.Classes), written)
}

// recordMemory is what a run's record takes.
func recordMemory(epochs, hidden, classes int) int64 {
	return int64(epochs) * int64(hidden) * int64(classes) * recordedBytes * recordedCopies
}

// metricsMemory is the most bytes that a worker needs to measure a run from its
// archive, a block of which it puts together piece by piece.
func metricsMemory(c trainer.Config, whole params.Dataset, d effort.Data, archived int) int64 {
	samples, widest, hidden := d.Test, 0, 0
	if c.Measure == "train" || c.Measure == "train-running" {
		samples = d.Train
	}
	for _, units := range c.Network.Hidden {
		widest, hidden = max(widest, units), hidden+units
	}
	const growing = 2.25 // a slice that grows by a quarter, and what it grew from
	block := float * int64(samples) * int64(widest)
	return peak(whole, int64(growing*float64(block))+recordMemory(c.Epochs, hidden, d.Classes), int64(archived)*float*int64(samples)*int64(hidden))
}
