package chart

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// recorder is a canvas that records what is drawn in which colour.
type recorder struct {
	nowhere
	color           color.NRGBA
	filled, stroked map[color.NRGBA][]vg.Path
	texts           []string
}

func (r *recorder) SetColor(c color.Color) { r.color = straight(c) }
func (r *recorder) Fill(p vg.Path)         { r.filled[r.color] = append(r.filled[r.color], p) }
func (r *recorder) Stroke(p vg.Path)       { r.stroked[r.color] = append(r.stroked[r.color], p) }
func (r *recorder) FillString(_ font.Face, _ vg.Point, text string) {
	r.texts = append(r.texts, text)
}

// record draws a figure.
func record(t *testing.T, f Figure, style Style) *recorder {
	t.Helper()
	if err := f.Validate(style); err != nil {
		t.Fatal(err)
	}
	p, err := newPage(f, style)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{nowhere: nowhere{p.width, p.height}, filled: map[color.NRGBA][]vg.Path{}, stroked: map[color.NRGBA][]vg.Path{}}
	if err := p.draw(r); err != nil {
		t.Fatal(err)
	}
	return r
}

// frames returns the frames of the panels: each closed stroke in the ink's
// colour is one.
func (r *recorder) frames(style Style) []vg.Rectangle {
	var list []vg.Rectangle
	for _, p := range r.stroked[mustColor(style.Ink)] {
		if len(p) != 6 {
			continue
		}
		box := vg.Rectangle{Min: p[0].Pos, Max: p[0].Pos}
		for _, c := range p {
			box.Min.X, box.Min.Y = min(box.Min.X, c.Pos.X), min(box.Min.Y, c.Pos.Y)
			box.Max.X, box.Max.Y = max(box.Max.X, c.Pos.X), max(box.Max.Y, c.Pos.Y)
		}
		list = append(list, box)
	}
	return list
}

// one returns a figure of one panel with one series in SGD's colour, without a
// legend.
func one(s Series, y Axis) Figure {
	s.Role = "SGD"
	return Figure{ID: "1", Rows: []Row{{Panels: []Panel{{Y: y, Series: []Series{s}}}}}}
}

// arrows lists the tips of a figure's arrows: the place as a share of the
// frame's width, and the end of its height.
func arrows(t *testing.T, f Figure) string {
	t.Helper()
	style := DefaultStyle()
	r := record(t, f, style)
	frame := r.frames(style)[0]
	var list []string
	for _, p := range r.filled[mustColor(style.Roles["SGD"].Color)] {
		// A triangle with its tip on the frame.
		if len(p) == 4 && p[1].Pos.Y == p[2].Pos.Y && (p[0].Pos.Y == frame.Min.Y || p[0].Pos.Y == frame.Max.Y) {
			end := "bottom"
			if p[0].Pos.Y == frame.Max.Y {
				end = "top"
			}
			if inside := p[1].Pos.Y > frame.Min.Y && p[1].Pos.Y < frame.Max.Y; !inside {
				t.Error("an arrow is outside the panel")
			}
			list = append(list, fmt.Sprintf("%s %.3f", end, float64((p[0].Pos.X-frame.Min.X)/(frame.Max.X-frame.Min.X))))
		}
	}
	return strings.Join(list, ", ")
}

