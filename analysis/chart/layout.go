package chart

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Measures of the page in points.
const (
	outerMargin = 3
	columnGap   = 9
	rowGap      = 4
	tickLength  = 2.8

	smallestFrame = 15 // the smallest frame of a panel, in both directions

	labelGap = 6  // smallest distance between tick labels along x
	tickLine = 15 // smallest distance between labelled ticks along y
)

// page is a figure after layout: what is drawn, and its size.
type page struct {
	figure        Figure
	style         Style
	width, height vg.Length
	legend        legend
	heads         []headLine
	title, header vg.Length // heights of the lines above the panels and of a panel's title
}

// newPage lays out a figure that Validate has accepted.
func newPage(f Figure, style Style) (page, error) {
	p := page{figure: f, style: style, width: vg.Length(style.Width) * vg.Inch}
	p.header = vg.Length(1.7 * style.TitleSize)
	p.heads = f.heads(style, p.width-2*outerMargin)
	p.title = vg.Length(len(p.heads)) * vg.Length(1.6*style.TitleSize)
	var err error
	if p.legend, err = f.layLegend(style, p.width-2*outerMargin); err != nil {
		return page{}, fmt.Errorf("figure %s: %w", f.ID, err)
	}
	p.height = p.title + p.legend.height() + 2*outerMargin
	for _, row := range f.Rows {
		p.height += vg.Length(vg.Length(style.PanelHeight) * vg.Inch)
		if row.ShareX { // its frames stay as high as those of a row with labels
			for _, size := range []float64{style.LabelSize, style.TickSize} {
				p.height -= handler.Extents(font.From(sans, vg.Length(size))).Height
			}
		}
	}
	return p, nil
}

// draw draws the page onto a canvas of its size. It returns an error if labels
// leave no room for the panels.
func (p page) draw(canvas vg.CanvasSizer) error {
	c := draw.New(steady{canvas})
	c.FillPolygon(mustColor("#ffffff"), []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}})
	c = draw.Crop(c, outerMargin, -outerMargin, outerMargin, -outerMargin)
	for i, h := range p.heads {
		h.draw(&c, vg.Length(i)*vg.Length(1.6*p.style.TitleSize))
	}
	p.legend.draw(draw.Crop(c, 0, 0, 0, p.legend.height()-(c.Max.Y-c.Min.Y)))

	plots, canvases := p.arrange(c)
	letter := 'a'
	for i, row := range p.figure.Rows {
		for j, panel := range row.Panels {
			at := canvases[i][j]
			data := plots[i][j].DataCanvas(at)
			if panel.Equal {
				at = squared(at, data)
				data = plots[i][j].DataCanvas(at)
			}
			if size := data.Size(); !(size.X >= smallestFrame && size.Y >= smallestFrame) {
				return fmt.Errorf("labels leave no room for row %d, panel %d: shorten them or enlarge the figure", i+1, j+1)
			}
			if err := p.crowded(panel.Title, data); err != nil {
				return fmt.Errorf("row %d, panel %d: %w", i+1, j+1, err)
			}
			plots[i][j].Draw(at)
			p.drawHeader(data, string(letter), panel.Title)
			letter++
		}
	}
	return nil
}

// crowded returns an error if a panel's title is wider than the frame.
func (p page) crowded(title string, frame draw.Canvas) error {
	t := textStyle(p.style, p.style.TitleSize)
	if letter := t.Width("m") + vg.Length(0.6*p.style.TitleSize); t.Width(title) > frame.Size().X-letter {
		return fmt.Errorf("the title %q is wider than the panel: shorten it or enlarge the figure", title)
	}
	return nil
}

// squared returns the central part of a panel's canvas that makes its frame a
// square.
func squared(at, frame draw.Canvas) draw.Canvas {
	size := frame.Size()
	if spare := size.X - size.Y; spare > 0 {
		return draw.Crop(at, spare/2, -spare/2, 0, 0)
	} else {
		return draw.Crop(at, 0, 0, -spare/2, spare/2)
	}
}

// arrange makes the plots and gives each its part of the canvas. If the labels
// of the ticks along y would overlap, because other labels leave less room than
// estimated, the plots are made again with as many as there is room for.
func (p page) arrange(c draw.Canvas) ([][]*plot.Plot, [][]draw.Canvas) {
	plots, canvases := p.arranged(c, math.Inf(1))
	lowest, low := vg.Length(math.Inf(1)), false
	for i, row := range plots {
		for j, g := range row {
			if g != nil {
				height := g.DataCanvas(canvases[i][j]).Size().Y
				lowest, low = min(lowest, height), low || p.overlap(g.Y, height)
			}
		}
	}
	if low {
		return p.arranged(c, float64(lowest))
	}
	return plots, canvases
}

