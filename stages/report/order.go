package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// natural compares ids as people order them: 5.2 before 5.10, B2 before B10.
func natural(a, b string) int {
	for a != "" && b != "" {
		x, y := leading(a), leading(b)
		m, err1 := strconv.Atoi(x)
		n, err2 := strconv.Atoi(y)
		c := cmp.Compare(x, y)
		if err1 == nil && err2 == nil {
			c = cmp.Or(cmp.Compare(m, n), c)
		}
		if c != 0 {
			return c
		}
		a, b = a[len(x):], b[len(y):]
	}
	return cmp.Compare(len(a), len(b))
}

// leading returns the run of digits, or of anything else, with which s begins.
func leading(s string) string {
	digit := func(c byte) bool { return '0' <= c && c <= '9' }
	n := 1
	for n < len(s) && digit(s[n]) == digit(s[0]) {
		n++
	}
	return s[:n]
}

// A group is a run of items under one heading.
type group[T any] struct {
	Name  string
	Items []T
}

// grouped returns items sorted by group and id, without changing the list.
func grouped[T any](list []T, key func(T) (name, id string)) []group[T] {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b T) int {
		x, i := key(a)
		y, k := key(b)
		return cmp.Or(natural(x, y), natural(i, k))
	})
	var groups []group[T]
	for _, item := range list {
		name, _ := key(item)
		if n := len(groups); n == 0 || groups[n-1].Name != name {
			groups = append(groups, group[T]{Name: name})
		}
		g := &groups[len(groups)-1]
		g.Items = append(g.Items, item)
	}
	return groups
}

// other is the group of items without a number.
const other = "other"

// chapter returns the part of a figure's id before its first dot. Ids that are
// not numbers form one group, which comes last.
func chapter(id string) string {
	name, _, _ := strings.Cut(id, ".")
	if _, err := strconv.Atoi(name); err != nil {
		return other
	}
	return name
}

// section returns the first section that a finding's source names, to the
// second level: "5.4" for "5.4.3, 6.1".
func section(source string) string {
	first, _, _ := strings.Cut(source, ",")
	if first == "" {
		return other
	}
	parts := strings.SplitN(strings.TrimSpace(first), ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

// topics are what the thesis's chapters and sections are about.
var topics = map[string]string{
	"5": "results", "6": "conclusions", "7": "every epoch",
	"5.1": "learning rates", "5.2": "over the epochs", "5.3": "training and test images", "5.4": "hidden layers",
	"5.5": "hyper-parameters", "5.6": "batch size", "5.7": "batches of consecutive digits", "5.8": "neurons",
	"5.9": "classes in a batch", "5.10": "a convolutional network", "5.11": "sorted images", "5.12": "conditions combined",
	"6.1": "summary",
}

// ChapterHeading returns the heading of figures whose numbers begin alike. In a
// study of one's own the numbers do not refer to the thesis.
func (v *view) ChapterHeading(number string) string {
	switch {
	case number != other && !v.OfThesis:
		return "Numbers " + number
	case !v.OfThesis && !v.Further && len(v.Figures) == 1:
		return "All of this study"
	}
	return v.heading("Chapter", number, "")
}

// SectionHeading returns the heading of findings. Their sections are those of
// the thesis, in whatever study the claims are tested.
func (v *view) SectionHeading(number string) string {
	what, of := "Section", ""
	if v.Further {
		what = "After section"
	}
	if !v.OfThesis {
		of = " of the thesis"
	}
	return v.heading(what, number, of)
}

// heading returns what a group is, its number, of what work it is a part, and
// its topic if there is one.
func (v *view) heading(what, number, of string) string {
	switch topic, ok := topics[number]; {
	case number == other && v.Further:
		return "All of this profile"
	case number == other && v.OfThesis:
		return "Without a number"
	case number == other:
		return "All others"
	case ok:
		return what + " " + number + of + ": " + topic
	}
	return what + " " + number + of
}

// FigureName names the figure that a finding is about. If a study of one's own
// does not show it, it is the thesis's, or that of claims which go further, to
// which the page has nothing to say.
func (v *view) FigureName(f Finding) string {
	switch id := f.Result.Figure; {
	case id == "":
		return ""
	case v.OfThesis || v.Shows(f):
		return "Figure " + id
	case v.Further:
		return ""
	default:
		return "the thesis's figure " + id
	}
}

// listed joins a list as in a sentence: a, b and c.
func listed[T any](list []T) string {
	var b strings.Builder
	for i, item := range list {
		switch {
		case i > 0 && i == len(list)-1:
			b.WriteString(" and ")
		case i > 0:
			b.WriteString(", ")
		}
		fmt.Fprint(&b, item)
	}
	return b.String()
}

// anchor returns an item's id in the page.
func anchor(kind, id string) string {
	return kind + "-" + strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '.', r == '_', r == '+':
			return r
		}
		return '_'
	}, id)
}
