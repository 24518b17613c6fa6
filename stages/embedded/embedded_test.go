package embedded

import (
	"bytes"
	"maps"
	"sparsel/analysis/chart"
	"strings"
	"testing"
)

// What a figure says about itself can be read back from each format, whatever characters it holds.
func TestReadsWhatFiguresCarry(t *testing.T) {
	want := map[string]string{"project": "sparsel", "figure": "5.1", "summaries-sha256-main": strings.Repeat("ab", 32), "note": `a (b) \ c, μ ± σ`}
	style := chart.DefaultStyle()
	style.Roles = map[string]chart.Role{"a": {Color: "#000000", Dash: "solid", Marker: "circle"}}
	f := chart.Figure{ID: "5.1", Metadata: want, Rows: []chart.Row{{Panels: []chart.Panel{{
		X: chart.Axis{Label: "x"}, Y: chart.Axis{Label: "y"}, Series: []chart.Series{{Label: "s", Role: "a", X: []float64{0, 1}, Y: []float64{0, 1}}},
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

// Whatever a file holds, reading it gives an answer.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{pngMagic + "\x00\x00\x00\x01tEXta\x00bcrc!", "%PDF-1.3 /Keywords (a=b\\)", "<svg><metadata>", "PAR1....PAR1", `{"id":"1"}`, "figure,panel,\n5.1,a"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		first := Read(data)
		if again := Read(bytes.Clone(data)); !maps.Equal(first.Values, again.Values) {
			t.Error("two readings of the same bytes differ")
		}
	})
}
