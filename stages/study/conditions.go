package study

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sparsel/stages/params"
	"sparsel/stages/table"
	"sparsel/trainer"
)

// The tables that the parameter file alone determines. They describe the
// conditions of an experiment.

// conditionsTable has a row for each condition of an experiment, and a column
// for each property in which its conditions differ from each other or from the
// baseline.
func (b *builder) conditionsTable(t params.Table) table.TextParams {
	p := table.TextParams{ID: t.ID, Title: t.Title, Mark: b.mark, Header: []string{"condition", "optimizers"},
		Caption: "Whatever is not shown is as in the baseline"}
	if p.Title == "" {
		p.Title = "Conditions of experiment " + t.Experiment
	}
	uses := b.distinct(t.Experiment)
	conditions, of := byCondition(uses)
	p.Rows = make([][]string, len(conditions))
	for i, name := range conditions {
		p.Rows[i] = []string{name, b.all(optimizersAt(uses, of[name]))}
	}
	for _, column := range columns() {
		if !b.differs(column, uses) {
			continue
		}
		p.Header = append(p.Header, column.Name)
		var values []any
		for _, u := range uses {
			values = append(values, column.Of(u))
		}
		texts := params.Texts(values)
		for i, name := range conditions {
			p.Rows[i] = append(p.Rows[i], cell(uses, texts, of[name]))
		}
	}
	p.Notes = append(b.seedsNote(t.Experiment), notes(t)...)
	return p
}

// The columns of a run's length. Epochs of a run with a fixed number of updates
// say how often it is measured.
const (
	epochsColumn       = "epochs"
	measurementsColumn = "measurements"
)

// columns lists the columns of tables of conditions. A run has either epochs or
// measurements.
func columns() []params.Column {
	var list []params.Column
	for _, c := range params.Columns() {
		if list = append(list, c); c.Name != epochsColumn {
			continue
		}
		of := func(updates bool) func(params.Use) any {
			return func(u params.Use) any {
				if (u.Run.Config.Updates > 0) != updates {
					return nil
				}
				return c.Of(u)
			}
		}
		list[len(list)-1].Of = of(false)
		list = append(list, params.Column{Name: measurementsColumn, Of: of(true)})
	}
	return list
}

// distinct lists the uses of an experiment, one for each condition and
// optimizer. Seeds change nothing that tables of conditions show.
func (b *builder) distinct(experiment string) []params.Use {
	type cell struct{ condition, optimizer string }
	seen := map[cell]bool{}
	var list []params.Use
	for _, u := range b.uses {
		if c := (cell{u.Condition, u.Optimizer}); u.Experiment == experiment && !seen[c] {
			seen[c], list = true, append(list, u)
		}
	}
	return list
}

// byCondition groups the indices of uses by condition, in the order of the
// file.
func byCondition(uses []params.Use) (order []string, of map[string][]int) {
	of = map[string][]int{}
	for i, u := range uses {
		if of[u.Condition] == nil {
			order = append(order, u.Condition)
		}
		of[u.Condition] = append(of[u.Condition], i)
	}
	return order, of
}

// optimizersAt lists the optimizers of the uses with the given indices.
func optimizersAt(uses []params.Use, at []int) []string {
	var list []string
	for _, i := range at {
		list = append(list, uses[i].Optimizer)
	}
	return list
}

// optimizersOf lists the optimizers of uses, each once, in the order of figures
// and tables.
func optimizersOf(uses []params.Use) []string {
	return slices.DeleteFunc(slices.Clone(params.DisplayOrder), func(name string) bool {
		return !slices.ContainsFunc(uses, func(u params.Use) bool { return u.Optimizer == name })
	})
}

// differs reports whether any use differs from the baseline in a column.
func (b *builder) differs(column params.Column, uses []params.Use) bool {
	return slices.ContainsFunc(uses, func(u params.Use) bool { return !params.Equal(column.Of(u), column.Of(b.baseline(u))) })
}

func (b *builder) baseline(u params.Use) params.Use { return b.params.BaselineUse(u.Optimizer) }

// cell returns what the uses of a condition have in a column: a single text if
// it is the same for all of its optimizers, or each text with its optimizers.
func cell(uses []params.Use, texts []string, condition []int) string {
	var order []string
	of := map[string][]string{} // optimizers, by text
	for _, i := range condition {
		if of[texts[i]] == nil {
			order = append(order, texts[i])
		}
		of[texts[i]] = append(of[texts[i]], uses[i].Optimizer)
	}
	if len(order) == 1 {
		return order[0]
	}
	var parts []string
	for _, text := range order {
		if text != "" { // otherwise the optimizer lacks this constant
			parts = append(parts, strings.Join(inOrder(of[text]), ", ")+": "+text)
		}
	}
	return strings.Join(parts, "; ")
}

