package figure

import (
	"fmt"
	"slices"
	"strings"
)

// line is one series, with its place, name and look.
type line struct {
	place
	words [2]string // its labels in the figure's first and second dimension of lines
	label string
	look
}

// look is what distinguishes a line from others. If marker or dash are empty,
// those of the role are used.
type look struct {
	role, dash, marker string
	hollow             bool
}

// onlyLine is the role of a line that has no others beside it.
const onlyLine = "accuracy"

// levelRoles gives the roles of lines that are ordered, or have no role of
// their own, by the number of lines. Their colours are far apart in lightness,
// and the lightest comes last.
var levelRoles = map[int][]int{
	1: {1}, 2: {1, 5}, 3: {1, 4, 6}, 4: {1, 3, 5, 6}, 5: {1, 3, 4, 5, 6}, 6: {1, 2, 3, 4, 5, 6}, 7: {1, 2, 3, 4, 5, 6, 7},
}

// What distinguishes lines besides their colour: the dashes of lines and the
// markers of dots. Every second marker is an outline.
var (
	dashes  = []string{"solid", "dashed", "dotted", "dashdot", "longdash", "dashdotdot", "longdashdot"}
	markers = []string{"circle", "square", "triangle", "down", "diamond", "plus", "cross"}
)

// products is the number of products of metrics that have a role, product1 and
// so on.
const products = 3

// colours returns the role of each value of the lines' first dimension. No two
// roles are the same. It returns an error if there are too many values.
func (p Params) colours() (map[string]string, error) {
	if len(p.Lines) == 0 {
		return map[string]string{"": onlyLine}, nil
	}
	dimension := p.Lines[0]
	list := p.levels(dimension)
	roles := map[string]string{}
	switch dimension {
	case "optimizer":
		for _, name := range list {
			roles[name] = name
		}
	case "metric":
		count := 0
		var others []string // those without a role of their own
		for _, name := range list {
			if roles[name] = name; strings.Contains(name, " * ") {
				count++
				roles[name] = fmt.Sprintf("product%d", count)
			} else if further(name) {
				others = append(others, name)
			}
		}
		if len(others) > len(levelRoles) {
			return nil, tooMany(len(others), "further metrics", len(levelRoles), "colour")
		}
		for i, name := range others {
			roles[name] = fmt.Sprintf("level%d", levelRoles[len(others)][i])
		}
		if count > products {
			return nil, tooMany(count, "products", products, "colour")
		}
	default:
		if i := slices.Index(list, wholeNetwork); dimension == "layer" && i >= 0 {
			roles[wholeNetwork] = onlyLine
			list = slices.Delete(list, i, i+1)
		}
		if len(list) > len(levelRoles) {
			return nil, tooMany(len(list), dimension+"s", len(levelRoles), "colour")
		}
		for i, label := range list {
			roles[label] = fmt.Sprintf("level%d", levelRoles[len(list)][i])
		}
	}
	return roles, nil
}

func tooMany(count int, what string, most int, by string) error {
	return fmt.Errorf("%d %s as lines: %d can be told apart by %s; show fewer, or tell them apart by rows, columns or x",
		count, what, most, by)
}

// looks returns a function that gives the look of a line from its labels in the
// two dimensions.
func (p Params) looks() (func(first, second string) look, error) {
	roles, err := p.colours()
	if err != nil {
		return nil, err
	}
	var seconds []string
	if len(p.Lines) > 1 {
		if seconds = p.levels(p.Lines[1]); len(seconds) > len(dashes) {
			return nil, tooMany(len(seconds), p.Lines[1]+"s", len(dashes), "dash")
		}
	}
	return func(first, second string) look {
		l := look{role: roles[first]}
		if l.role == "" {
			l.role = onlyLine
		}
		if i := slices.Index(seconds, second); i >= 0 {
			l.hollow = i%2 == 1
			if p.X.against() {
				l.marker = markers[i]
			} else {
				l.dash = dashes[i]
			}
		}
		return l
	}, nil
}

// Roles lists the roles of the figure's lines.
func (p Params) Roles() []string {
	roles, err := p.colours()
	if err != nil {
		return nil // Try reports the error
	}
	list := []string{onlyLine}
	for _, role := range roles {
		list = append(list, role)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// lines lists the series of a panel.
func (d *description) lines(from place) []line {
	var dimensions [2]string
	copy(dimensions[:], d.Lines)
	if from.panel.Difference { // one number for both conditions
		for i, dimension := range dimensions {
			if dimension == "condition" {
				dimensions[i] = ""
			}
		}
	}
	outer, inner := 1, 0
	if dimensions[1] == "layer" && dimensions[0] == "metric" { // each metric has layers of its own
		outer, inner = 0, 1
	}
	var lines []line
	places, outerLabels := d.spread(from, dimensions[outer])
	for j, at := range places {
		places, innerLabels := d.spread(at, dimensions[inner])
		for i, at := range places {
			l := line{place: at}
			l.words[outer], l.words[inner] = outerLabels[j], innerLabels[i]
			l.look = d.look(l.words[0], l.words[1])
			words := slices.Clone(l.words[:])
			for k, dimension := range dimensions {
				if dimension == "metric" {
					words[k] = lineName(words[k])
				}
			}
			if from.panel.Difference { // so that it looks like neither of its conditions
				words = append(words, "difference")
				l.dash = dashes[2]
			}
			l.label = joined(words)
			lines = append(lines, l)
		}
	}
	return lines
}

// joined joins the words that are not empty.
func joined(words []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(words), func(s string) bool { return s == "" }), ", ")
}
