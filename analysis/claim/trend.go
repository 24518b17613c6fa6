package claim

import "fmt"

// Steps claims that along each line, in the order of the conditions and layers, each value minus the one before lies
// in a range.
func Steps(c Curves, claimed Range) Predicate {
	return resolved(func(d *Data) ([]Predicate, error) {
		lines, err := c.lines(d)
		if err != nil {
			return nil, err
		}
		var list []Predicate
		for _, line := range lines {
			if len(line) < 2 {
				return nil, missing("second condition to compare with %s in experiment %s", line[0].Condition, c.experiment)
			}
			for i := range line[1:] {
				list = append(list, claim([]term{{line[i+1], c.reading, 1}, {line[i], c.reading, -1}}, claimed))
			}
		}
		return list, nil
	})
}

// Rising and Falling claim that each line strictly rises, or falls, from each condition or layer to the next.
func Rising(c Curves) Predicate  { return Steps(c, Positive) }
func Falling(c Curves) Predicate { return Steps(c, Negative) }

// Turns claims that each line is not monotone: one of its steps rises and one falls.
func Turns(c Curves) Predicate {
	return resolved(func(d *Data) ([]Predicate, error) {
		lines, err := c.lines(d)
		var list []Predicate
		for _, line := range lines {
			var up, down []Predicate
			for i := range line[1:] {
				step := []term{{line[i+1], c.reading, 1}, {line[i], c.reading, -1}}
				up, down = append(up, claim(step, Positive)), append(down, claim(step, Negative))
			}
			if len(up) < 2 {
				return nil, missing("three conditions in experiment %s, without which nothing turns", c.experiment)
			}
			list = append(list, Any(up...), Any(down...))
		}
		return list, err
	})
}

// Trend claims that the change along each line's least-squares straight line, over the ranks of its conditions or layers,
// from the first to the last, lies in a range: the contrast (k−1)·Σ x·mean/Σ x² with x = −(k−1)/2, …, (k−1)/2. It
// says where a line goes on the whole, where Steps asks for every step.
func Trend(c Curves, claimed Range) Predicate {
	return resolved(func(d *Data) ([]Predicate, error) {
		lines, err := c.lines(d)
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
				terms = append(terms, term{q, c.reading, float64(k-1) * x[i] / squares})
			}
			what := fmt.Sprintf("%s, %s: trend from %s to %s", line[0].Metric, line[0].Optimizer, shorter(line[0].Condition), shorter(line[k-1].Condition))
			list = append(list, func(d *Data, level float64) (Part, error) { return d.contrast(what, terms, claimed, level) })
		}
		return list, err
	})
}

// Similar claims that on each line no two values differ by as much as the bound.
func Similar(c Curves, bound float64) Predicate {
	return resolved(func(d *Data) ([]Predicate, error) {
		lines, err := c.lines(d)
		var list []Predicate
		for _, line := range lines {
			for i, a := range line {
				for _, b := range line[:i] {
					list = append(list, claim([]term{{a, c.reading, 1}, {b, c.reading, -1}}, Within(bound)))
				}
			}
		}
		return list, err
	})
}
