package finding

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	claim "sparsel/analysis/finding"
	"sparsel/artifacts/measures"
)

// author returns the author's records, or skips without them. Only seed 1 is at hand.
func author(t *testing.T) []measures.TidyRow {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "reference", "author_seed1.csv"))
	if err != nil {
		if strings.Contains(os.Getenv("SPARSEL_REQUIRE"), "reference") {
			t.Fatalf("the author's records are required: %v", err)
		}
		t.Skipf("without the author's records: %v", err)
	}
	defer file.Close()
	rows, err := measures.ReadTidyCSV(file)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// ownNames gives a record the condition that the study knows it by.
func ownNames(r measures.TidyRow) measures.TidyRow {
	switch r.Experiment {
	case trainVsTest:
		r.Condition = r.Split
	case neurons:
		r.Condition += "/H=" + strings.TrimSuffix(r.ParamValue.String(), ".0")
	}
	return r
}

func authorData(t *testing.T, keep func(measures.TidyRow) bool) *claim.Data {
	t.Helper()
	d := claim.NewData()
	for _, r := range author(t) {
		r = ownNames(r)
		if !keep(r) {
			continue
		}
		twice := r
		twice.Seed = 2
		if err := add(d, twice); err != nil {
			t.Fatal(err)
		}
		if err := add(d, r); err != nil {
			t.Fatal(err)
		}
		if r.Experiment == trainVsTest && r.Condition == "test" { // which the study shows again here
			r.Experiment, r.Condition = diversity, "original_test"
			if err := add(d, r); err != nil {
				t.Fatal(err)
			}
			r.Seed = 2
			add(d, r)
		}
	}
	return d
}

func TestPrint(t *testing.T) {
	d := authorData(t, func(measures.TidyRow) bool { return true })
	for _, f := range Claims() {
		r, err := claim.Decide(f, d)
		if err != nil {
			t.Error(err)
			continue
		}
		t.Log(r.Text())
t.Log("VERDICT", r.ID, r.Verdict)
	}
}
