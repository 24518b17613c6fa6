package pipeline

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"sparsel/pipeline/store"
)

// found looks up what is known about an action: its record, that it gave
// different bytes twice (refused), or neither.
type found func(ActionID) (m *Made, refused bool)

// believe compares an adopted result with the records that it relies on.
// refuted says which record contradicts it. gone counts the records that no
// longer exist, which weakens the evidence but contradicts nothing.
func believe(m *Made, find found) (gone int, refuted error) {
	a := m.Adopted
	if len(a.Evidence) == 0 {
		return 0, errors.New("it was adopted without evidence")
	}
	from, refused := find(a.From)
	switch {
	case refused:
		return 0, fmt.Errorf("it was adopted from action %s, which gave different bytes twice", a.From.Short())
	case from == nil:
		gone++
	case from.Adopted != nil || from.Code != a.Code || work(from.Stage, from.Params, from.Inputs) != work(m.Stage, m.Params, m.Inputs):
		return 0, fmt.Errorf("it was adopted from action %s, which is other work or has other code", a.From.Short())
	case !sameBytes(from.Outputs, m.Outputs):
		return 0, fmt.Errorf("it was adopted from action %s, which gave other bytes", a.From.Short())
	}
	for _, v := range a.Evidence {
		is, refused := find(v.Action)
		was, refusedToo := find(v.From)
		switch {
		case refused || refusedToo:
			return 0, fmt.Errorf("%s, evidence for adopting it, gave different bytes twice", v.Node)
		case is != nil && (is.Adopted != nil || is.Code != m.Code || is.Stage != m.Stage):
			return 0, fmt.Errorf("%s, evidence for adopting it, was not made by the code that adopted it", v.Node)
		case was != nil && (was.Adopted != nil || was.Code != a.Code):
			return 0, fmt.Errorf("%s, evidence for adopting it, was not made by the code that it was adopted from", v.Node)
		case is != nil && was != nil && !sameResult(is, was):
			return 0, fmt.Errorf("%s, evidence for adopting it, does not give the same with both codes", v.Node)
		case is == nil || was == nil:
			gone++
		}
	}
	return gone, nil
}

// sameResult reports whether two actions differed only in their code and gave
// the same bytes.
func sameResult(a, b *Made) bool {
	return work(a.Stage, a.Params, a.Inputs) == work(b.Stage, b.Params, b.Inputs) && sameBytes(a.Outputs, b.Outputs)
}

// refuted returns why an adopted result cannot be believed, or nil. It reads
// the records that the result relies on.
func (e *Engine) refuted(r *store.Record) error {
	a, err := actionOf(r)
	if err != nil {
		return err
	}
	_, refuted := believe(madeOf(r, a), func(id ActionID) (*Made, bool) {
		r, err := e.Store.Record(id)
		if err != nil {
			return nil, false
		}
		a, err := actionOf(r)
		if err != nil {
			return nil, false
		}
		return madeOf(r, a), r.Conflict != nil
	})
	return refuted
}

// adopted checks the evidence for results that were adopted.
func (a *Audit) adopted(s *store.Store) {
	p := a.Provenance
	find := func(id ActionID) (*Made, bool) { return p.actions[id], p.refused[id] }
	results, weak := 0, 0
	missing := map[ActionID]bool{}
	for _, m := range p.actions {
		if m.Adopted == nil {
			continue
		}
		results++
		gone, refuted := believe(m, find)
		if refuted != nil {
			a.fault(store.Damaged, storePath(s, s.RecordPath(m.Action)), "%s: %v", m.Node, refuted)
			continue
		}
		if gone > 0 {
			weak++
			for _, id := range m.Adopted.actions() {
				if p.actions[id] == nil {
					missing[id] = true
				}
			}
		}
	}
	if results > 0 {
		a.Notes = append(a.Notes,
			fmt.Sprintf("%s adopted: other code made them, and repetitions by the code that they count for gave %s",
				were(results, "result"), "the same bytes; level 3 repeats them first"))
	}
	if weak > 0 {
		first := slices.SortedFunc(maps.Keys(missing), func(x, y ActionID) int { return slices.Compare(x[:], y[:]) })[0]
		a.Notes = append(a.Notes, fmt.Sprintf("of the evidence for %d of them, %s no longer there, such as %s: %s",
			weak, are(len(missing), "record"), first.Short(), "what a run makes again counts as evidence again"))
	}
}
