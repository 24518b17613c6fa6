package params

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Line divides the conditions of an experiment into those of a line, whose
// names match a pattern, and the others. Both are in ascending order of the
// number that varies, which must be the same in all of them and positive,
// because the line is drawn over its logarithm. The error continues a sentence
// that begins "is PATTERN, ".
func Line(uses []Use, pattern string) (line, others []Use, err error) {
	for _, u := range uses {
		same := func(o Use) bool { return o.Condition == u.Condition && o.Optimizer == u.Optimizer }
		if slices.ContainsFunc(line, same) || slices.ContainsFunc(others, same) {
			continue // another seed
		}
		if u.Column == "" || u.Column != uses[0].Column {
			return nil, nil, fmt.Errorf("but no one number varies in all conditions of %s: %s has %s", u.Experiment, u.Condition, orNone(u.Column))
		}
		if !(u.At() > 0) {
			return nil, nil, fmt.Errorf("but %s of %s has a %s of %s, which has no logarithm", u.Condition, u.Experiment, u.Column, u.Value)
		}
		if _, ok := match(pattern, u.Condition); ok {
			line = append(line, u)
		} else {
			others = append(others, u)
		}
	}
	for _, u := range others {
		n := 0
		for _, o := range line {
			if o.Optimizer == u.Optimizer {
				n++
			}
		}
		if n < 2 {
			return nil, nil, fmt.Errorf("which %d conditions of %s with %s match; a line needs two", n, u.Experiment, u.Optimizer)
		}
	}
	if len(others) == 0 {
		return nil, nil, fmt.Errorf("which all conditions match; name those of the line alone")
	}
	ascending := func(a, b Use) int {
		switch {
		case a.At() < b.At():
			return -1
		case a.At() > b.At():
			return 1
		}
		return 0
	}
	slices.SortStableFunc(line, ascending)
	slices.SortStableFunc(others, ascending)
	return line, others, nil
}

// At returns the number that varies, or NaN if none does.
func (u Use) At() float64 {
	v, err := strconv.ParseFloat(u.Value, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

func orNone(text string) string {
	if text == "" {
		return None
	}
	return text
}
