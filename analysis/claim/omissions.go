package claim

import (
	"fmt"
	"slices"
	"strings"
)

// notFinite is why a run with such a value is left out.
const notFinite = "not finite"

// omissions are the runs that a part leaves out. Those that do not pass a filter
// or never reach a level, as take's reasons that begin with "with" say, are
// counted. The others are named.
type omissions struct {
	named   []string
	counted []omission
}

// omission is a number of runs that are left out at a place for one reason.
type omission struct {
	at  Curve
	why string
	n   int
}

func (o *omissions) add(at Curve, run, why string) {
	if !strings.HasPrefix(why, "with ") {
		o.named = append(o.named, fmt.Sprintf("without %s, %s, %s (%s)", shorter(at.Condition), at.Optimizer, run, why))
		return
	}
	i := slices.IndexFunc(o.counted, func(c omission) bool { return c.at.runs() == at.runs() && c.why == why })
	if i < 0 {
		i, o.counted = len(o.counted), append(o.counted, omission{at: at, why: why})
	}
	o.counted[i].n++
}

// notes says which runs are left out and why.
func (o *omissions) notes(d *Data) []string {
	list := o.named
	for _, c := range o.counted {
		list = append(list, fmt.Sprintf("without %d of %d runs of %s, %s %s", c.n, len(d.curves[c.at]), shorter(c.at.Condition), c.at.Optimizer, c.why))
	}
	return list
}

// totals counts what is left out without saying where.
func (o *omissions) totals() []string {
	var list []string
	for i, c := range o.counted {
		if slices.ContainsFunc(o.counted[:i], func(before omission) bool { return before.why == c.why }) {
			continue
		}
		n := 0
		for _, other := range o.counted[i:] {
			if other.why == c.why {
				n += other.n
			}
		}
		list = append(list, fmt.Sprintf("without %d trainings %s", n, c.why))
	}
	return list
}
