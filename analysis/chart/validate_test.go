package chart

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestErrors spoils a good figure in one way at a time.
func TestErrors(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	tests := []struct {
		name  string
		spoil func(f *Figure, p *Panel, s *Series, style *Style)
		want  string
	}{
		{"no rows", func(f *Figure, _ *Panel, _ *Series, _ *Style) { f.Rows = nil }, "no rows"},
		{"no panels", func(f *Figure, _ *Panel, _ *Series, _ *Style) { f.Rows[0].Panels = nil }, "row 1 has no panels"},
		{"27 panels", func(f *Figure, p *Panel, _ *Series, _ *Style) { f.Rows[0].Panels = slices.Repeat([]Panel{*p}, 27) }, "letters run out"},
		{"no series", func(_ *Figure, p *Panel, _ *Series, _ *Style) { p.Series = nil }, "row 1, panel 1: no series"},
		{"no values", func(_ *Figure, _ *Panel, s *Series, _ *Style) { s.X, s.Y = nil, nil }, "no values"},
		{"lengths", func(_ *Figure, _ *Panel, s *Series, _ *Style) { s.Y = s.Y[1:] }, "2 x values for 1 y"},
		{"interval lengths", func(_ *Figure, _ *Panel, s *Series, _ *Style) { s.Lo = []float64{1} }, "1 lower and 0 upper"},
		{"short interval", func(_ *Figure, _ *Panel, s *Series, _ *Style) { s.Lo, s.Hi = []float64{1}, []float64{1} },
			"1 lower and 1 upper ends for 2"},
		{"inverted interval", func(_ *Figure, _ *Panel, s *Series, _ *Style) { s.Lo, s.Hi = []float64{2, 2}, []float64{1, 1} },
			"outside its interval"},
		{"huge interval", func(_ *Figure, _ *Panel, s *Series, _ *Style) { s.Lo, s.Hi = []float64{0, 0}, []float64{1, 1e200} }, "too large"},
		{"NaN x", func(_ *Figure, _ *Panel, s *Series, _ *Style) { s.X[1] = nan }, "value 2: x: NaN"},
		{"infinite x", func(_ *Figure, _ *Panel, s *Series, _ *Style) { s.X[0] = inf }, "value 1: x: +Inf"},
		{"huge y", func(_ *Figure, _ *Panel, s *Series, _ *Style) { s.Y[0] = 1e300 }, "beyond what an axis shows"},
		{"log x", func(_ *Figure, p *Panel, s *Series, _ *Style) { p.X.Scale = Log; s.X[0] = 0 }, "x: 0 on a log scale"},
		{"log y", func(_ *Figure, p *Panel, s *Series, _ *Style) { p.Y.Scale = Log; s.Y[1] = -1 }, "y: -1 on a log scale"},
		{"log limit", func(_ *Figure, p *Panel, _ *Series, _ *Style) { p.Y.Scale = Log; p.Y.Max = 1 }, "limit 0 on a log scale"},
		{"log tick", func(_ *Figure, p *Panel, _ *Series, _ *Style) { p.X.Scale = Log; p.X.Ticks = []float64{-1} }, "tick at -1"},
		{"limits", func(_ *Figure, p *Panel, _ *Series, _ *Style) { p.Y.Min, p.Y.Max = 2, 1 }, "the first must be the smaller"},
		{"NaN limit", func(_ *Figure, p *Panel, _ *Series, _ *Style) { p.Y.Min, p.Y.Max = 0, nan }, "limits 0 and NaN"},
		{"close limits", func(_ *Figure, p *Panel, _ *Series, _ *Style) { p.Y.Min, p.Y.Max = 1, 1+1e-12 }, "too close"},
		{"scale", func(_ *Figure, p *Panel, _ *Series, _ *Style) { p.X.Scale = 9 }, "unknown scale"},
		{"no categories", func(_ *Figure, p *Panel, _ *Series, _ *Style) { p.X.Scale = Categorical }, "categories"},
		{"category", func(_ *Figure, p *Panel, _ *Series, _ *Style) {
			p.X = Axis{Scale: Categorical, Categories: []string{"a"}}
		}, "1 is no index of 1 categories"},
		{"category limits", func(_ *Figure, p *Panel, _ *Series, _ *Style) {
			p.X = Axis{Scale: Categorical, Categories: []string{"a", "b"}, Max: 1}
		}, "no limits"},
		{"role", func(_ *Figure, _ *Panel, s *Series, _ *Style) { s.Role = "RMSprop" }, `no role "RMSprop"`},
		{"dash", func(_ *Figure, _ *Panel, s *Series, _ *Style) { s.Dash = "wavy" }, `dash "wavy"`},
		{"marker", func(_ *Figure, _ *Panel, s *Series, _ *Style) { s.Marker = "blob" }, `marker "blob"`},
		{"marks", func(_ *Figure, _ *Panel, s *Series, _ *Style) { s.Marks = -1 }, "unknown marks"},
		{"opacity", func(_ *Figure, _ *Panel, s *Series, _ *Style) { s.Alpha = nan }, "opacity NaN"},
		{"rule", func(_ *Figure, p *Panel, _ *Series, _ *Style) { p.Rules = []Rule{{At: nan}} }, "rule 1: at NaN"},
		{"rule kind", func(_ *Figure, p *Panel, _ *Series, _ *Style) { p.Rules = []Rule{{Kind: 7}} }, "unknown kind"},
		{"rule role", func(_ *Figure, p *Panel, _ *Series, _ *Style) { p.Rules = []Rule{{Role: "x"}} }, `no role "x"`},
		{"log rule", func(_ *Figure, p *Panel, _ *Series, _ *Style) {
			p.Y.Scale = Log
			p.Rules = []Rule{{Kind: Horizontal}}
		}, "at 0 on a log scale"},
		{"diagonal", func(_ *Figure, p *Panel, _ *Series, _ *Style) { p.Y.Scale = Log; p.Rules = []Rule{{Kind: Diagonal}} }, "diagonal needs"},
		{"two looks", func(f *Figure, p *Panel, s *Series, _ *Style) {
			other := *s
			other.Role = "Adam"
			f.Rows[0].Panels = append(f.Rows[0].Panels, Panel{Series: []Series{other}})
		}, "two looks for one label"},
		{"one label twice", func(_ *Figure, p *Panel, s *Series, _ *Style) {
			other := *s
			other.Role = "Adam"
			p.Series = append(p.Series, other)
		}, `series 1 and 2 are both called "s"`},
		{"one look twice", func(_ *Figure, p *Panel, s *Series, style *Style) {
			other := *s
			other.Label, other.Role = "t", "twin"
			style.Roles["twin"] = Role{Color: "#D55E00"} // SGD's colour, written differently
			p.Series = append(p.Series, other)
		}, `series "s" and "t" look the same`},
		{"dashes of dots", func(_ *Figure, p *Panel, s *Series, _ *Style) {
			s.Marks = Points
			other := *s
			other.Label, other.Dash = "t", "dotted"
			p.Series = append(p.Series, other)
		}, `series "s" and "t" look the same`},
		{"markers of lines without", func(_ *Figure, p *Panel, s *Series, _ *Style) {
			s.Marks = LineOnly
			other := *s
			other.Label, other.Marker, other.Hollow = "t", "square", true
			p.Series = append(p.Series, other)
		}, `series "s" and "t" look the same`},
		{"few and all markers", func(_ *Figure, p *Panel, s *Series, _ *Style) {
			other := *s
			other.Label, other.Marks = "t", LinePoints
			p.Series = append(p.Series, other)
		}, `series "s" and "t" look the same`},
		{"equal axes", func(_ *Figure, p *Panel, _ *Series, _ *Style) { p.Equal, p.X.Min, p.X.Max = true, 0, 1 }, "equal axes need"},
		{"a run's values", func(_ *Figure, _ *Panel, s *Series, _ *Style) { s.Runs = []Run{{"seed 1", []float64{1}}} },
			"1 values of seed 1 for 2"},
		{"a run's place", func(_ *Figure, _ *Panel, s *Series, _ *Style) { s.Runs = []Run{{"seed 1", []float64{1, 1e101}}} },
			"seed 1, value 2: y: 1e+101 is beyond"},
		{"two dashes", func(_ *Figure, p *Panel, _ *Series, _ *Style) {
			p.Rules = []Rule{{Label: "r"}, {Label: "r", Dash: "dotted"}}
		}, "two dashes"},
		{"shared scale", func(f *Figure, p *Panel, _ *Series, _ *Style) {
			f.Rows[0].ShareY = true
			other := *p
			other.Y.Scale = Log
			f.Rows[0].Panels = append(f.Rows[0].Panels, other)
		}, "cannot be shared"},
		{"glyph", func(_ *Figure, p *Panel, _ *Series, _ *Style) { p.Title = "数" }, "the font has no '数'"},
		{"two lines", func(f *Figure, _ *Panel, _ *Series, _ *Style) { f.Note = "a\nb" }, "single line"},
		{"not UTF-8", func(f *Figure, _ *Panel, _ *Series, _ *Style) { f.Caption = "\xff" }, `caption "\xff": use a single line`},
		{"caption of two lines", func(f *Figure, _ *Panel, _ *Series, _ *Style) { f.Caption = "a\nb" }, `caption "a\nb": use a single line`},
		{"metadata key", func(f *Figure, _ *Panel, _ *Series, _ *Style) { f.Metadata = map[string]string{"a b": ""} }, `metadata key "a b"`},
		{"metadata value", func(f *Figure, _ *Panel, _ *Series, _ *Style) { f.Metadata = map[string]string{"a": "\x00"} }, "metadata a"},
		{"width", func(_ *Figure, _ *Panel, _ *Series, s *Style) { s.Width = nan }, "style: width NaN"},
		{"colour", func(_ *Figure, _ *Panel, _ *Series, s *Style) { s.Ink = "black" }, `colour "black"`},
		{"role colour", func(_ *Figure, _ *Panel, _ *Series, s *Style) { s.Roles["SGD"] = Role{Color: "#12345g"} }, `role "SGD": colour`},
		{"role dash", func(_ *Figure, _ *Panel, _ *Series, s *Style) { s.Roles["x"] = Role{Color: "#000000", Dash: "-"} }, `role "x": dash`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := Figure{ID: "5.1", Rows: []Row{{Panels: []Panel{{Series: []Series{{Label: "s", Role: "SGD", X: []float64{1, 2},
				Y: []float64{1, 2}}}}}}}}
			style := DefaultStyle()
			if _, err := Render(f, style, "svg"); err != nil {
				t.Fatalf("the good figure: %v", err)
			}
			p := &f.Rows[0].Panels[0]
			tt.spoil(&f, p, &p.Series[0], &style)
			for _, format := range Formats {
				_, err := Render(f, style, format)
				if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "figure 5.1: ") {
					t.Errorf("%s: error %v, want one with %q", format, err, tt.want)
				}
			}
		})
	}
	crowded := examples()["mixed"]
	crowded.Rows[0].Panels[0].X.Categories[0] = strings.Repeat("longword", 20)
	if _, err := Render(crowded, DefaultStyle(), "pdf"); err == nil || !strings.Contains(err.Error(), "labels leave no room for row 1") {
		t.Errorf("labels wider than the page: %v", err)
	}
	if _, err := Render(examples()["epochs"], DefaultStyle(), "eps"); err == nil || !strings.Contains(err.Error(), `no format "eps"`) {
		t.Errorf("eps: %v", err)
	}
}

