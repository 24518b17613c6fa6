package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"sparsel/pipeline/codeid"
	"sparsel/pipeline/store"
)

// An Adoption says why an action that was never done has a result: other code
// produced it from equal parameters and inputs, and the code that adopts it
// gave the same bytes as that code wherever both did the same work.
type Adoption struct {
	From     ActionID    `json:"from"` // the action that was really done
	Code     codeid.Hash `json:"code"` // the code of that action
	Go       string      `json:"go,omitempty"`
	Evidence []Evidence  `json:"evidence"`
}

// Evidence is one piece of work that both codes did, with the same outputs.
type Evidence struct {
	Node   string   `json:"node"`
	Action ActionID `json:"action"` // done by the adopting code
	From   ActionID `json:"from"`   // done by the other code
	// With names what was repeated beside the action itself and is not in the
	// action's record. It is empty if the action itself was repeated.
	With string `json:"with,omitempty"`
}

// actions lists the actions that an adoption relies on.
func (a *Adoption) actions() []ActionID {
	list := []ActionID{a.From}
	for _, v := range a.Evidence {
		list = append(list, v.Action, v.From)
	}
	return list
}

// codes lists the codes that the record of an action names: its own and, if its
// result was adopted, that of the action that was really done.
func (a *action) codes() []codeid.Hash { return codesOf(a.Code, a.Adopted) }

// codes is action.codes for what a record says.
func (m *Made) codes() []codeid.Hash { return codesOf(m.Code, m.Adopted) }

func codesOf(code codeid.Hash, adopted *Adoption) []codeid.Hash {
	if adopted == nil {
		return []codeid.Hash{code}
	}
	return []codeid.Hash{code, adopted.Code}
}

