package claim

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Verdict is what the data say about a claim.
type Verdict int

// The verdicts. A claim is equivalent if a difference that it needs is shown to
// be smaller than its margin, that is, too small to matter.
const (
	Undecided Verdict = iota
	Supported
	Contradicted
	Equivalent
)

// Verdicts lists all verdicts in their published form.
var Verdicts = []string{Supported.String(), Contradicted.String(), Equivalent.String(), Undecided.String()}

func (v Verdict) String() string {
	return [...]string{"undecided", "supported", "contradicted", "equivalent"}[v]
}

// alpha is the level of every decision, and 1 − alpha the coverage of every
// interval.
const alpha = 0.05

// Range is where a claim puts an effect: above one number and below the other.
// Either may be infinite.
type Range struct{ Above, Below float64 }

// Positive and Negative are the ranges of claims about the sign of an effect.
var (
	Positive = Above(0)
	Negative = Below(0)
)

// Above, Below and Within are the ranges above a bound, below it, and within it
// on both sides of zero: |effect| < bound.
func Above(bound float64) Range  { return Range{bound, math.Inf(1)} }
func Below(bound float64) Range  { return Range{math.Inf(-1), bound} }
func Within(bound float64) Range { return Range{-bound, bound} }

// sign reports whether the range says only which of two values is larger.
func (r Range) sign() bool { return r == Positive || r == Negative }

// both reports whether the range has two finite ends.
func (r Range) both() bool { return !math.IsInf(r.Above, -1) && !math.IsInf(r.Below, 1) }

func (r Range) String() string {
	switch {
	case math.IsInf(r.Below, 1):
		return "above " + exact(r.Above)
	case math.IsInf(r.Above, -1):
		return "below " + exact(r.Below)
	}
	return "between " + exact(r.Above) + " and " + exact(r.Below)
}

// Part is one comparison that a claim is based on, or several joined. Numbers
// that do not exist are NaN.
type Part struct {
	What              string
	Effect, Low, High float64 // the effect and its 95 % interval
	DZ                float64 // for paired runs: mean of the differences over their standard deviation
	N                 int     // runs in the smallest sample
	Claimed           Range
	Margin, Smallest  float64
	P, Flip           float64 // for the hypothesis that the part is false: by the interval's test, and by sign flips
	Exact             float64 // Flip where at least fewestFlips runs are paired, and P elsewhere
	Contra            float64 // for the hypothesis that it is true
	Equal             float64 // for the hypothesis of a difference of at least the margin
	Notes             []string
	Verdict           Verdict

	Parts []Part // the parts of a joined part, whose estimate is that of the part that decided
	Need  int    // how many of them must hold

	rank     float64                     // one-sided p of the deciding part, which orders parts whose p is 1
	smallest func(level float64) float64 // the smallest margin with which the part passes at a level; nil if it has none
	alone    func(level float64) float64 // the same for the deciding part alone
	bounded  bool                        // with its margin the part is supported, and not equivalent
}

// fewestFlips is the smallest number of runs for which sign flips can give a p
// below 0.05, namely 2/2^6. With fewer, such as three seeds or the few networks
// that learnt, it cannot be small whatever the data say.
const fewestFlips = 6

// needed returns the smallest margin with which a part passes at a level, or
// NaN.
func (p Part) needed(level float64) float64 {
	if p.smallest == nil || !(p.Margin > 0) {
		return math.NaN()
	}
	return p.smallest(level)
}

// decide compares p values with the level. If a difference is smaller than the
// margin and its sign is known, the sign decides the verdict.
func (p *Part) decide() {
	switch {
	case p.P < alpha:
		p.Verdict = Supported
	case p.Contra < alpha:
		p.Verdict = Contradicted
	case p.Equal < alpha:
		p.Verdict = Equivalent
	default:
		p.Verdict = Undecided
	}
}

// Predicate decides a claim. Its text defines it completely, in one line.
type Predicate struct {
	definition string
	decide     func(j *judge) (Part, error)
}

func (p Predicate) String() string { return p.definition }

// judge holds what a predicate needs to decide.
type judge struct {
	*Data
	margins map[string]float64
}

// All holds if every one of the predicates does.
func All(predicates ...Predicate) Predicate { return AtLeast(len(predicates), predicates...) }

// Any holds if one of the predicates does.
func Any(predicates ...Predicate) Predicate { return AtLeast(1, predicates...) }

// Most holds if more than half of the predicates do.
func Most(predicates ...Predicate) Predicate { return AtLeast(len(predicates)/2+1, predicates...) }

// AtLeast holds if k of the m predicates do. That they hold is tested by the
// k-th smallest p, times m − k + 1 for the choice among them. The claim fails
// if m − k + 1 parts fail, so its contradiction is tested by the (m−k+1)-th
// smallest p of contradictions, times k. So All needs no correction to be
// supported, and each of its parts contradicts it at 0.05/m. The result is
// equivalent if that many parts fail when parts that are equivalent, and are not
// supported themselves, count as failing.
func AtLeast(k int, predicates ...Predicate) Predicate {
	texts := make([]string, len(predicates))
	for i, p := range predicates {
		texts[i] = p.definition
	}
	definition := fmt.Sprintf("%d of (%s)", k, strings.Join(texts, " | "))
	if len(predicates) == 1 {
		definition = texts[0]
	}
	return Predicate{definition, func(j *judge) (Part, error) {
		m := len(predicates)
		if k < 1 || k > m {
			return Part{}, fmt.Errorf("a claim that %d of %d parts hold can't be decided", k, m)
		}
		parts, errs := make([]Part, m), make([]error, m)
		for i, p := range predicates {
			parts[i], errs[i] = p.decide(j)
		}
		if err := joinMissing(errs); err != nil {
			return Part{}, err
		}
		if m == 1 {
			return parts[0], nil
		}
		return join(k, parts), nil
	}}
}

