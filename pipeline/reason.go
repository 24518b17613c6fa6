package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"sparsel/pipeline/canon"
	"sparsel/pipeline/codeid"
	"sparsel/pipeline/store"
)

// A Cause is one reason for an action to run that lies in the node itself and
// not in what it reads.
type Cause struct {
	Kind CauseKind `json:"kind"`
	// Name is what changed: a parameter, a package, a module, an input.
	Name string `json:"name,omitempty"`
	// Text is the whole reason. It is one line unless an error has more.
	Text string `json:"text"`
}

// A CauseKind says what sort of thing changed.
type CauseKind string

// The kinds of causes.
const (
	ParameterChanged CauseKind = "parameter"
	CodeChanged      CauseKind = "code" // a package of this module
	ModuleChanged    CauseKind = "module"
	ToolchainChanged CauseKind = "toolchain"
	ContractChanged  CauseKind = "contract" // a version raised by hand, or the outputs of a stage
	InputChanged     CauseKind = "input"
	NeverRan         CauseKind = "new"
	ResultLost       CauseKind = "lost"      // it was there and is now gone or damaged
	ResultCollected  CauseKind = "collected" // gc removed it
	BytesNeeded      CauseKind = "bytes"     // something reads an output whose bytes were not kept
	FailedBefore     CauseKind = "failed"
)

func lost(text string) Cause { return Cause{Kind: ResultLost, Text: text} }

// texts returns the texts of the causes.
func texts(causes []Cause) []string {
	out := make([]string, len(causes))
	for i, c := range causes {
		out[i] = c.Text
	}
	return out
}

// explain says, in values, why an action has to run. It compares the action
// with what the node of that name did last.
func (e *Engine) explain(n *Node, a *action, h *history) []Cause {
	last, ok := h.last[n.Name]
	if !ok {
		return []Cause{{Kind: NeverRan, Text: "has not run before"}}
	}
	before, err := e.recorded(*last.Action)
	switch {
	case errors.Is(err, fs.ErrNotExist) && h.gone[*last.Action]:
		return []Cause{{Kind: ResultCollected, Text: "its earlier result was collected by gc"}}
	case errors.Is(err, fs.ErrNotExist):
		return []Cause{lost("its earlier record is no longer in the store")}
	case err != nil:
		return []Cause{lost(err.Error())}
	}
	return e.difference(n, before, a, last.Stage)
}

// recorded returns an action as its record describes it.
func (e *Engine) recorded(id ActionID) (*action, error) {
	r, err := e.Store.Record(id)
	if err != nil {
		return nil, err
	}
	a, err := decodeAction(r.Detail)
	if err != nil {
		return nil, fmt.Errorf("read record %s: %w: %w", id.Short(), err, store.ErrDamaged)
	}
	return a, nil
}

// difference lists what changed between two actions, most informative first.
func (e *Engine) difference(n *Node, before, now *action, stageBefore string) []Cause {
	var out []Cause
	add := func(name, format string, args ...any) {
		out = append(out, Cause{Kind: ContractChanged, Name: name, Text: fmt.Sprintf(format, args...)})
	}
	if stageBefore != n.Stage.Name {
		add("stage", "stage %s → %s", stageBefore, n.Stage.Name)
	}
	out = append(out, fieldChanges(before.Params, now.Params)...)
	if before.Code != now.Code {
		out = append(out, e.codeChanges(before.Code, now.Code)...)
	}
	if before.Contract != now.Contract {
		add("contract", "contract of stage %s %q → %q", n.Stage.Name, before.Contract, now.Contract)
	}
	if before.Job != now.Job {
		add("job", "pipeline contract %s → %s", before.Job, now.Job)
	}
	if !slices.Equal(before.Outputs, now.Outputs) {
		add("outputs", "outputs %v → %v", before.Outputs, now.Outputs)
	}
	if now.Inputs != nil {
		out = append(out, inputChanges(before.Inputs, now.Inputs)...)
	}
	return out
}

func fieldChanges(before, now []canon.Field) []Cause {
	old, cur := map[string]canon.Field{}, map[string]canon.Field{}
	for _, f := range before {
		old[f.Name] = f
	}
	for _, f := range now {
		cur[f.Name] = f
	}
	return changes(ParameterChanged, old, cur, func(f canon.Field) string { return f.Value }, func(a, b canon.Field) string {
		if a.Value != b.Value {
			return a.Value + " → " + b.Value
		}
		if a.Kind != b.Kind {
			return fmt.Sprintf("%s %s → %s %s", a.Kind, a.Value, b.Kind, b.Value)
		}
		return ""
	})
}

// Changes lists how two maps differ, in order of the keys. say is called with
// nil for the side that lacks the key, and returns the zero value if there is
// no difference.
func Changes[V any, C comparable](before, now map[string]V, say func(key string, was, is *V) C) []C {
	all := map[string]V{}
	maps.Copy(all, before)
	maps.Copy(all, now)
	var out []C
	var none C
	for _, k := range slices.Sorted(maps.Keys(all)) {
		var was, is *V
		if v, ok := before[k]; ok {
			was = &v
		}
		if v, ok := now[k]; ok {
			is = &v
		}
		if c := say(k, was, is); c != none {
			out = append(out, c)
		}
	}
	return out
}

// changes is Changes for causes, which include the values that were added and
// removed.
func changes[V any](kind CauseKind, before, now map[string]V, show func(V) string, diff func(a, b V) string) []Cause {
	return Changes(before, now, func(key string, was, is *V) Cause {
		c := Cause{Kind: kind, Name: key}
		switch {
		case was == nil:
			c.Text = fmt.Sprintf("%s added: %s", key, show(*is))
		case is == nil:
			c.Text = fmt.Sprintf("%s removed: was %s", key, show(*was))
		default:
			d := diff(*was, *is)
			if d == "" {
				return Cause{}
			}
			c.Text = key + " " + d
		}
		return c
	})
}

// codeChanges names the packages and modules that differ.
func (e *Engine) codeChanges(before, now codeid.Hash) []Cause {
	var a, b codeid.Identity
	if e.Store.Manifest(before, &a) != nil {
		return []Cause{{Kind: CodeChanged, Text: "code changed (what it was is no longer in the store)"}}
	}
	for _, id := range e.code {
		if id.ID == now {
			b = id
		}
	}
	var out []Cause
	if a.Go != b.Go {
		out = append(out, Cause{Kind: ToolchainChanged, Name: "Go", Text: fmt.Sprintf("Go %s → %s", a.Go, b.Go)})
	}
	out = append(out, changes(CodeChanged, a.Packages, b.Packages, func(codeid.Hash) string { return "package" },
		func(x, y codeid.Hash) string {
			if x == y {
				return ""
			}
			return "changed (code)"
		})...)
	return append(out, changes(ModuleChanged, a.Modules, b.Modules, func(v string) string { return v },
		func(x, y string) string {
			if x == y {
				return ""
			}
			return x + " → " + y
		})...)
}

func inputChanges(before, now []MadeFrom) []Cause {
	old, cur := map[string]MadeFrom{}, map[string]MadeFrom{}
	for _, in := range before {
		old["input "+in.Name] = in
	}
	for _, in := range now {
		cur["input "+in.Name] = in
	}
	show := func(in MadeFrom) string {
		if in.Content == nil {
			return "absent"
		}
		return in.Content.Short()
	}
	return changes(InputChanged, old, cur, show, func(a, b MadeFrom) string {
		if x, y := show(a), show(b); x != y {
			return fmt.Sprintf("%s → %s (from %s)", x, y, cmp.Or(b.Node, a.Node))
		}
		return ""
	})
}