// manifestText returns the manifest of a code that an action names. It is nil
// if the action was adopted and this store never had the manifest of the code
// that it was adopted from.
func (e *Engine) manifestText(a *action, code codeid.Hash) ([]byte, error) {
	text, err := e.Store.ManifestText(code)
	if code != a.Code && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// Origin returns the action that produced a result, and its code. For an
// adopted result these are the action and the code that it was adopted from.
func (m *Made) Origin() (ActionID, codeid.Hash) {
	if m.Adopted != nil {
		return m.Adopted.From, m.Adopted.Code
	}
	return m.Action, m.Code
}

// goVersion returns the Go version of the program that produced a result.
func (m *Made) goVersion() string {
	if m.Adopted != nil {
		return m.Adopted.Go
	}
	return m.Environment["go"]
}

// Repeated reports whether the present code has done the node's action itself.
func (r *Resolved) Repeated() bool { return r.Exact() && r.Made.Adopted == nil }

// Other returns the result of other code that the present code would have to
// reproduce, or nil if there is none. Only results with the same contracts and
// output names qualify. Among those that have the bytes of the newest, Other
// returns the oldest, so that evidence is not passed on from code to code.
func (r *Resolved) Other() *Made {
	list := r.comparable()
	if len(list) == 0 {
		return nil
	}
	return list[len(list)-1]
}

// comparable lists the results of other code that have the same bytes as the
// newest one, newest first.
func (r *Resolved) comparable() []*Made {
	var list []*Made
	for _, m := range r.Others {
		if !r.sameContract(m) {
			continue // somebody raised a version to say that results have changed
		}
		if len(list) == 0 || sameBytes(m.Outputs, list[0].Outputs) {
			list = append(list, m)
		}
	}
	return list
}

// sameBytes reports whether two lists of outputs are equal, wherever their
// bytes are stored.
func sameBytes(a, b []store.Output) bool {
	return slices.EqualFunc(a, b, func(x, y store.Output) bool { return x.Name == y.Name && x.Content == y.Content && x.Size == y.Size })
}

func (r *Resolved) sameContract(m *Made) bool {
	return m.Contract == r.action.Contract && m.job == r.action.Job &&
		slices.EqualFunc(m.Outputs, r.action.Outputs, func(o store.Output, name string) bool { return o.Name == name })
}

// MadeBy returns a result that has the bytes of Other and originates from the
// given code, or nil.
func (r *Resolved) MadeBy(code codeid.Hash) *Made {
	for _, m := range r.comparable() {
		if _, by := m.Origin(); by == code {
			return m
		}
	}
	return nil
}

// Agrees reports whether the present code has done the node's action and given
// the bytes that other code gave.
func (r *Resolved) Agrees() bool {
	other := r.Other()
	return r.Repeated() && other != nil && sameBytes(r.Made.Outputs, other.Outputs)
}

// Contradicts returns a result of the node that originates from the given code
// and whose bytes differ from those that the present code produced, or nil.
func (r *Resolved) Contradicts(code codeid.Hash) *Made {
	if !r.Repeated() {
		return nil
	}
	for _, m := range r.Others {
		_, by := m.Origin()
		if by == code && r.sameContract(m) && !sameBytes(m.Outputs, r.Made.Outputs) {
			return m
		}
	}
	return nil
}

// A Witness is a node that was repeated; see Evidence.
type Witness struct{ Node, With string }

// Adopt gives the named nodes of a graph, whose actions were never done, the
// results that other code produced from equal parameters and inputs. Every
// witness must have been repeated by the present code and must agree. Each node
// needs at least one witness whose result its own code produced; whether the
// witnesses are enough is for the caller to judge. Adopt refuses altogether if
// anywhere in the graph code of the same origin gave other bytes than the
// present code.
//
// Every adopted byte is read again. A node whose result is damaged, or whose
// action failed, is left alone and named in left.
func (e *Engine) Adopt(
	ctx context.Context, g *Graph, nodes []string, witnesses []Witness, request string,
) (adopted, left []string, err error) {
	w, err := e.Store.NewWriter(e.Now)
	if err != nil {
		return nil, nil, fmt.Errorf("adopt: %w", err)
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	// The writer keeps collections out: whatever is read from here on stays.
	p, _, err := ReadProvenance(ctx, e.Store)
	if err != nil {
		return nil, nil, fmt.Errorf("adopt: %w", err)
	}
	list, err := e.Resolve(ctx, g, p)
	if err != nil {
		return nil, nil, fmt.Errorf("adopt: %w", err)
	}
	h, err := readHistory(e.Store, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("adopt: %w", err)
	}
	a := &adopter{e: e, w: w, history: h, checker: e.Store.NewChecker(), nodes: map[string]*Resolved{}}
	for _, r := range list {
		a.nodes[r.Node.Name] = r
	}
	if err := a.check(nodes, witnesses); err != nil {
		return nil, nil, fmt.Errorf("adopt: %w", err)
	}
	if err := a.begin(request, len(nodes)); err != nil {
		return nil, nil, fmt.Errorf("adopt: %w", err)
	}
	for _, name := range nodes {
		if err = ctx.Err(); err != nil {
			break
		}
		var why string
		if why, err = a.adopt(a.nodes[name]); err != nil {
			break
		}
		if why == "" {
			adopted = append(adopted, name)
		} else {
			left = append(left, name+": "+why)
		}
	}
	if err != nil {
		err = fmt.Errorf("adopt: %w; %d of %d results are adopted, the next try goes on from there", err, len(adopted), len(nodes))
	}
	end := store.Event{Kind: store.RunEnd, Text: fmt.Sprintf("%d adopted, %d left", len(adopted), len(left))}
	return adopted, left, errors.Join(err, w.Append(end), w.Save(a.checker))
}

// adopter is the state of one call of Adopt.
type adopter struct {
	e         *Engine
	w         *store.Writer
	history   *history
	checker   *store.Checker
	nodes     map[string]*Resolved
	witnesses []Witness
}

// check refuses insufficient or contradicting evidence.
func (a *adopter) check(nodes []string, witnesses []Witness) error {
	a.witnesses = witnesses
	for _, v := range witnesses {
		r := a.nodes[v.Node]
		switch {
		case r == nil:
			return fmt.Errorf("there is no node %s to be evidence", v.Node)
		case !r.Repeated():
			return fmt.Errorf("%s is not evidence: the present code has not made it", v.Node)
		case !r.Agrees():
			return fmt.Errorf("%s is evidence against it: other code gave other bytes, or nothing", v.Node)
		}
	}
	needed := map[codeid.Hash]bool{}
	for _, name := range nodes {
		r := a.nodes[name]
		if r == nil {
			return fmt.Errorf("there is no node %s", name)
		}
		other := r.Other()
		if r.Exact() || other == nil {
			continue // adopt reports these
		}
		if known := a.history.known(r.Action); known != nil && !sameContents(known, other.Outputs) {
			return fmt.Errorf("the journal says that the present code gave other bytes for %s", name)
		}
		_, code := other.Origin()
		if needed[code] {
			continue
		}
		needed[code] = true
		if len(a.evidence(code)) == 0 {
			return fmt.Errorf("nothing that code %s made, as it did %s, was repeated", code.String()[:12], name)
		}
		for _, r := range a.nodes {
			if r.Contradicts(code) != nil {
				return fmt.Errorf("%s is evidence against it: code %s gave other bytes", r.Node.Name, code.String()[:12])
			}
		}
	}
	return nil
}

func sameContents(known, outputs []store.Output) bool {
	return !slices.ContainsFunc(known, func(o store.Output) bool {
		c := contentOf(outputs, o.Name)
		return c == nil || *c != o.Content
	})
}

// evidence lists what supports adopting results of the given code.
func (a *adopter) evidence(code codeid.Hash) []Evidence {
	var list []Evidence
	for _, v := range a.witnesses {
		r := a.nodes[v.Node]
		if m := r.MadeBy(code); m != nil {
			from, _ := m.Origin()
			list = append(list, Evidence{v.Node, r.Action, from, v.With})
		}
	}
	slices.SortFunc(list, func(x, y Evidence) int {
		return cmp.Or(strings.Compare(x.Node, y.Node), strings.Compare(x.With, y.With))
	})
	return list
}

// begin announces the adoption in the journal and stores the manifest of the
// adopting code.
func (a *adopter) begin(request string, n int) error {
	err := a.w.Append(store.Event{Kind: store.RunStart, Text: fmt.Sprintf("%d results to adopt", n), Request: request})
	for _, id := range a.e.code {
		if err == nil {
			err = a.w.PutManifest(id.ID, id)
		}
	}
	return err
}

// adopt writes one record, or returns why it did not.
func (a *adopter) adopt(r *Resolved) (why string, err error) {
	other := r.Other()
	if r.Exact() || other == nil {
		return "there is nothing to adopt, or it has a result", nil
	}
	if f, ok := a.history.failed[r.Action]; ok {
		return "the present code failed to make it: " + f.Error, nil
	}
	for _, o := range other.Outputs {
		if err := a.checker.Blob(o.Content, o.Size, store.TrustNothing); err != nil {
			return fmt.Sprintf("output %s: %v", o.Name, err), nil
		}
	}
	lock, ok, err := a.w.TryLock(r.Action)
	if err != nil {
		return "", err
	}
	if !ok {
		return "another process is making it", nil
	}
	defer lock.Release()
	if _, err := a.e.Store.Record(r.Action); !errors.Is(err, fs.ErrNotExist) {
		return "it has a record, made in the meantime, damaged or with two outcomes; `go tool mage why` says more", nil
	}
	from, code := other.Origin()
	act := *r.action
	act.Run, act.Seconds, act.Environment = a.w.Run, other.Seconds, other.Environment
	act.Adopted = &Adoption{From: from, Code: code, Go: other.goVersion(), Evidence: a.evidence(code)}
	detail, err := act.encode()
	if err != nil {
		return "", fmt.Errorf("write record: %w", err)
	}
	n := r.Node
	rec := &store.Record{Action: act.id, Node: n.Name, Stage: n.Stage.Name, Outputs: slices.Clone(other.Outputs), Detail: detail}
	if err := a.w.PutAdopted(rec); err != nil {
		return "", err
	}
	return "", a.w.Append(store.Event{
		Kind: store.NodeAdopt, Node: n.Name, Stage: n.Stage.Name, Action: &act.id, Recipe: act.Recipe.String(), Outputs: contents(other.Outputs),
	})
}
