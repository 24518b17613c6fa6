package tabulate

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Macro is a number that a text may cite by name. Path describes it from the
// general to the particular, and Text is the number as a table shows it.
type Macro struct {
	Path []string
	Text string
}

// Macros lists the numbers of a table: each cell that is a number, identified
// by the table, its row and its column. A row is identified by its first cells:
// those that are words, and as many more as are needed to tell all rows apart.
// A column whose heading others have too belongs to the one before them: in
// accuracy, thesis, sparsity, thesis they are accuracy's and sparsity's.
func (t Table) Macros() []Macro {
	keys := t.keys()
	var list []Macro
	for _, row := range t.Rows {
		for c := keys; c < len(row); c++ {
			if text := strings.TrimSpace(row[c]); isNumber(text) {
				list = append(list, Macro{Path: slices.Concat([]string{"Table", t.ID}, row[:keys], t.columnPath(c)), Text: text})
			}
		}
	}
	return list
}

// columnPath identifies a column by its heading, after that of the column to
// which it belongs if others have the same.
func (t Table) columnPath(c int) []string {
	repeated := func(c int) bool {
		return slices.Contains(slices.Concat(t.Header[:c], t.Header[c+1:]), t.Header[c])
	}
	if !repeated(c) {
		return t.Header[c : c+1]
	}
	for of := c - 1; of >= 0; of-- {
		if !repeated(of) {
			return []string{t.Header[of], t.Header[c]}
		}
	}
	return t.Header[c : c+1]
}

// keys returns how many of the first columns identify a row.
func (t Table) keys() int {
	least := 1
	for least < len(t.Header)-1 && !t.numeric(least) {
		least++
	}
	for n := least; n < len(t.Header); n++ {
		seen := map[string]bool{}
		for _, row := range t.Rows {
			seen[strings.Join(row[:n], "\x00")] = true
		}
		if len(seen) == len(t.Rows) {
			return n
		}
	}
	return len(t.Header)
}

// isNumber reports whether a cell is a number, possibly with an error, an
// interval or a percent sign, and not a mark for a missing one.
func isNumber(text string) bool {
	value, _, _ := strings.Cut(text, " [")
	value = strings.ReplaceAll(value, "−", "-")
	return strings.ContainsAny(value, "0123456789") && number.MatchString(value)
}

// RenderMacros writes numbers as LaTeX macros, one per line, in the order of
// the list. Names consist only of letters, as LaTeX requires: digits and signs
// are spelled out. They depend only on the paths. If two paths would have the
// same name, both are spelled out sign by sign.
func RenderMacros(list []Macro) ([]byte, error) {
	count := map[string]int{}
	for _, m := range list {
		count[macroName(m.Path, words)]++
	}
	var b bytes.Buffer
	taken := map[string]bool{}
	for _, m := range list {
		name := macroName(m.Path, words)
		if count[name] > 1 {
			name = macroName(m.Path, signs)
		}
		if name == "" || taken[name] {
			return nil, fmt.Errorf("macros: %q would have the name \\%s, which another has; give its row another name",
				strings.Join(m.Path, "/"), name)
		}
		taken[name] = true
		fmt.Fprintf(&b, "\\newcommand{\\%s}{\\ensuremath{%s}}\n", name, mathText.Replace(m.Text))
	}
	return b.Bytes(), nil
}

// mathText turns a number into math mode. A text, such as a verdict, is set
// upright.
var mathText = strings.NewReplacer("±", `\pm `, "−", "-", "×", `\times `, "%", `\%`, "·", `\cdot `, " ", `\ `)

func macroName(path []string, spell func(string) string) string {
	var b strings.Builder
	for _, part := range path {
		b.WriteString(spell(part))
	}
	return b.String()
}

var digits = [...]string{"Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"}

// spelled are the signs that have names of their own.
var spelled = map[rune]string{
	'β': "Beta", 'ρ': "Rho", 'ε': "Epsilon", '₁': "One", '₂': "Two", '²': "Squared", '%': "Percent", '±': "PlusMinus",
}

func letter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }
func digit(r rune) bool  { return '0' <= r && r <= '9' }

// words spells a text as a person would: each word begins with a capital, and
// whatever is between words is left out.
func words(text string) string {
	var b strings.Builder
	runes, begins := []rune(text), true
	for i, r := range runes {
		next := rune(0)
		if i+1 < len(runes) {
			next = runes[i+1]
		}
		switch name, named := spelled[r], spelled[r] != ""; {
		case letter(r) && begins:
			b.WriteString(strings.ToUpper(string(r)))
		case letter(r):
			b.WriteRune(r)
		case digit(r):
			b.WriteString(digits[r-'0'])
		case r == '.' && digit(next):
			b.WriteString("Point")
		case (r == '-' || r == '−') && digit(next) && (i == 0 || !digit(runes[i-1])):
			b.WriteString("Minus")
		case named:
			b.WriteString(name)
		case r >= utf8.RuneSelf:
			b.WriteString(code(r))
		}
		begins = !letter(r)
	}
	return b.String()
}

// signs spells a text sign by sign, so that no two texts are spelled alike.
func signs(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case letter(r):
			b.WriteRune(r)
		case digit(r):
			b.WriteString(digits[r-'0'])
		default:
			b.WriteString(code(r))
		}
	}
	return b.String() + "X"
}

// code names a sign by its number in Unicode.
func code(r rune) string {
	text := "U"
	for _, d := range fmt.Sprintf("%X", r) {
		if digit(d) {
			text += digits[d-'0']
		} else {
			text += string(d)
		}
	}
	return text
}
