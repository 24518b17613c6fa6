package claim

import (
	"fmt"
	"math"
)

// Approaches claims that the distance between each curve of the first selection
// and its counterpart in the second shrinks from the first epoch to the last
// and ends smaller than the bound. Distances are taken run by run, so both
// curves must come from one network or from networks that started alike.
func Approaches(a, b Curves, bound float64) Predicate {
	return predicate(fmt.Sprintf("%s approaches %s to %s", a, b, exact(bound)), func(j *judge) ([]Predicate, error) {
		pairs, err := a.against(j.Data, b)
		var list []Predicate
		for _, p := range pairs {
			apart := func(r Reading) []term { return []term{a.read(p.curve, r, 1), b.read(p.other, r, -1)} }
			if _, err := j.common(apart(Last)); err != nil {
				return nil, err
			}
			if j.block(p.curve) != j.block(p.other) {
				return nil, missing("common runs of %s and %s in experiment %s", p.curve.Condition, p.other.Condition, p.curve.Experiment)
			}
			list = append(list,
				Predicate{decide: func(j *judge) (Part, error) { return j.shrinks(apart(First), apart(Last)) }},
				claim(apart(Last), Within(bound)))
		}
		return list, err
	})
}

// shrinks judges whether the size of the first difference exceeds the size of
// the second.
func (j *judge) shrinks(first, last []term) (Part, error) {
	epochs, err := j.common(append(first, last...))
	if err != nil {
		return Part{}, err
	}
	before, notes := j.perRun(first, epochs)
	after, left := j.perRun(last, epochs)
	var values []float64
	for _, b := range before {
		for _, a := range after {
			if a.run == b.run {
				values = append(values, math.Abs(b.value)-math.Abs(a.value))
			}
		}
	}
	q, other := first[0].curve, first[1].curve
	what := fmt.Sprintf("%s, %s: how much closer %s and %s are after the last epoch than after the first",
		q.Metric, q.Optimizer, q.Condition, other.Condition)
	e := student(values)
	e.difference = true
	return e.part(what, Positive, math.NaN(), append(notes, left...)), nil
}

// fewestEpochs is the length of the shortest course whose correlation says
// something. Over two epochs it is ±1 whatever the values, and over three it is
// most often near that.
const fewestEpochs = 4

// Correlate claims that over the epochs of a run, at least four, Pearson's
// correlation of each curve with another metric lies in a range. It is averaged
// over the runs as artanh r. Runs that stopped before the last epoch are left
// out.
func Correlate(c Curves, metric string, claimed Range) Predicate {
	return predicate(fmt.Sprintf("correlation of %s with %s %s", c, metric, claimed), func(j *judge) ([]Predicate, error) {
		curves, err := c.each(j.Data)
		var list []Predicate
		for _, q := range curves {
			list = append(list, Predicate{decide: func(j *judge) (Part, error) { return j.correlation(c, q, metric, claimed) }})
		}
		return list, err
	})
}

func (j *judge) correlation(c Curves, q Curve, metric string, claimed Range) (Part, error) {
	other := q
	other.Metric = metric
	n, err := j.epochs(q)
	if err != nil {
		return Part{}, err
	}
	if _, err := j.epochs(other); err != nil {
		return Part{}, err
	}
	if n < fewestEpochs {
		return Part{}, missing("courses of %d epochs, without which a correlation says nothing: the runs of experiment %s have %d", fewestEpochs,
			q.Experiment, n)
	}
	var z []float64
	var left omissions
	for _, run := range j.curves[q] {
		_, why := j.take(c.term(q, 1), run.run, n)
		if why == "" {
			why = "not finite, or constant"
			if o := j.course(other, run.run); o != nil && len(run.values) == n && len(o.values) == n {
				if r := pearson(run.values, o.values); !math.IsNaN(r) {
					z = append(z, tenDigits(math.Atanh(r)))
					continue
				}
			}
		}
		left.add(q, run.run, why)
	}
	e := student(z)
	what := fmt.Sprintf("correlation of %s with %s over %d epochs, %s, %s", q.Metric, metric, n, q.Optimizer, q.Condition)
	p := Part{What: what, Effect: math.Tanh(e.effect), N: e.n, DZ: e.dz(), Claimed: claimed, Margin: math.NaN(), Notes: left.notes(j.Data)}
	onZ := func(bound float64) float64 { return math.Atanh(math.Max(-1, math.Min(1, bound))) }
	test := func(bound float64) (float64, float64) { return e.tails(onZ(bound)) }
	return p.judged(test, nil, func(coverage float64) (float64, float64) {
		low, high := e.interval(coverage)
		return math.Tanh(low), math.Tanh(high)
	}), nil
}

// pearson returns the correlation of two series of equal length, kept away from
// ±1, where artanh is infinite. It is NaN if one of them is constant but for
// rounding, or not finite.
func pearson(x, y []float64) float64 {
	a, b := momentsOf(x), momentsOf(y)
	var sum float64
	for i := range x {
		sum += float64((x[i] - a.mean) * (y[i] - b.mean))
	}
	if a.variance == 0 || b.variance == 0 {
		return math.NaN()
	}
	r := sum / float64(len(x)-1) / math.Sqrt(a.variance*b.variance)
	const most = 1 - 1e-12
	return max(-most, min(most, r))
}
