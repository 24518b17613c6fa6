package chart

import (
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// markColor is the colour of a figure's mark. It is that of a warning and
// cannot be mistaken for a series, because the mark is text.
const markColor = "#b00020"

// head is a text above the panels: the title at the left or the mark at the
// right.
type head struct {
	text  string
	style text.Style
	right bool
}

// heads places the title and the mark side by side if they fit, and otherwise
// on separate lines. A text wider than the figure takes several lines.
func (f Figure) heads(style Style, width vg.Length) []headLine {
	title := textStyle(style, style.TitleSize)
	mark := textStyle(style, style.LegendSize)
	mark.Font, mark.Color = font.From(bold, mark.Font.Size), mustColor(markColor)
	var lines []headLine
	if f.Title != "" {
		for _, part := range wrap(f.Title, title, width) {
			lines = append(lines, headLine{{part, title, false}})
		}
	}
	if f.Mark == "" {
		return lines
	}
	parts := wrap(f.Mark, mark, width)
	if len(lines) == 1 && len(parts) == 1 && title.Width(f.Title)+entryGap+mark.Width(f.Mark) <= width {
		lines[0] = append(lines[0], head{f.Mark, mark, true})
		return lines
	}
	var marks []headLine
	for _, part := range parts {
		marks = append(marks, headLine{{part, mark, true}})
	}
	return append(marks, lines...)
}

// headLine has the texts of one line.
type headLine []head

// draw draws the line with its top at the given distance below the top of the
// canvas.
func (l headLine) draw(c *draw.Canvas, down vg.Length) {
	for _, h := range l {
		at := vg.Point{X: c.Min.X, Y: c.Max.Y - down - h.style.Font.Size}
		if h.right {
			at.X = c.Max.X - h.style.Width(h.text)
		}
		drawText(c, h.style, at, h.text)
	}
}
