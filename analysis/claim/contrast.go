package claim

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
)

// term is a reading of a curve and its coefficient in a contrast.
type term struct {
	curve       Curve
	reading     Reading
	coefficient float64
	only        filter
}

// taken is the value that a run contributes.
type taken struct {
	run   string
	value float64
}

// contrast judges Σ coefficient·reading. Terms in one block are added run by
// run; the sums of different blocks are independent samples. If what is empty,
// the part gets the label of the terms.
func (j *judge) contrast(what string, terms []term, claimed Range) (Part, error) {
	terms = slices.DeleteFunc(slices.Clone(terms), func(t term) bool { return t.coefficient == 0 })
	epochs, err := j.common(terms)
	if err != nil {
		return Part{}, err
	}
	var order []string
	groups := map[string][]term{}
	for _, t := range terms {
		b := j.block(t.curve)
		if groups[b] == nil {
			order = append(order, b)
		}
		groups[b] = append(groups[b], t)
	}
	var samples []moments
	var values []float64
	var notes []string
	for _, b := range order {
		list, left := j.perRun(groups[b], epochs)
		values = values[:0:0]
		for _, v := range list {
			values = append(values, v.value)
		}
		samples, notes = append(samples, momentsOf(values)), append(notes, left...)
	}
	if what == "" {
		what = label(terms, epochs)
	}
	e := welch(samples)
	if len(order) == 1 {
		e = student(values)
		e.difference = j.difference(terms)
	}
	e.share = len(terms) == 1 && terms[0].coefficient == 1 && terms[0].reading.kind == levels && j.shares[terms[0].curve.Metric]
	return e.part(what, claimed, j.margin(terms), notes), nil
}

// common returns the number of epochs that the curves of all terms have.
func (j *judge) common(terms []term) (int, error) {
	epochs := math.MaxInt
	var errs []error
	for _, t := range terms {
		n, err := j.epochs(t.curve)
		errs, epochs = append(errs, err), min(epochs, n)
	}
	if err := joinMissing(errs); err != nil {
		return 0, err
	}
	for i, t := range terms {
		if _, _, err := t.reading.window(epochs); err != nil {
			return 0, err
		}
		for _, other := range terms[:i] {
			if t.curve == other.curve && t.reading.name(epochs) == other.reading.name(epochs) {
				return 0, missing("two times to compare: its runs have %d epochs", epochs)
			}
		}
	}
	return epochs, nil
}

// margin returns the margin for a difference of values of one metric. There is
// none for a single value, unless the metric is itself a difference, and none
// for step sizes.
func (j *judge) margin(terms []term) float64 {
	for _, t := range terms {
		if t.curve.Metric != terms[0].curve.Metric || t.reading.kind != levels {
			return math.NaN()
		}
	}
	m, ok := j.margins[terms[0].curve.Metric]
	if !ok || !j.difference(terms) {
		return math.NaN()
	}
	return m
}

// difference reports whether a sum of terms is a difference: the coefficients
// add up to 0, or it is one value of a metric that is a difference itself.
func (j *judge) difference(terms []term) bool {
	return balanced(terms) || len(terms) == 1 && terms[0].reading.kind == levels && j.differences[terms[0].curve.Metric]
}

// balanced reports whether the coefficients add up to 0.
func balanced(terms []term) bool {
	var sum float64
	for _, t := range terms {
		sum += t.coefficient
	}
	return math.Abs(sum) <= 1e-9
}

// perRun returns the sum of the terms, which must all be in one block, for each
// run that has all of them. It lists the other runs and says why they are left
// out.
func (j *judge) perRun(terms []term, epochs int) (list []taken, notes []string) {
	var names []string
	for _, t := range terms {
		for _, q := range j.curves[t.curve] {
			names = append(names, q.run)
		}
	}
	slices.Sort(names)
	var left omissions
	for _, run := range slices.Compact(names) {
		var sum float64
		why, at := "", Curve{}
		for _, t := range terms {
			v, reason := j.take(t, run, epochs)
			if reason != "" && why == "" {
				why, at = reason, t.curve
			}
			sum += float64(t.coefficient * v)
		}
		if why == "" && (math.IsNaN(sum) || math.IsInf(sum, 0)) {
			why, at = notFinite, terms[0].curve
		}
		if why != "" {
			left.add(at, run, why)
			continue
		}
		list = append(list, taken{run, sum})
	}
	return list, left.notes(j.Data)
}

