package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"sparsel/pipeline/canon"
	"sparsel/pipeline/codeid"
	"sparsel/pipeline/store"
)

// Made is an action that was done, as its record tells it: what it was, and
// what came out.
type Made struct {
	Action   ActionID
	Node     string // that first asked for it: a label
	Stage    string
	Contract string
	Code     codeid.Hash // see Provenance.Code
	Params   []canon.Field
	Inputs   []MadeFrom // by name
	Outputs  []store.Output

	// Adopted, if not nil, says that the action was not done: it was given the
	// outputs that other code made.
	Adopted *Adoption

	// What it was made by, which decides nothing.
	Run         string
	Seconds     float64
	Environment map[string]string

	job string // the pipeline's contract
}

// Output returns the named output, or nil.
func (m *Made) Output(name string) *store.Output {
	for i := range m.Outputs {
		if m.Outputs[i].Name == name {
			return &m.Outputs[i]
		}
	}
	return nil
}

// Param returns the value of a parameter for people, or "".
func (m *Made) Param(name string) string {
	i, ok := slices.BinarySearchFunc(m.Params, name, func(f canon.Field, n string) int { return strings.Compare(f.Name, n) })
	if !ok {
		return ""
	}
	return m.Params[i].Value
}

// Provenance is everything that the records of a store say, by what was done
// and by what came out. Actions that gave different bytes twice are left out:
// they made nothing that can be relied on.
type Provenance struct {
	store   *store.Store
	actions map[ActionID]*Made
	refused map[ActionID]bool     // actions that gave different bytes twice
	makers  map[ContentID][]*Made // best first: see newer
}

// ReadProvenance reads the records of a store. Those that cannot be believed
// are faults; no other file is looked at.
func ReadProvenance(ctx context.Context, s *store.Store) (*Provenance, []store.Fault, error) {
	records, faults, err := s.Records(ctx)
	if err != nil {
		return nil, nil, err
	}
	p, more := newProvenance(s, records)
	return p, append(faults, more...), nil
}

// newProvenance indexes records. An action's id is computed again from what
// its record says it was: what a record says decided a result, did.
func newProvenance(s *store.Store, records map[ActionID]*store.Record) (*Provenance, []store.Fault) {
	p := &Provenance{store: s, actions: make(map[ActionID]*Made, len(records)), refused: map[ActionID]bool{}, makers: map[ContentID][]*Made{}}
	var faults []store.Fault
	for id, r := range records {
		a, err := actionOf(r)
		if err != nil {
			faults = append(faults, store.Fault{Kind: store.Damaged, Path: storePath(s, s.RecordPath(id)), What: err.Error()})
			continue
		}
		if r.Conflict != nil {
			p.refused[id] = true
			continue
		}
		m := madeOf(r, a)
		p.actions[id] = m
		for _, o := range r.Outputs {
			p.makers[o.Content] = append(p.makers[o.Content], m)
		}
	}
	for _, list := range p.makers {
		slices.SortFunc(list, newer)
	}
	return p, faults
}

func madeOf(r *store.Record, a *action) *Made {
	return &Made{
		Action: r.Action, Node: r.Node, Stage: r.Stage, Contract: a.Contract, Code: a.Code, Params: a.Params, Inputs: a.Inputs, Outputs: r.Outputs,
		Adopted: a.Adopted, Run: a.Run, Seconds: a.Seconds, Environment: a.Environment, job: a.Job,
	}
}

// actionOf reads what a record says its action was, and holds it against the
// action's id.
func actionOf(r *store.Record) (*action, error) {
	a, err := decodeAction(r.Detail)
	if err == nil && (a.sumRecipe(r.Stage, nil) != a.Recipe || a.sum(nil) != r.Action) {
		err = fmt.Errorf("the stage, code, parameters and inputs that it names make another action id")
	}
	if err == nil && r.Adopted != (a.Adopted != nil) {
		err = fmt.Errorf("its two lines do not agree whether its result was adopted")
	}
	return a, err
}

// newer orders actions from the newest run to the oldest; their ids decide
// where runs do not.
func newer(a, b *Made) int {
	return cmp.Or(strings.Compare(b.Run, a.Run), strings.Compare(a.Action.String(), b.Action.String()))
}

// All lists every action, by node and then from the newest to the oldest.
func (p *Provenance) All() []*Made {
	list := make([]*Made, 0, len(p.actions))
	for _, m := range p.actions {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b *Made) int { return cmp.Or(strings.Compare(a.Node, b.Node), newer(a, b)) })
	return list
}

// Action returns the action of that id, or nil.
func (p *Provenance) Action(id ActionID) *Made { return p.actions[id] }

// Makers lists the actions that gave these bytes, newest first.
func (p *Provenance) Makers(id ContentID) []*Made { return slices.Clone(p.makers[id]) }

// Maker returns the action that gave these bytes as an output of the named
// node, or else the newest that gave them, or nil.
func (p *Provenance) Maker(id ContentID, node string) *Made {
	list := p.makers[id]
	for _, m := range list {
		if m.Node == node {
			return m
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// Upstream lists everything that m was made from, m itself last, each action
// once and after all that it was made from. missing are inputs whose makers
// the store has no record of.
func (p *Provenance) Upstream(m *Made) (chain []*Made, missing []MadeFrom) {
	p.upstream(m, map[ActionID]bool{}, &chain, &missing)
	return chain, missing
}

// upstream appends what Upstream returns, leaving out the actions seen before,
// and marks those it comes by.
func (p *Provenance) upstream(m *Made, seen map[ActionID]bool, chain *[]*Made, missing *[]MadeFrom) {
	if seen[m.Action] {
		return
	}
	seen[m.Action] = true
	for _, in := range m.Inputs {
		if in.Content == nil {
			continue
		}
		if from := p.Maker(*in.Content, in.Node); from != nil {
			p.upstream(from, seen, chain, missing)
		} else {
			*missing = append(*missing, in)
		}
	}
	*chain = append(*chain, m)
}

// Code returns what the code of an action was. The error wraps fs.ErrNotExist
// or store.ErrDamaged if the store cannot tell.
func (p *Provenance) Code(id codeid.Hash) (codeid.Identity, error) {
	var c codeid.Identity
	err := p.store.Manifest(id, &c)
	if err == nil && c.ID != id {
		err = fmt.Errorf("read manifest %s: it is about %s: %w", id.String()[:12], c.ID, store.ErrDamaged)
	}
	return c, err
}

// A Use is that a node's action was done, or found to be done.
type Use struct {
	Node string
	Made *Made
}

// Last returns what each node's action was when the store last had to do with
// it, by the journal and as far as there is a record: the latest first.
func (p *Provenance) Last() ([]Use, error) {
	events, _, err := p.store.Journal()
	if err != nil {
		return nil, err
	}
	var last []Use
	seen := map[string]bool{}
	for _, e := range slices.Backward(events) {
		if e.Kind != store.NodeFinish && e.Kind != store.NodeUse && e.Kind != store.NodeAdopt || e.Action == nil || seen[e.Node] {
			continue
		}
		seen[e.Node] = true
		if m := p.actions[*e.Action]; m != nil {
			last = append(last, Use{e.Node, m})
		}
	}
	return last, nil
}
