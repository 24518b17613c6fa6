package chart

import (
	"bytes"
	"encoding/xml"
	"errors"

	"gonum.org/v1/plot/vg/vgsvg"
)

// metadataSpace is the XML namespace of the entries in an SVG's metadata
// element.
const metadataSpace = "urn:sparsel:figure"

// svg returns the page as SVG with heading, caption and metadata. Its font is
// named, not embedded, together with fonts of the same widths.
func (p page) svg() ([]byte, error) {
	c := vgsvg.New(p.width, p.height)
	if err := p.draw(c); err != nil {
		return nil, err
	}
	var file bytes.Buffer
	if _, err := c.WriteTo(&file); err != nil {
		return nil, err
	}
	const family = "font-family:Liberation Sans;"
	body := bytes.ReplaceAll(file.Bytes(), []byte(family), []byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif;"))
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
