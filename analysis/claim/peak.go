package claim

import (
	"fmt"
	"math"
)

// The predicates of this file are about where on a line, such as a sweep of
// learning rates, a metric is highest. The place is found in each run
// separately, and a claim says that in more than half of the runs the places
// are as it describes. No height is tested at a place that the same runs chose.
// If two metrics have the same curve except for noise, either is as likely to
// be highest first, so the share is at most a half.

// PeaksBeyond claims that in most runs each line is highest at a larger number
// than the reference metric, and at no more than factor times that number.
func PeaksBeyond(c Curves, reference string, factor float64) Predicate {
	text := fmt.Sprintf("peak of %s beyond that of %s, at most %s times", c, reference, exact(factor))
	what := "highest " + reference
	if !math.IsInf(factor, 1) {
		what += fmt.Sprintf(" and at most %s times it", short(factor))
	}
	return peaks(c, reference, text, "above that of the "+what, func(at, reference float64) bool {
		return at > reference && at <= factor*reference*(1+1e-9)
	})
}

// PeaksBefore claims that in most runs each line is highest at a smaller number
// than the other metric.
func PeaksBefore(c Curves, other string) Predicate {
	return peaks(c, other, fmt.Sprintf("peak of %s before that of %s", c, other), "below that of the highest "+other,
		func(at, other float64) bool { return at < other })
}

// PeaksWithin claims that in most runs each line is highest at a number in
// [low, high].
func PeaksWithin(c Curves, low, high float64) Predicate {
	text, where := fmt.Sprintf("peak of %s in %s..%s", c, exact(low), exact(high)), fmt.Sprintf("from %s to %s", short(low), short(high))
	return peaks(c, "", text, where, func(at, _ float64) bool { return at >= low && at <= high })
}

func peaks(c Curves, second, text, where string, as func(at, other float64) bool) Predicate {
	return predicate(text, func(j *judge) ([]Predicate, error) {
		lines, err := c.lines(j.Data)
		var list []Predicate
		for _, line := range lines {
			if len(line) < 2 {
				return nil, missing("second condition to compare with %s in experiment %s", line[0].Condition, c.experiment)
			}
			list = append(list, Predicate{decide: func(j *judge) (Part, error) {
				places, notes, err := j.places(c, line)
				if err != nil {
					return Part{}, err
				}
				others := places
				if second != "" {
					var left []string
					if others, left, err = j.places(c, with(line, second)); err != nil {
						return Part{}, err
					}
					notes = append(notes, left...)
				}
				var k count
				for run, at := range places { // the values are only counted, so the order of the map does not matter
					if other, ok := others[run]; ok {
						k.n++
						if as(at, other) {
							k.k++
						}
					}
				}
				what := fmt.Sprintf("share of runs whose %s, %s, is highest at a value %s", line[0].Metric, line[0].Optimizer, where)
				return k.part(what, Above(0.5), append(notes, fmt.Sprintf("%d of %d", k.k, k.n))), nil
			}})
		}
		return list, err
	})
}

// with returns the line for another metric.
func with(line []Curve, metric string) []Curve {
	other := make([]Curve, len(line))
	for i, q := range line {
		q.Metric = metric
		other[i] = q
	}
	return other
}

// places returns, for each run, the number of the condition at which the line
// is highest. Values that are not finite and runs that a filter leaves out do
// not count, and a run needs at least two values.
func (j *judge) places(c Curves, line []Curve) (map[string]float64, []string, error) {
	type best struct{ at, top, seen float64 }
	found := map[string]best{}
	var order []string
	for _, q := range line {
		terms := []term{c.term(q, 1)}
		epochs, err := j.common(terms)
		if err != nil {
			return nil, nil, err
		}
		list, _ := j.perRun(terms, epochs)
		for _, v := range list {
			b, ok := found[v.run]
			if !ok {
				b.top = math.Inf(-1)
				order = append(order, v.run)
			}
			if b.seen++; v.value > b.top {
				b.at, b.top = value(q.Condition), v.value
			}
			found[v.run] = b
		}
	}
	places := map[string]float64{}
	var notes []string
	for _, run := range order {
		if b := found[run]; b.seen >= 2 {
			places[run] = b.at
		} else {
			notes = append(notes, "without "+run+" (fewer than two values)")
		}
	}
	return places, notes, nil
}
