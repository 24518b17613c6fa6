package chart

import (
	"fmt"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	plotfont "gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
)

// pngCanvas is gonum's raster canvas with two changes that make pictures the
// same on all machines. First, text is filled as outlines. The original canvas
// warps small pictures of glyphs, which blurs all text, and it does so in
// floating point that some architectures contract, which shows in rotated text.
// Second, points are moved here to the rasteriser's grid of 1/64 pixel, so that
// later differences in the last bit cannot tip them either way.
type pngCanvas struct{ *vgimg.Canvas }

func (c pngCanvas) Fill(p vg.Path)   { c.Canvas.Fill(mapPoints(p, c.snap)) }
func (c pngCanvas) Stroke(p vg.Path) { c.Canvas.Stroke(mapPoints(p, c.snap)) }

// snap returns the point of the grid nearest to p.
func (c pngCanvas) snap(p vg.Point) vg.Point {
	cells := 64 * c.DPI() / vg.Inch.Points() // per point
	return vg.Point{
		X: vg.Length(math.Round(float64(p.X)*cells) / cells),
		Y: vg.Length(math.Round(float64(p.Y)*cells) / cells),
	}
}

func (c pngCanvas) FillString(face plotfont.Face, at vg.Point, s string) {
	if face.Font.Size > 0 {
		c.Fill(outline(face, at, s))
	}
}

// outline returns the outlines of the glyphs of s, kerned, with the baseline
// starting at the given point. It panics if the font does not parse; the fonts
// are embedded in the program.
func outline(face plotfont.Face, at vg.Point, s string) vg.Path {
	var (
		path     vg.Path
		buffer   sfnt.Buffer
		previous sfnt.GlyphIndex
		// At a size of one unit per em unit, coordinates are those of the font.
		ppem  = fixed.Int26_6(face.Face.UnitsPerEm())
		scale = face.Font.Size / vg.Length(ppem)
	)
	check := func(err error) {
		if err != nil {
			panic(fmt.Sprintf("chart: glyphs of %q: %v", s, err))
		}
	}
	for i, char := range s {
		glyph, err := face.Face.GlyphIndex(&buffer, char)
		check(err)
		if i > 0 {
			// A font without kerning returns an error, which is no reason to
			// stop.
			if kern, err := face.Face.Kern(&buffer, previous, glyph, ppem, font.HintingNone); err == nil {
				at.X += vg.Length(vg.Length(kern) * scale)
			}
		}
		segments, err := face.Face.LoadGlyph(&buffer, glyph, ppem, nil)
		check(err)
		appendGlyph(&path, segments, at, scale)
		advance, err := face.Face.GlyphAdvance(&buffer, glyph, ppem, font.HintingNone)
		check(err)
		at.X += vg.Length(vg.Length(advance) * scale)
		previous = glyph
	}
	return path
}

// appendGlyph adds the contours of a glyph, whose y axis points down.
func appendGlyph(path *vg.Path, segments sfnt.Segments, at vg.Point, scale vg.Length) {
	point := func(p fixed.Point26_6) vg.Point {
		return vg.Point{X: at.X + vg.Length(float64(p.X)*float64(scale)), Y: at.Y - vg.Length(float64(p.Y)*float64(scale))}
	}
	for i, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if i > 0 {
				path.Close()
			}
			path.Move(point(s.Args[0]))
		case sfnt.SegmentOpLineTo:
			path.Line(point(s.Args[0]))
		case sfnt.SegmentOpQuadTo:
			path.QuadTo(point(s.Args[0]), point(s.Args[1]))
		case sfnt.SegmentOpCubeTo:
			path.CubeTo(point(s.Args[0]), point(s.Args[1]), point(s.Args[2]))
		}
	}
	if len(segments) > 0 {
		path.Close()
	}
}
