package figure

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"sparsel/analysis/chart"
)

// axis returns the x axis of the panel at a place.
func (d *description) axis(at place) chart.Axis {
	axis := chart.Axis{Label: d.X.Label}
	word := func(text string) {
		if axis.Label == "" {
			axis.Label = text
		}
	}
	switch d.X.Kind {
	case Epochs:
		axis = epochAxis(d.Epoch)
		axis.Label = d.measurement()
		if d.X.Label != "" {
			axis.Label = d.X.Label
		}
	case Steps:
		axis.Scale = chart.Log
		word("step of training")
	case Layers:
		axis.Scale = chart.Categorical
		word("hidden layer")
		for k := range at.source.Layers {
			axis.Categories = append(axis.Categories, fmt.Sprint(k+1))
		}
	case Conditions:
		axis.Scale = chart.Categorical
		_, axis.Categories = d.spread(at, "condition")
	case Values:
		word(at.source.Parameter)
		switch d.X.Scale {
		case "log":
			axis.Scale = chart.Log
		case "equal":
			axis.Scale = chart.Categorical
			for _, v := range d.categories(at) {
				axis.Categories = append(axis.Categories, at.source.label(v))
			}
		}
	case AgainstMetric:
		word(Panel{Metric: d.X.Metric}.words())
		axis.Least, axis.Most = Panel{Metric: d.X.Metric}.bounds()
	case AgainstCondition:
		word(at.panel.words() + ", " + d.X.Name)
		axis.Least, axis.Most = at.panel.bounds()
	}
	for _, l := range d.X.Limits {
		if l.Optimizer == at.optimizer.Name {
			axis.Min, axis.Max = l.Min, l.Max
		}
	}
	return axis
}

// categories returns the values along x of the optimizers and conditions in a
// panel, each once, in order.
func (d *description) categories(at place) []float64 {
	if d.Columns == "optimizer" {
		at.source.Optimizers = []Optimizer{at.optimizer}
	}
	list := d.values(at.source)
	if d.X.Reverse {
		slices.Reverse(list)
	}
	return list
}

// fewEpochs is the largest number of epochs for which each epoch has a tick, on
// an axis that leaves out 0, which was not measured.
const fewEpochs = 10

// epochAxis returns an axis that ends just beyond the last epoch. The first
// epoch has a tick of its own. With many epochs the axis begins at 0.
func epochAxis(last int) chart.Axis {
	axis := chart.Axis{Label: "epoch", Min: 0, Max: 1.03 * float64(last), Ticks: []float64{1}}
	if last <= fewEpochs {
		margin := 0.5
		if last > 1 {
			margin = float64(0.05 * float64(last-1))
		}
		axis.Min, axis.Max = 1-margin, float64(last)+margin
	}
	step := 1
	for _, larger := range []int{2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000} {
		if last > 6*step {
			step = larger
		}
	}
	for tick := step; tick <= last; tick += step {
		if tick > 1 {
			axis.Ticks = append(axis.Ticks, float64(tick))
		}
	}
	return axis
}

// mark is the position of a vertical line, with the labels of the lines or the
// optimizers that it belongs to, and the role of the first.
type mark struct {
	at     float64
	owners []string
	role   string
}

// marks are the vertical lines of a panel. Equal positions share one.
type marks []mark

func (m *marks) add(at float64, owner, role string) {
	i := slices.IndexFunc(*m, func(known mark) bool { return known.at == at })
	if i < 0 {
		*m = append(*m, mark{at, []string{owner}, role})
		return
	}
	(*m)[i].owners, (*m)[i].role = append((*m)[i].owners, owner), "" // it has no single colour
}

// whose says what the vertical lines of a panel belong to.
type whose struct {
	letter rune
	text   string
}

// addVertical adds vertical lines to a panel. If there are several, they have
// the colours of what they belong to, and the caption names it.
func (d *description) addVertical(panel *chart.Panel, at place, label string, list marks) {
	var texts []string
	for _, m := range list {
		rule := chart.Rule{Kind: chart.Vertical, At: m.at, Label: label}
		if len(list) > 1 {
			rule.Role, rule.Name = m.role, listed(m.owners)
			value := strconv.FormatFloat(m.at, 'g', 6, 64)
			if panel.X.Scale == chart.Categorical {
				value = panel.X.Categories[int(m.at)]
			} else if text := at.source.label(m.at); text != "" {
				value = text
			}
			texts = append(texts, fmt.Sprintf("%s of %s", value, rule.Name))
		}
		panel.Rules = append(panel.Rules, rule)
	}
	if len(texts) > 0 {
		d.whose = append(d.whose, whose{d.letter, listed(texts)})
	}
}

