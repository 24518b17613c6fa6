package table

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"sparsel/analysis/summary"
	"sparsel/analysis/tabulate"
	"sparsel/artifacts/measures"
)

// SearchParams describes a table of accuracy by learning rate. It shows the
// rates that were tried, the best of them, and the rate of the baseline. The
// best rate is that with the highest accuracy on the training images that the
// runs hold out. Where they hold out none, it is that with the highest test
// accuracy.
type SearchParams struct {
	ID, Title, Mark string
	Experiment      string
	Error           string // "se" or "se_population"
	Optimizers      []Searched
	Epoch           int    // at which all accuracies are read
	Measurement     string // what is numbered like epochs, if that is not an epoch for all runs
	Unequal         bool   // whether some runs continue beyond it
	Notes           []string
}

// Searched is one optimizer's search.
type Searched struct {
	Optimizer  string
	Conditions []Rate // ascending
	Baseline   Rate   // the baseline's learning rate, which need not be one of the conditions
	Others     string // the other hyper-parameters, in words

	Validation int   // training images that every run holds out
	Runs       []Run // those that hold out images, whose metrics are inputs of the table
}

// Run is a run of a search. Its metrics are the input called Input. If the input
// is absent, the run failed.
type Run struct {
	Condition, Optimizer string
	Seed                 uint32
}

// Input returns the name of the run's input.
func (r Run) Input() string { return fmt.Sprintf("%s/%s/seed %d", r.Condition, r.Optimizer, r.Seed) }

// heldOut is the accuracy of runs on the images that they hold out. Runs that
// failed have none.
type heldOut map[Run]float64

// heldOut reads the accuracy on held-out images from the runs' metrics. path
// returns the file of an input.
func (p SearchParams) heldOut(path func(input string) (string, bool)) (heldOut, error) {
	accuracy := heldOut{}
	for _, s := range p.Optimizers {
		for _, r := range s.Runs {
			file, ok := path(r.Input())
			if !ok {
				continue
			}
			_, rows, err := measures.ReadRun(file)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.Input(), err)
			}
			i := slices.IndexFunc(rows, func(m measures.Row) bool { return m.Epoch == p.Epoch && m.Layer == measures.AllLayers })
			if i < 0 || math.IsNaN(rows[i].ValidationAccuracy) {
				return nil, fmt.Errorf("%s: has no accuracy on held-out images after %s %d", r.Input(), epochOr(p.Measurement), p.Epoch)
			}
			accuracy[r] = rows[i].ValidationAccuracy
		}
	}
	return accuracy, nil
}

// madeUp returns the same accuracy for every run.
func (p SearchParams) madeUp() heldOut {
	accuracy := heldOut{}
	for _, s := range p.Optimizers {
		for _, r := range s.Runs {
			accuracy[r] = 0.5
		}
	}
	return accuracy
}

// judged returns the accuracy on held-out images of each condition.
func (s Searched) judged(accuracy heldOut) []measures.Summary {
	var list []measures.Summary
	for _, c := range s.Conditions {
		q := measures.Summary{Condition: c.Condition, Optimizer: s.Optimizer, Metric: "accuracy on held-out images"}
		var values []float64
		var missing []string
		for _, r := range s.Runs {
			if r.Condition != c.Condition {
				continue
			}
			q.Expected++
			if v, ok := accuracy[r]; ok {
				values = append(values, v)
			} else {
				missing = append(missing, fmt.Sprintf("seed %d", r.Seed))
			}
		}
		d := summary.Describe(values)
		q.N, q.Mean, q.SD, q.SE, q.SEPopulation, q.Missing = d.N, d.Mean, d.SD, d.SE, d.SEPopulation, strings.Join(missing, ";")
		list = append(list, q)
	}
	return list
}

// Rate is a condition and the learning rate that it tries, with its label.
type Rate struct {
	Condition string
	Value     float64
	Label     string
}

// heldOutColumns are columns of the CSV file where runs hold out images.
var heldOutColumns = []string{"validation_images", "validation_n", "validation_accuracy_mean", "validation_accuracy_sd",
	"validation_accuracy_se", "validation_accuracy_se_population"}

