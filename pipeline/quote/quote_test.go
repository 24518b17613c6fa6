package quote

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"":                  "",
		"figure 5.1, μ ± σ": "figure 5.1, μ ± σ",
		`a "b" \ c`:         `a "b" \ c`,
		"5.1\nverdict":      `"5.1\nverdict"`,
		"\x1b[2J":           `"\x1b[2J"`,
		"\u009b2J":          `"\u009b2J"`, // the one-byte form of the same sequence
		"\xff":              `"\xff"`,
		"\u202egnp.exe":     `"\u202egnp.exe"`,
		"\u2066a\u2069":     `"\u2066a\u2069"`,
		"a\u2028b":          `"a\u2028b"`,
		"a\tb\r":            `"a\tb\r"`,
		"zero\u200bwidth":   `"zero\u200bwidth"`,
	} {
		if got := Text(text); got != want {
			t.Errorf("Text(%q) = %s, want %s", text, got, want)
		}
	}
}

func TestLines(t *testing.T) {
	for text, want := range map[string]string{
		"two\n\tlines é": "two\n\tlines é",
		"\x1b[2J\r":      `\u001b[2J\u000d`,
		"\xff\u202e\x00": `\u00ff\u202e\u0000`,
		"\U000e0041":     `\U000e0041`, // a tag
		"\ufffd":         "\ufffd",
	} {
		if got := Lines(text); got != want {
			t.Errorf("Lines(%q) = %q, want %q", text, got, want)
		}
	}
	text, err := json.Marshal("a\u202eb\nc\x1b")
	var back string
	if err := errors.Join(err, json.Unmarshal([]byte(Lines(string(text))), &back)); err != nil || back != "a\u202eb\nc\x1b" {
		t.Errorf("as JSON: %q, error %v", back, err)
	}
}

func TestSprintf(t *testing.T) {
	got := Sprintf("%s is %d: %v", "a\nb", 3, errors.New("x\x1b"))
	if want := `"a\nb" is 3: "x\x1b"`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Characters that arrive in pieces are whole again, and nothing else passes.
func TestWriter(t *testing.T) {
	const text = "μ ± σ 𝄞\x1b[0m\n\u202e"
	var b strings.Builder
	w := Writer(&b)
	for i := range len(text) {
		if n, err := io.WriteString(w, text[i:i+1]); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	if b.String() != Lines(text) {
		t.Errorf("%q, want %q", b.String(), Lines(text))
	}
}
