package figure

import (
	"fmt"
	"math"
	"slices"
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
	case AgainstCondition:
		word(at.panel.words() + ", " + d.X.Name)
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

// addRules adds the figure's vertical and horizontal marker lines to a panel.
func (d *description) addRules(panel *chart.Panel, at place, lines []line) error {
	if d.Vertical == "baseline" {
		d.addBaseline(panel, at)
	} else if metric, ok := strings.CutPrefix(d.Vertical, "best "); ok {
		list, err := d.best(at, metric)
		if err != nil {
			return err
		}
		for _, x := range list {
			panel.Rules = append(panel.Rules, chart.Rule{Kind: chart.Vertical, At: x, Label: "highest mean " + Panel{Metric: metric}.words()})
		}
	}
	d.marked = d.marked || len(panel.Rules) > 0
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
		if len(d.Lines) > 0 && d.Lines[0] != "condition" {
			rule.Role = l.role
		}
		panel.Rules = append(panel.Rules, rule)
	}
	return nil
}

// addBaseline marks the baseline's value of the parameter for each optimizer in
// the panel.
func (d *description) addBaseline(panel *chart.Panel, at place) {
	optimizers := at.source.Optimizers
	if d.Columns == "optimizer" {
		optimizers = []Optimizer{at.optimizer}
	}
	var marked []float64
	for _, o := range optimizers {
		x := o.Baseline
		if panel.X.Scale == chart.Categorical {
			x = float64(slices.Index(d.categories(at), o.Baseline))
		}
		if !o.HasBaseline || slices.Contains(marked, x) || panel.X.Scale == chart.Categorical && x < 0 || panel.X.Scale == chart.Log && x <= 0 {
			continue
		}
		marked = append(marked, x)
		panel.Rules = append(panel.Rules, chart.Rule{Kind: chart.Vertical, At: x, Label: "baseline"})
	}
}

// best returns the positions along x of the highest mean of a metric, one for
// each optimizer and line of conditions in the panel.
func (d *description) best(at place, metric string) ([]float64, error) {
	at.panel = Panel{Metric: metric}
	places := []place{at}
	for _, dimension := range d.Lines {
		var next []place
		for _, p := range places {
			if dimension == "metric" {
				next = append(next, p)
				continue
			}
			more, _ := d.spread(p, dimension)
			next = append(next, more...)
		}
		places = next
	}
	var list []float64
	for _, p := range places {
		s, err := d.series(line{place: p}, at)
		if err != nil {
			return nil, err
		}
		best := -1
		for i, v := range s.Y {
			if !math.IsNaN(v) && (best < 0 || v > s.Y[best]) {
				best = i
			}
		}
		if best >= 0 && !slices.Contains(list, s.X[best]) {
			list = append(list, s.X[best])
		}
	}
	return list, nil
}
