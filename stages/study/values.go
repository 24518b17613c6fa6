package study

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sparsel/artifacts/measures"
	"sparsel/stages/params"
	"sparsel/stages/quantity"
	"sparsel/stages/table"
	"sparsel/stages/words"
)

// The tables of an experiment's values. Their parameters name the condition,
// optimizer and epoch of each number, so that the stage reads these and no
// others.

// epoch returns the last epoch that every run of an experiment has, and reports
// whether some runs have more.
func (b *builder) epoch(uses []params.Use) (last int, unequal bool) {
	for _, u := range uses {
		n := u.Run.Config.Epochs
		unequal = unequal || last > 0 && n != last
		if last == 0 || n < last {
			last = n
		}
	}
	return last, unequal
}

// measurement returns what the numbers of epochs count, or nothing if these are
// epochs. A run with a fixed number of updates is measured after equal parts of
// them, which are no epochs.
func measurement(uses []params.Use) string {
	counted := map[bool]bool{}
	for _, u := range uses {
		counted[u.Run.Config.Updates > 0] = true
	}
	switch {
	case !counted[true]:
		return ""
	case counted[false]:
		return "epoch or measurement"
	}
	return "measurement"
}

// updatesNote says after how many updates runs are measured that have a fixed
// number of them. With epoch 0 the table has each run's last measurement.
func (b *builder) updatesNote(experiments []string, epoch int) []string {
	found, _ := b.groups(experiments, func(u params.Use) string {
		c := u.Run.Config
		if c.Updates == 0 {
			return ""
		}
		text := fmt.Sprintf("%s, measured %s", words.Counted(c.Updates, "update"), words.Times(c.Epochs))
		if epoch > 0 {
			text += fmt.Sprintf(", measurement %d after %d", epoch, c.Updates*epoch/c.Epochs)
		}
		return text
	})
	if found == nil {
		return nil
	}
	var parts []string
	for _, g := range found {
		parts = append(parts, fmt.Sprintf("%s (%s)", strings.Join(g.members, "; "), g.text))
	}
	return []string{"Measured after equal parts of a fixed number of updates, not after epochs: " + strings.Join(parts, "; ") + "."}
}

func (b *builder) final(t params.Table) table.FinalParams {
	uses := b.distinct(t.Experiment)
	p := table.FinalParams{
		ID: t.ID, Title: t.Title, Mark: b.mark, Experiment: t.Experiment, Error: t.Error, Metrics: t.Metrics, ShowLayer: len(t.Layers) > 1,
	}
	p.Epoch, p.Unequal = b.epoch(uses)
	p.Measurement = measurement(uses)
	for _, u := range uses {
		for _, metric := range t.Metrics {
			if why := b.params.Undefined(u, metric, p.Epoch); why != "" {
				p.Undefined = append(p.Undefined, table.Undefined{Optimizer: u.Optimizer, Condition: u.Condition, Metric: metric, Why: why})
			}
		}
	}
	layers := t.Layers
	if layers == nil {
		layers = []string{measures.AllLayers}
	}
	var conditions []label
	p.Parameter, conditions = labels(uses)
	var without []string
	_, of := byCondition(uses)
	for _, optimizer := range optimizersOf(uses) {
		var lacks []string
		for _, c := range conditions {
			i := -1
			for _, k := range of[c.condition] {
				if uses[k].Optimizer == optimizer {
					i = k
				}
			}
			if i < 0 {
				lacks = append(lacks, c.condition)
				continue
			}
			for _, layer := range layers {
				if hidden := len(uses[i].Run.Config.Network.Hidden); !hasLayer(hidden, layer) {
					without = append(without, fmt.Sprintf("%s, %s: there is no layer %s.", optimizer, c.condition, layer))
					continue
				}
				p.Rows = append(p.Rows, table.Row{Optimizer: optimizer, Condition: c.condition, Label: c.text, Layer: layer})
			}
		}
		if len(lacks) > 0 {
			p.Notes = append(p.Notes, fmt.Sprintf("%s was not trained with %s.", optimizer, strings.Join(lacks, ", ")))
		}
	}
	p.Notes = slices.Concat(p.Notes, without, b.seedsNote(t.Experiment), b.splitNote([]string{t.Experiment}, t.Metrics),
		b.updatesNote([]string{t.Experiment}, p.Epoch), notes(t))
	return p
}

