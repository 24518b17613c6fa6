package pipeline

import (
	"context"
	"fmt"
	"strings"

	"sparsel/pipeline/codeid"
	"sparsel/pipeline/store"
)

// Roots are what a collection keeps, together with everything they were made
// from.
type Roots struct {
	// Graphs keep what their nodes resolve to: the result of the present code or,
	// if there is none, the newest result from equal parameters and inputs. An
	// adopted result keeps its evidence, too.
	Graphs []*Graph
	// Locked are states of a study, present or past, as lock files have them: the
	// contents of the outputs of nodes. They keep the actions that produced them.
	Locked []map[NodeOutput]ContentID
}

// NodeOutput names an output of a node.
type NodeOutput struct{ Node, Output string }

// Garbage is one file that a collection removes, with a description.
type Garbage struct {
	store.Garbage
	What string // for people: "activations.parquet of train/…"
}

// Collection describes what a collection removes and what it leaves.
type Collection struct {
	Garbage []Garbage // in the order of removal
	Kept    int       // number of actions
	// Archives describes those of the files whose results stay known; see
	// Node.Release.
	Archives Archives
	files    []store.Garbage
	release  []letGo
}

// Bytes returns the total size of the files to remove.
func (c *Collection) Bytes() int64 {
	var sum int64
	for _, g := range c.Garbage {
		sum += g.Bytes
	}
	return sum
}

// Garbage returns what a collection with these roots would remove now. It takes
// no lock and writes nothing.
func (e *Engine) Garbage(ctx context.Context, roots Roots) (*Collection, error) {
	all, faults, err := e.Store.Records(ctx)
	if err != nil {
		return nil, fmt.Errorf("collect garbage: %w", err)
	}
	p, more := newProvenance(e.Store, all)
	for _, f := range append(faults, more...) {
		if f.Kind != store.Extra {
			return nil, fmt.Errorf("collect garbage: %s; what it keeps is unknown: run `go tool mage audit`, repair or remove it, and try again", f)
		}
	}
	reached, err := e.reach(ctx, p, roots)
	if err != nil {
		return nil, fmt.Errorf("collect garbage: %w", err)
	}
	manifests := map[[32]byte]bool{}
	for id, r := range all {
		if r.Conflict != nil { // keep the record, so that the result stays refused
			reached[id] = true
		}
		if !reached[id] {
			continue
		}
		var codes []codeid.Hash
		if m := p.actions[id]; m != nil {
			codes = m.codes()
		} else if a, err := decodeAction(r.Detail); err == nil {
			codes = a.codes()
		}
		for _, code := range codes {
			manifests[code] = true
		}
	}
	files, err := e.Store.Garbage(all, reached, manifests)
	if err != nil {
		return nil, err
	}
	c := &Collection{Kept: len(reached), files: files}
	names := garbageNames(all)
	for _, f := range files {
		c.Garbage = append(c.Garbage, Garbage{f, describe(f.Path, names)})
	}
	if err := e.releasable(ctx, c, roots.Graphs, all); err != nil {
		return nil, fmt.Errorf("collect garbage: %w", err)
	}
	return c, nil
}

// reach marks the roots and everything that they were made from.
func (e *Engine) reach(ctx context.Context, p *Provenance, roots Roots) (map[ActionID]bool, error) {
	reached := map[ActionID]bool{}
	var chain []*Made
	var missing []MadeFrom // lost actions keep nothing
	mark := func(m *Made) { p.upstream(m, reached, &chain, &missing) }
	for _, g := range roots.Graphs {
		list, err := e.Resolve(ctx, g, p)
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			if r.Made != nil {
				mark(r.Made)
			}
		}
	}
	for _, state := range roots.Locked {
		known := map[ActionID]bool{}
		for _, id := range state {
			for _, m := range p.makersIn(id, state, known) {
				mark(m)
			}
		}
	}
	for i := 0; i < len(chain); i++ { // the loop extends the chain
		if v := chain[i].Adopted; v != nil {
			for _, id := range v.actions() {
				if m := p.actions[id]; m != nil {
					mark(m)
				}
			}
		}
	}
	return reached, nil
}

// makersIn lists the actions that produced these bytes in the given state.
// Different inputs often give the same bytes (a finding stays undecided), but
// only one of those actions belongs to the state. If none belongs, any action
// that produced the bytes will do.
func (p *Provenance) makersIn(id ContentID, state map[NodeOutput]ContentID, known map[ActionID]bool) []*Made {
	var list []*Made
	for _, m := range p.makers[id] {
		if p.belongs(m, state, known) {
			list = append(list, m)
		}
	}
	if list == nil && len(p.makers[id]) > 0 {
		list = p.makers[id][:1]
	}
	return list
}

// belongs reports whether nothing that an action was made from, directly or
// indirectly, contradicts the state.
func (p *Provenance) belongs(m *Made, state map[NodeOutput]ContentID, known map[ActionID]bool) bool {
	if yes, ok := known[m.Action]; ok {
		return yes
	}
	yes := true
	for _, in := range m.Inputs {
		want, named := state[NodeOutput{in.Node, in.Output}]
		if named && (in.Content == nil || *in.Content != want) {
			yes = false
		} else if in.Content != nil && yes {
			from := p.Maker(*in.Content, in.Node)
			yes = from == nil || p.agrees(from, state) && p.belongs(from, state, known)
		}
	}
	known[m.Action] = yes
	return yes
}

// agrees reports whether an action's outputs match the state.
func (p *Provenance) agrees(m *Made, state map[NodeOutput]ContentID) bool {
	for _, o := range m.Outputs {
		if want, named := state[NodeOutput{m.Node, o.Name}]; named && want != o.Content {
			return false
		}
	}
	return true
}

func garbageNames(records map[ActionID]*store.Record) map[string]string {
	names := map[string]string{}
	for id, r := range records {
		names[store.IDPath("actions", id)] = "record of " + r.Node
		for _, o := range r.Outputs {
			path, name := store.IDPath("blobs", o.Content), o.Name+" of "+r.Node
			if was, ok := names[path]; !ok || name < was {
				names[path] = name
			}
		}
	}
	return names
}

// describe says what a file is, by the names that garbageNames gives or, if no
// record tells of it, by its folder.
func describe(file string, names map[string]string) string {
	if name := names[file]; name != "" {
		return name
	}
	switch kind, _, _ := strings.Cut(file, "/"); kind {
	case "manifests":
		return "list of the code of a stage"
	case "blobs":
		return "content that no record names"
	case "quarantine":
		return "taken out because it was damaged"
	}
	return ""
}

// Collect removes what Garbage would list, and returns it. No run can use the
// store in the meantime; the error wraps store.ErrBusy if one is using it
// already. If Collect is interrupted, it leaves nothing that could confuse a
// run.
func (e *Engine) Collect(ctx context.Context, roots Roots) (_ *Collection, err error) {
	alone, err := e.Store.NewCollector(e.Now)
	if err != nil {
		return nil, fmt.Errorf("collect garbage: %w", err)
	}
	defer func() {
		if cerr := alone.Close(); err == nil {
			err = cerr
		}
	}()
	c, err := e.Garbage(ctx, roots)
	if err != nil || len(c.Garbage) == 0 {
		return c, err
	}
	if err := c.letAllGo(ctx, alone.Writer); err != nil || len(c.files) == 0 {
		return c, err
	}
	return c, alone.Remove(ctx, c.files)
}
