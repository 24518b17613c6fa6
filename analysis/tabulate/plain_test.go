package tabulate

import (
	"encoding/csv"
	"math"
	"strconv"
	"strings"
	"testing"
)

// A spreadsheet takes none of these for a formula, and no number is changed.
func TestT44CellsAreNoFormulas(t *testing.T) {
	for _, text := range []string{
		"=1+1", "=HYPERLINK(\"http://x\")", "+1+cmd|' /C calc'!A0", "-2+3+cmd|x", "-E1", "-A1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1+1",
		"＠x", "-", "--1",
		"+", "-1-A1", "-1:2", "-1.5.2",
	} {
		want := "'" + text
		if text == "-" {
			want = text // the mark of an absent number
		}
		if got := Cell(text); got != want {
			t.Errorf("%q is written as %q", text, got)
		}
	}
	for _, v := range []float64{0, -1, -0.5, -1e-300, 1e300, -1.5e+21, math.Inf(1), math.Inf(-1), math.NaN(), math.Copysign(0, -1)} {
		if text := strconv.FormatFloat(v, 'g', -1, 64); Cell(text) != text {
			t.Errorf("%s is written as %s", text, Cell(text))
		}
	}
	for _, text := range []string{"", "a=b", "5 - 3", "-0.1234 ± 0.0100", "+3.5 %", "–", "-12", "'=1", "−5"} {
		if got := Cell(text); got != text {
			t.Errorf("%q is written as %q", text, got)
		}
	}
	table := example()
	table.Header[0], table.Rows[0][0] = "@header", "=cell"
	text, err := Render(table, "csv")
	if err != nil {
		t.Fatal(err)
	}
	got, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil || got[0][0] != "'@header" || got[1][0] != "'=cell" {
		t.Errorf("%v, %v", got, err)
	}
}

// Text remains text in Markdown: it makes no link, picture, heading or element.
func TestT44MarkdownIsText(t *testing.T) {
	for text, want := range map[string]string{
		"[a](http://b)":             `[a]\(http\://b)`,
		"![a](b)":                   `![a]\(b)`,
		"[a][b]":                    `[a]\[b]`,
		"[a]: b":                    `[a]\: b`,
		"[^1]":                      `[\^1]`,
		"https://a.b":               `https\://a.b`,
		"www.a.b":                   `www\.a.b`,
		"a@b.c":                     `a\@b.c`,
		"<script>alert(1)</script>": `&lt;script>alert(1)&lt;/script>`,
		"&lt;b&gt; & c":             `&amp;lt;b&amp;gt; & c`,
		"&#60;":                     `&amp;#60;`,
		"a | b":                     `a \| b`,
		"`a` ~~b~~":                 "\\`a\\` \\~\\~b\\~\\~",
		`\[a](b)`:                   `\\[a]\(b)`,
		"[0.1, 0.2]":                "[0.1, 0.2]", // an interval
	} {
		if got := markdownText(text); got != want {
			t.Errorf("%s is written as %s, want %s", text, got, want)
		}
	}
	table := example()
	table.Title, table.Notes = "# heading", []string{"> quote", "- list"}
	text, err := Render(table, "md")
	if err != nil || !strings.HasPrefix(string(text), `\# heading`) || !strings.HasSuffix(string(text), "- \\> quote\n- \\- list\n") {
		t.Errorf("%v\n%s", err, text)
	}
}
