package trainer

import (
	"fmt"
	"math"
	"testing"

	"sparsel/trainer/kernel"
)

// BenchmarkSmallBatch measures an epoch of small batches on the first
// 3,000 training images: us/step is the fastest epoch's time for a step, its
// part of the test pass, over 500 images, included.
func BenchmarkSmallBatch(b *testing.B) {
	splits, err := readMNIST()
	if err != nil {
		b.Log("generated images: ", err)
		splits = [2]Split{generated(3000, 784, 1), generated(500, 784, 2)}
	}
	train, test := splits[0], splits[1]
	train.Images, train.Labels = train.Images[:3000*784], train.Labels[:3000]
	test.Images, test.Labels = test.Images[:500*784], test.Labels[:500]
	for _, shape := range []struct{ batch, units int }{{1, 256}, {1, 64}, {1, 768}, {5, 256}, {10, 256}} {
		for _, o := range []Optimizer{sgdBaseline, adagradBaseline, adadeltaBaseline, adamBaseline} {
			b.Run(fmt.Sprintf("batch=%d/units=%d/%s", shape.batch, shape.units, o.Name), func(b *testing.B) {
				set, err := kernel.Active()
				if err != nil {
					b.Fatal(err)
				}
				c := baseline(o)
				c.Batch, c.Network.Hidden = shape.batch, []int{shape.units}
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
				b.ReportMetric(1e6*best*float64(shape.batch)/3000, "us/step")
			})
		}
	}
}
