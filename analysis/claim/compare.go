package claim

import "fmt"

// Value claims that each of the readings lies in a range.
func Value(c Curves, claimed Range) Predicate {
	return predicate(fmt.Sprintf("value of %s %s", c, claimed), func(j *judge) ([]Predicate, error) {
		curves, err := c.each(j.Data)
		var list []Predicate
		for _, q := range curves {
			list = append(list, claim([]term{c.term(q, 1)}, claimed))
		}
		return list, err
	})
}

// Share claims that the share of runs whose reading lies in one range is itself
// within another. It is for outcomes with two modes, such as whether a network
// left its plateau, whose mean says little.
func Share(c Curves, in, claimed Range) Predicate {
	return predicate(fmt.Sprintf("share of runs of %s %s: %s", c, in, claimed), func(j *judge) ([]Predicate, error) {
		curves, err := c.each(j.Data)
		var list []Predicate
		for _, q := range curves {
			list = append(list, Predicate{decide: func(j *judge) (Part, error) { return j.share([]term{c.term(q, 1)}, in, claimed) }})
		}
		return list, err
	})
}

func (j *judge) share(terms []term, in, claimed Range) (Part, error) {
	epochs, err := j.common(terms)
	if err != nil {
		return Part{}, err
	}
	list, notes := j.perRun(terms, epochs)
	k := count{n: len(list)}
	for _, v := range list {
		if v.value > in.Above && v.value < in.Below {
			k.k++
		}
	}
	what := fmt.Sprintf("share of runs with %s %s", label(terms, epochs), in)
	return k.part(what, claimed, append(notes, fmt.Sprintf("%d of %d", k.k, k.n))), nil
}

// Change claims that each curve's second reading minus its first lies in a
// range. The difference is taken run by run.
func Change(c Curves, from, to Reading, claimed Range) Predicate {
	return predicate(fmt.Sprintf("change of %s from %s to %s %s", c, from, to, claimed), func(j *judge) ([]Predicate, error) {
		curves, err := c.each(j.Data)
		var list []Predicate
		for _, q := range curves {
			list = append(list, claim([]term{c.read(q, to, 1), c.read(q, from, -1)}, claimed))
		}
		return list, err
	})
}

// MeanChange is like Change for the mean over each line's conditions.
func MeanChange(c Curves, from, to Reading, claimed Range) Predicate {
	return predicate(fmt.Sprintf("change of the mean over %s from %s to %s %s", c, from, to, claimed), func(j *judge) ([]Predicate, error) {
		lines, err := c.lines(j.Data)
		var list []Predicate
		for _, line := range lines {
			var terms []term
			for _, q := range line {
				terms = append(terms, c.read(q, to, 1/float64(len(line))), c.read(q, from, -1/float64(len(line))))
			}
			epochs, err := j.common(terms)
			if err != nil {
				return nil, err
			}
			what := fmt.Sprintf("%s, %s, mean of %s to %s: %s − %s", line[0].Metric, line[0].Optimizer,
				shorter(line[0].Condition), shorter(line[len(line)-1].Condition), to.name(epochs), from.name(epochs))
			list = append(list, named(what, terms, claimed))
		}
		return list, err
	})
}

// Rises and Falls claim that each curve is higher, or lower, after the last
// epoch than after the first.
func Rises(c Curves) Predicate { return Change(c, First, Last, Positive) }
func Falls(c Curves) Predicate { return Change(c, First, Last, Negative) }

// Settles claims that each curve's mean step over the last five epochs is
// smaller than over the first five. The two windows have the same length, so if
// nothing changes, either is as likely to have the larger steps.
func Settles(c Curves) Predicate { return Change(c, StepSize(1, 5), StepSize(-4, 0), Negative) }

// Difference claims that each curve of the first selection minus each of the
// second lies in a range. Whatever the second selection leaves open is taken
// from the curve of the first. A curve is not compared with itself.
func Difference(a, b Curves, claimed Range) Predicate {
	return predicate(fmt.Sprintf("difference of %s and %s %s", a, b, claimed), func(j *judge) ([]Predicate, error) {
		pairs, err := a.against(j.Data, b)
		var list []Predicate
		for _, p := range pairs {
			if p.curve != p.other {
				list = append(list, claim([]term{a.term(p.curve, 1), b.term(p.other, -1)}, claimed))
			}
		}
		return list, err
	})
}

// Higher and Lower claim that each curve of the first selection is above, or
// below, each of the second.
func Higher(a, b Curves) Predicate { return Difference(a, b, Positive) }
func Lower(a, b Curves) Predicate  { return Difference(a, b, Negative) }

// pair is a curve and another that it is compared with.
type pair struct{ curve, other Curve }

// against pairs each curve of the selection with each curve of the other.
// Whatever the other leaves open is taken from the curve.
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
