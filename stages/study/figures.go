package study

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"sparsel/analysis/chart"
	"sparsel/pipeline"
	"sparsel/stages/aggregate"
	"sparsel/stages/figure"
	"sparsel/stages/metrics"
	"sparsel/stages/params"
	"sparsel/stages/train"
	"sparsel/stages/units"
)

// addUnits makes the node of a completed figure of units. The figure shows the
// first seed of each condition and optimizer.
func (b *builder) addUnits(stage *pipeline.Stage, kind string, f params.Figure) *pipeline.Node {
	shown := b.params.Shown(f, b.uses)
	source := shown.Sources[0]
	p := units.Params{ID: f.ID, Title: f.Title, Mark: b.mark, Remark: f.Remark, Kind: kind, Layer: 1, Epoch: shown.Epoch,
		Experiment: source.Experiment, Style: b.params.Style}
	p.Style.Roles = map[string]chart.Role{}
	for name, role := range b.params.Style.Roles {
		if !slices.Contains(params.DisplayOrder, name) {
			p.Style.Roles[name] = role
		}
	}
	base := path.Join("figures", "fig-"+f.ID)
	n := &pipeline.Node{Name: "figure/" + f.ID, Stage: stage, Publish: map[string]string{
		units.PNG: base + ".png", units.SVG: base + ".svg", units.PDF: base + ".pdf", units.CSV: base + ".csv", units.JSON: base + ".json",
	}}
	for _, e := range source.Entries {
		var row []units.Network
		for _, optimizer := range source.Optimizers {
			i := slices.IndexFunc(b.uses, func(u params.Use) bool {
				return u.Experiment == source.Experiment && u.Condition == e.Conditions[0].Name && u.Optimizer == optimizer
			})
			u := b.uses[i]
			runs := e.Conditions[0].Runs[slices.IndexFunc(e.Conditions[0].Runs, func(r params.ShownRuns) bool { return r.Optimizer == optimizer })]
			network := units.Network{
				Title: fmt.Sprintf("%s, %s", optimizer, numberNamed(e.Label, u.Column)), Input: figure.Input(u.Experiment, u.Condition, optimizer, u.Seed),
				Epsilon: u.CCMASEpsilon, Seed: u.Seed, Seeds: len(runs.Seeds), Split: runs.Split, Epochs: runs.Epochs, Updates: runs.Updates,
			}
			row = append(row, network)
			n.Inputs = append(n.Inputs, pipeline.Input{
				Name: network.Input, From: b.trained[u.Run], Output: train.Record, Optional: b.params.Study.OnFailedRun == "show",
			})
		}
		p.Rows = append(p.Rows, row)
		n.Cost += perPanel * float64(len(row))
	}
	n.Params = p
	return b.add(n)
}

// numberNamed returns a condition's label, after what varies if it is a number
// alone. There is little room above a panel.
func numberNamed(label, column string) string {
	if _, err := strconv.ParseFloat(label, 64); err != nil {
		return label
	}
	words := map[string]string{
		"batch_size": "batch", "learning_rate": "rate", "hidden_layers": "depth", "neurons": "width", "weight_decay": "decay",
		"classes_per_batch": "classes", "beta1": "β₁", "beta2": "β₂", "rho": "ρ", "momentum": "γ",
	}[column]
	return strings.TrimSpace(words + " " + label)
}

// addFigure makes the node of a completed figure.
func (b *builder) addFigure(stage, ofUnits *pipeline.Stage, f params.Figure) *pipeline.Node {
	if kind, ok := f.X.Units(); ok {
		return b.addUnits(ofUnits, kind, f)
	}
	p := b.figureParams(f)
	base := path.Join("figures", "fig-"+f.ID)
	n := &pipeline.Node{
		Name: "figure/" + f.ID, Stage: stage, Params: p, Cost: perStage + perPanel*float64(len(p.Panels)*len(p.Sources)),
		Publish: map[string]string{
			figure.PNG: base + ".png", figure.SVG: base + ".svg", figure.PDF: base + ".pdf", figure.CSV: base + ".csv", figure.JSON: base + ".json",
		},
	}
	for _, experiment := range p.Experiments() {
		n.Inputs = append(n.Inputs, pipeline.Input{Name: experiment, From: b.aggregates[experiment], Output: aggregate.Summaries})
	}
	needed := map[string]bool{}
	p.EachRun(func(experiment, condition, optimizer string, seed uint32) {
		needed[figure.Input(experiment, condition, optimizer, seed)] = true
	})
	for _, u := range b.uses {
		if name := figure.Input(u.Experiment, u.Condition, u.Optimizer, u.Seed); needed[name] {
			n.Inputs = append(n.Inputs, pipeline.Input{
				Name: name, From: b.metrics[measuredAs(u)], Output: metrics.Measures, Optional: b.params.Study.OnFailedRun == "show",
			})
		}
	}
	return b.add(n)
}

