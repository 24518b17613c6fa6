package claim

import (
	"fmt"
	"math"
)

// interiorPeak is the epoch, neither the first nor the last, after which a curve's mean over the runs is highest.
func (d *Data) interiorPeak(q Curve) (int, error) {
	n, err := d.epochs(q)
	if err != nil {
		return 0, err
	}
	if n < 3 {
		return 0, missing("epoch between the first and the last in experiment %s, condition %s", q.Experiment, q.Condition)
	}
	line := make([]float64, n)
	for e := 2; e < n; e++ {
		if line[e], err = d.mean(q, Epoch(e)); err != nil {
			return 0, err
		}
	}
	peak := 2
	for e := 3; e < n; e++ {
		if line[e] > line[peak] {
			peak = e
		}
	}
	return peak, nil
}

// FallsFromPeak claims that each curve ends below the epoch of its highest mean, and that the other metrics named
// end above their values at that epoch.
func FallsFromPeak(c Curves, rising ...string) Predicate {
	return fromPeak(c, func(q Curve, peak int) []Predicate {
		list := []Predicate{claim([]term{{q, Last, 1}, {q, Epoch(peak), -1}}, Negative)}
		for _, metric := range rising {
			q.Metric = metric
			list = append(list, claim([]term{{q, Last, 1}, {q, Epoch(peak), -1}}, Positive))
		}
		return list
	})
}

// RisesAndFalls claims that each curve rises from the first epoch to the one of its highest mean and falls from there
// to the last.
func RisesAndFalls(c Curves) Predicate {
	return fromPeak(c, func(q Curve, peak int) []Predicate {
		return []Predicate{
			claim([]term{{q, Epoch(peak), 1}, {q, First, -1}}, Positive),
			claim([]term{{q, Last, 1}, {q, Epoch(peak), -1}}, Negative),
		}
	})
}

func fromPeak(c Curves, parts func(q Curve, peak int) []Predicate) Predicate {
	return resolved(func(d *Data) ([]Predicate, error) {
		curves, err := c.each(d)
		var list []Predicate
		for _, q := range curves {
			peak, err := d.interiorPeak(q)
			if err != nil {
				return nil, err
			}
			list = append(list, parts(q, peak)...)
		}
		return list, err
	})
}

// Settles claims that each curve's mean step over the last five epochs is smaller than its first step.
func Settles(c Curves) Predicate { return Change(c, StepSize(1, 2), StepSize(-4, 0), Negative) }

// Approaches claims that the distance of each of the first selection from its counterpart of the second shrinks from
// the first epoch to the last, and is smaller than the bound then.
func Approaches(a, b Curves, bound float64) Predicate {
	return resolved(func(d *Data) ([]Predicate, error) {
		pairs, err := a.against(d, b)
		if err != nil {
			return nil, err
		}
		var list []Predicate
		for _, p := range pairs {
			q, other := p.curve, p.other
			first, err := d.contrast("", []term{{q, First, 1}, {other, First, -1}}, Positive, confidence)
			if err != nil {
				return nil, err
			}
			sign := 1.0
			if first.Effect < 0 {
				sign = -1
			}
			last := []term{{q, Last, 1}, {other, Last, -1}}
			shrinks := []term{{q, First, sign}, {q, Last, -sign}, {other, First, -sign}, {other, Last, sign}}
			what := fmt.Sprintf("%s, %s: how much closer %s and %s are after the last epoch than after the first", q.Metric, q.Optimizer, q.Condition, other.Condition)
			list = append(list,
				func(d *Data, level float64) (Part, error) { return d.contrast(what, shrinks, Positive, level) },
				claim(last, Within(bound)))
		}
		return list, nil
	})
}

// Correlate claims that over the epochs of a run, Pearson's correlation of each curve with another metric lies in a
// range. It is averaged over the runs as artanh r.
func Correlate(c Curves, metric string, claimed Range) Predicate {
	return resolved(func(d *Data) ([]Predicate, error) {
		curves, err := c.each(d)
		var list []Predicate
		for _, q := range curves {
			list = append(list, func(d *Data, level float64) (Part, error) { return d.correlation(q, metric, claimed, level) })
		}
		return list, err
	})
}

