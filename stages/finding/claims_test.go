package finding

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sparsel/analysis/claim"
	"sparsel/stages/params"
)

// place is where a study has values: a curve, with the runs of a seed, over a
// number of epochs.
type place struct {
	curve  claim.Curve
	seed   uint32
	epochs int
}

// paramsOf reads a profile of params.toml.
func paramsOf(t *testing.T, profile string) *params.Params {
	t.Helper()
	p, err := params.Read(filepath.Join("..", "..", "params.toml"), profile)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// places lists what the study of params.toml measures in a profile.
func places(t *testing.T, profile string) []place {
	t.Helper()
	var list []place
	_, uses := paramsOf(t, profile).Expand()
	for _, u := range uses {
		layers := []string{claim.AllLayers}
		if n := len(u.Run.Config.Network.Hidden); n > 1 {
			for i := range n {
				layers = append(layers, strconv.Itoa(i+1))
			}
		}
		for _, layer := range layers {
			for _, metric := range append([]string{aboveChance}, shares...) {
				q := claim.Curve{Experiment: u.Experiment, Condition: u.Condition, Optimizer: u.Optimizer, Layer: layer, Metric: metric}
				list = append(list, place{q, u.Seed, u.Run.Config.Epochs})
			}
		}
	}
	return list
}

// fill makes data for the places that keep accepts.
func fill(t testing.TB, list []place, keep func(place) bool, value func(claim.Curve) float64) *claim.Data {
	t.Helper()
	d := newData()
	for _, q := range list {
		if !keep(q) {
			continue
		}
		if q.curve.Experiment == trainVsTest {
			d.Pair(trainVsTest, q.curve.Condition, q.curve.Optimizer, q.curve.Optimizer)
		}
		for epoch := 1; epoch <= q.epochs; epoch++ {
			if err := d.Add(q.curve, fmt.Sprintf("seed %d", q.seed), epoch, value(q.curve), true); err != nil {
				t.Fatal(err)
			}
		}
	}
	return d
}

// plausible makes values around 0.978, because one of the claims looks there
// for epochs of similar accuracy. Accuracies are highest in the middle of a
// sweep of learning rates, because other claims look for peaks beyond that.
func plausible(r *rand.Rand) func(claim.Curve) float64 {
	return func(q claim.Curve) float64 {
		v := 0.978 + 0.0004*(2*r.Float64()-1)
		if lr, ok := strings.CutPrefix(q.Condition, "learning_rate="); ok && q.Metric == accuracy {
			x, _ := strconv.ParseFloat(lr, 64)
			v -= 0.01 * math.Abs(math.Log10(x))
		}
		return v
	}
}

// Every claim finds what it needs in the study, and reads exactly the
// experiments that it names.
func TestClaimsMatchTheStudy(t *testing.T) {
	list := places(t, "")
	r := rand.New(rand.NewPCG(1, 1))
	value := plausible(r)
	byExperiment := map[string][]place{}
	for _, q := range list {
		byExperiment[q.curve.Experiment] = append(byExperiment[q.curve.Experiment], q)
	}
	for _, f := range Claims() {
		var own []place
		definition := f.Definition()
		named := func(q place) bool { return strings.Contains(definition, q.curve.Metric) }
		for _, name := range f.Experiments {
			if byExperiment[name] == nil {
				t.Fatalf("%s: params.toml has no experiment %s", f.ID, name)
			}
			for _, q := range byExperiment[name] {
				if named(q) {
					own = append(own, q)
				}
			}
		}
		result, err := decide(f, fill(t, own, func(place) bool { return true }, value))
		if err != nil || len(result.Missing) > 0 {
			t.Errorf("%s: %v, missing %q", f.ID, err, result.Missing)
		}
		for _, name := range f.Experiments {
			without := fill(t, own, func(q place) bool { return q.curve.Experiment != name }, value)
			if result, err = decide(f, without); err != nil || !slices.Contains(result.Missing, "the study has no experiment "+name) {
				t.Errorf("%s does without experiment %s: %v, missing %q", f.ID, name, err, result.Missing)
			}
		}
	}
}

func TestClaimsAreWellFormed(t *testing.T) {
	p := paramsOf(t, "")
	seen := map[string]bool{}
	for _, f := range Claims() {
		switch {
		case f.ID == "" || f.Words == "" || f.Source == "" || f.Check.String() == "" || len(f.Experiments) == 0:
			t.Errorf("%+v leaves something out", f)
		case seen[f.ID]:
			t.Errorf("%s is there twice", f.ID)
		case !strings.HasSuffix(f.Words, "."):
			t.Errorf("%s: the claim is no sentence: %s", f.ID, f.Words)
		case !slices.ContainsFunc(p.Figures, func(g params.Figure) bool { return g.ID == f.Figure }):
			t.Errorf("%s: there is no figure %s", f.ID, f.Figure)
		}
		seen[f.ID] = true
	}
}

// A profile has fewer epochs and grid points. What it lacks for a claim is
// reported, and nothing else changes.
func TestClaimsOfAProfile(t *testing.T) {
	list := places(t, "quick")
	d := fill(t, list, func(place) bool { return true }, plausible(rand.New(rand.NewPCG(2, 2))))
	for _, f := range Claims() {
		result, err := decide(f, d)
		if err != nil {
			t.Error(err)
		}
		for _, lack := range result.Missing {
			if !strings.Contains(lack, "epoch") || !strings.HasSuffix(lack, "its runs have 4 epochs") {
				t.Errorf("%s: %s", f.ID, lack)
			}
		}
	}
}

// FuzzClaims removes conditions, runs, layers and epochs, and adds NaN and
// infinities. A claim must be decided or say what is missing. It must never
// panic, and never be supported by numbers that do not exist.
func FuzzClaims(f *testing.F) {
	for seed := range uint64(3) {
		f.Add(seed, byte(40*seed), byte(20*seed), byte(60*seed))
	}
	var list []place
	f.Fuzz(func(t *testing.T, seed uint64, lost, odd, shorter byte) {
		if list == nil {
			list = places(t, "quick")
		}
		r := rand.New(rand.NewPCG(seed, 5))
		odds := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, 1, 1e300, -1e300, 5e-324}
		value := func(claim.Curve) float64 {
			if r.IntN(256) < int(odd) {
				return odds[r.IntN(len(odds))]
			}
			return r.Float64()
		}
		cut := slices.Clone(list)
		for i := range cut {
			if r.IntN(256) < int(shorter) {
				cut[i].epochs = r.IntN(cut[i].epochs + 1)
			}
		}
		d := fill(t, cut, func(place) bool { return r.IntN(256) >= int(lost) }, value)
		for _, c := range Claims() {
			result, err := decide(c, d)
			if err != nil {
				t.Fatal(err)
			}
			if result.Effect == nil && result.Verdict != "undecided" || result.N < 2 && result.Verdict != "undecided" || len(result.Detail) == 0 {
				t.Fatalf("%+v", result)
			}
			result.Text()
		}
	})
}
