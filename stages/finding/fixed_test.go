package finding

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sparsel/analysis/claim"
	"sparsel/stages/finding/fixed"
)

// fix rewrites the lock: go test ./stages/finding -run TestClaimsAreFixed -fix.
// It may be used only before anyone looks at fresh seeds. After that, a change
// goes into fixed/changed.json.
var fix = flag.Bool("fix", false, "write testdata/claims.lock from the claims as they are")

var (
	lockFile    = filepath.Join("testdata", "claims.lock")
	changedFile = filepath.Join("fixed", "changed.json")
)

// digest returns the SHA-256 of everything that defines a claim: its words, its
// source, its predicate and its margins.
func digest(c claim.Claim) string {
	text := strings.Join([]string{c.ID, c.Source, c.Words, strings.Join(c.Experiments, ","), c.Definition()}, "\n")
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
}

// judgement returns a digest of the results of the fixed claims in three made-up
// studies, with the p values that are corrected for their number. It changes
// when code changes how claims are judged, and does not change when a claim is
// added or params.toml is edited.
func judgement(t *testing.T, fixed map[string]string) string {
	t.Helper()
	hash := sha256.New()
	for _, study := range []struct {
		paired bool
		seeds  int
	}{{false, 4}, {true, 4}, {true, 8}} {
		d := madeUp(t, study.paired, study.seeds)
		var results []claim.Result
		for _, c := range Claims() {
			if fixed[c.ID] == "" {
				continue
			}
			r, err := decide(c, d)
			if err != nil || len(r.Missing) > 0 {
				t.Fatalf("%s: %v, missing %q; what a claim needs, testdata/made-up.csv has to have, below what it has now", c.ID, err, r.Missing)
			}
			r.Layer = Holds
			results = append(results, r)
		}
		correct(results, nil)
		for _, r := range results {
			number := func(x *float64) string {
				if x == nil {
					return "none"
				}
				return fmt.Sprintf("%.5g", *x)
			}
			fmt.Fprint(hash, r.ID, " ", r.Verdict, " ", r.N)
			for _, x := range []*float64{r.Effect, r.Low, r.High, r.DZ, r.P, r.Flip, r.Exact, r.Contra, r.Equal, r.Smallest, r.Holm, r.BH} {
				fmt.Fprint(hash, " ", number(x))
			}
			fmt.Fprintln(hash)
		}
	}
	return fmt.Sprintf("%x", hash.Sum(nil))
}

// madeUpMetrics are the metrics of the made-up studies, in the order in which
// their values are drawn.
var madeUpMetrics = []string{aboveChance, accuracy, sparsity, selectivity, gini, trevesRolls, csi, chance, dead, saturated, below}

// madeUpPlaces lists the curves of the made-up studies. They are those of
// testdata/made-up.csv, independent of params.toml.
func madeUpPlaces(t *testing.T) []place {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "made-up.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []place
	for _, row := range rows[1:] {
		n, err := strconv.Atoi(row[3])
		epochs, err2 := strconv.Atoi(row[4])
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		layers := []string{claim.AllLayers}
		for i := 1; n > 1 && i <= n; i++ {
			layers = append(layers, strconv.Itoa(i))
		}
		for _, layer := range layers {
			for _, metric := range madeUpMetrics {
				q := claim.Curve{Experiment: row[0], Condition: row[1], Optimizer: row[2], Layer: layer, Metric: metric}
				list = append(list, place{curve: q, epochs: epochs})
			}
		}
	}
	return list
}

