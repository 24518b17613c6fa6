package claim

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// The predicates of this file are about where on a line, such as a sweep of
// learning rates, a metric is highest. The place is found in each run
// separately, and a claim says that in more than half of the runs the places
// are as it describes. If several values are the highest, all their places
// count; a run in which some of them are as described and others are not is left
// out. If two metrics have the same curve except for noise, either is as likely
// to be highest first, so the share is at most a half.
//
// If one of the metrics is flat, however, its peak is anywhere. So a claim that
// compares two metrics also says that the line is higher at its own peak than at
// the other metric's. No height is tested at a place that the same run chose:
// both places are those of the means over the other runs. Such a claim is
// contradicted by the places alone: where runs peak at two places, a run that is
// left out moves the others' peak away from its own, so that it may be lower
// there in all runs.

// PeaksBeyond claims that in most runs each line is highest at a larger number
// than the reference metric, and at no more than factor times that number, and
// that it is higher there.
func PeaksBeyond(c Curves, reference string, factor float64) Predicate {
	text := fmt.Sprintf("peak of %s beyond that of %s, at most %s times, and higher there", c, reference, exact(factor))
	what := "highest " + reference
	if !math.IsInf(factor, 1) {
		what += fmt.Sprintf(" and at most %s times it", short(factor))
	}
	return peaks(c, reference, text, "above that of the "+what, func(at, reference float64) bool {
		return at > reference && at <= factor*reference*(1+1e-9)
	})
}

// PeaksBefore claims that in most runs each line is highest at a smaller number
// than the other metric, and that it is higher there.
func PeaksBefore(c Curves, other string) Predicate {
	return peaks(c, other, fmt.Sprintf("peak of %s before that of %s, and higher there", c, other), "below that of the highest "+other,
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
				ties := 0
				for run, at := range places { // the values are only counted, so the order of the map does not matter
					other, ok := others[run]
					if !ok {
						continue
					}
					switch holds, pairs := matches(at, other, as), len(at)*len(other); {
					case holds == pairs:
						k.k, k.n = k.k+1, k.n+1
					case holds == 0:
						k.n++
					default:
						ties++
					}
				}
				if ties > 0 {
					notes = append(notes, fmt.Sprintf("without %d runs whose highest values are at several places", ties))
				}
				what := fmt.Sprintf("share of runs whose %s, %s, is highest at a value %s", line[0].Metric, line[0].Optimizer, where)
				part := k.part(what, Above(0.5), append(notes, fmt.Sprintf("%d of %d", k.k, k.n)))
				if second == "" {
					return part, nil
				}
				higher, err := j.higherThere(c, line, with(line, second))
				return part.onlyIf(higher), err
			}})
		}
		return list, err
	})
}

// matches counts the pairs of places that are as described.
func matches(at, others []float64, as func(at, other float64) bool) int {
	n := 0
	for _, x := range at {
		for _, y := range others {
			if as(x, y) {
				n++
			}
		}
	}
	return n
}

// onlyIf returns a part that is supported only if the other is, too. It is
// contradicted by itself alone.
func (p Part) onlyIf(other Part) Part {
	for _, x := range [][2]*float64{{&p.P, &other.P}, {&p.Exact, &other.Exact}, {&p.rank, &other.rank}} {
		if ascending(*x[0], *x[1]) < 0 {
			*x[0] = *x[1]
		}
	}
	p.Notes = append(p.Notes, other.String())
	p.decide()
	return p
}

// higherThere judges by how much the line is higher at its own peak than at the
// other line's. For each run the peaks are those of the means over the other
// runs.
func (j *judge) higherThere(c Curves, line, other []Curve) (Part, error) {
	own, _, err := j.heights(c, line)
	if err != nil {
		return Part{}, err
	}
	reference, _, err := j.heights(c, other)
	if err != nil {
		return Part{}, err
	}
	runs := slices.Sorted(maps.Keys(own))
	tops, references := topsWithout(own, own), topsWithout(reference, own)
	var values []float64
	for _, run := range runs {
		at, ok := tops[run]
		from, known := references[run]
		if d := own[run][at] - own[run][from]; ok && known && finite(d) != nil {
			values = append(values, d)
		}
	}
	what := fmt.Sprintf("%s at its peak in the other runs − at the peak of %s in them", line[0].Metric, other[0].Metric)
	e := student(values)
	e.difference = true
	return e.part(what, Positive, math.NaN(), nil), nil
}

// topsWithout returns, for each run, the index of the highest mean over all
// other runs. A mean over no values is no peak, nor is a place at which the run
// has no value of its own to compare.
func topsWithout(heights, own map[string][]float64) map[string]int {
	runs, tops := slices.Sorted(maps.Keys(heights)), map[string]int{}
	for _, left := range runs {
		best := math.Inf(-1)
		for i := range heights[left] {
			if own[left] == nil || finite(own[left][i]) == nil {
				continue
			}
			var sum float64
			n := 0
			for _, run := range runs {
				if v := heights[run][i]; run != left && finite(v) != nil {
					sum, n = sum+v, n+1
				}
			}
			if mean := sum / float64(n); n > 0 && mean > best {
				tops[left], best = i, mean
			}
		}
	}
	return tops
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

// places returns, for each run, the numbers of the conditions at which the line
// is highest, of which there are several if values are equal. Values that are
// not finite and runs that a filter leaves out do not count, and the notes name
// them. A run needs at least two values.
func (j *judge) places(c Curves, line []Curve) (map[string][]float64, []string, error) {
	heights, notes, err := j.heights(c, line)
	if err != nil {
		return nil, nil, err
	}
	places := map[string][]float64{}
	for _, run := range slices.Sorted(maps.Keys(heights)) {
		seen, top := 0, math.Inf(-1)
		for i, v := range heights[run] {
			if math.IsNaN(v) {
				continue
			}
			at := value(line[i].Condition)
			switch seen++; {
			case v > top:
				places[run], top = []float64{at}, v
			case v == top:
				places[run] = append(places[run], at)
			}
		}
		if seen < 2 {
			delete(places, run)
			notes = append(notes, "without "+run+" (fewer than two values)")
		}
	}
	return places, notes, nil
}

// heights returns each run's values along the line, NaN where it has none.
func (j *judge) heights(c Curves, line []Curve) (map[string][]float64, []string, error) {
	heights := map[string][]float64{}
	var notes []string
	for i, q := range line {
		terms := []term{c.term(q, 1)}
		epochs, err := j.common(terms)
		if err != nil {
			return nil, nil, err
		}
		list, left := j.perRun(terms, epochs)
		notes = append(notes, left...)
		for _, v := range list {
			if heights[v.run] == nil {
				heights[v.run] = slices.Repeat([]float64{math.NaN()}, len(line))
			}
			heights[v.run][i] = v.value
		}
	}
	return heights, notes, nil
}