// splitNote says which of the numbers that a table shows are of training
// images, because all others are of test images. Conditions that are so with
// some of their optimizers alone are named with these.
func (b *builder) splitNote(experiments, metrics []string) []string {
	metrics = slices.DeleteFunc(slices.Clone(metrics), func(name string) bool { return !ofActivations(name) })
	if len(metrics) == 0 {
		return nil
	}
	for i, name := range metrics {
		metrics[i] = strings.ReplaceAll(name, "_", " ")
	}
	what := strings.Join(metrics, ", ")
	if k := len(metrics) - 1; k > 0 {
		what = strings.Join(metrics[:k], ", ") + " and " + metrics[k]
	}
	found, all := b.groups(experiments, func(u params.Use) string {
		if u.Split() == "train" {
			return "train"
		}
		return ""
	})
	verb := "are"
	if len(metrics) == 1 {
		verb = "is"
	}
	what = strings.ToUpper(what[:1]) + what[1:]
	switch {
	case found == nil:
		return nil
	case all:
		return []string{fmt.Sprintf("%s %s of training images.", what, verb)}
	}
	return []string{fmt.Sprintf("%s of %s %s of training images.", what, strings.Join(found[0].members, "; "), verb)}
}

// group names conditions with the same text.
type group struct {
	text    string
	members []string
}

// groups names the conditions of experiments for whose uses of returns a text,
// by the text. Conditions that have it with some of their optimizers alone are
// named with these. all reports whether every use has a text.
func (b *builder) groups(experiments []string, of func(params.Use) string) (list []group, all bool) {
	all = true
	for _, experiment := range experiments {
		uses := b.distinct(experiment)
		conditions, at := byCondition(uses)
		for _, name := range conditions {
			optimizers, texts := map[string][]string{}, []string{}
			for _, i := range at[name] {
				text := of(uses[i])
				if all = all && text != ""; text == "" {
					continue
				}
				if optimizers[text] == nil {
					texts = append(texts, text)
				}
				optimizers[text] = append(optimizers[text], uses[i].Optimizer)
			}
			for _, text := range texts {
				member := name
				if len(experiments) > 1 {
					member = experiment + " " + name
				}
				if len(optimizers[text]) < len(at[name]) {
					member += " with " + strings.Join(inOrder(optimizers[text]), ", ")
				}
				list = grouped(list, text, member)
			}
		}
	}
	return list, all
}

// grouped adds a member to the group with a text.
func grouped(list []group, text, member string) []group {
	i := slices.IndexFunc(list, func(g group) bool { return g.text == text })
	if i < 0 {
		return append(list, group{text, []string{member}})
	}
	list[i].members = append(list[i].members, member)
	return list
}

// ofActivations reports whether a metric is computed from the activations of
// the measured images, which is so with those that each layer has, and with
// their means in which each layer has a weight.
func ofActivations(metric string) bool {
	m, _ := quantity.Find(metric)
	return !m.Network || strings.HasSuffix(metric, "_weighted")
}

// hasLayer reports whether a run with the given number of hidden layers has
// values of a layer. A single hidden layer has only the values for all layers.
func hasLayer(hidden int, layer string) bool {
	n, err := strconv.Atoi(layer)
	return layer == measures.AllLayers || err == nil && hidden > 1 && n <= hidden
}

