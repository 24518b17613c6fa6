package claim

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
)

// Claim is one statement of a study, with what decides it.
type Claim struct {
	ID          string
	Source      string   // sections that make it, the section of the experiment first
	Words       string   // what they say, in other words
	Figure      string   // where it can be seen
	Experiments []string // whose values the check reads
	Check       Predicate
	// Margins are, for each metric, the difference that is none: two values that are closer are equivalent.
	Margins map[string]float64
	// ImpliedBy are the claims of which this one is a weaker form: it is supported if one of them is.
	ImpliedBy []string
}

// sources lists the sections.
func (c Claim) sources() []string { return strings.Split(c.Source, ", ") }

// Section is the section of the claim's experiment, to the second level: 5.6 for 5.6.3.
func (c Claim) Section() string {
	parts := strings.SplitN(c.sources()[0], ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

// Confirmatory tells whether a claim is among those that a section concludes with.
func (c Claim) Confirmatory(conclusions string) bool {
	return slices.Contains(c.sources(), conclusions)
}

// Definition is all that decides the claim, in one line: what changes a verdict changes it.
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

// Result is a decided claim, as it is published. Numbers that do not exist are null.
//
// A claim of several parts is described by the part that decided. Its p values are those of the whole claim.
type Result struct {
	ID        string   `json:"id"`
	Source    string   `json:"source"`
	Claim     string   `json:"claim"`
	Layer     string   `json:"layer"`     // "reproduces", "holds" or "trial": the seeds it rests on
	Verdict   string   `json:"verdict"`   // "supported", "contradicted", "equivalent" or "undecided"
	Inherited string   `json:"inherited"` // the claim whose verdict settles this one; empty where its own runs do
	Figure    string   `json:"figure"`
	What      string   `json:"what"`   // the part that decided: what the effect is
	Effect    *float64 `json:"effect"` // in the metric's own units
	Low       *float64 `json:"low"`    // its 95 % interval
	High      *float64 `json:"high"`
	DZ        *float64 `json:"d_z"`   // mean of the runs' differences over their standard deviation; null where runs are not paired
	Above     *float64 `json:"above"` // where the claim puts the effect; null is no bound
	Below     *float64 `json:"below"`
	N         int      `json:"n"`               // runs of the smallest sample
	P         *float64 `json:"p"`               // against the claim's being false: Student's t, Welch's, or exact for counts; two-sided
	Flip      *float64 `json:"p_sign_flip"`     // the same by exact sign flips; null where a part has no differences of paired runs
	Contra    *float64 `json:"p_contradict"`    // against the claim's being true
	Equal     *float64 `json:"p_equivalent"`    // against a difference of at least the margin (two one-sided tests)
	Holm      *float64 `json:"p_holm"`          // corrected for the confirmatory claims of its section; null but in the table of all
	BH        *float64 `json:"p_bh"`            // false discovery rate over all claims; null but in the table of all
	Margin    *float64 `json:"margin"`          // a difference that is smaller is none
	Smallest  *float64 `json:"smallest_margin"` // with which the deciding part would pass
	Detail    []string `json:"detail"`          // every part
	Missing   []string `json:"missing"`         // what the claim needs and the study does not have
	Mark      string   `json:"mark"`            // how the study was reduced; empty when it was not
}

// Decide checks a claim. What the data lack leaves it undecided, with the lack named; any other error is a mistake in
// the claim.
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
	r.P, r.Flip, r.Contra, r.Equal = finite(part.P), finite(part.Flip), finite(part.Contra), finite(part.Equal)
	r.Margin, r.Smallest = finite(part.Margin), finite(part.Smallest)
	r.Detail = append(r.Detail, part.lines("")...)
	return r, nil
}

// Inherit settles a claim by another's verdict: a weaker claim is supported with the stronger one, and a stronger one
// contradicted with the weaker. A verdict that the claim's own runs give stays.
func (r *Result) Inherit(from Result, v Verdict) {
	if r.Verdict == v.String() || r.Verdict == Supported.String() || from.Verdict != v.String() {
		return
	}
	r.Verdict, r.Inherited = v.String(), from.ID
	if v == Supported {
		r.P, r.Flip = from.P, from.Flip
	} else {
		r.Contra = from.Contra
	}
	r.Detail = append(r.Detail, v.String()+" with "+from.ID+", to which it is bound by logic")
}

func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
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