// addRules adds the figure's vertical and horizontal marker lines to a panel.
func (d *description) addRules(panel *chart.Panel, at place, lines []line) error {
	if d.Vertical == "baseline" {
		d.addVertical(panel, at, "baseline", d.baselines(*panel, at))
	} else if metric, ok := strings.CutPrefix(d.Vertical, "best "); ok {
		list, err := d.best(at, metric)
		if err != nil {
			return err
		}
		d.addVertical(panel, at, "highest mean "+Panel{Metric: metric}.words(), list)
	}
	if d.X.Kind == Steps {
		if err := d.addStart(panel, lines); err != nil {
			return err
		}
	}
	if d.Reference == nil || at.panel.Difference {
		return nil
	}
	type level struct{ optimizer, layer, metric string }
	var drawn []level
	for _, l := range lines {
		r := l.place
		r.experiment = d.Reference.Experiment
		r = r.in(Entry{d.Reference.Label, []Condition{d.Reference.Condition}})
		this := level{r.optimizer.Name, r.layer, r.panel.Metric}
		if slices.Contains(drawn, this) { // lines that differ only in their condition share one reference
			continue
		}
		drawn = append(drawn, this)
		n, err := d.number(r, d.Epoch)
		if err != nil {
			return err
		}
		if math.IsNaN(n.mean) {
			continue
		}
		rule := chart.Rule{Kind: chart.Horizontal, At: n.mean, Lo: n.low, Hi: n.high, N: n.n, Label: d.Reference.Label, Dash: "dotted"}
		words := l.words
		if len(d.Lines) > 0 && d.Lines[0] != "condition" {
			rule.Role = l.role
		} else {
			words[0] = ""
		}
		if len(d.Lines) > 1 && d.Lines[1] != "condition" { // lines that differ in their dash have references that do
			i := slices.Index(d.levels(d.Lines[1]), l.words[1])
			rule.Dash = dashes[(i+slices.Index(dashes, rule.Dash))%len(dashes)]
			rule.Label += ", " + l.words[1]
		} else {
			words[1] = ""
		}
		rule.Name = joined(words[:])
		panel.Rules = append(panel.Rules, rule)
	}
	return nil
}

// addStart adds horizontal lines for the networks before their first step,
// which have no place on a logarithmic axis. Networks with the same start share
// one.
func (d *description) addStart(panel *chart.Panel, lines []line) error {
	var rules []chart.Rule
	var owners [][]string
	for _, l := range lines {
		n, err := d.number(l.place, 0)
		if err != nil {
			return err
		}
		rule := chart.Rule{Kind: chart.Horizontal, At: n.mean, Lo: n.low, Hi: n.high, N: n.n, Label: beforeTraining, Dash: "dotted"}
		switch i := slices.IndexFunc(rules, func(r chart.Rule) bool { return sameStart(r, rule) }); {
		case math.IsNaN(n.mean):
		case i >= 0:
			rules[i].Role = "" // it has no single colour
			owners[i] = append(owners[i], joined(l.words[:]))
		default:
			rule.Role = l.role
			rules, owners = append(rules, rule), append(owners, []string{joined(l.words[:])})
		}
	}
	var texts []string
	for i := range rules {
		rules[i].Name = strings.Join(owners[i], "; ")
		texts = append(texts, fmt.Sprintf("%.4g (%s)", rules[i].At, rules[i].Name))
	}
	if len(rules) > 1 {
		d.starts = append(d.starts, fmt.Sprintf("%s in panel %c", listed(texts), d.letter))
	}
	panel.Rules = append(panel.Rules, rules...)
	return nil
}

// sameStart reports whether two rules have the same mean and interval, which is
// NaN if there is a single run.
func sameStart(a, b chart.Rule) bool {
	equal := func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) }
	return a.At == b.At && equal(a.Lo, b.Lo) && equal(a.Hi, b.Hi)
}

const beforeTraining = "before training"

// baselines returns the baseline's value of the parameter for each optimizer in
// the panel.
func (d *description) baselines(panel chart.Panel, at place) marks {
	optimizers := at.source.Optimizers
	if d.Columns == "optimizer" {
		optimizers = []Optimizer{at.optimizer}
	}
	var list marks
	for _, o := range optimizers {
		if !o.HasBaseline {
			continue
		}
		x := o.Baseline
		if panel.X.Scale == chart.Categorical {
			x = float64(slices.Index(d.categories(at), o.Baseline))
		}
		if panel.X.Scale == chart.Categorical && x < 0 || panel.X.Scale == chart.Log && x <= 0 {
			if text := fmt.Sprintf("%s of %s", strconv.FormatFloat(o.Baseline, 'g', 6, 64), o.Name); !slices.Contains(d.offAxis, text) {
				d.offAxis = append(d.offAxis, text)
			}
			continue
		}
		role := ""
		if len(d.Lines) > 0 && d.Lines[0] == "optimizer" {
			role = d.look(o.Name, "").role
		}
		list.add(x, o.Name, role)
	}
	return list
}

// best returns the positions along x of the highest mean of a metric, one for
// each optimizer and line of conditions in the panel.
func (d *description) best(at place, metric string) (marks, error) {
	at.panel = Panel{Metric: metric}
	lines := []line{{place: at}}
	for i, dimension := range d.Lines {
		if dimension == "metric" {
			continue
		}
		var next []line
		for _, l := range lines {
			more, labels := d.spread(l.place, dimension)
			for k, p := range more {
				one := line{place: p, words: l.words}
				one.words[i] = labels[k]
				next = append(next, one)
			}
		}
		lines = next
	}
	var list marks
	for _, l := range lines {
		s, err := d.series(line{place: l.place}, at)
		if err != nil {
			return nil, err
		}
		best := -1
		for i, v := range s.Y {
			if !math.IsNaN(v) && (best < 0 || v > s.Y[best]) {
				best = i
			}
		}
		role := ""
		if l.words[0] != "" {
			role = d.look(l.words[0], l.words[1]).role
		}
		if best >= 0 {
			list.add(s.X[best], joined(l.words[:]), role)
		}
	}
	return list, nil
}
