package params

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// ShownFigure is the resolved selection of a figure: which conditions of which
// experiments it shows, by optimizer and seed.
type ShownFigure struct {
	Sources   []Shown // one for each experiment
	Epoch     int     // at which values are read, and the last along x; by default the last that every shown run has
	Against   *Entry  // the condition that numbers are drawn against; nil unless x is a condition
	Reference *Entry  // the condition drawn as horizontal lines; nil if there is none
}

// Shown is what a figure shows of one experiment.
type Shown struct {
	Experiment string
	Optimizers []string // in the order of figures
	Column     string   // the name of the varied parameter in the tidy table; empty if none varies
	Entries    []Entry
	Layers     int // the fewest measured hidden layers of a run; if layers are distinguished, all runs have this number
	// Baseline gives the parameter's value in the baseline by optimizer. It
	// lacks optimizers without such a value.
	Baseline map[string]float64
}

// Entry is a condition, or several that differ in their value along x.
type Entry struct {
	Label      string
	Conditions []ShownCondition
}

// ShownCondition is a condition with the runs of each of its optimizers, which
// need not be the same.
type ShownCondition struct {
	Name string
	Runs []ShownRuns // one for each optimizer, in the order of figures
}

// ShownRuns are the runs of a condition and an optimizer, one for each seed.
type ShownRuns struct {
	Optimizer string
	Seeds     []uint32
	Value     float64 // of the varied parameter; 0 if none varies
	Epochs    int     // measurements, which are equal parts of the updates if these are fixed
	Updates   int     // 0 if the run makes whole epochs
	Split     string  // images that sparsity and selectivity are measured on: "test" or "train"
}

// of returns the runs of an optimizer.
func (c ShownCondition) of(optimizer string) (ShownRuns, bool) {
	for _, r := range c.Runs {
		if r.Optimizer == optimizer {
			return r, true
		}
	}
	return ShownRuns{}, false
}

// optimizers lists the optimizers of the condition.
func (c ShownCondition) optimizers() []string {
	var list []string
	for _, r := range c.Runs {
		list = append(list, r.Optimizer)
	}
	return list
}

// known is what the uses of an experiment's condition say about it. By
// optimizer, it has what the figure only needs for checks.
type known struct {
	ShownCondition
	columns map[string]string // the varied parameter; absent if none varies
	varied  map[string]Varied // the same with its setting
	layers  map[string]int
}

// Shown resolves the selection of a figure.
func (p *Params) Shown(f Figure, uses []Use) ShownFigure {
	d := &document{}
	shown := p.shown(d, "figure "+f.ID, f.complete(), uses)
	if len(d.problems) > 0 {
		panic("params: Shown called on a figure that Read refused: " + d.problems[0].Message)
	}
	return shown
}

// CompleteFigures returns the figures with their defaults filled in.
func (p *Params) CompleteFigures() []Figure {
	list := make([]Figure, len(p.Figures))
	for i, f := range p.Figures {
		list[i] = f.complete()
	}
	return list
}

func (p *Params) shown(d *document, path string, f Figure, uses []Use) ShownFigure {
	var shown ShownFigure
	epochs := math.MaxInt
	used := map[string]bool{} // keys of names
	for _, experiment := range f.Experiments {
		s := Shown{Experiment: experiment}
		selected := f.selectConditions(d, path, &s, conditionsOf(uses, experiment), used)
		if len(selected) > 0 {
			p.completeShown(d, path, f, &s, selected)
			epochs = min(epochs, fewestEpochs(selected, s.Optimizers))
		}
		shown.Sources = append(shown.Sources, s)
	}
	if f.X.Kind == AgainstCondition && len(f.Experiments) > 0 {
		f.name(f.X.Name, used)
		shown.Against = f.other(d, path+".x", f.X.Name, f.Experiments[0], uses, shown.Sources, &epochs)
	}
	if r := f.Reference; r != nil {
		shown.Reference = f.other(d, path+".reference.condition", r.Condition, r.Experiment, uses, shown.Sources, &epochs)
		if shown.Reference != nil {
			shown.Reference.Label = r.Label
		}
	}
	if shown.Epoch = min(f.Epoch, epochs); f.Epoch == 0 {
		shown.Epoch = epochs
	} else if f.Epoch > epochs && p.Profile == nil { // the runs of a profile may be shorter
		d.report(path+".epoch", "is %d, but a run that the figure shows has %d epochs", f.Epoch, epochs)
	}
	for _, name := range sortedKeys(f.XLimits) {
		has := func(s Shown) bool { return slices.Contains(s.Optimizers, name) }
		if slices.Contains(DisplayOrder, name) && f.Columns == "optimizer" && !slices.ContainsFunc(shown.Sources, has) {
			d.report(join(path+".x_limits", name), "is of an optimizer that the figure does not show")
		}
	}
	for _, key := range sortedKeys(f.Names) {
		if !used[key] {
			d.report(join(path+".names", key), "names no condition that the figure shows")
		}
	}
	return shown
}