// arranged is arrange for frames that are known to be no higher.
func (p page) arranged(c draw.Canvas, height float64) ([][]*plot.Plot, [][]draw.Canvas) {
	plots, columns := p.plots(height)
	tiles := draw.Tiles{
		Rows: len(plots), Cols: columns,
		PadTop: p.title + p.header, PadBottom: p.legend.height(),
		PadX: columnGap, PadY: rowGap + p.header,
	}
	return plots, plot.Align(plots, tiles, c)
}

// overlap reports whether labels of ticks are on top of one another along an
// axis of the given height. Digits are about 0.72 of the font size high.
func (p page) overlap(a plot.Axis, height vg.Length) bool {
	below := math.Inf(-1)
	for _, t := range a.Tick.Marker.Ticks(a.Min, a.Max) {
		if t.Label == "" {
			continue
		}
		at := (t.Value - a.Min) / (a.Max - a.Min) * float64(height)
		if at-below < 0.72*p.style.TickSize {
			return true
		}
		below = at
	}
	return false
}

// drawHeader writes the letter and title of a panel above its frame. A figure
// of one panel has no letter.
func (p page) drawHeader(data draw.Canvas, letter, title string) {
	at := vg.Point{X: data.Min.X, Y: data.Max.Y + vg.Length(0.5*p.style.TitleSize)}
	if len(p.figure.Rows) > 1 || len(p.figure.Rows[0].Panels) > 1 {
		t := textStyle(p.style, p.style.TitleSize)
		t.Font = font.From(bold, t.Font.Size)
		drawText(&data, t, at, letter)
		at.X += t.Width(letter) + 0.6*t.Font.Size
	}
	drawText(&data, textStyle(p.style, p.style.TitleSize), at, title)
}

// plots returns a rectangular grid of plots, with nil where a row is shorter
// than the longest. Ticks along y are at most as many as fit the given height.
func (p page) plots(height float64) (plots [][]*plot.Plot, columns int) {
	for _, row := range p.figure.Rows {
		columns = max(columns, len(row.Panels))
	}
	// Estimate the room for ticks: the frame takes what the labels leave of a
	// panel. Along x the labels take about a line of text and five digits, once
	// per row if its panels share y.
	tile := (float64(p.width) - 2*outerMargin - float64((columns-1)*columnGap)) / float64(columns)
	beside := float64(1.35*p.style.LabelSize) + float64(3.5*p.style.TickSize)
	up := float64(p.style.PanelHeight*72) - float64(5*p.style.LabelSize)
	everyX, columnY := p.figure.aligned()
	for _, row := range p.figure.Rows {
		shared := emptySpan
		for j, panel := range row.Panels {
			_, y := panel.spans()
			if p.figure.AlignY {
				y = columnY[j]
			}
			shared = shared.with(y)
		}
		across := tile - beside
		if row.ShareY {
			across = tile - beside/float64(columns)
		}
		line := make([]*plot.Plot, columns)
		for j, panel := range row.Panels {
			x, y := panel.spans()
			if p.figure.AlignX {
				x = everyX
			}
			if p.figure.AlignY {
				y = columnY[j]
			}
			if panel.Equal {
				x = x.with(y)
				y = x
			}
			if row.ShareY {
				y = shared
				first := row.Panels[0].Y
				first.Label = ""
				if j > 0 {
					panel.Y = first
				}
			}
			if row.ShareX {
				panel.X.Label = ""
			}
			marginX, across := marginX, across
			if panel.Equal { // one scale needs equal ticks
				marginX, across = marginY, min(across, up)
			}
			line[j] = p.plot(panel, panel.X.limits(x, marginX), panel.Y.limits(y, marginY), across, up, min(up, height))
			if row.ShareX {
				line[j].Add(overhang(line[j].X))
				unlabel(&line[j].X)
			}
			if row.ShareY && j > 0 {
				unlabel(&line[j].Y)
			}
		}
		plots = append(plots, line)
	}
	return plots, columns
}

// aligned returns the range of x over all panels, and the range of y of each
// column.
func (f Figure) aligned() (everyX span, columnY []span) {
	everyX = emptySpan
	for _, row := range f.Rows {
		for j, panel := range row.Panels {
			if j == len(columnY) {
				columnY = append(columnY, emptySpan)
			}
			x, y := panel.spans()
			everyX, columnY[j] = everyX.with(x), columnY[j].with(y)
		}
	}
	return everyX, columnY
}

