package tabulate

import (
	"bytes"
	"fmt"
	"strings"
)

// latexEscapes are the characters and ligatures that LaTeX interprets, and
// symbols that not every text font has. Everything else is copied, since LaTeX
// reads UTF-8. Letters outside the Latin script need an engine and a font that
// have them, such as LuaLaTeX with a font that covers Greek.
var latexEscapes = strings.NewReplacer(
	`\`, `\textbackslash{}`, `_`, `\_`, `%`, `\%`, `&`, `\&`, `#`, `\#`, `$`, `\$`, `{`, `\{`, `}`, `\}`,
	`~`, `\textasciitilde{}`, `^`, `\textasciicircum{}`, `<`, `$<$`, `>`, `$>$`, `|`, `$|$`,
	`"`, `{\char34}`, "`", `\textasciigrave{}`, apart, "{}",
	"[", `{[}`, "]", `{]}`, "*", `{*}`, // the \\ of the row above would take these for its arguments
	"±", `$\pm$`, "−", `$-$`, "–", `--`, "×", `$\times$`, "→", `$\rightarrow$`, "·", `$\cdot$`, "…", `\dots{}`,
	"≤", `$\leq$`, "≥", `$\geq$`, "√", `$\surd$`, "β", `$\beta$`, "ρ", `$\rho$`, "ε", `$\varepsilon$`, "²", `$^2$`, "’", `'`,
	"₁", `$_1$`, "₂", `$_2$`,
)

// apart is inserted between characters that LaTeX would join into a ligature.
// It occurs in no text.
const apart = "\x00"

// latexText returns a text in a form that LaTeX sets character by character.
func latexText(text string) string {
	for _, c := range []string{"-", "'", ","} {
		for range 2 { // the second pass finds the pairs between two pairs
			text = strings.ReplaceAll(text, c+c, c+apart+c)
		}
	}
	return latexEscapes.Replace(text)
}

// linesOfPage is the number of lines up to which a table is set in one piece.
const linesOfPage = 32

// latex returns a table that fits a page of LaTeX's article class at 10 pt, and
// so any wider one. It is set in one piece or, if it has more lines, in pieces
// that repeat the head. It is numbered and has a caption, which includes the
// notes, and the label tab:ID. Its first line names what it needs in the
// preamble.
func (t Table) latex() []byte {
	l := t.layout()
	var b bytes.Buffer
	fmt.Fprintf(&b, "%% \\usepackage{%s}\n", l.packages(t.onPages(l)))
	if l.landscape {
		b.WriteString("\\begin{landscape}\n")
	}
	switch {
	case l.shrunk:
		t.pieces(&b, l)
	case t.onPages(l):
		t.long(&b, l)
	default:
		t.piece(&b, l, t.Rows, false)
	}
	if l.landscape {
		b.WriteString("\\end{landscape}\n")
	}
	return b.Bytes()
}

// onPages reports whether a table needs, or may need, more than one page.
func (t Table) onPages(l layout) bool {
	lines := 0
	for _, row := range t.Rows {
		lines += l.lines(row)
	}
	return lines > linesOfPage
}

// packages names the packages that a table needs, on several pages or on one.
func (l layout) packages(pages bool) string {
	list := []string{"array", "booktabs"}
	if l.shrunk {
		list = append(list, "graphicx")
	} else if pages {
		list = append(list, "longtable")
	}
	if l.landscape {
		list = append(list, "pdflscape")
	}
	return strings.Join(list, ",")
}

// caption returns the caption with the label, and the title alone for the list
// of tables.
func (t Table) caption() string {
	text := []string{}
	for _, part := range append([]string{t.heading()}, t.Notes...) {
		if part != "" {
			text = append(text, stopped(part))
		}
	}
	return fmt.Sprintf("\\caption[%s]{%s}\\label{tab:%s}", latexText(t.Title), latexText(strings.Join(text, " ")), t.ID)
}

// piece is a table, or a part of one, on one page.
func (t Table) piece(b *bytes.Buffer, l layout, rows [][]string, continued bool) {
	fmt.Fprintf(b, "\\begin{table}[htbp]\n\\centering%s\\setlength{\\tabcolsep}{%gpt}\n", l.size, float64(separation)/2)
	if continued {
		fmt.Fprintf(b, "Table \\ref{tab:%s}, continued\\par\\smallskip\n", t.ID)
	} else {
		fmt.Fprintf(b, "%s\n", t.caption())
	}
	if l.shrunk {
		b.WriteString("\\resizebox{\\linewidth}{!}{%\n")
	}
	fmt.Fprintf(b, "\\begin{tabular}{%s}\n\\toprule\n%s\\midrule\n", l.spec, line(t.Header))
	for _, row := range rows {
		b.WriteString(line(row))
	}
	b.WriteString("\\bottomrule\n\\end{tabular}")
	if l.shrunk {
		b.WriteString("}")
	}
	b.WriteString("\n\\end{table}\n")
}

// pieces writes a table that is too wide for the smallest type in parts, each
// shrunk to a page's width.
func (t Table) pieces(b *bytes.Buffer, l layout) {
	for from, to := 0, 0; from == 0 || from < len(t.Rows); from = to {
		for lines := 0; to < len(t.Rows) && (to == from || lines+l.lines(t.Rows[to]) <= linesOfPage); to++ {
			lines += l.lines(t.Rows[to])
		}
		t.piece(b, l, t.Rows[from:to], from > 0)
		b.WriteString("\\clearpage\n")
		if to == 0 {
			return // a table without rows is only a head
		}
	}
}

// long writes a table that continues over pages.
func (t Table) long(b *bytes.Buffer, l layout) {
	fmt.Fprintf(b, "\\begingroup%s\\setlength{\\tabcolsep}{%gpt}\\setlength{\\LTcapwidth}{\\linewidth}\n", l.size, float64(separation)/2)
	fmt.Fprintf(b, "\\begin{longtable}{%s}\n", l.spec)
	fmt.Fprintf(b, "%s\\\\\n\\toprule\n%s\\midrule\n\\endfirsthead\n", t.caption(), line(t.Header))
	fmt.Fprintf(b, "\\toprule\n%s\\midrule\n\\endhead\n\\bottomrule\n\\endfoot\n", line(t.Header))
	for _, row := range t.Rows {
		b.WriteString(line(row))
	}
	b.WriteString("\\end{longtable}\n\\endgroup\n")
}

func line(cells []string) string {
	texts := make([]string, len(cells))
	for i, cell := range cells {
		texts[i] = latexText(cell)
	}
	return strings.Join(texts, " & ") + " \\\\\n"
}
