package tabulate

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// layout says how a table's columns are made to fit.
type layout struct {
	landscape bool
	shrunk    bool   // even that is too wide, so each page is scaled to the available width
	size      string // size of the type
	spec      string // column specification
	widths    []int  // widths of the columns that break lines, in characters; 0 for the others
}

// lines returns how many lines a row takes, if words fill three quarters of a
// line.
func (l layout) lines(row []string) int {
	n := 1
	for i, width := range l.widths {
		if width > 0 {
			n = max(n, 1+4*utf8.RuneCountInString(row[i])/(3*width))
		}
	}
	return n
}

// Widths in points in LaTeX's article class at 10 pt: a line of a page, upright
// and turned, and the space between two columns.
const (
	upright    = 345
	turned     = 550
	separation = 6
)

// sizes lists the type sizes that the layout tries, upright and then turned. A
// character is as wide as a wide letter, 0.62 of the size. In Computer Modern
// the small sizes are wider in proportion.
var sizes = []struct {
	command   string
	character float64 // points
}{{`\small`, 5.3}, {`\footnotesize`, 4.9}, {`\scriptsize`, 4.6}, {`\tiny`, 4.0}}

// column is the room that a column needs, in characters.
type column struct {
	numeric       bool
	natural, word int // the longest cell, and the longest word in any cell
}

// wrapped is the number of characters from which a column of text may be broken
// into lines.
const wrapped = 24

func (c column) wraps() bool { return !c.numeric && c.natural > wrapped }

// least returns the smallest width of the column.
func (c column) least() int {
	if c.wraps() {
		return max(c.word, wrapped)
	}
	return c.natural
}

// layout chooses the largest type in which all columns fit, first upright, with
// sentences broken into lines, and then turned.
func (t Table) layout() layout {
	columns := make([]column, len(t.Header))
	least := 0
	for i := range columns {
		columns[i] = t.column(i)
		least += columns[i].least()
	}
	between := float64(separation * (len(columns) - 1))
	for _, l := range []struct {
		landscape bool
		width     float64
	}{{false, upright}, {true, turned}} {
		for _, size := range sizes {
			if size.command == `\tiny` && !l.landscape {
				continue // turning the page is better than tiny type
			}
			if free := l.width - between - float64(least)*size.character; free >= 0 {
				return laidOut(layout{landscape: l.landscape, size: size.command}, columns, free, size.character)
			}
		}
	}
	return laidOut(layout{landscape: true, shrunk: true, size: `\tiny`}, columns, 0, sizes[len(sizes)-1].character)
}

// laidOut divides the free width among the columns that break lines, each in
// proportion to what it can use.
func laidOut(l layout, columns []column, free, character float64) layout {
	var b strings.Builder
	b.WriteString("@{}")
	wanting := 0.0
	for _, c := range columns {
		if c.wraps() {
			wanting += float64(c.natural-c.least()) * character
		}
	}
	l.widths = make([]int, len(columns))
	for i, c := range columns {
		switch {
		case c.wraps():
			width := float64(c.least()) * character
			if wanting > 0 {
				width += float64(c.natural-c.least()) * character * min(1, free/wanting)
			}
			l.widths[i] = int(width / character)
			fmt.Fprintf(&b, `>{\raggedright\arraybackslash}p{%.0fpt}`, width)
		case c.numeric:
			b.WriteString("r")
		default:
			b.WriteString("l")
		}
	}
	b.WriteString("@{}")
	l.spec = b.String()
	return l
}

func (t Table) column(i int) column {
	c := column{numeric: t.numeric(i)}
	for _, row := range append([][]string{t.Header}, t.Rows...) {
		c.natural = max(c.natural, utf8.RuneCountInString(row[i]))
		for _, word := range strings.FieldsFunc(row[i], unicode.IsSpace) {
			c.word = max(c.word, utf8.RuneCountInString(word))
		}
	}
	return c
}
