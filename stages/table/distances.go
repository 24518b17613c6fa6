package table

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"sparsel/analysis/summary"
	"sparsel/analysis/tabulate"
	"sparsel/stages/runvalues"
)

// DistancesParams selects the conditions of an experiment that make a line over
// the number that varies, and those whose distance from the line the table
// shows.
type DistancesParams struct {
	ID, Title, Mark string
	Experiment      string
	Column          string   // of the number that varies
	Of              string   // the conditions of the line, as the file names them
	Line, Others    []Placed // in ascending order for each optimizer
	Metrics         []string
	Measurement     string // what is numbered like epochs, if that is not an epoch for all runs
	Notes           []string
}

// Placed is a condition with an optimizer and its number.
type Placed struct {
	Condition, Optimizer string
	Value                float64
}

// table has a row for each of the other conditions between two of the line. In
// each seed the line is interpolated linearly over the logarithm of the number,
// as it is for claims about distances from a line. Of the others the notes say
// that they lie beyond its ends.
func (p DistancesParams) table(runs map[string][]runvalues.Run) (tabulate.Table, error) {
	of := runs[p.Experiment]
	seeds := seedsOf(of)
	t := tabulate.Table{
		ID: p.ID, Title: p.Title, Header: []string{"optimizer", "condition", strings.ReplaceAll(p.Column, "_", " "), "n"},
		Data: [][]string{{"optimizer", "condition", p.Column, "from", "to", "metric",
			"seeds", "mean", "sd", "ci95_low", "ci95_high", "expected"}},
		Caption: fmt.Sprintf("After each run's last %s: how far conditions lie above the line of %s, which is interpolated over the "+
			"logarithm of the %s. Computed in each seed; mean and 95 %% interval over the n seeds", epochOr(p.Measurement), p.Of, strings.ReplaceAll(p.Column, "_", " ")),
	}
	for _, metric := range p.Metrics {
		t.Header = append(t.Header, words(metric))
	}
	var beyond []string
	for _, c := range p.Others {
		from, to, share, ok := p.between(c)
		if !ok {
			beyond = append(beyond, c.Condition+" with "+c.Optimizer)
			continue
		}
		line := []string{c.Optimizer, c.Condition, fmt.Sprintf("%.4g", c.Value), ""}
		var counts []string
		for _, metric := range p.Metrics {
			var distances []float64
			for _, seed := range seeds {
				v, err := valueOf(of, c, seed, metric)
				if err != nil {
					return t, err
				}
				a, _ := valueOf(of, from, seed, metric) // the metric is known
				b, _ := valueOf(of, to, seed, metric)
				if share == 0 {
					b = a // whose own value may be missing
				}
				if d := v - (a + float64(share*(b-a))); d-d == 0 {
					distances = append(distances, d)
				}
			}
			s := summary.Describe(distances)
			line = append(line, estimate(s))
			counts = append(counts, outOf(s.N, len(seeds)))
			record := []string{c.Optimizer, c.Condition, exact(c.Value), from.Condition, to.Condition, metric}
			t.Data = append(t.Data, slices.Concat(record, exactly(s), []string{strconv.Itoa(len(seeds))}))
		}
		if line[3] = strings.Join(counts, ", "); len(slices.Compact(slices.Clone(counts))) == 1 {
			line[3] = counts[0]
		}
		t.Rows = append(t.Rows, line)
	}
	if beyond != nil {
		t.Notes = append(t.Notes, fmt.Sprintf("Beyond the ends of the line: %s.", strings.Join(beyond, "; ")))
	}
	t.Notes = append(append(t.Notes, p.Notes...), marks(p.Mark)...)
	return t, nil
}

// between finds the two conditions of the line between which another lies, and
// how far it is from the first to the second. Numbers that differ by rounding
// alone are equal.
func (p DistancesParams) between(c Placed) (from, to Placed, share float64, ok bool) {
	const same = 1e-9
	line := slices.DeleteFunc(slices.Clone(p.Line), func(q Placed) bool { return q.Optimizer != c.Optimizer })
	for i := range line {
		if x := math.Log(c.Value / line[i].Value); math.Abs(x) < same {
			return line[i], line[i], 0, true
		}
		if i > 0 && line[i-1].Value < c.Value && c.Value < line[i].Value {
			return line[i-1], line[i], math.Log(c.Value/line[i-1].Value) / math.Log(line[i].Value/line[i-1].Value), true
		}
	}
	return from, to, 0, false
}

// valueOf returns a metric of a condition's run. It is NaN if there is none.
func valueOf(runs []runvalues.Run, c Placed, seed uint32, metric string) (float64, error) {
	i := slices.IndexFunc(runs, func(r runvalues.Run) bool {
		return r.Condition == c.Condition && r.Optimizer == c.Optimizer && r.Seed == seed
	})
	if i < 0 {
		return math.NaN(), nil
	}
	return runs[i].Value(metric)
}
