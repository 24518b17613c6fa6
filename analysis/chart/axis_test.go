package chart

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot"
)

// labels joins the labels of the labelled ticks.
func labels(ticks []plot.Tick) string {
	var l []string
	for _, t := range ticks {
		if t.Label != "" {
			l = append(l, t.Label)
		}
	}
	return strings.Join(l, " ")
}

func TestTicks(t *testing.T) {
	tests := []struct {
		name string
		axis Axis
		l    span
		n    int
		want string
	}{
		{"unit", Axis{}, span{0, 1}, 6, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{"accuracies", Axis{}, span{0.895, 0.985}, 5, "0.90 0.92 0.94 0.96 0.98"},
		{"limits are ticks", Axis{}, span{0.96, 0.985}, 6, "0.960 0.965 0.970 0.975 0.980 0.985"},
		{"tenths", Axis{}, span{0, 0.3}, 4, "0.0 0.1 0.2 0.3"},
		{"negative", Axis{}, span{-0.05, 0.12}, 4, "−0.05 0.00 0.05 0.10"},
		{"large", Axis{}, span{0, 60000}, 4, "0 20000 40000 60000"},
		{"too few asked for", Axis{}, span{0, 1}, 0, "0 1"},
		{"given", Axis{Ticks: []float64{0.5, 1, 0.25}}, span{0, 1}, 2, "0.50 1.00 0.25"},
		{"given epochs", Axis{Ticks: []float64{1, 5, 30}}, span{0, 31}, 2, "1 5 30"},
		{"decades", Axis{Scale: Log}, span{1e-5, 1e3}, 9, "10^{−5} 10^{−4} 10^{−3} 10^{−2} 10^{−1} 10^{0} 10^{1} 10^{2} 10^{3}"},
		{"every second decade", Axis{Scale: Log}, span{0.8e-5, 1.2e3}, 5, "10^{−5} 10^{−3} 10^{−1} 10^{1} 10^{3}"},
		{"less than a decade", Axis{Scale: Log}, span{0.15, 0.9}, 5, "0.2 0.5"},
		{"around a decade", Axis{Scale: Log}, span{0.4, 3}, 5, "0.5 1 2"},
		{"given log", Axis{Scale: Log, Ticks: []float64{1, 50, 1000}}, span{1, 1000}, 5, "1 50 1000"},
		{"categories", Axis{Scale: Categorical, Categories: []string{"1000", "1"}}, span{-.45, 1.45}, 1, "1000 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := labels(tt.axis.ticks(tt.l, tt.n)); got != tt.want {
				t.Errorf("labels %q, want %q", got, tt.want)
			}
		})
	}
}

