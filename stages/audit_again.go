package stages

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"sparsel/artifacts/runs"
	"sparsel/pipeline"
	"sparsel/pipeline/store"
	"sparsel/stages/aggregate"
	"sparsel/stages/divergence"
	"sparsel/stages/fetch"
	"sparsel/stages/lock"
	"sparsel/stages/train"
	"sparsel/stages/words"
)

// Kinds of faults that can only be found by repeating an action.
const (
	differs store.FaultKind = "differs" // the bytes differ
	failed  store.FaultKind = "failed"  // the action failed
)

// derived reports whether level 2 repeats a node. It repeats everything that
// needs neither a source nor a training.
func derived(n *pipeline.Node) bool { return n.Stage.Name != fetch.Kind && n.Stage.Name != train.Kind }

// repeater makes results again, each in a directory of its own, and compares
// them with those in the store and in the lock.
type repeater struct {
	*auditor
	data struct {
		once  sync.Once
		files map[string]pipeline.File
		err   error
	}
}

// do repeats the given nodes, as many at a time as there are jobs, until ctx
// ends.
func (a *repeater) do(ctx context.Context, what string, list []*pipeline.Resolved) error {
	jobs, err := a.o.jobs()
	if err != nil {
		return err
	}
	a.ticks = 0
	a.say("%s: %s", what, words.Counted(len(list), "result"))
	var g errgroup.Group
	g.SetLimit(jobs)
	for i, r := range list {
		g.Go(func() error {
			if ctx.Err() != nil {
				return nil // out of time: the rest stays unproven
			}
			a.one(ctx, r, filepath.Join(a.scratch, fmt.Sprintf("%s-%d", what, i)))
			a.tick(what, len(list))
			return nil
		})
	}
	return g.Wait()
}

// one repeats one result.
func (a *repeater) one(ctx context.Context, r *pipeline.Resolved, dir string) {
	defer os.RemoveAll(dir)
	n := r.Node
	inputs, ok := a.inputs(ctx, r, dir)
	if !ok {
		return
	}
	doing := a.engine.PinnedActionID(n, inputs)
	got, known := a.state.result(doing)
	var redone *pipeline.Redone
	if !known {
		var err error
		redone, err = a.engine.Redo(ctx, n, inputs, dir)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			a.fault(failed, n.Name, "%v", err)
			return
		}
		got = map[string]pipeline.ContentID{}
		for _, o := range redone.Outputs {
			got[o.Name] = o.Content
		}
		a.state.addResult(doing, got)
	}
	if a.compare(r, got, redone) {
		a.mu.Lock()
		a.redone[n] = true
		a.mu.Unlock()
	}
}

// inputs returns the stored inputs of a result. Those that the store knows but
// does not hold are brought to dir. The data of a training are fetched again if
// the store lacks them.
func (a *repeater) inputs(ctx context.Context, r *pipeline.Resolved, dir string) (map[string]pipeline.File, bool) {
	if r.Made != nil {
		if inputs, ok := a.engine.BringInputs(ctx, a.audit, r, dir); ok {
			return inputs, true
		}
	}
	if slices.ContainsFunc(r.Node.Inputs, func(in pipeline.Input) bool { return in.From != a.Dataset }) {
		return nil, false // damaged, which level 1 has reported
	}
	a.data.once.Do(func() {
		redone, err := a.engine.Redo(ctx, a.Dataset, nil, filepath.Join(a.scratch, "fetch"))
		a.data.err = err
		if err == nil {
			a.data.files = map[string]pipeline.File{}
			for _, o := range redone.Outputs {
				a.data.files[o.Name] = redone.File(o.Name)
			}
		} else if ctx.Err() == nil { // running out of time is not a fault
			a.fault(failed, a.Dataset.Name, "%v", err)
		}
	})
	if a.data.err != nil {
		return nil, false
	}
	inputs := map[string]pipeline.File{}
	for _, in := range r.Node.Inputs {
		inputs[in.Name] = a.data.files[in.Output]
	}
	return inputs, true
}

// compare compares new results with the store and the lock. It reports whether
// there was anything to compare with and everything was the same.
func (a *repeater) compare(r *pipeline.Resolved, got map[string]pipeline.ContentID, redone *pipeline.Redone) bool {
	compared, same := 0, true
	for _, name := range r.Node.Stage.Outputs {
		if r.Made != nil {
			if o := r.Made.Output(name); o != nil {
				compared++
				if o.Content != got[name] {
					same = false
					a.differ(r, *o, got[name], redone)
				}
			}
		}
		if l, ok := a.lockedContent(r.Node, name); ok {
			compared++
			if l != got[name] {
				same = false
				if a.locked {
					a.fault(differs, r.Node.Name+" "+name, "made again it has the SHA-256 %s, the lock says %s", got[name], l)
				} else {
					a.note("%s %s: made again it has the SHA-256 %s; the lock, which was written from other parameters, says %s",
						r.Node.Name, name, got[name], l)
				}
			}
		}
	}
	return same && compared > 0
}

