package chart

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Measures of the legend in points.
const (
	swatchWidth  = 24
	swatchGap    = 4  // between swatch and label
	entryGap     = 16 // between entries
	legendMargin = 5  // above the legend and below it
)

// entry is a line of the legend: a series, a rule or the note.
type entry struct {
	label  string
	swatch vg.Length // width of the sample before the label; 0 means none
	draw   func(c *draw.Canvas, from, to vg.Point)
}

// legend returns the entries of all series, and the lines of all rules and the
// colours of all heat maps that have a label, each label once, in the order of
// first appearance. It returns an error if a label has two looks. Only rules
// with the same label may differ in colour: their sample is gray. A rule beyond
// the limits of its panel is not drawn and has no entry.
func (f Figure) legend(style Style) (entries, lines []entry, err error) {
	looks := make(map[string]look)
	var rules []Rule
	var heats []*Heat
	more := map[string]bool{} // by the name of their values
	for _, row := range f.Rows {
		for _, p := range row.Panels {
			for _, s := range p.Series {
				l := s.look(style)
				known, ok := looks[s.Label]
				switch {
				case s.Label == "":
				case !ok:
					for other, taken := range looks {
						if !taken.differs(l) {
							first, second := min(other, s.Label), max(other, s.Label)
							return nil, nil, fmt.Errorf("series %q and %q look the same: give them roles, dashes or markers that differ", first, second)
						}
					}
					looks[s.Label] = l
					entries = append(entries, l.entry(s.Label, style))
				case known.differs(l):
					return nil, nil, fmt.Errorf("series %q: two looks for one label: use one role, or two labels", s.Label)
				}
			}
			if h := p.Heat; h != nil && h.Label != "" {
				more[h.Label] = more[h.Label] || h.exceeds()
				i := slices.IndexFunc(heats, func(known *Heat) bool { return known.Label == h.Label })
				switch {
				case i < 0:
					heats = append(heats, h)
				case heats[i].Min != h.Min || heats[i].Max != h.Max:
					return nil, nil, fmt.Errorf("colours of %q: two scales for one label: use one scale, or two labels", h.Label)
				}
			}
			for _, r := range p.Rules {
				i := slices.IndexFunc(rules, func(known Rule) bool { return known.Label == r.Label })
				switch {
				case r.Label == "" || !p.draws(r):
				case i < 0:
					rules = append(rules, r)
				case rules[i].Dash != r.Dash:
					return nil, nil, fmt.Errorf("rule %q: two dashes for one label: use one, or two labels", r.Label)
				case rules[i].Role != r.Role:
					rules[i].Role = ""
				}
			}
		}
	}
	for _, h := range heats {
		lines = append(lines, h.scale(more[h.Label]))
	}
	for _, r := range rules {
		lines = append(lines, entry{r.Label, swatchWidth, func(c *draw.Canvas, from, to vg.Point) {
			c.StrokeLines(style.ruleLine(r), []vg.Point{from, to})
		}})
	}
	return entries, lines, nil
}

// differs reports whether two looks need separate entries, judging by what is
// drawn of them. Bands do not count, and opacity alone does not tell lines
// apart.
func (l look) differs(other look) bool {
	visible := func(l look) look {
		l.band, l.alpha = false, 0
		if l.dash == "" {
			l.dash = "solid"
		}
		switch l.marks {
		case Points:
			l.dash = ""
		case LineOnly:
			l.marker, l.hollow = "", false
		case LineMarks:
			l.marks = LinePoints
		}
		l.color = strings.ToLower(l.color)
		return l
	}
	return visible(l) != visible(other)
}

// entry returns the legend entry for a series of this look.
func (l look) entry(label string, style Style) entry {
	width := vg.Length(swatchWidth)
	if l.marks == Points {
		width = vg.Length(1.6 * style.MarkerSize)
	}
	return entry{label, width, func(c *draw.Canvas, from, to vg.Point) {
		if l.marks != Points {
			c.StrokeLines(l.line(style), []vg.Point{from, to})
		}
		if l.marks != LineOnly {
			l.drawMarker(c, style, vg.Point{X: (from.X + to.X) / 2, Y: from.Y})
		}
	}}
}

// note returns the entry that explains the bands, with a sample of one if
// series have intervals. The sample is a line alone if none of them is known.
func (f Figure) note(style Style) entry {
	e := entry{label: f.Note}
	banded := false
	for _, row := range f.Rows {
		for _, p := range row.Panels {
			for _, s := range p.Series {
				if len(s.Lo) > 0 {
					e.swatch = swatchWidth
					banded = banded || slices.ContainsFunc(s.Lo, finite)
				}
			}
		}
	}
	e.draw = func(c *draw.Canvas, from, to vg.Point) { meanSwatch(c, style, banded, from, to) }
	return e
}

func meanSwatch(c *draw.Canvas, style Style, banded bool, from, to vg.Point) {
	ink, up := mustColor(style.Ink), vg.Point{Y: vg.Length(style.LegendSize * 0.42)}
	if banded {
		c.FillPolygon(withAlpha(ink, style.BandAlpha), []vg.Point{from.Sub(up), to.Sub(up), to.Add(up), from.Add(up)})
	}
	c.StrokeLines(draw.LineStyle{Color: ink, Width: vg.Length(style.LineWidth)}, []vg.Point{from, to})
}

