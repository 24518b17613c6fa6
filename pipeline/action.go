package pipeline

import (
	"encoding/json"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"sparsel/pipeline/canon"
	"sparsel/pipeline/codeid"
)

// An action is everything that decides what a node's outputs will be, and the
// ids derived from it. Its JSON form is the detail of the action's record.
type action struct {
	// Recipe is the hash of everything except the inputs' content.
	Recipe   codeid.Hash   `json:"recipe"`
	Code     codeid.Hash   `json:"code"` // names the manifest of a codeid.Identity
	Contract string        `json:"contract,omitempty"`
	Job      string        `json:"job_contract"`
	Outputs  []string      `json:"outputs"`
	Params   []canon.Field `json:"params"`
	Inputs   []MadeFrom    `json:"inputs"` // sorted by name

	// The remaining fields explain the action and are not part of any id.
	Run         string            `json:"run,omitempty"`
	Seconds     float64           `json:"seconds,omitempty"`
	Environment map[string]string `json:"environment,omitempty"`
	Log         string            `json:"log,omitempty"`
	Adopted     *Adoption         `json:"adopted,omitempty"`

	id ActionID
}

// MadeFrom is one input of an action: the output of another node. Content is
// nil if the action was done without this optional input.
type MadeFrom struct {
	Name    string     `json:"name"`
	Node    string     `json:"node"` // for people; not part of the id
	Output  string     `json:"output"`
	Content *ContentID `json:"content"`
}

// recipe returns the node's action with everything but its inputs.
func recipe(n *Node, code codeid.Identity, trace io.Writer) *action {
	a := &action{
		Code:     code.ID,
		Contract: n.Stage.Contract,
		Job:      jobContract,
		Outputs:  slices.Clone(n.Stage.Outputs),
		Params:   n.fields,
	}
	slices.Sort(a.Outputs)
	a.Recipe = a.sumRecipe(n.Stage.Name, trace)
	return a
}

func (a *action) sumRecipe(stage string, trace io.Writer) codeid.Hash {
	h := canon.NewHash("sparsel recipe 1", trace)
	h.String("stage", stage)
	h.String("contract", a.Contract)
	h.String("job", a.Job)
	h.Bytes("code", a.Code[:])
	h.Len("outputs", len(a.Outputs))
	for _, o := range a.Outputs {
		h.String("output", o)
	}
	h.Fields("params", a.Params)
	return h.Sum()
}

// complete adds the inputs and computes the action's id. content returns the
// content of an input, or nil if it is absent.
func (a *action) complete(n *Node, content func(Input) *ContentID, trace io.Writer) {
	a.Inputs = make([]MadeFrom, 0, len(n.Inputs))
	for _, in := range n.Inputs {
		a.Inputs = append(a.Inputs, MadeFrom{in.Name, in.From.Name, in.Output, content(in)})
	}
	slices.SortFunc(a.Inputs, func(x, y MadeFrom) int { return strings.Compare(x.Name, y.Name) })
	a.id = a.sum(trace)
}

func (a *action) sum(trace io.Writer) ActionID {
	h := canon.NewHash("sparsel action 1", trace)
	h.Bytes("recipe", a.Recipe[:])
	h.Len("inputs", len(a.Inputs))
	hashInputs(h, a.Inputs)
	return h.Sum()
}

// hashInputs adds the names and contents of inputs to a hash.
func hashInputs(h *canon.Hash, inputs []MadeFrom) {
	for _, in := range inputs {
		h.String("input", in.Name)
		if in.Content == nil {
			h.Nil("content")
		} else {
			h.Bytes("content", in.Content[:])
		}
	}
}

// environment describes what a result must not depend on: the machine, the
// toolchain, the platform, how this program was built, and the source of pinned
// packages. It is recorded to find out why a result did depend on one of them.
func environment(code codeid.Identity, machine map[string]string) map[string]string {
	env := map[string]string{"go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH}
	for _, name := range []string{"host", "cpu"} { // ignore anything else that a worker reports
		if machine[name] != "" {
			env[name] = machine[name]
		}
	}
	for path, pin := range code.Pinned {
		env["source of "+path] = pin.Source.String()
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "GOAMD64", "GOARM64", "GOEXPERIMENT", "CGO_ENABLED", "-tags", "-race":
				env[s.Key] = s.Value
			}
		}
	}
	return env
}

func (a *action) encode() (json.RawMessage, error) { return json.Marshal(a) }

func decodeAction(text json.RawMessage) (*action, error) {
	a := &action{}
	return a, json.Unmarshal(text, a)
}
