package trainer

import (
	"math"
	"testing"

	"sparsel/trainer/kernel"
)

// BenchmarkEpoch measures one epoch of the baseline with each optimizer: 1200
// steps on MNIST, or on images of the same darkness if MNIST is missing, and
// the test pass with its statistics. s/epoch is the fastest epoch, and ns/op is
// the mean.
func BenchmarkEpoch(b *testing.B) {
	train, test := benchmarkSplits(b, 60000, 10000)
	for _, o := range []Optimizer{
		sgdBaseline, adagradBaseline, adadeltaBaseline, adamBaseline, rmspropDefault, adagradKSmall, adadeltaKSmall,
	} {
		b.Run(o.Name, func(b *testing.B) {
			b.ReportMetric(fastestEpoch(b, baseline(o), train, test), "s/epoch")
		})
	}
}

// benchmarkSplits returns the first images of MNIST, or as many generated ones
// of the same darkness.
func benchmarkSplits(b *testing.B, train, test int) (Split, Split) {
	splits, err := readMNIST()
	if err != nil {
		b.Log("generated images: ", err)
		return generated(train, 784, 1), generated(test, 784, 2)
	}
	for i, n := range []int{train, test} {
		splits[i].Images, splits[i].Labels = splits[i].Images[:n*784], splits[i].Labels[:n]
	}
	return splits[0], splits[1]
}

// fastestEpoch trains epoch after epoch and returns the seconds of the fastest.
func fastestEpoch(b *testing.B, c Config, train, test Split) float64 {
	set, err := kernel.Active()
	if err != nil {
		b.Fatal(err)
	}
	r, err := newRun(b.Context(), set, c, train, test)
	if err != nil {
		b.Fatal(err)
	}
	best, number := math.Inf(1), 0
	for b.Loop() {
		number++
		epoch, _, err := r.epoch(b.Context(), number)
		if err != nil {
			b.Fatal(err)
		}
		best = min(best, epoch.Seconds)
	}
	return best
}