// TestTickProperties tries limits of all sizes. Ticks must be inside, evenly
// spaced, ascending, no more than requested, and labelled with their values.
func TestTickProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		middle := math.Pow(10, 20*r.Float64()-10) * float64(r.IntN(3)-1)
		width := math.Pow(10, 20*r.Float64()-10)
		if width < 1e-6*math.Abs(middle) {
			continue
		}
		l, n := span{middle - width, middle + width*r.Float64()}, 2+r.IntN(8)
		ticks := linearTicks(l, n)
		if len(ticks) < 1 || len(ticks) > n {
			t.Fatalf("%v: %d ticks, want 1 to %d", l, len(ticks), n)
		}
		for i, tick := range ticks {
			slack := 1e-8 * (l.hi - l.lo)
			if tick.Value < l.lo-slack || tick.Value > l.hi+slack {
				t.Fatalf("%v: tick at %v", l, tick.Value)
			}
			if i > 0 && tick.Label == ticks[i-1].Label || i > 1 && math.Abs(tick.Value-2*ticks[i-1].Value+ticks[i-2].Value) > slack {
				t.Fatalf("%v: ticks %v", l, ticks)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	data := func(values ...float64) span {
		s := emptySpan
		for _, v := range values {
			s.add(v, Linear)
		}
		return s
	}
	tests := []struct {
		name string
		axis Axis
		data span
		want span
	}{
		{"data", Axis{}, data(0, 1, math.NaN(), math.Inf(1)), span{-.05, 1.05}},
		{"given", Axis{Min: .2, Max: .8}, data(0, 1), span{.2, .8}},
		{"one value", Axis{}, data(2), span{1.9, 2.1}},
		{"zero", Axis{}, data(0), span{-.01, .01}},
		{"shares that are all 0", Axis{Least: 0, Most: 1}, data(0), span{-.05, 1.05}},
		{"shares that are all 1", Axis{Least: 0, Most: 1}, data(1), span{-.05, 1.05}},
		{"shares that are all alike", Axis{Least: 0, Most: 1}, data(.5), span{.475, .525}},
		{"shares that differ", Axis{Least: 0, Most: 1}, data(0, .01), span{-.0005, .0105}},
		{"a gain of nothing", Axis{Least: -1, Most: 1}, data(0), span{-.01, .01}},
		{"a gain of everything", Axis{Least: -1, Most: 1}, data(1), span{-.05, 1.05}},
		{"bits that are all 0", Axis{Least: 0, Most: math.Inf(1)}, data(0), span{-.05, 1.05}},
		{"next to each other", Axis{}, data(2, math.Nextafter(2, 3)), span{1.9, 2.1}},
		{"nothing", Axis{}, data(), span{0, 1}},
		{"nothing, log", Axis{Scale: Log}, data(), span{1, 10}},
		{"log", Axis{Scale: Log}, data(1, 1e20), span{.1, 1e21}},
		{"log, one value", Axis{Scale: Log}, data(8), span{4, 16}},
		{"categories", Axis{Scale: Categorical, Categories: []string{"a", "b"}}, data(0, 1), span{-.45, 1.45}},
	}
	for _, tt := range tests {
		got := tt.axis.limits(tt.data, marginY)
		if math.Abs(got.lo/tt.want.lo-1) > 1e-9 && got.lo != tt.want.lo || math.Abs(got.hi/tt.want.hi-1) > 1e-9 && got.hi != tt.want.hi {
			t.Errorf("%s: limits %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestMarkup(t *testing.T) {
	const up, down = 0.31, -0.16
	tests := []struct {
		in   string
		want []run
	}{
		{"plain", []run{{"plain", 1, 0}}},
		{"10^{−5}", []run{{"10", 1, 0}, {"−5", .72, up}}},
		{"β_{1} of x^{2}_{i}!", []run{{"β", 1, 0}, {"1", .72, down}, {" of x", 1, 0}, {"2", .72, up}, {"i", .72, down}, {"!", 1, 0}}},
		{"snake_case^2", []run{{"snake_case^2", 1, 0}}},
		{"open^{2", []run{{"open^{2", 1, 0}}},
		{"a_b^{}", []run{{"a_b", 1, 0}}},
		{"^", []run{{"^", 1, 0}}},
		{"", nil},
	}
	for _, tt := range tests {
		got := parseMarkup(tt.in)
		if len(got) != len(tt.want) {
			t.Errorf("%q: %v, want %v", tt.in, got, tt.want)
			continue
		}
		for i := range got {
			if got[i] != tt.want[i] {
				t.Errorf("%q: %v, want %v", tt.in, got, tt.want)
			}
		}
	}
}

// FuzzMarkup checks that the text that is drawn is what was written, without
// the markup.
func FuzzMarkup(f *testing.F) {
	f.Add("10^{−5}_{x}")
	f.Add("_{^{}}")
	f.Fuzz(func(t *testing.T, s string) {
		var drawn strings.Builder
		for _, r := range parseMarkup(s) {
			if r.text == "" {
				t.Errorf("%q: an empty run", s)
			}
			drawn.WriteString(r.text)
		}
		strip := strings.NewReplacer("^", "", "_", "", "{", "", "}", "")
		if strip.Replace(drawn.String()) != strip.Replace(s) {
			t.Errorf("%q is drawn as %q", s, &drawn)
		}
	})
}

// A tick is at exactly the number that its label shows, however large or small.
// A loss may be as large as a float32.
func TestTicksOfLargeNumbers(t *testing.T) {
	for _, l := range []span{{0, 3.4e38}, {0, 3e-38}, {1e25, 9e25}, {-7e30, 1e30}} {
		for n := 2; n <= 10; n++ {
			for _, tick := range linearTicks(l, n) {
				v, err := strconv.ParseFloat(strings.ReplaceAll(tick.Label, "\u2212", "-"), 64)
				if err != nil || v != tick.Value || len(tick.Label) > 12 {
					t.Errorf("%v in %d: tick %v is called %s", l, n, tick.Value, tick.Label)
				}
			}
		}
	}
}