// figureParams converts a completed figure to the parameters of the figure
// stage.
func (b *builder) figureParams(f params.Figure) figure.Params {
	shown := b.params.Shown(f, b.uses)
	p := figure.Params{
		ID: f.ID, Title: f.Title, Mark: b.mark, Remark: f.Remark,
		Rows: f.Rows, Columns: f.Columns, Lines: f.Lines,
		X:      figure.X{Kind: figure.XKind(f.X.Kind), Label: f.XLabel, Scale: f.Scale, Reverse: f.Reverse},
		Panels: figurePanels(f), Difference: f.Difference, Vertical: f.Vertical, Error: f.Error, Epoch: shown.Epoch, Style: b.params.Style,
	}
	if !b.params.Decidable() {
		p.Classes = b.params.Dataset().Classes
	}
	var optimizers []string
	for _, s := range shown.Sources {
		p.Sources = append(p.Sources, figureSource(s))
		optimizers = append(optimizers, s.Optimizers...)
	}
	for _, optimizer := range params.DisplayOrder {
		if l := f.XLimits[optimizer]; len(l) == 2 {
			p.X.Limits = append(p.X.Limits, figure.Limits{Optimizer: optimizer, Min: l[0], Max: l[1]})
		}
	}
	switch f.X.Kind {
	case params.AgainstMetric:
		p.X.Metric = f.X.Name
	case params.AgainstCondition:
		c := figureCondition(shown.Against.Conditions[0], optimizers)
		p.X.Condition, p.X.Name = &c, shown.Against.Label
	}
	if r := shown.Reference; r != nil {
		c := figureCondition(r.Conditions[0], optimizers)
		p.Reference = &figure.Reference{Experiment: f.Reference.Experiment, Condition: c, Label: r.Label}
	}
	// Only the looks that the figure uses are included, so that a change of
	// another colour does not cause this figure to be drawn again.
	p.Style.Roles = map[string]chart.Role{}
	for _, name := range p.Roles() {
		if role, ok := b.params.Style.Roles[name]; ok {
			p.Style.Roles[name] = role
		}
	}
	return p
}

// figurePanels lists the metrics. Each is followed by its enlargement if it has
// one.
func figurePanels(f params.Figure) []figure.Panel {
	var list []figure.Panel
	for _, metric := range f.Metrics {
		panel := figure.Panel{Metric: metric}
		if l := f.Limits[metric]; len(l) == 2 {
			panel.Min, panel.Max = l[0], l[1]
		}
		list = append(list, panel)
		if l := f.Zoom[metric]; len(l) == 2 {
			list = append(list, figure.Panel{Metric: metric, Min: l[0], Max: l[1], Zoom: true})
		}
	}
	return list
}

func figureSource(s params.Shown) figure.Source {
	source := figure.Source{Experiment: s.Experiment, Parameter: parameterWords(s.Column), Layers: s.Layers}
	for _, name := range s.Optimizers {
		o := figure.Optimizer{Name: name}
		o.Baseline, o.HasBaseline = s.Baseline[name]
		source.Optimizers = append(source.Optimizers, o)
	}
	var values []float64
	for _, e := range s.Entries {
		entry := figure.Entry{Label: e.Label}
		for _, c := range e.Conditions {
			entry.Conditions = append(entry.Conditions, figureCondition(c, s.Optimizers))
			for _, r := range c.Runs {
				values = append(values, r.Value)
			}
		}
		source.Entries = append(source.Entries, entry)
	}
	if s.Column != "" {
		labels := params.Labels(values)
		for _, e := range source.Entries {
			for _, c := range e.Conditions {
				for i, r := range c.Runs {
					c.Runs[i].Label = labels[slices.Index(values, r.Value)]
				}
			}
		}
	}
	return source
}

// figureCondition returns a condition with the runs of the optimizers that a
// figure shows.
func figureCondition(c params.ShownCondition, optimizers []string) figure.Condition {
	condition := figure.Condition{Name: c.Name}
	for _, r := range c.Runs {
		if slices.Contains(optimizers, r.Optimizer) {
			condition.Runs = append(condition.Runs, figure.Runs{
				Optimizer: r.Optimizer, Seeds: r.Seeds, Value: r.Value, Epochs: r.Epochs, Updates: r.Updates, Split: r.Split,
			})
		}
	}
	return condition
}

// parameterWords returns the name of a parameter in axes and captions.
func parameterWords(column string) string {
	if symbol, ok := map[string]string{"beta1": "β₁", "beta2": "β₂", "rho": "ρ", "eps": "ε"}[column]; ok {
		return symbol
	}
	return strings.ReplaceAll(column, "_", " ")
}
