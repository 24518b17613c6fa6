package chart

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"math"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// pdf returns the page as PDF with heading, caption and metadata.
func (p page) pdf() ([]byte, error) {
	c := newPDFCanvas(p.width, p.height)
	c.doc.SetTitle(p.figure.heading(), true)
	c.doc.SetSubject(p.figure.Caption, true)
	keywords := make([]string, 0, len(p.figure.Metadata))
	for _, k := range p.figure.sortedMetadata() {
		keywords = append(keywords, k+"="+p.figure.Metadata[k])
	}
	c.doc.SetKeywords(strings.Join(keywords, "; "), true)
	if err := p.draw(c); err != nil {
		return nil, err
	}
	var file bytes.Buffer
	err := c.doc.Output(&file)
	return file.Bytes(), err
}

// pdfCanvas is a vg.Canvas on a page of PDF. It replaces gonum's own, which
// supports only the 219 characters of code page 1252 (no minus sign, no Greek)
// and no bold font, and darkens transparent colours. Gonum's canvas also hides
// the document, whose dates differ from run to run and whose fields must carry
// the metadata.
type pdfCanvas struct {
	doc           *fpdf.Fpdf
	width, height vg.Length
	state         []pdfState // the last one is current
	fonts         map[font.Font]string
}

type pdfState struct {
	color  color.Color
	width  vg.Length
	dashes []vg.Length
	offset vg.Length
}

func newPDFCanvas(width, height vg.Length) *pdfCanvas {
	doc := fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", Size: fpdf.SizeType{Wd: width.Points(), Ht: height.Points()}})
	// The format requires a time, and a figure has none.
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	doc.SetCreationDate(epoch)
	doc.SetModificationDate(epoch)
	doc.SetCatalogSort(true)
	doc.SetMargins(0, 0, 0)
	doc.SetAutoPageBreak(false, 0)
	doc.AddPage()
	doc.SetLineJoinStyle("round")
	c := &pdfCanvas{doc: doc, width: width, height: height, state: make([]pdfState, 1), fonts: make(map[font.Font]string)}
	vg.Initialize(c)
	return c
}

func (c *pdfCanvas) Size() (width, height vg.Length) { return c.width, c.height }

func (c *pdfCanvas) now() *pdfState { return &c.state[len(c.state)-1] }

func (c *pdfCanvas) SetLineWidth(w vg.Length) {
	c.now().width = w
	c.doc.SetLineWidth(w.Points())
}

func (c *pdfCanvas) SetLineDash(pattern []vg.Length, offset vg.Length) {
	c.now().dashes, c.now().offset = pattern, offset
	points := make([]float64, len(pattern))
	for i, d := range pattern {
		points[i] = d.Points()
	}
	c.doc.SetDashPattern(points, offset.Points())
}

func (c *pdfCanvas) SetColor(clr color.Color) {
	if clr == nil {
		clr = color.Black
	}
	c.now().color = clr
	plain := straight(clr)
	r, g, b := int(plain.R), int(plain.G), int(plain.B)
	c.doc.SetFillColor(r, g, b)
	c.doc.SetDrawColor(r, g, b)
	c.doc.SetTextColor(r, g, b)
	c.doc.SetAlpha(float64(plain.A)/255, "Normal")
}

// The origin of vg is the lower left corner, as in PDF itself; that of fpdf is
// the upper left. Each point is flipped when it is drawn, so transformations
// are those of PDF.

func (c *pdfCanvas) Rotate(rad float64) {
	c.doc.TransformRotate(rad*180/math.Pi, 0, c.height.Points())
}

func (c *pdfCanvas) Translate(by vg.Point) {
	c.doc.TransformTranslate(by.X.Points(), -by.Y.Points())
}

func (c *pdfCanvas) Scale(x, y float64) {
	c.doc.TransformScale(100*x, 100*y, 0, c.height.Points())
}

func (c *pdfCanvas) Push() {
	c.state = append(c.state, *c.now())
	c.doc.TransformBegin()
}

// Pop also restores the state in fpdf, which does not know that PDF restores
// it.
func (c *pdfCanvas) Pop() {
	c.doc.TransformEnd()
	c.state = c.state[:len(c.state)-1]
	s := *c.now()
	c.SetColor(s.color)
	c.SetLineWidth(s.width)
	c.SetLineDash(s.dashes, s.offset)
}

func (c *pdfCanvas) Stroke(p vg.Path) {
	if c.now().width > 0 {
		c.path(p, "D")
	}
}

func (c *pdfCanvas) Fill(p vg.Path) { c.path(p, "F") }

func (c *pdfCanvas) point(p vg.Point) (x, y float64) {
	return p.X.Points(), (c.height - p.Y).Points()
}

func (c *pdfCanvas) path(p vg.Path, paint string) {
	for _, s := range p {
		x, y := c.point(s.Pos)
		switch {
		case s.Type == vg.MoveComp:
			c.doc.MoveTo(x, y)
		case s.Type == vg.LineComp:
			c.doc.LineTo(x, y)
		case s.Type == vg.CloseComp:
			c.doc.ClosePath()
		case s.Type == vg.CurveComp && len(s.Control) == 2:
			x0, y0 := c.point(s.Control[0])
			x1, y1 := c.point(s.Control[1])
			c.doc.CurveBezierCubicTo(x0, y0, x1, y1, x, y)
		default:
			c.doc.SetErrorf("path component %d is not among those that figures are made of", s.Type)
		}
	}
	c.doc.DrawPath(paint)
}

func (c *pdfCanvas) FillString(face font.Face, at vg.Point, s string) {
	if face.Font.Size == 0 || s == "" {
		return
	}
	style := ""
	if face.Font.Weight == xfont.WeightBold {
		style = "B"
	}
	c.doc.SetFont(c.font(face, style), style, face.Font.Size.Points())
	x, y := c.point(at)
	c.doc.Text(x, y, s)
}

// font returns the family under which the document knows the font.
func (c *pdfCanvas) font(face font.Face, style string) string {
	key := font.From(face.Font, 0)
	if family, ok := c.fonts[key]; ok {
		return family
	}
	var file bytes.Buffer
	if _, err := face.Face.WriteSourceTo(nil, &file); err != nil {
		c.doc.SetError(fmt.Errorf("embed font %s: %w", face.Name(), err))
		return ""
	}
	family := string(key.Typeface) + string(key.Variant)
	c.doc.AddUTF8FontFromBytes(family, style, file.Bytes())
	c.fonts[key] = family
	return family
}

func (c *pdfCanvas) DrawImage(vg.Rectangle, image.Image) {
	c.doc.SetErrorf("figures have no images")
}