// Where a line leaves the panel there is an arrow in its colour. If all of the
// line is outside, each marked value has an arrow.
func TestExits(t *testing.T) {
	nan := math.NaN()
	x := Axis{Min: 0, Max: 4}
	for _, c := range []struct {
		name  string
		marks Marks
		y     []float64
		want  string
	}{
		{"within", LinePoints, []float64{0.2, 0.4, 0.6}, ""},
		{"leaves below", LinePoints, []float64{0.5, 0.5, -0.5}, "bottom 0.625"},
		{"leaves above", LineMarks, []float64{0.5, 0.5, 1.5}, "top 0.625"},
		{"leaves and comes back", LineMarks, []float64{0.5, -0.5, 0.5}, "bottom 0.375, bottom 0.625"},
		{"through the panel", LineMarks, []float64{-1, 2, 2}, "bottom 0.333, top 0.417"},
		{"beyond, each marked", LinePoints, []float64{-1, -1, -1}, "bottom 0.250, bottom 0.500, bottom 0.750"},
		{"beyond, a line", LineMarks, []float64{-1, -1, -1}, "bottom 0.250"},
		{"alone", LineMarks, []float64{0.5, nan, 2}, "top 0.750"},
		{"dots", Points, []float64{-1, 0.5, 2}, ""},
	} {
		f := one(Series{Marks: c.marks, X: []float64{1, 2, 3}, Y: c.y}, Axis{Min: 0, Max: 1})
		f.Rows[0].Panels[0].X = x
		if got := arrows(t, f); got != c.want {
			t.Errorf("%s: arrows %q, want %q", c.name, got, c.want)
		}
	}
	f := one(Series{Marks: LinePoints, X: []float64{5, 6}, Y: []float64{2, 2}}, Axis{Min: 0, Max: 1})
	f.Rows[0].Panels[0].X = x
	if got := arrows(t, f); got != "" {
		t.Errorf("beside the panel: arrows %q", got)
	}
}

// Single runs are thin lines beside a line with a few markers, and dots beside
// one with a marker at each value. Gaps remain gaps.
func TestRuns(t *testing.T) {
	nan := math.NaN()
	style := DefaultStyle()
	run := mustColor(style.Roles["SGD"].Color)
	run.A = uint8(math.Round(255 * runAlpha))
	for _, c := range []struct {
		name        string
		marks       Marks
		lines, dots int
	}{{"line", LineMarks, 2, 1}, {"points", LinePoints, 0, 7}} {
		s := Series{Marks: c.marks, X: []float64{1, 2, 3, 4}, Y: []float64{1, 1, 1, 1},
			Runs: []Run{{"seed 1", []float64{0.9, 0.8, 0.9, 0.8}}, {"seed 2", []float64{1.1, 1.2, nan, 1.2}}}}
		f := one(s, Axis{})
		r := record(t, f, style)
		if len(r.stroked[run]) != c.lines || len(r.filled[run]) != c.dots {
			t.Errorf("%s: %d lines and %d dots, want %d and %d", c.name, len(r.stroked[run]), len(r.filled[run]), c.lines, c.dots)
		}
		if _, y := f.Rows[0].Panels[0].spans(); y != (span{0.8, 1.2}) {
			t.Errorf("%s: y from %v to %v", c.name, y.lo, y.hi)
		}
		data, err := Render(f, style, "csv")
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"run,,seed 1,1,,0.9,,,,\n", "run,,seed 2,3,,NaN,,,,\n"} {
			if !strings.Contains(string(data), want) {
				t.Errorf("%s: the CSV lacks %q:\n%s", c.name, want, data)
			}
		}
	}
	s := Series{Marks: LinePoints, X: []float64{1, 2, 3}, Y: []float64{1, 1, 1}, Runs: []Run{{"seed 1", []float64{0.9, 0.8, 1.3}}}}
	if r := record(t, one(s, Axis{Min: 0.85, Max: 1.15}), style); len(r.filled[run]) != 1 {
		t.Errorf("%d dots within the panel, want 1", len(r.filled[run]))
	}
	s = Series{X: []float64{0, 1}, Y: []float64{1, 1}, Runs: []Run{{"seed 1", []float64{2, 3}}}}
	f := one(s, Axis{})
	f.Rows[0].Panels[0].X = Axis{Scale: Categorical, Categories: []string{"a", "b"}}
	if data, err := Render(f, style, "csv"); err != nil || !strings.Contains(string(data), "run,,seed 1,1,b,3,") {
		t.Errorf("%v\n%s", err, data)
	}
}

// On a line with a few markers those at the frame are left out, so that no
// marker is half outside.
func TestMarkersAtTheFrame(t *testing.T) {
	style := DefaultStyle()
	n := 40
	s := Series{X: make([]float64, n), Y: make([]float64, n)}
	for i := range n {
		s.X[i], s.Y[i] = float64(i), float64(i%2) // on the lower and the upper end in turn
	}
	colour := mustColor(style.Roles["SGD"].Color)
	if r := record(t, one(s, Axis{Min: 0, Max: 1}), style); len(r.filled[colour]) != 0 {
		t.Errorf("%d markers at the frame", len(r.filled[colour]))
	}
	if r := record(t, one(s, Axis{Min: -1, Max: 2}), style); len(r.filled[colour]) < 5 {
		t.Errorf("%d markers", len(r.filled[colour]))
	}
}

