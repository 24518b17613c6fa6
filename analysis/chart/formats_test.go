package chart

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot/font"
)

func TestPNG(t *testing.T) {
	f := examples()["epochs"]
	data := render(t, f, "png")
	img, err := png.Decode(bytes.NewReader(data)) // checks the sums of all chunks
	if err != nil {
		t.Fatal(err)
	}
	style := DefaultStyle()
	if w := img.Bounds().Dx(); w != int(style.Width)*style.DPI {
		t.Errorf("%d pixels wide, want %v inches of %d", w, style.Width, style.DPI)
	}
	chunks := make(map[string]string)
	for rest := data[8:]; len(rest) > 0; {
		n := binary.BigEndian.Uint32(rest)
		kind, content := string(rest[4:8]), string(rest[8:8+n])
		if key, text, ok := strings.Cut(content, "\x00"); ok && strings.HasSuffix(kind, "EXt") || kind == "iTXt" {
			chunks[kind+" "+key] = text
		}
		if kind == "pHYs" {
			chunks[kind] = content
		}
		rest = rest[12+n:]
	}
	for key, want := range map[string]string{
		"tEXt Title":       "Figure 5.1",
		"tEXt Description": "Three < panels & a caption, \xb1.", // Latin-1
		"tEXt action":      "sha256:00ff",
		"tEXt code":        "\xe9",
		"iTXt source":      "\x00\x00\x00\x00seeds 1 → 3 & <more>",
		"pHYs":             "\x00\x00\x2e\x23\x00\x00\x2e\x23\x01", // 11811 pixels per metre
	} {
		if chunks[key] != want {
			t.Errorf("chunk %s is %q, want %q", key, chunks[key], want)
		}
	}
}

// element is an element of an SVG with the parts that this package writes.
type element struct {
	XMLName  xml.Name
	Style    string    `xml:"style,attr"`
	D        string    `xml:"d,attr"`
	Key      string    `xml:"key,attr"`
	X        string    `xml:"x,attr"`
	Y        string    `xml:"y,attr"`
	Width    string    `xml:"width,attr"`
	Length   string    `xml:"textLength,attr"`
	Text     string    `xml:",chardata"`
	Children []element `xml:",any"`
}

func parseSVG(t testing.TB, data []byte) element {
	t.Helper()
	var root element
	if err := xml.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	return root
}

// walk visits e and its descendants. Rotated tells whether an enclosing group
// is rotated.
func (e element) walk(rotated bool, visit func(e element, rotated bool)) {
	visit(e, rotated)
	for _, c := range e.Children {
		c.walk(rotated || c.XMLName.Local == "g" && e.XMLName.Local == "g", visit)
	}
}

func TestSVG(t *testing.T) {
	for name, f := range examples() {
		data := render(t, f, "svg")
		for _, bad := range []string{"NaN", "Inf", "1e+"} {
			if i := bytes.Index(data, []byte(bad)); i >= 0 {
				t.Errorf("%s: %s in %q", name, bad, data[max(0, i-40):i+10])
			}
		}
		found := make(map[string]string)
		parseSVG(t, data).walk(false, func(e element, _ bool) {
			switch e.XMLName.Local {
			case "title", "desc":
				found[e.XMLName.Local] = e.Text
			case "entry":
				if e.XMLName.Space != metadataSpace {
					t.Errorf("entry %s in namespace %q", e.Key, e.XMLName.Space)
				}
				found[e.Key] = e.Text
			}
		})
		want := map[string]string{"title": f.heading()}
		if f.Caption != "" {
			want["desc"] = f.Caption
		}
		for k, v := range f.Metadata {
			want[k] = v
		}
		if len(found) != len(want) {
			t.Errorf("%s: found %q", name, found)
		}
		for k, v := range want {
			if found[k] != v {
				t.Errorf("%s: %s is %q, want %q", name, k, found[k], v)
			}
		}
	}
}

var (
	numbers  = regexp.MustCompile(`-?[0-9.]+(e-?[0-9]+)?`)
	fontSize = regexp.MustCompile(`font-size:([0-9.]+)px`)
)