// inOrder puts optimizers in the order of figures and tables.
func inOrder(names []string) []string {
	return slices.SortedFunc(slices.Values(names), func(x, y string) int {
		return cmp.Compare(slices.Index(params.DisplayOrder, x), slices.Index(params.DisplayOrder, y))
	})
}

// all lists optimizers. If they are those of the study, it returns "all".
func (b *builder) all(names []string) string {
	lacks := func(optimizer string) bool { return !slices.Contains(names, optimizer) }
	if all := b.params.Study.Optimizers; len(names) == len(all) && !slices.ContainsFunc(all, lacks) {
		return "all"
	}
	return strings.Join(inOrder(names), ", ")
}

// seedsNote says which seeds an experiment has, unless it has all.
func (b *builder) seedsNote(experiment string) []string {
	var seeds []string
	for _, u := range b.uses {
		if seed := strconv.FormatUint(uint64(u.Seed), 10); u.Experiment == experiment && !slices.Contains(seeds, seed) {
			seeds = append(seeds, seed)
		}
	}
	if len(seeds) == len(b.params.Study.Seeds) {
		return nil
	}
	return []string{fmt.Sprintf("Of the study's %d seeds %s has %s.", len(b.params.Study.Seeds), experiment, strings.Join(seeds, ", "))}
}

// swept is a parameter that an experiment varies, and the optimizers that share
// its values.
type swept struct {
	experiment, column, setting string
	optimizers                  []string
	values                      []any
	baselines                   []any // of each optimizer; nil if the baseline has no such thing
}

// gridsTable has a row for each swept parameter and the optimizers that share
// its values.
func (b *builder) gridsTable(t params.Table) table.TextParams {
	p := table.TextParams{
		ID: t.ID, Title: t.Title, Mark: b.mark, Header: []string{"parameter", "optimizers", "values", "values tried", "baseline"},
		Caption: "One parameter varies at a time; the others are the baseline's",
	}
	var rows []*swept
	var apart []string
	for _, experiment := range t.Experiments {
		uses := b.distinct(experiment)
		for _, optimizer := range optimizersOf(uses) {
			for _, s := range b.sweeps(experiment, optimizer, uses) {
				i := slices.IndexFunc(rows, func(r *swept) bool {
					return r.column == s.column && r.setting == s.setting && slices.EqualFunc(r.values, s.values, params.Equal)
				})
				if i < 0 {
					rows = append(rows, s)
					continue
				}
				if !slices.Contains(rows[i].optimizers, optimizer) {
					rows[i].optimizers = append(rows[i].optimizers, optimizer)
					rows[i].baselines = append(rows[i].baselines, s.baselines...)
				}
			}
		}
		apart = append(apart, b.besides(experiment, uses)...)
	}
	if len(apart) > 0 {
		p.Caption = "One parameter varies at a time and the others are the baseline's, but for what the notes say"
	}
	for _, r := range rows {
		texts := params.Texts(append(slices.Clone(r.values), r.baselines...))
		tried, baselines := texts[:len(r.values)], texts[len(r.values):]
		var of []string
		for i, optimizer := range r.optimizers {
			if baselines[i] == "" {
				baselines[i] = "–"
			}
			of = append(of, optimizer+" "+baselines[i])
		}
		p.Rows = append(p.Rows, []string{r.column, b.all(r.optimizers), strconv.Itoa(len(tried)), strings.Join(tried, ", "),
			strings.Join(of, ", ")})
	}
	p.Notes = append(apart, notes(t)...)
	return p
}

// sweeps lists what varies in an experiment with an optimizer.
func (b *builder) sweeps(experiment, optimizer string, uses []params.Use) []*swept {
	var list []*swept
	for _, u := range uses {
		if u.Optimizer != optimizer {
			continue
		}
		for _, v := range u.Varied {
			i := slices.IndexFunc(list, func(s *swept) bool { return s.column == v.Column && s.setting == v.Setting })
			if i < 0 {
				i = len(list)
				list = append(list, &swept{experiment: experiment, column: v.Column, setting: v.Setting, optimizers: []string{optimizer},
					baselines: []any{b.params.BaselineOf(v, optimizer)}})
			}
			if s := list[i]; !slices.ContainsFunc(s.values, func(x any) bool { return params.Equal(x, v.Value) }) {
				s.values = append(s.values, v.Value)
			}
		}
	}
	return list
}

