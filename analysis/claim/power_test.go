package claim

import (
	"bufio"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/power.txt anew")

// TestPower compares the share of studies in which a difference of paired runs
// is found with the power that R computes for the test.
func TestPower(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of studies")
	}
	file, err := os.Open("testdata/truth.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := rand.New(rand.NewPCG(12, 3))
	for s := bufio.NewScanner(file); s.Scan(); {
		fields := strings.Split(s.Text(), "|")
		if strings.TrimSpace(fields[0]) != "power" {
			continue
		}
		in, want := numbers(t, fields[1]), numbers(t, fields[2])[0]
		found := 0
		for range draws {
			values := make([]float64, int(in[0]))
			for i := range values {
				values[i] = in[1] + r.NormFloat64()
			}
			if student(values).part("", Positive, 0, nil).Verdict == Supported {
				found++
			}
		}
		// The tolerance is four standard deviations of the binomial plus half a
		// draw for the rounding of the count.
		if got, slack := float64(found)/draws, 4*math.Sqrt(want*(1-want)/draws)+0.5/draws; math.Abs(got-want) > slack {
			t.Errorf("n = %v, effect %v SD: found in %.4f, want %.4f ± %.4f", in[0], in[1], got, want, slack)
		}
	}
}

// found lists kinds of predicates with worlds in which they are true, to
// measure how often that is seen.
func found() []simulated {
	line := Sweep("e", "x=").By("A").Of("m")
	x1, x2 := In("e", "x=1").By("A").Of("m"), In("e", "x=2").By("A").Of("m")
	// drift returns a world in which runs differ by 0.02, and the values of a
	// run differ by 0.02 between conditions, epochs and metrics.
	drift := func(condition, epoch float64) func(*rand.Rand, int, int, string, int) float64 {
		return func(r *rand.Rand, run, x int, _ string, e int) float64 {
			return 0.5 + condition*float64(x) + epoch*float64(e) + 0.02*r.NormFloat64() + 0.01*float64(run%3)
		}
	}
	peak := func(at, other float64) func(*rand.Rand, int, int, string, int) float64 {
		return func(r *rand.Rand, _, x int, metric string, _ int) float64 {
			top := at
			if metric == "n" {
				top = other
			}
			return 0.5 - 0.05*math.Abs(float64(x)-top) + 0.02*r.NormFloat64()
		}
	}
	// together is a world in which the metrics follow the condition, whatever
	// the experiment.
	together := func(r *rand.Rand, _, x int, _ string, _ int) float64 {
		return 0.5 + 0.01*float64(x) + 0.02*r.NormFloat64()
	}
	// apart has conditions with odd numbers on a line, and those with even ones off it by so much.
	apart := func(by float64) func(*rand.Rand, int, int, string, int) float64 {
		return around(0.5, 0.5+by, 0.5, 0.5+by, 0.5)
	}
	line1, even := Sweep("e1", "x="), Sweep("e", "x=").By("A").Of("m")
	design := In("e", "x=1", "x=2", "x=3", "x=4").By("A").Of("m")
	yes := []Verdict{Supported}
	return []simulated{
		{"value 0.02 above the bound, SD 0.02", Value(x1, Above(0.48)), world{1, 1, false, noise, 0}, yes},
		{"change by 0.04, SD 0.028", Rises(x1), world{1, 2, false, drift(0, 0.04), 0}, yes},
		{"difference of 0.04, paired, SD 0.028", Higher(x2, In("e", "x=1")), world{2, 1, true, drift(0.04, 0), 0}, yes},
		{"difference of 0.04, independent", Higher(x2, In("e", "x=1")), world{2, 1, false, drift(0.04, 0), 0}, yes},
		{"trend by 0.02 a step over five, paired", Trend(line, Positive), world{5, 1, true, drift(0.02, 0), 0}, yes},
		{"each of four steps by 0.04, paired", Rising(line), world{5, 1, true, drift(0.04, 0), 0}, yes},
		{"no difference, equivalent within 0.02, SD 0.014", Higher(x2, In("e", "x=1")), world{2, 1, true, around(0.5, 0.5), 0},
			[]Verdict{Equivalent}},
		{"turns by 0.06, paired", Turns(line), world{3, 1, true, around(0.5, 0.56, 0.5), 0}, yes},
		{"similar within 0.04, no difference", Similar(line, 0.04), world{3, 1, true, around(0.5, 0.5, 0.5), 0}, yes},
		{"share of 0.95 above a half", Share(x1, Above(0), Above(0.5)),
			world{1, 1, false, func(r *rand.Rand, _, _ int, _ string, _ int) float64 { return 0.95 - r.Float64() }, 0}, yes},
		{"correlation over ten epochs that drift together", Correlate(x1, "n", Positive), world{1, 10, false, drift(0, 0.01), 0}, yes},
		{"settles to a tenth of the first step", Settles(x1), world{1, 30, false, func(r *rand.Rand, _, _ int, _ string, e int) float64 {
			return 0.5 - 0.1/float64(e) + 0.005*r.NormFloat64()
		}, 0}, yes},
		{"approaches from 0.05 to 0, SD 0.014", Approaches(x1, In("e", "x=2"), 0.02),
			world{2, 2, true, func(r *rand.Rand, _, x int, _ string, e int) float64 {
				return 0.5 + 0.05*float64(x*(2-e)) + 0.01*r.NormFloat64()
			}, 0}, yes},
		{"concordance over seven conditions", Concordance(line, "n", Last, Positive), world{7, 1, false, drift(0.01, 0), 0}, yes},
		{"prediction, R2 of about 0.6 above 0", Prediction("m", []string{"n"}, Above(0), Sweep("e", "x=").By("A"),
			Sweep("e1", "x=").By("A"), Sweep("e2", "x=").By("A")),
			world{15, 1, true, together, 3}, yes},
		{"peak one place beyond another", PeaksBeyond(line, "n", math.Inf(1)), world{5, 1, false, peak(3, 2), 0}, yes},
		{"peak one place before another", PeaksBefore(line, "n"), world{5, 1, false, peak(1, 2), 0}, yes},
		{"peaks one place apart", Any(PeaksBefore(line, "n"), PeaksBefore(line.Of("n"), "m")), world{5, 1, false, peak(3, 2), 0}, yes},
		{"peak within two places", PeaksWithin(line, 2, 3), world{5, 1, false, peak(1.5, 0), 0}, yes},
		{"most of three correlations", Most(Correlate(x1, "n", Positive), Correlate(x2, "n", Positive),
			Correlate(In("e", "x=3").By("A").Of("m"), "n", Positive)),
			world{3, 10, false, drift(0, 0.01), 0}, yes},
		{"effect of 0.02 of a factor, SD 0.01, paired", Effect(design, []string{"a", "b"}, []int{0}, Positive),
			world{4, 1, true, around(0.5, 0.52, 0.5, 0.52), 0}, yes},
		{"on a line within 0.04, SD 0.012, two conditions", OnCurve(even, line1, Within(0.04)), world{5, 1, true, apart(0), 2}, yes},
		{"off a line by 0.04, bound 0.01, SD 0.012", OffCurve(even, line1, 0.01), world{5, 1, true, apart(0.04), 2}, yes},
		{"one of four exists, 0.03 above the others, SD 0.01", Exists(line, func(condition string) Predicate {
			return Value(In("e", condition).By("A").Of("m"), Above(0.5))
		}), world{4, 1, false, around(0.5, 0.5, 0.53, 0.5), 0}, yes},
	}
}

// TestPowerOfKinds keeps a table of how often each kind of predicate finds an
// effect that exists. The table is for reading. It changes when a predicate
// becomes weaker or stronger.
func TestPowerOfKinds(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of studies")
	}
	const studies = 1000
	var b strings.Builder
	b.WriteString("# Share of 1000 made-up studies in which what is there is found, with 3 and with 12 runs.\n" +
		"# go test ./analysis/claim -run PowerOfKinds -update\n")
	for k, s := range found() {
		fmt.Fprintf(&b, "%-52s", s.name)
		for _, n := range []int{3, 12} {
			r := rand.New(rand.NewPCG(uint64(k), uint64(100+n)))
			right := 0
			for range studies {
				p, err := decideWith(s.check, s.world.data(r, n))
				if err != nil {
					t.Fatal(err)
				}
				if p.Verdict == s.about[0] {
					right++
				}
			}
			fmt.Fprintf(&b, " %.3f", float64(right)/studies)
		}
		b.WriteString("\n")
	}
	if *update {
		if err := os.WriteFile("testdata/power.txt", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/power.txt")
	if err != nil {
		t.Fatal(err)
	}
	// Normal values come from a library function whose last bits may differ
	// between machines, so a few studies in the thousand may differ.
	got, lines := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	if len(got) != len(lines) {
		t.Fatalf("the table has %d lines, want %d", len(got), len(lines))
	}
	for i, line := range lines {
		if len(line) < 52 || strings.HasPrefix(line, "#") {
			continue
		}
		if got[i][:52] != line[:52] || distance(numbers(t, got[i][52:]), numbers(t, line[52:])) > 0.003 {
			t.Errorf("the table has %q, want %q", got[i], line)
		}
	}
}

// distance returns the largest difference between two lists of equal length.
func distance(a, b []float64) float64 {
	var d float64
	for i := range a {
		d = math.Max(d, math.Abs(a[i]-b[i]))
	}
	return d
}
