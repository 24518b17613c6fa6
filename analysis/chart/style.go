package chart

import (
	"fmt"
	"image/color"
	"maps"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/vg"
)

// Style says what figures look like. Lengths are in points (1/72 inch) unless
// stated otherwise; colours are "#rrggbb".
type Style struct {
	Width       float64 `toml:"width"`        // width of the figure, in inches
	PanelHeight float64 `toml:"panel_height"` // height of a row with titles and axis labels, in inches
	DPI         int     `toml:"dpi"`          // resolution of PNG

	TitleSize  float64 `toml:"title_size"`  // figure and panel titles
	LabelSize  float64 `toml:"label_size"`  // axis labels
	TickSize   float64 `toml:"tick_size"`   // tick labels
	LegendSize float64 `toml:"legend_size"` // the legend

	LineWidth  float64 `toml:"line_width"`
	MarkerSize float64 `toml:"marker_size"` // diameter
	BandAlpha  float64 `toml:"band_alpha"`  // opacity of bands

	Ink  string `toml:"ink"`  // text, frame, ticks
	Grid string `toml:"grid"` // grid lines

	Roles map[string]Role `toml:"roles"`
}

// Role is the look of a series.
type Role struct {
	Color string `toml:"color"`
	Dash  string `toml:"dash"` // "solid" (also ""), "dashed", "dotted", "dashdot", "longdash", "dashdotdot", "longdashdot"

	// Marker is "circle" (also ""), "square", "triangle", "down", "left",
	// "right" (triangles that point there), "diamond", "plus", "cross", "star"
	// or "pentagon".
	Marker string `toml:"marker"`
}

// DefaultStyle returns the style of the study. It is 7 inches wide, which is
// the text width of a page, and no text is below 7 points. It has roles for the
// optimizers, for the three metrics where they share a panel, and seven ordered
// levels for the values of a parameter.
//
// Optimizers and metrics have colours from Okabe and Ito's set (Color Universal
// Design, 2008), which people with the common forms of colour-blindness can
// tell apart. The exception is Adam: the set's purple looks like its green to
// some eyes, so Adam has the wine of Tol's "muted" set (2021), which does not
// look like any of the others. Levels are samples of the map "plasma" (Smith
// and van der Walt, 2015), whose lightness increases steadily. They end before
// the yellow, which is hard to see on white paper.
func DefaultStyle() Style {
	return Style{
		Width: 7, PanelHeight: 2.1, DPI: 300,
		TitleSize: 9, LabelSize: 8.5, TickSize: 7.5, LegendSize: 8.5,
		LineWidth: 1.1, MarkerSize: 4.2, BandAlpha: 0.22,
		Ink: "#262626", Grid: "#e6e6e6",
		Roles: map[string]Role{
			"SGD":      {Color: "#d55e00", Dash: "solid", Marker: "circle"},
			"Adagrad":  {Color: "#009e73", Dash: "dashed", Marker: "triangle"},
			"Adadelta": {Color: "#0072b2", Dash: "longdash", Marker: "down"},
			"Adam":     {Color: "#882255", Dash: "dashdot", Marker: "square"},

			// Metrics share no colours or markers with the optimizers.
			"accuracy":        {Color: "#000000", Dash: "solid", Marker: "diamond"},
			"sparsity":        {Color: "#56b4e9", Dash: "longdashdot", Marker: "plus"},
			"selectivity":     {Color: "#e69f00", Dash: "dashdotdot", Marker: "cross"},
			"sparsity_std":    {Color: "#004488", Dash: "dotted", Marker: "left"},
			"selectivity_std": {Color: "#997700", Dash: "dotted", Marker: "right"},
			"train_loss":      {Color: "#994455", Dash: "dashed", Marker: "pentagon"},
			"test_loss":       {Color: "#777777", Dash: "longdash", Marker: "star"},
			"product1":        {Color: "#000000", Dash: "dotted", Marker: "plus"},
			"product2":        {Color: "#cc79a7", Dash: "dashdotdot", Marker: "left"},
			"product3":        {Color: "#b8a000", Dash: "longdashdot", Marker: "right"},

			"level1": {Color: "#0d0887", Dash: "solid", Marker: "circle"},
			"level2": {Color: "#5402a3", Dash: "dashed", Marker: "triangle"},
			"level3": {Color: "#8b0aa5", Dash: "longdash", Marker: "cross"},
			"level4": {Color: "#b93289", Dash: "dashdot", Marker: "square"},
			"level5": {Color: "#db5c68", Dash: "dotted", Marker: "diamond"},
			"level6": {Color: "#f48849", Dash: "dashdotdot", Marker: "down"},
			"level7": {Color: "#febd2a", Dash: "longdashdot", Marker: "plus"},
		},
	}
}

