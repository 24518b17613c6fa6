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

// What a figure may consist of: shapes, text and what paints and clips them. Everything else is refused, known to be
// harmful or not: a picture comes from a file, and browsers learn new ways to run and to fetch.
var (
	elements = set("svg g defs clipPath path rect circle ellipse line polyline polygon text tspan use linearGradient radialGradient stop")

	attributes = set("id style transform viewBox preserveAspectRatio d points x y dx dy x1 y1 x2 y2 cx cy r rx ry fx fy width height offset " +
		"clipPathUnits gradientUnits gradientTransform spreadMethod textLength lengthAdjust")

	// properties may stand in a style, or be attributes.
	properties = set("fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-dasharray stroke-dashoffset stroke-linecap " +
		"stroke-linejoin stroke-miterlimit opacity color clip-path clip-rule font-family font-size font-style font-variant font-weight " +
		"text-anchor dominant-baseline stop-color stop-opacity")
)

// maxUses bounds the elements that show others again: each may show several of the next, and thirty of them a billion.
const maxUses = 16

// What values may look like. There is no backslash, so no escapes, and no parenthesis but in transformations and
// references within the picture, so no functions.
var (
	plainValue = regexp.MustCompile(`^[-+#%'"\w\s.,]*$`)
	transform  = regexp.MustCompile(`^(\s|,|(matrix|translate|scale|rotate|skewX|skewY)\s*\([-+\w\s.,]*\))*$`)
	identifier = regexp.MustCompile(`^[A-Za-z][-\w.]*$`)
	reference  = regexp.MustCompile(`^\s*url\(\s*['"]?([^'")\s]*)['"]?\s*\)\s*$`)
)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// inlineSVG rewrites an SVG document as an element to stand in a page: without prolog, comments and metadata, and
// with every id, and every reference to one, prefixed, since ids of two figures would collide. Whatever it does not know
// is an error, as is an SVG without a viewBox, which could not shrink.
func inlineSVG(svg []byte, prefix string) ([]byte, error) {
	d := xml.NewDecoder(bytes.NewReader(svg))
	var out bytes.Buffer
	var open []string
	skip, started, uses := 0, 0, 0 // started: the length after a start tag
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
			if t.Name.Local == "use" {
				uses++
			}
			if uses > maxUses {
				return nil, fmt.Errorf("inline SVG: more than %d <use>", maxUses)
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
	if !elements[name] || t.Name.Space != "" || root != (name == "svg") {
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
		value, err := attribute(name, key, a.Value, prefix)
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

// attribute gives the value that an attribute has in the page.
func attribute(element, key, value, prefix string) (string, error) {
	switch {
	case key == "style":
		return style(value, prefix)
	case properties[key]:
		return property(key, value, prefix)
	case (key == "href" || key == "xlink:href") && element == "use":
		id, internal := strings.CutPrefix(value, "#")
		if !internal || !identifier.MatchString(id) {
			return "", fmt.Errorf("inline SVG: it refers to %q, outside itself", value)
		}
		return "#" + prefix + id, nil
	case key == "id" && identifier.MatchString(value):
		return prefix + value, nil
	case key == "transform" || key == "gradientTransform":
		if transform.MatchString(value) {
			return value, nil
		}
	case attributes[key] && key != "id":
		if plainValue.MatchString(value) {
			return value, nil
		}
	default:
		return "", fmt.Errorf("inline SVG: the attribute %s has no place in a figure", key)
	}
	return "", fmt.Errorf("inline SVG: %s is %q", key, value)
}

// style gives the declarations of a style attribute, each of them checked.
func style(value, prefix string) (string, error) {
	declarations := strings.Split(value, ";")
	for i, d := range declarations {
		if strings.TrimSpace(d) == "" {
			continue
		}
		name, v, _ := strings.Cut(d, ":")
		if !properties[strings.TrimSpace(name)] {
			return "", fmt.Errorf("inline SVG: the style %q has no place in a figure", strings.TrimSpace(name))
		}
		v, err := property(name, v, prefix)
		if err != nil {
			return "", err
		}
		declarations[i] = name + ":" + v
	}
	return strings.Join(declarations, ";"), nil
}

// property gives the value of a property: a plain one, or a reference to a part of the picture.
func property(name, value, prefix string) (string, error) {
	if plainValue.MatchString(value) {
		return value, nil
	}
	if m := reference.FindStringSubmatch(value); m != nil {
		id, internal := strings.CutPrefix(m[1], "#")
		if !internal || !identifier.MatchString(id) {
			return "", fmt.Errorf("inline SVG: it refers to %q, outside itself", m[1])
		}
		return "url(#" + prefix + id + ")", nil
	}
	return "", fmt.Errorf("inline SVG: %s is %q", strings.TrimSpace(name), value)
}
