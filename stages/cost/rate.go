package cost

import (
	"context"

	"sparsel/trainer"
	"sparsel/trainer/rng"
)

// trial is how long the epochs of a trial run should take, in seconds.
const trial = 0.02

// Rate measures how many seconds this machine takes for a second of [Training].
// It trains the network for a moment on images of noise with as many nonzero
// pixels as MNIST's. It returns 1 for a network that is so large that a moment
// says nothing about it.
func Rate(c trainer.Config, d Data) float64 {
	c.Epochs, c.Sampler, c.Seeding, c.Measure = 3, trainer.Sampler{Kind: "shuffled"}, trainer.Seeding{Mode: "paired", Seed: 1}, ""
	c.Updates, c.Validation = 0, 0 // a moment has whole epochs of the images drawn below
	d.Train, d.Test = 100, 20
	perImage := Epoch(c, d) / float64(d.Train+d.Test)
	d.Train = min(max(int(trial/perImage), 2*c.Batch, 100), 6000)
	d.Test = d.Train / 6
	if Epoch(c, d) > 10*trial {
		return 1
	}
	best, before := 0.0, 0.0
	err := trainer.Train(context.Background(), c, noise(d, d.Train), noise(d, d.Test), func(e trainer.Epoch, _ *trainer.Activations) error {
		now := processorTime()
		if took := now - before; before > 0 && (best == 0 || took < best) { // disturbances only make an epoch longer
			best = took
		}
		before = now
		return nil
	})
	if err != nil || best == 0 {
		return 1
	}
	return best / Epoch(c, d)
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
