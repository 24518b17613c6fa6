package finding

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"sparsel/analysis/claim"
)

func result(id, source, layer, verdict string, p, flip float64) claim.Result {
	r := claim.Result{ID: id, Source: source, Layer: layer, Verdict: verdict, Claim: "Words.", P: &p, Exact: &p, N: 12}
	if !math.IsNaN(flip) {
		r.Flip, r.Exact = &flip, &flip
	}
	return r
}

// TestCorrected compares with corrections by hand: Holm's among the two
// confirmatory claims of 5.6 and the one of 5.8, Benjamini and Hochberg's among
// all five.
func TestCorrected(t *testing.T) {
	nan := math.NaN()
	results := []claim.Result{
		result("A", "5.6.2, 6.1", Holds, "supported", 0.9, 0.01),
		result("B", "5.6.5, 6.1", Holds, "supported", 0.03, nan), // no flips, so the interval's test counts
		result("C", "5.6.2", Holds, "undecided", 0.9, 0.2),
		result("D", "5.8.2, 6.1", Holds, "supported", 0.9, 0.02),
		{ID: "E", Source: "5.6.2, 6.1", Layer: Holds, Verdict: "undecided"}, // lacks something: p is 1
	}
	correct(results, nil)
	for i, want := range []struct{ holm, bh float64 }{{0.03, 0.05}, {0.06, 0.05}, {nan, 0.25}, {0.02, 0.05}, {1, 1}} {
		r := results[i]
		if math.IsNaN(want.holm) != (r.Holm == nil) || r.Holm != nil && math.Abs(*r.Holm-want.holm) > 1e-9 || math.Abs(*r.BH-want.bh) > 1e-9 {
			t.Errorf("%s: %s", r.ID, text(t, r))
		}
	}
	// Claims that a part of a study does not decide count as if their p were 1.
	correct(results, []string{"5.6.2, 6.1", "5.6.3", "5.8.2, 6.1", "5.11.2, 6.1", "5.9.2"})
	if a, d := results[0], results[3]; math.Abs(*a.Holm-0.04) > 1e-9 || math.Abs(*d.Holm-0.04) > 1e-9 || math.Abs(*a.BH-0.1) > 1e-9 {
		t.Errorf("with five claims more: %s, %s", text(t, a), text(t, d))
	}
	author := []claim.Result{result("A", "5.6.2, 6.1", Reproduces, "supported", 0.001, 0.25)}
	correct(author, nil)
	if *author[0].Holm != 0.001 {
		t.Errorf("three seeds have no exact p to correct: %s", text(t, author[0]))
	}
}