// Equal axes have one scale: a square frame, equal limits and equal ticks,
// whichever side has room to spare.
func TestEqualAxes(t *testing.T) {
	for _, size := range []struct{ width, height float64 }{{7, 2}, {3, 4}} {
		style := DefaultStyle()
		style.Width, style.PanelHeight = size.width, size.height
		f := one(Series{Marks: Points, X: []float64{0.2, 0.4}, Y: []float64{0.1, 0.3}}, Axis{})
		f.Rows[0].Panels[0].Equal = true
		f.Rows[0].Panels[0].Rules = []Rule{{Kind: Diagonal}}
		frame := record(t, f, style).frames(style)[0]
		width, height := frame.Max.X-frame.Min.X, frame.Max.Y-frame.Min.Y
		if math.Abs(float64(width-height)) > 1e-4 || width < 50 || width > vg.Length(72*size.width) || height > vg.Length(72*size.height) {
			t.Errorf("the frame is %v by %v", width, height)
		}
		p, err := newPage(f, style)
		if err != nil {
			t.Fatal(err)
		}
		plots, _ := p.plots(math.Inf(1))
		x, y := plots[0][0].X, plots[0][0].Y
		if x.Min != y.Min || x.Max != y.Max || math.Abs(x.Min-0.085) > 1e-12 || math.Abs(x.Max-0.415) > 1e-12 {
			t.Errorf("x from %v to %v, y from %v to %v", x.Min, x.Max, y.Min, y.Max)
		}
	}
}

// Axes that are to be compared have equal limits: x in all panels, y in a
// column.
func TestAlignedAxes(t *testing.T) {
	panel := func(x, y float64) Panel {
		return Panel{Series: []Series{{Role: "SGD", X: []float64{x, x + 1}, Y: []float64{y, y + 1}}}}
	}
	f := Figure{ID: "1", Rows: []Row{{Panels: []Panel{panel(0, 0), panel(5, 50)}}, {Panels: []Panel{panel(9, 9), panel(1, 70)}}}}
	limits := func() string {
		p, err := newPage(f, DefaultStyle())
		if err != nil {
			t.Fatal(err)
		}
		plots, _ := p.plots(math.Inf(1))
		var list []string
		for _, row := range plots {
			for _, g := range row {
				list = append(list, fmt.Sprintf("%.2f-%.2f %.2f-%.2f", g.X.Min, g.X.Max, g.Y.Min, g.Y.Max))
			}
		}
		return strings.Join(list, ", ")
	}
	if got := limits(); got != "-0.03-1.03 -0.05-1.05, 4.97-6.03 49.95-51.05, 8.97-10.03 8.95-10.05, 0.97-2.03 69.95-71.05" {
		t.Errorf("free: %s", got)
	}
	f.AlignX = true
	if got := limits(); got != "-0.30-10.30 -0.05-1.05, -0.30-10.30 49.95-51.05, -0.30-10.30 8.95-10.05, -0.30-10.30 69.95-71.05" {
		t.Errorf("x aligned: %s", got)
	}
	f.AlignX, f.AlignY = false, true
	if got := limits(); got != "-0.03-1.03 -0.50-10.50, 4.97-6.03 48.95-72.05, 8.97-10.03 -0.50-10.50, 0.97-2.03 48.95-72.05" {
		t.Errorf("y aligned: %s", got)
	}
	f.Rows[0].ShareY = true
	if got := limits(); !strings.HasPrefix(got, "-0.03-1.03 -3.55-74.55, 4.97-6.03 -3.55-74.55") {
		t.Errorf("y aligned and shared: %s", got)
	}
}

