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

// Margins between the data and the limits that follow from them, as shares of
// the range.
const (
	marginX = 0.03
	marginY = 0.05

	categoryMargin = 0.45 // as a share of the distance between categories
)

// Bounds of what an axis can show. The length relative to the larger limit
// keeps ticks distinct float64s with room for rounding, and the size of values
// keeps their powers of ten and differences finite.
const (
	narrowest = 1e-9
	largest   = 1e100
	smallest  = 1 / largest // smallest value on a log scale
)

// span is a range of values; it is empty if hi < lo.
type span struct{ lo, hi float64 }

var emptySpan = span{math.Inf(1), math.Inf(-1)}

// add widens s to include v, unless v is not finite or cannot be on an axis of
// the scale.
func (s *span) add(v float64, scale Scale) {
	if math.IsNaN(v) || math.IsInf(v, 0) || scale == Log && v <= 0 {
		return
	}
	s.lo, s.hi = math.Min(s.lo, v), math.Max(s.hi, v)
}

// with returns the smallest span that includes both.
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
		// A factor of 2 is for values so close together that no tick would lie
		// among them.
		grow := 2.0
		if ratio := data.hi / data.lo; ratio > 4 {
			grow = math.Pow(ratio, margin)
		}
		return span{data.lo / grow, data.hi * grow}
	}
	pad := float64(margin * (data.hi - data.lo))
	if data.hi-data.lo < narrowest*math.Max(math.Abs(data.lo), math.Abs(data.hi)) || pad == 0 {
		pad = math.Max(0.05*math.Abs(data.hi), 0.01)
		return a.bounded(span{data.lo - pad, data.hi + pad}, margin)
	}
	return span{data.lo - pad, data.hi + pad}
}

// bounded returns the limits for values that are all equal. Limits beyond the
// bounds would have ticks that no value can have, and a length of 1 from the
// bound takes their place.
func (a Axis) bounded(l span, margin float64) span {
	switch {
	case a.Least >= a.Most:
		return l
	case l.lo < a.Least:
		return span{a.Least - margin, a.Least + 1 + margin}
	case l.hi > a.Most:
		return span{a.Most - 1 - margin, a.Most + margin}
	}
	return l
}

// ticks returns the ticks of the axis within its limits, about n of them
// labelled.
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

// fittingTicks returns the placed ticks of an axis along x of the given length,
// as many as have room for their labels. Labels of categories are broken into
// lines.
func (a Axis) fittingTicks(l span, length float64, t text.Style) []plot.Tick {
	if a.Scale == Categorical {
		return stagger(a.placedTicks(l, 0), vg.Length(length/(l.hi-l.lo)), t)
	}
	for n := 10; ; n-- {
		ticks := a.placedTicks(l, n)
		switch {
		case len(a.Ticks) > 0 || fit(ticks, a.Scale.place(l), length, t):
			return ticks
		case n == 2: // no fewer ticks are possible, so leave out labels
			for i := range ticks {
				if !fit(ticks[:i+1], a.Scale.place(l), length, t) {
					ticks[i].Label = ""
				}
			}
			return ticks
		}
	}
}

// stagger breaks the labels of categories into lines between words. If
// neighbours would still overlap, the labels alternate between as many rows as
// are needed.
func stagger(ticks []plot.Tick, distance vg.Length, t text.Style) []plot.Tick {
	lines := 0
	for i := range ticks {
		parts := wrap(ticks[i].Label, t, distance-labelGap/2)
		ticks[i].Label, lines = strings.Join(parts, "\n"), max(lines, len(parts))
	}
	rows := 1
	for i := 0; i+rows < len(ticks); i++ {
		if between := (t.Width(ticks[i].Label) + t.Width(ticks[i+rows].Label)) / 2; between+labelGap/3 > vg.Length(rows)*distance {
			rows++
			i = -1
		}
	}
	for i := range ticks {
		ticks[i].Label = strings.Repeat("\n", i%rows*lines) + ticks[i].Label
	}
	return ticks
}

// fit reports whether the labels of ticks, in ascending order, leave a gap
// between them.
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

// linearTicks returns the multiples of a step that is 1, 2 or 5 times a power
// of ten: the smallest such step that gives at most n ticks, or the next larger
// one if n is 1 or less.
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

// multiples returns the multiples of mantissa·10^exponent within l, each as the
// float64 nearest to the decimal number.
func multiples(l span, mantissa float64, exponent int) []float64 {
	up, down := math.Pow10(max(exponent, 0)), math.Pow10(max(-exponent, 0))
	step := mantissa * up / down
	// A limit that is a tick except for rounding counts.
	const slack = 1e-9
	var values []float64
	for i := math.Ceil(l.lo/step - slack); i <= math.Floor(l.hi/step+slack); i++ {
		v := i * mantissa * up / down
		if exponent < -22 || exponent > 22 { // outside these the power of ten is not exact
			v, _ = strconv.ParseFloat(fmt.Sprintf("%.0fe%d", i*mantissa, exponent), 64)
		}
		values = append(values, v)
	}
	return values
}

// logTicks labels decades if there are at least two, or every second or third
// if there are more than n. Otherwise it labels 1, 2 and 5 times a power of
// ten.
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

// label labels all values with the same number of decimals. Values that would
// need many digits get the shortest form instead, and so do all if decimals is
// negative.
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

// decimals returns the number of decimals of the value that has the most.
func decimals(values []float64) int {
	most := 0
	for _, v := range values {
		if _, fraction, ok := strings.Cut(strconv.FormatFloat(v, 'f', -1, 64), "."); ok {
			most = max(most, len(fraction))
		}
	}
	return most
}

// minus replaces hyphens by minus signs.
func minus(s string) string { return strings.ReplaceAll(s, "-", "\u2212") }

// at returns where the scale places the value v, linearly along the axis. The
// axes given to gonum are linear, and the log scale is applied here, because
// gonum's own log axis leaves room beside the panel for an axis label that it
// assumes to be at the middle of the values.
func (s Scale) at(v float64) float64 {
	if s == Log {
		return math.Log10(v)
	}
	return v
}

// place returns the limits on the scale.
func (s Scale) place(l span) span { return span{s.at(l.lo), s.at(l.hi)} }

// mapping returns the function that gives the place of a value when drawing:
// its length along an axis whose limits on the scale are l. Values more than a
// thousand axis lengths away, and those that have no place on a log scale, are
// moved to that distance, so that clipping never meets an infinity. Within the
// axis, the slope of a line that leaves it changes by less than can be seen.
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
