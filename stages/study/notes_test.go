package study_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsel/stages/finding"
	"sparsel/stages/internal/studytest"
	"sparsel/stages/table"
)

// updates is an experiment some of whose runs have a fixed number of updates.
const updates = `
[[experiments]]
name = "up"
conditions = [
  { condition = "epochs" }, { condition = "longer", set = { epochs = 3 } }, { condition = "updates", set = { updates = 601 } },
]

[[experiments]]
name = "fixed"
condition = "bs={batch}"
set = { updates = 40 }
vary = [{ parameter = "batch", values = [10, 50] }]
`

// tables returns Markdown by the id of the table.
func tables(t *testing.T, text string, ids ...string) map[string]string {
	t.Helper()
	out := studytest.MadeUp(t, studytest.Of(t, text, ""), telling)
	found := map[string]string{}
	for _, id := range ids {
		content, err := os.ReadFile(filepath.Join(out, "tables", "table-"+id+".md"))
		if err != nil {
			t.Fatal(err)
		}
		found[id] = string(content)
	}
	return found
}

// Runs with a fixed number of updates are measured after equal parts of it.
// Tables do not call these epochs.
func TestTablesOfRunsWithUpdates(t *testing.T) {
	text := little + updates
	for id, keys := range map[string]string{
		"mixed": "kind = \"final\"\nexperiment = \"up\"\nerror = \"se\"\nmetrics = [\"accuracy\"]",
		"fixed": "kind = \"final\"\nexperiment = \"fixed\"\nerror = \"se\"\nmetrics = [\"accuracy\"]",
		"k":     "kind = \"kendall\"\nexperiments = [\"up\", \"fixed\"]\nmetrics = [\"accuracy\", \"sparsity\"]",
		"p":     "kind = \"pareto\"\nexperiments = [\"fixed\"]\nmetrics = [\"sparsity\"]",
		"c":     "kind = \"conditions\"\nexperiment = \"up\"",
		"g":     "kind = \"grids\"\nexperiments = [\"fixed\"]",
	} {
		text += "[[tables]]\nid = \"" + id + "\"\n" + keys + "\n"
	}
	found := tables(t, text, "mixed", "fixed", "k", "p", "c", "g")
	for id, wants := range map[string][]string{
		"mixed": {"After epoch or measurement 2, the last that all runs have.",
			"- Measured after equal parts of a fixed number of updates, not after epochs: updates (601 updates, measured 2 times, measurement 2 after 601)."},
		"fixed": {"After measurement 2.", "not after epochs: bs=10; bs=50 (40 updates, measured 2 times, measurement 2 after 40)."},
		"k": {"after each run's last epoch or measurement,",
			"not after epochs: up updates (601 updates, measured 2 times); fixed bs=10; fixed bs=50 (40 updates, measured 2 times)."},
		"p": {"After each run's last measurement;"},
		"c": {"| condition | optimizers | epochs | measurements | updates |", "| longer | all | 3 |  |  |", "| updates | all |  | 2 | 601 |"},
		"g": {"- In fixed the measurements are 2.", "- In fixed the updates are 40."},
	} {
		for _, want := range wants {
			if !strings.Contains(found[id], want) {
				t.Errorf("table %s lacks %q:\n%s", id, want, found[id])
			}
		}
	}
	if strings.Contains(found["g"], "epochs") || strings.Contains(found["fixed"], "After epoch") {
		t.Errorf("runs without epochs have some:\n%s\n%s", found["g"], found["fixed"])
	}
}

// Half the updates of a run have been made when half its measurements have.
func TestMeasurementsBeforeTheLast(t *testing.T) {
	found := tables(t, little+`
[[experiments]]
name = "up"
conditions = [ { condition = "short", set = { epochs = 1 } }, { condition = "updates", set = { epochs = 4, updates = 602 } } ]
[[tables]]
id = "x"
kind = "final"
experiment = "up"
error = "se"
metrics = ["accuracy"]
`, "x")
	if want := "updates (602 updates, measured 4 times, measurement 1 after 150)."; !strings.Contains(found["x"], want) {
		t.Errorf("the table lacks %q:\n%s", want, found["x"])
	}
}

