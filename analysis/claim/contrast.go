package claim

import (
	"fmt"
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
}

// contrast estimates Σ coefficient·reading. Terms of the same runs are added run by run; the sums of different
// runs are independent samples. What is empty gets the label of the terms.
func (d *Data) contrast(what string, terms []term, claimed Range, level float64) (Part, error) {
	terms = slices.DeleteFunc(slices.Clone(terms), func(t term) bool { return t.coefficient == 0 })
	epochs := math.MaxInt
	var errs []error
	for _, t := range terms {
		n, err := d.epochs(t.curve)
		errs = append(errs, err)
		epochs = min(epochs, n)
	}
	if err := joinMissing(errs); err != nil {
		return Part{}, err
	}
	var order []runs
	groups := map[runs][]term{}
	for _, t := range terms {
		r := t.curve.runs()
		if groups[r] == nil {
			order = append(order, r)
		}
		groups[r] = append(groups[r], t)
		if _, _, err := t.reading.window(epochs); err != nil {
			return Part{}, err
		}
	}
	var samples []Moments
	var ones []float64
	var notes []string
	for _, r := range order {
		values, left := d.perRun(groups[r], epochs)
		samples, ones = append(samples, moments(values)), append(ones, 1)
		for _, name := range left {
			notes = append(notes, fmt.Sprintf("without %s, %s, %s", r.condition, r.optimizer, name))
		}
	}
	if what == "" {
		what = label(terms, epochs)
	}
	return leaf(what, Contrast(samples, ones, level), claimed, level, notes), nil
}

// perRun returns the sum of the terms, which are all of the same runs, for each run that has all of them, and names
// the others.
func (d *Data) perRun(terms []term, epochs int) (values []float64, left []string) {
	for _, q := range d.curves[terms[0].curve] {
		var sum float64
		absent := false
		for _, t := range terms {
			i := slices.IndexFunc(d.curves[t.curve], func(other *course) bool { return other.run == q.run })
			if i < 0 {
				absent, sum = true, math.NaN()
				continue
			}
			from, to, _ := t.reading.window(epochs)
			other := d.curves[t.curve][i]
			sum += float64(t.coefficient * t.reading.of(other.values, from, to))
			absent = absent || to > len(other.absent) || slices.Contains(other.absent[from-1:to], true)
		}
		switch {
		case absent:
			left = append(left, q.run+" (missing)")
		case math.IsNaN(sum) || math.IsInf(sum, 0):
			left = append(left, q.run+" (not finite)")
		default:
			values = append(values, sum)
		}
	}
	return values, left
}

// label names a contrast: what its terms share, then the terms.
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

// shorter writes the number at the end of a condition with four digits: log grids have values of twelve.
func shorter(condition string) string {
	name, text, ok := strings.Cut(condition, "=")
	if v, err := strconv.ParseFloat(text, 64); ok && err == nil && len(text) > 6 {
		return name + "=" + short(v)
	}
	return condition
}

// claim turns one contrast into a predicate.
func claim(terms []term, claimed Range) Predicate {
	return func(d *Data, level float64) (Part, error) { return d.contrast("", terms, claimed, level) }
}

// resolved is a predicate whose parts are known only with the data.
func resolved(parts func(d *Data) ([]Predicate, error)) Predicate {
	return func(d *Data, level float64) (Part, error) {
		list, err := parts(d)
		if err != nil {
			return Part{}, err
		}
		if len(list) == 0 {
			return Part{}, missing("second condition that a claim compares with")
		}
		return All(list...)(d, level)
	}
}