func (b *builder) search(t params.Table) table.SearchParams {
	uses := b.distinct(t.Experiment)
	p := table.SearchParams{ID: t.ID, Title: t.Title, Mark: b.mark, Experiment: t.Experiment, Error: t.Error, Measurement: measurement(uses)}
	p.Epoch, p.Unequal = b.epoch(uses)
	p.Notes = slices.Concat(b.seedsNote(t.Experiment), b.updatesNote([]string{t.Experiment}, p.Epoch), notes(t))
	var rates []float64
	for _, u := range uses {
		rates = append(rates, u.Run.Config.Optimizer.LR, b.params.BaselineRun(u.Optimizer).Optimizer.LR)
	}
	texts := params.Labels(rates)
	rate := func(condition string, value float64) table.Rate {
		return table.Rate{Condition: condition, Value: value, Label: texts[slices.Index(rates, value)]}
	}
	for _, optimizer := range optimizersOf(uses) {
		s := table.Searched{Optimizer: optimizer, Baseline: rate("", b.params.BaselineRun(optimizer).Optimizer.LR)}
		for _, u := range uses {
			if u.Optimizer == optimizer {
				s.Others, s.Validation = b.othersText(u), u.Run.Config.Validation
				s.Conditions = append(s.Conditions, rate(u.Condition, u.Run.Config.Optimizer.LR))
			}
		}
		slices.SortFunc(s.Conditions, func(x, y table.Rate) int { return cmp.Compare(x.Value, y.Value) })
		for _, u := range b.holding(t.Experiment) {
			if u.Optimizer == optimizer {
				s.Runs = append(s.Runs, searchRun(u))
			}
		}
		p.Optimizers = append(p.Optimizers, s)
	}
	return p
}

// othersText describes a run apart from its learning rate: the optimizer's
// constants, and every other difference from the baseline.
func (b *builder) othersText(u params.Use) string {
	var parts []string
	shown := []string{params.RateColumn, "seeding"}
	add := func(name string, value any) {
		text := params.Texts([]any{value})[0]
		switch {
		case value == nil && name == epochsColumn: // it has updates instead
			return
		case value == nil:
			text = params.None
		}
		parts, shown = append(parts, name+" "+text), append(shown, name)
	}
	for _, s := range params.ConstantsOf(u.Optimizer) {
		if s.Column != params.RateColumn {
			add(s.Column, s.Value(u.Run.Config))
		}
	}
	for _, column := range columns() {
		if of := column.Of(u); !slices.Contains(shown, column.Name) && !params.Equal(of, column.Of(b.baseline(u))) {
			add(column.Name, of)
		}
	}
	return strings.Join(parts, ", ")
}

func (b *builder) printed(t params.Table) table.PrintedParams {
	uses := b.distinct(t.Experiment)
	p := table.PrintedParams{ID: t.ID, Title: t.Title, Mark: b.mark, Experiment: t.Experiment, Error: t.Error, Measurement: measurement(uses)}
	p.Epoch, p.Unequal = b.epoch(uses)
	p.Notes = slices.Concat(b.seedsNote(t.Experiment), b.splitNote([]string{t.Experiment}, table.PrintedMetrics()),
		b.updatesNote([]string{t.Experiment}, p.Epoch), notes(t))
	for _, u := range uses {
		p.Depths = append(p.Depths, table.Depth{Optimizer: u.Optimizer, Condition: u.Condition, Layers: len(u.Run.Config.Network.Hidden)})
	}
	slices.SortStableFunc(p.Depths, func(x, y table.Depth) int {
		return cmp.Or(cmp.Compare(slices.Index(params.DisplayOrder, x.Optimizer), slices.Index(params.DisplayOrder, y.Optimizer)),
			cmp.Compare(x.Layers, y.Layers))
	})
	return p
}

// label is the name of a condition in a table.
type label struct{ condition, text string }

// labels names conditions by the number that distinguishes them, in ascending
// order, provided that it is the same with every optimizer and that their names
// differ in nothing else. Otherwise it uses their names, in the order of the
// file.
func labels(uses []params.Use) (parameter string, list []label) {
	var values []float64
	var pattern, column string
	numbered := true
	order, of := byCondition(uses)
	for _, name := range order {
		list = append(list, label{name, name})
		first := uses[of[name][0]]
		v, err := strconv.ParseFloat(first.Value, 64)
		values = append(values, v)
		rest := strings.Replace(name, first.Value, "{}", 1)
		if len(list) == 1 {
			pattern, column = rest, first.Column
		}
		other := func(i int) bool { return uses[i].Value != first.Value || uses[i].Column != column }
		numbered = numbered && err == nil && rest == pattern && !slices.ContainsFunc(of[name], other)
	}
	if len(list) < 2 || !numbered {
		return "", list
	}
	texts, by := params.Labels(values), map[string]float64{}
	for i := range list {
		list[i].text, by[list[i].condition] = texts[i], values[i]
	}
	slices.SortStableFunc(list, func(x, y label) int { return cmp.Compare(by[x.condition], by[y.condition]) })
	return column, list
}
