package gemm

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"sparsel/trainer/kernel"
)

// peak returns the best of many short measurements of a set's FMA peak, in
// GFLOP/s. The speed of products is given as a share of it.
var peak = func() func(s *kernel.Set) float64 {
	var mu sync.Mutex
	best := map[string]float64{}
	return func(s *kernel.Set) float64 {
		mu.Lock()
		defer mu.Unlock()
		if best[s.Name] == 0 {
			rounds := 20000
			if s.Name == "portable" {
				rounds = 2000
			}
			for range 200 {
				start := time.Now()
				flops := s.PeakFMA(rounds)
				best[s.Name] = max(best[s.Name], flops/float64(time.Since(start).Nanoseconds()))
			}
		}
		return best[s.Name]
	}
}()

// measure runs f as a benchmark of the given number of floating-point
// operations and reports the speed and the share of the peak of its fastest
// run, because other work on the machine can only slow a run down.
func measure(b *testing.B, s *kernel.Set, flops float64, f func()) {
	top := peak(s)
	f()
	best := time.Duration(1<<63 - 1)
	for b.Loop() {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	speed := flops / float64(best.Nanoseconds())
	b.ReportMetric(float64(best.Nanoseconds()), "best-ns")
	b.ReportMetric(speed, "GFLOP/s")
	b.ReportMetric(100*speed/top, "%peak")
}

func forEachBench(b *testing.B, body func(b *testing.B, e *Engine)) {
	for _, s := range kernel.Available() {
		if s.Name != "portable" || len(kernel.Available()) == 1 {
			b.Run(s.Name, func(b *testing.B) { body(b, NewEngine(s)) })
		}
	}
}

func BenchmarkDense(b *testing.B) {
	forEachBench(b, func(b *testing.B, e *Engine) {
		r := rand.New(rand.NewPCG(1, 1))
		none := func(int, []float32) {}
		for _, s := range []struct{ m, k, n int }{
			{50, 784, 256}, {1000, 784, 256}, {50, 256, 256}, {50, 256, 10}, {1, 784, 256}, {5, 784, 256},
		} {
			flops := 2 * float64(s.m*s.k*s.n)
			w, a, d := panels(r, s.k, s.n), matrix(r, s.m, s.k, s.k), matrix(r, s.m, s.n, s.n)
			c, back := matrix(r, s.m, 0, round16(s.n)), matrix(r, s.m, 0, round16(s.k))
			b.Run(fmt.Sprintf("Mul/%dx%dx%d", s.m, s.k, s.n), func(b *testing.B) {
				measure(b, e.set, flops, func() { e.Mul(c, round16(s.n), a, s.k, s.m, w) })
			})
			b.Run(fmt.Sprintf("Gradient/%dx%dx%d", s.k, s.m, s.n), func(b *testing.B) {
				measure(b, e.set, flops, func() { e.Gradient(a, s.k, s.m, s.k, d, s.n, s.n, none) })
			})
			if s.k == 256 {
				b.Run(fmt.Sprintf("MulTransposed/%dx%dx%d", s.m, s.n, s.k), func(b *testing.B) {
					measure(b, e.set, flops, func() { e.MulTransposed(back, round16(s.k), d, s.n, s.m, w) })
				})
			}
		}
	})
}

// BenchmarkSparse uses batches of images with MNIST's density (19 % of the
// pixels, strokes in the middle). GFLOP/s count only the nonzero pixels.
func BenchmarkSparse(b *testing.B) {
	forEachBench(b, func(b *testing.B, e *Engine) {
		r := rand.New(rand.NewPCG(1, 1))
		const pixels, units, count = 784, 256, 2000
		data := digits(r, count)
		w := panels(r, pixels, units)
		for _, m := range []int{1, 50, 1000} {
			rows := make([]int32, m)
			var s Sparse
			next := func() {
				for i := range rows {
					rows[i] = int32(r.IntN(count))
				}
				e.LoadSparse(&s, data, pixels, rows)
			}
			next()
			nonzero := 0
			for _, n := range s.lengths {
				nonzero += int(n)
			}
			flops := 2 * float64(nonzero*units)
			c, d := matrix(r, m, 0, units), matrix(r, m, units, units)
			b.Run(fmt.Sprintf("Load/%d", m), func(b *testing.B) {
				b.SetBytes(int64(m * pixels))
				for b.Loop() {
					next()
				}
				b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N)*60000/float64(m), "ms/60000")
			})
			e.LoadSparse(&s, data, pixels, rows)
			b.Run(fmt.Sprintf("Mul/%d", m), func(b *testing.B) {
				measure(b, e.set, flops, func() { e.MulSparse(c, units, &s, w) })
			})
			b.Run(fmt.Sprintf("Gradient/%d", m), func(b *testing.B) {
				measure(b, e.set, flops, func() { e.GradientSparse(&s, d, units, units, func(int, []float32) {}) })
			})
		}
	})
}

// digits makes n images of 28×28 with a few thick strokes, 19 % of the pixels.
func digits(r *rand.Rand, n int) []byte {
	const side = 28
	data := make([]byte, n*side*side)
	for i := range n {
		image := data[i*side*side:][:side*side]
		target := 100 + r.IntN(100)
		for drawn := 0; drawn < target; {
			x, y, dx, dy := 8+12*r.Float64(), 5+18*r.Float64(), r.Float64()-0.5, r.Float64()-0.5
			for range 12 {
				for c := range 6 {
					px, py := int(x)+c%2, int(y)+c/2
					if px >= 4 && px < 24 && py >= 4 && py < 24 && image[py*side+px] == 0 && drawn < target {
						image[py*side+px] = byte(1 + r.IntN(255))
						drawn++
					}
				}
				x, y = x+2*dx, y+2*dy
			}
		}
	}
	return data
}