// madeUp returns a study with every metric that a fixed claim names. Its values
// vary and drift.
func madeUp(t *testing.T, paired bool, seeds int) *claim.Data {
	t.Helper()
	r := rand.New(rand.NewPCG(4, 12))
	d := newData()
	list := madeUpPlaces(t)
	for _, q := range list {
		if paired {
			d.Pair(q.curve.Experiment, q.curve.Condition, q.curve.Optimizer, "start")
		}
	}
	if !paired {
		d.Pair(trainVsTest, "test", sgd, sgd)
		for _, optimizer := range everyOptimizer {
			d.Pair(trainVsTest, "test", optimizer, optimizer)
			d.Pair(trainVsTest, "train", optimizer, optimizer)
		}
	}
	for seed := range seeds {
		for _, q := range list {
			base := 0.3 + 0.4*r.Float64()
			if q.curve.Metric == accuracy {
				base = 0.97 + 0.02*r.Float64()
				if r.IntN(12) == 0 || strings.Contains(q.curve.Condition, "cnn") || q.curve.Condition == "sorted" || q.curve.Condition == "5HL" {
					base = 0.1 + 0.02*r.Float64()
				}
				if q.curve.Condition == "5HL" && q.curve.Optimizer == adam {
					base = 0.98
				}
			}
			for epoch := 1; epoch <= q.epochs; epoch++ {
				v := min(0.999, base+0.01*r.Float64()+0.0002*float64(epoch))
				if err := d.Add(q.curve, fmt.Sprintf("seed %d", seed), epoch, v, true); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return d
}

func readLock(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return parseLock(t, file, text)
}

// parseLock returns the digests of a lock, without its comments.
func parseLock(t *testing.T, file string, text []byte) map[string]string {
	t.Helper()
	locked := map[string]string{}
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		if line := s.Text(); line != "" && !strings.HasPrefix(line, "#") {
			id, sum, ok := strings.Cut(line, " ")
			if !ok || locked[id] != "" {
				t.Fatalf("%s: line %q", file, line)
			}
			locked[id] = sum
		}
	}
	return locked
}

// TestClaimsAreFixed refuses a claim that differs from the lock, unless it is
// on the list of changes with the verdicts of both layers before and after.
func TestClaimsAreFixed(t *testing.T) {
	now := map[string]string{}
	for _, c := range Claims() {
		now[c.ID] = digest(c)
	}
	judged := readLock(t, lockFile)
	if *fix {
		judged = now // all claims as they are now
	}
	now["judge"] = judgement(t, judged)
	if *fix {
		var b strings.Builder
		b.WriteString("# The claims as they were fixed before anybody had seen the fresh seeds: SHA-256 of each claim's text, source,\n" +
			"# predicate and margins, and of what the judge makes of made-up studies. docs/claims.md says how to change one.\n")
		fmt.Fprintln(&b, "judge", now["judge"])
		for _, c := range Claims() {
			fmt.Fprintln(&b, c.ID, now[c.ID])
		}
		if err := os.WriteFile(lockFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ofThesis := func(id string) bool { return !goesFurther(id) }
	for _, problem := range refused(readLock(t, lockFile), now, changes(t, ofThesis)) {
		t.Error(problem)
	}
}

// changes returns the listed changes of some claims.
func changes(t *testing.T, of func(id string) bool) []fixed.Change {
	t.Helper()
	list, err := fixed.Changes()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(list, func(c fixed.Change) bool { return !of(c.ID) })
}

// The commits that reports name did fix the claims: the locks in them are the
// present ones.
func TestCommitThatFixedTheClaims(t *testing.T) {
	for file, commit := range map[string]string{"claims.lock": fixed.Commit, "further.lock": fixed.FurtherCommit} {
		if err := exec.Command("git", "rev-parse", "--verify", "--quiet", commit+"^{commit}").Run(); err != nil {
			t.Skipf("no history that has %s: %v", commit, err)
		}
		then, err := exec.Command("git", "show", commit+":./testdata/"+file).Output()
		if err != nil {
			t.Fatal(err)
		}
		if now := readLock(t, filepath.Join("testdata", file)); !maps.Equal(parseLock(t, file, then), now) {
			t.Errorf("%s is not what it was at %s; commit it, and then put that commit's hash into package fixed", file, commit)
		}
	}
}

// refused lists claims that differ from the lock and are not on the list of
// changes, and wrong entries of that list.
func refused(locked, now map[string]string, changes []fixed.Change) []string {
	var problems []string
	listed := map[string]bool{}
	for _, c := range changes {
		switch {
		case listed[c.ID]:
			problems = append(problems, c.ID+" is listed twice")
		case c.To != now[c.ID]:
			problems = append(problems, fmt.Sprintf("%s is listed with the digest %q, and is %q", c.ID, c.To, now[c.ID]))
		case c.To == locked[c.ID]:
			problems = append(problems, c.ID+" is listed as changed, and is as it was fixed")
		case c.Added != (locked[c.ID] == ""):
			problems = append(problems, fmt.Sprintf("%s is listed as added: %v, and was fixed as %q", c.ID, c.Added, locked[c.ID]))
		case strings.TrimSpace(c.Why) == "":
			problems = append(problems, c.ID+" is listed without a reason")
		}
		for name, verdicts := range map[string]map[string]string{"before": c.Before, "after": c.After} {
			for _, layer := range []string{Reproduces, Holds} {
				if allowed := append([]string{"not judged"}, claim.Verdicts...); !slices.Contains(allowed, verdicts[layer]) {
					problems = append(problems,
						fmt.Sprintf("%s is listed without its verdict %s in layer %q: %q", c.ID, name, layer, verdicts[layer]))
				}
			}
		}
		listed[c.ID] = true
	}
	ids := map[string]bool{}
	for _, m := range []map[string]string{locked, now} {
		for id := range m {
			ids[id] = true
		}
	}
	for id := range ids {
		if locked[id] != now[id] && !listed[id] {
			problems = append(problems, fmt.Sprintf("%s is not as it was fixed: take the change back, or list it in %s with its digest %s",
				id, changedFile, now[id]))
		}
	}
	slices.Sort(problems)
	return problems
}

// TestRefused plants changes that must be refused.
func TestRefused(t *testing.T) {
	locked := map[string]string{"A": "1", "B": "2", "judge": "3"}
	verdicts := map[string]string{Reproduces: "supported", Holds: "not judged"}
	good := fixed.Change{ID: "A", Why: "a typing error", To: "9", Before: verdicts, After: verdicts}
	with := func(edit func(*fixed.Change)) fixed.Change { c := good; edit(&c); return c }
	moved := map[string]string{"A": "9", "B": "2", "judge": "3"}
	for name, c := range map[string]struct {
		now     map[string]string
		changes []fixed.Change
		want    int
	}{
		"as it was":        {locked, nil, 0},
		"changed":          {moved, nil, 1},
		"changed, listed":  {moved, []fixed.Change{good}, 0},
		"without verdicts": {moved, []fixed.Change{with(func(c *fixed.Change) { c.After = nil })}, 2},
		"odd verdict": {moved, []fixed.Change{with(func(c *fixed.Change) {
			c.Before = map[string]string{Reproduces: "yes", Holds: "supported"}
		})}, 1},
		"without a reason":  {moved, []fixed.Change{with(func(c *fixed.Change) { c.Why = " " })}, 1},
		"with another sum":  {moved, []fixed.Change{with(func(c *fixed.Change) { c.To = "8" })}, 1},
		"listed, unchanged": {locked, []fixed.Change{with(func(c *fixed.Change) { c.To = "1" })}, 1},
		"listed twice":      {moved, []fixed.Change{good, good}, 1},
		"added, listed": {map[string]string{"A": "1", "B": "2", "C": "4", "judge": "3"},
			[]fixed.Change{with(func(c *fixed.Change) { c.ID, c.To, c.Added = "C", "4", true })}, 0},
		"added, listed as changed": {map[string]string{"A": "1", "B": "2", "C": "4", "judge": "3"},
			[]fixed.Change{with(func(c *fixed.Change) { c.ID, c.To = "C", "4" })}, 1},
		"changed, listed as added": {moved, []fixed.Change{with(func(c *fixed.Change) { c.Added = true })}, 1},
		"added":                    {map[string]string{"A": "1", "B": "2", "C": "4", "judge": "3"}, nil, 1},
		"withdrawn":                {map[string]string{"A": "1", "judge": "3"}, nil, 1},
		"withdrawn, listed":        {map[string]string{"B": "2", "judge": "3"}, []fixed.Change{with(func(c *fixed.Change) { c.To = "" })}, 0},
		"another judge":            {map[string]string{"A": "1", "B": "2", "judge": "4"}, nil, 1},
	} {
		if got := refused(locked, c.now, c.changes); len(got) != c.want {
			t.Errorf("%s: %q, want %d", name, got, c.want)
		}
	}
}

// Every part of a claim is covered by its digest.
func TestDigest(t *testing.T) {
	find := func() claim.Claim {
		c, err := Find("Z1")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	seen := map[string]string{digest(find()): "itself"}
	for name, edit := range map[string]func(*claim.Claim){
		"words":     func(c *claim.Claim) { c.Words += " Or not." },
		"source":    func(c *claim.Claim) { c.Source = "5.6.2" },
		"margin":    func(c *claim.Claim) { c.Margins = map[string]float64{accuracy: 0.003, sparsity: 0.02} },
		"relation":  func(c *claim.Claim) { c.ImpliedBy = nil },
		"direction": func(c *claim.Claim) { c.Check = claim.Trend(sweep(batchSize, "bs=").By(sgd, adam), claim.Positive) },
		"metric": func(c *claim.Claim) {
			c.Check = claim.Trend(sweep(batchSize, "bs=").By(sgd, adam).Of(sparsity), claim.Negative)
		},
		"optimizer": func(c *claim.Claim) { c.Check = claim.Trend(sweep(batchSize, "bs=").By(sgd), claim.Negative) },
		"kind":      func(c *claim.Claim) { c.Check = claim.Steps(sweep(batchSize, "bs=").By(sgd, adam), claim.Negative) },
		"epoch": func(c *claim.Claim) {
			c.Check = claim.Trend(sweep(batchSize, "bs=").By(sgd, adam).At(claim.Epoch(29)), claim.Negative)
		},
		"window": func(c *claim.Claim) {
			c.Check = claim.Trend(sweep(batchSize, "bs=").Between(1, 500).By(sgd, adam), claim.Negative)
		},
		"filter": func(c *claim.Claim) {
			c.Check = claim.Trend(sweep(batchSize, "bs=").By(sgd, adam).Only(accuracy, learnt), claim.Negative)
		},
		"threshold": func(c *claim.Claim) { c.Check = claim.Trend(sweep(batchSize, "bs=").By(sgd, adam), claim.Below(-0.01)) },
	} {
		c := find()
		edit(&c)
		if other, twice := seen[digest(c)]; twice {
			t.Errorf("the digest is the same with another %s as with %s", name, other)
		}
		seen[digest(c)] = name
	}
}
