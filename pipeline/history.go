package pipeline

import (
	"cmp"

	"sparsel/pipeline/codeid"
	"sparsel/pipeline/store"
)

// A history is what the journal says about the past, indexed. It explains and
// estimates; it never decides that a result exists, which only records do.
type history struct {
	last    map[string]store.Event            // by node: its latest finish or use
	failed  map[ActionID]store.Event          // actions whose latest try failed
	outputs map[ActionID]map[string]ContentID // of finished actions
	recipes map[string]bool                   // of finished actions
	adopted map[ActionID]bool                 // actions that were never done, whose outputs other code gave
	gone    map[ActionID]bool                 // collected since they finished
	damage  []store.Damage

	*pace // a run goes on measuring
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
		case store.NodeUse: // also of what another machine did
			if !h.adopted[*e.Action] { // what was never done is not known to come out
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
				// Which of the two was right is for a person to say, who
				// removes the record: then neither is held against the next.
				delete(h.outputs, *e.Action)
			}
		case store.Collected:
			h.gone[*e.Action] = true
		}
	}
	return h, nil
}

// ended takes in that a node's action has a result.
func (h *history) ended(e store.Event) {
	h.last[e.Node] = e
	delete(h.failed, *e.Action)
}

// cost is the node's declared cost, with its default.
func cost(n *Node) float64 {
	if n.Cost > 0 {
		return n.Cost
	}
	return 1
}

// tried reports whether this recipe ever finished, with whatever inputs.
func (h *history) tried(recipe codeid.Hash) bool { return h.recipes[recipe.String()] }

// known returns the outputs that the journal remembers of an action.
func (h *history) known(id ActionID) []store.Output {
	var out []store.Output
	for name, content := range h.outputs[id] {
		out = append(out, store.Output{Name: name, Content: content})
	}
	return out
}
