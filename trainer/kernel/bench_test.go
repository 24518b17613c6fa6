package kernel

import (
	"testing"
	"time"
)

func BenchmarkPeakFMA(b *testing.B) {
	for _, s := range Available() {
		b.Run(s.Name, func(b *testing.B) {
			best := 0.0
			for b.Loop() {
				start := time.Now()
				flops := s.PeakFMA(10000)
				best = max(best, flops/float64(time.Since(start).Nanoseconds()))
			}
			b.ReportMetric(best, "GFLOP/s")
		})
	}
}

// BenchmarkLoops times the element-wise loops on as many elements as the first
// layer of the baseline has weights.
func BenchmarkLoops(b *testing.B) {
	const n = 784 * 256
	for _, s := range Available() {
		b.Run(s.Name, func(b *testing.B) {
			r := newSource(1)
			x := make([][]float32, 4)
			for i := range x {
				x[i] = fill(make([]float32, n), func() float32 { return r.Float32()*0.1 + 0.01 })
			}
			bytes := make([]byte, n)
			for i := range bytes {
				bytes[i] = byte(r.Uint32())
			}
			run := func(name string, f func()) {
				b.Run(name, func(b *testing.B) {
					best := time.Duration(1<<63 - 1)
					for b.Loop() {
						start := time.Now()
						f()
						best = min(best, time.Since(start))
					}
					b.ReportMetric(float64(best.Nanoseconds()), "best-ns")
				})
			}
			run("SGD", func() { s.SGD(x[0], x[1], SGDStep{LR: 1e-6}) })
			run("Momentum", func() { s.Momentum(x[0], x[1], x[2], MomentumStep{LR: 1e-6, Momentum: 0.9}) })
			run("Adagrad", func() { s.Adagrad(x[0], x[1], x[2], AdagradStep{1e-6, 1e-10, 0}) })
			run("Adadelta", func() { s.Adadelta(x[0], x[1], x[2], x[3], AdadeltaStep{1e-6, 0.9, 0.1, 1e-6, 0}) })
			run("Adam", func() {
				s.Adam(x[0], x[1], x[2], x[3], AdamStep{1e-6, 0.9, 0.1, 0.999, 0.001, 0.0316, 1e-8, 0})
			})
			run("RMSprop", func() { s.RMSprop(x[0], x[1], x[2], RMSpropStep{1e-6, 0.99, 0.01, 1e-8, 0}) })
			run("Nesterov", func() { s.Nesterov(x[0], x[1], x[2], MomentumStep{LR: 1e-6, Momentum: 0.9}) })
			run("AdagradK", func() { s.AdagradK(x[0], x[1], x[2], AdagradKStep{1e-6, 1e-3, 1e-10, 0}) })
			run("AdadeltaK", func() { s.AdadeltaK(x[0], x[1], x[2], x[3], AdadeltaKStep{1e-6, 1, 0.9, 0.1, 1e-6, 0}) })
			run("SigmoidBackward", func() { s.SigmoidBackward(x[1], x[2]) })
			run("Pixels", func() { s.Pixels(x[3], bytes) })
			run("BiasSigmoid", func() { s.BiasSigmoid(x[3], 256, 784, x[0][:256]) })

			// Numbers of vSGD that stay what they are.
			y := make([][]float32, 10)
			for i := range y {
				y[i] = fill(make([]float32, n), func() float32 { return r.Float32()*0.1 + []float32{0, 0.1, 0, 0.1, 50, 0, 0.1, 0, 0.1, 1}[i] })
			}
			batch := someBatch(r, r.Float32, n/Width, 50, 19)
			run("VSGDShift", func() { s.VSGDShift(x[3], y[9], y[0], 1e-6) })
			run("VSGDAverage", func() { s.VSGDAverage(vsgdState(y), vsgdSums(y), VSGDStep{1, 1e-6}) })
			run("VSGD", func() { s.VSGD(y[9], vsgdState(y), vsgdSums(y), VSGDStep{1, 1e-6}) })
			run("VSGDSum", func() { s.VSGDSum(VSGDSums{x[0], x[1], x[2], x[3]}, batch) })
		})
	}
}
