package cost

import (
	"context"
	"errors"

	"sparsel/trainer"
	"sparsel/trainer/rng"
)

// trial is how long the epochs of a trial run should take, in seconds.
const trial = 0.02

// Rate measures how many seconds this machine takes for a second of [Training].
// It trains the network for a moment on images of noise with as many nonzero
// pixels as MNIST's. It takes the part of a training that grows neither with
// images nor with epochs to be plain code, which takes other seconds for each
// second here (see [PlainRate]). It returns plain for a network that is so large
// that a moment says nothing about it.
func Rate(c trainer.Config, d Data, plain float64) float64 {
	epochs := Training(c, d) - perTraining
	return (epochs*trialRate(c, d, plain, epochsOfNoise) + perTraining*plain) / (epochs + perTraining)
}

// trialRate measures the rate of whole epochs by train, which trains and calls
// after with the CPU seconds of each epoch, until that returns false. It tries
// few images first, because a machine without fast kernels takes a hundred
// times as long.
func trialRate(c trainer.Config, d Data, otherwise float64,
	train func(c trainer.Config, d Data, after func(seconds float64) bool) error) float64 {
	c.Epochs, c.Sampler, c.Seeding, c.Measure = 3, trainer.Sampler{Kind: "shuffled"}, trainer.Seeding{Mode: "paired", Seed: 1}, ""
	c.Updates, c.Validation = 0, 0 // a moment has whole epochs of the images drawn below
	sized := func(images int) Data {
		s := d
		s.Train, s.Test = images, images/6
		return s
	}
	few := max(2*c.Batch, 100)
	perImage := Epoch(c, sized(few)) / float64(few+few/6)
	many := min(max(int(trial/perImage), few), 6000)
	rate := otherwise
	for _, images := range []int{few, many} {
		size := sized(images)
		expected := Epoch(c, size)
		if expected > 10*trial || expected*rate > 25*trial {
			break
		}
		best, spent := 0.0, 0.0
		err := train(c, size, func(seconds float64) bool {
			if spent += seconds; best == 0 || seconds < best { // disturbances only make an epoch longer
				best = seconds
			}
			return spent < 25*trial
		})
		if err != nil || best == 0 {
			break
		}
		rate = best / expected
	}
	return rate
}

// errEnough ends a trial.
var errEnough = errors.New("enough")

// epochsOfNoise trains on images of noise. The time of the first epoch includes
// that of the initial weights, which may be many times that of an epoch.
func epochsOfNoise(c trainer.Config, d Data, after func(seconds float64) bool) error {
	train, test := noise(d, d.Train), noise(d, d.Test)
	before := processorTime()
	err := trainer.Train(context.Background(), c, train, test, func(trainer.Epoch, *trainer.Activations) error {
		now := processorTime()
		took := now - before
		before = now
		if !after(took) {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// perPixel is the time that [noise] takes for a pixel on the same core as
// Training's times.
const perPixel = 6e-9

// PlainRate measures how many seconds this machine takes for a second of code
// on an AMD Zen 4 that uses no kernels.
func PlainRate() float64 {
	d := Data{Side: 28, Classes: 10}
	const images, times = 500, 3
	best := 0.0
	for range times {
		before := processorTime()
		noise(d, images)
		if took := processorTime() - before; best == 0 || took < best {
			best = took
		}
	}
	if best == 0 {
		return 1
	}
	return best / (perPixel * float64(images*d.Side*d.Side))
}

// noise draws random images.
func noise(d Data, n int) trainer.Split {
	source := rng.Named(1, "calibration", uint64(n))
	s := trainer.Split{Pixels: d.Side * d.Side, Images: make([]byte, n*d.Side*d.Side), Labels: make([]uint8, n), Classes: d.Classes}
	for i := range s.Images {
		if v := source.Uint32(); v%256 < 49 { // 19 % of MNIST's pixels are nonzero
			s.Images[i] = byte(v >> 8)
		}
	}
	for i := range s.Labels {
		s.Labels[i] = uint8(i % d.Classes)
	}
	return s
}
