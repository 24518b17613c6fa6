package claim

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
)

// draws is the number of simulated studies for each kind of predicate and
// number of runs.
const draws = 10000

// tolerance is what a rate of 0.05 among the draws exceeds in one of 30,000
// simulations: four standard deviations of the binomial, with
// sqrt(0.05·0.95/10000) = 0.00218.
const tolerance = 4 * 0.00218

// world makes the values of a simulated study: the value of a metric in a run,
// at a condition, after an epoch.
type world struct {
	conditions, epochs int
	paired             bool
	value              func(r *rand.Rand, run, condition int, metric string, epoch int) float64
	experiments        int // number of experiments, e, e1, ..., among which the conditions are divided; 0 means one
}

// data draws a study of n runs.
func (w world) data(r *rand.Rand, n int) *Data {
	d := NewData("m")
	conditions, experiments := make([]string, w.conditions), make([]string, w.conditions)
	for i := range conditions {
		condition, experiment := "x="+strconv.Itoa(i+1), "e"
		if k := (i + 1) % max(1, w.experiments); k > 0 {
			experiment = "e" + strconv.Itoa(k)
		}
		conditions[i], experiments[i] = condition, experiment
		d.conditions[experiment] = append(d.conditions[experiment], condition)
		if w.paired {
			d.Pair(experiment, condition, "A", "start")
		}
	}
	names := [...]string{"00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11"}
	for x, condition := range conditions {
		for _, metric := range []string{"m", "n"} {
			d.curves[Curve{experiments[x], condition, "A", AllLayers, metric}] = make([]*course, 0, n)
		}
	}
	for run := range n {
		for _, metric := range []string{"m", "n"} {
			for x, condition := range conditions {
				c := &course{run: names[run], values: make([]float64, w.epochs), absent: make([]bool, w.epochs)}
				for e := range c.values {
					c.values[e] = w.value(r, run, x, metric, e+1)
				}
				q := Curve{experiments[x], condition, "A", AllLayers, metric}
				d.curves[q] = append(d.curves[q], c)
			}
		}
	}
	return d
}

// noise returns values around one half that do not depend on condition, metric
// or epoch.
func noise(r *rand.Rand, _, _ int, _ string, _ int) float64 { return 0.5 + 0.02*r.NormFloat64() }

// around returns noise about a mean that depends on the condition.
func around(means ...float64) func(*rand.Rand, int, int, string, int) float64 {
	return func(r *rand.Rand, _, condition int, _ string, _ int) float64 {
		return means[condition] + 0.01*r.NormFloat64()
	}
}

// simulated is a kind of predicate with a truth under which certain verdicts
// are wrong.
type simulated struct {
	name  string
	check Predicate
	world world
	about []Verdict // the verdicts that are wrong; for found, the first is the right one
}

