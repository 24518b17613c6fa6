package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// Margins between the data and limits that follow from them, as shares of the range.
const (
	marginX = 0.03
	marginY = 0.05

	categoryMargin = 0.45 // of the distance between categories
)

// What an axis can show: its length relative to its larger limit, so that ticks are
// distinct float64s with room for rounding, and values of a size whose powers of ten
// and differences are finite.
const (
	narrowest = 1e-9
	largest   = 1e100
	smallest  = 1 / largest // on a log scale
)

// span is a range of values; it is empty if hi < lo.
type span struct{ lo, hi float64 }

var emptySpan = span{math.Inf(1), math.Inf(-1)}

// add widens s to hold v unless v is non-finite or cannot be on an axis of the scale.
func (s *span) add(v float64, scale Scale) {
	if math.IsNaN(v) || math.IsInf(v, 0) || scale == Log && v <= 0 {
		return
	}
	s.lo, s.hi = math.Min(s.lo, v), math.Max(s.hi, v)
}

// with returns the span of both.
func (s span) with(other span) span { return span{min(s.lo, other.lo), max(s.hi, other.hi)} }

// limits returns the limits of the axis for values within data.
func (a Axis) limits(data span, margin float64) span {
	switch {
	case a.Scale == Categorical:
		return span{-categoryMargin, float64(len(a.Categories)-1) + categoryMargin}
	case a.Min != 0 || a.Max != 0:
		return span{a.Min, a.Max}
	case data.hi < data.lo && a.Scale == Log:
		return span{1, 10}
	case data.hi < data.lo:
		return span{0, 1}
	case a.Scale == Log:
		// A factor of 2 for values so near to each other that no tick would be among them.
		grow := 2.0
		if ratio := data.hi / data.lo; ratio > 4 {
			grow = math.Pow(ratio, margin)
		}
		return span{data.lo / grow, data.hi * grow}
	}
	pad := float64(margin * (data.hi - data.lo))
	if data.hi-data.lo < narrowest*math.Max(math.Abs(data.lo), math.Abs(data.hi)) || pad == 0 {
		pad = math.Max(0.05*math.Abs(data.hi), 0.01)
	}
	return span{data.lo - pad, data.hi + pad}
}

// ticks returns the ticks of the axis within its limits, about n of them labelled.
func (a Axis) ticks(l span, n int) []plot.Tick {
	switch {
	case a.Scale == Categorical:
		ticks := make([]plot.Tick, len(a.Categories))
		for i, c := range a.Categories {
			ticks[i] = plot.Tick{Value: float64(i), Label: c}
		}
		return ticks
	case len(a.Ticks) > 0 && a.Scale == Log:
		return label(a.Ticks, -1)
	case len(a.Ticks) > 0:
		return label(a.Ticks, decimals(a.Ticks))
	case a.Scale == Log:
		return logTicks(l, n)
	}
	return linearTicks(l, n)
}

// fittingTicks returns the placed ticks of an axis along x of the given length: as many as
// have room for their labels. Labels of categories are broken into lines.
func (a Axis) fittingTicks(l span, length float64, t text.Style) []plot.Tick {
	if a.Scale == Categorical {
		ticks := a.placedTicks(l, 0)
		for i := range ticks {
			ticks[i].Label = strings.Join(wrap(ticks[i].Label, t, vg.Length(length/(l.hi-l.lo))-labelGap/2), "\n")
		}
		return ticks
	}
	for n := 10; ; n-- {
		ticks := a.placedTicks(l, n)
		switch {
		case len(a.Ticks) > 0 || fit(ticks, a.Scale.place(l), length, t):
			return ticks
		case n == 2: // as few as there can be: leave out labels
			for i := range ticks {
				if !fit(ticks[:i+1], a.Scale.place(l), length, t) {
					ticks[i].Label = ""
				}
			}
			return ticks
		}
	}
}

// fit tells whether the labels of ticks, in ascending order, leave a gap between them.
func fit(ticks []plot.Tick, l span, length float64, t text.Style) bool {
	end := vg.Length(math.Inf(-1))
	for _, tick := range ticks {
		if tick.IsMinor() {
			continue
		}
		at, half := vg.Length((tick.Value-l.lo)/(l.hi-l.lo)*length), t.Width(tick.Label)/2
		if at-half < end+labelGap {
			return false
		}
		end = at + half
	}
	return true
}

// placedTicks returns the ticks with their places on the scale as values.
func (a Axis) placedTicks(l span, n int) []plot.Tick {
	ticks := a.ticks(l, n)
	for i := range ticks {
		ticks[i].Value = a.Scale.at(ticks[i].Value)
	}
	return ticks
}

