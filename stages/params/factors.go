package params

import (
	"fmt"
	"slices"
)

// Factor is a property that an experiment has at two levels, in every
// combination with its other factors.
type Factor struct {
	Column    string   // its name in tables of conditions
	Low, High string   // the level of the first condition comes first
	Second    []string // the conditions at the second level
}

// None stands for the value of a property that a run does not have, such as
// dropout, in sentences, where an empty text would be missing.
const None = "none"

// FactorsOf finds the factors of an experiment, which are the columns in which
// its conditions differ. Each must have two levels, and all combinations must
// be present. The error continues a sentence that begins "is EXPERIMENT, ".
func FactorsOf(uses []Use) ([]Factor, error) {
	var conditions []Use
	for _, u := range uses {
		if u.Optimizer != uses[0].Optimizer {
			return nil, fmt.Errorf("which has runs of %s and of %s; a table of effects is about one optimizer", uses[0].Optimizer, u.Optimizer)
		}
		if !slices.ContainsFunc(conditions, func(o Use) bool { return o.Condition == u.Condition }) {
			conditions = append(conditions, u)
		}
	}
	var factors []Factor
	combinations := map[string]string{}
	keys := make([]string, len(conditions))
	for _, c := range Columns() {
		var levels []any
		of := make([]int, len(conditions))
		for i, u := range conditions {
			v := c.Of(u)
			k := slices.IndexFunc(levels, func(o any) bool { return Equal(o, v) })
			if k < 0 {
				k, levels = len(levels), append(levels, v)
			}
			of[i] = k
		}
		if len(levels) < 2 {
			continue
		}
		if len(levels) > 2 {
			return nil, fmt.Errorf("whose conditions have %d levels of %s; a factor has two", len(levels), c.Name)
		}
		texts := Texts(levels)
		for k, v := range levels {
			if v == nil {
				texts[k] = None
			}
		}
		f := Factor{Column: c.Name, Low: texts[0], High: texts[1]}
		for i, k := range of {
			if keys[i] += fmt.Sprint(k); k == 1 {
				f.Second = append(f.Second, conditions[i].Condition)
			}
		}
		factors = append(factors, f)
	}
	for i, u := range conditions {
		if other, twice := combinations[keys[i]]; twice {
			return nil, fmt.Errorf("whose conditions %s and %s have the same levels of every factor", other, u.Condition)
		}
		combinations[keys[i]] = u.Condition
	}
	if len(factors) == 0 || len(conditions) != 1<<len(factors) {
		return nil, fmt.Errorf("whose %d conditions are not all combinations of its %d factors", len(conditions), len(factors))
	}
	return factors, nil
}
