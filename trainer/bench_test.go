package trainer

import (
	"math"
	"testing"

	"sparsel/trainer/kernel"
)

// BenchmarkEpoch measures one epoch of the baseline with each optimizer: 1200
// steps on MNIST, or on images as dark as those where MNIST is missing, and
// the test pass with its statistics. s/epoch is the fastest of them, ns/op their
// mean.
func BenchmarkEpoch(b *testing.B) {
	splits, err := readMNIST()
	if err != nil {
		b.Log("generated images: ", err)
		splits = [2]Split{generated(60000, 784, 1), generated(10000, 784, 2)}
	}
	for _, o := range []Optimizer{sgdBaseline, adagradBaseline, adadeltaBaseline, adamBaseline} {
		b.Run(o.Name, func(b *testing.B) {
			set, err := kernel.Active()
			if err != nil {
				b.Fatal(err)
			}
			r, err := newRun(b.Context(), set, baseline(o), splits[0], splits[1])
			if err != nil {
				b.Fatal(err)
			}
			best := math.Inf(1)
			number := 0
			for b.Loop() {
				number++
				epoch, _, err := r.epoch(b.Context(), number)
				if err != nil {
					b.Fatal(err)
				}
				best = min(best, epoch.Seconds)
			}
			b.ReportMetric(best, "s/epoch")
		})
	}
}
