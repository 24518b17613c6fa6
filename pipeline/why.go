package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sparsel/pipeline/quote"
	"sparsel/pipeline/store"
)

// Why explains one node in words: its state and the reasons for it, what its
// result depends on, in values, and where the result is. It shows only the
// first parameters if there are many, unless all is set.
func (e *Engine) Why(ctx context.Context, g *Graph, node string, all bool) (string, error) {
	p, err := e.plan(ctx, g, []string{node}, store.TrustTimes)
	if err != nil {
		return "", err
	}
	p.checker.TrySave()
	s := p.Step(node)
	var b strings.Builder
	quote.Fprintf(&b, "%s is %s\n", node, s.State)
	for _, r := range s.Reasons {
		quote.Fprintf(&b, "  because: %s\n", r)
	}
	if len(s.Reasons) > len(s.Causes) {
		whyChanges(&b, p)
	}
	for _, path := range s.Restore {
		quote.Fprintf(&b, "  to be published again: %s\n", path)
	}
	if s.Log != "" {
		quote.Fprintf(&b, "  log: %s\n", s.Log)
	}
	e.whyCode(&b, s)
	whyInputs(&b, p, s)
	e.whyOutputs(&b, s)
	whyParams(&b, s, all)
	return b.String(), nil
}

// mostParams is the number of parameters that are shown unless all are
// requested: enough for a training, not for a figure.
const mostParams = 64

func whyParams(b *strings.Builder, s *Step, all bool) {
	params := s.action.Params
	if len(params) == 0 {
		return
	}
	b.WriteString("parameters\n")
	rest := 0
	if !all && len(params) > mostParams {
		params, rest = params[:mostParams/2], len(params)-mostParams/2
	}
	for _, f := range params {
		quote.Fprintf(b, "  %s = %s\n", f.Name, f.Value)
	}
	if rest > 0 {
		fmt.Fprintf(b, "  and %d more; -verbose prints them\n", rest)
	}
}

// whyChanges names the changes that make the node run, and the nodes in which
// they lie.
func whyChanges(b *strings.Builder, p *Plan) {
	for _, c := range p.Changes() {
		roots := c.Roots
		if n := len(roots) - mostValues; n > 1 {
			roots = append(slices.Clone(roots[:mostValues]), fmt.Sprintf("%d more", n))
		}
		quote.Fprintf(b, "  it comes from: %s, at %s\n", c.Text, strings.Join(roots, ", "))
	}
}

func (e *Engine) whyCode(b *strings.Builder, s *Step) {
	stage := s.Node.Stage
	code := e.code[stage.Package]
	quote.Fprintf(b, "stage %s: code %s of %s, %d packages, %d modules, %s\n",
		stage.Name, code.ID.String()[:12], stage.Package, len(code.Packages), len(code.Modules), code.Go)
	if stage.Contract != "" {
		quote.Fprintf(b, "  contract %s\n", stage.Contract)
	}
}

func whyInputs(b *strings.Builder, p *Plan, s *Step) {
	if len(s.Node.Inputs) == 0 {
		return
	}
	b.WriteString("inputs\n")
	inputs := slices.Clone(s.Node.Inputs)
	slices.SortFunc(inputs, func(x, y Input) int { return strings.Compare(x.Name, y.Name) })
	for _, in := range inputs {
		from := p.steps[in.From]
		held := string(from.State)
		if id := contentOf(from.Outputs, in.Output); id != nil {
			held = id.Short()
		}
		optional := ""
		if in.Optional {
			optional = " (optional)"
		}
		quote.Fprintf(b, "  %s%s = %s of %s: %s\n", in.Name, optional, in.Output, in.From.Name, held)
	}
}

func (e *Engine) whyOutputs(b *strings.Builder, s *Step) {
	if s.State != Current {
		return
	}
	quote.Fprintf(b, "outputs of action %s\n", s.Action)
	for _, o := range s.Outputs {
		quote.Fprintf(b, "  %s = %s, %d bytes\n", o.Name, o.Content, o.Size)
		if path := s.Node.Publish[o.Name]; path != "" {
			quote.Fprintf(b, "    published as %s\n", path)
		} else {
			quote.Fprintf(b, "    kept as %s\n", e.Store.BlobPath(o.Content))
		}
	}
	if a, err := e.recorded(s.Action); err == nil {
		if a.Adopted != nil {
			whyAdopted(b, a.Adopted)
			quote.Fprintf(b, "adopted by run %s; it was made in %.3g s", a.Run, a.Seconds)
		} else {
			quote.Fprintf(b, "made by run %s in %.3g s", cmp.Or(a.Run, "?"), a.Seconds)
		}
		for _, k := range slices.Sorted(maps.Keys(a.Environment)) {
			quote.Fprintf(b, ", %s %s", k, a.Environment[k])
		}
		b.WriteString("\n")
	}
}

// mostEvidence is the most repeated nodes that are named.
const mostEvidence = 5

// whyAdopted says on what evidence a result of other code counts.
func whyAdopted(b *strings.Builder, a *Adoption) {
	quote.Fprintf(b, "adopted, not made by this code: action %s of code %s, compiled by %s, gave it\n",
		a.From, a.Code.String()[:12], cmp.Or(a.Go, "an unknown Go"))
	quote.Fprintf(b, "  on the evidence of %d repetitions by this code, every one the same to the last byte:\n", len(a.Evidence))
	for _, v := range a.Evidence[:min(mostEvidence, len(a.Evidence))] {
		with := ""
		if v.With != "" {
			with = " with " + v.With
		}
		quote.Fprintf(b, "  %s%s, action %s\n", v.Node, with, v.Action.Short())
	}
	if n := len(a.Evidence) - mostEvidence; n > 0 {
		fmt.Fprintf(b, "  and %d more\n", n)
	}
}
