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

// Each kind of table accepts only its own keys, and requires them.
func TestTableKeys(t *testing.T) {
	for entry, want := range map[string]string{
		`kind = "medians"`: `tables[0].kind: is "medians", must be one of conditions, effects, final, findings, grids, kendall, parameters, ` +
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
