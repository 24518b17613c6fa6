package pipeline

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"sparsel/pipeline/canon"
	"sparsel/pipeline/codeid"
	"sparsel/pipeline/store"
)

// Resolved is what the store has for one node of a graph.
type Resolved struct {
	Node *Node
	// Action is what the node would do now, given what its inputs resolve to. It
	// is zero if a required input has no result.
	Action ActionID
	// Made is the result of Action. If the action was never done, it is the newest
	// result that other code produced from equal parameters and inputs, or nil if
	// there is none. Using that one keeps an audit useful, and keeps gc from
	// throwing work away, when only the code or the Go version has changed.
	Made *Made
	// Others are all results that other code produced from equal parameters and
	// inputs, newest first.
	Others []*Made

	action *action // what the node would do now; nil if Action is zero
}

// Exact reports whether the result is that of the present code.
func (r *Resolved) Exact() bool { return r.Made != nil && r.Made.Action == r.Action }

// Resolve finds the results of a graph's nodes, in execution order, using only
// records. It writes nothing and reads no blob.
func (e *Engine) Resolve(ctx context.Context, g *Graph, p *Provenance) ([]*Resolved, error) {
	if err := e.identify(ctx, g.nodes); err != nil {
		return nil, fmt.Errorf("resolve: %w", err)
	}
	byWork := map[ActionID][]*Made{}
	for _, m := range p.actions {
		k := work(m.Stage, m.Params, m.Inputs)
		byWork[k] = append(byWork[k], m)
	}
	byNode := make(map[*Node]*Resolved, len(g.nodes))
	list := make([]*Resolved, 0, len(g.nodes))
	for _, n := range g.nodes {
		r := &Resolved{Node: n}
		byNode[n] = r
		list = append(list, r)
		a := recipe(n, e.code[n.Stage.Package], nil)
		complete := true
		a.complete(n, func(in Input) *ContentID {
			if from := byNode[in.From].Made; from != nil {
				if o := from.Output(in.Output); o != nil {
					return &o.Content
				}
			}
			complete = complete && in.Optional
			return nil
		}, nil)
		if !complete {
			continue
		}
		r.Action, r.action = a.id, a
		for _, m := range byWork[work(n.Stage.Name, a.Params, a.Inputs)] {
			if m.Action != a.id {
				r.Others = append(r.Others, m)
			}
		}
		slices.SortFunc(r.Others, newer)
		if r.Made = p.actions[a.id]; r.Made == nil && len(r.Others) > 0 {
			r.Made = r.Others[0]
		}
	}
	return list, nil
}

// work returns the hash of an action without its code.
func work(stage string, params []canon.Field, inputs []MadeFrom) ActionID {
	h := canon.NewHash("sparsel work 1", nil)
	h.String("stage", stage)
	h.Fields("params", params)
	hashInputs(h, inputs)
	return h.Sum()
}

// storePath returns the path of a store's file relative to the store, with
// slashes.
func storePath(s *store.Store, path string) string {
	relative, err := filepath.Rel(s.Dir(), path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(relative)
}

// CodeOf returns the code identities of a graph's stages, by stage name.
func (e *Engine) CodeOf(ctx context.Context, g *Graph) (map[string]codeid.Identity, error) {
	if err := e.identify(ctx, g.nodes); err != nil {
		return nil, err
	}
	code := make(map[string]codeid.Identity, len(g.stages))
	for _, s := range g.stages {
		code[s.Name] = e.code[s.Package]
	}
	return code, nil
}

// ParamsHash returns the hash of the names, stages and parameters of all nodes:
// everything that a parameter file says, however it is spelled.
func (g *Graph) ParamsHash() [32]byte {
	h := canon.NewHash("sparsel params 1", nil)
	h.Len("nodes", len(g.nodes))
	for _, n := range g.nodes {
		h.String("node", n.Name)
		h.String("stage", n.Stage.Name)
		h.Fields("params", n.fields)
	}
	return h.Sum()
}

// Fields returns a node's parameters in canonical form. The graph must have
// been checked by NewGraph.
func (n *Node) Fields() []canon.Field { return slices.Clone(n.fields) }

// FieldChanges describes how parameters differ: "run.lr 0.001 → 0.002".
func FieldChanges(before, now []canon.Field) []string { return texts(fieldChanges(before, now)) }
