package figure

import (
	"fmt"
	"slices"
	"strings"

	"sparsel/analysis/seeds"
)

// Kinds of gaps.
const (
	failed    = "missing"
	nonFinite = "not finite"
	early     = "early" // the metric is not defined yet
)

// gap is a run that numbers do not include.
type gap struct {
	where, metric, what, run string
	at                       []moment
}

// gaps are the gaps of a figure, and when its numbers were looked up.
type gaps struct {
	list []gap
	seen map[[2]string][]moment // by place and metric
}

// look records that a number was looked up.
func (g *gaps) look(where, metric string, at moment) {
	if g.seen == nil {
		g.seen = map[[2]string][]moment{}
	}
	k := [2]string{where, metric}
	if !slices.Contains(g.seen[k], at) {
		g.seen[k] = append(g.seen[k], at)
	}
}

// add records runs that a number does not include.
func (g *gaps) add(where, metric, what string, at moment, runs []string) {
	for _, run := range runs {
		i := slices.IndexFunc(g.list, func(known gap) bool {
			return known.where == where && known.metric == metric && known.what == what && known.run == run
		})
		if i < 0 {
			i = len(g.list)
			g.list = append(g.list, gap{where: where, metric: metric, what: what, run: run})
		}
		if known := &g.list[i]; !slices.Contains(known.at, at) {
			known.at = append(known.at, at)
		}
	}
}

// places lists the places that have gaps of a kind.
func (g gaps) places(what string) []string {
	var list []string
	for _, one := range g.list {
		if one.what == what && !slices.Contains(list, one.where) {
			list = append(list, one.where)
		}
	}
	return list
}

// absent names the runs that failed, by place. They have no number at all.
func (g gaps) absent() string {
	var list alike
	for _, where := range g.places(failed) {
		var runs []string
		for _, one := range g.list {
			if one.where == where && one.what == failed {
				runs = append(runs, one.run)
			}
		}
		list.add(where, fmt.Sprintf(" (%s)", seeds.Words(runs)))
	}
	return list.String()
}

// infinite names the runs whose numbers are not finite, by place. Metrics that
// the same runs lack are named together. some is added to the runs of which
// other numbers of the metric are finite.
func (g gaps) infinite(some string) string {
	var list alike
	for _, where := range g.places(nonFinite) {
		var whose []string
		metrics := map[string][]string{} // by their runs
		for _, metric := range g.lacking(where) {
			runs := g.runs(where, metric, some)
			if metrics[runs] == nil {
				whose = append(whose, runs)
			}
			metrics[runs] = append(metrics[runs], metric)
		}
		for _, runs := range whose {
			list.add(where, fmt.Sprintf(" (%s): %s", runs, strings.Join(metrics[runs], ", ")))
		}
	}
	return list.String()
}

// alike are texts, each with the places of which it is true.
type alike []struct {
	text   string
	places []string
}

// add says a text of a place.
func (a *alike) add(where, text string) {
	for i, known := range *a {
		if known.text == text {
			(*a)[i].places = append(known.places, where)
			return
		}
	}
	*a = append(*a, struct {
		text   string
		places []string
	}{text, []string{where}})
}

// String puts places before what is true of them. A place that is an optimizer
// and one more thing does not repeat the optimizer of the place before it.
func (a alike) String() string {
	var texts []string
	for _, s := range a {
		text, last := "", ""
		for i, where := range s.places {
			optimizer, rest, _ := strings.Cut(where, ", ")
			if rest == "" || strings.Contains(rest, ", ") {
				optimizer = ""
			}
			switch {
			case i == 0:
				text = where
			case optimizer != "" && optimizer == last:
				text += ", " + rest
			default:
				text += "; " + where
			}
			last = optimizer
		}
		texts = append(texts, text+s.text)
	}
	return strings.Join(texts, "; ")
}

// lacking lists the metrics of a place that are not finite in some run.
func (g gaps) lacking(where string) []string {
	var list []string
	for _, one := range g.list {
		if one.where == where && one.what == nonFinite && !slices.Contains(list, one.metric) {
			list = append(list, one.metric)
		}
	}
	return list
}

// runs names the runs of a place in which a metric is not finite: those in
// which it never is, and those in which it is not at some moments.
func (g gaps) runs(where, metric, some string) string {
	var never, sometimes []string
	for _, one := range g.list {
		switch {
		case one.where != where || one.metric != metric || one.what != nonFinite:
		case len(one.at) == len(g.seen[[2]string{where, metric}]):
			never = append(never, one.run)
		default:
			sometimes = append(sometimes, one.run)
		}
	}
	var parts []string
	if never != nil {
		parts = append(parts, seeds.Words(never))
	}
	if sometimes != nil {
		parts = append(parts, seeds.Words(sometimes)+some)
	}
	return strings.Join(parts, "; ")
}

// sometimes says when some numbers of a run are not finite, and others are.
func (d *description) sometimes() string {
	if d.X.Kind == Steps {
		return " at some steps"
	}
	return fmt.Sprintf(" at some %ss", strings.ReplaceAll(d.measurement(), " or", "s or"))
}

// begins says where forgetting is not defined yet.
func (d *description) begins() string {
	places := d.gaps.places(early)
	if len(places) == 0 {
		return ""
	}
	text := "forgetting begins when the first phase ends, and is not defined before"
	if d.along() {
		return text
	}
	return text + ": " + strings.Join(places, "; ")
}
