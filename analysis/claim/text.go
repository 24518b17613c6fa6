package claim

import (
	"fmt"
	"strings"
)

// Text formats the result for a terminal.
func (r Result) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n%s\n", r.ID, strings.ToUpper(r.Verdict), r.Claim)
	if r.Layer != "" {
		fmt.Fprintf(&b, "layer   %s\n", r.Layer)
	}
	if r.Inherited != "" {
		fmt.Fprintf(&b, "by      %s, to which it is bound by logic\n", r.Inherited)
	}
	if r.Effect != nil {
		fmt.Fprintf(&b, "effect  %s = %s, n = %d\n", r.What, r.EffectText(), r.N)
	}
	if r.P != nil {
		fmt.Fprintf(&b, "p       %s, uncorrected; the table of all findings has it corrected\n", r.pText())
	}
	if r.Margin != nil && r.Smallest != nil {
		words := "the smallest that would do is"
		bounded := r.Above != nil && *r.Above == -*r.Margin || r.Below != nil && *r.Below == *r.Margin
		if !bounded && (r.Verdict == Supported.String() || r.Verdict == Contradicted.String()) {
			words = "the effect is shown to be smaller than"
		}
		fmt.Fprintf(&b, "margin  %s; %s %s\n", short(*r.Margin), words, short(*r.Smallest))
	}
	fmt.Fprintf(&b, "source  section %s, figure %s\n", r.Source, r.Figure)
	if r.Mark != "" {
		fmt.Fprintf(&b, "note    %s\n", r.Mark)
	}
	for i, line := range r.Detail {
		name := "        "
		if i == 0 {
			name = "parts   "
		}
		fmt.Fprintf(&b, "%s%s\n", name, line)
	}
	return b.String()
}

func (r Result) pText() string {
	text := short(*r.P)
	if r.Flip != nil {
		text += ", by sign flips " + short(*r.Flip)
	}
	return text
}

// EffectText formats the effect, with its interval if there is one.
func (r Result) EffectText() string {
	if r.Effect == nil {
		return "–"
	}
	text := short(*r.Effect)
	if r.Low == nil || r.High == nil {
		return text + " (no interval)"
	}
	text += fmt.Sprintf(" [%s, %s]", short(*r.Low), short(*r.High))
	if r.DZ != nil {
		text += fmt.Sprintf(", d_z %s", short(*r.DZ))
	}
	return text
}