// selectConditions fills in the entries of an experiment and returns all
// conditions in them.
func (f Figure) selectConditions(d *document, path string, s *Shown, all []known, used map[string]bool) []known {
	var selected []known
	for i, pattern := range f.Conditions {
		at := fmt.Sprintf("%s.conditions[%d]", path, i)
		var matched []known
		for _, c := range all {
			if _, ok := match(pattern, c.Name); ok {
				matched = append(matched, c)
			}
		}
		if len(matched) == 0 {
			d.report(at, "is %q, which is no condition of %s; those are %s", pattern, s.Experiment, quoted(all))
		}
		if f.Reverse {
			slices.Reverse(matched)
		}
		for _, c := range matched {
			if slices.ContainsFunc(selected, func(other known) bool { return other.Name == c.Name }) {
				d.report(at, "selects %s for the second time", c.Name)
			}
			selected = append(selected, c)
			if f.X.Kind != XValue {
				s.Entries = append(s.Entries, Entry{f.name(c.Name, used), []ShownCondition{c.ShownCondition}})
			}
		}
		if f.X.Kind == XValue {
			s.Entries = append(s.Entries, f.valueEntry(d, at, pattern, matched, used))
		}
	}
	if f.Reverse && len(f.Conditions) > 1 && f.X.Kind != XValue {
		d.report(path+".reverse", "needs conditions in the experiment's order; list these in the order meant")
	}
	for i, e := range s.Entries {
		for _, other := range s.Entries[:i] {
			if e.Label == other.Label {
				d.report(path+".names", "calls two conditions of %s %q; give them names that differ", s.Experiment, e.Label)
			}
		}
	}
	return selected
}

// valueEntry returns one line over the conditions that match a pattern. Each
// optimizer has its own values.
func (f Figure) valueEntry(d *document, at, pattern string, matched []known, used map[string]bool) Entry {
	e := Entry{Label: f.name(pattern, used)}
	for _, c := range matched {
		for _, r := range c.Runs {
			if c.columns[r.Optimizer] == "" {
				d.report(at, "selects %s, in which no number varies that could be its place along x", c.Name)
			}
			for _, other := range e.Conditions {
				if known, ok := other.of(r.Optimizer); ok && known.Value == r.Value {
					d.report(at, "selects %s and %s, which have the same place along x", other.Name, c.Name)
				}
			}
			if f.Scale == "log" && r.Value <= 0 {
				d.report(at, "selects %s, whose value has no place on a log scale", c.Name)
			}
		}
		e.Conditions = append(e.Conditions, c.ShownCondition)
	}
	return e
}