// A search says of other parameters how often its runs are measured, and of no
// epochs.
func TestSearchOfRunsWithUpdates(t *testing.T) {
	s := studytest.Of(t, little+`
[[experiments]]
name = "rates"
condition = "lr={lr}"
optimizers = ["SGD"]
set = { updates = 100 }
vary = [{ parameter = "lr", values = [0.01, 0.1] }]
[[tables]]
id = "s"
kind = "search"
experiment = "rates"
error = "se"
`, "")
	p := s.Tables["s"].Params.(table.SearchParams)
	if got := p.Optimizers[0].Others; p.Measurement != "measurement" || !strings.HasSuffix(got, ", measurements 2, updates 100") || strings.Contains(got, "epochs") {
		t.Errorf("others %q, measurement %q", got, p.Measurement)
	}
}

// A table of each experiment says which of its metrics an experiment cannot
// have, and why.
func TestTablesNameWhatIsNotDefined(t *testing.T) {
	text := strings.Replace(little, "[study]", "[study]\ntitle = \"t\"", 1) + `
[[experiments]]
name = "plain"
condition = "a"
[[experiments]]
name = "phases"
conditions = [
  { condition = "early", set = { sampler = "phases", phases = [{ drawn = 5, epochs = 1 }, { drawn = 5, epochs = 1 }] } },
  { condition = "late", set = { epochs = 6, sampler = "phases", phases = [{ drawn = 5, epochs = 3 }, { drawn = 5, epochs = 3 }] } },
]
[[tables]]
id = "{experiment}"
kind = "final"
error = "se"
metrics = ["accuracy", "overlap", "forgetting"]
`
	s := studytest.Of(t, text, "")
	var got []string
	for _, id := range []string{"plain", "phases"} {
		for _, u := range s.Tables[id].Params.(table.FinalParams).Undefined {
			got = append(got, u.Optimizer+" "+u.Condition+" "+u.Metric+": "+u.Why)
		}
	}
	const none, later = "it needs a training in two phases or more", "it begins at epoch 3, where the first phase ends"
	want := []string{
		"SGD a overlap: " + none, "SGD a forgetting: " + none, "Adam a overlap: " + none, "Adam a forgetting: " + none,
		"SGD late forgetting: " + later, "Adam late forgetting: " + later,
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// The notes of a table of grids have their verbs in the number of the column.
func TestGridsHavePlurals(t *testing.T) {
	s := studytest.Of(t, little+`
[[experiments]]
name = "s"
condition = "lr={lr}"
set = { validation = 100, activation = "relu" }
vary = [{ parameter = "lr", values = [0.01, 0.1] }]
[[tables]]
id = "g"
kind = "grids"
experiments = ["s"]
`, "")
	want := []string{"In s the activation is relu.", "In s the validation images are 100."}
	if got := s.Tables["g"].Params.(table.TextParams).Notes; !slices.Equal(got, want) {
		t.Errorf("notes %q, want %q", got, want)
	}
}

// A table of findings of another study calls the claims the thesis's, and says
// in a sentence that it has none of them.
func TestFindingsOfAnotherStudy(t *testing.T) {
	const asked = "\n[[tables]]\nid = \"f\"\nkind = \"findings\"\n"
	const plain = "\n[[experiments]]\nname = \"x\"\ncondition = \"a\"\n"
	of := func(text string) finding.TableParams {
		return studytest.Of(t, little+text, "").Tables["f"].Params.(finding.TableParams)
	}
	p := of(plain + asked)
	if want := []string{"None of the thesis's 154 claims can be judged: for each of them the study lacks an experiment."}; !slices.Equal(p.Notes, want) ||
		p.Title != "The thesis's claims on a trial run" || len(p.Absent) != 154 {
		t.Errorf("title %q, %d absent, notes %q", p.Title, len(p.Absent), p.Notes)
	}
	if p = of(plain + asked + "title = \"Mine\"\nnote = \"A note.\""); p.Title != "Mine" || p.Notes[0] != "A note." || len(p.Notes) != 2 {
		t.Errorf("title %q, notes %q", p.Title, p.Notes)
	}
	p = of("[[experiments]]\nname = \"sorted\"\nconditions = [{ condition = \"sorted\", set = { sampler = \"sorted\" } }, { condition = \"unsorted\" }]\n" + asked)
	text := strings.Join(p.Notes, "\n")
	for _, want := range []string{"K1, K2, K3, K4, K5 are left out: the study does not have all of consecutive.", "S5, S5v are left out"} {
		if !strings.Contains(text, want) {
			t.Errorf("the notes lack %q:\n%s", want, text)
		}
	}
	if len(p.Findings) == 0 || strings.Contains(text, "None of") || strings.Contains(text, "Y1") {
		t.Errorf("%d findings, notes\n%s", len(p.Findings), text)
	}
}
