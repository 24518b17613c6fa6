package tabulate

import (
	"regexp"
	"strings"
)

// A spreadsheet takes a cell for a formula that begins with one of these signs, in ASCII or at full width, or with a
// break or tab and whatever follows, and a formula may start programs and send data away.
var formula = regexp.MustCompile(`^[=+\-@\t\r\n＝＋－＠]`)

// number is what our numbers look like, those with an error or a percent sign too.
var number = regexp.MustCompile(`^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?( ?± ?[0-9.]+([eE][-+]?[0-9]+)?)? ?%?$|^[-+]Inf$|^[-–]$`)

// Cell gives a text as a cell of a CSV file. One that a spreadsheet would take for a formula gets a ' before it, which
// spreadsheets know for the sign of a text. Numbers stay as they are.
func Cell(text string) string {
	if formula.MatchString(text) && !number.MatchString(text) {
		return "'" + text
	}
	return text
}

// Cells gives each text of a line as a cell.
func Cells(line []string) []string {
	cells := make([]string, len(line))
	for i, text := range line {
		cells[i] = Cell(text)
	}
	return cells
}

// What Markdown, and GitHub's form of it, would make more of than text: markup, HTML, links and images, footnotes, and
// addresses that become links by themselves. Brackets alone are intervals.
var markdownEscapes = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "<", "&lt;", "`", "\\`", "~", `\~`,
	"](", `]\(`, "][", `]\[`, "]:", `]\:`, "[^", `[\^`, "://", `\://`, "www.", `www\.`, "WWW.", `WWW\.`, "@", `\@`,
)

// entity is a character by its name or number.
var entity = regexp.MustCompile(`&(#?[0-9A-Za-z]+;)`)

// opening begins a heading, a quotation, a list or a definition where it begins a line.
var opening = regexp.MustCompile(`^ *([#>+=-])`)

// markdownText gives a text as Markdown that shows it. Cells of tables stand in no line's beginning.
func markdownText(text string) string {
	return markdownEscapes.Replace(entity.ReplaceAllString(text, "&amp;$1"))
}

// markdownLine is markdownText for what begins a line.
func markdownLine(text string) string {
	return opening.ReplaceAllString(markdownText(text), `\$1`)
}