// completeShown adds what the selected conditions have in common, and reports
// it if they differ where they must not.
func (p *Params) completeShown(d *document, path string, f Figure, s *Shown, selected []known) {
	first := selected[0]
	for _, c := range selected {
		if !slices.Equal(c.optimizers(), first.optimizers()) {
			d.report(path+".conditions", "selects %s with %s and %s with %s; select conditions of equal optimizers",
				first.Name, strings.Join(first.optimizers(), ", "), c.Name, strings.Join(c.optimizers(), ", "))
		}
	}
	s.Optimizers = first.optimizers()
	placed := append([]string{f.Rows, f.Columns, f.X.dimension()}, f.Lines...)
	s.Layers = math.MaxInt
	for _, c := range selected {
		for _, r := range c.Runs {
			layers := c.layers[r.Optimizer]
			if slices.Contains(placed, "layer") && layers != first.layers[s.Optimizers[0]] {
				d.report(path+".conditions", "selects %s with %d hidden layers and %s, %s with %d; "+
					"layers can be told apart where all networks have as many",
					first.Name, first.layers[s.Optimizers[0]], c.Name, r.Optimizer, layers)
			}
			s.Layers = min(s.Layers, layers)
		}
	}
	if len(s.Entries) > 1 && !slices.Contains(placed, "condition") {
		d.report(path+".conditions", "selects %d, which neither rows, x nor lines tell apart", len(s.Entries))
	}
	if len(s.Optimizers) > 1 && !slices.Contains(placed, "optimizer") {
		d.report(path+".columns", "and lines do not tell the optimizers of %s apart", s.Experiment)
	}
	if slices.Contains(placed, "layer") && s.Layers < 2 {
		d.report(path+".lines", "cannot tell layers apart: %s has runs with one hidden layer", s.Experiment)
	}
	if f.Difference && len(s.Entries) != 2 {
		d.report(path+".difference", "is that of two conditions, but the figure shows %d of %s", len(s.Entries), s.Experiment)
	}
	if f.X.Kind == XValue {
		p.completeValues(d, path, f, s, selected)
	}
}

// completeValues adds the varied parameter, of which there must be exactly one,
// and the baseline's value of it.
func (p *Params) completeValues(d *document, path string, f Figure, s *Shown, selected []known) {
	for _, c := range selected {
		for _, r := range c.Runs {
			column := c.columns[r.Optimizer]
			if s.Column == "" {
				s.Column = column
			}
			if column != s.Column {
				d.report(path+".conditions", "selects values of %s and of %s, which have no common axis", s.Column, column)
			}
		}
	}
	s.Baseline = map[string]float64{}
	for _, optimizer := range s.Optimizers {
		v, ok, several := p.baselineValue(selected, optimizer)
		if ok {
			s.Baseline[optimizer] = v
		}
		if several != "" && f.Vertical == "baseline" {
			d.report(path+".vertical", "is \"baseline\", but %s of %s stands for %s, whose baselines differ; show them in figures of their own",
				s.Column, optimizer, several)
			return
		}
	}
	if f.Vertical == "baseline" && len(s.Baseline) == 0 {
		d.report(path+".vertical", "is \"baseline\", but %s has no value in it", s.Column)
	}
}

// other finds a condition besides those that the figure selects. It must have
// their optimizers and, if layers are distinguished, their layers.
func (f Figure) other(d *document, path, name, experiment string, uses []Use, sources []Shown, epochs *int) *Entry {
	all := conditionsOf(uses, experiment)
	i := slices.IndexFunc(all, func(c known) bool { return c.Name == name })
	if i < 0 {
		d.report(path, "is %q, must be one of %s", name, quoted(all))
		return nil
	}
	c := all[i]
	byLayer := slices.Contains(f.Lines, "layer")
	for _, s := range sources {
		for _, optimizer := range s.Optimizers {
			switch {
			case !slices.Contains(c.optimizers(), optimizer):
				d.report(path, "is %q, which has no runs of %s as %s has", name, optimizer, s.Experiment)
			case byLayer && c.layers[optimizer] < s.Layers:
				d.report(path, "is %q, whose networks have %d hidden layers where the figure shows %d", name, c.layers[optimizer], s.Layers)
			default:
				r, _ := c.of(optimizer)
				*epochs = min(*epochs, r.Epochs)
			}
		}
	}
	return &Entry{f.name(name, map[string]bool{}), []ShownCondition{c.ShownCondition}}
}

