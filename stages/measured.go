package stages

import (
	"context"
	"errors"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
	"sparsel/stages/toolkit"
)

// measured returns the graphs of the measurements of other programs'
// activations, according to the requests that are published below out. The
// error covers requests that cannot be read.
func (o Options) measured() ([]*pipeline.Graph, error) {
	requests, err := toolkit.Recall(o.out())
	sources := o.sources()
	var graphs []*pipeline.Graph
	for _, r := range requests {
		g, wrong := r.Graph(sources.Find)
		if wrong != nil {
			err = errors.Join(err, wrong)
			continue
		}
		graphs = append(graphs, g)
	}
	return graphs, err
}

// graphOf returns the graph that has the named node, either the study's or that
// of a measurement.
func (w *workspace) graphOf(word string) (*pipeline.Graph, *pipeline.Node, error) {
	n, err := w.Node(word)
	if err == nil {
		return w.Graph, n, nil
	}
	graphs, wrong := w.o.measured()
	for _, g := range graphs {
		if n := g.Node(word); n != nil {
			return g, n, nil
		}
	}
	return nil, nil, errors.Join(err, wrong)
}

// auditMeasured checks what was published about measured activations, and
// remembers the results.
func (a *auditor) auditMeasured(ctx context.Context) error {
	graphs, err := a.o.measured()
	if err != nil {
		a.fault(store.Damaged, toolkit.Folder, "%v", err)
	}
	for _, g := range graphs {
		if err := a.audit.AlsoPublished(ctx, a.engine, g); err != nil {
			return err
		}
		resolved, err := a.engine.Resolve(ctx, g, a.audit.Provenance)
		if err != nil {
			return err
		}
		a.measured = append(a.measured, resolved...)
	}
	return nil
}

// measuredAgain returns the results of measured activations that can be
// repeated, because their files are where they were.
func (a *auditor) measuredAgain() (list []*pipeline.Resolved) {
	sources := a.o.sources()
	for _, r := range a.measured {
		if r.Made == nil {
			continue
		}
		var gone error
		for _, content := range toolkit.Contents(r.Node) {
			_, _, err := sources.Find(content)
			gone = errors.Join(gone, err)
		}
		if gone != nil {
			a.note("%s is not made again: %v", r.Node.Name, gone)
			continue
		}
		list = append(list, r)
	}
	return list
}

// measuredSame counts the results of measured activations that were repeated
// and came out the same.
func (a *auditor) measuredSame() (n int) {
	for _, r := range a.measured {
		if a.redone[r.Node] {
			n++
		}
	}
	return n
}