// TestTextOnPage checks that all text that is not rotated lies within the page,
// as wide as its font has it.
func TestTextOnPage(t *testing.T) {
	width := DefaultStyle().Width * 72
	for name, f := range examples() {
		seen := 0
		parseSVG(t, render(t, f, "svg")).walk(false, func(e element, rotated bool) {
			if e.XMLName.Local != "text" || rotated {
				return
			}
			seen++
			x := number(t, e.X)
			size := number(t, fontSize.FindStringSubmatch(e.Style)[1])
			style := textStyle(DefaultStyle(), size)
			if strings.Contains(e.Style, "font-weight:bold") {
				style.Font = font.From(bold, style.Font.Size)
			}
			length := number(t, e.Length) // of five digits
			if want := style.Width(e.Text).Points(); math.Abs(length-want) > 1e-4*want {
				t.Errorf("%s: %q has length %v, want %v", name, e.Text, length, want)
			}
			if e.Text != strings.TrimSpace(e.Text) {
				t.Errorf("%s: %q has spaces at an end, which SVG leaves out", name, e.Text)
			}
			if right := x + length; x < 0 || right > width {
				t.Errorf("%s: %q runs from %v to %v of %v points", name, e.Text, x, right, width)
			}
			if size < 5 { // superscripts of the smallest text
				t.Errorf("%s: %q is set in %v points", name, e.Text, size)
			}
		})
		if seen < 10 {
			t.Errorf("%s: %d texts", name, seen)
		}
	}
}

// TestTranslucent recovers the colour as the canvases do, for every channel
// value and opacity.
func TestTranslucent(t *testing.T) {
	for v := range 256 {
		for a := 1; a < 256; a++ {
			c := translucent{R: uint8(v), A: uint8(a)}
			r, _, _, alpha := c.RGBA()
			// A full channel cannot be raised above the opacity and may lose
			// one.
			if got := int(float64(r) * (255 / float64(alpha))); got != v && !(v == 255 && got == 254) || r > alpha {
				t.Fatalf("channel %d at opacity %d comes out of SVG as %d", v, a, got)
			}
			if got := straight(c).R; int(got) != v {
				t.Fatalf("channel %d at opacity %d comes out of PDF as %d", v, a, got)
			}
		}
	}
}

