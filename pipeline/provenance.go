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

// Made is an action that was done, according to its record: what it was and
// what came out.
type Made struct {
	Action   ActionID
	Node     string // the node that first needed it: a label
	Stage    string
	Contract string
	Code     codeid.Hash // see Provenance.Code
	Params   []canon.Field
	Inputs   []MadeFrom // sorted by name
	Outputs  []store.Output

	// Adopted, if not nil, says that the action was not done: it was given the
	// outputs of other code.
	Adopted *Adoption

	// The run and the environment that produced it. They decide nothing.
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

// Provenance is everything that the records of a store say, indexed by action
// and by output. Actions that gave different bytes twice are left out, because
// nothing that they produced can be relied on.
type Provenance struct {
	store   *store.Store
	actions map[ActionID]*Made
	refused map[ActionID]bool     // actions that gave different bytes twice
	makers  map[ContentID][]*Made // best first; see newer
}

// ReadProvenance reads the records of a store. It returns those that cannot be
// believed as faults, and looks at no other file.
func ReadProvenance(ctx context.Context, s *store.Store) (*Provenance, []store.Fault, error) {
	records, faults, err := s.Records(ctx)
	if err != nil {
		return nil, nil, err
	}
	p, more := newProvenance(s, records)
	return p, append(faults, more...), nil
}

// newProvenance indexes records. It computes each action's id again from what
// its record says, which proves that what the record says is what decided the
// result.
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
		Action: r.Action, Node: r.Node, Stage: r.Stage, Contract: a.Contract, Code: a.Code, Params: a.Params, Inputs: a.Inputs,
		Outputs: r.Outputs,
		Adopted: a.Adopted, Run: a.Run, Seconds: a.Seconds, Environment: a.Environment, job: a.Job,
	}
}

// actionOf reads a record's description of its action and compares it with the
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

// newer orders actions from the newest run to the oldest. Within a run their
// ids decide.
func newer(a, b *Made) int {
	return cmp.Or(strings.Compare(b.Run, a.Run), strings.Compare(a.Action.String(), b.Action.String()))
}

// All lists every action, sorted by node and then from the newest to the
// oldest.
func (p *Provenance) All() []*Made {
	list := make([]*Made, 0, len(p.actions))
	for _, m := range p.actions {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b *Made) int { return cmp.Or(strings.Compare(a.Node, b.Node), newer(a, b)) })
	return list
}

// Action returns the action with that id, or nil.
func (p *Provenance) Action(id ActionID) *Made { return p.actions[id] }

// Makers lists the actions that produced these bytes, newest first.
func (p *Provenance) Makers(id ContentID) []*Made { return slices.Clone(p.makers[id]) }

// Maker returns the action that produced these bytes as an output of the named
// node, or else the newest action that produced them, or nil.
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

// Upstream lists everything that m was made from, and m itself last. Each
// action appears once, after everything that it was made from. missing are
// inputs for whose makers the store has no record.
func (p *Provenance) Upstream(m *Made) (chain []*Made, missing []MadeFrom) {
	p.upstream(m, map[ActionID]bool{}, &chain, &missing)
	return chain, missing
}

// upstream appends what Upstream returns, skips the actions in seen, and adds
// those that it visits to seen.
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

// Code returns the code of an action. The error wraps fs.ErrNotExist or
// store.ErrDamaged if the store does not know it.
func (p *Provenance) Code(id codeid.Hash) (codeid.Identity, error) {
	var c codeid.Identity
	err := p.store.Manifest(id, &c)
	if err == nil && c.ID != id {
		err = fmt.Errorf("read manifest %s: it is about %s: %w", id.String()[:12], c.ID, store.ErrDamaged)
	}
	return c, err
}

// A Use says that a node's action was done, or found to be done.
type Use struct {
	Node string
	Made *Made
}

// Last returns, for each node, the action that the store last did or used for
// it, according to the journal and as far as there is a record, latest first.
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