// fewestEpochs returns the last epoch that all runs of the optimizers have.
func fewestEpochs(conditions []known, optimizers []string) int {
	fewest := math.MaxInt
	for _, c := range conditions {
		for _, r := range c.Runs {
			if slices.Contains(optimizers, r.Optimizer) {
				fewest = min(fewest, r.Epochs)
			}
		}
	}
	return fewest
}

// conditionsOf lists an experiment's conditions in the order of the file, each
// with its optimizers in the order of figures.
func conditionsOf(uses []Use, experiment string) []known {
	var list []known
	for _, u := range uses {
		if u.Experiment != experiment {
			continue
		}
		i := slices.IndexFunc(list, func(c known) bool { return c.Name == u.Condition })
		if i < 0 {
			c := known{columns: map[string]string{}, varied: map[string]Varied{}, layers: map[string]int{}}
			c.Name = u.Condition
			i, list = len(list), append(list, c)
		}
		list[i].add(u)
	}
	for i := range list {
		slices.SortFunc(list[i].Runs, func(a, b ShownRuns) int {
			return slices.Index(DisplayOrder, a.Optimizer) - slices.Index(DisplayOrder, b.Optimizer)
		})
	}
	return list
}

// add adds a use of the condition. Its runs with one optimizer differ in their
// seed alone, which checkUses has verified.
func (c *known) add(u Use) {
	if i := slices.IndexFunc(c.Runs, func(r ShownRuns) bool { return r.Optimizer == u.Optimizer }); i >= 0 {
		c.Runs[i].Seeds = append(c.Runs[i].Seeds, u.Seed)
		return
	}
	r := ShownRuns{Optimizer: u.Optimizer, Seeds: []uint32{u.Seed}, Epochs: u.Run.Config.Epochs, Updates: u.Run.Config.Updates,
		Split: u.Split()}
	r.Value, _ = strconv.ParseFloat(u.Value, 64) // a varied value is written by format, or empty
	c.Runs = append(c.Runs, r)
	c.layers[u.Optimizer] = len(u.Run.Config.Network.Hidden)
	if u.Value != "" {
		c.columns[u.Optimizer] = u.Column
		for _, v := range u.Varied {
			if v.Column == u.Column {
				c.varied[u.Optimizer] = v
			}
		}
	}
}

// quoted lists the names of conditions. They are quoted because they may
// contain commas.
func quoted(conditions []known) string {
	var list []string
	for _, c := range conditions {
		list = append(list, strconv.Quote(c.Name))
	}
	return strings.Join(list, ", ")
}

// NameOf returns the figure's name for a condition.
func (f Figure) NameOf(condition string) string { return f.name(condition, map[string]bool{}) }

// name is NameOf, and records the key of the name in used. A key without *
// takes precedence, then the longest.
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

// match reports whether a text matches a pattern with at most one *, and
// returns the text that the * stands for.
func match(pattern, text string) (string, bool) {
	before, after, ok := strings.Cut(pattern, "*")
	if !ok {
		return "", pattern == text
	}
	rest, begins := strings.CutPrefix(text, before)
	inner, ends := strings.CutSuffix(rest, after)
	return inner, begins && ends
}

// baselineValue returns the baseline's value of the parameter that varies in the
// selected runs of an optimizer, if it is a number. Entries of an experiment
// may vary different parameters under the name of one column. other names the
// settings if the runs vary several whose baselines differ.
func (p *Params) baselineValue(selected []known, optimizer string) (value float64, ok bool, other string) {
	var first Varied
	for i, c := range selected {
		varied := c.varied[optimizer]
		v, found := number(p.BaselineOf(varied, optimizer))
		if i == 0 {
			first, value, ok = varied, v, found
		} else if found != ok || v != value {
			return 0, false, fmt.Sprintf("%s in %s and for %s in %s", first.name(), selected[0].Name, varied.name(), c.Name)
		}
	}
	return value, ok, ""
}

// name returns the setting that varies, or the column where the file gives no
// setting.
func (v Varied) name() string {
	if v.Setting != "" {
		return v.Setting
	}
	return v.Column
}
