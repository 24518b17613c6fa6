package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// mostLosses is the number of workers that a node may lose before it is
// considered the cause.
const mostLosses = 5

// errLost says that a worker on another machine is gone, not that its stage
// failed.
var errLost = errors.New("the worker was lost")

// A try holds the functions by which the owner of a job follows it. Each is
// called once for each worker that gets the job.
type try struct {
	begin func(w *worker) error             // called before the job is sent
	check func(claimed []made) error        // called when the stage has succeeded
	lost  func(host string, err error) bool // called when the worker was lost; reports whether to try another
}

// nobodysTry ignores everything.
var nobodysTry = try{
	begin: func(*worker) error { return nil },
	check: func([]made) error { return nil },
	lost:  func(string, error) bool { return true },
}

// do carries out a job in a worker and reports the resources that it used. If
// the worker is lost, the job gets another worker, on another host if there is
// one.
func (p *pool) do(ctx context.Context, job *Job, silence time.Duration, t try) (used usage, err error) {
	var avoid, losses []string
	for notBegun := 0; ; {
		w, err := p.take(ctx, avoid)
		if err != nil {
			return usage{}, err
		}
		if err := t.begin(w); err != nil {
			p.put(w)
			return usage{}, err
		}
		done, err := w.do(ctx, job, silence)
		if w.usable {
			p.put(w)
		} else {
			p.drop(w)
		}
		if err == nil {
			err = t.check(done.Made)
			if err != nil && p.launch != nil && !blamesDisk(err) {
				p.launch.distrust()
				err = fmt.Errorf("%w: %w", errLost, err)
			}
		}
		switch {
		case err == nil, ctx.Err() != nil:
			return done.usage, err
		case errors.Is(err, errNotBegun) && p.launch == nil && notBegun < 3:
			notBegun++ // it died while it was idle, which is not this node's fault
		case errors.Is(err, errLost):
			losses = append(losses, fmt.Sprintf("%s: %v", w.host, err))
			if len(losses) == mostLosses {
				return done.usage, fmt.Errorf("%d workers were lost with it, so it is not tried again: %s",
					mostLosses, strings.Join(slices.Compact(losses), "; "))
			}
			avoid = append(avoid, w.host)
			if !t.lost(w.host, err) {
				return done.usage, err
			}
		default:
			return done.usage, err
		}
	}
}

func blamesDisk(err error) bool {
	return slices.ContainsFunc(noRoom, func(e error) bool { return errors.Is(err, e) })
}