// besides says how the conditions of a sweep differ from the baseline apart
// from what varies, and from each other if several parameters vary at once.
func (b *builder) besides(experiment string, uses []params.Use) []string {
	var list []string
	varied := map[string]bool{} // columns of what varies in any condition
	plain := make([]params.Use, len(uses))
	for i, u := range uses {
		plain[i] = b.params.VariedUse(u)
		if len(u.Varied) == 0 {
			list = append(list, fmt.Sprintf("%s has the condition %s as well, in which nothing varies.", experiment, u.Condition))
			continue
		}
		var together []string
		for _, v := range u.Varied {
			together = append(together, v.Column)
			if s, ok := v.SettingOf(); ok {
				varied[s.Column] = true
			}
		}
		if len(together) > 1 {
			list = append(list, fmt.Sprintf("In %s %s vary together.", experiment, strings.Join(together, " and ")))
		}
	}
	order, of := byCondition(uses)
	for _, column := range columns() {
		// The seeding of a run, and the constant added to the index's
		// denominator, are not parameters of the training. A run without epochs
		// has updates.
		if column.Name == "seeding" || column.Name == "CCMAS epsilon" || column.Name == epochsColumn && measurement(uses) == "measurement" {
			continue
		}
		var apart []string // conditions that have another value than the baseline with what varies in them
		for _, name := range order {
			differs := func(i int) bool { return !params.Equal(column.Of(uses[i]), column.Of(plain[i])) }
			if slices.ContainsFunc(of[name], differs) {
				apart = append(apart, name)
			}
		}
		if len(apart) == 0 {
			continue
		}
		var values []any
		for _, u := range uses {
			values = append(values, column.Of(u))
		}
		texts := params.Texts(values)
		for i, v := range values {
			if v == nil && !constant(column.Name) {
				texts[i] = params.None
			}
		}
		shown, where := order, ""
		if varied[column.Name] && len(apart) < len(order) { // elsewhere the table has the values
			shown, where = apart, " in "+strings.Join(apart, ", ")
		}
		var cells []string
		for _, name := range shown {
			if c := cell(uses, texts, of[name]); c != "" && !slices.Contains(cells, c) {
				cells = append(cells, c)
			}
		}
		list = append(list, fmt.Sprintf("In %s the %s %s %s%s.", experiment, column.Name, verb(column.Name), strings.Join(cells, " or "), where))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// verb returns "are" after the name of a column in the plural, else "is".
func verb(column string) string {
	if slices.Contains([]string{"training images", "validation images", epochsColumn, measurementsColumn, "updates"}, column) {
		return "are"
	}
	return "is"
}

// constant reports whether a column is a constant of optimizers, which the
// others do not lack but do not know.
func constant(column string) bool {
	return slices.ContainsFunc(params.DisplayOrder, func(optimizer string) bool {
		return slices.ContainsFunc(params.ConstantsOf(optimizer), func(s params.Setting) bool { return s.Column == column })
	})
}

// parametersTable has a row for each network of an experiment, by size.
func (b *builder) parametersTable(t params.Table) table.TextParams {
	p := table.TextParams{
		ID: t.ID, Title: t.Title, Mark: b.mark, Notes: notes(t), Caption: "Weights and biases",
		Header: []string{"hidden units", "network", "parameters"},
	}
	counts := map[string]uint64{}
	for _, u := range b.distinct(t.Experiment) {
		c := u.Run.Config
		network := u.NetworkText()
		if counts[network] > 0 {
			continue
		}
		// A network draws each of its parameters once. Epochs and the order of
		// the images, which may be drawn without a count, are left out.
		c.Epochs, c.Sampler = 0, trainer.Sampler{}
		counts[network] = c.Draws(u.Data.Pixels(), u.Data.Classes, u.Data.Train)
		units := 0
		for _, width := range c.Network.Hidden {
			units += width
		}
		p.Rows = append(p.Rows, []string{strconv.Itoa(units), network, strconv.FormatUint(counts[network], 10)})
	}
	slices.SortStableFunc(p.Rows, func(x, y []string) int { return cmp.Compare(counts[x[1]], counts[y[1]]) })
	return p
}
