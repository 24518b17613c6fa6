package pipeline

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"sparsel/pipeline/store"
)

// mostRemade is how often a run makes a node again because bytes that it has
// made are missing when something reads them.
const mostRemade = 3

// makeAgain lets a node wait until the nodes in lacking are done again. It
// reads from them, and they were done, but their bytes could not be had. Several
// readers find this out at the same time, so a node that has been made again
// since u was started is not lacking any more.
func (r *runner) makeAgain(u *progress, lacking []*progress) {
	lacking = slices.DeleteFunc(lacking, func(p *progress) bool { return p.ended && p.remadeAt > u.startedAt })
	if len(lacking) == 0 {
		heap.Push(&r.ready, u)
		return
	}
	for _, p := range lacking {
		if p.ended && p.remade == mostRemade {
			err := fmt.Errorf("%s was made %d times in this run, and its bytes are gone again: does something else remove files from %s?",
				p.step.Node.Name, mostRemade, r.e.Store.Dir())
			r.end(u, attempted{p: u, result: NodeResult{Outcome: Failed, Err: err}})
			return
		}
	}
	for _, p := range lacking {
		u.pending++
		p.readers = append(p.readers, u)
		if p.ended {
			p.remade++
			p.ended, p.due = false, true
			heap.Push(&r.ready, p)
		}
	}
}

// vanished returns the nodes whose bytes a node reads and that have disappeared
// since the node began.
func (r *runner) vanished(n *Node) []*progress {
	var lacking []*progress
	for _, in := range n.Inputs {
		for _, o := range r.outputsOf(in.From) {
			if o.Name == in.Output && errors.Is(r.plan.checker.Blob(o.Content, o.Size, store.TrustTimes), fs.ErrNotExist) {
				r.plan.need(o.Content, certain)
				lacking = append(lacking, r.nodes[in.From])
			}
		}
	}
	return lacking
}

// bring fetches what current nodes publish and the store does not hold.
func (r *runner) bring(ctx context.Context) {
	if r.w == nil {
		return
	}
	var list []store.Output
	for i := range r.plan.Steps {
		s := &r.plan.Steps[i]
		if s.State == Current {
			for _, path := range s.Restore {
				list = append(list, *published(s, path))
			}
		}
	}
	r.obtainAll(ctx, list)
}

// between names the machines of the recorded result of an action and of the new
// one, for the case that they differ.
func (r *runner) between(now *action) string {
	before, err := r.e.recorded(now.id)
	if err != nil || before.Environment["host"] == "" || before.Environment["host"] == now.Environment["host"] {
		return ""
	}
	return fmt.Sprintf("the former on %s, the latter on %s", machine(before.Environment), machine(now.Environment))
}
