package stages

import (
	"context"
	"errors"
	"fmt"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
	"sparsel/stages/toolkit"
)

// measured are the graphs of what was measured of other programs' activations,
// as the requests published below out tell. Those that cannot be read are in
// the error.
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

// graphOf is the graph of the study, or of what was measured, that has the
// named node.
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

// auditMeasured looks at what was published of measured activations, and
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

// measuredAgain are the results of measured activations that can be made again:
// those whose files are where they were.
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
			a.report.Notes = append(a.report.Notes, fmt.Sprintf("%s is not made again: %v", r.Node.Name, gone))
			continue
		}
		list = append(list, r)
	}
	return list
}

// measuredSame counts the results of measured activations that came out the
// same again.
func (a *auditor) measuredSame() (n int) {
	for _, r := range a.measured {
		if a.redone[r.Node] {
			n++
		}
	}
	return n
}
