package trainer

import (
	"testing"

	"sparsel/trainer/kernel"
)

// BenchmarkEpoch measures one epoch of the baseline with each optimizer: 1200
// steps on MNIST, or on images as dark as those where MNIST is missing, and
// the test pass with its statistics.
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
			r := newRun(set, baseline(o), splits[0], splits[1])
			number := 0
			for b.Loop() {
				number++
				if _, _, err := r.epoch(b.Context(), number); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/epoch")
		})
	}
}
