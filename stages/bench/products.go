package bench

import (
	"context"
	"fmt"
	"io"
	"time"

	"sparsel/trainer/gemm"
	"sparsel/trainer/kernel"
)

// product is a dense matrix product of the study's networks.
type product struct {
	what    string
	m, k, n int // multiply-adds: m·k·n
	run     func(e *gemm.Engine)
}

// products prints each product's rate as a share of the machine's peak.
func products(ctx context.Context, w io.Writer, set *kernel.Set) error {
	table := columns(w)
	peak := rate(func() float64 { return set.PeakFMA(1 << 20) })
	fmt.Fprintf(table, "dense products\tGFLOP/s\tof peak\n")
	fmt.Fprintf(table, "peak (independent FMA chains)\t%.1f\t\n", peak)
	for _, p := range denseProducts() {
		if err := ctx.Err(); err != nil {
			return err
		}
		engine := gemm.NewEngine(set)
		r := rate(func() float64 {
			const repeats = 16
			for range repeats {
				p.run(engine)
			}
			return repeats * 2 * float64(p.m) * float64(p.k) * float64(p.n)
		})
		fmt.Fprintf(table, "%s, %d×%d×%d\t%.1f\t%.0f %%\n", p.what, p.m, p.k, p.n, r, 100*r/peak)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}

// rate is the best of many timings, in 10^9 operations a second. The best and not the mean: whatever else the
// machine does can only slow a measurement down.
func rate(work func() (operations float64)) float64 {
	best := 0.0
	for begin := time.Now(); time.Since(begin) < 400*time.Millisecond; {
		start := time.Now()
		operations := work()
		best = max(best, operations/float64(time.Since(start).Nanoseconds()))
	}
	return best
}

func denseProducts() []product {
	forward := func(m, k, n int) product {
		a, b, c := pattern(m*k), weights(k, n), make([]float32, m*n)
		return product{"forward", m, k, n, func(e *gemm.Engine) { e.Mul(c, n, a, k, m, b) }}
	}
	gradient := func(k, m, n int) product {
		a, d := pattern(m*k), pattern(m*n)
		return product{"gradient", k, m, n, func(e *gemm.Engine) { e.Gradient(a, k, m, k, d, n, n, func(int, []float32) {}) }}
	}
	backward := func(m, n, k int) product {
		d, b, c := pattern(m*n), weights(k, n), make([]float32, m*k)
		return product{"backward", m, n, k, func(e *gemm.Engine) { e.MulTransposed(c, k, d, n, m, b) }}
	}
	return []product{
		forward(50, 784, 256), forward(1000, 784, 256), gradient(784, 50, 256), gradient(784, 1000, 256),
		forward(50, 256, 256), gradient(256, 50, 256), backward(50, 256, 256), forward(50, 784, 768), gradient(784, 50, 768),
	}
}

func weights(rows, cols int) *gemm.Panels {
	p := gemm.NewPanels(rows, cols)
	values := pattern(rows * cols)
	for i := range rows {
		for j := range cols {
			p.Set(i, j, values[i*cols+j])
		}
	}
	return p
}

// pattern is n numbers in [-1, 1), none of them zero or subnormal.
func pattern(n int) []float32 {
	list := make([]float32, n)
	for i := range list {
		list[i] = float32((i*7919)%2001-1000)/1000 + 0.0005
	}
	return list
}
