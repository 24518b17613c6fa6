package tabulate

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// made returns a table with the given numbers of rows and columns, and that
// many words in each sentence.
func made(id string, rows, numbers, sentences, words int) Table {
	t := Table{ID: id, Title: "A title_ of " + id, Caption: "What 100 % of it shows", Notes: []string{"A note: x < y.", "And [another]."}}
	for i := range numbers {
		t.Header = append(t.Header, fmt.Sprintf("number %d", i))
	}
	for i := range sentences {
		t.Header = append(t.Header, fmt.Sprintf("sentence %d", i))
	}
	for r := range rows {
		var row []string
		for i := range numbers {
			row = append(row, fmt.Sprintf("0.%04d ± 0.0100", r*i))
		}
		for range sentences {
			row = append(row, strings.TrimSpace(strings.Repeat("WORDS & of_it ", words)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

var (
	overfull   = regexp.MustCompile(`(?m)^Overfull \\[hv]box \(([0-9.]+)pt too (wide|high)`)
	usepackage = regexp.MustCompile(`(?m)^% \\usepackage\{([^}]*)\}`)
)

// Every table fits a page of the article class in plain pdflatex: tables with
// few and many lines, narrow and wide, with sentences, and one that is too wide
// for any type size. Each has a number, a caption and a label that can be
// referred to.
func TestLaTeXFitsAPage(t *testing.T) {
	program, err := exec.LookPath("pdflatex")
	if err == nil {
		err = exec.Command("kpsewhich", "booktabs.sty").Run()
	}
	if err != nil {
		if slices.Contains(strings.Split(os.Getenv("SPARSEL_REQUIRE"), ","), "latex") {
			t.Fatal("LaTeX is required, and not installed: ", err)
		}
		t.Skip("without pdflatex and booktabs: ", err)
	}
	tables := []Table{
		example(), made("narrow", 3, 2, 0, 0), made("long", 90, 3, 0, 0), made("words", 5, 2, 1, 30), made("manywords", 70, 3, 2, 12),
		made("wide", 10, 6, 1, 4), made("longwide", 80, 6, 1, 4), made("widest", 5, 16, 0, 0), made("longwidest", 70, 16, 1, 5),
		made("empty", 0, 2, 0, 0),
	}
	odd := made("odd.id+1_2", 2, 1, 0, 0)
	odd.Rows[0][0] = "[a] \\ b{c} ~^ $ # \" ` * -- '' | < > é ü ß ° “ β₁ ρ ε ² ≤ ≥ √ × → · … −"
	tables = append(tables, odd)
	var numbers []Macro
	for _, table := range tables {
		numbers = append(numbers, table.Macros()...)
	}
	macros, err := RenderMacros(numbers)
	if err != nil {
		t.Fatal(err)
	}
	if len(numbers) < 1500 {
		t.Errorf("%d numbers only", len(numbers))
	}

	packages := map[string]bool{}
	var body bytes.Buffer
	for _, table := range tables {
		text, err := Render(table, "tex")
		if err != nil {
			t.Fatal(err)
		}
		for name := range strings.SplitSeq(usepackage.FindStringSubmatch(string(text))[1], ",") {
			packages[name] = true
		}
		fmt.Fprintf(&body, "\\typeout{TABLE %s}\n%s\nSee Table \\ref{tab:%s}.\n\\clearpage\n", table.ID, text, table.ID)
	}
	var source bytes.Buffer
	source.WriteString("\\documentclass{article}\n\\usepackage[T1]{fontenc}\n")
	for _, name := range []string{"array", "booktabs", "longtable", "graphicx", "pdflscape"} {
		if !packages[name] {
			t.Errorf("no table needs %s", name)
		}
		fmt.Fprintf(&source, "\\usepackage{%s}\n", name)
	}
	fmt.Fprintf(&source, "%s\\begin{document}\n\\listoftables\n%s", macros, body.Bytes())
	for _, name := range regexp.MustCompile(`\\newcommand\{(\\\w+)\}`).FindAllStringSubmatch(string(macros), 20) {
		fmt.Fprintf(&source, "%s, $%s$. ", name[1], name[1])
	}
	source.WriteString("\n\\end{document}\n")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "t.tex"), source.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	var out []byte
	for range 3 { // longtable measures, and labels are known in the next run
		cmd := exec.Command(program, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "t.tex")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "max_print_line=10000")
		if out, err = cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	for i, part := range strings.Split(string(out), "TABLE ")[1:] {
		id, _, _ := strings.Cut(part, "\n")
		if m := overfull.FindStringSubmatch(part); m != nil {
			t.Errorf("table %s is %s pt too %s", id, m[1], m[2])
		}
		if strings.Contains(part, "LaTeX Warning") {
			t.Errorf("table %s: %s", id, part)
		}
		if i >= len(tables) {
			t.Errorf("a table too many: %s", id)
		}
	}
}
