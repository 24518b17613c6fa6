package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sparsel/analysis/summary"
	"sparsel/analysis/tabulate"
	"sparsel/stages/runvalues"
)

// KendallParams selects metrics, and the experiments over whose conditions they
// are compared.
type KendallParams struct {
	ID, Title, Mark string
	Experiments     []string
	Metrics         []string
	Measurement     string // what is numbered like epochs, if that is not an epoch for all runs
	Notes           []string
}

// ranked is a run of an experiment with its value of each metric.
type ranked struct {
	runvalues.Run
	experiment string
	values     []float64
}

// table has Kendall's tau of each pair of metrics over all conditions and
// optimizers, after the last epoch. It is computed for each seed, and then
// averaged over the seeds.
func (p KendallParams) table(runs map[string][]runvalues.Run) (tabulate.Table, error) {
	all, seeds, err := p.ranked(runs)
	t := tabulate.Table{
		ID: p.ID, Title: p.Title, Header: []string{"metric"},
		Data: [][]string{{"metric", "other", "seeds", "tau", "sd", "ci95_low", "ci95_high", "expected_seeds", "runs", "expected_runs"}},
	}
	if err != nil {
		return t, err
	}
	values := map[uint32][][]float64{} // of each metric, over the runs of a seed
	for _, seed := range seeds {
		values[seed] = make([][]float64, len(p.Metrics))
	}
	for _, r := range all {
		for k, v := range r.values {
			values[r.Seed][k] = append(values[r.Seed][k], v)
		}
	}
	for _, metric := range p.Metrics {
		t.Header = append(t.Header, words(metric))
	}
	var tied listed
	fewer := false
	for i, metric := range p.Metrics {
		line := []string{words(metric)}
		for k, other := range p.Metrics {
			if k >= i {
				line = append(line, "")
				continue
			}
			var taus []float64
			var without []string
			count := 0
			for _, seed := range seeds {
				count += both(values[seed][i], values[seed][k])
				if tau := summary.Kendall(values[seed][i], values[seed][k]); tau == tau {
					taus = append(taus, tau)
				} else {
					without = append(without, fmt.Sprint(seed))
				}
			}
			s := summary.Describe(taus)
			fewer = fewer || s.N < len(seeds) && s.N > 0
			line = append(line, meanOnly(s, len(seeds)))
			record := append([]string{metric, other}, exactly(s)...)
			t.Data = append(t.Data, append(record, strconv.Itoa(len(seeds)), strconv.Itoa(count), strconv.Itoa(len(all))))
			if without != nil {
				tied.add(seedWords(without), words(metric)+" and "+words(other))
			}
		}
		t.Rows = append(t.Rows, line)
	}
	left := slices.Concat(p.failed(all), p.notFinite(all), p.absent(all, seeds))
	for _, l := range tied {
		left = append(left, fmt.Sprintf("There is no tau in %s, because fewer than two runs have both metrics, "+
			"or those that do are all tied in one: %s.", l.text, strings.Join(l.members, "; ")))
	}
	t.Caption = p.caption(len(seeds), fewer, len(left) > 0)
	t.Notes = append(append(left, p.Notes...), marks(p.Mark)...)
	return t, nil
}

func (p KendallParams) caption(seeds int, fewer, left bool) string {
	but, n := "", ""
	if left {
		but = " but for what the notes name"
	}
	if fewer {
		n = ", or over n where that is given"
	}
	text := fmt.Sprintf("Kendall's tau-b over all conditions and optimizers of %s%s, after each run's last %s", strings.Join(p.Experiments, ", "),
		but, epochOr(p.Measurement))
	if seeds == 1 {
		return text + ", in the only seed"
	}
	return fmt.Sprintf("%s, in each seed; mean over %d seeds%s, and in the CSV its 95 %% interval", text, seeds, n)
}

// ranked lists the runs with their values, and their seeds.
func (p KendallParams) ranked(runs map[string][]runvalues.Run) (all []ranked, seeds []uint32, err error) {
	for _, name := range p.Experiments {
		for _, run := range runs[name] {
			r := ranked{Run: run, experiment: name}
			for _, metric := range p.Metrics {
				v, err := run.Value(metric)
				if err != nil {
					return nil, nil, err
				}
				r.values = append(r.values, v)
			}
			all = append(all, r)
			if !slices.Contains(seeds, run.Seed) {
				seeds = append(seeds, run.Seed)
			}
		}
	}
	return all, seeds, nil
}

// both counts the runs that have a finite value of two metrics.
func both(x, y []float64) int {
	n := 0
	for i := range x {
		if x[i]-x[i] == 0 && y[i]-y[i] == 0 {
			n++
		}
	}
	return n
}

// failed names the runs that failed, which no tau includes.
func (p KendallParams) failed(all []ranked) []string {
	text := p.places(all, func(r ranked) bool { return r.Failed })
	if text == "" {
		return nil
	}
	return []string{"Left out because they failed: " + text + "."}
}

// notFinite names the runs that have no finite value of a metric, which the
// metric's taus do not include.
func (p KendallParams) notFinite(all []ranked) []string {
	var left listed
	for k, metric := range p.Metrics {
		left.add(p.places(all, func(r ranked) bool { return !r.Failed && r.values[k]-r.values[k] != 0 }), words(metric))
	}
	var notes []string
	for _, l := range left {
		notes = append(notes, fmt.Sprintf("Left out of %s because they are not finite: %s.", strings.Join(l.members, ", "), l.text))
	}
	return notes
}

// places names the chosen runs by experiment, condition and optimizer, with
// their seeds unless all are chosen.
func (p KendallParams) places(all []ranked, chosen func(ranked) bool) string {
	type place struct{ experiment, condition, optimizer string }
	var order []place
	seeds, expected := map[place][]string{}, map[place]int{}
	for _, r := range all {
		at := place{r.experiment, r.Condition, r.Optimizer}
		expected[at]++
		if !chosen(r) {
			continue
		}
		if seeds[at] == nil {
			order = append(order, at)
		}
		seeds[at] = append(seeds[at], fmt.Sprint(r.Seed))
	}
	var of listed
	for _, at := range order {
		text := at.condition + " with " + at.optimizer
		if len(seeds[at]) < expected[at] {
			text += " (" + seedWords(seeds[at]) + ")"
		}
		of.add(at.experiment, text)
	}
	var parts []string
	for _, l := range of {
		parts = append(parts, fmt.Sprintf("of %s %s", l.text, strings.Join(l.members, "; ")))
	}
	return strings.Join(parts, "; ")
}

// absent names the seeds that an experiment does not have while another does.
// Its conditions are then compared in the other seeds alone.
func (p KendallParams) absent(all []ranked, seeds []uint32) []string {
	var left listed
	for _, name := range p.Experiments {
		var missing []string
		for _, seed := range seeds {
			if !slices.ContainsFunc(all, func(r ranked) bool { return r.experiment == name && r.Seed == seed }) {
				missing = append(missing, fmt.Sprint(seed))
			}
		}
		if missing != nil {
			left.add(seedWords(missing), name)
		}
	}
	var notes []string
	for _, l := range left {
		notes = append(notes, fmt.Sprintf("In %s there are no runs of %s.", l.text, strings.Join(l.members, ", ")))
	}
	return notes
}
