package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// dropped are elements that the page says in its own words, or has no use for.
var dropped = []string{"title", "desc", "metadata"}

// refused are elements that could run or fetch something.
var refused = []string{"script", "foreignobject", "image", "iframe", "style", "a"}

// reference finds url(#id), as clip paths and gradients are named.
var reference = regexp.MustCompile(`url\(\s*['"]?([^'")\s]*)['"]?\s*\)`)

// inlineSVG rewrites an SVG document as an element to stand in a page: without prolog, comments and metadata, and
// with every id, and every reference to one, prefixed, since ids of two figures would collide. Anything that could run
// or fetch something is an error, as is an SVG without a viewBox, which could not shrink.
func inlineSVG(svg []byte, prefix string) ([]byte, error) {
	d := xml.NewDecoder(bytes.NewReader(svg))
	var out bytes.Buffer
	var open []string
	skip, started := 0, 0 // started: the length after a start tag
	for {
		token, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("parse SVG: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			open = append(open, t.Name.Local)
			if skip > 0 || slices.Contains(dropped, t.Name.Local) {
				skip++
				continue
			}
			if err := startElement(&out, t, prefix, len(open) == 1); err != nil {
				return nil, err
			}
			started = out.Len()
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1] != t.Name.Local {
				return nil, fmt.Errorf("parse SVG: </%s> does not close what is open", t.Name.Local)
			}
			open = open[:len(open)-1]
			if skip > 0 {
				skip--
				continue
			}
			if out.Len() == started {
				out.Truncate(started - 1)
				out.WriteString("/>") // HTML parsers know it within SVG
				continue
			}
			fmt.Fprintf(&out, "</%s>", t.Name.Local)
		case xml.CharData:
			if text := bytes.TrimSpace(t); skip == 0 && len(text) > 0 {
				xml.EscapeText(&out, text)
			}
		}
	}
	if len(open) > 0 || out.Len() == 0 {
		return nil, errors.New("parse SVG: cut short")
	}
	return out.Bytes(), nil
}

// startElement writes an element. The root's name for readers that don't see it is the page's business.
func startElement(out *bytes.Buffer, t xml.StartElement, prefix string, root bool) error {
	name := t.Name.Local
	if slices.Contains(refused, strings.ToLower(name)) || root != (name == "svg") {
		return fmt.Errorf("inline SVG: <%s> has no place in a figure", name)
	}
	fmt.Fprintf(out, "<%s", name)
	viewBox := false
	for _, a := range t.Attr {
		key := a.Name.Local
		if a.Name.Space != "" && a.Name.Space != "xmlns" {
			key = a.Name.Space + ":" + key
		}
		if a.Name.Space == "xmlns" || key == "xmlns" || root && (key == "role" || strings.HasPrefix(key, "aria-")) {
			continue // an HTML parser knows the namespaces
		}
		viewBox = viewBox || key == "viewBox"
		value, err := attribute(key, a.Value, prefix)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, ` %s="`, key)
		xml.EscapeText(out, []byte(value))
		out.WriteByte('"')
	}
	if root && !viewBox {
		return errors.New("inline SVG: it has no viewBox")
	}
	out.WriteByte('>')
	return nil
}

func attribute(key, value, prefix string) (string, error) {
	switch {
	case strings.HasPrefix(strings.ToLower(key), "on"):
		return "", fmt.Errorf("inline SVG: the attribute %s has no place in a figure", key)
	case key == "id":
		return prefix + value, nil
	case key == "href" || key == "xlink:href":
		id, internal := strings.CutPrefix(value, "#")
		if !internal {
			return "", fmt.Errorf("inline SVG: it refers to %q, outside itself", value)
		}
		return "#" + prefix + id, nil
	}
	for _, m := range reference.FindAllStringSubmatch(value, -1) {
		if !strings.HasPrefix(m[1], "#") {
			return "", fmt.Errorf("inline SVG: it refers to %q, outside itself", m[1])
		}
	}
	return reference.ReplaceAllStringFunc(value, func(s string) string {
		return "url(#" + prefix + strings.TrimPrefix(reference.FindStringSubmatch(s)[1], "#") + ")"
	}), nil
}
