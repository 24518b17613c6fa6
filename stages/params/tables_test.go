package params

import "testing"

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
