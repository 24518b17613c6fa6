package finding

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sparsel/analysis/claim"
	"sparsel/artifacts/measures"
)

// TestFurtherClaimsAreFixed refuses a claim that differs from the lock, which is
// older than the networks that decide it, unless it is on the list of changes.
func TestFurtherClaimsAreFixed(t *testing.T) {
	now := map[string]string{}
	for _, c := range FurtherClaims() {
		now[c.ID] = digest(c)
	}
	for _, problem := range refused(readLock(t, filepath.Join("testdata", "further.lock")), now, changes(t, goesFurther)) {
		t.Error(problem)
	}
}

func goesFurther(id string) bool {
	return slices.ContainsFunc(FurtherClaims(), func(c claim.Claim) bool { return c.ID == id })
}

// madeUpFurther returns a study with every metric that a claim of the profile
// further names. A network has forgotten nothing before its second phase.
func madeUpFurther(t *testing.T) *claim.Data {
	t.Helper()
	d := newData()
	seen := map[string]bool{}
	metrics := slices.Concat([]string{accuracy, sparsity, selectivity, aboveChance, accurateSparsity, accurateSelectivity}, measures.Further)
	second := map[string]int{} // epoch of the second phase, by condition
	_, uses := paramsOf(t, "further").Expand()
	for _, u := range uses {
		if phases := u.Run.Config.Sampler.Phases; u.Experiment == forgetting {
			second[u.Condition] = phases[0].Epochs + 1
		}
	}
	for _, q := range places(t, "further") {
		d.Pair(q.curve.Experiment, q.curve.Condition, q.curve.Optimizer, "start")
		key := fmt.Sprint(q.curve.Experiment, "\x00", q.curve.Condition, "\x00", q.curve.Optimizer, "\x00", q.curve.Layer, "\x00", q.seed)
		if q.curve.Layer != "all" || seen[key] || q.seed > 2004 {
			continue
		}
		seen[key] = true
		for k, metric := range metrics {
			q.curve.Metric = metric
			for epoch := 1; epoch <= q.epochs; epoch++ {
				if metric == forgotten && epoch < second[q.curve.Condition] {
					if err := d.Add(q.curve, fmt.Sprintf("seed %d", q.seed), epoch, 0, false); err != nil {
						t.Fatal(err)
					}
					continue
				}
				v := 0.6 + 0.001*float64((len(q.curve.Condition)*7+k*5+int(q.seed)*3+epoch)%19)
				if err := d.Add(q.curve, fmt.Sprintf("seed %d", q.seed), epoch, v, true); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return d
}

// Every claim that goes further finds all that it needs in the profile, and
// runs that have it. Its figure exists.
func TestFurtherClaimsCanBeDecided(t *testing.T) {
	d := madeUpFurther(t)
	figures := map[string]bool{"": true} // a claim may be about a table
	for _, f := range paramsOf(t, "further").Figures {
		figures[f.ID] = true
	}
	ids := map[string]bool{}
	for _, c := range Claims() {
		ids[c.ID] = true
	}
	for _, c := range FurtherClaims() {
		r, err := decide(c, d)
		if err != nil || len(r.Missing) > 0 {
			t.Errorf("%s: %v, missing %q", c.ID, err, r.Missing)
		}
		if r.N == 0 || slices.ContainsFunc(r.Detail, func(part string) bool { return strings.Contains(part, "n = 0") }) {
			t.Errorf("%s is decided by no run: %s", c.ID, strings.Join(r.Detail, "; "))
		}
		if ids[c.ID] {
			t.Errorf("there are two claims %s", c.ID)
		}
		ids[c.ID] = true
		if !figures[c.Figure] {
			t.Errorf("%s: there is no figure %s", c.ID, c.Figure)
		}
		if !strings.HasSuffix(c.Words, ".") || c.Source == "" {
			t.Errorf("%s: source %q, words %q", c.ID, c.Source, c.Words)
		}
	}
}

// A product is of the run's own accuracy, and absent if one of its factors is.
func TestProducts(t *testing.T) {
	row := measures.WideRow{TidyRow: measures.TidyRow{Accuracy: measures.Recorded(0.9), Sparsity: measures.Recorded(0.5)}}
	want := map[string]measures.Number{accurateSparsity: measures.Recorded(0.9 * 0.5), accurateSelectivity: {}}
	for _, n := range numbers(row) {
		if w, ok := want[n.metric]; ok && n.number != w {
			t.Errorf("%s is %v, want %v", n.metric, n.number, w)
		}
		delete(want, n.metric)
	}
	if len(want) > 0 {
		t.Errorf("there is no %v", want)
	}
}
