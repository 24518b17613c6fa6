package tabulate

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// latexEscapes are the characters that LaTeX reads in another way, and those beyond ASCII that tables use.
var latexEscapes = strings.NewReplacer(
	`\`, `\textbackslash{}`, `_`, `\_`, `%`, `\%`, `&`, `\&`, `#`, `\#`, `$`, `\$`, `{`, `\{`, `}`, `\}`,
	`~`, `\textasciitilde{}`, `^`, `\textasciicircum{}`, `<`, `$<$`, `>`, `$>$`, `|`, `$|$`,
	"±", `$\pm$`, "−", `$-$`, "–", `--`, "×", `$\times$`, "→", `$\rightarrow$`, "·", `$\cdot$`, "…", `\dots{}`,
	"≤", `$\leq$`, "≥", `$\geq$`, "√", `$\surd$`, "β", `$\beta$`, "ρ", `$\rho$`, "²", `$^2$`, "’", `'`,
)

// latex is a tabular, to be set inside a table environment; title, caption and notes stand before it as comments.
func (t Table) latex() ([]byte, error) {
	var b bytes.Buffer
	for _, text := range append([]string{t.heading()}, t.Notes...) {
		if text != "" {
			fmt.Fprintf(&b, "%% %s\n", text)
		}
	}
	head := b.Len() // comments may hold any character
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
			b.WriteString(latexEscapes.Replace(cell))
		}
		b.WriteString(" \\\\\n")
	}
	line(t.Header)
	b.WriteString("\\hline\n")
	for _, row := range t.Rows {
		line(row)
	}
	b.WriteString("\\hline\n\\end{tabular}\n")
	for _, r := range string(b.Bytes()[head:]) {
		if r >= utf8.RuneSelf {
			return nil, fmt.Errorf("table %s: LaTeX for %q is not known: add it to the escapes", t.ID, r)
		}
	}
	return b.Bytes(), nil
}