// linearTicks returns the multiples of the smallest step of the form 1, 2 or 5 times a
// power of ten that gives at most n of them, or the next larger if n is 1 or less.
func linearTicks(l span, n int) []plot.Tick {
	raw := (l.hi - l.lo) / float64(max(n, 1))
	exponent := int(math.Floor(math.Log10(raw)))
	for {
		for _, mantissa := range []float64{1, 2, 5} {
			if values := multiples(l, mantissa, exponent); len(values) <= max(n, 2) {
				return label(values, max(0, -exponent))
			}
		}
		exponent++
	}
}

// multiples returns the multiples of mantissa·10^exponent within l, each the float64
// next to the decimal number.
func multiples(l span, mantissa float64, exponent int) []float64 {
	up, down := math.Pow10(max(exponent, 0)), math.Pow10(max(-exponent, 0))
	step := mantissa * up / down
	// A limit that is a tick up to rounding counts.
	const slack = 1e-9
	var values []float64
	for i := math.Ceil(l.lo/step - slack); i <= math.Floor(l.hi/step+slack); i++ {
		v := i * mantissa * up / down
		if exponent < -22 || exponent > 22 { // where the power of ten is not exact
			v, _ = strconv.ParseFloat(fmt.Sprintf("%.0fe%d", i*mantissa, exponent), 64)
		}
		values = append(values, v)
	}
	return values
}

// logTicks labels decades if there are at least two, every second or third if there are
// more than n, and 1, 2 and 5 times a power of ten otherwise.
func logTicks(l span, n int) []plot.Tick {
	first, last := int(math.Ceil(math.Log10(l.lo)-1e-9)), int(math.Floor(math.Log10(l.hi)+1e-9))
	inside := func(v float64) bool { return v >= l.lo*(1-1e-9) && v <= l.hi*(1+1e-9) }
	var ticks []plot.Tick
	every := 1
	for (last-first)/every+1 > max(n, 2) {
		every++
	}
	for k := first - 1; k <= last; k++ {
		for i := 1; i < 10; i++ {
			v := float64(i) * math.Pow10(max(k, 0)) / math.Pow10(max(-k, 0))
			t := plot.Tick{Value: v}
			switch {
			case !inside(v) || every > 1 && i > 1:
				continue
			case last-first < 1 && (i == 1 || i == 2 || i == 5):
				t.Label = minus(strconv.FormatFloat(v, 'g', -1, 64))
			case last-first >= 1 && i == 1 && (k-first)%every == 0:
				t.Label = "10^{" + minus(strconv.Itoa(k)) + "}"
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// label gives each value a label with the same number of decimals. Values that would
// need many digits, and all if decimals is negative, get the shortest form instead.
func label(values []float64, decimals int) []plot.Tick {
	format := byte('f')
	long := func(v float64) bool { return math.Abs(v) >= 1e7 }
	if decimals < 0 || decimals > 6 || slices.ContainsFunc(values, long) {
		format, decimals = 'g', -1
	}
	ticks := make([]plot.Tick, len(values))
	for i, v := range values {
		if v == 0 {
			v = 0 // not -0
		}
		ticks[i] = plot.Tick{Value: v, Label: minus(strconv.FormatFloat(v, format, decimals, 64))}
	}
	return ticks
}

// decimals returns how many decimals the value with most of them has.
func decimals(values []float64) int {
	most := 0
	for _, v := range values {
		if _, fraction, ok := strings.Cut(strconv.FormatFloat(v, 'f', -1, 64), "."); ok {
			most = max(most, len(fraction))
		}
	}
	return most
}

// minus sets minus signs in place of hyphens.
func minus(s string) string { return strings.ReplaceAll(s, "-", "\u2212") }

// at returns where the scale has the value v, linear along the axis. The axes that
// gonum draws are linear and their log scale is made here: its own leaves room beside
// the panel for an axis label that it takes to be at the middle of the values.
func (s Scale) at(v float64) float64 {
	if s == Log {
		return math.Log10(v)
	}
	return v
}

// place returns the limits on the scale.
func (s Scale) place(l span) span { return span{s.at(l.lo), s.at(l.hi)} }

// mapping returns where drawing places a value: its length along an axis whose limits
// on the scale are l. Values more than a thousand axis lengths away, and those that a
// log scale has no place for, are moved to there, so that clipping meets no infinity;
// within the axis, the slope of a line that leaves it changes by less than can be seen.
func (s Scale) mapping(l span, length func(float64) vg.Length) func(float64) vg.Length {
	far := 1000 * (l.hi - l.lo)
	return func(v float64) vg.Length {
		at := math.Inf(-1)
		if s != Log || v > 0 {
			at = s.at(v)
		}
		return length(math.Max(l.lo-far, math.Min(at, l.hi+far)))
	}
}
