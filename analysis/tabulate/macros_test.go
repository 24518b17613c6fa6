package tabulate

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestMacros(t *testing.T) {
	table := Table{
		ID: "5.3", Header: []string{"optimizer", "lr", "accuracy", "n", "verdict", "effect"},
		Rows: [][]string{
			{"SGD", "0.1", "0.9765 ± 0.0010", "3", "agrees", "−0.05 [-0.1, 0.02]"}, {"SGD", "1e-05", "97.6 %", "–", "", "-"},
			{"Adam", "0.1", "", "12", "5HL", "7e-08"},
		},
	}
	text, err := RenderMacros(table.Macros())
	if err != nil {
		t.Fatal(err)
	}
	want := `\newcommand{\TableFivePointThreeSGDZeroPointOneAccuracy}{\ensuremath{0.9765\ \pm \ 0.0010}}
\newcommand{\TableFivePointThreeSGDZeroPointOneN}{\ensuremath{3}}
\newcommand{\TableFivePointThreeSGDZeroPointOneEffect}{\ensuremath{-0.05\ [-0.1,\ 0.02]}}
\newcommand{\TableFivePointThreeSGDOneEMinusZeroFiveAccuracy}{\ensuremath{97.6\ \%}}
\newcommand{\TableFivePointThreeAdamZeroPointOneN}{\ensuremath{12}}
\newcommand{\TableFivePointThreeAdamZeroPointOneEffect}{\ensuremath{7e-08}}
`
	if string(text) != want {
		t.Errorf("got\n%swant\n%s", text, want)
	}
}

// Columns with one heading are told apart by the column that they belong to.
func TestMacrosOfRepeatedColumns(t *testing.T) {
	table := Table{ID: "t", Header: []string{"optimizer", "accuracy", "thesis", "sparsity", "thesis", "n"}, Rows: [][]string{{"SGD", "1", "2", "3", "4", "5"}}}
	text, err := RenderMacros(table.Macros())
	if err != nil {
		t.Fatal(err)
	}
	want := `\newcommand{\TableTSGDAccuracy}{\ensuremath{1}}
\newcommand{\TableTSGDAccuracyThesis}{\ensuremath{2}}
\newcommand{\TableTSGDSparsity}{\ensuremath{3}}
\newcommand{\TableTSGDSparsityThesis}{\ensuremath{4}}
\newcommand{\TableTSGDN}{\ensuremath{5}}
`
	if string(text) != want {
		t.Errorf("got\n%swant\n%s", text, want)
	}
}

// Names have only letters, whatever rows and columns are called, and no two are
// the same.
func TestMacroNames(t *testing.T) {
	table := Table{ID: "a_b", Header: []string{"row", "β₁", "größe", "of 50 %"}}
	for _, name := range []string{"x y", "x-y", "x_y", "xy", "XY", "1.5", "15", "1-5", "-15", "lr=1e-05", "lr=1e05", "{depth}", "", "中",
		`\a`} {
		table.Rows = append(table.Rows, []string{name, "1", "2", "3"})
	}
	text, err := RenderMacros(table.Macros())
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`^\\newcommand\{\\([A-Za-z]+)\}\{\\ensuremath\{[123]\}\}$`)
	seen := map[string]bool{}
	for text := range strings.Lines(string(text)) {
		m := line.FindStringSubmatch(strings.TrimSpace(text))
		if m == nil || seen[m[1]] {
			t.Errorf("line %q", text)
			continue
		}
		seen[m[1]] = true
	}
	if len(seen) != 3*len(table.Rows) {
		t.Errorf("%d names of %d numbers", len(seen), 3*len(table.Rows))
	}
	for _, want := range []string{"TableABXYBetaOne", "TableABLrOneEMinusZeroFiveBetaOne", "TableABLrOneEZeroFiveOfFiveZeroPercent"} {
		if !seen[want] && want != "TableABXYBetaOne" { // the name that several paths would have
			t.Errorf("no %s among %v", want, seen)
		}
	}
	if seen["TableABXYBetaOne"] {
		t.Error("a name that several rows would have stands for one of them")
	}
	if _, err := RenderMacros([]Macro{{[]string{"a"}, "1"}, {[]string{"a"}, "2"}}); err == nil {
		t.Error("two numbers of one path have one name")
	}
}

// A number's name depends on its own path alone, so rows before and after it do
// not change it.
func TestMacroNamesAreStable(t *testing.T) {
	few, many := Table{ID: "1", Header: []string{"optimizer", "row", "v"}}, Table{ID: "1", Header: []string{"optimizer", "row", "v"}}
	for i := range 20 {
		row := []string{"SGD", fmt.Sprintf("lr=%d", i), fmt.Sprint(i)}
		if many.Rows = append(many.Rows, row); i == 7 {
			few.Rows = append(few.Rows, row)
		}
	}
	some, err := RenderMacros(few.Macros())
	if err != nil {
		t.Fatal(err)
	}
	all, err := RenderMacros(many.Macros())
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(some)) {
		if !strings.Contains(string(all), line) {
			t.Errorf("with more rows there is no line %s", line)
		}
	}
}
