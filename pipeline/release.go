package pipeline

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"

	"sparsel/pipeline/store"
)

// A releaser removes the bytes that Node.Release names while a run goes on, so
// that they never all lie in the store at once.
type releaser struct {
	ready   []release                // outputs whose readers are done; used only by the run's loop
	readers map[*Node]map[string]int // by output, the number of nodes of the graph that read it and are not done

	once   sync.Once
	mu     sync.Mutex
	owners map[ContentID][]ActionID // the actions whose records name the bytes
}

type release struct {
	p      *progress
	output string
}

// made notes that an action of this run produced some bytes.
func (f *releaser) made(content ContentID, action ActionID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.owners == nil {
		f.owners = map[ContentID][]ActionID{}
	}
	f.owners[content] = append(f.owners[content], action)
}

// records returns the actions whose records name some bytes. Other code may
// have produced the same bytes, and its records must not miss them either.
func (f *releaser) records(ctx context.Context, s *store.Store, content ContentID) (list []ActionID, err error) {
	f.once.Do(func() {
		var all map[ActionID]*store.Record
		if all, _, err = s.Records(ctx); err != nil {
			return
		}
		for id, r := range all {
			for _, o := range r.Outputs {
				f.made(o.Content, id)
			}
		}
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	list = slices.Clone(f.owners[content])
	slices.SortFunc(list, func(a, b ActionID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(list), err
}

// count counts the readers of everything that can be released. Nodes that are
// not in the plan count too, because they are not known to be done.
func (r *runner) count() {
	r.free.readers = map[*Node]map[string]int{}
	for _, n := range r.plan.Graph.nodes {
		for _, in := range n.Inputs {
			if !slices.Contains(in.From.Release, in.Output) {
				continue
			}
			if r.free.readers[in.From] == nil {
				r.free.readers[in.From] = map[string]int{}
			}
			r.free.readers[in.From][in.Output]++
		}
	}
	for i := range r.plan.Steps {
		if p := r.nodes[r.plan.Steps[i].Node]; p.ended && p.result.Outcome.done() {
			for _, in := range p.step.Node.Inputs {
				if of := r.free.readers[in.From]; of != nil {
					of[in.Output]-- // it was done before the run began, which releases only what it makes
				}
			}
		}
	}
}

// readBy notes that a node is done with what it read.
func (r *runner) readBy(p *progress) {
	if !p.result.Outcome.done() {
		return
	}
	if r.free.readers == nil {
		r.count() // this counts p as done, too
	} else if p.remade == 0 {
		for _, in := range p.step.Node.Inputs {
			if of := r.free.readers[in.From]; of != nil && of[in.Output] > 0 {
				of[in.Output]--
			}
		}
	}
	for _, in := range p.step.Node.Inputs {
		if of, ok := r.free.readers[in.From][in.Output]; ok && of == 0 {
			r.free.ready = append(r.free.ready, release{r.nodes[in.From], in.Output})
		}
	}
}

// release removes what can be released: the second level has it, if there is
// one, and nobody is working on an action that produced it. It tries the rest
// again later.
func (r *runner) release(ctx context.Context) {
	if r.w == nil || ctx.Err() != nil {
		return
	}
	later := r.free.ready[:0]
	for _, x := range r.free.ready {
		if !x.p.ended || !r.push.there(x.p.result.Action) {
			later = append(later, x)
			continue
		}
		for i, o := range x.p.outputs {
			if _, err := os.Lstat(r.e.Store.BlobPath(o.Content)); err != nil || o.Name != x.output {
				continue
			}
			records, err := r.free.records(ctx, r.e.Store, o.Content)
			ok := false
			if err == nil {
				ok, err = r.w.LetGo(o.Content, records)
			}
			switch {
			case err != nil:
				r.note(fmt.Sprintf("%s of %s is kept: %v", x.output, x.p.step.Node.Name, err))
			case !ok:
				later = append(later, x)
			default:
				outputs := slices.Clone(x.p.outputs)
				outputs[i].Away = true
				r.gives(x.p, outputs)
				r.report.Released++
				r.report.ReleasedBytes += o.Size
			}
		}
	}
	r.free.ready = later
}

// Archives sums up outputs that nodes release.
type Archives struct {
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
	// Seconds is how long one worker takes to make them again, as far as that is
	// known.
	Seconds float64 `json:"seconds"`
}

// Archives sums up what nodes release. here is what is in the store and could
// be removed, because everything that reads it is current; gone is what is not
// in the store. Seconds is the cost of making either again without a second
// level.
func (p *Plan) Archives() (here, gone Archives) {
	waits := map[*Node]bool{} // something that is not current reads from the node
	asked := map[*Node]int{}
	for i := range p.Steps {
		for _, in := range p.Steps[i].Node.Inputs {
			waits[in.From] = waits[in.From] || p.Steps[i].State != Current
			asked[in.From]++
		}
	}
	for _, n := range p.Graph.nodes {
		for _, in := range n.Inputs {
			asked[in.From]--
		}
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		if len(s.Node.Release) == 0 || s.State != Current {
			continue
		}
		var counted, away bool
		for _, o := range s.Outputs {
			if !slices.Contains(s.Node.Release, o.Name) {
				continue
			}
			if o.Away {
				gone.Files, gone.Bytes, away = gone.Files+1, gone.Bytes+o.Size, true
			} else if !waits[s.Node] && asked[s.Node] == 0 {
				here.Files, here.Bytes, counted = here.Files+1, here.Bytes+o.Size, true
			}
		}
		d, _ := p.Expected(s.Node)
		if away {
			gone.Seconds += d.Seconds()
		} else if counted {
			here.Seconds += d.Seconds()
		}
	}
	return here, gone
}
