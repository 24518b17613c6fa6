package params

import (
	"math"
	"slices"
	"strings"

	"sparsel/trainer"
)

// formula is a number made of a run's settings, by which conditions that differ
// in one or more of them can be put in a row.
type formula struct {
	text  string
	value func(trainer.Config) float64
}

// formulas are all there are. Their texts are what they compute.
var formulas = []formula{
	// What a gradient moves a weight in the end, per sample: the step of SGD
	// with momentum.
	{"lr/(batch*(1-momentum))", func(c trainer.Config) float64 {
		return c.Optimizer.LR / (float64(c.Batch) * (1 - c.Optimizer.Momentum))
	}},
	// How many past gradients an exponential mean holds.
	{"1/(1-momentum)", func(c trainer.Config) float64 { return 1 / (1 - c.Optimizer.Momentum) }},
	{"1/(1-beta1)", func(c trainer.Config) float64 { return 1 / (1 - c.Optimizer.Beta1) }},
	{"1/(1-beta2)", func(c trainer.Config) float64 { return 1 / (1 - c.Optimizer.Beta2) }},
	{"1/(1-alpha)", func(c trainer.Config) float64 { return 1 / (1 - c.Optimizer.Alpha) }},
}

// Alongs lists the formulas that along may be.
func Alongs() []string {
	var list []string
	for _, f := range formulas {
		list = append(list, f.text)
	}
	return list
}

// placed gives a condition its place along a formula, for one run. What is 1/0
// or beyond float64 has no place: the error of the caller says so.
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
