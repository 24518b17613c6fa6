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
				own, err := j.heights(c, line)
				if err != nil {
					return Part{}, err
				}
				reference := own
				if second != "" {
					if reference, err = j.heights(c, with(line, second)); err != nil {
						return Part{}, err
					}
				}
				places, notes := own.places()
				others := places
				if second != "" {
					var left []string
					others, left = reference.places()
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
				return part.onlyIf(own.higherThere(reference)), nil
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

// with returns the line for another metric.
func with(line []Curve, metric string) []Curve {
	other := make([]Curve, len(line))
	for i, q := range line {
		q.Metric = metric
		other[i] = q
	}
	return other
}

// heights are the values of runs along a line, NaN where there is none. The
// notes say why.
type heights struct {
	line  []Curve
	of    map[string][]float64 // by run
	notes []string
}

// heights returns the values along a line.
func (j *judge) heights(c Curves, line []Curve) (heights, error) {
	h := heights{line: line, of: map[string][]float64{}}
	for i, q := range line {
		terms := []term{c.term(q, 1)}
		epochs, err := j.common(terms)
		if err != nil {
			return h, err
		}
		list, left := j.perRun(terms, epochs)
		h.notes = append(h.notes, left...)
		for _, v := range list {
			if h.of[v.run] == nil {
				h.of[v.run] = slices.Repeat([]float64{math.NaN()}, len(line))
			}
			h.of[v.run][i] = v.value
		}
	}
	return h, nil
}

func (h heights) runs() []string { return slices.Sorted(maps.Keys(h.of)) }

// places returns, for each run, the numbers of the conditions at which the line
// is highest, of which there are several if values are equal. Values that are
// not finite and runs that a filter leaves out do not count, and the notes name
// them. A run needs at least two values.
func (h heights) places() (map[string][]float64, []string) {
	places := map[string][]float64{}
	var few []string
	for _, run := range h.runs() {
		seen, top := 0, math.Inf(-1)
		for i, v := range h.of[run] {
			if math.IsNaN(v) {
				continue
			}
			at := value(h.line[i].Condition)
			switch seen++; {
			case v > top:
				places[run], top = []float64{at}, v
			case v == top:
				places[run] = append(places[run], at)
			}
		}
		if seen < 2 {
			delete(places, run)
			few = append(few, run)
		}
	}
	return places, without(few, "fewer than two values", slices.Clone(h.notes))
}

// higherThere judges by how much the line is higher at its own peak than at the
// other line's. For each run the peaks are those of the means over the other
// runs.
func (h heights) higherThere(other heights) Part {
	var values []float64
	for _, run := range h.runs() {
		at, ok := h.topWithout(run, h.of[run])
		from, known := other.topWithout(run, h.of[run])
		if ok && known && other.of[run] != nil {
			values = append(values, h.of[run][at]-h.of[run][from])
		}
	}
	what := fmt.Sprintf("%s at its peak in the other runs − at the peak of %s in them", h.line[0].Metric, other.line[0].Metric)
	e := student(values)
	e.difference = true
	return e.part(what, Positive, math.NaN(), nil)
}

// topWithout returns the index of the highest mean over all runs but one. A mean
// over no values is no peak, nor is a place at which that run has no value of
// its own to compare.
func (h heights) topWithout(left string, own []float64) (top int, found bool) {
	best, runs := math.Inf(-1), h.runs()
	for i := range h.line {
		if math.IsNaN(own[i]) {
			continue
		}
		var sum float64
		n := 0
		for _, run := range runs {
			if v := h.of[run][i]; run != left && !math.IsNaN(v) {
				sum, n = sum+v, n+1
			}
		}
		if mean := sum / float64(n); n > 0 && mean > best {
			top, best, found = i, mean, true
		}
	}
	return top, found
}
