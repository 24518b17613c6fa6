package table

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sparsel/analysis/tabulate"
	"sparsel/artifacts/measures"
)

// SearchParams describes a table of accuracy by learning rate. It shows the
// rates that were tried, the best of them, and the rate of the baseline.
type SearchParams struct {
	ID, Title, Mark string
	Experiment      string
	Error           string // "se" or "se_population"
	Optimizers      []Searched
	Epoch           int  // at which all accuracies are read
	Unequal         bool // whether some runs continue beyond it
	Notes           []string
}

// Searched is one optimizer's search.
type Searched struct {
	Optimizer  string
	Conditions []Rate // ascending
	Baseline   Rate   // the baseline's learning rate, which need not be one of the conditions
	Others     string // the other hyper-parameters, in words
}

// Rate is a condition and the learning rate that it tries, with its label.
type Rate struct {
	Condition string
	Value     float64
	Label     string
}

func (p SearchParams) table(summaries []measures.Summary) (tabulate.Table, error) {
	t := tabulate.Table{
		ID: p.ID, Title: p.Title, Notes: slices.Clone(p.Notes),
		Data: [][]string{{"optimizer", "learning_rate", "epoch", "n", "expected", "accuracy_mean", "accuracy_sd", "accuracy_se",
			"accuracy_se_population", "highest", "baseline", "missing"}},
	}
	var rates []Rate
	for _, s := range p.Optimizers {
		rates = append(rates, s.Conditions...)
	}
	slices.SortFunc(rates, func(x, y Rate) int { return cmp.Compare(x.Value, y.Value) })
	rates = slices.CompactFunc(rates, func(x, y Rate) bool { return x.Value == y.Value })
	t.Header = []string{"optimizer"}
	for _, r := range rates {
		t.Header = append(t.Header, r.Label)
	}
	t.Header = append(t.Header, "highest at", "baseline", "other hyper-parameters")
	known := at(p.Epoch, summaries)
	for _, s := range p.Optimizers {
		var found []measures.Summary
		for _, c := range s.Conditions {
			q := place{c.Condition, s.Optimizer, measures.AllLayers, "accuracy", p.Epoch}
			accuracy, ok := known[q]
			if !ok {
				return t, fmt.Errorf("experiment %s has no %v", p.Experiment, q)
			}
			found = append(found, accuracy)
		}
		best := highest(found)
		row := []string{s.Optimizer}
		for _, r := range rates {
			i := slices.IndexFunc(s.Conditions, func(c Rate) bool { return c.Value == r.Value })
			if i < 0 {
				row = append(row, "")
				continue
			}
			row = append(row, meanError(found[i], p.Error))
		}
		highestAt := "–"
		if best >= 0 {
			highestAt = s.Conditions[best].Label
		}
		t.Rows = append(t.Rows, append(row, highestAt, s.Baseline.Label, s.Others))
		for i, c := range s.Conditions {
			t.Data = append(t.Data, searchRecord(s, c, found[i], i == best))
			for _, absence := range absences(found[i]) {
				t.Notes = append(t.Notes, fmt.Sprintf("%s, learning rate %s: %s.", s.Optimizer, c.Label, absence))
			}
		}
		t.Notes = append(t.Notes, s.against(found, best)...)
	}
	t.Caption = fmt.Sprintf("Test accuracy by learning rate. %s. %s", after(p.Epoch, p.Unequal), errorName(p.Error))
	t.Notes = append(t.Notes, marks(p.Mark)...)
	return t, nil
}

// highest returns the index of the highest mean. Of two equal ones it takes
// that of the smaller rate. It returns −1 if there is none.
func highest(list []measures.Summary) int {
	best := -1
	for i, q := range list {
		if q.N > 0 && (best < 0 || q.Mean > list[best].Mean) {
			best = i
		}
	}
	return best
}

// against says by how much the baseline's rate is worse than the best one, if
// the two differ.
func (s Searched) against(found []measures.Summary, best int) []string {
	i := slices.IndexFunc(s.Conditions, func(c Rate) bool { return c.Value == s.Baseline.Value })
	switch {
	case best < 0:
		return []string{fmt.Sprintf("%s: no run has a finite accuracy.", s.Optimizer)}
	case i < 0:
		return []string{fmt.Sprintf("%s: the baseline's learning rate, %s, was not among those tried.", s.Optimizer, s.Baseline.Label)}
	case i != best && found[i].N > 0:
		return []string{fmt.Sprintf("%s: mean accuracy is %.4f higher at %s than at the baseline's %s.",
			s.Optimizer, found[best].Mean-found[i].Mean, s.Conditions[best].Label, s.Baseline.Label)}
	}
	return nil
}

func searchRecord(s Searched, c Rate, q measures.Summary, best bool) []string {
	record := []string{s.Optimizer, strconv.FormatFloat(c.Value, 'g', -1, 64), strconv.Itoa(q.Epoch), strconv.Itoa(q.N),
		strconv.Itoa(q.Expected)}
	for _, v := range []float64{q.Mean, q.SD, q.SE, q.SEPopulation} {
		record = append(record, strconv.FormatFloat(v, 'g', -1, 64))
	}
	record = append(record, strconv.FormatBool(best), strconv.FormatBool(c.Value == s.Baseline.Value))
	return append(record, strings.Join(absences(q), "; "))
}
