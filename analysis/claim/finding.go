package claim

import (
	"errors"
	"math"
	"strings"
)

// confidence is the level at which findings are decided.
const confidence = 0.95

// Finding is a claim of the study.
type Finding struct {
	ID          string
	Source      string   // sections of the thesis
	Claim       string   // what they say, in other words
	Figure      string   // where it can be seen
	Experiments []string // whose values the check reads
	Check       Predicate
}

// Result is a decided finding, as it is published. Numbers that do not exist are null.
type Result struct {
	ID      string   `json:"id"`
	Source  string   `json:"source"`
	Claim   string   `json:"claim"`
	Verdict string   `json:"verdict"` // "supported", "not supported" or "undecided"
	Figure  string   `json:"figure"`
	What    string   `json:"what"` // the part that decided: what the effect is
	Effect  *float64 `json:"effect"`
	Low     *float64 `json:"low"`   // the interval's ends
	High    *float64 `json:"high"`  //
	Level   float64  `json:"level"` // and its coverage, above 0.95 where a part was chosen among several
	Above   *float64 `json:"above"` // where the claim puts the effect; null is no bound
	Below   *float64 `json:"below"`
	N       int      `json:"n"`       // runs of the smallest sample
	Detail  []string `json:"detail"`  // every part
	Missing []string `json:"missing"` // what the claim needs and the study does not have
	Mark    string   `json:"mark"`    // how the study was reduced; empty when it was not
}

// Decide checks a finding. What the data lack leaves it undecided, with the lack named; any other error is a
// mistake in the claim.
func Decide(f Finding, d *Data) (Result, error) {
	r := Result{
		ID: f.ID, Source: f.Source, Claim: f.Claim, Figure: f.Figure, Verdict: Undecided.String(), Level: confidence,
		Detail: []string{}, Missing: []string{},
	}
	part, err := f.Check(d, confidence)
	switch {
	case err == nil:
	case isMissing(err):
		for line := range strings.SplitSeq(err.Error(), "\n") {
			r.Missing = append(r.Missing, line)
		}
		r.Detail = append(r.Detail, r.Missing...)
		return r, nil
	default:
		return r, errors.New("finding " + f.ID + ": " + err.Error())
	}
	r.Verdict, r.What, r.Level, r.N = part.Verdict.String(), part.What, significant(part.Level, 6), part.N
	r.Effect, r.Low, r.High = finite(part.Effect), finite(part.Low), finite(part.High)
	r.Above, r.Below = finite(part.Claimed.Above), finite(part.Claimed.Below)
	r.Detail = append(r.Detail, part.lines("")...)
	return r, nil
}

func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
