package claim

import "fmt"

// Trend claims that the change along each line's least-squares fit, over the
// ranks of its conditions or layers from the first to the last, lies in a
// range. It is the contrast (k−1)·Σ x·mean/Σ x² with x = −(k−1)/2, …, (k−1)/2.
// It describes the line as a whole, where Steps makes a claim about every step.
func Trend(c Curves, claimed Range) Predicate {
	return predicate(fmt.Sprintf("trend along %s %s", c, claimed), func(j *judge) ([]Predicate, error) {
		lines, err := c.lines(j.Data)
		var list []Predicate
		for _, line := range lines {
			k := len(line)
			if k < 2 {
				return nil, missing("second condition to compare with %s in experiment %s", line[0].Condition, c.experiment)
			}
			var squares float64
			x := make([]float64, k)
			for i := range x {
				x[i] = float64(i) - float64(k-1)/2
				squares += float64(x[i] * x[i])
			}
			var terms []term
			for i, q := range line {
				terms = append(terms, c.term(q, float64(k-1)*x[i]/squares))
			}
			list = append(list, named(trendName(line), terms, claimed))
		}
		return list, err
	})
}

func trendName(line []Curve) string {
	first, last := line[0], line[len(line)-1]
	from, to := shorter(first.Condition), shorter(last.Condition)
	if first.Condition == last.Condition {
		from, to = first.Condition+", layer "+first.Layer, "layer "+last.Layer
	}
	return fmt.Sprintf("%s, %s: trend from %s to %s", first.Metric, first.Optimizer, from, to)
}

// Steps claims that along each line, in the order of the conditions and layers,
// each value minus the one before lies in a range.
func Steps(c Curves, claimed Range) Predicate {
	return predicate(fmt.Sprintf("each step along %s %s", c, claimed), func(j *judge) ([]Predicate, error) {
		lines, err := c.lines(j.Data)
		var list []Predicate
		for _, line := range lines {
			if len(line) < 2 {
				return nil, missing("second condition to compare with %s in experiment %s", line[0].Condition, c.experiment)
			}
			for i := range line[1:] {
				list = append(list, claim(c.step(line, i), claimed))
			}
		}
		return list, err
	})
}

// step returns the difference from one place of a line to the next.
func (c Curves) step(line []Curve, i int) []term {
	return []term{c.term(line[i+1], 1), c.term(line[i], -1)}
}

// Rising and Falling claim that each line strictly rises, or falls, from each
// condition or layer to the next.
func Rising(c Curves) Predicate  { return Steps(c, Positive) }
func Falling(c Curves) Predicate { return Steps(c, Negative) }

// Turns claims that each line is not monotone: one of its steps rises and one
// falls.
func Turns(c Curves) Predicate {
	return predicate("turns along "+c.String(), func(j *judge) ([]Predicate, error) {
		lines, err := c.lines(j.Data)
		var list []Predicate
		for _, line := range lines {
			var up, down []Predicate
			for i := range line[1:] {
				up, down = append(up, claim(c.step(line, i), Positive)), append(down, claim(c.step(line, i), Negative))
			}
			if len(up) < 2 {
				return nil, missing("three conditions in experiment %s, without which nothing turns", c.experiment)
			}
			list = append(list, Any(up...), Any(down...))
		}
		return list, err
	})
}

// Similar claims that on each line any two values differ by less than the
// bound.
func Similar(c Curves, bound float64) Predicate {
	return predicate(fmt.Sprintf("any two along %s %s", c, Within(bound)), func(j *judge) ([]Predicate, error) {
		lines, err := c.lines(j.Data)
		var list []Predicate
		for _, line := range lines {
			for i, a := range line {
				for _, b := range line[:i] {
					list = append(list, claim([]term{c.term(a, 1), c.term(b, -1)}, Within(bound)))
				}
			}
		}
		return list, err
	})
}
