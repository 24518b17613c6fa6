package claim

import "math"

// The predicates of this file are about where on a line, such as a sweep of learning rates, a metric is highest. The
// place is that of the highest mean of finite values; what is tested is that the value there exceeds those at the
// places where the claim says that the optimum is not.

// mean is the mean of a reading over the runs that have it; NaN if none has.
func (d *Data) mean(q Curve, r Reading) (float64, error) {
	p, err := d.contrast("", []term{{q, r, 1}}, Positive, confidence)
	return p.Effect, err
}

// highest is the index of the highest mean among those that keep allows; −1 if there is none.
func (d *Data) highest(line []Curve, r Reading, keep func(i int) bool) (int, error) {
	best, top := -1, math.Inf(-1)
	for i, q := range line {
		m, err := d.mean(q, r)
		if err != nil {
			return -1, err
		}
		if keep(i) && m > top {
			best, top = i, m
		}
	}
	return best, nil
}

func anywhere(int) bool { return true }

// with is the line of another metric.
func with(line []Curve, metric string) []Curve {
	other := make([]Curve, len(line))
	for i, q := range line {
		q.Metric = metric
		other[i] = q
	}
	return other
}

// against claims that the value at one place of the line exceeds the one at another.
func against(line []Curve, r Reading, at, other int) Predicate {
	return claim([]term{{line[at], r, 1}, {line[other], r, -1}}, Positive)
}

// overLines joins what a predicate says of each line and the reference metric's line.
func overLines(c Curves, reference string, parts func(d *Data, line, reference []Curve) ([]Predicate, error)) Predicate {
	return resolved(func(d *Data) ([]Predicate, error) {
		lines, err := c.lines(d)
		var list []Predicate
		for _, line := range lines {
			p, err := parts(d, line, with(line, reference))
			if err != nil {
				return nil, err
			}
			list = append(list, p...)
		}
		return list, err
	})
}

// PeaksBeyond claims that each line is highest beyond the condition at which the reference metric is highest: its best
// value beyond exceeds its best value up to there, and the reference is lower at the one than at the other.
func PeaksBeyond(c Curves, reference string) Predicate {
	return overLines(c, reference, func(d *Data, line, reference []Curve) ([]Predicate, error) {
		top, err := d.highest(reference, c.reading, anywhere)
		if err != nil {
			return nil, err
		}
		beyond, err := d.highest(line, c.reading, func(i int) bool { return i > top })
		if err != nil {
			return nil, err
		}
		before, err := d.highest(line, c.reading, func(i int) bool { return i <= top })
		if err != nil {
			return nil, err
		}
		if top < 0 || beyond < 0 || before < 0 {
			return nil, missing("finite values on both sides of the highest %s in experiment %s", reference[0].Metric, c.experiment)
		}
		return []Predicate{against(line, c.reading, beyond, before), against(reference, c.reading, top, beyond)}, nil
	})
}

// PeaksWithin claims that each line's best value at conditions whose numbers lie in [low, high] exceeds its best
// value elsewhere.
func PeaksWithin(c Curves, low, high float64) Predicate {
	return overLines(c, "", func(d *Data, line, _ []Curve) ([]Predicate, error) {
		inside := func(i int) bool { v := value(line[i].Condition); return v >= low && v <= high }
		in, err := d.highest(line, c.reading, inside)
		if err != nil {
			return nil, err
		}
		out, err := d.highest(line, c.reading, func(i int) bool { return !inside(i) })
		if err != nil {
			return nil, err
		}
		if in < 0 || out < 0 {
			return nil, missing("conditions within and outside of [%v, %v] in experiment %s", low, high, c.experiment)
		}
		return []Predicate{against(line, c.reading, in, out)}, nil
	})
}

// RisesToPeak claims that up to the condition at which the reference metric is highest, no step of a line falls by
// the tolerance or more.
func RisesToPeak(c Curves, reference string, tolerance float64) Predicate {
	return overLines(c, reference, func(d *Data, line, reference []Curve) ([]Predicate, error) {
		top, err := d.highest(reference, c.reading, anywhere)
		if err != nil {
			return nil, err
		}
		if top < 1 {
			return nil, missing("condition before the highest %s in experiment %s", reference[0].Metric, c.experiment)
		}
		var list []Predicate
		for i := range top {
			list = append(list, claim([]term{{line[i+1], c.reading, 1}, {line[i], c.reading, -1}}, Above(-tolerance)))
		}
		return list, nil
	})
}

// PeaksApart claims that each line and its second metric are highest at different conditions. If they are by their
// means, each has to exceed at its own place its value at the other's. If they are not, one place has to be wrong: one
// of them has to be higher somewhere else, which is contradicted when both are highest where they seem to be.
func PeaksApart(c Curves, second string) Predicate { return peaks(c, second, anyOrder) }

// PeaksBefore claims that each line is highest at an earlier condition than its second metric.
func PeaksBefore(c Curves, second string) Predicate { return peaks(c, second, firstBeforeSecond) }

type order int

const (
	anyOrder order = iota
	firstBeforeSecond
)

func peaks(c Curves, second string, o order) Predicate {
	return overLines(c, second, func(d *Data, line, other []Curve) ([]Predicate, error) {
		a, err := d.highest(line, c.reading, anywhere)
		if err != nil {
			return nil, err
		}
		b, err := d.highest(other, c.reading, anywhere)
		if err != nil {
			return nil, err
		}
		if a < 0 || b < 0 {
			return nil, missing("finite %s and %s in experiment %s", line[0].Metric, second, c.experiment)
		}
		// Where the claim puts the optima if the means deny it, and where it does not if they agree.
		inLine, inOther := func(i int) bool { return i != a }, func(i int) bool { return i != b }
		asClaimed := a != b
		switch {
		case o == firstBeforeSecond:
			asClaimed = a < b
			inLine, inOther = func(i int) bool { return i < a }, func(i int) bool { return i > b }
			if asClaimed {
				inLine, inOther = func(i int) bool { return i >= b }, func(i int) bool { return i <= a }
			}
		case asClaimed:
			inLine, inOther = func(i int) bool { return i == b }, func(i int) bool { return i == a }
		}
		var parts []Predicate
		for _, m := range []struct {
			line []Curve
			top  int
			keep func(int) bool
		}{{line, a, inLine}, {other, b, inOther}} {
			rival, err := d.highest(m.line, c.reading, m.keep)
			switch {
			case err != nil:
				return nil, err
			case rival < 0: // no place left that could make a difference
			case asClaimed:
				parts = append(parts, against(m.line, c.reading, m.top, rival))
			default:
				parts = append(parts, against(m.line, c.reading, rival, m.top))
			}
		}
		if len(parts) == 0 {
			return nil, missing("other condition to compare with %s in experiment %s", line[a].Condition, c.experiment)
		}
		if asClaimed {
			return parts, nil
		}
		return []Predicate{Any(parts...)}, nil
	})
}
