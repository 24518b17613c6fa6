package chart

import (
	"math"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// sans is the font of all text: Liberation Sans, which has the same widths as
// Arial.
var sans = font.Font{Typeface: "Liberation", Variant: "Sans"}

// bold is the font of panel letters.
var bold = font.Font{Typeface: "Liberation", Variant: "Sans", Weight: xfont.WeightBold}

// markup is a text handler for lines with superscripts "^{...}" and subscripts
// "_{...}", which do not nest. Unclosed markup is drawn literally.
type markup struct{ fonts *font.Cache }

var handler = markup{font.NewCache(liberation.Collection())}

// run is a piece of text with one size and one height.
type run struct {
	text  string
	size  vg.Length // relative to the size of the font
	shift vg.Length // height of the baseline, relative to the size of the font
}

func parseMarkup(s string) []run {
	var runs []run
	plain := func(t string) {
		if t != "" {
			runs = append(runs, run{t, 1, 0})
		}
	}
	for s != "" {
		open := strings.IndexAny(s, "^_")
		for open >= 0 && !strings.HasPrefix(s[open+1:], "{") {
			next := strings.IndexAny(s[open+1:], "^_")
			if next < 0 {
				open = -1
				break
			}
			open += 1 + next
		}
		if open < 0 {
			break
		}
		length := strings.IndexByte(s[open:], '}')
		if length < 0 {
			break
		}
		plain(s[:open])
		shift := vg.Length(0.31)
		if s[open] == '_' {
			shift = -0.16
		}
		if inner := s[open+2 : open+length]; inner != "" {
			runs = append(runs, run{inner, 0.72, shift})
		}
		s = s[open+length+1:]
	}
	plain(s)
	return runs
}

func (h markup) Cache() *font.Cache { return h.fonts }

func (h markup) Extents(f font.Font) font.Extents {
	face := h.fonts.Lookup(f, f.Size)
	return face.Extents()
}

// Lines breaks a text at the line feeds that this package has inserted.
// Descriptions may not contain any.
func (h markup) Lines(s string) []string { return strings.Split(s, "\n") }

func (h markup) Box(s string, f font.Font) (width, height, depth vg.Length) {
	for _, r := range parseMarkup(s) {
		face := h.fonts.Lookup(f, f.Size*r.size)
		width += face.Width(r.text)
	}
	e := h.Extents(f)
	return width, e.Ascent, e.Descent
}

func (h markup) Draw(c vg.Canvas, s string, style text.Style, at vg.Point) {
	if strings.TrimSpace(s) == "" {
		return
	}
	c.SetColor(style.Color)
	if style.Rotation != 0 {
		c.Push()
		defer c.Pop()
		c.Rotate(style.Rotation)
		sin, cos := math.Sincos(style.Rotation)
		x, y := float64(at.X), float64(at.Y)
		at = vg.Point{X: vg.Length(float64(y*sin) + float64(x*cos)), Y: vg.Length(float64(y*cos) - float64(x*sin))}
	}
	// This is the convention of gonum's handlers, which its axes rely on: the
	// alignment moves the box of the lines, and the last baseline lies one
	// ascent below the top of its line, one size up.
	e, height := h.Extents(style.Font), style.Height(s)
	at.Y += vg.Length(style.YAlign)*height - e.Ascent + style.Font.Size
	lines := h.Lines(s)
	for i, line := range lines {
		above := vg.Length(len(lines)-1-i) * height / vg.Length(len(lines))
		h.drawLine(c, line, style.Font, at.Add(vg.Point{X: vg.Length(style.XAlign) * style.Width(line), Y: above}))
	}
}

// drawLine sets one line with its baseline starting at the given point.
func (h markup) drawLine(c vg.Canvas, s string, f font.Font, at vg.Point) {
	for _, r := range parseMarkup(s) {
		face := h.fonts.Lookup(f, f.Size*r.size)
		c.FillString(face, at.Add(vg.Point{Y: r.shift * f.Size}), r.text)
		at.X += face.Width(r.text)
	}
}

// hasGlyphs returns the first character of s that the font lacks, and whether
// it lacks none.
func hasGlyphs(s string) (rune, bool) {
	face := handler.fonts.Lookup(sans, 1)
	for _, r := range parseMarkup(s) {
		for _, c := range r.text {
			if i, err := face.Face.GlyphIndex(nil, c); err != nil || i == 0 {
				return c, false
			}
		}
	}
	return 0, true
}

// textStyle returns the style of plain text in the figure's ink, drawn with
// [drawText].
func textStyle(s Style, size float64) text.Style {
	return text.Style{Color: mustColor(s.Ink), Font: font.From(sans, vg.Length(size)), Handler: handler}
}

// wrap breaks s between words into lines of at most the given width. A word
// that is wider gets a line of its own.
func wrap(s string, t text.Style, width vg.Length) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		longer := strings.TrimSpace(line + " " + word)
		if line != "" && t.Width(longer) > width {
			lines = append(lines, line)
			longer = word
		}
		line = longer
	}
	return append(lines, line)
}

// drawText sets s with its baseline starting at the given point.
func drawText(c vg.Canvas, t text.Style, at vg.Point, s string) {
	e := handler.Extents(t.Font)
	handler.Draw(c, s, t, at.Add(vg.Point{Y: e.Ascent - t.Font.Size}))
}