func number(t testing.TB, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// points returns the coordinates of a path without curves.
func points(t testing.TB, d string) (x, y []float64) {
	n := numbers.FindAllString(d, -1)
	for i := 0; i+1 < len(n); i += 2 {
		x, y = append(x, number(t, n[i])), append(y, number(t, n[i+1]))
	}
	return x, y
}

// paths returns the outlines with the given colour in a panel's drawing, and
// the frame.
func paths(t testing.TB, f Figure, paint, color string) (outlines []string, frame [4]float64) {
	t.Helper()
	parseSVG(t, render(t, f, "svg")).walk(false, func(e element, _ bool) {
		if e.XMLName.Local != "path" {
			return
		}
		if strings.Contains(e.Style, paint+":"+strings.ToUpper(color)) {
			outlines = append(outlines, e.D)
		}
		if x, y := points(t, e.D); len(x) == 6 && strings.Contains(e.Style, "stroke:#262626") {
			frame = [4]float64{x[0], x[1], y[1], y[2]}
		}
	})
	return outlines, frame
}

func single(s Series, x, y Axis) Figure {
	s.Role = "SGD"
	return Figure{ID: "1", Rows: []Row{{Panels: []Panel{{X: x, Y: y, Series: []Series{s}}}}}}
}

// TestClipping draws a band and a line that leave the axes on all sides.
func TestClipping(t *testing.T) {
	s := Series{Marks: LineOnly, X: []float64{-5, 0, 1, 2, 9}, Y: []float64{0, 5, -4, 1e9, 0.5},
		Lo: []float64{-9, -7, -8, 0, math.Inf(-1)}, Hi: []float64{1, 6, 3, 1e12, math.Inf(1)}}
	for _, log := range []Scale{Linear, Log} {
		y := Axis{Min: 0.25, Max: 2, Scale: log}
		if log == Log {
			s.Y[2], s.Y[0] = 0.01, 1e-90
		}
		f := single(s, Axis{Min: -1, Max: 4}, y)
		color := DefaultStyle().Roles["SGD"].Color
		lines, frame := paths(t, f, "stroke", color)
		bands, _ := paths(t, f, "fill", color)
		if len(lines) == 0 || len(bands) == 0 || frame[1] <= frame[0] {
			t.Fatalf("%d lines, %d bands in frame %v", len(lines), len(bands), frame)
		}
		for _, d := range append(lines, bands...) {
			x, y := points(t, d)
			for i := range x {
				// Coordinates have five digits, below 1000.
				if x[i] < frame[0]-.01 || x[i] > frame[1]+.01 || y[i] < frame[2]-.01 || y[i] > frame[3]+.01 {
					t.Errorf("scale %d: a point at %v, %v outside the frame %v", log, x[i], y[i], frame)
				}
			}
		}
	}
}

// TestGaps counts what is drawn around values that are not finite.
func TestGaps(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	color := DefaultStyle().Roles["SGD"].Color
	tests := []struct {
		name           string
		y              []float64
		strokes, fills int // without intervals: the number of lines and of dots
	}{
		{"none", []float64{1, 2, 3, 4, 5}, 1, 0},
		{"middle", []float64{1, 2, nan, 4, 5}, 2, 0},
		{"ends", []float64{nan, 2, 3, 4, inf}, 1, 0},
		{"alone", []float64{1, 2, nan, 4, -inf}, 1, 1},
		{"scattered", []float64{1, nan, 3, nan, 5}, 0, 3},
		{"all", []float64{nan, nan, nan, nan, nan}, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := Series{Marks: LineOnly, X: []float64{1, 2, 3, 4, 5}, Y: tt.y}
			strokes, _ := paths(t, single(s, Axis{}, Axis{}), "stroke", color)
			fills, _ := paths(t, single(s, Axis{}, Axis{}), "fill", color)
			if len(strokes) != tt.strokes || len(fills) != tt.fills {
				t.Errorf("%d lines and %d dots, want %d and %d", len(strokes), len(fills), tt.strokes, tt.fills)
			}
			// With intervals each line has a band and each dot a bar.
			for _, v := range s.Y {
				s.Lo, s.Hi = append(s.Lo, v-1), append(s.Hi, v+1)
			}
			strokes, _ = paths(t, single(s, Axis{}, Axis{}), "stroke", color)
			fills, _ = paths(t, single(s, Axis{}, Axis{}), "fill", color)
			if want := tt.strokes + tt.fills; len(strokes) != want || len(fills) != want {
				t.Errorf("with intervals: %d lines and bars, %d bands and dots, want %d of each", len(strokes), len(fills), want)
			}
		})
	}
}

// TestBandColour measures the colour that a band leaves on white paper, in
// every format.
func TestBandColour(t *testing.T) {
	s := Series{Marks: LineOnly, X: []float64{0, 1}, Y: []float64{0, 0}, Lo: []float64{-1, -1}, Hi: []float64{9, 9}}
	f := single(s, Axis{Min: -1, Max: 2, Ticks: []float64{-1, 2}}, Axis{Min: -10, Max: 10, Ticks: []float64{-10, 10}})
	style := DefaultStyle()
	c := mustColor(style.Roles["SGD"].Color)

	img, err := png.Decode(bytes.NewReader(render(t, f, "png")))
	if err != nil {
		t.Fatal(err)
	}
	// The upper part of the band is at the middle of the frame, three quarters
	// up.
	_, frame := paths(t, f, "stroke", style.Ink)
	x := int((frame[0] + frame[1]) / 2 / 72 * float64(style.DPI))
	y := img.Bounds().Dy() - int((0.25*frame[2]+0.75*frame[3])/72*float64(style.DPI))
	r, g, b, _ := img.At(x, y).RGBA()
	alpha := math.Round(255*style.BandAlpha) / 255
	for i, got := range []uint32{r >> 8, g >> 8, b >> 8} {
		want := 255 + alpha*(float64([]uint8{c.R, c.G, c.B}[i])-255)
		if math.Abs(float64(got)-want) > 1.5 { // the painter rounds twice
			t.Errorf("channel %d of the band's pixel is %d, want %v", i, got, want)
		}
	}

	var band string
	parseSVG(t, render(t, f, "svg")).walk(false, func(e element, _ bool) {
		if strings.Contains(e.Style, "fill:"+strings.ToUpper(style.Roles["SGD"].Color)) {
			band = e.Style
		}
	})
	_, opacity, _ := strings.Cut(band, "fill-opacity:")
	if math.Abs(number(t, opacity)-alpha) > 1e-4 {
		t.Errorf("band of the SVG is %q, want opacity %v", band, alpha)
	}

	data := render(t, f, "pdf")
	page := string(pdfPage(t, data))
	if want := "0.835 0.369 0.000 rg"; !strings.Contains(page, want) { // #d55e00 / 255
		t.Errorf("no fill with the full colour %q in the PDF", want)
	}
	if want := "/ca " + strconv.FormatFloat(alpha, 'f', 3, 64); !bytes.Contains(data, []byte(want)) {
		t.Errorf("no opacity %q in the PDF", want)
	}
}

