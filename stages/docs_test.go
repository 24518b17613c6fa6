package stages

import (
	"crypto/sha256"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sparsel/stages/internal/studytest"
	"sparsel/stages/internal/testenv"
	"sparsel/stages/lock"
	"sparsel/stages/train"
)

// The figures and tables in the documents are, byte for byte, those of the run
// that artifacts.lock describes, and they include every figure in the
// parameters.
func TestDocumentsShowTheLockedRun(t *testing.T) {
	l, err := parseLock(filepath.Join("..", "artifacts.lock"))
	if err != nil {
		t.Fatal(err)
	}
	published := map[string]lock.ID{}
	for _, r := range l.Outputs {
		published[r.Path] = r.Content
	}
	shown := map[string]bool{}
	for _, dir := range []string{"figures", "tables"} {
		files, err := filepath.Glob(filepath.Join("..", "docs", dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			name := dir + "/" + filepath.Base(file)
			if name == "figures/README.md" || name == "figures/results.zip" { // TestArchivedResultsAreCurrent looks into it
				continue
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if id, ok := published[name]; !ok || id != sha256.Sum256(data) {
				t.Errorf("docs/%s is not the %s of artifacts.lock", name, name)
			}
			shown[name] = true
		}
	}
	for path := range published {
		if strings.HasSuffix(path, ".svg") && !shown[path] {
			t.Errorf("docs lacks %s", path)
		}
	}
}

// Table 5.3 of the locked run agrees with the thesis: exactly 52 of 54 numbers
// are within two standard errors of the difference of two means. The thesis
// prints no errors. But three numbers with mean M, one of which is x, have a
// standard error of at least |x-M|/2, which is reached if the other two are
// equal. x is in the record of seed 1.
func TestTable53AgreesWithTheThesis(t *testing.T) {
	type place struct{ depth, optimizer, metric string }
	recorded := map[place]float64{}
	for _, r := range authorsRecords(t) {
		if r.Experiment != "hidden_layers" || r.Epoch != 50 {
			continue
		}
		depth := strings.TrimSuffix(r.Condition, "HL")
		recorded[place{depth, r.Optimizer, "accuracy"}] = r.Accuracy.Value
		recorded[place{depth, r.Optimizer, "sparsity"}] = r.Sparsity.Value
		recorded[place{depth, r.Optimizer, "selectivity"}] = r.SelectivityAvg.Value
	}
	f, err := os.Open(filepath.Join("..", "docs", "tables", "table-5.3.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := func(name string) int { return slices.Index(rows[0], name) }
	number := func(text string) float64 {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	agree, apart := 0, []string{}
	for _, row := range rows[1:] {
		text := row[column("thesis")]
		if text == "" {
			continue
		}
		at := place{row[column("hidden_layers")], row[column("optimizer")], row[column("metric")]}
		x, ok := recorded[at]
		if !ok {
			t.Fatalf("no record of %v", at)
		}
		thesis := number(text)
		if e := math.Hypot(number(row[column("se")]), math.Abs(x-thesis)/2); math.Abs(number(row[column("mean")])-thesis) <= 2*e {
			agree++
		} else {
			apart = append(apart, at.optimizer+" "+at.depth+" "+at.metric)
		}
	}
	if want := []string{"Adagrad 2 sparsity", "Adagrad 4 accuracy"}; agree != 52 || !slices.Equal(apart, want) {
		t.Errorf("%d numbers agree, all but %q; want 52, all but %q", agree, apart, want)
	}
}

// extendedParams returns the project's parameters with everything that
// docs/extending.md says to add.
func extendedParams(t *testing.T) string {
	t.Helper()
	text := testenv.ProjectFile(t, "params.toml")
	for i, part := range strings.Split(testenv.ProjectFile(t, "docs", "extending.md"), "```") {
		block, ok := strings.CutPrefix(part, "toml\n")
		if i%2 == 0 || !ok {
			continue
		}
		text += "\n" + block
	}
	return text
}

// The additions make the experiment, the figure, the table and the profile.
func TestExtendingAsDocumented(t *testing.T) {
	text := extendedParams(t)
	for _, profile := range []string{"", "one"} {
		s := studytest.Of(t, text, profile)
		if s.Figures["rmsprop"] == nil || s.Tables["rmsprop"] == nil {
			t.Errorf("profile %q lacks the figure or the table", profile)
		}
		name := "train/rmsprop/lr=0.01/RMSprop/seed=1"
		if profile != "" {
			name = profile + "/" + name
		}
		if s.Graph.Node(name) == nil {
			t.Errorf("profile %q lacks %s", profile, name)
		}
	}
}

// One replicate of the study, as a profile or with the other seeds removed,
// consists of the study's own trainings.
func TestOneSeedIsPartOfTheStudy(t *testing.T) {
	text := extendedParams(t)
	trainings := func(text, profile string) map[string]bool {
		found := map[string]bool{}
		for _, n := range studytest.Of(t, text, profile).Graph.Nodes() {
			if p, ok := n.Params.(train.Params); ok {
				found[fmt.Sprintf("%+v", p)] = true
			}
		}
		return found
	}
	whole := trainings(text, "")
	fewer := strings.NewReplacer("\nseeds = [1, 100, 1234]", "\nseeds = [1]", "\nseeds = [1, 100]\nepochs = 4",
		"\nseeds = [1]\nepochs = 4").Replace(text)
	for what, part := range map[string]map[string]bool{"profile": trainings(text, "one"), "study.seeds": trainings(fewer, "")} {
		if len(part) < len(whole)/3-10 {
			t.Errorf("%s: %d of the study's %d trainings", what, len(part), len(whole))
		}
		for p := range part {
			if !whole[p] {
				t.Errorf("%s: the study lacks %s", what, p)
			}
		}
	}
}
