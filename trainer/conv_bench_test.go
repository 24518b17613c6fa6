package trainer

import (
	"math"
	"slices"
	"testing"
	"time"

	"sparsel/trainer/kernel"
)

// BenchmarkConv measures steps of the study's CNN, 20 at a time, and the
// forward pass through its convolutions. s/epoch is extrapolated from the
// fastest 20 steps to 60,000 images. GFLOP/s is the speed counted as if no zero
// were left out: 27.4 million operations per image, a third of them in the
// forward pass.
func BenchmarkConv(b *testing.B) {
	trainSplit, testSplit := benchmarkSplits(b, 5000, 1000)
	set, err := kernel.Active()
	if err != nil {
		b.Fatal(err)
	}
	const steps, batch = 20, 50
	for _, o := range []Optimizer{sgdBaseline, adagradBaseline, adadeltaBaseline, adamBaseline} {
		b.Run(o.Name, func(b *testing.B) {
			c := baseline(o)
			c.Network.Conv = []int{32, 64}
			r, err := newRun(b.Context(), set, c, trainSplit, testSplit)
			if err != nil {
				b.Fatal(err)
			}
			var p plan
			r.draws.plan(1, &p)
			all := slices.Collect(p.batches())
			train, forward := math.Inf(1), math.Inf(1)
			for b.Loop() {
				start := time.Now()
				for _, rows := range all[:steps] {
					r.batch.load(r.network.engine, rows)
					r.network.step(r.batch)
				}
				train = min(train, time.Since(start).Seconds())
				start = time.Now()
				r.network.stem.forward(r.batch, batch, false)
				forward = min(forward, time.Since(start).Seconds())
				all = append(all[steps:], all[:steps]...)
			}
			const images = steps * batch
			b.ReportMetric(train/images*60000, "s/epoch")
			b.ReportMetric(27.4e-3*images/train, "GFLOP/s")
			b.ReportMetric(2e-9*(784*9*32+196*288*64)*batch/forward, "stem-GFLOP/s")
		})
	}
}
