package params

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sparsel/trainer"
)

// A Column is a property in which uses of runs may differ, as tables show it: a
// value that one or several settings give a run, how the run is seeded, or how
// it is measured.
type Column struct {
	Name string
	Of   func(Use) any // a number or words; nil if the run has no such property
}

// texts lists the columns that several settings share, or for which a bare
// value would say too little.
var texts = map[string]func(Use) any{
	"network":         func(u Use) any { return u.NetworkText() },
	"training images": func(u Use) any { return samplerText(u.Run.Config) },
	"measured on":     func(u Use) any { return measureText(u.Run.Config) },
}

// Columns lists all columns in the order of tables.
func Columns() []Column {
	var list []Column
	for _, s := range allSettings() {
		if slices.ContainsFunc(list, func(c Column) bool { return c.Name == s.Column }) {
			continue
		}
		of := texts[s.Column]
		if of == nil {
			of = func(u Use) any { return s.get(u.Run.Config) }
		}
		list = append(list, Column{s.Column, of})
	}
	return append(list,
		Column{"seeding", func(u Use) any { return u.Run.Config.Seeding.Mode }},
		Column{"CCMAS epsilon", func(u Use) any { return u.CCMASEpsilon }},
	)
}

// columnOf returns a run's value in a column that settings determine.
func columnOf(name string, c trainer.Config, d Dataset) any {
	for _, column := range Columns() {
		if column.Name == name {
			return column.Of(Use{Run: &Run{Config: c}, Data: d})
		}
	}
	return nil
}

// Texts formats the values of a column for several uses together, so that
// numbers get as many digits as it takes to distinguish them. It returns an
// empty text for a value that a run does not have.
func Texts(values []any) []string {
	var numbers []float64
	var at []int
	list := make([]string, len(values))
	for i, v := range values {
		if x, ok := number(v); ok {
			numbers, at = append(numbers, x), append(at, i)
		} else if v != nil {
			list[i] = format(v)
		}
	}
	for k, label := range Labels(numbers) {
		list[at[k]] = label
	}
	return list
}

// BaselineUse returns the baseline with one of the optimizers as a use. The
// columns of an experiment's uses are compared with it.
func (p *Params) BaselineUse(optimizer string) Use {
	c := p.shorten(p.BaselineRun(optimizer))
	c.Seeding.Mode = p.Study.Seeding
	return Use{Optimizer: optimizer, CCMASEpsilon: p.Metrics.CCMASEpsilon, Run: &Run{Config: c}, Data: p.dataset}
}

// VariedUse returns the baseline of a use with nothing changed but what varies
// in the use. A sweep that varies one parameter at a time has such runs alone.
func (p *Params) VariedUse(u Use) Use {
	plain := p.BaselineUse(u.Optimizer)
	for _, s := range allSettings() { // in the order in which runs are configured
		for _, v := range u.Varied {
			if named, ok := v.SettingOf(); ok && named.Name == s.Name {
				s.give(&plain.Run.Config, v.Value, p.dataset)
			}
		}
	}
	return plain
}

// give sets a value that the file gives in set, in vary or as the number of a
// column. Such a number may stand for a whole one, or for a list of equal ones
// with one for each hidden layer. It returns false if the setting has no such
// value.
func (s Setting) give(c *trainer.Config, value any, d Dataset) bool {
	forms := []any{value}
	if x, ok := value.(float64); ok {
		if whole := int64(x); float64(whole) == x {
			forms = append(forms, whole)
		}
	}
	for _, form := range slices.Clone(forms) {
		forms = append(forms, slices.Repeat([]any{form}, len(c.Network.Hidden)), []any{form})
	}
	for _, form := range forms {
		if again := *c; s.set(&again, form, d) == nil {
			*c = again
			return true
		}
	}
	return false
}

// SettingOf finds the setting that varies, either by its name or, if the file
// only gives column and value, by its column. The name of a column that several
// settings share says of none that it varies.
func (v Varied) SettingOf() (Setting, bool) {
	if s, ok := SettingOf(v.Setting); ok {
		return s, true
	}
	if v.Setting != "" {
		return Setting{}, false
	}
	return columnSetting(v.Column)
}

// columnSetting finds the setting whose name or column is the name of a column
// of the tidy table.
func columnSetting(name string) (Setting, bool) {
	for _, s := range allSettings() {
		if name == s.Name || texts[s.Column] == nil && strings.ReplaceAll(name, "_", " ") == s.Column {
			return s, true
		}
	}
	return Setting{}, false
}

// BaselineOf returns the baseline's value of something that varies, or nil if
// it has no such thing.
func (p *Params) BaselineOf(v Varied, optimizer string) any {
	if s, ok := v.SettingOf(); ok {
		return s.get(p.BaselineRun(optimizer))
	}
	return nil
}

// NetworkText returns the widths of the layers, input first.
func (u Use) NetworkText() string {
	n := u.Run.Config.Network
	parts := []string{strconv.Itoa(u.Data.Pixels())}
	for _, channels := range n.Conv {
		parts = append(parts, fmt.Sprintf("conv %d", channels))
	}
	for _, width := range n.Hidden {
		parts = append(parts, strconv.Itoa(width))
	}
	return strings.Join(append(parts, strconv.Itoa(u.Data.Classes)), " → ")
}

// samplerText says in which order a run takes the training images, and whether
// it leaves some out.
func samplerText(c trainer.Config) any {
	s := c.Sampler
	text := s.Kind
	switch s.Kind {
	case "sorted":
		text = "sorted by class"
	case "consecutive":
		text = fmt.Sprintf("runs of %d of one class", s.Block)
	case "classes":
		text = "1 class a batch"
		if s.Classes != 1 {
			text = fmt.Sprintf("%d classes a batch", s.Classes)
		}
	}
	if phases := phasesText(s.Phases); phases != nil {
		text = phases.(string)
	}
	if s.OrderSeed != 0 {
		text += fmt.Sprintf(" in the order of seed %d", s.OrderSeed)
	}
	if s.Clean {
		text += ", no image left out"
	}
	return text
}

func measureText(c trainer.Config) any {
	switch c.Measure {
	case "", "test":
		return "test images after the epoch"
	case "train-running":
		return "training images during the epoch"
	}
	return "training images after the epoch"
}
