package pipeline

import (
	"cmp"

	"sparsel/pipeline/codeid"
	"sparsel/pipeline/store"
)

// A history is an index of what the journal says about the past. It explains
// and estimates. It never decides that a result exists; only records do.
type history struct {
	last    map[string]store.Event            // each node's latest finish or use
	failed  map[ActionID]store.Event          // actions whose latest try failed
	outputs map[ActionID]map[string]ContentID // outputs of finished actions
	recipes map[string]bool                   // recipes of finished actions
	adopted map[ActionID]bool                 // actions that were never done and got the outputs of other code
	gone    map[ActionID]bool                 // actions that were collected since they finished
	damage  []store.Damage

	*pace // a run adds its own measurements
}

func readHistory(s *store.Store, calibrate func(*Node) float64) (*history, error) {
	events, damage, err := s.Journal()
	if err != nil {
		return nil, err
	}
	h := &history{
		last:    map[string]store.Event{},
		failed:  map[ActionID]store.Event{},
		outputs: map[ActionID]map[string]ContentID{},
		recipes: map[string]bool{},
		adopted: map[ActionID]bool{},
		gone:    map[ActionID]bool{},
		pace:    newPace(calibrate),
		damage:  damage,
	}
	for _, e := range events {
		if e.Action == nil {
			continue
		}
		switch e.Kind {
		case store.NodeFinish:
			delete(h.adopted, *e.Action)
			h.observe(e.Stage, e.Work, e.Cost, cmp.Or(e.CPU, e.Seconds))
			fallthrough
		case store.NodeUse: // another machine may have done the action
			if !h.adopted[*e.Action] { // the outputs of an action that was never done are not known
				h.outputs[*e.Action] = e.Outputs
			}
			h.recipes[e.Recipe] = true
			delete(h.gone, *e.Action)
			h.ended(e)
		case store.NodeAdopt:
			h.adopted[*e.Action] = true
			h.recipes[e.Recipe] = true
			delete(h.gone, *e.Action)
			h.ended(e)
		case store.NodeFail:
			h.failed[*e.Action] = e
			if e.Conflict {
				// A person must decide which of the two was right and remove the record.
				// Until then neither is compared with the next result.
				delete(h.outputs, *e.Action)
			}
		case store.Collected:
			h.gone[*e.Action] = true
		}
	}
	return h, nil
}

// ended notes that a node's action has a result.
func (h *history) ended(e store.Event) {
	h.last[e.Node] = e
	delete(h.failed, *e.Action)
}

// cost returns the node's declared cost, or the default.
func cost(n *Node) float64 {
	if n.Cost > 0 {
		return n.Cost
	}
	return 1
}

// tried reports whether an action with this recipe ever finished, with any
// inputs.
func (h *history) tried(recipe codeid.Hash) bool { return h.recipes[recipe.String()] }

// known returns the outputs that the journal remembers of an action.
func (h *history) known(id ActionID) []store.Output {
	var out []store.Output
	for name, content := range h.outputs[id] {
		out = append(out, store.Output{Name: name, Content: content})
	}
	return out
}
