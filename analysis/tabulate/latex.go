package tabulate

import (
	"bytes"
	"fmt"
	"strings"
)

// latexEscapes are the characters and ligatures that LaTeX reads in another way, and symbols that not every text font has. All
// else stands as it is: LaTeX reads UTF-8. Letters beyond the Latin ones need an engine and a font that have them, such as
// LuaLaTeX with a font that covers Greek.
var latexEscapes = strings.NewReplacer(
	`\`, `\textbackslash{}`, `_`, `\_`, `%`, `\%`, `&`, `\&`, `#`, `\#`, `$`, `\$`, `{`, `\{`, `}`, `\}`,
	`~`, `\textasciitilde{}`, `^`, `\textasciicircum{}`, `<`, `$<$`, `>`, `$>$`, `|`, `$|$`,
	`"`, `{\char34}`, "`", `\textasciigrave{}`, apart, "{}",
	"[", `{[}`, "]", `{]}`, "*", `{*}`, // \\ of the row above would take them for its own
	"±", `$\pm$`, "−", `$-$`, "–", `--`, "×", `$\times$`, "→", `$\rightarrow$`, "·", `$\cdot$`, "…", `\dots{}`,
	"≤", `$\leq$`, "≥", `$\geq$`, "√", `$\surd$`, "β", `$\beta$`, "ρ", `$\rho$`, "ε", `$\varepsilon$`, "²", `$^2$`, "’", `'`,
	"₁", `$_1$`, "₂", `$_2$`,
)

// apart is put between characters that LaTeX would join; it is in no text.
const apart = "\x00"

// latexText is a text as LaTeX sets it character by character.
func latexText(text string) string {
	for _, c := range []string{"-", "'", ","} {
		for range 2 { // the second time those between two pairs
			text = strings.ReplaceAll(text, c+c, c+apart+c)
		}
	}
	return latexEscapes.Replace(text)
}

// latex is a tabular, to be set inside a table environment; title, caption and notes stand before it as comments.
func (t Table) latex() []byte {
	var b bytes.Buffer
	for _, text := range append([]string{t.heading()}, t.Notes...) {
		if text != "" {
			fmt.Fprintf(&b, "%% %s\n", text)
		}
	}
	b.WriteString(`\begin{tabular}{`)
	for i := range t.Header {
		if t.numeric(i) {
			b.WriteString("r")
			continue
		}
		b.WriteString("l")
	}
	b.WriteString("}\n\\hline\n")
	line := func(cells []string) {
		for i, cell := range cells {
			if i > 0 {
				b.WriteString(" & ")
			}
			b.WriteString(latexText(cell))
		}
		b.WriteString(" \\\\\n")
	}
	line(t.Header)
	b.WriteString("\\hline\n")
	for _, row := range t.Rows {
		line(row)
	}
	b.WriteString("\\hline\n\\end{tabular}\n")
	return b.Bytes()
}
