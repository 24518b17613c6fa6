package chart

import (
	"strings"
	"testing"
)

// heated returns a figure of two heat maps.
func heated(first, second *Heat) Figure {
	panel := func(h *Heat) Panel {
		return Panel{X: Axis{Label: "x", Min: -0.5, Max: 1.5}, Y: Axis{Label: "y", Min: 0, Max: 1}, Heat: h}
	}
	return Figure{ID: "h", Rows: []Row{{Panels: []Panel{panel(first), panel(second)}}}}
}

// The legend has one scale of colours for all maps of the same values, which
// must have the same one.
func TestColourScale(t *testing.T) {
	heat := func(most float64) *Heat {
		return &Heat{Label: "share", Values: [][]float64{{0, 0.1}, {0.2, 0.3}}, Max: most, High: 1}
	}
	f := heated(heat(0.4), heat(0.4))
	svg, err := Render(f, DefaultStyle(), "svg")
	if err != nil || strings.Count(string(svg), "share, 0 to 0.4") != 1 {
		t.Errorf("the legend of two maps has not one scale: %v", err)
	}
	plain := heated(heat(0.4), heat(0.4))
	for _, p := range plain.Rows[0].Panels {
		p.Heat.Label = ""
	}
	without, err := Render(plain, DefaultStyle(), "svg")
	if with := strings.Count(string(svg), "<path"); err != nil || with < strings.Count(string(without), "<path")+20 {
		t.Errorf("the scale does not show its colours: %d shapes, %v", with, err)
	}
	few := heated(heat(0.4), heat(0.4))
	few.Rows[0].Panels[1].Heat.Values[1][1] = 0.5
	if svg, err := Render(few, DefaultStyle(), "svg"); err != nil || !strings.Contains(string(svg), "share, 0 to 0.4 or more") {
		t.Errorf("the scale does not say that values are beyond it: %v", err)
	}
	if _, err := Render(heated(heat(0.4), heat(0.5)), DefaultStyle(), "svg"); err == nil || !strings.Contains(err.Error(), "two scales") {
		t.Errorf("two scales of one name: %v", err)
	}
}

// Rows with a range of their own fill it in equal parts, and the CSV says where
// each begins.
func TestRangeOfRows(t *testing.T) {
	h := &Heat{Values: [][]float64{{1}, {2}, {3}, {4}}, Max: 4, Low: 0, High: 1}
	for k, want := range []float64{0, 0.25, 0.5, 0.75, 1} {
		if got := h.edge(k); got != want {
			t.Errorf("row %d begins at %v, want %v", k, got, want)
		}
	}
	if _, y := (Panel{Heat: h}).spans(); y.lo != 0 || y.hi != 1 {
		t.Errorf("the panel reaches from %v to %v", y.lo, y.hi)
	}
	if got := h.record(Panel{}, 1, 0, 2); got[2] != "0.25" {
		t.Errorf("row 1 is called %q", got[2])
	}
	h.Low, h.High = 0, 0
	if got := h.record(Panel{}, 1, 0, 2); h.edge(0) != -0.5 || h.edge(4) != 3.5 || got[2] != "1" {
		t.Errorf("without a range rows reach from %v to %v, and row 1 is called %q", h.edge(0), h.edge(4), got[2])
	}
}