// nulls lists all kinds of predicates in worlds in which there is nothing to
// find: with a true effect of 0 or at the bound of the claim.
func nulls() []simulated {
	line := Sweep("e", "x=").By("A").Of("m")
	x1, x2 := In("e", "x=1").By("A").Of("m"), In("e", "x=2").By("A").Of("m")
	both, yes := []Verdict{Supported, Contradicted}, []Verdict{Supported}
	flat := func(conditions, epochs int, paired bool) world { return world{conditions, epochs, paired, noise, 0} }
	var six []Predicate
	for x := 2; x <= 7; x++ {
		six = append(six, Higher(In("e", fmt.Sprintf("x=%d", x)).By("A").Of("m"), In("e", "x=1")))
	}
	margin := func(m float64) func(*rand.Rand, int, int, string, int) float64 {
		return around(0.5, 0.5+m, 0.5+2*m, 0.5+3*m)
	}
	design := In("e", "x=1", "x=2", "x=3", "x=4").By("A").Of("m")
	line1, at2, even := Sweep("e1", "x="), Sweep("e", "x=").By("A").Of("m").Between(2, 2), Sweep("e", "x=").By("A").Of("m")
	// off has conditions with odd numbers on a line, and those with even ones off it by so much.
	off := func(by float64) func(*rand.Rand, int, int, string, int) float64 {
		return around(0.5, 0.5+by, 0.5, 0.5+by, 0.5, 0.5+by, 0.5)
	}
	// The metric n is highest at the third condition, and m is flat; and the other
	// way round, where n is flat and m is highest at the last but two.
	early := func(r *rand.Rand, run, condition int, metric string, epoch int) float64 {
		v := noise(r, run, condition, metric, epoch)
		if metric == "n" && condition == 2 {
			v += 0.2
		}
		return v
	}
	late := func(r *rand.Rand, run, condition int, metric string, epoch int) float64 {
		v := noise(r, run, condition, metric, epoch)
		if metric == "m" && condition == 12 {
			v += 0.2
		}
		return v
	}
	return []simulated{
		{"value near 1", Value(x1, Above(0.95)), world{1, 1, false, around(0.95), 0}, both},
		{"value near 1, skewed", Value(x1, Above(0.95)),
			world{1, 1, false, func(r *rand.Rand, _, _ int, _ string, _ int) float64 { return beta(r, 38, 2) }, 0}, both},
		{"value, skewed", Value(x1, Below(0.05)),
			world{1, 1, false, func(r *rand.Rand, _, _ int, _ string, _ int) float64 { return beta(r, 1, 19) }, 0}, yes},
		{"value in a range", Value(x1, Range{0.3, 0.5}), flat(1, 1, false), yes},
		{"change", Rises(x1), flat(1, 2, false), both},
		{"change of a mean over conditions, paired", MeanChange(line, First, Last, Positive), flat(3, 2, true), both},
		{"change of a mean over conditions", MeanChange(line, First, Last, Positive), flat(3, 2, false), both},
		{"difference, paired", Higher(x2, In("e", "x=1")), flat(2, 1, true), both},
		{"difference", Higher(x2, In("e", "x=1")), flat(2, 1, false), both},
		{"difference of unequal spread", Higher(x2, In("e", "x=1")),
			world{2, 1, false, func(r *rand.Rand, _, condition int, _ string, _ int) float64 {
				return 0.5 + 0.01*float64(1+4*condition)*r.NormFloat64()
			}, 0}, both},
		{"not worse by more than a margin", Difference(x2, In("e", "x=1"), Above(-0.01)), world{2, 1, true, around(0.5, 0.49), 0}, yes},
		{"trend, paired", Trend(line, Positive), flat(5, 1, true), both},
		{"trend", Trend(line, Positive), flat(5, 1, false), both},
		{"every step, paired", Rising(line), flat(4, 1, true), both},
		{"every step", Rising(line), flat(4, 1, false), both},
		{"turns, paired", Turns(line), flat(4, 1, true), yes},
		{"turns", Turns(line), flat(4, 1, false), yes},
		{"similar", Similar(line, 0.01), world{2, 1, true, around(0.5, 0.51), 0}, yes},
		{"share", Share(x1, Above(0.5), Above(0.5)), flat(1, 1, false), both},
		{"reaching a level", Higher(x2.At(Reaching("n", 0.5)), In("e", "x=1").At(Reaching("n", 0.5))), flat(2, 4, true), both},
		{"runs that learnt", Higher(x2.Only("n", Above(0.49)), In("e", "x=1").Only("n", Above(0.49))), flat(2, 1, true), both},
		{"correlation", Correlate(x1, "n", Positive), flat(1, 10, false), both},
		{"correlations, most", Most(Correlate(x1, "n", Positive), Correlate(x2, "n", Positive),
			Correlate(In("e", "x=3").By("A").Of("m"), "n", Positive)), flat(3, 10, false), both},
		{"settles", Settles(x1), flat(1, 30, false), both},
		{"approaches", Approaches(x1, In("e", "x=2"), 1), flat(2, 2, true), both},
		{"concordance", Concordance(line, "n", Last, Positive), flat(7, 1, false), both},

		{"prediction", Prediction("m", []string{"n"}, Above(0), Sweep("e", "x=").By("A"), Sweep("e1", "x=").By("A"), Sweep("e2", "x=").By("A")),
			world{15, 1, true, noise, 3}, yes},
		{"peak beyond another", PeaksBeyond(line, "n", math.Inf(1)), flat(5, 1, false), yes},
		{"peak slightly beyond another", PeaksBeyond(line, "n", 2), flat(5, 1, false), yes},
		{"peak before another", PeaksBefore(line, "n"), flat(5, 1, false), yes},
		{"peak of a flat line beyond another's", PeaksBeyond(line, "n", math.Inf(1)), world{15, 1, true, early, 0}, yes},
		{"peak of a flat line before another's", PeaksBefore(line.Of("n"), "m"), world{15, 1, true, late, 0}, yes},
		{"peaks apart, in either order", Any(PeaksBefore(line, "n"), PeaksBefore(line.Of("n"), "m")), flat(15, 1, false), yes},
		{"peak within", PeaksWithin(line, 2, 3), flat(4, 1, false), both},
		{"any of six", Any(six...), flat(7, 1, true), both},
		{"three of six", AtLeast(3, six...), flat(7, 1, true), both},
		{"all of six", All(six...), flat(7, 1, true), both},
		{"all of six, independent", All(six...), flat(7, 1, false), both},
		{"equivalent at the margin", Higher(x2, In("e", "x=1")), world{2, 1, true, margin(0.02), 0}, []Verdict{Equivalent, Contradicted}},
		{"equivalent at the margin, independent", Higher(x2, In("e", "x=1")), world{2, 1, false, margin(0.02), 0},
			[]Verdict{Equivalent, Contradicted}},
		{"equivalent at the margin, every step", Rising(line), world{4, 1, true, margin(0.02), 0}, []Verdict{Equivalent, Contradicted}},
		{"equivalent at the margin, any of three",
			Any(Higher(x2, In("e", "x=1")), Higher(In("e", "x=3").By("A").Of("m"), In("e", "x=1")),
				Higher(In("e", "x=4").By("A").Of("m"), In("e", "x=1"))),
			world{4, 1, true, around(0.5, 0.52, 0.52, 0.52), 0}, []Verdict{Equivalent, Contradicted}},

		{"effect of a factor, paired", Effect(design, []string{"a", "b"}, []int{0}, Positive), flat(4, 1, true), both},
		{"effect of a factor", Effect(design, []string{"a", "b"}, []int{0}, Positive), flat(4, 1, false), both},
		{"interaction of two factors, paired", Effect(design, []string{"a", "b"}, []int{0, 1}, Negative), flat(4, 1, true), both},
		{"on a line, at the bound", OnCurve(at2, line1, Within(0.02)), world{3, 1, true, off(0.02), 2}, yes},
		{"on a line, at the bound, independent", OnCurve(at2, line1, Within(0.02)), world{3, 1, false, off(-0.02), 2}, yes},
		{"on a line, three at the bound", OnCurve(even, line1, Within(0.02)), world{7, 1, true, off(0.02), 2}, []Verdict{Contradicted}},
		{"off a line, three at the bound", OffCurve(even, line1, 0.02), world{7, 1, true, off(0.02), 2}, yes},
		{"off a line, three on it", OffCurve(even, line1, 0), world{7, 1, true, off(0), 2}, yes},
		{"off a line, three on it, independent", OffCurve(even, line1, 0), world{7, 1, false, off(0), 2}, yes},
		{"one of four exists", Exists(line, func(condition string) Predicate {
			return Value(In("e", condition).By("A").Of("m"), Above(0.5))
		}), flat(4, 1, false), both},
	}
}

