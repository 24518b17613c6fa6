package claim

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
		pairs, err := a.against(d, b)
		var list []Predicate
		for _, p := range pairs {
			if p.curve != p.other {
				list = append(list, claim([]term{{p.curve, a.reading, 1}, {p.other, b.reading, -1}}, claimed))
			}
		}
		return list, err
	})
}

// pair is a curve and one that it is compared with.
type pair struct{ curve, other Curve }

// against pairs each of the selection with each of the other, which takes from the curve what it leaves open.
func (c Curves) against(d *Data, other Curves) ([]pair, error) {
	curves, err := c.each(d)
	if err != nil {
		return nil, err
	}
	var pairs []pair
	for _, q := range curves {
		others, err := other.like(q).each(d)
		if err != nil {
			return nil, err
		}
		for _, o := range others {
			if o.Metric != q.Metric {
				return nil, fmt.Errorf("compare %s with %s: select no metric for what is compared with", q.Metric, o.Metric)
			}
			pairs = append(pairs, pair{q, o})
		}
	}
	return pairs, nil
}

// Higher and Lower claim that each of the first selection exceeds, or stays under, each of the second.
func Higher(a, b Curves) Predicate { return Difference(a, b, Positive) }
func Lower(a, b Curves) Predicate  { return Difference(a, b, Negative) }
