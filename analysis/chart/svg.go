package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// metadataSpace is the XML namespace of the entries in an SVG's metadata
// element.
const metadataSpace = "urn:sparsel:figure"

// svgCanvas is gonum's canvas, with a length for each text. The font of a
// picture is named, not embedded, and a reader that has none of the named fonts
// takes another, which may be wider. The length makes it fit the room that the
// layout has left for it.
type svgCanvas struct {
	*vgsvg.Canvas
	lengths []vg.Length
}

// FillString leaves out spaces at the ends, which SVG does not draw either.
func (c *svgCanvas) FillString(face font.Face, at vg.Point, text string) {
	trimmed := strings.TrimLeft(text, " ")
	at.X += face.Width(text[:len(text)-len(trimmed)])
	trimmed = strings.TrimRight(trimmed, " ")
	if trimmed == "" {
		return
	}
	at = steadyPoint(at)
	c.Canvas.FillString(face, at, trimmed)
	c.lengths = append(c.lengths, face.Width(trimmed))
}

// bytes returns the document with the length of each text.
func (c *svgCanvas) bytes() ([]byte, error) {
	var file bytes.Buffer
	if _, err := c.WriteTo(&file); err != nil {
		return nil, err
	}
	const start = "<text "
	parts := strings.Split(file.String(), start)
	if len(parts) != len(c.lengths)+1 {
		return nil, fmt.Errorf("the canvas wrote %d texts of %d", len(parts)-1, len(c.lengths))
	}
	var body bytes.Buffer
	body.WriteString(parts[0])
	for i, part := range parts[1:] {
		fmt.Fprintf(&body, `%stextLength="%.5g" lengthAdjust="spacingAndGlyphs" %s`, start, steadyLength(c.lengths[i]), part)
	}
	return body.Bytes(), nil
}

// svg returns the page as SVG with heading, caption and metadata.
func (p page) svg() ([]byte, error) {
	c := &svgCanvas{Canvas: vgsvg.New(p.width, p.height)}
	if err := p.draw(c); err != nil {
		return nil, err
	}
	body, err := c.bytes()
	if err != nil {
		return nil, err
	}
	const family = "font-family:Liberation Sans;"
	body = bytes.ReplaceAll(body, []byte(family), []byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif;"))
	// The other formats join lines with round corners. SVG's default would draw
	// spikes at sharp corners.
	const root = "<svg "
	start := bytes.Index(body, []byte(root))
	if start < 0 {
		return nil, errors.New("the canvas wrote no svg element")
	}
	end := start + bytes.IndexByte(body[start:], '>') + 1

	var out bytes.Buffer
	out.Write(body[:start])
	out.WriteString(root + `role="img" stroke-linejoin="round" `)
	out.Write(body[start+len(root) : end])
	out.WriteString("\n")
	if err := p.svgMetadata(&out); err != nil {
		return nil, err
	}
	out.Write(body[end:])
	return out.Bytes(), nil
}

type svgEntry struct {
	Key   string `xml:"key,attr"`
	Value string `xml:",chardata"`
}

type svgMetadata struct {
	XMLName xml.Name   `xml:"metadata"`
	Entries []svgEntry `xml:"urn:sparsel:figure entry"`
}

func (p page) svgMetadata(out *bytes.Buffer) error {
	e := xml.NewEncoder(out)
	text := func(name, s string) error {
		if s == "" {
			return nil
		}
		defer out.WriteByte('\n')
		return e.EncodeElement(s, xml.StartElement{Name: xml.Name{Local: name}})
	}
	if err := text("title", p.figure.heading()); err != nil {
		return err
	}
	if err := text("desc", p.figure.Caption); err != nil {
		return err
	}
	if len(p.figure.Metadata) == 0 {
		return nil
	}
	var m svgMetadata
	for _, k := range p.figure.sortedMetadata() {
		m.Entries = append(m.Entries, svgEntry{k, p.figure.Metadata[k]})
	}
	defer out.WriteByte('\n')
	return e.Encode(m)
}
