package claim

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Verdict is what the data say of a claim.
type Verdict int

// The verdicts. A claim is equivalent if a difference that it needs is shown to be smaller than its margin, which is
// as good as none.
const (
	Undecided Verdict = iota
	Supported
	Contradicted
	Equivalent
)

// Verdicts are all of them, as they are published.
var Verdicts = []string{Supported.String(), Contradicted.String(), Equivalent.String(), Undecided.String()}

func (v Verdict) String() string {
	return [...]string{"undecided", "supported", "contradicted", "equivalent"}[v]
}

// alpha is the level of every decision, and 1 − alpha the coverage of every interval.
const alpha = 0.05

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

// sign tells whether the range says no more than which of two is larger.
func (r Range) sign() bool { return r == Positive || r == Negative }

// both tells whether the range has two ends.
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

// Part is one comparison that a claim rests on, or several joined. Numbers that do not exist are NaN.
type Part struct {
	What              string
	Effect, Low, High float64 // with the 95 % interval
	DZ                float64 // of paired runs: mean of the differences over their standard deviation
	N                 int     // of the smallest sample
	Claimed           Range
	Margin, Smallest  float64
	P, Flip           float64 // against the part's being false: by the interval's test, and by sign flips
	Contra            float64 // against its being true
	Equal             float64 // against a difference of at least the margin
	Notes             []string
	Verdict           Verdict

	Parts []Part // of a joined part; its estimate is that of the one that decided
	Need  int    // how many of them must hold

	rank float64 // one-sided p of the deciding part, which tells parts apart whose p is 1
}

// decide compares p values with the level. A difference of which the sign is known and that is smaller than the
// margin has the verdict of its sign.
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

// Predicate decides a claim. Its text is all that it is made of, in one line.
type Predicate struct {
	definition string
	decide     func(j *judge) (Part, error)
}

func (p Predicate) String() string { return p.definition }

// judge is what a predicate decides with.
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

// AtLeast holds if k of the m predicates do. That they do is tested by the k-th smallest p, times m − k + 1 for the
// choice among them; that they do not, by the (m−k+1)-th smallest p of a contradiction, times k, since m − k + 1
// parts that fail are enough. So All needs no correction to be supported, and each part at 0.05/m contradicts it.
// It is equivalent if so many parts fail, counting those whose difference is none.
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

// join is AtLeast for parts that are decided.
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
	contra, against := nth(fails, k, func(q Part) float64 { return q.Contra })
	equal, none := nth(fails, k, func(q Part) float64 { return smaller(q.Equal, q.Contra) })
	verdict := Part{P: p, Contra: contra, Equal: equal}
	verdict.decide()
	switch verdict.Verdict {
	case Contradicted:
		whole = against
	case Equivalent:
		whole = none
	}
	if slices.ContainsFunc(parts, func(q Part) bool { return math.IsNaN(q.Flip) }) {
		flip = math.NaN()
	}
	whole.P, whole.Flip, whole.Contra, whole.Equal, whole.Verdict = p, flip, contra, equal, verdict.Verdict
	whole.Parts, whole.Need = parts, k
	return whole
}

// ascending orders numbers with those that do not exist last.
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

// smaller is the smaller of two numbers of which one may not exist.
func smaller(a, b float64) float64 {
	if ascending(a, b) <= 0 {
		return a
	}
	return b
}

// predicate makes one whose parts are known only with the data.
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

// String is the part in one line: what, effect, interval, claim, runs, p, verdict.
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

// short is a number with four significant digits, and exact one with all.
func short(x float64) string {
	if math.IsNaN(x) {
		return "no value"
	}
	return strconv.FormatFloat(significant(x, 4), 'g', -1, 64)
}

func exact(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
