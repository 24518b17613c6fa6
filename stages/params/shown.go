package params

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sparsel/trainer"
)

// Shown is what a figure shows of one of its experiments.
type Shown struct {
	Experiment string
	Optimizers []string // in the order of figures
	Column     string   // the parameter that varies, as the tidy table calls it; empty where none does
	Entries    []Entry
	Layers     int // measured hidden layers of each run
	Epochs     int // that all of its runs have
	// Baseline is the parameter's value in the baseline, by optimizer; empty where it has none.
	Baseline map[string]float64
}

// Entry is a condition, or several that differ in the value along x.
type Entry struct {
	Label      string
	Conditions []ShownCondition
}

// ShownCondition is a condition and the value of the parameter that varies in it.
type ShownCondition struct {
	Name  string
	Value float64 // 0 where none varies
}

// condition is what the uses of an experiment's condition say about it.
type shownCondition struct {
	ShownCondition
	column, value  string
	optimizers     []string
	layers, epochs int
}

// Shown resolves what the figure selects, by experiment.
func (p *Params) Shown(f Figure, uses []Use) []Shown {
	d := &document{}
	list := p.shown(d, "figure "+f.ID, f.complete(), uses)
	if len(d.problems) > 0 {
		panic("params: Shown called on a figure that Read refused: " + d.problems[0].Message)
	}
	return list
}

// CompleteFigures returns the figures with what they leave out filled in.
func (p *Params) CompleteFigures() []Figure {
	list := make([]Figure, len(p.Figures))
	for i, f := range p.Figures {
		list[i] = f.complete()
	}
	return list
}

func (p *Params) shown(d *document, path string, f Figure, uses []Use) []Shown {
	var list []Shown
	used := map[string]bool{} // keys of names
	for _, experiment := range f.Experiments {
		known := conditionsOf(uses, experiment)
		s := Shown{Experiment: experiment}
		var selected []shownCondition
		for i, pattern := range f.Conditions {
			at := fmt.Sprintf("%s.conditions[%d]", path, i)
			var matched []shownCondition
			for _, c := range known {
				if _, ok := match(pattern, c.Name); ok {
					matched = append(matched, c)
				}
			}
			if len(matched) == 0 {
				d.report(at, "is %q, which is no condition of %s; those are %s", pattern, experiment, names(known))
			}
			if f.Reverse {
				slices.Reverse(matched)
			}
			for _, c := range matched {
				if slices.ContainsFunc(selected, func(other shownCondition) bool { return other.Name == c.Name }) {
					d.report(at, "selects %s for the second time", c.Name)
				}
				selected = append(selected, c)
				if f.X != "value" {
					s.Entries = append(s.Entries, Entry{f.name(c.Name, used), []ShownCondition{c.ShownCondition}})
				}
			}
			if f.X == "value" {
				s.Entries = append(s.Entries, f.valueEntry(d, at, pattern, matched, used))
			}
		}
		if f.Reverse && len(f.Conditions) > 1 && f.X != "value" {
			d.report(path+".reverse", "needs conditions in the experiment's order; list these in the order meant")
		}
		if len(selected) > 0 {
			p.complete(d, path, f, &s, selected)
		}
		list = append(list, s)
	}
	if r := f.Reference; r != nil {
		known := conditionsOf(uses, r.Experiment)
		choice(d, path+".reference.condition", r.Condition, strings.Split(names(known), ", ")...)
	}
	if kind, name := f.against(); kind == "condition" && len(f.Experiments) > 0 {
		f.name(name, used)
		choice(d, path+".x", name, strings.Split(names(conditionsOf(uses, f.Experiments[0])), ", ")...)
	}
	for _, key := range sortedKeys(f.Names) {
		if !used[key] {
			d.report(join(path+".names", key), "names no condition that the figure shows")
		}
	}
	return list
}

// valueEntry is one line over the conditions of a pattern.
func (f Figure) valueEntry(d *document, at, pattern string, matched []shownCondition, used map[string]bool) Entry {
	e := Entry{Label: f.name(pattern, used)}
	for _, c := range matched {
		if c.value == "" {
			d.report(at, "selects %s, in which no number varies that could be its place along x", c.Name)
		}
		for _, other := range e.Conditions {
			if other.Value == c.Value {
				d.report(at, "selects %s and %s, which have the same place along x", other.Name, c.Name)
			}
		}
		if f.Scale == "log" && c.Value <= 0 {
			d.report(at, "selects %s, whose value has no place on a log scale", c.Name)
		}
		e.Conditions = append(e.Conditions, c.ShownCondition)
	}
	return e
}

