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

// explain says why an action has to run, by comparing it with what the node of
// that name did last, in values.
func (e *Engine) explain(n *Node, a *action, h *history) []string {
	last, ok := h.last[n.Name]
	if !ok {
		return []string{"has not run before"}
	}
	before, err := e.recorded(*last.Action)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []string{"its earlier record is no longer in the store"}
	case err != nil:
		return []string{err.Error()}
	}
	return e.difference(n, before, a, last.Stage)
}

// recorded reads what an action was from its record.
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

// difference lists what changed from before to now, most telling first.
func (e *Engine) difference(n *Node, before, now *action, stageBefore string) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if stageBefore != n.Stage.Name {
		add("stage %s → %s", stageBefore, n.Stage.Name)
	}
	out = append(out, FieldChanges(before.Params, now.Params)...)
	if before.Code != now.Code {
		out = append(out, e.codeChanges(before.Code, now.Code)...)
	}
	if before.Contract != now.Contract {
		add("contract of stage %s %q → %q", n.Stage.Name, before.Contract, now.Contract)
	}
	if before.Job != now.Job {
		add("pipeline contract %s → %s", before.Job, now.Job)
	}
	if !slices.Equal(before.Outputs, now.Outputs) {
		add("outputs %v → %v", before.Outputs, now.Outputs)
	}
	if now.Inputs != nil {
		out = append(out, inputChanges(before.Inputs, now.Inputs)...)
	}
	return out
}

// FieldChanges says in words how parameters differ: "run.lr 0.001 → 0.002".
func FieldChanges(before, now []canon.Field) []string {
	old, cur := map[string]canon.Field{}, map[string]canon.Field{}
	for _, f := range before {
		old[f.Name] = f
	}
	for _, f := range now {
		cur[f.Name] = f
	}
	return changes(old, cur, func(f canon.Field) string { return f.Value }, func(a, b canon.Field) string {
		if a.Value != b.Value {
			return a.Value + " → " + b.Value
		}
		if a.Kind != b.Kind {
			return fmt.Sprintf("%s %s → %s %s", a.Kind, a.Value, b.Kind, b.Value)
		}
		return ""
	})
}

// Changes says how two maps differ, in order of the keys. say gets nil for the
// side that lacks the key, and returns "" for what is no difference.
func Changes[V any](before, now map[string]V, say func(key string, was, is *V) string) []string {
	all := map[string]V{}
	maps.Copy(all, before)
	maps.Copy(all, now)
	var out []string
	for _, k := range slices.Sorted(maps.Keys(all)) {
		var was, is *V
		if v, ok := before[k]; ok {
			was = &v
		}
		if v, ok := now[k]; ok {
			is = &v
		}
		if text := say(k, was, is); text != "" {
			out = append(out, text)
		}
	}
	return out
}

// changes is Changes with the values that were added and removed.
func changes[V any](before, now map[string]V, show func(V) string, diff func(a, b V) string) []string {
	return Changes(before, now, func(key string, was, is *V) string {
		if was == nil {
			return fmt.Sprintf("%s added: %s", key, show(*is))
		}
		if is == nil {
			return fmt.Sprintf("%s removed: was %s", key, show(*was))
		}
		if d := diff(*was, *is); d != "" {
			return key + " " + d
		}
		return ""
	})
}

// codeChanges names the packages and modules that differ.
func (e *Engine) codeChanges(before, now codeid.Hash) []string {
	var a, b codeid.Identity
	if e.Store.Manifest(before, &a) != nil {
		return []string{"code changed (what it was is no longer in the store)"}
	}
	for _, id := range e.code {
		if id.ID == now {
			b = id
		}
	}
	var out []string
	if a.Go != b.Go {
		out = append(out, fmt.Sprintf("Go %s → %s", a.Go, b.Go))
	}
	out = append(out, changes(a.Packages, b.Packages, func(codeid.Hash) string { return "package" },
		func(x, y codeid.Hash) string {
			if x == y {
				return ""
			}
			return "changed (code)"
		})...)
	return append(out, changes(a.Modules, b.Modules, func(v string) string { return v },
		func(x, y string) string {
			if x == y {
				return ""
			}
			return x + " → " + y
		})...)
}

func inputChanges(before, now []MadeFrom) []string {
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
	return changes(old, cur, show, func(a, b MadeFrom) string {
		if x, y := show(a), show(b); x != y {
			return fmt.Sprintf("%s → %s (from %s)", x, y, cmp.Or(b.Node, a.Node))
		}
		return ""
	})
}
