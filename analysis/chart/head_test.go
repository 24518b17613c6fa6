package chart

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

func TestHeads(t *testing.T) {
	style := DefaultStyle()
	const width = 400
	long := strings.Repeat("a mark of many words ", 8)
	for _, tt := range []struct {
		name, title, mark string
		lines             []int // number of texts on each line
	}{
		{"nothing", "", "", nil},
		{"title", "title", "", []int{1}},
		{"mark", "", "mark", []int{1}},
		{"both", "title", "mark", []int{2}},
		{"a long mark", "title", long, []int{1, 1, 1}},
	} {
		f := Figure{Title: tt.title, Mark: tt.mark}
		var got []int
		var texts []string
		for _, line := range f.heads(style, width) {
			got = append(got, len(line))
			taken := vg.Length(0)
			for _, h := range line {
				taken += h.style.Width(h.text)
				texts = append(texts, h.text)
				if h.right != (h.text != tt.title) {
					t.Errorf("%s: %q is on the wrong side", tt.name, h.text)
				}
			}
			if taken > width {
				t.Errorf("%s: a line is %v wide", tt.name, taken)
			}
		}
		if !slices.Equal(got, tt.lines) {
			t.Errorf("%s: lines of %v texts, want %v", tt.name, got, tt.lines)
		}
		if all := strings.Join(texts, " "); !strings.Contains(all, strings.TrimSpace(tt.mark)) {
			t.Errorf("%s: %q lacks the mark", tt.name, all)
		}
	}
}

// TestWrap checks that lines keep the words and their order and do not exceed
// the width.
func TestWrap(t *testing.T) {
	style := textStyle(DefaultStyle(), 8)
	r := rand.New(rand.NewPCG(2, 2))
	for range 500 {
		words := make([]string, 1+r.IntN(12))
		for i := range words {
			words[i] = strings.Repeat("w", 1+r.IntN(9))
		}
		text, width := strings.Join(words, " "), vg.Length(10+r.IntN(200))
		lines := wrap(text, style, width)
		if strings.Join(lines, " ") != text {
			t.Fatalf("%q became %q", text, lines)
		}
		for i, line := range lines {
			if strings.Contains(line, " ") && style.Width(line) > width {
				t.Fatalf("%q is wider than %v", line, width)
			}
			if next := i + 1; next < len(lines) {
				first, _, _ := strings.Cut(lines[next], " ")
				if style.Width(line+" "+first) <= width {
					t.Fatalf("%q had room for %q", line, first)
				}
			}
		}
	}
}

// TestFittingTicks checks that labels along x do not overlap, whatever the
// axis.
func TestFittingTicks(t *testing.T) {
	style := textStyle(DefaultStyle(), 7.5)
	r := rand.New(rand.NewPCG(3, 3))
	for range 2000 {
		a := Axis{Scale: Scale(r.IntN(2))}
		low := float64(1+r.IntN(1000)) / 1000
		l := span{low, low * (1 + 20*r.Float64()*r.Float64())}
		if l.hi < 1.01*l.lo {
			continue
		}
		length := 60 + 300*r.Float64()
		ticks := a.fittingTicks(l, length, style)
		labelled := 0
		for _, tick := range ticks {
			if !tick.IsMinor() {
				labelled++
			}
		}
		if labelled == 0 && a.Scale == Linear {
			t.Fatalf("%v: no label", l)
		}
		if !fit(ticks, a.Scale.place(l), length, style) {
			t.Fatalf("%v, %v long: labels %s run into each other", l, length, labels(ticks))
		}
	}
}

// A label of two lines is drawn as two texts, one below the other.
func TestLinesOfLabels(t *testing.T) {
	svg := string(render(t, examples()["grid"], "svg"))
	for _, want := range []string{">two of them that are together at<", ">once<", ">marked: 3 images<"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the drawing lacks %s", want)
		}
	}
	style := textStyle(DefaultStyle(), 8)
	if one, two := style.Height("a"), style.Height("a\nb"); two < 2*one || two > 2.2*one {
		t.Errorf("two lines are %v high, one is %v", two, one)
	}
}

