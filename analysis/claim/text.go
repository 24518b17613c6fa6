package claim

import (
	"fmt"
	"strconv"
	"strings"
)

// Text is the result for reading on a terminal.
func (r Result) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n%s\n", r.ID, strings.ToUpper(r.Verdict), r.Claim)
	if r.Effect != nil {
		fmt.Fprintf(&b, "effect  %s = %s, n = %d\n", r.What, r.EffectText(), r.N)
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

// EffectText is the effect with its interval, where there is one.
func (r Result) EffectText() string {
	if r.Effect == nil {
		return "–"
	}
	text := short(*r.Effect)
	switch {
	case r.Low == nil || r.High == nil:
		text += " (no interval)"
	case r.Level == confidence:
		text += fmt.Sprintf(" [%s, %s]", short(*r.Low), short(*r.High))
	default:
		text += fmt.Sprintf(" [%s, %s] at %s %%", short(*r.Low), short(*r.High), strconv.FormatFloat(significant(100*r.Level, 4), 'g', -1, 64))
	}
	return text
}
