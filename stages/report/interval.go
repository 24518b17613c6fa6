package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"sparsel/analysis/claim"
)

// The size of an interval's picture, in CSS pixels.
const (
	intervalWidth  = 120
	intervalHeight = 16
)

// interval draws an effect and its interval, with the range that is claimed
// shaded. The numbers are also written beside the picture, so it is hidden from
// assistive technology. The result is empty if there is no interval.
func interval(r claim.Result) template.HTML {
	if r.Effect == nil || r.Low == nil || r.High == nil {
		return ""
	}
	low, high := min(*r.Low, *r.Effect), max(*r.High, *r.Effect)
	for _, bound := range []*float64{r.Above, r.Below} {
		if bound != nil {
			low, high = min(low, *bound), max(high, *bound)
		}
	}
	if low == high {
		low, high = low-1, high+1
	}
	pad := 0.1 * (high - low)
	low, high = low-pad, high+pad
	if math.IsInf(high-low, 0) {
		return ""
	}
	x := func(v float64) float64 { return intervalWidth * (v - low) / (high - low) }

	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="interval" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" aria-hidden="true">`, intervalWidth,
		intervalHeight)
	from, to := 0.0, float64(intervalWidth)
	if r.Above != nil {
		from = x(*r.Above)
	}
	if r.Below != nil {
		to = x(*r.Below)
	}
	if r.Above != nil || r.Below != nil {
		fmt.Fprintf(&b, `<rect class="claimed" x="%.1f" width="%.1f" height="%d"/>`, from, max(0, to-from), intervalHeight)
	}
	fmt.Fprintf(&b, `<line x1="%.1f" x2="%.1f" y1="8" y2="8"/><circle cx="%.1f" cy="8" r="3"/></svg>`, x(*r.Low), x(*r.High), x(*r.Effect))
	return template.HTML(b.String())
}

// intervalKey draws the picture that explains the others: an effect of 2 ± 1,
// claimed to be above 0.
func intervalKey() template.HTML {
	effect, low, high, above := 2.0, 1.0, 3.0, 0.0
	return interval(claim.Result{Effect: &effect, Low: &low, High: &high, Above: &above})
}

// claimed says in words where a claim puts its effect, or nothing if there is
// no effect.
func claimed(r claim.Result) string {
	switch {
	case r.Effect == nil:
		return ""
	case r.Above != nil && r.Below != nil:
		return "between " + number(r.Above) + " and " + number(r.Below)
	case r.Above != nil:
		return "above " + number(r.Above)
	case r.Below != nil:
		return "below " + number(r.Below)
	}
	return ""
}
