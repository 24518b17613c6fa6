// Package quote makes text of unknown origin safe to print: file names, what a file says about itself, errors of libraries
// that repeat it. Such text may hold line breaks that forge a line of ours, escape sequences that a terminal obeys, and
// marks that turn the direction of writing around.
package quote

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text gives s as it is if it can only be seen, and as a Go string literal otherwise. It is one line in any case.
func Text(s string) string {
	if utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return s
	}
	return strconv.Quote(s)
}

// Lines gives s with everything escaped that can't be seen but line breaks and tabs: for text of ours, which may have
// several lines, with other text in it. What it escapes within a JSON string stays JSON.
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

// Sprintf is fmt.Sprintf with [Text] for every argument that is a text, an error or has a text.
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

// Fprintf prints what [Sprintf] gives.
func Fprintf(w io.Writer, format string, args ...any) {
	io.WriteString(w, Sprintf(format, args...))
}

// Writer passes [Lines] of what it gets on to w.
func Writer(w io.Writer) io.Writer { return &writer{w: w} }

type writer struct {
	w    io.Writer
	rest []byte // the beginning of a character whose end is still to come
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