func text(t *testing.T, r claim.Result) string {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The layer is named in the title, the caption and the heading of the column of
// verdicts, and in every row of the data.
func TestTableNamesItsLayer(t *testing.T) {
	for layer, words := range map[string]string{Reproduces: "a re-analysis of the thesis's own three seeds", Holds: "fresh seeds",
		Trial: "answer neither question"} {
		r := result("A", "5.6.2, 6.1", layer, "supported", 0.01, math.NaN())
		r.Inherited = "R6"
		results := []claim.Result{r, result("B", "5.6.2", layer, "equivalent", 0.4, math.NaN())}
		correct(results, nil)
		table := TableParams{ID: "findings", Layer: layer, Mark: "a mark"}.table(results)
		if !strings.Contains(table.Caption, words) ||
			!strings.Contains(table.Caption, "2 claims: 1 supported, 0 contradicted, 1 equivalent, 0 undecided") ||
			!slices.Contains(table.Header, layer) || table.Title != headings[layer] || table.Rows[0][2] != "supported (by R6)" ||
			table.Data[1][0] != layer {
			t.Errorf("%s: %q %q %q %q", layer, table.Title, table.Caption, table.Header, table.Rows)
		}
		if !slices.Contains(table.Notes, "a mark") {
			t.Errorf("notes %q", table.Notes)
		}
		for _, row := range table.Data[1:] {
			if len(row) != len(table.Data[0]) {
				t.Errorf("a row has %d numbers, the head %d", len(row), len(table.Data[0]))
			}
		}
	}
}

func TestLayerOf(t *testing.T) {
	for _, c := range []struct {
		seeding string
		seeds   []uint32
		want    string
	}{
		{"author", []uint32{1, 100, 1234}, Reproduces},
		{"author", []uint32{1}, Reproduces},
		{"author", []uint32{1, 2001}, Trial},
		{"author", []uint32{2001}, Trial},
		{"paired", []uint32{2001, 2002, 2012}, Holds},
		{"paired", []uint32{1, 100}, Trial},
		{"paired", []uint32{2001, 1234}, Trial},
	} {
		if got := LayerOf(Thesis, c.seeding, c.seeds); got != c.want {
			t.Errorf("%s %v: %s, want %s", c.seeding, c.seeds, got, c.want)
		}
		for _, source := range []string{"", "arXiv 1803.06959"} {
			if got := LayerOf(source, c.seeding, c.seeds); got != Trial {
				t.Errorf("%s %v of a study after %q: %s, want %s", c.seeding, c.seeds, source, got, Trial)
			}
		}
	}
}

// Inheritance between claims is sound: related claims exist, the stronger one
// reads all that the weaker one does, and they form no cycle.
func TestRelations(t *testing.T) {
	claims := map[string]claim.Claim{}
	for _, c := range slices.Concat(Claims(), FurtherClaims()) {
		claims[c.ID] = c
	}
	var deep func(id string, seen []string)
	deep = func(id string, seen []string) {
		if slices.Contains(seen, id) {
			t.Fatalf("%s leads back to %s", strings.Join(seen, ", "), id)
		}
		for _, other := range claims[id].ImpliedBy {
			for _, experiment := range claims[id].Experiments {
				if !slices.Contains(claims[other].Experiments, experiment) { // or there is no such claim
					t.Errorf("%s is implied by %s, which does not read experiment %s", id, other, experiment)
				}
			}
			deep(other, append(seen, id))
		}
	}
	for id := range claims {
		deep(id, nil)
	}
}

// A claim all of whose parts are parts of another one, and not the other way
// round, is known to be its weaker form. So no data contradict it and leave the
// other undecided.
func TestPartsOfOtherClaims(t *testing.T) {
	found := 0
	for _, study := range []struct {
		data   *claim.Data
		claims []claim.Claim
	}{{madeUp(t, true, 4), Claims()}, {madeUpFurther(t), FurtherClaims()}} {
		parts := map[string][]string{} // of claims that need all of them
		for _, c := range study.claims {
			r, err := claim.Decide(c, study.data)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range r.Detail {
				what, numbers, _ := strings.Cut(line, " = ")
				_, claimed, ok := strings.Cut(numbers, ", claimed ")
				claimed, _, _ = strings.Cut(claimed, ", p = ")
				claimed, _, _ = strings.Cut(claimed, ": ")
				if !ok || strings.HasPrefix(line, " ") { // of some parts, not all need hold
					delete(parts, c.ID)
					break
				}
				parts[c.ID] = append(parts[c.ID], what+" "+claimed)
			}
		}
		contains := func(whole, part string) bool {
			return !slices.ContainsFunc(parts[part], func(p string) bool { return !slices.Contains(parts[whole], p) })
		}
		for whole := range parts {
			for part := range parts {
				if whole == part || !contains(whole, part) || contains(part, whole) {
					continue
				}
				w, err := Find(whole)
				p, err2 := Find(part)
				if err != nil || err2 != nil || !implies(w, p) {
					t.Errorf("%s is a part of %s and not among its weaker forms: %v", part, whole, errors.Join(err, err2))
				}
				found++
			}
		}
	}
	if found < 10 {
		t.Errorf("found %d parts of other claims", found)
	}
}

// Confirmatory claims name the section of their experiment first, because that
// is the family within which they are corrected. The stricter form of a
// tendency is not among them.
func TestSections(t *testing.T) {
	families := map[string]int{}
	for _, c := range Claims() {
		if !strings.HasPrefix(c.Section(), "5.") {
			t.Errorf("%s: section %s", c.ID, c.Section())
		}
		if c.Confirmatory(conclusions) {
			families[c.Section()]++
			if !strings.HasSuffix(c.Source, ", "+conclusions) {
				t.Errorf("%s: source %s", c.ID, c.Source)
			}
		}
		if strings.HasSuffix(c.Words, "at every step.") && c.Confirmatory(conclusions) {
			t.Errorf("%s is not what the thesis concludes", c.ID)
		}
	}
	for section, n := range families {
		t.Logf("%s: %d confirmatory claims", section, n)
	}
	if len(families) < 10 {
		t.Errorf("%d sections have confirmatory claims", len(families))
	}
}

// TestInheritance decides R3 and R6 on runs in which Adam's selectivity is
// highest first. With six seeds R3 cannot be supported over four optimizers by
// itself, and it inherits the verdict of R6.
func TestInheritance(t *testing.T) {
	d := newData()
	for _, optimizer := range everyOptimizer {
		for x := 1; x <= 3; x++ {
			for seed := range 6 {
				for metric, top := range map[string]int{sparsity: 2, selectivity: 2 - map[bool]int{true: 1}[optimizer == adam], accuracy: 2} {
					q := claim.Curve{Experiment: learningRate, Condition: "learning_rate=" + string(rune('0'+x)), Optimizer: optimizer,
						Layer: claim.AllLayers, Metric: metric}
					if err := d.Add(q, string(rune('a'+seed)), 1, 0.9-0.1*math.Abs(float64(x-top)), true); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	for id, want := range map[string][2]string{"R3": {"supported", "R6"}, "R6": {"supported", ""}} {
		f, err := Find(id)
		if err != nil {
			t.Fatal(err)
		}
		r, err := decide(f, d)
		if err != nil || r.Verdict != want[0] || r.Inherited != want[1] {
			t.Errorf("%s: %v, inherited from %q\n%s", id, err, r.Inherited, r.Text())
		}
		if own, err := claim.Decide(f, d); err != nil || id == "R3" && own.Verdict != "undecided" {
			t.Errorf("%s by itself: %v, %s", id, err, own.Verdict)
		}
	}
}

// TestWide lists the claims that the tidy table cannot decide.
func TestWide(t *testing.T) {
	var wide []string
	for _, c := range Claims() {
		if Wide(c) {
			wide = append(wide, c.ID)
		}
	}
	want := "H1g H1t H1c H1u Z1g Z1t Z1c Z1u N1g N1t N1c N1u N2g N2t N2c N2u N3g N3t N3c N3u H4a R5a S5a X2a Y4a H4v R5v S5v X2v Y4v"
	if got := strings.Join(wide, " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