// A label longer than its axis is broken into lines, and the frames stay where
// they are.
func TestLongAxisLabels(t *testing.T) {
	style := DefaultStyle()
	f := one(Series{X: []float64{0, 1}, Y: []float64{0, 1}}, Axis{})
	f.Rows[0].Panels = append(f.Rows[0].Panels, f.Rows[0].Panels[0])
	long := strings.Repeat("long words of a label ", 6)
	f.Rows[0].Panels[0].Y.Label = strings.TrimSpace(long)
	frames := record(t, f, style).frames(style)
	if len(frames) != 2 || frames[0].Min.Y != frames[1].Min.Y || frames[0].Max.Y != frames[1].Max.Y {
		t.Errorf("frames %v", frames)
	}
}

// Where labels along x leave little room for the frames, fewer ticks along y
// have labels, so that these do not overlap.
func TestLowFrames(t *testing.T) {
	style := DefaultStyle()
	f := one(Series{X: []float64{0, 1, 2, 3, 4, 5}, Y: []float64{0, 1, 2, 3, 4, 5}}, Axis{Label: "a label that is long"})
	f.Rows[0].Panels[0].X = Axis{Scale: Categorical, Categories: []string{"1", "2", "3", "4", "5", "one two three four five six seven eight nine ten"}}
	f.Rows[0].Panels = slices.Repeat(f.Rows[0].Panels, 3)
	p, err := newPage(f, style)
	if err != nil {
		t.Fatal(err)
	}
	c := draw.New(&recorder{nowhere: nowhere{p.width, p.height}})
	plots, canvases := p.arrange(draw.Crop(c, outerMargin, -outerMargin, outerMargin, -outerMargin))
	g, height := plots[0][0], plots[0][0].DataCanvas(canvases[0][0]).Size().Y
	var places []float64
	for _, tick := range g.Y.Tick.Marker.Ticks(g.Y.Min, g.Y.Max) {
		if tick.Label != "" {
			places = append(places, (tick.Value-g.Y.Min)/(g.Y.Max-g.Y.Min)*float64(height))
		}
	}
	if height > 50 || len(places) != 2 || places[1]-places[0] < style.TickSize {
		t.Errorf("a frame %v points high has labels at %v", height, places)
	}
}

// The sample beside the note has a band only if there is one in the figure.
func TestNoteSample(t *testing.T) {
	nan := math.NaN()
	style := DefaultStyle()
	band := straight(withAlpha(mustColor(style.Ink), style.BandAlpha))
	for _, c := range []struct {
		low, high []float64
		bands     int
	}{
		{[]float64{0.1, nan}, []float64{0.3, nan}, 1}, {[]float64{nan, nan}, []float64{nan, nan}, 0}, {nil, nil, 0},
	} {
		f := one(Series{X: []float64{0, 1}, Y: []float64{0.2, 0.3}, Lo: c.low, Hi: c.high}, Axis{})
		f.Note = "mean"
		r := record(t, f, style)
		lines := 0
		for _, p := range r.stroked[mustColor(style.Ink)] {
			if len(p) == 2 && p[0].Pos.Y == p[1].Pos.Y && p[1].Pos.X-p[0].Pos.X == swatchWidth {
				lines++
			}
		}
		if bands := len(r.filled[band]); bands != c.bands || lines != min(1, len(c.low)) {
			t.Errorf("intervals from %v: the sample has %d bands and %d lines", c.low, bands, lines)
		}
	}
}