// take returns a run's reading, or the reason why there is none. A reason that
// begins with "with" comes from a filter or from a level that the run never
// reaches.
func (j *judge) take(t term, run string, epochs int) (float64, string) {
	q := j.course(t.curve, run)
	if q == nil {
		return math.NaN(), "missing"
	}
	if t.only != (filter{}) {
		c := t.curve
		c.Metric, c.Layer = t.only.metric, AllLayers
		kept := j.course(c, run)
		switch n := min(epochs, len(q.values)); {
		case kept == nil || n > len(kept.values) || kept.absent[n-1]:
			return math.NaN(), "missing " + t.only.metric
		case !(kept.values[n-1] > t.only.in.Above && kept.values[n-1] < t.only.in.Below):
			return math.NaN(), "with " + t.only.metric + " not " + t.only.in.String()
		}
	}
	from, to, _ := t.reading.window(epochs)
	if t.reading.metric != "" {
		c := t.curve
		c.Metric, c.Layer = t.reading.metric, AllLayers
		kept := j.course(c, run)
		if kept == nil {
			return math.NaN(), "missing " + t.reading.metric
		}
		from = 1 + slices.IndexFunc(kept.values[:min(epochs, len(kept.values))], func(v float64) bool { return v >= t.reading.level })
		if to = from; from == 0 {
			return math.NaN(), "with " + t.reading.metric + " always below " + exact(t.reading.level)
		}
	}
	if to > len(q.absent) || slices.Contains(q.absent[from-1:to], true) {
		return math.NaN(), "missing"
	}
	return t.reading.of(q.values, from, to), ""
}

// course returns a run's course, or nil if there is none.
func (d *Data) course(c Curve, run string) *course {
	list := d.curves[c]
	i, found := slices.BinarySearchFunc(list, run, func(q *course, run string) int { return cmp.Compare(q.run, run) })
	if !found {
		return nil
	}
	return list[i]
}

// label names a contrast: first what its terms share, then the terms.
func label(terms []term, epochs int) string {
	fields := make([][]string, len(terms))
	for i, t := range terms {
		layer := ""
		if t.curve.Layer != AllLayers {
			layer = "layer " + t.curve.Layer
		}
		fields[i] = []string{t.curve.Metric, t.curve.Optimizer, shorter(t.curve.Condition), layer, t.reading.name(epochs)}
	}
	same := func(k int) bool {
		return !slices.ContainsFunc(fields, func(f []string) bool { return f[k] != fields[0][k] })
	}
	var shared []string
	for k, text := range fields[0] {
		if same(k) && text != "" {
			shared = append(shared, text)
		}
	}
	if len(terms) == 1 {
		return strings.Join(shared, ", ")
	}
	var b strings.Builder
	for i, f := range fields {
		var own []string
		for k, text := range f {
			if !same(k) && text != "" {
				own = append(own, text)
			}
		}
		switch {
		case terms[i].coefficient < 0:
			b.WriteString(" − ")
		case i > 0:
			b.WriteString(" + ")
		}
		b.WriteString(strings.Join(own, " "))
	}
	return strings.Join(shared, ", ") + ": " + strings.TrimSpace(b.String())
}

// shorter writes the number at the end of a condition with four digits, because
// the values of log grids have twelve.
func shorter(condition string) string {
	name, text, ok := strings.Cut(condition, "=")
	if v, err := strconv.ParseFloat(text, 64); ok && err == nil && len(text) > 6 {
		return name + "=" + short(v)
	}
	return condition
}

// claim turns one contrast into a predicate without a text. The enclosing
// predicate has the text.
func claim(terms []term, claimed Range) Predicate { return named("", terms, claimed) }

func named(what string, terms []term, claimed Range) Predicate {
	return Predicate{decide: func(j *judge) (Part, error) { return j.contrast(what, terms, claimed) }}
}

// joinMissing joins errors into one, without duplicates. It returns nil if
// there are none.
func joinMissing(errs []error) error {
	var list []error
	said := map[string]bool{}
	for _, err := range errs {
		if err != nil && !said[err.Error()] {
			said[err.Error()] = true
			list = append(list, err)
		}
	}
	return errors.Join(list...)
}