// complete adds what the selected conditions have in common, and reports what they should and don't.
func (p *Params) complete(d *document, path string, f Figure, s *Shown, selected []shownCondition) {
	first := selected[0]
	s.Layers, s.Epochs = first.layers, first.epochs
	for _, c := range selected {
		s.Layers, s.Epochs = min(s.Layers, c.layers), min(s.Epochs, c.epochs)
		if !slices.Equal(c.optimizers, first.optimizers) {
			d.report(path+".conditions", "selects %s with %s and %s with %s; select conditions of equal optimizers",
				first.Name, strings.Join(first.optimizers, ", "), c.Name, strings.Join(c.optimizers, ", "))
		}
	}
	for _, name := range DisplayOrder {
		if slices.Contains(first.optimizers, name) {
			s.Optimizers = append(s.Optimizers, name)
		}
	}
	if f.Epoch > s.Epochs {
		d.report(path+".epoch", "is %d, but %s has runs of %d", f.Epoch, s.Experiment, s.Epochs)
	}
	placed := append([]string{f.Columns, f.X}, f.Lines...)
	if len(s.Entries) > 1 && !slices.Contains(placed, "condition") {
		d.report(path+".conditions", "selects %d, which neither x nor lines tell apart", len(s.Entries))
	}
	if len(s.Optimizers) > 1 && !slices.Contains(placed, "optimizer") {
		d.report(path+".columns", "and lines do not tell the optimizers of %s apart", s.Experiment)
	}
	if slices.Contains(placed, "layer") && s.Layers < 2 {
		d.report(path+".lines", "cannot tell layers apart: %s has runs with one hidden layer", s.Experiment)
	}
	if f.X == "value" {
		s.Column = first.column
		s.Baseline = map[string]float64{}
		for _, optimizer := range s.Optimizers {
			if v, ok := p.baselineValue(s.Experiment, s.Column, optimizer); ok {
				s.Baseline[optimizer] = v
			}
		}
		if f.Vertical == "baseline" && len(s.Baseline) == 0 {
			d.report(path+".vertical", "is \"baseline\", but %s has no value in it", s.Column)
		}
	}
}

// conditionsOf lists an experiment's conditions in the order of the file.
func conditionsOf(uses []Use, experiment string) []shownCondition {
	var list []shownCondition
	for _, u := range uses {
		if u.Experiment != experiment {
			continue
		}
		i := slices.IndexFunc(list, func(c shownCondition) bool { return c.Name == u.Condition })
		if i < 0 {
			c := shownCondition{column: u.Column, value: u.Value, layers: len(u.Run.Config.Network.Hidden), epochs: u.Run.Config.Epochs}
			c.Name = u.Condition
			c.Value, _ = strconv.ParseFloat(u.Value, 64) // what varies is written by format, or is empty
			i, list = len(list), append(list, c)
		}
		if !slices.Contains(list[i].optimizers, u.Optimizer) {
			list[i].optimizers = append(list[i].optimizers, u.Optimizer)
		}
	}
	for i := range list {
		slices.Sort(list[i].optimizers)
	}
	return list
}

func names(conditions []shownCondition) string {
	var list []string
	for _, c := range conditions {
		list = append(list, c.Name)
	}
	return strings.Join(list, ", ")
}

// NameOf is what the figure calls a condition.
func (f Figure) NameOf(condition string) string { return f.name(condition, map[string]bool{}) }

// name is NameOf, and notes the key of the name. A key without * comes first, then the longest.
func (f Figure) name(condition string, used map[string]bool) string {
	keys := sortedKeys(f.Names)
	slices.SortStableFunc(keys, func(a, b string) int { return len(b) - len(a) })
	if _, ok := f.Names[condition]; ok {
		keys = []string{condition}
	}
	for _, key := range keys {
		if text, ok := match(key, condition); ok {
			used[key] = true
			return strings.Replace(f.Names[key], "*", text, 1)
		}
	}
	return condition
}

// match tells whether a pattern with at most one * matches, and the text that the * stands for.
func match(pattern, text string) (string, bool) {
	before, after, ok := strings.Cut(pattern, "*")
	if !ok {
		return "", pattern == text
	}
	rest, begins := strings.CutPrefix(text, before)
	inner, ends := strings.CutSuffix(rest, after)
	return inner, begins && ends
}

// baselineValue returns what the baseline has for the parameter that the tidy table calls column.
func (p *Params) baselineValue(experiment, column, optimizer string) (float64, bool) {
	for _, e := range p.Experiments {
		for _, v := range e.Vary {
			if e.Name == experiment && (v.Column == column || v.Column == "" && v.Parameter == column) {
				return valueOf(p.BaselineRun(optimizer), v.Parameter)
			}
		}
	}
	return 0, false
}

// valueOf returns a run's value of a parameter that is a number.
func valueOf(c trainer.Config, parameter string) (float64, bool) {
	switch parameter {
	case "batch":
		return float64(c.Batch), true
	case "epochs":
		return float64(c.Epochs), true
	case "depth":
		return float64(len(c.Network.Hidden)), true
	case "width":
		return float64(c.Network.Hidden[0]), true
	}
	if _, ok := hyper(c.Optimizer.Name, parameter); !ok {
		return 0, false
	}
	return *c.Optimizer.Constant(parameter), true
}