func (d *Data) correlation(q Curve, metric string, claimed Range, level float64) (Part, error) {
	other := q
	other.Metric = metric
	n, err := d.epochs(q)
	if err != nil {
		return Part{}, err
	}
	if _, err := d.epochs(other); err != nil {
		return Part{}, err
	}
	var z []float64
	var notes []string
	for i, run := range d.curves[q] {
		r := math.NaN()
		if others := d.curves[other]; i < len(others) && others[i].run == run.run && len(run.values) == len(others[i].values) {
			r = pearson(run.values, others[i].values)
		}
		if math.IsNaN(r) {
			notes = append(notes, fmt.Sprintf("without %s (not finite, or constant)", run.run))
			continue
		}
		z = append(z, tenDigits(math.Atanh(r)))
	}
	e := Contrast([]Moments{moments(z)}, []float64{1}, level)
	e.Effect, e.Low, e.High = math.Tanh(e.Effect), math.Tanh(e.Low), math.Tanh(e.High)
	what := fmt.Sprintf("correlation of %s with %s over %d epochs, %s, %s", q.Metric, metric, n, q.Optimizer, q.Condition)
	return leaf(what, e, claimed, level, notes), nil
}

// pearson is the correlation of two series of equal length, kept off ±1, where artanh is infinite; NaN if one of
// them is constant or not finite.
func pearson(x, y []float64) float64 {
	a, b := moments(x), moments(y)
	var sum float64
	for i := range x {
		sum += float64((x[i] - a.Mean) * (y[i] - b.Mean))
	}
	r := sum / float64(len(x)-1) / math.Sqrt(a.Variance*b.Variance)
	const most = 1 - 1e-12
	return max(-most, min(most, r))
}

// Deviation claims that the standard deviation of each reading over the runs lies in a range.
func Deviation(c Curves, claimed Range) Predicate {
	return resolved(func(d *Data) ([]Predicate, error) {
		curves, err := c.each(d)
		var list []Predicate
		for _, q := range curves {
			list = append(list, func(d *Data, level float64) (Part, error) {
				n, err := d.epochs(q)
				if err != nil {
					return Part{}, err
				}
				if _, _, err := c.reading.window(n); err != nil {
					return Part{}, err
				}
				terms := []term{{q, c.reading, 1}}
				values, left := d.perRun(terms, n)
				var notes []string
				for _, name := range left {
					notes = append(notes, "without "+name)
				}
				return leaf("standard deviation of "+label(terms, n), deviation(moments(values), level), claimed, level, notes), nil
			})
		}
		return list, err
	})
}

// VariesAt claims that the lines' metrics differ by more than a bound among the epochs and conditions at which the mean
// of the reference metric is within the tolerance of a value; and that the reference really is alike at the two that
// differ most: by less than ten tolerances.
func VariesAt(c Curves, reference string, at, tolerance, bound float64) Predicate {
	return overLines(c, reference, func(d *Data, line, reference []Curve) ([]Predicate, error) {
		var low, high term
		bottom, top := math.Inf(1), math.Inf(-1)
		for i, q := range line {
			n, err := d.epochs(q)
			if err != nil {
				return nil, err
			}
			for e := 1; e <= n; e++ {
				r, err := d.mean(reference[i], Epoch(e))
				if err != nil {
					return nil, err
				}
				m, err := d.mean(q, Epoch(e))
				if err != nil {
					return nil, err
				}
				if !(math.Abs(r-at) < tolerance) {
					continue
				}
				if m < bottom {
					bottom, low = m, term{q, Epoch(e), -1}
				}
				if m > top {
					top, high = m, term{q, Epoch(e), 1}
				}
			}
		}
		if !(top > bottom) {
			return nil, missing("two epochs at which %s of %s is within %v of %v in experiment %s", reference[0].Metric, line[0].Optimizer, tolerance, at, c.experiment)
		}
		a, b := high, low
		a.curve.Metric, b.curve.Metric = reference[0].Metric, reference[0].Metric
		return []Predicate{claim([]term{high, low}, Above(bound)), claim([]term{a, b}, Within(10*tolerance))}, nil
	})
}
