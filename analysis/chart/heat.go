package chart

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// mostCells bounds the cells of a heat map, because each is a polygon in SVG
// and PDF.
const mostCells = 1 << 17

// heatColors are samples of the map "plasma" (Smith and van der Walt, 2015) at
// eighths.
var heatColors = []string{"#0d0887", "#4c02a1", "#7e03a8", "#aa2395", "#cc4778", "#e66c5c", "#f89540", "#fdc527", "#f0f921"}

// size returns the number of rows and of cells in the first row.
func (h *Heat) size() (rows, columns int) {
	if len(h.Values) > 0 {
		columns = len(h.Values[0])
	}
	return len(h.Values), columns
}

func (h *Heat) validate() error {
	if h == nil {
		return nil
	}
	rows, columns := h.size()
	switch {
	case rows == 0 || columns == 0:
		return errors.New("no cells")
	case rows*columns > mostCells:
		return fmt.Errorf("%d cells, more than %d", rows*columns, mostCells)
	case !finite(h.Low) || !finite(h.High) || h.Low > h.High:
		return fmt.Errorf("rows from %v to %v: the first must be the smaller", h.Low, h.High)
	case !finite(h.Min) || !finite(h.Max) || h.Min >= h.Max:
		return fmt.Errorf("colours from %v to %v: the first must be the smaller", h.Min, h.Max)
	}
	for k, row := range h.Values {
		if len(row) != columns {
			return fmt.Errorf("row %d has %d cells, the first %d", k+1, len(row), columns)
		}
	}
	return checkText(h.Label)
}

// ranged reports whether the rows have a range of their own along y.
func (h *Heat) ranged() bool { return h.Low < h.High }

// edge returns where row k begins along y, which is where row k − 1 ends.
func (h *Heat) edge(k int) float64 {
	if !h.ranged() {
		return float64(k) - 0.5
	}
	return h.Low + float64((h.High-h.Low)*float64(k))/float64(len(h.Values))
}

// exceeds reports whether a cell's value is beyond the last colour's.
func (h *Heat) exceeds() bool {
	return slices.ContainsFunc(h.Values, func(row []float64) bool {
		return slices.ContainsFunc(row, func(v float64) bool { return finite(v) && v > h.Max })
	})
}

// scale returns the legend's entry for the colours. more says that some values
// are beyond them.
func (h *Heat) scale(more bool) entry {
	const width, steps = 60, 30
	label := fmt.Sprintf("%s, %s to %s", h.Label, strconv.FormatFloat(h.Min, 'g', 3, 64), strconv.FormatFloat(h.Max, 'g', 3, 64))
	if more {
		label += " or more"
	}
	return entry{label, width, func(c *draw.Canvas, from, to vg.Point) {
		up := vg.Point{Y: 3}
		part := (to.X - from.X) / steps
		for i := range steps {
			left := vg.Point{X: from.X + part*vg.Length(i), Y: from.Y}
			right := vg.Point{X: left.X + part, Y: from.Y}
			c.FillPolygon(heatColor((float64(i)+0.5)/steps), []vg.Point{left.Sub(up), right.Sub(up), right.Add(up), left.Add(up)})
		}
	}}
}

// draw fills the cells.
func (h *Heat) draw(c *draw.Canvas, x, y func(float64) vg.Length) {
	for k, row := range h.Values {
		bottom, top := y(h.edge(k)), y(h.edge(k+1))
		for i, v := range row {
			fill := color.NRGBA{R: 255, G: 255, B: 255, A: 255}
			if finite(v) {
				fill = heatColor((v - h.Min) / (h.Max - h.Min))
			}
			left, right := x(float64(i)-0.5), x(float64(i)+0.5)
			c.FillPolygon(fill, c.ClipPolygonXY([]vg.Point{{X: left, Y: bottom}, {X: right, Y: bottom}, {X: right, Y: top}, {X: left, Y: top}}))
		}
	}
}

// heatColor interpolates the colour at a share of the way between the two
// nearest samples.
func heatColor(share float64) color.NRGBA {
	at := float64(math.Max(0, math.Min(1, share)) * float64(len(heatColors)-1))
	i := min(int(at), len(heatColors)-2)
	low, high, part := mustColor(heatColors[i]), mustColor(heatColors[i+1]), at-float64(i)
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + float64(part*(float64(b)-float64(a))))) }
	return color.NRGBA{R: mix(low.R, high.R), G: mix(low.G, high.G), B: mix(low.B, high.B), A: 255}
}

// record returns the CSV line of a cell, from the column kind on: x is the
// cell's place in its row, and the name is the row's, or where it begins.
func (h *Heat) record(p Panel, row, i int, v float64) []string {
	name, category := strconv.Itoa(row), ""
	if h.ranged() {
		name = exact(h.edge(row))
	}
	if p.Y.Scale == Categorical && row < len(p.Y.Categories) {
		name = p.Y.Categories[row]
	}
	if p.X.Scale == Categorical && i < len(p.X.Categories) {
		category = p.X.Categories[i]
	}
	return []string{"cell", h.Label, name, strconv.Itoa(i), category, exact(v), "", "", "", ""}
}