// TestDefaultStyle checks that in the default style colours, dashes and markers
// differ and no text is below 7 points.
func TestDefaultStyle(t *testing.T) {
	s := DefaultStyle()
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	if m := min(s.TitleSize, s.LabelSize, s.TickSize, s.LegendSize); m < 7 {
		t.Errorf("text of %v points", m)
	}
	for _, group := range [][]string{{"SGD", "Adagrad", "Adadelta", "Adam"}, {"accuracy", "sparsity", "selectivity"},
		{"level1", "level2", "level3", "level4", "level5", "level6", "level7"}} {
		colours, patterns := make(map[string]bool), make(map[string]bool)
		for _, name := range group {
			r, ok := s.Roles[name]
			if !ok {
				t.Errorf("no role %s", name)
			}
			colours[r.Color], patterns[r.Dash+" "+r.Marker] = true, true
		}
		if len(colours) != len(group) || len(patterns) != len(group) {
			t.Errorf("%v share a colour or, without colour, a look", group)
		}
	}
	// Levels become steadily lighter.
	last := -1.0
	for _, name := range slices.Sorted(maps.Keys(s.Roles)) {
		if !strings.HasPrefix(name, "level") {
			continue
		}
		lightness := lab(linear(s.Roles[name].Color))[0]
		if lightness < last+5 {
			t.Errorf("%s is not clearly lighter than the level before", name)
		}
		last = lightness
	}
}