func (e entry) width(t text.Style) vg.Length {
	if e.swatch == 0 {
		return t.Width(e.label)
	}
	return e.swatch + swatchGap + t.Width(e.label)
}

// legend is the strip below the panels.
type legend struct {
	rows []legendRow
	text text.Style
}

// legendRow is a centred row of entries. They are placed side by side, or in
// columns of equal width that line up with the rows above and below.
type legendRow struct {
	entries []entry
	columns int       // 0 means side by side
	cell    vg.Length // width of a column including its gap
}

// layLegend places series, rules and the note in one row if they fit the width.
// Otherwise it places the note below the others. If these still do not fit, the
// series are placed in columns, with the rules and the note below.
func (f Figure) layLegend(style Style, width vg.Length) (legend, error) {
	l := legend{text: textStyle(style, style.LegendSize)}
	series, rules, err := f.legend(style)
	if err != nil {
		return l, err
	}
	below := slices.Clone(rules)
	if f.Note != "" {
		below = append(below, f.note(style))
	}
	for _, e := range slices.Concat(series, rules) {
		if e.width(l.text) > width {
			return l, fmt.Errorf("the legend has no room for %q: shorten it or enlarge the figure", e.label)
		}
	}
	all := legendRow{entries: slices.Concat(series, below)}
	switch {
	case len(all.entries) == 0:
		return l, nil
	case all.width(l.text) <= width:
		l.rows = []legendRow{all}
		return l, nil
	}
	if withRules := (legendRow{entries: slices.Concat(series, rules)}); f.Note != "" && withRules.width(l.text) <= width {
		l.rows = append([]legendRow{withRules}, l.broken(f.note(style), width)...)
		return l, nil
	}
	l.rows = l.inColumns(series, width)
	switch {
	case len(below) == 0:
	case legendRow{entries: below}.width(l.text) <= width:
		l.rows = append(l.rows, legendRow{entries: below})
	default:
		if len(rules) > 0 {
			l.rows = append(l.rows, l.inColumns(rules, width)...)
		}
		if f.Note != "" {
			l.rows = append(l.rows, l.broken(f.note(style), width)...)
		}
	}
	return l, nil
}

// inColumns places entries in one row if they fit, and otherwise in columns.
func (l legend) inColumns(entries []entry, width vg.Length) []legendRow {
	if row := (legendRow{entries: entries}); len(entries) == 0 || row.width(l.text) <= width {
		return []legendRow{row}[:min(len(entries), 1)]
	}
	var cell vg.Length
	for _, e := range entries {
		cell = max(cell, e.width(l.text)+entryGap)
	}
	columns := max(1, int((width+entryGap)/cell))
	rows := (len(entries) + columns - 1) / columns
	columns = (len(entries) + rows - 1) / rows // even out the rows
	var list []legendRow
	for part := range slices.Chunk(entries, columns) {
		list = append(list, legendRow{part, columns, cell})
	}
	return list
}

// broken breaks the note into as many lines as it needs. The first line has the
// sample.
func (l legend) broken(note entry, width vg.Length) []legendRow {
	var rows []legendRow
	for i, line := range wrap(note.label, l.text, width-swatchWidth-swatchGap) {
		e := entry{label: line}
		if i == 0 {
			e = note
			e.label = line
		}
		rows = append(rows, legendRow{entries: []entry{e}})
	}
	return rows
}

func (r legendRow) width(t text.Style) vg.Length {
	if r.columns > 0 {
		return vg.Length(r.columns)*r.cell - entryGap
	}
	width := vg.Length(-entryGap)
	for _, e := range r.entries {
		width += e.width(t) + entryGap
	}
	return width
}

// height returns the height of the strip, or 0 if there are no entries.
func (l legend) height() vg.Length {
	if len(l.rows) == 0 {
		return 0
	}
	return vg.Length(len(l.rows))*l.pitch() + 2*legendMargin
}

// pitch returns the distance between two rows.
func (l legend) pitch() vg.Length { return l.text.Font.Size * 1.5 }

// draw draws the legend in the strip c.
func (l legend) draw(c draw.Canvas) {
	y := c.Max.Y - legendMargin - l.pitch()/2
	for _, row := range l.rows {
		x := c.Center().X - row.width(l.text)/2
		for _, e := range row.entries {
			at := x
			if e.swatch > 0 {
				e.draw(&c, vg.Point{X: at, Y: y}, vg.Point{X: at + e.swatch, Y: y})
				at += e.swatch + swatchGap
			}
			// The middle of lower-case letters is about 0.36 of the font size
			// above the baseline.
			drawText(&c, l.text, vg.Point{X: at, Y: y - l.text.Font.Size*0.36}, e.label)
			if row.columns > 0 {
				x += row.cell
			} else {
				x += e.width(l.text) + entryGap
			}
		}
		y -= l.pitch()
	}
}