func (p SearchParams) table(summaries []measures.Summary, accuracy heldOut) (tabulate.Table, error) {
	holds := func(s Searched) bool { return s.Validation > 0 }
	t := tabulate.Table{
		ID: p.ID, Title: p.Title, Notes: slices.Clone(p.Notes),
		Data: [][]string{{"optimizer", "learning_rate", "epoch", "n", "expected", "accuracy_mean", "accuracy_sd", "accuracy_se",
			"accuracy_se_population", "highest", "baseline", "missing"}},
	}
	bestAt := "highest at"
	if slices.ContainsFunc(p.Optimizers, holds) {
		bestAt = "chosen"
		t.Data[0][9] = bestAt
		t.Data[0] = append(t.Data[0], heldOutColumns...)
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
	t.Header = append(t.Header, bestAt, "baseline", "other hyper-parameters")
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
		judge := found
		if holds(s) {
			judge = s.judged(accuracy)
		}
		best := highest(judge)
		row := func(name string, list []measures.Summary) []string {
			cells := []string{name}
			for _, r := range rates {
				i := slices.IndexFunc(s.Conditions, func(c Rate) bool { return c.Value == r.Value })
				if i < 0 {
					cells = append(cells, "")
					continue
				}
				cells = append(cells, meanError(list[i], p.Error))
			}
			return cells
		}
		highestAt := "–"
		if best >= 0 {
			highestAt = s.Conditions[best].Label
		}
		t.Rows = append(t.Rows, append(row(s.Optimizer, found), highestAt, s.Baseline.Label, s.Others))
		if holds(s) {
			t.Rows = append(t.Rows, append(row(s.Optimizer+", held out", judge), "", "", ""))
		}
		for i, c := range s.Conditions {
			record := searchRecord(s, c, found[i], i == best)
			if len(t.Data[0]) > len(record) {
				record = append(record, s.heldOutRecord(judge[i])...)
			}
			t.Data = append(t.Data, record)
			for _, absence := range absences(found[i]) {
				t.Notes = append(t.Notes, fmt.Sprintf("%s, learning rate %s: %s.", s.Optimizer, c.Label, absence))
			}
		}
		t.Notes = append(t.Notes, s.against(judge, best)...)
	}
	t.Notes = append(t.Notes, p.chosenBy()...)
	t.Caption = fmt.Sprintf("Test accuracy by learning rate. %s. %s", after(p.Measurement, p.Epoch, p.Unequal), errorName(p.Error))
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
	case best < 0 && s.Validation > 0:
		return []string{fmt.Sprintf("%s: no run has an accuracy on the images held out.", s.Optimizer)}
	case best < 0:
		return []string{fmt.Sprintf("%s: no run has a finite accuracy.", s.Optimizer)}
	case i < 0:
		return []string{fmt.Sprintf("%s: the baseline's learning rate, %s, was not among those tried.", s.Optimizer, s.Baseline.Label)}
	case i != best && found[i].N > 0:
		of := "mean accuracy"
		if s.Validation > 0 {
			of = "mean accuracy on the images held out"
		}
		return []string{fmt.Sprintf("%s: %s is %s higher at %s than at the baseline's %s.",
			s.Optimizer, of, rounded(4, found[best].Mean-found[i].Mean)[0], s.Conditions[best].Label, s.Baseline.Label)}
	}
	return nil
}

// chosenBy says which images chose the rates, if some training images did.
func (p SearchParams) chosenBy() []string {
	var list []string
	for _, s := range p.Optimizers {
		switch {
		case s.Validation > 0:
			images := fmt.Sprintf("last %d training images", s.Validation)
			if s.Validation == 1 {
				images = "last training image"
			}
			list = append(list, fmt.Sprintf("by accuracy on the %s, which the runs hold out", images))
		default:
			list = append(list, "by test accuracy, which is therefore a little too high where it is highest")
		}
	}
	alike := slices.Compact(slices.Clone(list))
	switch {
	case !slices.ContainsFunc(p.Optimizers, func(s Searched) bool { return s.Validation > 0 }):
		return nil
	case len(alike) == 1:
		return []string{"Rates are chosen " + alike[0] + ". Test images choose nothing."}
	}
	for i, s := range p.Optimizers {
		list[i] = fmt.Sprintf("%s: the rate is chosen %s.", s.Optimizer, list[i])
	}
	return list
}

// heldOutRecord returns the columns of the CSV file about held-out images.
func (s Searched) heldOutRecord(q measures.Summary) []string {
	if s.Validation == 0 {
		return make([]string, len(heldOutColumns))
	}
	return []string{strconv.Itoa(s.Validation), strconv.Itoa(q.N), exact(q.Mean), exact(q.SD), exact(q.SE), exact(q.SEPopulation)}
}

func searchRecord(s Searched, c Rate, q measures.Summary, best bool) []string {
	record := []string{s.Optimizer, exact(c.Value), strconv.Itoa(q.Epoch), strconv.Itoa(q.N),
		strconv.Itoa(q.Expected)}
	record = append(record, exact(q.Mean), exact(q.SD), exact(q.SE), exact(q.SEPopulation))
	record = append(record, strconv.FormatBool(best), strconv.FormatBool(c.Value == s.Baseline.Value))
	return append(record, strings.Join(absences(q), "; "))
}
