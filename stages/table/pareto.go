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

// ParetoParams selects experiments, and the metrics of which a network should
// have much and be accurate at once.
type ParetoParams struct {
	ID, Title, Mark string
	Experiments     []string
	Metrics         []string
	Measurement     string // what is numbered like epochs, if that is not an epoch for all runs
	Notes           []string
}

// rival is a condition with an optimizer, with its values in the seeds that
// have both accuracy and the metric.
type rival struct {
	names            []string // experiment and condition; several if they share their trainings
	expected         int
	seeds            []uint32
	accuracy, metric []float64
}

func (r rival) point() point {
	return point{summary.Describe(r.accuracy).Mean, summary.Describe(r.metric).Mean}
}

// point is an accuracy and a value of a metric.
type point struct{ accuracy, metric float64 }

// beats reports whether a point is at least as good as another in both, and
// better in one.
func (p point) beats(q point) bool {
	return p.accuracy >= q.accuracy && p.metric >= q.metric && p != q
}

// table has, for each metric and optimizer, the Pareto front: the conditions
// than which no other is better in accuracy or the metric and as good in the
// other one. Means over the seeds decide. How many seeds would put a condition
// on their own front tells how far that depends on them. The CSV also has the
// conditions that others beat.
func (p ParetoParams) table(runs map[string][]runvalues.Run) (tabulate.Table, error) {
	t := tabulate.Table{
		ID: p.ID, Title: p.Title, Header: []string{"metric", "optimizer", "condition", "n", "accuracy", "value", "seeds in front"},
		Data: [][]string{{"metric", "optimizer", "conditions", "front", "seeds", "expected_seeds", "accuracy_mean", "accuracy_sd",
			"accuracy_ci95_low", "accuracy_ci95_high", "mean", "sd", "ci95_low", "ci95_high", "seeds_in_front"}},
		Caption: fmt.Sprintf("Conditions of %s than which no other has more of the metric at the same or a higher accuracy, or is more "+
			"accurate with as much of it. After each run's last %s; means over n seeds with 95 %% intervals, and in how many of the "+
			"seeds the same holds of the seed alone", strings.Join(p.Experiments, ", "), epochOr(p.Measurement)),
	}
	var left listed
	for _, metric := range p.Metrics {
		for _, optimizer := range p.optimizers(runs) {
			rivals, without, err := p.rivals(runs, metric, optimizer)
			if err != nil {
				return t, err
			}
			for _, name := range without {
				left.add(name+" with "+optimizer, words(metric))
			}
			for _, r := range rivals {
				front := !slices.ContainsFunc(rivals, func(other rival) bool { return other.point().beats(r.point()) })
				alone := r.frontSeeds(rivals)
				accuracy, value := describe("accuracy", r.accuracy), describe(metric, r.metric)
				names := strings.Join(r.names, "; ")
				record := []string{metric, optimizer, names, strconv.FormatBool(front), strconv.Itoa(len(r.seeds)), strconv.Itoa(r.expected)}
				t.Data = append(t.Data, slices.Concat(record, exactly(accuracy)[1:], exactly(value)[1:], []string{strconv.Itoa(alone)}))
				if front {
					t.Rows = append(t.Rows, []string{words(metric), optimizer, names, outOf(len(r.seeds), r.expected), estimate(accuracy), estimate(value),
						fmt.Sprintf("%d of %d", alone, len(r.seeds))})
				}
			}
		}
	}
	for _, l := range left {
		of := strings.Join(l.members, ", ")
		t.Notes = append(t.Notes, fmt.Sprintf("Left out of %s, because no run has a finite value of it: %s.", of, l.text))
	}
	t.Notes = append(append(t.Notes, p.Notes...), marks(p.Mark)...)
	return t, nil
}

// optimizers lists the optimizers of the experiments in the order of their
// runs.
func (p ParetoParams) optimizers(runs map[string][]runvalues.Run) []string {
	var list []string
	for _, name := range p.Experiments {
		for _, r := range runs[name] {
			if !slices.Contains(list, r.Optimizer) {
				list = append(list, r.Optimizer)
			}
		}
	}
	return list
}

// rivals lists the conditions with an optimizer from the most accurate to the
// least, and names those without a value. Conditions with equal values in all
// seeds are one, because experiments share trainings.
func (p ParetoParams) rivals(runs map[string][]runvalues.Run, metric, optimizer string) (list []rival, without []string, err error) {
	for _, experiment := range p.Experiments {
		var found []rival
		for _, run := range runs[experiment] {
			if run.Optimizer != optimizer {
				continue
			}
			name := experiment + " " + run.Condition
			i := slices.IndexFunc(found, func(r rival) bool { return r.names[0] == name })
			if i < 0 {
				i, found = len(found), append(found, rival{names: []string{name}})
			}
			r := &found[i]
			r.expected++
			accuracy, err := run.Value("accuracy")
			if err != nil {
				return nil, nil, err
			}
			v, err := run.Value(metric)
			if err != nil {
				return nil, nil, err
			}
			if !run.Failed && accuracy-accuracy == 0 && v-v == 0 {
				r.seeds, r.accuracy, r.metric = append(r.seeds, run.Seed), append(r.accuracy, accuracy), append(r.metric, v)
			}
		}
		for _, r := range found {
			i := slices.IndexFunc(list, func(o rival) bool {
				return slices.Equal(o.seeds, r.seeds) && slices.Equal(o.accuracy, r.accuracy) && slices.Equal(o.metric, r.metric)
			})
			switch {
			case len(r.seeds) == 0:
				without = append(without, r.names[0])
			case i >= 0:
				list[i].names = append(list[i].names, r.names[0])
			default:
				list = append(list, r)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b rival) int {
		switch x, y := a.point(), b.point(); {
		case x.accuracy > y.accuracy:
			return -1
		case x.accuracy < y.accuracy:
			return 1
		}
		return 0
	})
	return list, without, nil
}

// frontSeeds counts the seeds in which none of the conditions beats this one.
func (r rival) frontSeeds(rivals []rival) int {
	n := 0
	for i, seed := range r.seeds {
		beaten := slices.ContainsFunc(rivals, func(o rival) bool {
			k := slices.Index(o.seeds, seed)
			return k >= 0 && point{o.accuracy[k], o.metric[k]}.beats(point{r.accuracy[i], r.metric[i]})
		})
		if !beaten {
			n++
		}
	}
	return n
}