// dashes are the dash patterns in multiples of the line width: stroke, gap, ...
var dashes = map[string][]float64{
	"solid":    nil,
	"dashed":   {4.5, 2},
	"dotted":   {1.2, 1.5},
	"dashdot":  {5, 1.6, 1.2, 1.6},
	"longdash": {7.5, 3},

	"dashdotdot":  {5, 1.4, 1.2, 1.4, 1.2, 1.4},
	"longdashdot": {7.5, 1.8, 1.2, 1.8},
}

func dashPattern(name string, width vg.Length) []vg.Length {
	pattern := make([]vg.Length, len(dashes[name]))
	for i, d := range dashes[name] {
		pattern[i] = vg.Length(d) * width
	}
	return pattern
}

// parseColor reads "#rrggbb".
func parseColor(s string) (color.NRGBA, error) {
	if len(s) == 7 && s[0] == '#' {
		if v, err := strconv.ParseUint(s[1:], 16, 32); err == nil {
			return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}, nil
		}
	}
	return color.NRGBA{}, fmt.Errorf("colour %q: write it as #rrggbb", s)
}

// mustColor is for colours that Validate has parsed.
func mustColor(s string) color.NRGBA {
	c, err := parseColor(s)
	if err != nil {
		panic("chart: " + err.Error())
	}
	return c
}

// withAlpha returns c with the opacity alpha.
func withAlpha(c color.NRGBA, alpha float64) color.Color {
	c.A = uint8(math.Round(255 * alpha))
	return translucent(c)
}

// translucent is a colour whose premultiplied channels are slightly larger than
// exact. The SVG canvas divides them by the opacity again and truncates, which
// lowers the channels of a color.NRGBA by one but not these.
type translucent color.NRGBA

func (t translucent) RGBA() (r, g, b, a uint32) {
	a = uint32(t.A) * 0x101
	above := func(v uint8) uint32 { return min(uint32(v)*a/255+1, a) }
	return above(t.R), above(t.G), above(t.B), a
}

// straight returns a colour whose channels are not premultiplied.
func straight(c color.Color) color.NRGBA {
	if t, ok := c.(translucent); ok {
		return color.NRGBA(t)
	}
	return color.NRGBAModel.Convert(c).(color.NRGBA)
}

// Validate reports the first value that cannot be used for drawing.
func (s Style) Validate() error {
	for _, v := range []struct {
		name     string
		value    float64
		min, max float64
	}{
		{"width", s.Width, 1, 100}, {"panel height", s.PanelHeight, 0.5, 100}, {"dpi", float64(s.DPI), 30, 2400},
		{"title size", s.TitleSize, 1, 100}, {"label size", s.LabelSize, 1, 100},
		{"tick size", s.TickSize, 1, 100}, {"legend size", s.LegendSize, 1, 100},
		{"line width", s.LineWidth, 0.05, 20}, {"marker size", s.MarkerSize, 0.1, 100}, {"band alpha", s.BandAlpha, 0, 1},
	} {
		if !(v.value >= v.min && v.value <= v.max) {
			return fmt.Errorf("style: %s %v: give a value from %v to %v", v.name, v.value, v.min, v.max)
		}
	}
	for _, c := range []string{s.Ink, s.Grid} {
		if _, err := parseColor(c); err != nil {
			return fmt.Errorf("style: %w", err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Roles)) {
		r := s.Roles[name]
		if _, err := parseColor(r.Color); err != nil {
			return fmt.Errorf("style: role %q: %w", name, err)
		}
		if err := checkLook(r.Dash, r.Marker); err != nil {
			return fmt.Errorf("style: role %q: %w", name, err)
		}
	}
	return nil
}

// checkLook reports a dash or marker that does not exist. Empty names mean the
// defaults.
func checkLook(dash, marker string) error {
	if _, ok := dashes[dash]; dash != "" && !ok {
		return fmt.Errorf("dash %q: use one of %q", dash, slices.Sorted(maps.Keys(dashes)))
	}
	if _, ok := markers[marker]; marker != "" && !ok {
		return fmt.Errorf("marker %q: use one of %q", marker, slices.Sorted(maps.Keys(markers)))
	}
	return nil
}
