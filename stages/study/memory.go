package study

import (
	"slices"

	"sparsel/stages/cost"
	"sparsel/stages/params"
	"sparsel/trainer"
)

const (
	program = 60 << 20 // a worker with its graph and the archive encoders, measured
	// litter is the memory that reading the images leaves for the next garbage
	// collection. litterRatio is how many times its own size writing or reading
	// an archive leaves.
	litter      = 45 << 20
	litterRatio = 4

	float          = 4
	evaluated      = 200 // samples that go through a network at a time when it is measured
	lanes          = 16  // columns of weights come in panels of this width
	recordedBytes  = 8   // size of a sum of activations
	recordedCopies = 4   // as the trainer passes them on, as the record keeps them, and as growing columns
)

// images returns the memory that the images of a data set take. A worker holds
// all of them, whatever a run uses.
func images(d params.Dataset) int64 { return int64(d.Train+d.Test) * int64(d.Pixels()) }

// peak returns the most memory that a process takes if it holds the given
// number of bytes besides the images and reads or writes the given size of
// archives. The collector lets garbage grow to the size of what is held, and no
// further.
func peak(d params.Dataset, held, archived int64) int64 {
	held += images(d)
	return program + held + min(held, litter+litterRatio*archived)
}

// slots returns how many numbers an optimizer keeps for each parameter.
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

// trainingMemory returns the most bytes that a worker needs for a training on
// the part of the whole data set that d describes. They hold the parameters
// with the optimizer's state, the batch, the activations of steps, of measuring
// and of the samples that are measured, the record, and the copy of the final
// weights that is archived. TestT21MemoryIsCounted compares it with what
// trainings take.
func trainingMemory(c trainer.Config, whole params.Dataset, d cost.Data, archived int) int64 {
	train, test := d.Train, d.Test
	n, final, batch := 0, 0, min(c.Batch, train) // n and final count float32 values
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
			n += side*side*(padded(out)+rows) + width*width*pitch + 8*side*side*out // for one sample
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

// recordMemory returns the memory that a run's record takes.
func recordMemory(epochs, hidden, classes int) int64 {
	return int64(epochs) * int64(hidden) * int64(classes) * recordedBytes * recordedCopies
}

// metricsMemory returns the most bytes that a worker needs to measure a run
// from its archive. The worker assembles a block of the archive piece by piece.
func metricsMemory(c trainer.Config, whole params.Dataset, d cost.Data, archived int) int64 {
	samples, widest, hidden := d.Test, 0, 0
	if c.Measure == "train" || c.Measure == "train-running" {
		samples = d.Train
	}
	for _, units := range c.Network.Hidden {
		widest, hidden = max(widest, units), hidden+units
	}
	const growing = 2.25 // a slice that grows by a quarter, together with the slice it replaces
	block := float * int64(samples) * int64(widest)
	return peak(whole, int64(growing*float64(block))+recordMemory(c.Epochs, hidden, d.Classes),
		int64(archived)*float*int64(samples)*int64(hidden))
}
