package claim

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
)

// golden is the SHA-256 of what the predicates below publish. It is one on every architecture.
const golden = "b3245b0d4e43d080a2c165dad7fc86273498e4b7a02ed1951256d723fbda16cc"

func TestGolden(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	d := NewData()
	for x := 1; x <= 8; x++ {
		for _, metric := range []string{"m", "n"} {
			for run := range 2 + x%3 { // samples of 2, 3 and 4
				level := 0.3 + 0.05*float64(x%5)
				for epoch := 1; epoch <= 9; epoch++ {
					v := level + 0.02*float64(epoch) + 0.03*r.Float64()
					if err := d.Add(Curve{"e", fmt.Sprintf("x=%d", x), "A", AllLayers, metric}, fmt.Sprint(run), epoch, v, true); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	line := Sweep("e", "x=").By("A").Of("m")
	hash := sha256.New()
	for _, check := range []Predicate{
		Rises(line), Settles(line), Rising(line), Turns(line), Trend(line, Positive), Similar(line, 0.1), Deviation(line, Above(0.01)),
		Correlate(line, "n", Positive), FallsFromPeak(line, "n"), PeaksBeyond(line.Between(1, 6), "n"), PeaksApart(line, "n"), PeaksBefore(line, "n"),
		PeaksWithin(line, 3, 5), RisesToPeak(line, "n", 0.01), Approaches(In("e", "x=1").By("A").Of("m"), In("e", "x=2"), 0.01),
		VariesAt(line, "n", 0.5, 0.05, 0.01), Most(Rising(line), Turns(line), Trend(line, Negative), Value(line, Within(0.5))),
	} {
		result, err := Decide(Finding{ID: "G", Check: check}, d)
		if err != nil || len(result.Missing) > 0 {
			t.Fatal(err, result.Missing)
		}
		text, err := json.Marshal(result)
		if err != nil {
			t.Fatal(err)
		}
		hash.Write(text)
	}
	if got := fmt.Sprintf("%x", hash.Sum(nil)); got != golden {
		t.Errorf("the results' hash is %s, want %s", got, golden)
	}
}