func (a *repeater) differ(r *pipeline.Resolved, stored store.Output, got pipeline.ContentID, redone *pipeline.Redone) {
	text := fmt.Sprintf("made again it has the SHA-256 %s, stored is %s", got, stored.Content)
	if !r.Exact() {
		text += ", which other code than the present made"
	}
	if r.Made.Adopted != nil {
		text += ", and was adopted: " + a.store.RecordPath(r.Made.Action) + " is the record to remove, and those like it to doubt"
	}
	if redone != nil && r.Node.Stage.Name == train.Kind && stored.Name == train.Record {
		text += "; " + firstEpoch(a.store.BlobPath(stored.Content), redone.Path(stored.Name))
	}
	there, here := a.engine.MadeOn(r.Made.Action)
	a.fault(differs, r.Node.Name+" "+stored.Name, "%s; what is stored was made on %s, and again on %s", text, there, here)
}

// lockedContent returns the content id that the lock has for an output.
func (a *auditor) lockedContent(n *pipeline.Node, output string) (pipeline.ContentID, bool) {
	if a.lock == nil {
		return pipeline.ContentID{}, false
	}
	r, ok := a.lock.Outputs[lock.Output{Node: n.Name, Name: output}]
	return pipeline.ContentID(r.Content), ok
}

// firstEpoch says where two records of one training diverge.
func firstEpoch(stored, fresh string) string {
	_, was, err := runs.ReadRecord(stored)
	if err != nil {
		return err.Error()
	}
	_, is, err := runs.ReadRecord(fresh)
	if err != nil {
		return err.Error()
	}
	if d, found := divergence.First(was, is); found {
		return d.String()
	}
	return "all epochs are the same, the description is not"
}

// sample chooses the trainings that level 3 repeats: the cheapest of each
// experiment, in ascending order of cost. If k is larger than the number of
// experiments, it adds others, in an order that is independent of the file's.
// If k is 0, it chooses one for each experiment. Adopted results come before
// those that their own code made. Trainings without a result, here or in the
// lock, are left out, because there is nothing to compare them with.
func (a *auditor) sample(k int) []*pipeline.Resolved {
	known := func(r *pipeline.Resolved) bool {
		_, locked := a.lockedContent(r.Node, r.Node.Stage.Outputs[0])
		return r.Made != nil || locked
	}
	var cheapest, rest []*pipeline.Resolved
	for _, r := range a.audit.Resolved {
		if r.Node.Stage.Name != aggregate.Kind {
			continue
		}
		var best *pipeline.Node
		for _, n := range upstream(r.Node) {
			if n.Stage.Name != train.Kind || !known(a.byName[n.Name]) {
				continue
			}
			if best == nil || adoptedFirst(byCost)(a.byName[n.Name], a.byName[best.Name]) < 0 {
				best = n
			}
		}
		if best != nil && !slices.Contains(cheapest, a.byName[best.Name]) {
			cheapest = append(cheapest, a.byName[best.Name])
		}
	}
	slices.SortFunc(cheapest, adoptedFirst(byCost))
	if k == 0 {
		return cheapest
	}
	for _, r := range a.audit.Resolved {
		if r.Node.Stage.Name == train.Kind && known(r) && !slices.Contains(cheapest, r) {
			rest = append(rest, r)
		}
	}
	slices.SortFunc(rest, adoptedFirst(byDraw))
	all := append(cheapest, rest...)
	return all[:min(k, len(all))]
}

// adopted reports whether a result counts as one of the present code although
// other code made it.
func adopted(r *pipeline.Resolved) bool { return r.Exact() && r.Made.Adopted != nil }

// adoptedFirst returns an order that puts adopted results before the others.
func adoptedFirst(order func(x, y *pipeline.Resolved) int) func(x, y *pipeline.Resolved) int {
	rank := func(r *pipeline.Resolved) int {
		if adopted(r) {
			return 0
		}
		return 1
	}
	return func(x, y *pipeline.Resolved) int { return cmp.Or(cmp.Compare(rank(x), rank(y)), order(x, y)) }
}
