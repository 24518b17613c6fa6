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
	m, k, n int     // multiply-adds: m·k·n
	mark    float64 // share of the peak that is aimed at, or 0
	run     func(e *gemm.Engine)
}

// products prints each product's rate as a share of the machine's peak and
// returns that peak, in GFLOP/s.
func products(ctx context.Context, w io.Writer, set *kernel.Set) (peak float64, err error) {
	table := columns(w)
	peak = rate(func() float64 { return set.PeakFMA(1 << 20) })
	fmt.Fprintf(table, "dense products, one core\tGFLOP/s\tof peak\tmark\n")
	fmt.Fprintf(table, "peak (independent FMA chains)\t%.1f\t\t\n", peak)
	for _, p := range denseProducts() {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		engine := gemm.NewEngine(set)
		r := rate(func() float64 {
			const repeats = 16
			for range repeats {
				p.run(engine)
			}
			return repeats * 2 * float64(p.m) * float64(p.k) * float64(p.n)
		})
		mark := ""
		if p.mark > 0 {
			mark = fmt.Sprintf("%.0f %% %s", 100*p.mark, verdict(r/peak >= p.mark))
		}
		fmt.Fprintf(table, "%s, %d×%d×%d\t%.1f\t%.0f %%\t%s\n", p.what, p.m, p.k, p.n, r, 100*r/peak, mark)
	}
	if err := table.Flush(); err != nil {
		return 0, err
	}
	_, err = fmt.Fprintln(w)
	return peak, err
}

func verdict(reached bool) string {
	if reached {
		return "reached"
	}
	return "missed"
}

// rate returns the best of many timings, in 10^9 operations a second. The best
// is used rather than the mean because other load on the machine can only make
// a measurement slower.
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
	forward := func(m, k, n int, mark float64) product {
		a, b, c := pattern(m*k), weights(k, n), make([]float32, m*n)
		return product{"forward", m, k, n, mark, func(e *gemm.Engine) { e.Mul(c, n, a, k, m, b) }}
	}
	gradient := func(k, m, n int, mark float64) product {
		a, d := pattern(m*k), pattern(m*n)
		return product{"gradient", k, m, n, mark, func(e *gemm.Engine) { e.Gradient(a, k, m, k, d, n, n, func(int, []float32) {}) }}
	}
	backward := func(m, n, k int) product {
		d, b, c := pattern(m*n), weights(k, n), make([]float32, m*k)
		return product{"backward", m, n, k, 0, func(e *gemm.Engine) { e.MulTransposed(c, k, d, n, m, b) }}
	}
	return []product{
		forward(50, 784, 256, 0.85), forward(1000, 784, 256, 0.9), gradient(784, 50, 256, 0.9), gradient(784, 1000, 256, 0.9),
		forward(50, 256, 256, 0), gradient(256, 50, 256, 0), backward(50, 256, 256), forward(50, 784, 768, 0.9), gradient(784, 50, 768, 0.9),
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

// pattern returns n numbers in [-1, 1), none of them zero or subnormal.
func pattern(n int) []float32 {
	list := make([]float32, n)
	for i := range list {
		list[i] = float32((i*7919)%2001-1000)/1000 + 0.0005
	}
	return list
}
