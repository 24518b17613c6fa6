package table

import (
	"math"
	"strings"
	"testing"

	"sparsel/analysis/summary"
	"sparsel/analysis/tabulate"
	"sparsel/artifacts/measures"
)

// Large numbers have an exponent, together with what is read beside them. What
// is rounded to zero has no sign. All of them are numbers for macros.
func TestNumbers(t *testing.T) {
	minus := math.Copysign(0, -1)
	of := func(mean, se float64) measures.Summary { return measures.Summary{N: 3, Mean: mean, SE: se} }
	for _, c := range []struct{ got, want string }{
		{meanError(of(0.97654, 0.00123), "se"), "0.9765 ± 0.0012"},
		{meanError(of(-0.97654, 0.00123), "se"), "-0.9765 ± 0.0012"},
		{meanError(of(1.089335666e30, 8.04158989e28), "se"), "1.089e+30 ± 8.042e+28"},
		{meanError(of(999999.9, 12.5), "se"), "999999.9000 ± 12.5000"},
		{meanError(of(-1e6, 12.5), "se"), "-1e+06 ± 12.5"},
		{meanError(of(0.5, 2e7), "se"), "0.5 ± 2e+07"},
		{meanError(of(-0.00004, 0.00001), "se"), "0.0000 ± 0.0000"},
		{meanError(of(-0.00006, 0.00001), "se"), "-0.0001 ± 0.0000"},
		{meanError(measures.Summary{N: 1, Mean: minus}, "se"), "0.0000"},
		{meanError(measures.Summary{N: 1, Mean: -2.5e7}, "se"), "-2.5e+07"},
		{estimate(summary.Statistics{N: 3, Mean: -0.0001, CILow: -0.0004, CIHigh: 0.0003}), "0.000 [0.000, 0.000]"},
		{estimate(summary.Statistics{N: 3, Mean: 2e6, CILow: -1e6, CIHigh: 5e6}), "2e+06 [-1e+06, 5e+06]"},
		{estimate(summary.Statistics{N: 1, Mean: -0.0001}), "0.000"},
		{meanOnly(summary.Statistics{N: 3, Mean: -0.001}, 3), "0.00"},
		{signed(-0.04), "+0.0"}, {signed(-0.06), "-0.1"}, {signed(0), "+0.0"}, {signed(198.64), "+198.6"}, {signed(-3e7), "-3e+07"},
		{exact(minus), "0"}, {exact(-0.25), "-0.25"}, {exact(math.NaN()), "NaN"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
		table := tabulate.Table{ID: "x", Header: []string{"name", "value"}, Rows: [][]string{{"a", c.got}}}
		if c.got != "NaN" && len(table.Macros()) != 1 {
			t.Errorf("%q is no number for macros", c.got)
		}
	}
	large := FinalParams{ID: "x", Experiment: "e", Error: "se", Metrics: []string{"test_loss"}, Rows: []Row{{"SGD", "a", "a", "all"}}, Epoch: 2}
	s := of(1e30, 1e28)
	s.Condition, s.Optimizer, s.Layer, s.Metric, s.Epoch, s.Expected = "a", "SGD", "all", "test_loss", 2, 3
	table, err := large.table([]measures.Summary{s})
	if err != nil {
		t.Fatal(err)
	}
	if text := markdown(t, table, "| 1e+30 ± 1e+28 |"); !strings.Contains(text, "|---|---|--:|--:|") {
		t.Errorf("large numbers are not aligned like others:\n%s", text)
	}
}
