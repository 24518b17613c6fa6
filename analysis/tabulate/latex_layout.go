package tabulate

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// layout is how a table's columns are made to fit.
type layout struct {
	landscape bool
	shrunk    bool   // not even so: each page is scaled to the width that there is
	size      string // of the type
	spec      string // of the columns
	widths    []int  // of those that break, in characters; 0 of the others
}

// lines is how many lines a row takes, if words fill three quarters of a line.
func (l layout) lines(row []string) int {
	n := 1
	for i, width := range l.widths {
		if width > 0 {
			n = max(n, 1+4*utf8.RuneCountInString(row[i])/(3*width))
		}
	}
	return n
}

// Widths in points of LaTeX's article class at 10 pt: a line of a page upright and turned, and what is between two columns.
const (
	upright    = 345
	turned     = 550
	separation = 6
)

// sizes are those that the layout tries, upright and then turned. A character's width is that of a wide one among letters,
// 0.62 of the size, for Computer Modern, of which the small sizes are broader.
var sizes = []struct {
	command   string
	character float64 // points
}{{`\small`, 5.3}, {`\footnotesize`, 4.9}, {`\scriptsize`, 4.6}, {`\tiny`, 4.0}}

// column is what a column needs, in characters.
type column struct {
	numeric       bool
	natural, word int // the longest cell, and the longest word of any
}

// wrapped is from how many characters on a column of text may be broken into lines.
const wrapped = 24

func (c column) wraps() bool { return !c.numeric && c.natural > wrapped }

// least is how narrow the column may become.
func (c column) least() int {
	if c.wraps() {
		return max(c.word, wrapped)
	}
	return c.natural
}

// layout chooses the largest type in which all columns fit upright, sentences broken into lines; then turned.
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
				continue // one would rather turn the page
			}
			if free := l.width - between - float64(least)*size.character; free >= 0 {
				return laidOut(layout{landscape: l.landscape, size: size.command}, columns, free, size.character)
			}
		}
	}
	return laidOut(layout{landscape: true, shrunk: true, size: `\tiny`}, columns, 0, sizes[len(sizes)-1].character)
}

// laidOut gives the columns to break what is free, each in proportion to what it can use.
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
