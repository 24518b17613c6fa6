// Package quote makes text of unknown origin safe to print: file names, what a
// file says about itself, and errors of libraries that repeat either. Such text
// may contain line breaks that forge a line of this program's output, escape
// sequences that a terminal obeys, and marks that reverse the direction of
// writing.
package quote

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns s unchanged if all of it is printable, and as a Go string
// literal otherwise. The result is always one line.
func Text(s string) string {
	if utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return s
	}
	return strconv.Quote(s)
}

// Lines escapes everything in s that is not printable, except line breaks and
// tabs. It is for this program's own text, which may have several lines and may
// contain other text. A JSON string that it escapes remains valid JSON.
func Lines(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, `\u00%02x`, s[i])
		case r == '\n' || r == '\t' || unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

// Sprintf is fmt.Sprintf with [Text] applied to every argument that is a
// string, an error or a fmt.Stringer.
func Sprintf(format string, args ...any) string {
	safe := make([]any, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case string:
			safe[i] = Text(a)
		case error:
			safe[i] = Text(a.Error())
		case fmt.Stringer:
			safe[i] = Text(a.String())
		default:
			safe[i] = a
		}
	}
	return fmt.Sprintf(format, safe...)
}

// Fprintf prints what [Sprintf] returns.
func Fprintf(w io.Writer, format string, args ...any) {
	io.WriteString(w, Sprintf(format, args...))
}

// Writer returns a writer that passes [Lines] of what is written to it on to w.
func Writer(w io.Writer) io.Writer { return &writer{w: w} }

type writer struct {
	w    io.Writer
	rest []byte // the beginning of an incomplete character
}

func (q *writer) Write(p []byte) (int, error) {
	text := append(q.rest, p...)
	whole := len(text)
	for back := 1; back <= min(utf8.UTFMax-1, len(text)); back++ {
		if start := text[len(text)-back:]; utf8.RuneStart(start[0]) {
			if !utf8.FullRune(start) {
				whole -= back
			}
			break
		}
	}
	q.rest = append([]byte(nil), text[whole:]...)
	if _, err := io.WriteString(q.w, Lines(string(text[:whole]))); err != nil {
		return 0, err
	}
	return len(p), nil
}
