package measured

import (
	"math"
	"testing"
)

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{0.5: "0.5000", -1.00004: "-1.0000", 2: "2.0000"} {
		if got := Short(v); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
	if got := Short(math.NaN()); got != "–" {
		t.Errorf("NaN is %q", got)
	}
}
