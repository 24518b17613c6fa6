package tabulate

import (
	"encoding/csv"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func example() Table {
	return Table{
		ID: "5.0", Title: "A title", Caption: "What it shows.",
		Header: []string{"name_of", "number", "mixed"},
		Rows:   [][]string{{"a|b_c", "0.9500 ± 0.0100", "1HL"}, {"50 % & more", "–", "784 → 10"}},
		Notes:  []string{"A note about x < y."},
	}
}

func TestMarkdown(t *testing.T) {
	text, err := Render(example(), "md")
	if err != nil {
		t.Fatal(err)
	}
	want := "A title. What it shows.\n\n" +
		"| name\\_of | number | mixed |\n|---|--:|---|\n" +
		"| a\\|b\\_c | 0.9500 ± 0.0100 | 1HL |\n| 50 % & more | – | 784 → 10 |\n\n- A note about x &lt; y.\n"
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

func TestLaTeX(t *testing.T) {
	text, err := Render(example(), "tex")
	if err != nil {
		t.Fatal(err)
	}
	want := "% \\usepackage{array,booktabs}\n" +
		"\\begin{table}[htbp]\n\\centering\\small\\setlength{\\tabcolsep}{3pt}\n" +
		"\\caption[A title]{A title. What it shows. A note about x $<$ y.}\\label{tab:5.0}\n" +
		"\\begin{tabular}{@{}lrl@{}}\n\\toprule\nname\\_of & number & mixed \\\\\n\\midrule\n" +
		"a$|$b\\_c & 0.9500 $\\pm$ 0.0100 & 1HL \\\\\n50 \\% \\& more & -- & 784 $\\rightarrow$ 10 \\\\\n" +
		"\\bottomrule\n\\end{tabular}\n\\end{table}\n"
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

// A title that is a question keeps its mark and gets no second stop.
func TestQuestionAsTitle(t *testing.T) {
	table := Table{ID: "q", Title: "Does it?", Caption: "It does!", Header: []string{"a"}, Rows: [][]string{{"1"}}, Notes: []string{"A note"}}
	for format, want := range map[string]string{"tex": "{Does it? It does! A note.}", "md": "Does it? It does!"} {
		text, err := Render(table, format)
		if err != nil || !strings.Contains(string(text), want) || strings.Contains(string(text), "?.") {
			t.Errorf("%s: %v\n%s", format, err, text)
		}
	}
}

// Whatever LaTeX or Markdown interprets is escaped. Everything else, in any
// script, is copied.
func TestEscapes(t *testing.T) {
	table := Table{ID: "e", Header: []string{"a"}}
	for _, c := range []struct{ text, tex, md string }{
		{"größe é ü ß ° “ Ωμέγα 中 ✗", "größe é ü ß ° “ Ωμέγα 中 ✗", "größe é ü ß ° “ Ωμέγα 中 ✗"},
		{`a\b{c}$d$`, `a\textbackslash{}b\{c\}\$d\$`, `a\\b{c}$d$`},
		{"[16 8]", "{[}16 8{]}", `[16 8]`},
		{"*x*", "{*}x{*}", `\*x\*`},
		{"~/^&#%_", `\textasciitilde{}/\textasciicircum{}\&\#\%\_`, `\~/^&#%\_`},
		{"a--b---c", "a-{}-b-{}-{}-c", "a--b---c"},
		{"?`!`", "?\\textasciigrave{}!\\textasciigrave{}", "?\\`!\\`"},
		{`"x" ''y'' ,,z`, `{\char34}x{\char34} '{}'y'{}' ,{},z`, `"x" ''y'' ,,z`},
		{"&lt; <b>", `\&lt; $<$b$>$`, "&amp;lt; &lt;b>"},
		{"β1 ρ ε ≤ ×", `$\beta$1 $\rho$ $\varepsilon$ $\leq$ $\times$`, "β1 ρ ε ≤ ×"},
	} {
		table.Rows = [][]string{{c.text}}
		tex, err := Render(table, "tex")
		if err != nil || !strings.Contains(string(tex), "\n"+c.tex+` \\`+"\n") {
			t.Errorf("%s in LaTeX: %v\n%s", c.text, err, tex)
		}
		md, err := Render(table, "md")
		if err != nil || !strings.Contains(string(md), "| "+c.md+" |") {
			t.Errorf("%s in Markdown: %v\n%s", c.text, err, md)
		}
	}
}

func TestCSV(t *testing.T) {
	rows, data := example(), example()
	data.Data = [][]string{{"x", "y"}, {"1", "quoted \"text\", and a comma"}}
	for _, c := range []struct {
		name  string
		table Table
		want  [][]string
	}{
		{"rows", rows, append([][]string{rows.Header}, rows.Rows...)},
		{"data", data, data.Data},
	} {
		text, err := Render(c.table, "csv")
		if err != nil {
			t.Fatal(err)
		}
		got, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, %v, want %v", c.name, got, err, c.want)
		}
	}
}

func TestJSON(t *testing.T) {
	text, err := Render(example(), "json")
	if err != nil {
		t.Fatal(err)
	}
	var got Table
	if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, example()) {
		t.Errorf("got %+v, %v", got, err)
	}
	if !strings.Contains(string(text), "x < y") {
		t.Errorf("text is escaped for HTML:\n%s", text)
	}
	text, err = Render(Table{ID: "empty", Header: []string{"a"}}, "json")
	if err != nil || strings.Contains(string(text), "null") {
		t.Errorf("an empty table: %v\n%s", err, text)
	}
}

func TestRefused(t *testing.T) {
	for name, change := range map[string]func(*Table){
		"no id":        func(t *Table) { t.ID = "" },
		"short row":    func(t *Table) { t.Rows[1] = t.Rows[1][:2] },
		"ragged data":  func(t *Table) { t.Data = [][]string{{"a", "b"}, {"c"}} },
		"line break":   func(t *Table) { t.Notes[0] = "a\nb" },
		"control cell": func(t *Table) { t.Rows[0][0] = "\x00" },
	} {
		table := example()
		change(&table)
		for _, format := range Formats {
			if text, err := Render(table, format); err == nil {
				t.Errorf("%s is rendered as %s:\n%s", name, format, text)
			}
		}
	}
	if _, err := Render(example(), "xls"); err == nil || !strings.Contains(err.Error(), "there are csv, md, tex, json") {
		t.Errorf("an unknown format: %v", err)
	}
}

// Columns of numbers are aligned at the right, also where some say over how many
// runs they are. Names that only begin like numbers are text.
func TestNumericColumns(t *testing.T) {
	for _, c := range []struct {
		cells string
		want  bool
	}{
		{"0.5000 ± 0.0100;0.2500 [n = 1];–;", true}, {"1.00, n = 1;-0.33", true}, {"1e+30 ± 1e+28;−2", true}, {"2;1/2", true}, {"97.5 %", true},
		{".5;+7", true},
		{"0.290 [0.106, 0.584]", false}, {"0.5, n = 1 to 2", false}, {"0.1/20;0.5/10", false}, {"e 0.1", false}, {"1.2.3", false}, {"3-4", false},
		{"1 2", false}, {"1;none", false}, {"%", false},
	} {
		table := Table{ID: "t", Header: []string{"h"}}
		for _, cell := range strings.Split(c.cells, ";") {
			table.Rows = append(table.Rows, []string{cell})
		}
		if got := table.numeric(0); got != c.want {
			t.Errorf("%s: %v", c.cells, got)
		}
	}
}
