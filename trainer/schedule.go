package trainer

import (
	"fmt"
	"iter"
)

// A schedule decides the steps of an epoch: those of one pass over the training
// data or, with [Config.Updates], the epoch's share of the updates, whichever
// pass they come from.
type schedule struct {
	sampler         Sampler
	updates, epochs int

	pass int // number of the planned pass, counted from 1
	used int // batches of it that were used
}

// rule returns the optimizer with the learning rate for the batches of c.
func (c Config) rule() Optimizer {
	o := c.Optimizer
	if c.ReferenceBatch > 0 {
		o.LR = o.LR * float64(c.Batch) / float64(c.ReferenceBatch)
	}
	return o
}

// quota returns how many of the updates an epoch has. It avoids multiplications
// that could overflow.
func (s *schedule) quota(epoch int) int {
	each, over := s.updates/s.epochs, s.updates%s.epochs
	return each + epoch*over/s.epochs - (epoch-1)*over/s.epochs
}

// batches returns the samples of each step of an epoch.
func (r *run) batches(epoch int) (iter.Seq[[]int32], error) {
	s := &r.schedule
	if s.updates == 0 {
		s.pass = epoch - 1
	}
	again := s.updates == 0 || s.pass == 0 || s.sampler.phase(epoch) != s.sampler.phase(epoch-1)
	if again {
		if err := r.planPass(epoch); err != nil {
			return nil, err
		}
	}
	if s.updates == 0 {
		return r.planned.batches(), nil
	}
	return func(yield func([]int32) bool) {
		for range s.quota(epoch) {
			if s.used == len(r.planned.ends) {
				// A pass over the same samples has succeeded before.
				if err := r.planPass(epoch); err != nil {
					panic(err)
				}
			}
			from := 0
			if s.used > 0 {
				from = r.planned.ends[s.used-1]
			}
			s.used++
			if !yield(r.planned.order[from:r.planned.ends[s.used-1]]) {
				return
			}
		}
	}, nil
}

// planPass plans the next pass over the samples of an epoch.
func (r *run) planPass(epoch int) error {
	r.schedule.pass++
	r.schedule.used = 0
	r.planned.epoch = epoch
	r.draws.plan(r.schedule.pass, &r.planned)
	if len(r.planned.ends) == 0 {
		return fmt.Errorf("plan epoch %d: the sampler leaves no sample of these data", epoch)
	}
	return nil
}

// holdOut splits off the samples of validation, which are the last ones.
func (s Split) holdOut(validation int) (rest, last Split) {
	n := len(s.Labels) - validation
	rest, last = s, s
	rest.Images, last.Images = s.Images[:n*s.Pixels], s.Images[n*s.Pixels:]
	rest.Labels, last.Labels = s.Labels[:n], s.Labels[n:]
	return rest, last
}
