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

// dropped lists elements whose content the page states in its own words or does
// not need.
var dropped = []string{"title", "desc", "metadata"}

// A figure may consist only of shapes, text, and elements that paint and clip
// them. Everything else is refused, whether known to be harmful or not, because
// pictures come from files and browsers gain new ways to run code and to fetch.
var (
	elements = set("svg g defs clipPath path rect circle ellipse line polyline polygon text tspan use linearGradient radialGradient stop")

	attributes = set("id style transform viewBox preserveAspectRatio d points x y dx dy x1 y1 x2 y2 cx cy r rx ry fx fy width height offset " +
		"clipPathUnits gradientUnits gradientTransform spreadMethod textLength lengthAdjust")

	// properties may be in a style or be attributes.
	properties = set("fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-dasharray stroke-dashoffset stroke-linecap " +
		"stroke-linejoin stroke-miterlimit opacity color clip-path clip-rule font-family font-size font-style font-variant font-weight " +
		"text-anchor dominant-baseline stop-color stop-opacity")
)

// maxUses bounds the number of elements that show other elements. Each may show
// several of the next, so thirty of them could draw a billion.
const maxUses = 16

// These are the permitted forms of values. They have no backslash, so no
// escapes, and no parenthesis except in transformations and in references
// within the picture, so no functions.
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

// inlineSVG rewrites an SVG document as an element of a page. It removes the
// prolog, comments and metadata, and prefixes every id and every reference to
// one, because ids of two figures would collide. Anything it does not know is
// an error, as is an SVG without a viewBox, which could not be scaled.
func inlineSVG(svg []byte, prefix string) ([]byte, error) {
	d := xml.NewDecoder(bytes.NewReader(svg))
	var out bytes.Buffer
	var open []string
	skip, started, uses := 0, 0, 0 // started is the length of the output after a start tag
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
				out.WriteString("/>") // HTML parsers accept this within SVG
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

// startElement writes an element. The page itself gives the root's name for
// assistive technology.
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

// attribute returns the value that an attribute has in the page.
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

// style returns the declarations of a style attribute after checking each of
// them.
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

// property returns the value of a property, which is plain or a reference to a
// part of the picture.
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