// beta draws from the beta distribution with integer parameters, as a ratio of
// sums of exponential values.
func beta(r *rand.Rand, a, b int) float64 {
	var x, y float64
	for range a {
		x += r.ExpFloat64()
	}
	for range b {
		y += r.ExpFloat64()
	}
	return x / (x + y)
}

// TestMain lets garbage wait. The simulations make much of it, of small data.
func TestMain(m *testing.M) {
	debug.SetGCPercent(1000)
	os.Exit(m.Run())
}

// TestLevels checks that no kind of predicate finds a nonexistent effect in
// more than 5 % of studies of 3 and of 12 runs, neither by its verdict nor by
// the p value that Holm's and Benjamini and Hochberg's corrections start from.
func TestLevels(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of thousands of studies")
	}
	for k, s := range nulls() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, n := range []int{3, 12} {
				r := rand.New(rand.NewPCG(uint64(k), uint64(n)))
				wrong := map[Verdict]int{}
				total, exact := 0, 0
				for range draws {
					p, err := decideWith(s.check, s.world.data(r, n))
					if err != nil {
						t.Fatal(err)
					}
					for _, v := range s.about {
						if p.Verdict == v {
							wrong[v]++
							total++
						}
						if v == Supported && p.Exact < alpha {
							exact++
						}
					}
				}
				t.Logf("n = %d: wrong in %.4f, %v", n, float64(total)/draws, wrong)
				if rate := float64(total) / draws; rate > alpha+tolerance {
					t.Errorf("n = %d: wrong in %.4f of studies, want at most %.2f", n, rate, alpha)
				}
				if rate := float64(exact) / draws; rate > alpha+tolerance {
					t.Errorf("n = %d: the p that is corrected for many claims is below %.2f in %.4f of studies", n, alpha, rate)
				}
			}
		})
	}
}

// TestEveryKindIsSimulated holds that a new kind of predicate gets a level too. Those that only fill in another's arguments
// are simulated through it.
func TestEveryKindIsSimulated(t *testing.T) {
	simulated := map[string]bool{"Change": true, "Lower": true, "Falls": true, "Falling": true, "Steps": true}
	files := token.NewFileSet()
	calls := func(file string, visit func(ast.Node) bool) {
		f, err := parser.ParseFile(files, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, visit)
	}
	calls("simulation_test.go", func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if name, ok := call.Fun.(*ast.Ident); ok {
				simulated[name.Name] = true
			}
		}
		return true
	})
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	for _, file := range sources {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		calls(file, func(n ast.Node) bool {
			f, ok := n.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !f.Name.IsExported() || f.Type.Results == nil {
				return true
			}
			if result, ok := f.Type.Results.List[0].Type.(*ast.Ident); ok && result.Name == "Predicate" {
				kinds++
				if !simulated[f.Name.Name] {
					t.Errorf("%s: nothing simulates the level of %s", files.Position(f.Pos()), f.Name.Name)
				}
			}
			return true
		})
	}
	if kinds < 20 {
		t.Errorf("found %d kinds of predicates", kinds)
	}
}
