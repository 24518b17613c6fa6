package trainer

import (
	"fmt"
	"testing"
)

// BenchmarkSmallBatch measures an epoch of small batches on the first 3,000
// training images. us/step is the time of the fastest epoch divided by its
// steps, and includes the test pass over 500 images.
func BenchmarkSmallBatch(b *testing.B) {
	train, test := benchmarkSplits(b, 3000, 500)
	for _, shape := range []struct{ batch, units int }{{1, 256}, {1, 64}, {1, 768}, {5, 256}, {10, 256}} {
		for _, o := range []Optimizer{sgdBaseline, adagradBaseline, adadeltaBaseline, adamBaseline} {
			b.Run(fmt.Sprintf("batch=%d/units=%d/%s", shape.batch, shape.units, o.Name), func(b *testing.B) {
				c := baseline(o)
				c.Batch, c.Network.Hidden = shape.batch, []int{shape.units}
				b.ReportMetric(1e6*fastestEpoch(b, c, train, test)*float64(shape.batch)/3000, "us/step")
			})
		}
	}
}

// BenchmarkVSGD is BenchmarkSmallBatch for vSGD, which updates all weights in
// every step.
func BenchmarkVSGD(b *testing.B) {
	train, test := benchmarkSplits(b, 3000, 500)
	for _, batch := range []int{1, 50} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			c := baseline(Optimizer{Name: "vSGD", SlowStart: 10, Initial: 60, Eps: 1e-8})
			c.Batch = batch
			b.ReportMetric(1e6*fastestEpoch(b, c, train, test)*float64(batch)/3000, "us/step")
		})
	}
}
