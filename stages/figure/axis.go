package figure

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"sparsel/analysis/chart"
)

// axis is the x axis of the panel at a place.
func (d *description) axis(at place) chart.Axis {
	axis := chart.Axis{Label: d.X.Label}
	kind, other, _ := strings.Cut(d.X.Kind, " ")
	switch {
	case kind == "epoch":
		label := axis.Label
		if axis = epochAxis(d.epoch); label != "" {
			axis.Label = label
		}
	case kind == "layer":
		axis.Scale = chart.Categorical
		if axis.Label == "" {
			axis.Label = "hidden layer"
		}
		for k := range at.source.Layers {
			axis.Categories = append(axis.Categories, fmt.Sprint(k+1))
		}
	case kind == "condition" && other == "":
		axis.Scale = chart.Categorical
		_, axis.Categories = d.spread(at, "condition")
	case kind == "value":
		if axis.Label == "" {
			axis.Label = at.source.Parameter
		}
		switch d.X.Scale {
		case "log":
			axis.Scale = chart.Log
		case "equal":
			axis.Scale = chart.Categorical
			axis.Categories = categories(at.source.Entries)
		}
	case kind == "metric":
		axis.Label = Panel{Metric: other}.words()
	default:
		axis.Label = at.panel.words() + ", " + d.X.Names[0]
	}
	for _, l := range d.X.Limits {
		if l.Optimizer == at.optimizer.Name {
			axis.Min, axis.Max = l.Min, l.Max
		}
	}
	return axis
}

// categories are the values of all entries, each once, in the entries' order.
func categories(entries []Entry) []string {
	var list []string
	for _, e := range entries {
		for _, c := range e.Conditions {
			if text := short(c.Value); !slices.Contains(list, text) {
				list = append(list, text)
			}
		}
	}
	return list
}

// epochAxis runs from 0, which was not measured, to just beyond the last epoch; the first epoch has a tick of its own.
func epochAxis(last int) chart.Axis {
	step := 1
	for _, larger := range []int{2, 5, 10, 20, 50, 100, 200, 500, 1000} {
		if last > 6*step {
			step = larger
		}
	}
	axis := chart.Axis{Label: "epoch", Min: 0, Max: 1.03 * float64(last), Ticks: []float64{1}}
	for tick := step; tick <= last; tick += step {
		if tick > 1 {
			axis.Ticks = append(axis.Ticks, float64(tick))
		}
	}
	return axis
}

// addRules adds the figure's marker lines to a panel.
func (d *description) addRules(panel *chart.Panel, at place, lines []line) error {
	if d.Vertical == "baseline" {
		d.addBaseline(panel, at)
	} else if metric, ok := strings.CutPrefix(d.Vertical, "best "); ok {
		x, ok, err := d.best(at, metric, panel.X)
		if err != nil {
			return err
		}
		if ok {
			panel.Rules = append(panel.Rules, chart.Rule{Kind: chart.Vertical, At: x, Label: "highest mean " + metric})
		}
	}
	if d.Reference == nil {
		return nil
	}
	for _, l := range lines {
		r := l.place
		r.experiment, r.condition = d.Reference.Experiment, Condition{Name: d.Reference.Condition}
		n, err := d.number(r, d.epoch)
		if err != nil {
			return err
		}
		if !math.IsNaN(n.mean) {
			panel.Rules = append(panel.Rules, chart.Rule{
				Kind: chart.Horizontal, At: n.mean, Lo: n.low, Hi: n.high, N: n.n, Label: d.Reference.Label, Role: l.role, Dash: "dotted",
			})
		}
	}
	return nil
}

// addBaseline marks the baseline's value of the parameter, for each optimizer of the panel.
func (d *description) addBaseline(panel *chart.Panel, at place) {
	optimizers := []Optimizer{at.optimizer}
	if slices.Contains(d.Lines, "optimizer") {
		optimizers = at.source.Optimizers
	}
	var marked []float64
	for _, o := range optimizers {
		x := o.Baseline
		if panel.X.Scale == chart.Categorical {
			x = float64(slices.Index(panel.X.Categories, short(o.Baseline)))
		}
		if !o.HasBaseline || slices.Contains(marked, x) || panel.X.Scale == chart.Categorical && x < 0 || panel.X.Scale == chart.Log && x <= 0 {
			continue
		}
		marked = append(marked, x)
		panel.Rules = append(panel.Rules, chart.Rule{Kind: chart.Vertical, At: x, Label: "baseline"})
	}
}

// best is the place along x of the highest mean of a metric.
func (d *description) best(at place, metric string, axis chart.Axis) (float64, bool, error) {
	at.panel = Panel{Metric: metric}
	s, err := d.series(line{place: at}, axis)
	if err != nil {
		return 0, false, err
	}
	best := -1
	for i, v := range s.Y {
		if !math.IsNaN(v) && (best < 0 || v > s.Y[best]) {
			best = i
		}
	}
	if best < 0 {
		return 0, false, nil
	}
	return s.X[best], true, nil
}
