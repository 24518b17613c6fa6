// Package tabulate renders tables of text as CSV for programs, Markdown for
// reading, LaTeX for papers and JSON for the report. The meaning of the
// numbers, and how many digits they are shown with, is up to the caller.
package tabulate

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Table is a rectangle of text.
type Table struct {
	ID      string     `json:"id"`
	Title   string     `json:"title"`
	Caption string     `json:"caption"`
	Header  []string   `json:"header"`
	Rows    [][]string `json:"rows"`
	Notes   []string   `json:"notes"`

	// Data, if there is any, is written to the CSV instead of the header and
	// rows: the same numbers with all their digits, and columns that readers do
	// not need. Its first row is a header.
	Data [][]string `json:"-"`
}

// check refuses a table that is not rectangular, and text that is not a single
// line.
func (t Table) check() error {
	if t.ID == "" || len(t.Header) == 0 {
		return fmt.Errorf("table %q: needs an id and a header", t.ID)
	}
	for i, row := range t.Rows {
		if len(row) != len(t.Header) {
			return fmt.Errorf("table %s: row %d has %d cells, the header %d", t.ID, i, len(row), len(t.Header))
		}
	}
	for i, row := range t.Data {
		if len(row) != len(t.Data[0]) {
			return fmt.Errorf("table %s: row %d of the data has %d cells, the first %d", t.ID, i, len(row), len(t.Data[0]))
		}
	}
	for _, list := range slices.Concat([][]string{{t.ID, t.Title, t.Caption}, t.Header, t.Notes}, t.Rows) {
		for _, text := range list {
			if strings.ContainsFunc(text, unicode.IsControl) {
				return fmt.Errorf("table %s: %q is not one line of text", t.ID, text)
			}
		}
	}
	return nil
}

// Formats lists the formats, by the extensions of their files.
var Formats = []string{"csv", "md", "tex", "json"}

// Render returns the table in one of the formats.
func Render(t Table, format string) ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	switch format {
	case "csv":
		return t.csv(), nil
	case "md":
		return t.markdown(), nil
	case "tex":
		return t.latex(), nil
	case "json":
		return t.json()
	}
	return nil, fmt.Errorf("table %s: no format %q; there are %s", t.ID, format, strings.Join(Formats, ", "))
}

// WriteFiles writes the table in every format, each to the file that path
// names.
func WriteFiles(t Table, path func(format string) string) error {
	for _, format := range Formats {
		text, err := Render(t, format)
		if err != nil {
			return err
		}
		if err := os.WriteFile(path(format), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (t Table) csv() []byte {
	records := t.Data
	if records == nil {
		records = append([][]string{t.Header}, t.Rows...)
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for _, record := range records {
		w.Write(Cells(record)) // a bytes.Buffer accepts everything
	}
	w.Flush()
	return b.Bytes()
}

// json writes empty lists as such, never as null.
func (t Table) json() ([]byte, error) {
	if t.Rows == nil {
		t.Rows = [][]string{}
	}
	if t.Notes == nil {
		t.Notes = []string{}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(t); err != nil {
		return nil, fmt.Errorf("table %s: %w", t.ID, err)
	}
	return b.Bytes(), nil
}

// heading returns the title and caption as one text.
func (t Table) heading() string {
	parts := slices.DeleteFunc([]string{t.Title, t.Caption}, func(s string) bool { return s == "" })
	for i, p := range parts {
		parts[i] = stopped(p)
	}
	return strings.Join(parts, " ")
}

// stopped adds a full stop to a text that has no stop at its end.
func stopped(text string) string {
	if strings.ContainsAny(text[len(text)-1:], ".!?") {
		return text
	}
	return text + "."
}

// numericCell matches a number with or without its error, a share such as 2/3, a
// mark for a missing number, and nothing. A number may be followed by the number
// of runs that it is over.
var numericCell = func() *regexp.Regexp {
	const digits = `([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[-+]?[0-9]+)?`
	return regexp.MustCompile(`^(([-+−]?` + digits + `( ?± ?` + digits + `)? ?%?|[0-9]+/[0-9]+|[-–])( \[n = [0-9]+\]|, n = [0-9]+)?)?$`)
}()

// numeric reports whether a column has only numbers and marks for missing ones.
func (t Table) numeric(column int) bool {
	for _, row := range t.Rows {
		if !numericCell.MatchString(row[column]) {
			return false
		}
	}
	return len(t.Rows) > 0
}

func (t Table) markdown() []byte {
	var b bytes.Buffer
	if h := t.heading(); h != "" {
		fmt.Fprintf(&b, "%s\n\n", markdownLine(h))
	}
	line := func(cells []string) {
		for _, cell := range cells {
			fmt.Fprintf(&b, "| %s ", markdownText(cell))
		}
		b.WriteString("|\n")
	}
	line(t.Header)
	for i := range t.Header {
		if t.numeric(i) {
			b.WriteString("|--:")
			continue
		}
		b.WriteString("|---")
	}
	b.WriteString("|\n")
	for _, row := range t.Rows {
		line(row)
	}
	if len(t.Notes) > 0 {
		b.WriteString("\n")
	}
	for _, note := range t.Notes {
		fmt.Fprintf(&b, "- %s\n", markdownLine(note))
	}
	return b.Bytes()
}
