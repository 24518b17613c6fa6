package chart

import (
	"fmt"
	"image"
	"image/color"
	"maps"
	"slices"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// Formats lists the formats that Render can write.
var Formats = []string{"png", "svg", "pdf", "csv"}

// Render validates the figure and returns it as a file of the given format. CSV
// has the numbers that the figure shows. The package comment says what the
// formats have in common.
func Render(f Figure, style Style, format string) ([]byte, error) {
	if err := f.Validate(style); err != nil {
		return nil, err
	}
	if format == "csv" {
		return f.csv(), nil
	}
	write, ok := map[string]func(page) ([]byte, error){"png": page.png, "svg": page.svg, "pdf": page.pdf}[format]
	if !ok {
		return nil, fmt.Errorf("figure %s: no format %q: use one of %q", f.ID, format, Formats)
	}
	p, err := newPage(f, style)
	if err != nil {
		return nil, err
	}
	data, err := write(p)
	if err != nil {
		return nil, fmt.Errorf("figure %s: write %s: %w", f.ID, format, err)
	}
	return data, nil
}

// Check reports what keeps a figure from being drawn in the style: whatever
// [Figure.Validate] reports, and labels that leave no room. It lays the figure
// out as Render does and discards the drawing.
func Check(f Figure, style Style) error {
	if err := f.Validate(style); err != nil {
		return err
	}
	p, err := newPage(f, style)
	if err != nil {
		return err
	}
	if err := p.draw(nowhere{width: p.width, height: p.height}); err != nil {
		return fmt.Errorf("figure %s: %w", f.ID, err)
	}
	return nil
}

// nowhere is a canvas that discards everything.
type nowhere struct{ width, height vg.Length }

func (n nowhere) Size() (w, h vg.Length)               { return n.width, n.height }
func (nowhere) SetLineWidth(vg.Length)                 {}
func (nowhere) SetLineDash([]vg.Length, vg.Length)     {}
func (nowhere) SetColor(color.Color)                   {}
func (nowhere) Rotate(float64)                         {}
func (nowhere) Translate(vg.Point)                     {}
func (nowhere) Scale(float64, float64)                 {}
func (nowhere) Push()                                  {}
func (nowhere) Pop()                                   {}
func (nowhere) Stroke(vg.Path)                         {}
func (nowhere) Fill(vg.Path)                           {}
func (nowhere) FillString(font.Face, vg.Point, string) {}
func (nowhere) DrawImage(vg.Rectangle, image.Image)    {}

// heading returns the figure's name for the metadata.
func (f Figure) heading() string {
	if f.Title == "" {
		return "Figure " + f.ID
	}
	return "Figure " + f.ID + ": " + f.Title
}

// sortedMetadata returns the keys of the metadata in order.
func (f Figure) sortedMetadata() []string {
	return slices.Sorted(maps.Keys(f.Metadata))
}
