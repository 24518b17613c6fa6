package params

import (
	"strings"
	"testing"
)

func TestTableOfEachExperiment(t *testing.T) {
	const entry = "[[tables]]\nid = \"{experiment}\"\nkind = \"final\"\nerror = \"se\"\nmetrics = [\"accuracy\"]\n\n[style]"
	second := "[[experiments]]\nname = \"other\"\ncondition = \"c\"\nset = { batch = 10 }\n\n[[figures]]"
	p := mustParse(t, example(t, "[style]", entry, "[[figures]]", second))
	of := map[string]string{}
	for _, table := range p.CompleteTables() {
		if of[table.ID] != "" {
			t.Errorf("two tables %s", table.ID)
		}
		of[table.ID] = table.Kind + " " + table.Experiment
	}
	if of["train_vs_test"] != "final train_vs_test" || of["other"] != "final other" || of["{experiment}"] != "" {
		t.Errorf("got %v", of)
	}
}

// A line needs numbers, two conditions, and others at a distance from it.
func TestTableLine(t *testing.T) {
	for line, want := range map[string]string{
		`"lr=0.*"`:  "",
		`"lr=0.1"`:  `tables[0].line: is "lr=0.1", which 1 conditions of swept with Adam match; a line needs two`,
		`"lr=*"`:    `tables[0].line: is "lr=*", which all conditions match`,
		`"batch *"`: `tables[0].line: is "batch *", which 0 conditions of swept with Adam match`,
	} {
		text := `[[experiments]]
name = "swept"
condition = "lr={lr}"
optimizers = ["Adam"]
seeding = "paired"
vary = [{ parameter = "lr", values = [0.1, 0.2, 1.0] }]

[[tables]]
id = "first"
kind = "distances"
experiment = "swept"
metrics = ["accuracy"]
line = ` + line + "\n\n[[figures]]"
		_, err := Parse("params.toml", example(t, "[[figures]]", text), "")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
		named := strings.Replace(text, "vary = [{ parameter = \"lr\", values = [0.1, 0.2, 1.0] }]", "", 1)
		named = strings.Replace(named, "condition = \"lr={lr}\"",
			"conditions = [{ condition = \"lr=0.1\" }, { condition = \"wide\", set = { width = 9 } }]", 1)
		if _, err := Parse("params.toml", example(t, "[[figures]]", named), ""); err == nil ||
			!strings.Contains(err.Error(), "no one number varies in all conditions of swept: lr=0.1 has none") {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// Each kind of table accepts only its own keys, and requires them.
func TestTableKeys(t *testing.T) {
	for entry, want := range map[string]string{
		`kind = "medians"`: `tables[0].kind: is "medians", must be one of conditions, distances, effects, final, findings, grids, kendall, parameters, ` +
			`pareto, printed, search, tidy`,
		`kind = "final"`: `tables[0].experiment: is missing, and a table of kind "final" needs it`,
		`kind = "tidy"\nexperiment = "train_vs_test"`:       `tables[0].experiment: does not belong to a table of kind "tidy"`,
		`kind = "search"\nexperiment = "train_vs_test"`:     `tables[0].error: is missing`,
		`kind = "conditions"\nexperiment = "nowhere"`:       `tables[0].experiment: is "nowhere", must be one of`,
		`kind = "findings"\nmetrics = ["accuracy"]`:         `tables[0].metrics: does not belong to a table of kind "findings"`,
		`kind = "grids"\nexperiments = ["a"]`:               `tables[0].experiments[0]: is "a", must be one of`,
		`kind = "parameters"\nexperiment = "train_vs_test"`: "",
	} {
		text := strings.ReplaceAll(`[[tables]]
id = "first"
`+entry, `\n`, "\n") + "\n\n[[figures]]"
		_, err := Parse("params.toml", example(t, "[[figures]]", text), "")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %s", entry, err, want)
		}
	}
}
