package finding

import "fmt"

// Value claims that each of the readings lies in a range.
func Value(c Curves, claimed Range) Predicate {
	return resolved(func(d *Data) ([]Predicate, error) {
		curves, err := c.each(d)
		var list []Predicate
		for _, q := range curves {
			list = append(list, claim([]term{{q, c.reading, 1}}, claimed))
		}
		return list, err
	})
}

// Change claims that each curve's second reading minus its first lies in a range. It is taken run by run.
func Change(c Curves, from, to Reading, claimed Range) Predicate {
	return resolved(func(d *Data) ([]Predicate, error) {
		curves, err := c.each(d)
		var list []Predicate
		for _, q := range curves {
			list = append(list, claim([]term{{q, to, 1}, {q, from, -1}}, claimed))
		}
		return list, err
	})
}

// Rises and Falls claim that each curve is higher, or lower, after the last epoch than after the first.
func Rises(c Curves) Predicate { return Change(c, First, Last, Positive) }
func Falls(c Curves) Predicate { return Change(c, First, Last, Negative) }

// Difference claims that each of the first selection minus each of the second lies in a range. The second takes
// from the first what it leaves open; a curve is not compared with itself.
func Difference(a, b Curves, claimed Range) Predicate {
	return resolved(func(d *Data) ([]Predicate, error) {
		curves, err := a.each(d)
		if err != nil {
			return nil, err
		}
		var list []Predicate
		for _, q := range curves {
			others, err := b.like(q).each(d)
			if err != nil {
				return nil, err
			}
			for _, other := range others {
				if other.Metric != q.Metric {
					return nil, fmt.Errorf("compare %s with %s: select no metric for what is compared with", q.Metric, other.Metric)
				}
				if other != q {
					list = append(list, claim([]term{{q, a.reading, 1}, {other, b.reading, -1}}, claimed))
				}
			}
		}
		return list, nil
	})
}

// Higher and Lower claim that each of the first selection exceeds, or stays under, each of the second.
func Higher(a, b Curves) Predicate { return Difference(a, b, Positive) }
func Lower(a, b Curves) Predicate  { return Difference(a, b, Negative) }