// spans returns the ranges of what the panel shows.
func (p Panel) spans() (x, y span) {
	x, y = emptySpan, emptySpan
	for _, s := range p.Series {
		for i := range s.X {
			x.add(s.X[i], p.X.Scale)
			y.add(s.Y[i], p.Y.Scale)
			if len(s.Lo) > 0 && finite(s.Y[i]) {
				y.add(s.Lo[i], p.Y.Scale)
				y.add(s.Hi[i], p.Y.Scale)
			}
			for _, r := range s.Runs {
				y.add(r.Y[i], p.Y.Scale)
			}
		}
	}
	if p.Heat != nil {
		rows, columns := p.Heat.size()
		x.add(-0.5, p.X.Scale)
		x.add(float64(columns)-0.5, p.X.Scale)
		y.add(p.Heat.edge(0), p.Y.Scale)
		y.add(p.Heat.edge(rows), p.Y.Scale)
	}
	for _, r := range p.Rules {
		switch r.Kind {
		case Vertical:
			x.add(r.At, p.X.Scale)
		case Horizontal:
			y.add(r.At, p.Y.Scale)
		}
	}
	return x, y
}

// plot returns the axes of a panel with its contents. Across and up are the
// lengths of the axes, in points, and height is what labelled ticks along y may
// fill.
func (p page) plot(panel Panel, x, y span, across, up, height float64) *plot.Plot {
	xTicks, yTicks := panel.X.fittingTicks(x, across, textStyle(p.style, p.style.TickSize)), panel.Y.placedTicks(y, int(height/tickLine))
	g := plot.New()
	g.BackgroundColor = nil
	g.TextHandler = handler
	g.Add(contents{panel, p.style, xTicks, yTicks, min(x.lo, y.lo), max(x.hi, y.hi)})
	for _, a := range []struct {
		axis   *plot.Axis
		of     Axis
		limits span
		ticks  []plot.Tick
		length float64
	}{{&g.X, panel.X, x, xTicks, across}, {&g.Y, panel.Y, y, yTicks, up}} {
		limits := a.of.Scale.place(a.limits)
		a.axis.Min, a.axis.Max = limits.lo, limits.hi
		a.axis.Padding = 0
		a.axis.Width = 0 // the frame is drawn over the data
		a.axis.Tick.Marker = plot.ConstantTicks(a.ticks)
		a.axis.Tick.Length = tickLength
		a.axis.Tick.Width = frameWidth
		a.axis.Tick.Color = mustColor(p.style.Ink)
		// Break a label longer than its axis, which would push the frame out of
		// line with those of other panels.
		a.axis.Label.Text = strings.Join(wrap(a.of.Label, textStyle(p.style, p.style.LabelSize), vg.Length(0.9*a.length)), "\n")
		a.axis.Label.Padding = 2
		p.setText(&a.axis.Label.TextStyle, p.style.LabelSize)
		p.setText(&a.axis.Tick.Label, p.style.TickSize)
	}
	return g
}

// setText changes the font of a style and keeps its alignment.
func (p page) setText(t *text.Style, size float64) {
	t.Font, t.Handler, t.Color = font.From(sans, vg.Length(size)), handler, mustColor(p.style.Ink)
}

// overhang reserves the room to the right of the frame that the labels of an x
// axis would take, so that frames line up with those of a row with labels. At
// the left gonum reserves no room for labels.
func overhang(a plot.Axis) room {
	var boxes room
	for _, t := range a.Tick.Marker.Ticks(a.Min, a.Max) {
		half := a.Tick.Label.Width(t.Label) / 2
		boxes = append(boxes, plot.GlyphBox{
			X: (t.Value - a.Min) / (a.Max - a.Min), Y: 0.5,
			Rectangle: vg.Rectangle{Max: vg.Point{X: half}},
		})
	}
	return boxes
}

// room is a plotter that draws nothing but reserves room.
type room []plot.GlyphBox

func (room) Plot(draw.Canvas, *plot.Plot)            {}
func (r room) GlyphBoxes(*plot.Plot) []plot.GlyphBox { return r }

// unlabel keeps the labelled ticks of an axis but removes their labels and the
// room for them.
func unlabel(a *plot.Axis) {
	var ticks plot.ConstantTicks
	for _, t := range a.Tick.Marker.Ticks(a.Min, a.Max) {
		if !t.IsMinor() {
			ticks = append(ticks, plot.Tick{Value: t.Value})
		}
	}
	a.Tick.Marker = ticks
	a.Tick.Length *= 2 // ticks without a label are drawn at half the length
}
