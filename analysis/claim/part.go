package claim

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Verdict is what the data say of a claim.
type Verdict int

// The verdicts, from weak to strong.
const (
	NotSupported Verdict = iota
	Undecided
	Supported
)

func (v Verdict) String() string {
	return [...]string{"not supported", "undecided", "supported"}[v]
}

// Range is where a claim puts an effect: above one number and below the other, which may be infinite.
type Range struct{ Above, Below float64 }

// Positive and Negative are the ranges of claims about the sign of an effect.
var (
	Positive = Above(0)
	Negative = Below(0)
)

// Above, Below and Within are the ranges over, under and around: |effect| < bound.
func Above(bound float64) Range  { return Range{bound, math.Inf(1)} }
func Below(bound float64) Range  { return Range{math.Inf(-1), bound} }
func Within(bound float64) Range { return Range{-bound, bound} }

// verdict compares an interval with the claimed range.
func (r Range) verdict(e Estimate) Verdict {
	switch {
	case math.IsNaN(e.Low) || math.IsNaN(e.High):
		return Undecided
	case e.Low > r.Above && e.High < r.Below:
		return Supported
	case e.High <= r.Above || e.Low >= r.Below:
		return NotSupported
	}
	return Undecided
}

func (r Range) String() string {
	switch {
	case math.IsInf(r.Below, 1):
		return "above " + short(r.Above)
	case math.IsInf(r.Above, -1):
		return "below " + short(r.Below)
	}
	return "between " + short(r.Above) + " and " + short(r.Below)
}

// Part is one comparison that a claim rests on, or several joined.
type Part struct {
	What string
	Estimate
	Claimed Range
	Level   float64 // coverage of the interval
	Notes   []string
	Verdict Verdict

	Parts []Part // of a joined part; its estimate is that of the one that decided
	Need  int    // how many of them must hold
}

// leaf judges an estimate, rounded as it will be published: so its verdict is the one that a reader arrives at.
// Numbers too large for their squares have no interval.
func leaf(what string, e Estimate, claimed Range, level float64, notes []string) Part {
	if math.IsInf(e.Effect, 0) || math.IsInf(e.Low, 0) || math.IsInf(e.High, 0) {
		e.Low, e.High = math.NaN(), math.NaN()
	}
	e.Effect, e.Low, e.High = significant(e.Effect, 6), significant(e.Low, 6), significant(e.High, 6)
	return Part{What: what, Estimate: e, Claimed: claimed, Level: level, Notes: notes, Verdict: claimed.verdict(e)}
}

// strength orders the parts of one verdict: the distance of the effect from the nearer end of the claimed range, in
// half-widths of its interval, which is more than 1 for a supported part and less than −1 for a contradicted one. Parts
// without an interval are the weakest of the undecided, and those with an effect outside the range weaker still.
func (p Part) strength() float64 {
	distance := math.Min(p.Effect-p.Claimed.Above, p.Claimed.Below-p.Effect)
	half := (p.High - p.Low) / 2
	switch {
	case math.IsNaN(distance):
		return -3
	case math.IsNaN(half) && distance <= 0:
		return -2
	case math.IsNaN(half):
		return -1
	case half == 0 && distance == 0:
		return 0
	}
	return distance / half
}

func stronger(a, b Part) int {
	if a.Verdict != b.Verdict {
		return int(b.Verdict) - int(a.Verdict)
	}
	x, y := a.strength(), b.strength()
	switch {
	case x > y:
		return -1
	case x < y:
		return 1
	}
	return 0
}

// Predicate decides a claim at a level of confidence. What the data lack comes back as an error that wraps a
// *MissingError for each thing.
type Predicate func(d *Data, level float64) (Part, error)

// All holds if every one of the predicates does.
func All(predicates ...Predicate) Predicate { return AtLeast(len(predicates), predicates...) }

// Any holds if one of the predicates does.
func Any(predicates ...Predicate) Predicate { return AtLeast(1, predicates...) }

// Most holds if more than half of the predicates do.
func Most(predicates ...Predicate) Predicate { return AtLeast(len(predicates)/2+1, predicates...) }

// AtLeast holds if k of the predicates do. Its verdict and estimate are those of the k-th strongest part.
func AtLeast(k int, predicates ...Predicate) Predicate {
	return func(d *Data, level float64) (Part, error) {
		m := len(predicates)
		if k < 1 || k > m {
			return Part{}, fmt.Errorf("a claim that %d of %d parts hold can't be decided", k, m)
		}
		corrected := 1 - (1-level)/float64(m-k+1)
		parts, errs := make([]Part, m), make([]error, m)
		for i, p := range predicates {
			parts[i], errs[i] = p(d, corrected)
		}
		if err := joinMissing(errs); err != nil {
			return Part{}, err
		}
		if m == 1 {
			return parts[0], nil
		}
		order := slices.Clone(parts)
		slices.SortStableFunc(order, stronger)
		whole := order[k-1]
		whole.Parts, whole.Need = parts, k
		return whole, nil
	}
}

// lines describes a part and those that it joins, one line each. Parts that need not all hold stand under a line
// that says so.
func (p Part) lines(indent string) []string {
	if p.Parts == nil {
		return []string{indent + p.String()}
	}
	var list []string
	if m := len(p.Parts); p.Need < m {
		list = append(list, fmt.Sprintf("%sat least %d of %d must hold: %s", indent, p.Need, m, p.Verdict))
		indent += "  "
	}
	for _, q := range p.Parts {
		list = append(list, q.lines(indent)...)
	}
	return list
}

// String is the part in one line: what, effect, interval, claim, runs, verdict.
func (p Part) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s = %s", p.What, short(p.Effect))
	if math.IsNaN(p.Low) {
		b.WriteString(" (no interval)")
	} else {
		fmt.Fprintf(&b, " [%s, %s]", short(p.Low), short(p.High))
	}
	if p.Level != confidence {
		fmt.Fprintf(&b, " at %s %%", strconv.FormatFloat(significant(100*p.Level, 4), 'g', -1, 64))
	}
	fmt.Fprintf(&b, ", n = %d, claimed %s: %s", p.N, p.Claimed, p.Verdict)
	if len(p.Notes) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(p.Notes, "; "))
	}
	return b.String()
}

// short is a number with four significant digits.
func short(x float64) string {
	if math.IsNaN(x) {
		return "no value"
	}
	return strconv.FormatFloat(significant(x, 4), 'g', -1, 64)
}

// isMissing tells whether an error says nothing but what the data lack.
func isMissing(err error) bool {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return !slices.ContainsFunc(joined.Unwrap(), func(e error) bool { return !isMissing(e) })
	}
	var m *MissingError
	return errors.As(err, &m)
}
