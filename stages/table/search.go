package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sparsel/analysis/tabulate"
	"sparsel/artifacts/measures"
)

// SearchParams is a table of accuracy by learning rate: the rates that were tried, the best of them, and the one that the
// baseline has.
type SearchParams struct {
	ID, Title, Mark string
	Experiment      string
	Error           string // "se" or "se_population"
	Optimizers      []Searched
	Notes           []string
}

// Searched is one optimizer's search.
type Searched struct {
	Optimizer  string
	Conditions []Rate // ascending
	Baseline   float64
	Others     string // the baseline's further hyper-parameters, in words
}

// Rate is a condition and the learning rate that it tries.
type Rate struct {
	Condition string
	Value     float64
}

func (p SearchParams) table(summaries []measures.Summary) (tabulate.Table, error) {
	t := tabulate.Table{
		ID: p.ID, Title: p.Title, Notes: slices.Clone(p.Notes),
		Data: [][]string{{"optimizer", "learning_rate", "epoch", "n", "expected", "accuracy_mean", "accuracy_sd", "accuracy_se", "accuracy_se_population", "highest", "baseline", "missing"}},
	}
	var rates []float64
	for _, s := range p.Optimizers {
		for _, r := range s.Conditions {
			rates = append(rates, r.Value)
		}
	}
	slices.Sort(rates)
	rates = slices.Compact(rates)
	t.Header = []string{"optimizer"}
	for _, r := range rates {
		t.Header = append(t.Header, rate(r))
	}
	t.Header = append(t.Header, "highest at", "baseline", "other hyper-parameters")
	epoch := 0
	for _, s := range p.Optimizers {
		found, err := s.final(summaries)
		if err != nil {
			return t, fmt.Errorf("experiment %s: %w", p.Experiment, err)
		}
		best := highest(found)
		row := []string{s.Optimizer}
		for _, r := range rates {
			i := slices.IndexFunc(s.Conditions, func(c Rate) bool { return c.Value == r })
			if i < 0 {
				row = append(row, "")
				continue
			}
			row = append(row, meanError(found[i], p.Error))
		}
		at := "–"
		if best >= 0 {
			at = rate(s.Conditions[best].Value)
		}
		t.Rows = append(t.Rows, append(row, at, rate(s.Baseline), s.Others))
		for i, c := range s.Conditions {
			t.Data = append(t.Data, searchRecord(s, c, found[i], i == best))
			for _, absence := range absences(found[i]) {
				t.Notes = append(t.Notes, fmt.Sprintf("%s, learning rate %s: %s.", s.Optimizer, rate(c.Value), absence))
			}
			epoch = found[i].Epoch
		}
		t.Notes = append(t.Notes, s.against(found, best)...)
	}
	t.Caption = fmt.Sprintf("Test accuracy by learning rate after epoch %d. %s", epoch, errorName(p.Error))
	t.Notes = append(t.Notes, marks(p.Mark)...)
	return t, nil
}

// final is each rate's accuracy after its last epoch.
func (s Searched) final(summaries []measures.Summary) ([]measures.Summary, error) {
	list := make([]measures.Summary, len(s.Conditions))
	for i, c := range s.Conditions {
		for _, q := range summaries {
			if q.Condition == c.Condition && q.Optimizer == s.Optimizer && q.Layer == measures.AllLayers && q.Metric == "accuracy" && q.Epoch > list[i].Epoch {
				list[i] = q
			}
		}
		if list[i].Epoch == 0 {
			return nil, fmt.Errorf("has no accuracy of %s, condition %s", s.Optimizer, c.Condition)
		}
	}
	return list, nil
}

// highest is the index of the highest mean, the smaller rate's of two equal ones; −1 without any.
func highest(list []measures.Summary) int {
	best := -1
	for i, q := range list {
		if q.N > 0 && (best < 0 || q.Mean > list[best].Mean) {
			best = i
		}
	}
	return best
}

// against says by how much the baseline's rate is worse than the best, where it is another one.
func (s Searched) against(found []measures.Summary, best int) []string {
	i := slices.IndexFunc(s.Conditions, func(c Rate) bool { return c.Value == s.Baseline })
	switch {
	case best < 0:
		return []string{fmt.Sprintf("%s: no run has a finite accuracy.", s.Optimizer)}
	case i < 0:
		return []string{fmt.Sprintf("%s: the baseline's learning rate, %s, was not among those tried.", s.Optimizer, rate(s.Baseline))}
	case i != best && found[i].N > 0:
		return []string{fmt.Sprintf("%s: mean accuracy is %.4f higher at %s than at the baseline's %s.", s.Optimizer, found[best].Mean-found[i].Mean, rate(s.Conditions[best].Value), rate(s.Baseline))}
	}
	return nil
}

func searchRecord(s Searched, c Rate, q measures.Summary, best bool) []string {
	record := []string{s.Optimizer, strconv.FormatFloat(c.Value, 'g', -1, 64), strconv.Itoa(q.Epoch), strconv.Itoa(q.N), strconv.Itoa(q.Expected)}
	for _, v := range []float64{q.Mean, q.SD, q.SE, q.SEPopulation} {
		record = append(record, strconv.FormatFloat(v, 'g', -1, 64))
	}
	record = append(record, strconv.FormatBool(best), strconv.FormatBool(c.Value == s.Baseline))
	return append(record, strings.Join(absences(q), "; "))
}

func rate(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
