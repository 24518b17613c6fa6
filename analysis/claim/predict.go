package claim

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Prediction claims a range for R² when a metric is predicted from others by
// least squares. One experiment at a time is left out, and each of its
// conditions is predicted by the fit to all others. R² is 1 − Σ(y − ŷ)²/Σ(y −
// ȳ)², where ȳ is the mean of the other experiments, so 0 is no better than
// predicting a constant. Each run name, such as a seed, has an R² of its own. A
// training that several experiments show counts once, in the first of them,
// because elsewhere it would predict itself.
func Prediction(outcome string, from []string, claimed Range, selections ...Curves) Predicate {
	texts := make([]string, len(selections))
	for i, c := range selections {
		texts[i] = c.Of(append([]string{outcome}, from...)...).String()
	}
	text := fmt.Sprintf("R2 of %s from %s, an experiment left out, over %s: %s",
		outcome, strings.Join(from, " and "), strings.Join(texts, " + "), claimed)
	return predicate(text, func(j *judge) ([]Predicate, error) {
		return []Predicate{{decide: func(j *judge) (Part, error) { return j.prediction(outcome, from, claimed, selections) }}}, nil
	})
}

// row has the values of one training: the outcome, and 1 followed by the
// predictors.
type row struct {
	experiment string
	y          float64
	x          []float64
}

func (j *judge) prediction(outcome string, from []string, claimed Range, selections []Curves) (Part, error) {
	rows := map[string][]row{} // by run
	var names []string
	var errs []error
	var left omissions
	for _, c := range selections {
		curves, err := c.Of(outcome).each(j.Data)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, q := range curves {
			terms := []term{c.term(q, 1)}
			for _, metric := range from {
				q.Metric = metric
				terms = append(terms, c.term(q, 1))
			}
			epochs, err := j.common(terms)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			for _, course := range j.curves[terms[0].curve] {
				r, why := j.row(terms, course.run, epochs)
				if why != "" {
					left.add(terms[0].curve, course.run, why)
					continue
				}
				rows[course.run], names = append(rows[course.run], r), append(names, course.run)
			}
		}
	}
	if err := joinMissing(errs); err != nil {
		return Part{}, err
	}
	slices.Sort(names)
	var values []float64
	notes := left.named()
	var few []string
	fewest := math.MaxInt
	copies := 0
	for _, run := range slices.Compact(names) {
		several := len(rows[run])
		rows[run] = once(rows[run])
		copies = max(copies, several-len(rows[run]))
		if r2 := leaveOneOut(rows[run]); !math.IsNaN(r2) && !math.IsInf(r2, 0) {
			values, fewest = append(values, r2), min(fewest, len(rows[run]))
		} else {
			few = append(few, run)
		}
	}
	notes = without(few, "too few values", notes)
	if len(values) > 0 {
		notes = append(notes, fmt.Sprintf("at least %d trainings a seed", fewest))
	}
	notes = append(notes, left.totals()...)
	if copies > 0 {
		notes = append(notes, fmt.Sprintf("without up to %d copies a seed, which other experiments have too", copies))
	}
	what := fmt.Sprintf("R² of %s predicted from %s in experiments left out", outcome, strings.Join(from, " and "))
	return student(values).part(what, claimed, math.NaN(), notes), nil
}

// once leaves out rows that equal one of an earlier experiment in every digit,
// which are the same training.
func once(rows []row) []row {
	var list []row
	for _, r := range rows {
		same := func(q row) bool { return q.experiment != r.experiment && q.y == r.y && slices.Equal(q.x, r.x) }
		if !slices.ContainsFunc(list, same) {
			list = append(list, r)
		}
	}
	return list
}

// row reads the terms of a run, or says why it can't.
func (j *judge) row(terms []term, run string, epochs int) (row, string) {
	r := row{experiment: terms[0].curve.Experiment, x: []float64{1}}
	for i, t := range terms {
		v, why := j.take(t, run, epochs)
		if why == "" && !isFinite(v) {
			why = notFinite
		}
		if why != "" {
			return r, why
		}
		if i == 0 {
			r.y = v
		} else {
			r.x = append(r.x, v)
		}
	}
	return r, ""
}

// leaveOneOut returns the R² of predicting each experiment from the others, or
// NaN if that is impossible.
func leaveOneOut(rows []row) float64 {
	var left, total float64
	done := map[string]bool{}
	for _, r := range rows {
		if done[r.experiment] {
			continue
		}
		done[r.experiment] = true
		var others []row
		for _, q := range rows {
			if q.experiment != r.experiment {
				others = append(others, q)
			}
		}
		if len(others) <= len(r.x) {
			return math.NaN()
		}
		beta, mean := leastSquares(others), 0.0
		for _, q := range others {
			mean += q.y
		}
		mean /= float64(len(others))
		for _, q := range rows {
			if q.experiment != r.experiment {
				continue
			}
			e, d := q.y, q.y-mean
			for i, x := range q.x {
				e -= float64(beta[i] * x)
			}
			left += float64(e * e)
			total += float64(d * d)
		}
	}
	return 1 - left/total
}

// leastSquares solves the normal equations by Gaussian elimination with partial
// pivoting. The result is NaN if the predictors do not determine a solution.
func leastSquares(rows []row) []float64 {
	k := len(rows[0].x)
	a := make([][]float64, k) // XᵀX, augmented by Xᵀy
	for i := range a {
		a[i] = make([]float64, k+1)
		for _, r := range rows {
			for m, x := range r.x {
				a[i][m] += float64(r.x[i] * x)
			}
			a[i][k] += float64(r.x[i] * r.y)
		}
	}
	for i := range a {
		pivot := i
		for m := i + 1; m < k; m++ {
			if math.Abs(a[m][i]) > math.Abs(a[pivot][i]) {
				pivot = m
			}
		}
		a[i], a[pivot] = a[pivot], a[i]
		for m := range a {
			if m != i {
				f := a[m][i] / a[i][i]
				for c := i; c <= k; c++ {
					a[m][c] -= float64(f * a[i][c])
				}
			}
		}
	}
	beta := make([]float64, k)
	for i := range beta {
		beta[i] = a[i][k] / a[i][i]
	}
	return beta
}
