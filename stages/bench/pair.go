package bench

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"sparsel/trainer"
)

// pairMark is the largest acceptable time of two runs at once, as a multiple of
// the wall time of one run alone.
const pairMark = 1.1

// pair prints the cost of a second run on another core beside the first. Both
// run in goroutines of one process, as in the pipeline. If there is only one
// core, pair says so and measures nothing.
func pair(ctx context.Context, w io.Writer, c Case, training, test trainer.Split) error {
	if runtime.GOMAXPROCS(0) < 2 {
		_, err := fmt.Fprintln(w, "two runs at once: not measured, there is one core")
		return err
	}
	c.Config.Epochs, c.Config.Seeding = 3, trainer.Seeding{Mode: "paired", Seed: 1}
	one, two, busy := math.Inf(1), math.Inf(1), math.Inf(1)
	for range 4 {
		for _, at := range []struct {
			runs int
			best *float64
		}{{1, &one}, {2, &two}} {
			group, ctx := errgroup.WithContext(ctx)
			begin, used := time.Now(), cpuSeconds()
			for range at.runs {
				group.Go(func() error {
					_, err := timeOurs(ctx, c.Config, training, test)
					return err
				})
			}
			if err := group.Wait(); err != nil {
				return err
			}
			took := time.Since(begin).Seconds()
			*at.best = min(*at.best, took)
			if used = cpuSeconds() - used; at.runs == 2 && used > 0 {
				busy = min(busy, 2*took/used)
			}
		}
	}
	outcome := verdict(two <= pairMark*one)
	if !math.IsInf(busy, 1) && busy > pairMark {
		outcome = "not decided: other work keeps the cores from the two runs, measure again when it is done"
	}
	_, err := fmt.Fprintf(w, "two runs of %s at once: %.3f s, one alone: %.3f s (wall, fastest of 4): %.2f times, mark %.1f %s\n",
		c.Name, two, one, two/one, pairMark, outcome)
	return err
}