// FuzzRender tries numbers of all kinds. A figure is either refused or drawn,
// without a panic and without a coordinate that is not finite.
func FuzzRender(f *testing.F) {
	numbers := func(v ...float64) []byte {
		var b []byte
		for _, x := range v {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
		}
		return b
	}
	f.Add(numbers(1, 2, 0, 3, 2, math.NaN(), 0, 0), uint8(0), 0.0, 0.0)
	f.Add(numbers(1, 1e99, 0, math.Inf(1), 1.5, 1e-99, -1e99, 1e99), uint8(5), 0.0, 0.0)
	f.Add(numbers(1, 5, 4, 6, 2, 0.5, 0, 1), uint8(2), 0.4, 0.9)
	f.Add(numbers(5e-324, 1, 1, 1), uint8(1), -1e99, 1e99)
	f.Fuzz(func(t *testing.T, data []byte, scales uint8, low, high float64) {
		s := Series{Label: "s", Role: "Adam"}
		for ; len(data) >= 32; data = data[32:] {
			v := func(i int) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:])) }
			s.X, s.Y, s.Lo, s.Hi = append(s.X, v(0)), append(s.Y, v(1)), append(s.Lo, v(2)), append(s.Hi, v(3))
		}
		p := Panel{X: Axis{Scale: Scale(scales & 1)}, Y: Axis{Scale: Scale(scales >> 1 & 1), Min: low, Max: high}, Series: []Series{s}}
		if scales&4 != 0 {
			p.Rules = []Rule{{Kind: RuleKind(scales >> 3 & 3), At: low}}
		}
		out, err := Render(Figure{ID: "1", Note: "n", Rows: []Row{{Panels: []Panel{p}}}}, DefaultStyle(), "svg")
		if err == nil && (strings.Contains(string(out), "NaN") || strings.Contains(string(out), "Inf")) {
			t.Errorf("a coordinate is not finite:\n%s", out)
		}
	})
}
