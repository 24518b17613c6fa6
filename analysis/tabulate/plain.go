package tabulate

import (
	"regexp"
	"strings"
)

// A spreadsheet takes a cell for a formula if it begins with one of these
// signs, in ASCII or at full width, or with a line break or tab, and a formula
// may start programs and send data away.
var formula = regexp.MustCompile(`^[=+\-@\t\r\n＝＋－＠]`)

// number matches the numbers of this project, including those with an error or
// a percent sign.
var number = regexp.MustCompile(`^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?( ?± ?[0-9.]+([eE][-+]?[0-9]+)?)? ?%?$` +
	`|^[-+]Inf$|^[-–]$`)

// Cell returns a text as a cell of a CSV file. A text that a spreadsheet would
// take for a formula is preceded by a ', by which spreadsheets recognise text.
// Numbers are not changed.
func Cell(text string) string {
	if formula.MatchString(text) && !number.MatchString(text) {
		return "'" + text
	}
	return text
}

// Cells returns each text of a line as a cell.
func Cells(line []string) []string {
	cells := make([]string, len(line))
	for i, text := range line {
		cells[i] = Cell(text)
	}
	return cells
}

// Escapes for everything that Markdown, or GitHub's form of it, would not show
// as text: markup, HTML, links and images, footnotes, and addresses that become
// links by themselves. Brackets alone are intervals and stay.
var markdownEscapes = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "<", "&lt;", "`", "\\`", "~", `\~`,
	"](", `]\(`, "][", `]\[`, "]:", `]\:`, "[^", `[\^`, "://", `\://`, "www.", `www\.`, "WWW.", `WWW\.`, "@", `\@`,
)

// entity matches a character given by its name or number.
var entity = regexp.MustCompile(`&(#?[0-9A-Za-z]+;)`)

// opening matches the start of a heading, a quotation, a list or a definition
// at the beginning of a line.
var opening = regexp.MustCompile(`^ *([#>+=-])`)

// markdownText returns Markdown that shows a text as it is. It is for cells of
// tables, which are not at the beginning of a line.
func markdownText(text string) string {
	return markdownEscapes.Replace(entity.ReplaceAllString(text, "&amp;$1"))
}

// markdownLine is like markdownText for text at the beginning of a line.
func markdownLine(text string) string {
	return opening.ReplaceAllString(markdownText(text), `\$1`)
}