// join is AtLeast for parts that are already decided.
func join(k int, parts []Part) Part {
	m := len(parts)
	fails := m - k + 1
	nth := func(n, times int, p func(Part) float64) (float64, Part) {
		order := slices.Clone(parts)
		slices.SortStableFunc(order, func(a, b Part) int { return ascending(p(a), p(b)) })
		return math.Min(1, float64(times)*p(order[n-1])), order[n-1]
	}
	order := slices.Clone(parts)
	slices.SortStableFunc(order, func(a, b Part) int { return ascending(a.rank, b.rank) })
	whole := order[k-1]
	p, _ := nth(k, fails, func(q Part) float64 { return q.P })
	flip, _ := nth(k, fails, func(q Part) float64 { return q.Flip })
	exact, _ := nth(k, fails, func(q Part) float64 { return q.Exact })
	contra, against := nth(fails, k, func(q Part) float64 { return q.Contra })
	unless := func(q Part, p float64) float64 { // a supported part does not fail, however small its effect
		if q.P < alpha {
			return math.NaN()
		}
		return p
	}
	equal, _ := nth(fails, k, func(q Part) float64 { return unless(q, q.Equal) })
	failing, none := nth(fails, k, func(q Part) float64 { return unless(q, smaller(q.Equal, q.Contra)) })
	verdict := Part{P: p, Contra: contra, Equal: failing}
	verdict.decide()
	switch verdict.Verdict {
	case Contradicted:
		whole = against
	case Equivalent:
		whole, equal = none, failing
	}
	if slices.ContainsFunc(parts, func(q Part) bool { return math.IsNaN(q.Flip) }) {
		flip = math.NaN()
	}
	if alone := whole.alone; alone != nil {
		whole.alone = func(level float64) float64 { return alone(level / float64(k)) }
	}
	whole.smallest, whole.bounded = joined(k, parts, whole.Margin)
	whole.Smallest = whole.needed(alpha)
	if !whole.bounded && (verdict.Verdict == Supported || verdict.Verdict == Contradicted) {
		whole.Smallest = math.NaN()
		if whole.alone != nil {
			whole.Smallest = whole.alone(alpha) // no margin matters; this says how small the effect is
		}
	}
	whole.Smallest = significant(whole.Smallest, 6)
	whole.P, whole.Flip, whole.Exact, whole.Contra, whole.Equal, whole.Verdict = p, flip, exact, contra, equal, verdict.Verdict
	whole.Parts, whole.Need = parts, k
	return whole
}

// joined returns the smallest margin with which k of the parts pass together.
// Parts may have different margins. All are scaled alike, and the result is what
// becomes of the one that is given.
func joined(k int, parts []Part, margin float64) (smallest func(level float64) float64, bounded bool) {
	fails := len(parts) - k + 1
	bounded = !slices.ContainsFunc(parts, func(q Part) bool { return !q.bounded })
	nth, times := fails, k // as many as must be equivalent
	if bounded {
		nth, times = k, fails // as many as must be supported
	}
	return func(level float64) float64 {
		level /= float64(times)
		var scales []float64
		for _, q := range parts {
			scale := q.needed(level) / q.Margin
			switch {
			case bounded:
			case q.bounded, q.P < alpha:
				scale = math.NaN()
			case q.Contra < level:
				scale = 0
			}
			scales = append(scales, scale)
		}
		slices.SortFunc(scales, ascending)
		return margin * scales[nth-1]
	}, bounded
}

// ascending orders numbers, with NaN last.
func ascending(a, b float64) int {
	switch {
	case math.IsNaN(a) && math.IsNaN(b):
		return 0
	case math.IsNaN(a), a > b:
		return 1
	case math.IsNaN(b), a < b:
		return -1
	}
	return 0
}

// smaller returns the smaller of two numbers, ignoring NaN.
func smaller(a, b float64) float64 {
	if ascending(a, b) <= 0 {
		return a
	}
	return b
}

// predicate makes a predicate whose parts are known only once the data are.
func predicate(definition string, parts func(j *judge) ([]Predicate, error)) Predicate {
	return Predicate{definition, func(j *judge) (Part, error) {
		list, err := parts(j)
		if err != nil {
			return Part{}, err
		}
		if len(list) == 0 {
			return Part{}, missing("second condition that a claim compares with")
		}
		return All(list...).decide(j)
	}}
}

// lines describes a part and those that it joins, one per line. Parts that need
// not all hold are listed under a line that says so.
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

// String returns the part in one line: what, effect, interval, claim, runs, p,
// verdict.
func (p Part) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s = %s", p.What, short(p.Effect))
	if math.IsNaN(p.Low) {
		b.WriteString(" (no interval)")
	} else {
		fmt.Fprintf(&b, " [%s, %s]", short(p.Low), short(p.High))
	}
	fmt.Fprintf(&b, ", n = %d, claimed %s", p.N, p.Claimed)
	if !math.IsNaN(p.P) {
		b.WriteString(", p = " + short(p.P))
	}
	fmt.Fprintf(&b, ": %s", p.Verdict)
	if p.Verdict != Equivalent && p.Equal < alpha {
		fmt.Fprintf(&b, ", and smaller than the margin of %s", short(p.Margin))
	}
	if len(p.Notes) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(p.Notes, "; "))
	}
	return b.String()
}

// short formats a number with four significant digits, and exact with all of
// them.
func short(x float64) string {
	if math.IsNaN(x) {
		return "no value"
	}
	return strconv.FormatFloat(significant(x, 4), 'g', -1, 64)
}

func exact(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