// The style has no two equal dashes, markers or roles.
func TestStyleHasNoTwins(t *testing.T) {
	var patterns []string
	for _, d := range dashes {
		patterns = append(patterns, fmt.Sprint(d))
	}
	slices.Sort(patterns)
	if len(slices.Compact(patterns)) != len(dashes) {
		t.Error("two dashes are the same")
	}
	var outlines []string
	for _, m := range markers {
		outlines = append(outlines, fmt.Sprint(m(vg.Point{}, 1)))
	}
	slices.Sort(outlines)
	if len(slices.Compact(outlines)) != len(markers) {
		t.Error("two markers are the same")
	}
	roles := DefaultStyle().Roles
	colours := map[string][]string{}
	for name, r := range roles {
		colours[strings.ToLower(r.Color)] = append(colours[strings.ToLower(r.Color)], name)
		if err := checkLook(r.Dash, r.Marker); err != nil || r.Dash == "" || r.Marker == "" {
			t.Errorf("role %s: %v", name, err)
		}
	}
	for _, optimizer := range []string{"SGD", "Adagrad", "Adadelta", "Adam"} {
		for name, r := range roles {
			if metric := !slices.Contains([]string{"SGD", "Adagrad", "Adadelta", "Adam"}, name) && !strings.HasPrefix(name, "level"); metric &&
				(r.Color == roles[optimizer].Color || r.Marker == roles[optimizer].Marker) {
				t.Errorf("the metric %s wears the colour or the marker of %s", name, optimizer)
			}
		}
	}
	for i := 1; i <= 7; i++ {
		for k := 1; k < i; k++ {
			a, b := roles[fmt.Sprint("level", i)], roles[fmt.Sprint("level", k)]
			if a.Dash == b.Dash || a.Marker == b.Marker {
				t.Errorf("levels %d and %d have equal dashes or markers: in print, colours alone do not tell them apart", k, i)
			}
		}
	}
}

// Check finds what only drawing can find.
func TestCheck(t *testing.T) {
	style := DefaultStyle()
	f := one(Series{X: []float64{0, 1}, Y: []float64{0, 1}}, Axis{})
	if err := Check(f, style); err != nil {
		t.Error(err)
	}
	f.Rows[0].Panels[0].X = Axis{Scale: Categorical, Categories: []string{strings.Repeat("many words ", 200), "b"}}
	if err := Check(f, style); err == nil || !strings.Contains(err.Error(), "figure 1: labels leave no room") {
		t.Errorf("long labels: %v", err)
	}
	f = one(Series{Label: strings.Repeat("long ", 60), X: []float64{0, 1}, Y: []float64{0, 1}}, Axis{})
	if err := Check(f, style); err == nil || !strings.Contains(err.Error(), "the legend has no room for") {
		t.Errorf("a long label: %v", err)
	}
	f = one(Series{X: []float64{0, 1}, Y: []float64{0, 1}}, Axis{})
	f.Rows[0].Panels[0].Title = strings.Repeat("long ", 60)
	if err := Check(f, style); err == nil || !strings.Contains(err.Error(), "row 1, panel 1: the title") {
		t.Errorf("a long title of a panel: %v", err)
	}
	f.Rows[0].Panels[0].Title = ""
	f.Title = strings.TrimSpace(strings.Repeat("a title of many words ", 20))
	if err := Check(f, style); err != nil {
		t.Errorf("a long title of the figure: %v", err)
	}
	if lines := f.heads(style, 400); len(lines) < 4 {
		t.Errorf("%d lines of title", len(lines))
	}
	f.Title = "\n"
	if err := Check(f, style); err == nil || !strings.Contains(err.Error(), "single line") {
		t.Errorf("a bad title: %v", err)
	}
	if CheckText("fine") != nil || CheckText("数") == nil {
		t.Error("CheckText")
	}
}

// Labels of categories are placed in as few rows as keep them apart, each label
// in one piece.
func TestLabelsOfCategories(t *testing.T) {
	style := textStyle(DefaultStyle(), 7.5)
	for _, c := range []struct {
		categories []string
		want       string
	}{
		{[]string{"1000", "500", "200", "50", "10", "5", "1"}, "1000|500|200|50|10|5|1"},
		{[]string{"two words", "short", "b"}, "two words|short|b"},
		{[]string{"three of these words", "short", "b"}, "three of these\nwords|short|b"},
		{[]string{"3.728e-05", "0.0001389", "0.000518", "0.001931", "0.0072", "0.02683"},
			"3.728e-05|\n0.0001389|0.000518|\n0.001931|0.0072|\n0.02683"},
		{[]string{"a", strings.Repeat("w", 30), "c", "d"}, "a|\n" + strings.Repeat("w", 30) + "|\n\nc|d"},
	} {
		a := Axis{Scale: Categorical, Categories: c.categories}
		var got []string
		for _, tick := range a.fittingTicks(a.limits(emptySpan, 0), 150, style) {
			got = append(got, tick.Label)
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("labels %q, want %q", strings.Join(got, "|"), c.want)
		}
	}
}
