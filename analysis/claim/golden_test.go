package claim

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// golden is the SHA-256 of what the predicates below publish. It is the same on
// every architecture.
const golden = "c64d5fba86fbf39a64a1a76d05d0fccc3de4070bb42909a2051e70c47f75f27e"

func TestGolden(t *testing.T) {
	hash := sha256.New()
	for _, paired := range []bool{false, true} {
		r := rand.New(rand.NewPCG(3, 9))
		d := NewData("m", "n")
		for x := 1; x <= 8; x++ {
			if paired {
				d.Pair("e", fmt.Sprintf("x=%d", x), "A", "start")
			}
			for _, metric := range []string{"m", "n"} {
				for run := range 2 + x%3 { // samples of 2, 3 and 4 runs
					level := 0.3 + 0.05*float64(x%5)
					for epoch := 1; epoch <= 9; epoch++ {
						v := level + float64(0.02*float64(epoch)) + float64(0.03*r.Float64())
						if err := d.Add(Curve{"e", fmt.Sprintf("x=%d", x), "A", AllLayers, metric}, fmt.Sprint(run), epoch, v, true); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
		}
		line := Sweep("e", "x=").By("A").Of("m")
		checks := []Predicate{
			Value(line, Above(0.4)), Rises(line), Settles(line), Rising(line), Turns(line), Trend(line, Positive), Similar(line, 0.1),
			Trend(line.Only("n", Above(0.5)), Positive), Share(line, Above(0.5), Above(0.5)), Higher(line.At(Reaching("n", 0.5)), In("e", "x=1")),
			MeanChange(line, First, Last, Positive), Change(line, Fluctuation(1, 5), Fluctuation(-4, 0), Negative),
			Correlate(line, "n", Positive), Concordance(line, "n", StepSize(1, 9), Positive),
			PeaksBeyond(line.Between(1, 6), "n", math.Inf(1)), PeaksBefore(line, "n"), PeaksWithin(line, 3, 5),
			Most(Rising(line), Turns(line), Trend(line, Negative), Value(line, Within(0.5))),
		}
		if paired {
			checks = append(checks, Approaches(In("e", "x=1").By("A").Of("m"), In("e", "x=2"), 0.01))
		}
		for _, check := range checks {
			result, err := Decide(Claim{ID: "G", Check: check, Margins: map[string]float64{"m": 0.02}}, d)
			if err != nil || len(result.Missing) > 0 {
				t.Fatal(check, err, result.Missing)
			}
			text, err := json.Marshal(result)
			if err != nil {
				t.Fatal(err)
			}
			hash.Write(text)
		}
	}
	if got := fmt.Sprintf("%x", hash.Sum(nil)); got != golden {
		t.Errorf("the results' hash is %s, want %s", got, golden)
	}
}
