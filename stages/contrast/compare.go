package contrast

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"sparsel/analysis/claim"
	"sparsel/stages/measured"
)

// metric is a number that is compared.
type metric struct {
	name, head string
	share      bool // in [0, 1], as are the intervals of its means
	of         func(*measured.Layer) float64
}

var metrics = []metric{
	{"accuracy", "accuracy", true, func(l *measured.Layer) float64 { return l.Accuracy }},
	{"sparsity", "sparsity (Hoyer)", true, func(l *measured.Layer) float64 { return l.Sparsity }},
	{"selectivity", "selectivity (CCMAS)", true, func(l *measured.Layer) float64 { return l.Selectivity }},
	{"selectivity_above_chance", "selectivity above chance", false, func(l *measured.Layer) float64 { return l.Selectivity - l.Chance }},
	{"gini", "Gini", true, func(l *measured.Layer) float64 { return l.Gini }},
	{"treves_rolls", "Treves–Rolls", true, func(l *measured.Layer) float64 { return l.TrevesRolls }},
	{"csi", "CSI", true, func(l *measured.Layer) float64 { return l.CSI }},
	{"dead", "dead units", true, func(l *measured.Layer) float64 { return l.Dead }},
	{"saturated", "saturated units", true, func(l *measured.Layer) float64 { return l.Saturated }},
}

// interval is an estimate with its 95 % interval and the number of runs behind
// it. Its values are NaN if there is no estimate.
type interval struct {
	at, low, high float64
	n             int
}

// row compares one group with the reference.
type row struct {
	metric
	place
	group, reference string
	here, there      interval
	difference       interval
	dz, p, flip      float64
	holm             float64
	paired           bool
	notes            []string
}

// experiment is the name under which the values are stored. Package claim
// compares values within one experiment.
const experiment = "measured"

// compare returns a row for each metric, place and group except the reference.
// It leaves out metrics that no run has.
func (p Params) compare(files [][]measured.Layer) ([]row, error) {
	list, err := p.readings(files)
	if err != nil {
		return nil, err
	}
	groups, err := p.groups(list)
	if err != nil {
		return nil, err
	}
	places, notes, err := p.places(list, groups)
	if err != nil {
		return nil, err
	}
	data, err := p.data(list, groups, places)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, m := range metrics {
		for _, at := range places {
			if !data.known[m.name+"\x00"+at.layer] {
				continue
			}
			for _, group := range groups[1:] {
				var lacking []string
				for _, g := range []string{group, groups[0]} {
					if !data.has(m.name, at.layer, g) {
						lacking = append(lacking, fmt.Sprintf("%s has no %s", g, m.head))
					}
				}
				r, err := p.row(data.Data, m, at, group, groups[0])
				if err != nil {
					return nil, err
				}
				if lacking != nil { // said in the words of the study otherwise
					r.notes = lacking
				}
				r.notes = slices.Concat(r.notes, notes[at])
				rows = append(rows, r)
			}
		}
	}
	ps := make([]float64, len(rows))
	for i, r := range rows {
		ps[i] = r.p
	}
	for i, q := range claim.Holm(ps) {
		if rows[i].holm = q; math.IsNaN(rows[i].p) {
			rows[i].holm = math.NaN()
		}
	}
	return rows, nil
}

// values are those of all groups. known has the metrics and layers with a
// finite value, and of has the groups that have any value of them.
type values struct {
	*claim.Data
	known map[string]bool
	of    map[[3]string]bool
}

func (v values) has(metric, layer, group string) bool { return v.of[[3]string{metric, layer, group}] }

// data stores the values by group, layer and metric, one for each run.
func (p Params) data(list []reading, groups []string, places []place) (data values, err error) {
	var shares []string
	for _, m := range metrics {
		if m.share {
			shares = append(shares, m.name)
		}
	}
	data = values{claim.NewData(shares...), map[string]bool{}, map[[3]string]bool{}}
	for i, group := range groups {
		block := "paired"
		if !p.pairs() {
			block = fmt.Sprint("group ", i)
		}
		data.Pair(experiment, group, "", block)
	}
	for _, r := range list {
		if !slices.Contains(places, r.place) {
			continue
		}
		for _, m := range metrics {
			v := m.of(r.Layer)
			if m.name == "accuracy" && !r.Predicts || m.name == "saturated" && math.IsNaN(v) {
				continue
			}
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				data.known[m.name+"\x00"+r.layer] = true
			}
			data.of[[3]string{m.name, r.layer, r.group}] = true
			if err := data.Add(claim.Curve{Experiment: experiment, Condition: r.group, Layer: r.layer, Metric: m.name}, r.run,
				1, v, true); err != nil {
				return data, fmt.Errorf("two layers are %s of run %q in %s: %w", r.Key, r.run, r.group, err)
			}
		}
	}
	return data, nil
}

func (p Params) row(data *claim.Data, m metric, at place, group, reference string) (row, error) {
	r := row{metric: m, place: at, group: group, reference: reference, paired: p.pairs()}
	of := func(group string) claim.Curves { return claim.In(experiment, group).By("").Layers(at.layer).Of(m.name) }
	decide := func(check claim.Predicate) (claim.Result, error) {
		return claim.Decide(claim.Claim{ID: m.name, Check: check}, data)
	}
	everything := claim.Range{Above: math.Inf(-1), Below: math.Inf(1)}
	here, err1 := decide(claim.Value(of(group), everything))
	there, err2 := decide(claim.Value(of(reference), everything))
	difference, err3 := decide(claim.Difference(of(group), of(reference), claim.Positive))
	if number(difference.Effect) < 0 { // the sign of a two-sided p is that of the observed effect
		difference, err3 = decide(claim.Difference(of(group), of(reference), claim.Negative))
	}
	if err := errors.Join(err1, err2, err3); err != nil {
		return r, err
	}
	r.notes = slices.Concat(here.Missing, there.Missing, difference.Missing)
	r.here, r.there, r.difference = intervalOf(here), intervalOf(there), intervalOf(difference)
	r.dz, r.p, r.flip = number(difference.DZ), number(difference.P), number(difference.Flip)
	if r.difference.n > 1 && !math.IsNaN(r.difference.at) && math.IsNaN(r.difference.low) {
		r.notes = append(r.notes, "the runs agree, which leaves no spread for an interval")
	}
	if r.paired && (r.difference.n < r.here.n || r.difference.n < r.there.n) {
		r.notes = append(r.notes, fmt.Sprintf("%d of the runs of %s and %d of %s have no partner with a value",
			r.here.n-r.difference.n, group, r.there.n-r.difference.n, reference))
	}
	return r, nil
}

func intervalOf(r claim.Result) interval {
	return interval{number(r.Effect), number(r.Low), number(r.High), r.N}
}

func number(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}
