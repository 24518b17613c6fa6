package claim

import (
	"fmt"
	"math"
	"strings"
)

// Effect claims that an effect of a factorial design lies in a range. The
// selection's conditions are all combinations of k factors at two levels, in
// standard order: the first factor changes from each condition to the next, the
// second after two, and so on. Factors has the names, and of has the indices of
// the factors in the effect. The effect of one factor is the change of the mean
// from its first level to its second. The interaction of two is half the
// difference between one's effects at the two levels of the other.
func Effect(c Curves, factors []string, of []int, claimed Range) Predicate {
	var names []string
	for _, f := range of {
		names = append(names, factors[f])
	}
	name := strings.Join(names, " × ")
	return predicate(fmt.Sprintf("effect of %s in %s %s", name, c, claimed), func(j *judge) ([]Predicate, error) {
		lines, err := c.lines(j.Data)
		var list []Predicate
		for _, line := range lines {
			if len(line) != 1<<len(factors) {
				return nil, missing("%d conditions of %d factors in experiment %s", 1<<len(factors), len(factors), c.experiment)
			}
			var terms []term
			for i, q := range line {
				coefficient := 2 / float64(len(line))
				for _, f := range of {
					if i>>f&1 == 0 {
						coefficient = -coefficient
					}
				}
				terms = append(terms, c.term(q, coefficient))
			}
			list = append(list, named(fmt.Sprintf("%s, %s: effect of %s", line[0].Metric, line[0].Optimizer, name), terms, claimed))
		}
		return list, err
	})
}

// OnCurve claims, for each condition of a sweep, that its distance from another
// sweep's line lies in a range. The line is interpolated linearly between
// points over the logarithm of the swept number. Conditions beyond its ends are
// left out.
func OnCurve(c, line Curves, claimed Range) Predicate {
	return predicate(fmt.Sprintf("distance of %s from the line of %s %s", c, line, claimed), func(j *judge) ([]Predicate, error) {
		parts, err := c.distances(j, line, claimed)
		return parts, err
	})
}

// OffCurve claims that some condition of a sweep is farther than a bound from
// another sweep's line; see OnCurve.
func OffCurve(c, line Curves, bound float64) Predicate {
	return predicate(fmt.Sprintf("distance of %s from the line of %s of more than %s", c, line, exact(bound)),
		func(j *judge) ([]Predicate, error) {
			up, err := c.distances(j, line, Above(bound))
			if err != nil {
				return nil, err
			}
			down, err := c.distances(j, line, Below(-bound))
			return []Predicate{Any(append(up, down...)...)}, err
		})
}

// distances returns a part for each condition that lies between two points of
// the line.
func (c Curves) distances(j *judge, reference Curves, claimed Range) ([]Predicate, error) {
	lines, err := c.lines(j.Data)
	if err != nil {
		return nil, err
	}
	var list []Predicate
	for _, line := range lines {
		known, err := reference.like(Curve{Optimizer: line[0].Optimizer, Metric: line[0].Metric}).lines(j.Data)
		if err != nil {
			return nil, err
		}
		for _, q := range line {
			x := math.Log(value(q.Condition))
			for i := range known[0][1:] {
				a, b := known[0][i], known[0][i+1]
				from, to := math.Log(value(a.Condition)), math.Log(value(b.Condition))
				if !(x >= from-1e-9 && x < to-1e-9) {
					continue
				}
				share := math.Max(0, (x-from)/(to-from))
				if share < 1e-9 {
					share = 0
				}
				terms := []term{c.term(q, 1), reference.term(a, share-1), reference.term(b, -share)}
				what := fmt.Sprintf("%s, %s, %s: distance from the line of %s",
					q.Metric, q.Optimizer, shorter(q.Condition), strings.TrimRight(reference.prefix, "="))
				list = append(list, named(what, terms, claimed))
			}
		}
	}
	if len(list) == 0 {
		return nil, missing("condition of %s between two of %s in experiment %s", c.prefix, reference.prefix, c.experiment)
	}
	return list, nil
}

// Exists claims that the predicate that check returns for a condition holds for
// at least one condition of a sweep. The choice among conditions is corrected
// for.
func Exists(c Curves, check func(condition string) Predicate) Predicate {
	definition := fmt.Sprintf("for some condition of %s: %s", c, check("*").definition)
	return predicate(definition, func(j *judge) ([]Predicate, error) {
		conditions, err := j.sweep(c.experiment, c.prefix, c.low, c.high)
		var list []Predicate
		for _, condition := range conditions {
			list = append(list, check(condition))
		}
		if err != nil || len(list) == 0 {
			return nil, err
		}
		return []Predicate{Any(list...)}, nil
	})
}
