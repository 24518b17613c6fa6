package embedded

import (
	"strings"
	"testing"

	"sparsel/analysis/chart"
)

// What a figure says about itself can be read back from each format, whatever
// characters it contains.
func TestReadsWhatFiguresCarry(t *testing.T) {
	want := map[string]string{"project": "sparsel", "figure": "5.1", "summaries-sha256-main": strings.Repeat("ab", 32),
		"note": `a (b) \ c, μ ± σ`}
	style := chart.DefaultStyle()
	style.Roles = map[string]chart.Role{"a": {Color: "#000000", Dash: "solid", Marker: "circle"}}
	f := chart.Figure{ID: "5.1", Metadata: want, Rows: []chart.Row{{Panels: []chart.Panel{{
		X: chart.Axis{Label: "x"}, Y: chart.Axis{Label: "y"},
		Series: []chart.Series{{Label: "s", Role: "a", X: []float64{0, 1}, Y: []float64{0, 1}}},
	}}}}}
	for _, format := range []string{"png", "svg", "pdf"} {
		data, err := chart.Render(f, style, format)
		if err != nil {
			t.Fatal(err)
		}
		e := Read(data)
		if e.Format != strings.ToUpper(format) || len(e.Broken) > 0 {
			t.Errorf("%s: %+v", format, e)
		}
		for k, v := range want {
			if e.Values[k] != v {
				t.Errorf("%s: %s is %q, want %q", format, k, e.Values[k], v)
			}
		}
	}
}
