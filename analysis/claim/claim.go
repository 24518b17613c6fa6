package claim

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
)

// Claim is one statement of a study together with the predicate that decides
// it.
type Claim struct {
	ID          string
	Source      string   // the sections that make the claim, the experiment's own section first
	Words       string   // what they say, in other words
	Figure      string   // the figure that shows it
	Experiments []string // the experiments whose values the predicate reads
	Check       Predicate
	// Margins gives, for each metric, the smallest difference that matters: two
	// values that are closer are equivalent.
	Margins map[string]float64
	// ImpliedBy names the claims of which this one is a weaker form. It is
	// supported if one of them is.
	ImpliedBy []string
}

// sources lists the sections.
func (c Claim) sources() []string { return strings.Split(c.Source, ", ") }

// Section returns the section of the claim's experiment, to the second level:
// 5.6 for 5.6.3.
func (c Claim) Section() string {
	parts := strings.SplitN(c.sources()[0], ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

// Confirmatory reports whether the section given by conclusions is among those
// that make the claim.
func (c Claim) Confirmatory(conclusions string) bool {
	return slices.Contains(c.sources(), conclusions)
}

// Definition returns everything that decides the claim, in one line. Any change
// that can alter a verdict alters this line.
func (c Claim) Definition() string {
	var b strings.Builder
	b.WriteString(c.Check.String())
	for _, metric := range slices.Sorted(maps.Keys(c.Margins)) {
		b.WriteString("; margin of " + metric + " " + exact(c.Margins[metric]))
	}
	if len(c.ImpliedBy) > 0 {
		b.WriteString("; implied by " + strings.Join(c.ImpliedBy, ", "))
	}
	return b.String()
}

// Result is a decided claim in its published form. Numbers that do not exist
// are null.
//
// If a claim has several parts, the result describes the part that decided. The
// p values are those of the whole claim. A claim that is supported or
// contradicted needs no margin: then smallest_margin bounds the effect of the
// deciding part.
type Result struct {
	ID        string   `json:"id"`
	Source    string   `json:"source"`
	Claim     string   `json:"claim"`
	Layer     string   `json:"layer"`     // "reproduces", "holds" or "trial": which seeds the verdict is based on
	Verdict   string   `json:"verdict"`   // "supported", "contradicted", "equivalent" or "undecided"
	Inherited string   `json:"inherited"` // the claim whose verdict settles this one; empty if its own runs do
	Figure    string   `json:"figure"`
	What      string   `json:"what"`   // what the effect is, for the part that decided
	Effect    *float64 `json:"effect"` // in the metric's own units
	Low       *float64 `json:"low"`    // its 95 % interval
	High      *float64 `json:"high"`
	DZ        *float64 `json:"d_z"`   // mean of the paired differences over their standard deviation; null if not paired
	Above     *float64 `json:"above"` // the range in which the claim puts the effect; null is no bound
	Below     *float64 `json:"below"`
	N         int      `json:"n"`               // number of runs in the smallest sample
	P         *float64 `json:"p"`               // for the hypothesis that the claim is false: Student's t, Welch's, or exact; two-sided
	Flip      *float64 `json:"p_sign_flip"`     // the same by exact sign flips; null if a part has no differences of paired runs
	Exact     *float64 `json:"p_exact"`         // by sign flips for parts with at least six paired runs, and as p for the others
	Contra    *float64 `json:"p_contradict"`    // for the hypothesis that the claim is true
	Equal     *float64 `json:"p_equivalent"`    // for differences of at least the margin in all parts that are not supported (two one-sided tests)
	Holm      *float64 `json:"p_holm"`          // corrected over the confirmatory claims of its section; null except in the table of all
	BH        *float64 `json:"p_bh"`            // false discovery rate over all claims; null except in the table of all
	Margin    *float64 `json:"margin"`          // smaller differences count as equivalent
	Smallest  *float64 `json:"smallest_margin"` // the smallest margin with which the claim would be decided, if all its margins were scaled alike
	Detail    []string `json:"detail"`          // every part
	Missing   []string `json:"missing"`         // what the claim needs and the study does not have
	Mark      string   `json:"mark"`            // how the study was reduced; empty if it was not
}

// Decide decides a claim. If the data lack something, the claim is undecided
// and the result names what is missing. Any other error is a mistake in the
// claim.
func Decide(c Claim, d *Data) (Result, error) {
	r := Result{
		ID: c.ID, Source: c.Source, Claim: c.Words, Figure: c.Figure, Verdict: Undecided.String(),
		Detail: []string{}, Missing: []string{},
	}
	part, err := c.Check.decide(&judge{d, c.Margins})
	switch {
	case err == nil:
	case isMissing(err):
		for line := range strings.SplitSeq(err.Error(), "\n") {
			r.Missing = append(r.Missing, line)
		}
		r.Detail = append(r.Detail, r.Missing...)
		return r, nil
	default:
		return r, errors.New("claim " + c.ID + ": " + err.Error())
	}
	r.Verdict, r.What, r.N = part.Verdict.String(), part.What, part.N
	r.Effect, r.Low, r.High, r.DZ = finite(part.Effect), finite(part.Low), finite(part.High), finite(part.DZ)
	r.Above, r.Below = finite(part.Claimed.Above), finite(part.Claimed.Below)
	r.P, r.Flip, r.Exact, r.Contra, r.Equal = finite(part.P), finite(part.Flip), finite(part.Exact), finite(part.Contra), finite(part.Equal)
	r.Margin, r.Smallest = finite(part.Margin), finite(part.Smallest)
	r.Detail = append(r.Detail, part.lines("")...)
	return r, nil
}

// Inherit settles a claim by the verdict on another one. A weaker claim is
// supported if the stronger one is, and a stronger claim is contradicted if the
// weaker one is. The effect is then that of the part that decided the other
// claim. If the claim's own runs say the opposite, they are believed, and the
// detail says so.
func (r *Result) Inherit(from Result, v Verdict) {
	if r.Verdict == v.String() || from.Verdict != v.String() {
		return
	}
	if r.Verdict == Supported.String() || r.Verdict == Contradicted.String() {
		r.Detail = append(r.Detail, from.ID+", to which it is bound by logic, is "+v.String()+", and its own runs say otherwise")
		return
	}
	r.Verdict, r.Inherited = v.String(), from.ID
	r.What, r.Effect, r.Low, r.High, r.DZ, r.N = from.What, from.Effect, from.Low, from.High, from.DZ, from.N
	r.Above, r.Below, r.Margin, r.Smallest = from.Above, from.Below, from.Margin, from.Smallest
	if v == Supported {
		r.P, r.Flip, r.Exact = from.P, from.Flip, from.Exact
	} else {
		r.Contra = from.Contra
	}
	r.Detail = append(r.Detail, v.String()+" with "+from.ID+", to which it is bound by logic")
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func finite(x float64) *float64 {
	if !isFinite(x) {
		return nil
	}
	return &x
}

// isMissing reports whether an error consists only of things that the data
// lack.
func isMissing(err error) bool {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return !slices.ContainsFunc(joined.Unwrap(), func(e error) bool { return !isMissing(e) })
	}
	var m *MissingError
	return errors.As(err, &m)
}
