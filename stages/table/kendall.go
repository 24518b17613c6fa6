package table

import (
	"math"
	"strings"

	"sparsel/analysis/summary"
	"sparsel/analysis/tabulate"
	"sparsel/artifacts/measures"
)

// KendallParams selects metrics, and the experiments over whose conditions they
// are compared.
type KendallParams struct {
	ID, Title, Mark string
	Experiments     []string
	Metrics         []string
	Notes           []string
}

// table has Kendall's tau of each pair of metrics over all conditions and
// optimizers, after the last epoch. It is computed for each seed, and then
// averaged over the seeds.
func (p KendallParams) table(rows map[string][]measures.WideRow) tabulate.Table {
	var all []measures.WideRow
	for _, name := range p.Experiments {
		all = append(all, lastRows(rows[name])...)
	}
	seeds := seedsOf(all)
	values := map[uint32][][]float64{} // of each metric, over the runs of a seed
	for _, seed := range seeds {
		values[seed] = make([][]float64, len(p.Metrics))
	}
	for _, r := range all {
		for k, metric := range p.Metrics {
			v, ok := metricOf(r, metric)
			if !ok {
				v = math.NaN()
			}
			values[r.Seed][k] = append(values[r.Seed][k], v)
		}
	}
	t := tabulate.Table{
		ID: p.ID, Title: p.Title, Header: []string{"metric"},
		Data:  [][]string{{"metric", "other", "seeds", "tau", "sd", "ci95_low", "ci95_high"}},
		Notes: append(append([]string(nil), p.Notes...), marks(p.Mark)...),
		Caption: "Kendall's tau-b over all conditions and optimizers of " + strings.Join(p.Experiments, ", ") +
			", after each run's last epoch, in each seed; mean over the seeds, and in the CSV its 95 % interval",
	}
	for _, metric := range p.Metrics {
		t.Header = append(t.Header, words(metric))
	}
	for i, metric := range p.Metrics {
		line := []string{words(metric)}
		for k, other := range p.Metrics {
			if k >= i {
				line = append(line, "")
				continue
			}
			var taus []float64
			for _, seed := range seeds {
				if tau := summary.Kendall(values[seed][i], values[seed][k]); tau == tau {
					taus = append(taus, tau)
				}
			}
			s := summary.Describe(taus)
			line = append(line, meanOnly(s))
			t.Data = append(t.Data, append([]string{metric, other}, exactly(s)...))
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}