// Rows that leave their x labels to the next row have frames as high as those
// of the last row.
func TestSharedX(t *testing.T) {
	panel := learning("a")
	// The last label extends beyond the frame; its tick is not at the very end.
	panel.X = Axis{Label: "x", Min: 0, Max: 31, Ticks: []float64{1, 10, 20, 30}}
	row := Row{ShareY: true, Panels: []Panel{panel, panel, panel, panel}}
	f := Figure{ID: "1", Rows: []Row{row, row}}
	f.Rows[0].ShareX = true
	style := DefaultStyle()
	shared, err := newPage(f, style)
	if err != nil {
		t.Fatal(err)
	}
	svg := string(render(t, f, "svg"))
	if n := strings.Count(svg, ">x<"); n != 4 {
		t.Errorf("%d labels of the x axis, want the 4 of the last row", n)
	}
	plots, canvases := shared.arrange(draw.New(vgsvg.New(shared.width, shared.height)))
	rows := make([][]draw.Canvas, len(plots))
	for i := range plots {
		for j := range plots[i] {
			rows[i] = append(rows[i], plots[i][j].DataCanvas(canvases[i][j]))
		}
	}
	for j := range rows[0] {
		if above, below := rows[0][j], rows[1][j]; math.Abs(float64(above.Min.X-below.Min.X)) > 0.01 ||
			math.Abs(float64(above.Max.X-below.Max.X)) > 0.01 {
			t.Errorf("column %d: a frame from %v to %v above one from %v to %v", j+1, above.Min.X, above.Max.X, below.Min.X, below.Max.X)
		}
	}
	f.Rows[0].ShareX = false
	whole, err := newPage(f, style)
	if err != nil {
		t.Fatal(err)
	}
	if shared.height >= whole.height {
		t.Errorf("the page is %v high with shared labels, %v without", shared.height, whole.height)
	}
	if n := strings.Count(string(render(t, f, "svg")), ">x<"); n != 8 {
		t.Errorf("%d labels of the x axis, want 8", n)
	}
}

// A value from fewer runs than expected has an open marker: a white fill within
// the white background of the figure.
func TestPartialValues(t *testing.T) {
	f := examples()["grid"]
	before := render(t, f, "svg")
	for i := range f.Rows {
		for j := range f.Rows[i].Panels {
			f.Rows[i].Panels[j].Series[0].N = []int{3, 3}
		}
	}
	after := render(t, f, "svg")
	white := func(svg []byte) int { return strings.Count(string(svg), "fill:#FFFFFF") }
	if got := white(before) - white(after); got != 4 {
		t.Errorf("%d more white markers, want one in each of 4 panels", got)
	}
}

// An empty panel says why it is empty. A line that crosses it between two
// values outside is not nothing.
func TestBlank(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name  string
		marks Marks
		y     []float64
		own   string
		want  string
	}{
		{"nothing", LineMarks, []float64{nan, nan}, "", "no finite values"},
		{"nothing, for a reason", Points, []float64{nan, nan}, "it failed", "it failed"},
		{"below", LineMarks, []float64{0.1, 0.2}, "it failed", "no values in this range"},
		{"dots around", Points, []float64{0.1, 0.9}, "", "no values in this range"},
		{"a line across", LinePoints, []float64{0.1, 0.9}, "", ""},
		{"inside", Points, []float64{0.1, 0.5}, "it failed", ""},
	} {
		p := Panel{Blank: tt.own, Y: Axis{Min: 0.4, Max: 0.6}, Series: []Series{{Role: "SGD", Marks: tt.marks, X: []float64{1, 2}, Y: tt.y}}}
		svg := string(render(t, Figure{ID: "1", Rows: []Row{{Panels: []Panel{p}}}}, "svg"))
		for _, why := range []string{"no finite values", "no values in this range", "it failed"} {
			if strings.Contains(svg, ">"+why+"<") != (why == tt.want) {
				t.Errorf("%s: the panel should say %q", tt.name, tt.want)
			}
		}
	}
}
