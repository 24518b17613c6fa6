package trainer

import (
	"fmt"
	"math"
	"slices"
)

// A Hyperparameter is one constant of an optimizer: its name in configuration
// files and its range.
type Hyperparameter struct {
	// Name is "lr", "momentum", "rho", "beta1", "beta2", "alpha", "eps", "k" or
	// "weight_decay", "slow_start" or "initial".
	Name string
	// Optional says that 0 leaves the constant without effect and is the usual
	// choice, so that a file need not give it.
	Optional bool
	limits
}

// Check returns an error such as "is -1: want a finite number, 0 or more" if x
// lies outside the range of the constant, or nil.
//
// Ranges are those of PyTorch with one exception: eps must be positive, because
// pixels that are never lit have gradients of exactly 0, which give 0/0 if eps
// is 0.
func (h Hyperparameter) Check(x float64) error {
	if h.allows(x) {
		return nil
	}
	return fmt.Errorf("is %v: want %s", x, h.want)
}

// limits is a range and its description. A value beyond float32 would enter the
// arithmetic as an infinity, and a value below 1 may not round up to 1 in
// float32. NaN lies in no range.
type limits struct {
	want   string
	allows func(float64) bool
}

var (
	notNegative = limits{"a finite number, 0 or more", func(x float64) bool { return x >= 0 && x <= math.MaxFloat32 }}
	positive    = limits{"a finite number above 0", func(x float64) bool { return float32(x) > 0 && x <= math.MaxFloat32 }}
	fraction    = limits{"0 to 1", func(x float64) bool { return x >= 0 && x <= 1 }}
	atLeastOne  = limits{"a finite number, 1 or more", func(x float64) bool { return x >= 1 && x <= math.MaxFloat32 }}
	steps       = limits{"a whole number, 2 to 1000000", func(x float64) bool { return x >= 2 && x <= 1e6 && x == math.Trunc(x) }}
	belowOne    = limits{"0 or more and below 1", func(x float64) bool { return x >= 0 && float32(x) < 1 }}
)

var (
	lr          = Hyperparameter{"lr", false, notNegative}
	momentumOf  = Hyperparameter{"momentum", true, notNegative}
	rho         = Hyperparameter{"rho", false, fraction}
	beta1       = Hyperparameter{"beta1", false, belowOne}
	beta2       = Hyperparameter{"beta2", false, belowOne}
	alpha       = Hyperparameter{"alpha", false, fraction}
	eps         = Hyperparameter{"eps", false, positive}
	factorK     = Hyperparameter{"k", false, notNegative}
	weightDecay = Hyperparameter{"weight_decay", true, notNegative}
	slowStart   = Hyperparameter{"slow_start", false, atLeastOne}
	initial     = Hyperparameter{"initial", false, steps}
)

// optimizers lists the optimizers and their constants, in the order in which
// messages name them.
var optimizers = []struct {
	name string
	has  []Hyperparameter
}{
	{"SGD", []Hyperparameter{lr, momentumOf, weightDecay}},
	{"Adagrad", []Hyperparameter{lr, eps, weightDecay}},
	{"Adadelta", []Hyperparameter{lr, rho, eps, weightDecay}},
	{"Adam", []Hyperparameter{lr, beta1, beta2, eps, weightDecay}},
	{"RMSprop", []Hyperparameter{lr, alpha, eps, weightDecay}},
	{"AdagradK", []Hyperparameter{lr, factorK, eps, weightDecay}},
	{"AdadeltaK", []Hyperparameter{lr, rho, factorK, eps, weightDecay}},
	{"vSGD", []Hyperparameter{slowStart, initial, eps}},
}

// Optimizers returns the names that [Optimizer.Name] may have.
func Optimizers() []string {
	var names []string
	for _, o := range optimizers {
		names = append(names, o.name)
	}
	return names
}

// Hyper returns the constants of the optimizer with that name, or nil if there
// is no such optimizer. The learning rate is first and the weight decay last;
// vSGD has neither.
func Hyper(name string) []Hyperparameter {
	for _, o := range optimizers {
		if o.name == name {
			return slices.Clone(o.has)
		}
	}
	return nil
}

// Constant returns a pointer to the field of o that holds the hyper-parameter
// with that name, or nil if no optimizer has one.
func (o *Optimizer) Constant(name string) *float64 {
	switch name {
	case "lr":
		return &o.LR
	case "momentum":
		return &o.Momentum
	case "rho":
		return &o.Rho
	case "beta1":
		return &o.Beta1
	case "beta2":
		return &o.Beta2
	case "alpha":
		return &o.Alpha
	case "eps":
		return &o.Eps
	case "k":
		return &o.K
	case "weight_decay":
		return &o.WeightDecay
	case "slow_start":
		return &o.SlowStart
	case "initial":
		return &o.Initial
	}
	return nil
}

// hyperNames lists all constants of all optimizers.
func hyperNames() []string {
	var names []string
	for _, o := range optimizers {
		for _, h := range o.has {
			if !slices.Contains(names, h.Name) {
				names = append(names, h.Name)
			}
		}
	}
	return names
}

// optimizer checks that o has what its rule needs and nothing else.
func (p *problems) optimizer(o Optimizer) {
	p.oneOf("optimizer", o.Name, Optimizers()...)
	has := Hyper(o.Name)
	if has == nil {
		has = []Hyperparameter{lr, weightDecay} // the constants that every rule has
	}
	known := Hyper(o.Name) != nil
	for _, name := range hyperNames() {
		value := *o.Constant(name)
		i := slices.IndexFunc(has, func(h Hyperparameter) bool { return h.Name == name })
		switch {
		case i >= 0:
			if err := has[i].Check(value); err != nil {
				p.check(false, "%s %w", spelled(name), err)
			}
		case known:
			p.check(value == 0, "%s is %v, which %s does not have: leave it 0", spelled(name), value, o.Name)
		}
	}
	if o.Nesterov && o.Name == "SGD" {
		p.check(o.Momentum > 0, "nesterov is set and momentum is %v: want a momentum above 0", o.Momentum)
	} else if known {
		p.check(!o.Nesterov, "nesterov is set, which %s does not have: leave it unset", o.Name)
	}
}

// spelled returns the name of a constant as written in a sentence.
func spelled(name string) string {
	switch name {
	case "lr":
		return "learning rate"
	case "weight_decay":
		return "weight decay"
	case "slow_start":
		return "slow start"
	case "initial":
		return "initial steps"
	}
	return name
}
