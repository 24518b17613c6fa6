package claim

import (
	"fmt"
	"math"
	"strconv"
)

// Concordance claims that over each line's conditions, Kendall's tau of the
// line's metric with a reading of another metric lies in a range. Each run
// name, such as a seed, has a tau of its own.
//
// Tau has few values, so a few runs may agree in it by chance. Its variance
// among runs is therefore taken to be at least that of k independent pairs,
// which is 2(2k+5)/(9k(k−1)) (Kendall, Biometrika 30, 1938). The interval is cut
// off at −1 and 1, beyond which no tau lies.
func Concordance(c Curves, other string, r Reading, claimed Range) Predicate {
	text := fmt.Sprintf("Kendall's tau of %s with %s at %s %s", c, other, r, claimed)
	return predicate(text, func(j *judge) ([]Predicate, error) {
		lines, err := c.lines(j.Data)
		var list []Predicate
		for _, line := range lines {
			list = append(list, Predicate{decide: func(j *judge) (Part, error) { return j.concordance(c, line, other, r, claimed) }})
		}
		return list, err
	})
}

func (j *judge) concordance(c Curves, line []Curve, other string, r Reading, claimed Range) (Part, error) {
	type point struct{ x, y float64 }
	points := map[string][]point{} // by run
	var order []string
	var left omissions
	name := ""
	for i, q := range line {
		y := c.term(q, 1)
		q.Metric = other
		x := c.read(q, r, 1)
		epochs, err := j.common([]term{y, x})
		if err != nil {
			return Part{}, err
		}
		name = r.name(epochs)
		for _, course := range j.curves[line[i]] {
			v, why := j.take(y, course.run, epochs)
			w, reason := j.take(x, course.run, epochs)
			if why == "" {
				why = reason
			}
			if why == "" && !(isFinite(v) && isFinite(w)) {
				why = notFinite
			}
			if why != "" {
				left.add(line[i], course.run, why)
				continue
			}
			if points[course.run] == nil {
				order = append(order, course.run)
			}
			points[course.run] = append(points[course.run], point{w, v})
		}
	}
	var values []float64
	notes := left.notes(j.Data)
	var few []string
	fewest, most := len(line), 0
	for _, run := range order {
		list := points[run]
		if len(list) < 3 {
			few = append(few, run)
			continue
		}
		fewest, most = min(fewest, len(list)), max(most, len(list))
		concordant := 0
		for i, a := range list {
			for _, b := range list[:i] {
				concordant += sign(a.x-b.x) * sign(a.y-b.y)
			}
		}
		values = append(values, float64(concordant)/float64(len(list)*(len(list)-1)/2))
	}
	notes = without(few, "fewer than three conditions", notes)
	what := fmt.Sprintf("Kendall's tau of %s with %s (%s), %s, over %s to %s", line[0].Metric, other, name, line[0].Optimizer,
		shorter(line[0].Condition), shorter(line[len(line)-1].Condition))
	if most > 0 && fewest < len(line) {
		over := strconv.Itoa(fewest)
		if most > fewest {
			over += " to " + strconv.Itoa(most)
		}
		notes = append(notes, fmt.Sprintf("each over %s of %d conditions", over, len(line)))
	}
	e, k := student(values), float64(fewest)
	e.se = math.Max(e.se, math.Sqrt(2*(2*k+5)/(9*k*(k-1))/float64(len(values))))
	p := Part{What: what, Effect: e.effect, N: e.n, DZ: e.dz(), Claimed: claimed, Margin: math.NaN(), Notes: notes}
	return p.judged(e.tails, nil, func(coverage float64) (float64, float64) {
		low, high := e.interval(coverage)
		return math.Max(-1, low), math.Min(1, high) // NaN stays NaN
	}), nil
}

func sign(x float64) int {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}
