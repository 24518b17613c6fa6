package figure

import (
	"fmt"
	"slices"
	"strings"
)

// gap is runs that a number is not over.
type gap struct {
	where   string
	metrics []string
	what    string // "missing" or "not finite"
	runs    []string
}

// gaps are the gaps of a figure, those of one place and kind joined.
type gaps []gap

func (g *gaps) add(where, metric, what string, runs []string) {
	if len(runs) == 0 {
		return
	}
	i := slices.IndexFunc(*g, func(known gap) bool { return known.where == where && known.what == what })
	if i < 0 {
		i = len(*g)
		*g = append(*g, gap{where: where, what: what})
	}
	known := &(*g)[i]
	if !slices.Contains(known.metrics, metric) {
		known.metrics = append(known.metrics, metric)
	}
	for _, run := range runs {
		if !slices.Contains(known.runs, run) {
			known.runs = append(known.runs, run)
		}
	}
}

func (g gap) String() string {
	slices.SortFunc(g.runs, func(a, b string) int { return len(a) - len(b) }) // seeds by size, for short numbers
	runs := strings.Join(g.runs, ", ")
	if len(g.runs) > 1 {
		runs = "seeds " + strings.ReplaceAll(runs, "seed ", "")
	}
	text := fmt.Sprintf("%s (%s)", g.where, runs)
	if g.what == "not finite" {
		text += ": " + strings.Join(g.metrics, ", ")
	}
	return text
}

// of lists the gaps of a kind.
func (g gaps) of(what string) string {
	var list []string
	for _, one := range g {
		if one.what == what {
			list = append(list, one.String())
		}
	}
	return strings.Join(list, "; ")
}

// runs says how many runs the numbers are over.
func (d *description) runs() string {
	if d.low == d.high {
		return fmt.Sprintf("n = %d", d.low)
	}
	return fmt.Sprintf("n = %d to %d", d.low, d.high)
}

// note says on the figure what the bands are, how many runs they are over, and which are not among them.
func (d *description) note() string {
	note := "mean ± SE (deviation over n), " + d.runs()
	switch {
	case d.high < 2 || d.scatter():
		note = "mean, " + d.runs()
	case d.Error == "se":
		note = "mean ± SE, " + d.runs()
	case d.Error == "ci":
		note = "mean, 95 % interval, " + d.runs()
	}
	if list := d.gaps.of("missing"); list != "" {
		note += "; missing: " + list
	}
	if list := d.gaps.of("not finite"); list != "" {
		note += "; not finite: " + list
	}
	if len(d.gaps) > 0 && len(d.Lines) < 2 {
		note += "; open marker: fewer runs"
	}
	return note
}

// scatter tells whether numbers are drawn against numbers, without bands.
func (d *description) scatter() bool { return strings.Contains(d.X.Kind, " ") }

// caption says what the figure shows, of what, when, over how many runs, and what is not as it might be expected.
func (d *description) caption() string {
	sentences := []string{d.what(), d.which(), d.over()}
	if list := d.gaps.of("missing"); list != "" {
		sentences = append(sentences, "Missing, because they failed: "+list)
	}
	if list := d.gaps.of("not finite"); list != "" {
		sentences = append(sentences, "Not finite (NaN or infinite) and left out; a number with no other run is a gap: "+list)
	}
	sentences = append(sentences, d.marks()...)
	text := ""
	for _, s := range append(sentences, d.Remark, d.Mark) {
		if s = strings.TrimSuffix(s, "."); s != "" {
			text += strings.ToUpper(s[:1]) + s[1:] + ". "
		}
	}
	return strings.TrimSpace(text)
}

// what is the first sentence: the metrics, along what, and what the lines are.
func (d *description) what() string {
	var metrics []string
	for _, panel := range d.Panels {
		if !panel.Zoom {
			metrics = append(metrics, panel.words())
		}
	}
	text := listed(metrics)
	kind, other, _ := strings.Cut(d.X.Kind, " ")
	switch {
	case kind == "epoch":
		text += " over the epochs"
	case kind == "value":
		text += " against the " + d.parameters()
	case kind == "layer":
		text += " of each hidden layer"
	case kind == "metric":
		text += " against " + Panel{Metric: other}.words()
	case other != "":
		text += fmt.Sprintf(", %s against %s", d.X.Names[1], d.X.Names[0])
	default:
		text += " for each condition"
	}
	if d.scatter() {
		text += ", a dot an epoch"
	}
	var by []string
	for _, line := range d.Lines {
		by = append(by, map[string]string{"optimizer": "optimizer", "condition": "condition", "layer": "layer", "metric": "metric"}[line])
	}
	if d.Columns == "optimizer" {
		by = append([]string{"optimizer"}, by...)
	}
	if len(by) > 0 {
		text += ", by " + listed(by)
	}
	return text
}

// parameters are those along x.
func (d *description) parameters() string {
	var list []string
	for _, s := range d.Sources {
		list = append(list, s.Parameter)
	}
	return listed(list)
}

// which names experiments, conditions and epoch.
func (d *description) which() string {
	var experiments []string
	for _, s := range d.Sources {
		text := s.Experiment
		var labels []string
		for _, e := range s.Entries {
			labels = append(labels, e.Label)
		}
		switch {
		case d.X.Kind == "value" && len(labels) == 1:
			text += fmt.Sprintf(" (%d values)", len(s.Entries[0].Conditions))
		case len(labels) == 1:
			text += ", condition " + labels[0]
		default:
			text += ", conditions " + strings.Join(labels, "; ")
		}
		experiments = append(experiments, text)
	}
	noun := "experiment "
	if len(experiments) > 1 {
		noun = "experiments "
	}
	when := fmt.Sprintf("after epoch %d", d.epoch)
	if d.X.Kind == "epoch" || d.scatter() {
		when = fmt.Sprintf("after each of %d epochs", d.epoch)
	}
	return noun + strings.Join(experiments, ", ") + "; " + when
}

// over says what means and bands are over.
func (d *description) over() string {
	if d.low == d.high && d.high == 1 {
		return "one run each, so there are no bands"
	}
	text := fmt.Sprintf("means over the seeds (%s)", d.runs())
	if d.scatter() {
		return text
	}
	band := map[string]string{
		"se":            "one standard error",
		"se_population": "one standard error as the study has it (deviation with divisor n)",
		"ci":            "95 % intervals of the mean",
	}[d.Error]
	text += ", bands " + band
	if slices.ContainsFunc(d.Panels, func(p Panel) bool { return len(p.factors()) > 1 }) {
		text += "; a product is of the means, its band the largest its factors' bands allow to first order, |a|·SE(b) + |b|·SE(a), however they go together"
	}
	return text
}

// marks explains the marker lines.
func (d *description) marks() []string {
	var list []string
	if metric, ok := strings.CutPrefix(d.Vertical, "best "); ok {
		list = append(list, fmt.Sprintf("vertical lines mark the value of the highest mean %s", metric))
	} else if d.Vertical != "" {
		list = append(list, "vertical lines mark the baseline's value")
	}
	if d.Reference != nil {
		list = append(list, fmt.Sprintf("horizontal lines are %s (experiment %s, condition %s)", d.Reference.Label, d.Reference.Experiment, d.Reference.Condition))
	}
	return list
}

// listed joins words as in a sentence.
func listed(words []string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
