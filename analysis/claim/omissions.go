package claim

import (
	"fmt"
	"slices"
	"strings"

	"sparsel/analysis/seeds"
)

// notFinite is why a run with such a value is left out.
const notFinite = "not finite"

// omissions are the runs that a part leaves out.
type omissions []*omission

// omission is the runs that are left out at a place for one reason.
type omission struct {
	at   Curve
	why  string
	runs []string
}

func (o *omissions) add(at Curve, run, why string) {
	i := slices.IndexFunc(*o, func(m *omission) bool { return m.at.runs() == at.runs() && m.why == why })
	if i < 0 {
		i, *o = len(*o), append(*o, &omission{at: at, why: why})
	}
	(*o)[i].runs = append((*o)[i].runs, run)
}

// filtered reports whether the runs do not pass a filter or never reach a level,
// as take's reasons that begin with "with" say.
func (m *omission) filtered() bool { return strings.HasPrefix(m.why, "with ") }

// notes says which runs are left out and why. Those that a filter leaves out are
// counted, and the others are named.
func (o omissions) notes(d *Data) []string {
	list := o.named()
	for _, m := range o {
		if m.filtered() {
			list = append(list, fmt.Sprintf("without %d of %d runs of %s, %s %s", len(m.runs), len(d.curves[m.at]), shorter(m.at.Condition),
				m.at.Optimizer, m.why))
		}
	}
	return list
}

// named names the runs that are left out, except those that a filter leaves out.
func (o omissions) named() []string {
	var list []string
	for _, m := range o {
		if !m.filtered() {
			list = append(list, fmt.Sprintf("without %s, %s, %s (%s)", shorter(m.at.Condition), m.at.Optimizer, seeds.Words(m.runs), m.why))
		}
	}
	return list
}

// totals counts the runs that filters leave out, without saying where.
func (o omissions) totals() []string {
	var reasons []string
	count := map[string]int{}
	for _, m := range o {
		if !m.filtered() {
			continue
		}
		if count[m.why] == 0 {
			reasons = append(reasons, m.why)
		}
		count[m.why] += len(m.runs)
	}
	var list []string
	for _, why := range reasons {
		list = append(list, fmt.Sprintf("without %d trainings %s", count[why], why))
	}
	return list
}

// without adds to notes which runs are left out at all places, if there are any.
func without(runs []string, why string, notes []string) []string {
	if runs == nil {
		return notes
	}
	return append(notes, fmt.Sprintf("without %s (%s)", seeds.Words(runs), why))
}
