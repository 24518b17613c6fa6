package params

import (
	"math"
	"slices"
	"strings"

	"sparsel/trainer"
)

// formula computes a number from a run's settings. It puts conditions in order
// that differ in one or more of these settings.
type formula struct {
	text  string
	value func(trainer.Config) float64
}

// formulas lists all formulas. The text of each is what it computes.
var formulas = []formula{
	// The distance that a gradient finally moves a weight, per sample: the step
	// of SGD with momentum.
	{"lr/(batch*(1-momentum))", func(c trainer.Config) float64 {
		return c.Optimizer.LR / (float64(c.Batch) * (1 - c.Optimizer.Momentum))
	}},
	// How many past gradients an exponential mean averages.
	{"1/(1-momentum)", func(c trainer.Config) float64 { return 1 / (1 - c.Optimizer.Momentum) }},
	{"1/(1-beta1)", func(c trainer.Config) float64 { return 1 / (1 - c.Optimizer.Beta1) }},
	{"1/(1-beta2)", func(c trainer.Config) float64 { return 1 / (1 - c.Optimizer.Beta2) }},
	{"1/(1-alpha)", func(c trainer.Config) float64 { return 1 / (1 - c.Optimizer.Alpha) }},
}

// Alongs lists the formulas that `along` may name.
func Alongs() []string {
	var list []string
	for _, f := range formulas {
		list = append(list, f.text)
	}
	return list
}

// placed sets a condition's value along a formula, for one run. It returns
// false if the value is 1/0 or out of range for float64, and the caller reports
// the error.
func (e *Experiment) placed(c condition, config trainer.Config) (condition, bool) {
	i := slices.IndexFunc(formulas, func(f formula) bool { return f.text == e.Along })
	if i < 0 {
		return c, true
	}
	v := roundTrip(formulas[i].value(config))
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return c, false
	}
	column := e.Column
	if column == "" {
		column = e.Along
	}
	c.column, c.value = column, format(v)
	c.varied = []Varied{{Column: column, Value: v}}
	c.name, c.tidy = strings.ReplaceAll(c.name, "{along}", c.value), strings.ReplaceAll(c.tidy, "{along}", c.value)
	return c, true
}