// pdfPage returns the drawing instructions of a PDF of this package, its first
// stream.
func pdfPage(t testing.TB, data []byte) []byte {
	t.Helper()
	_, rest, ok := bytes.Cut(data, []byte("stream\n"))
	if !ok {
		t.Fatal("no stream in the PDF")
	}
	r, err := zlib.NewReader(bytes.NewReader(rest))
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// TestPDF follows the cross-reference table to every object.
func TestPDF(t *testing.T) {
	for name, f := range examples() {
		data := render(t, f, "pdf")
		if !bytes.HasPrefix(data, []byte("%PDF-1.")) || !bytes.HasSuffix(bytes.TrimSpace(data), []byte("%%EOF")) {
			t.Fatalf("%s: not framed as a PDF", name)
		}
		start := regexp.MustCompile(`startxref\n(\d+)\n`).FindSubmatch(data)
		table := data[int(number(t, string(start[1]))):]
		entries := regexp.MustCompile(`(\d{10}) 00000 n`).FindAllSubmatch(table, -1)
		if len(entries) < 10 {
			t.Fatalf("%s: %d objects", name, len(entries))
		}
		for i, e := range entries {
			object := strconv.Itoa(i+1) + " 0 obj"
			if at := int(number(t, string(e[1]))); !bytes.HasPrefix(data[at:], []byte(object)) {
				t.Errorf("%s: no %q at %d", name, object, at)
			}
		}
		if n := bytes.Count(data, []byte("/CreationDate (D:20000101000000)")); n != 1 {
			t.Errorf("%s: %d fixed dates, want 1", name, n)
		}
		page := string(pdfPage(t, data))
		if strings.Contains(page, "NaN") || strings.Contains(page, "Inf") {
			t.Errorf("%s: a number that is not finite in the drawing", name)
		}
		if q, Q := strings.Count(page, "q\n"), strings.Count(page, "Q\n"); q != Q {
			t.Errorf("%s: state saved %d times, restored %d", name, q, Q)
		}
	}
}

// TestPDFReader reads the text and keywords with another program, if it is
// installed.
func TestPDFReader(t *testing.T) {
	run := func(program string, args ...string) string {
		path, err := exec.LookPath(program)
		if errors.Is(err, exec.ErrNotFound) {
			if slices.Contains(strings.Split(os.Getenv("SPARSEL_REQUIRE"), ","), "poppler") {
				t.Fatalf("poppler-utils are required, and there is no %s", program)
			}
			t.Skipf("no %s here", program)
		}
		command := exec.Command(path, args...)
		command.Stdin = bytes.NewReader(render(t, examples()["epochs"], "pdf"))
		var complaints strings.Builder
		command.Stderr = &complaints
		out, err := command.Output()
		if err != nil || complaints.Len() > 0 {
			t.Fatalf("%s: %v\n%s", program, err, &complaints)
		}
		return string(out)
	}
	text := run("pdftotext", "-layout", "-", "-")
	for _, want := range []string{"mean ± SE, n = 3", "Adadelta", "Selectivity", "Epoch", "0.98"} {
		if !strings.Contains(text, want) {
			t.Errorf("text of the PDF has no %q:\n%s", want, text)
		}
	}
	info := run("pdfinfo", "-")
	for _, want := range []string{"Figure 5.1", "a caption, ±", "action=sha256:00ff; code=é; profile=paper; source=seeds 1 → 3"} {
		if !strings.Contains(info, want) {
			t.Errorf("information of the PDF has no %q:\n%s", want, info)
		}
	}
}
