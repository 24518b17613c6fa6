package trainer

import "sparsel/trainer/kernel"

// maxSlots is the largest number of state values that a rule keeps for a
// parameter.
const maxSlots = 5

// A parameter is a slice of the network's parameters together with the
// optimizer's state for it, all of equal length. State that the rule does not
// keep is nil.
type parameter struct {
	values []float32
	state  [maxSlots][]float32
}

// newParameter returns the values with the given number of state values for
// each, all 0.
func newParameter(values []float32, slots int) parameter {
	p := parameter{values: values}
	for i := range slots {
		p.state[i] = make([]float32, len(values))
	}
	return p
}

// slice returns the part [from, to) of p.
func (p *parameter) slice(from, to int) parameter {
	part := parameter{values: p.values[from:to]}
	for i, state := range p.state {
		if state != nil {
			part.state[i] = state[from:to]
		}
	}
	return part
}

// A rule is an optimizer at a certain step of a run.
type rule interface {
	// slots returns the number of state values that a parameter needs, all of
	// which begin at 0.
	slots() int
	// advance moves on to the next step. It is called before the updates of
	// each step, including the first.
	advance()
	// update makes one step with gradient g, in place, and reports whether all
	// values are then finite.
	update(p parameter, g []float32) bool
}

// newRule returns the optimizer before its first step. As in PyTorch, constants
// are rounded to float32 once, after all arithmetic among them.
func newRule(o Optimizer, set *kernel.Set) rule {
	lr, decay, eps := float32(o.LR), float32(o.WeightDecay), float32(o.Eps)
	switch o.Name {
	case "SGD":
		if o.Momentum != 0 {
			return &momentum{set: set, nesterov: o.Nesterov, step: kernel.MomentumStep{
				LR: lr, Momentum: float32(o.Momentum), WeightDecay: decay}}
		}
		return &sgd{set, kernel.SGDStep{LR: lr, WeightDecay: decay}}
	case "Adagrad":
		return &adagrad{set, kernel.AdagradStep{LR: lr, Eps: eps, WeightDecay: decay}}
	case "Adadelta":
		return &adadelta{set: set, step: kernel.AdadeltaStep{
			LR: lr, Rho: float32(o.Rho), OneMinusRho: float32(1 - o.Rho), Eps: eps, WeightDecay: decay}}
	case "Adam":
		return &adam{set: set, lr: o.LR, beta1: o.Beta1, beta2: o.Beta2, step: kernel.AdamStep{
			Beta1: float32(o.Beta1), OneMinusBeta1: float32(1 - o.Beta1),
			Beta2: float32(o.Beta2), OneMinusBeta2: float32(1 - o.Beta2),
			Eps: eps, WeightDecay: decay}}
	case "RMSprop":
		return &rmsprop{set, kernel.RMSpropStep{
			LR: lr, Alpha: float32(o.Alpha), OneMinusAlpha: float32(1 - o.Alpha), Eps: eps, WeightDecay: decay}}
	case "AdagradK":
		return &adagradK{set, kernel.AdagradKStep{LR: lr, K: float32(o.K), Eps: eps, WeightDecay: decay}}
	case "AdadeltaK":
		return &adadeltaK{set, kernel.AdadeltaKStep{LR: lr, K: float32(o.K),
			Rho: float32(o.Rho), OneMinusRho: float32(1 - o.Rho), Eps: eps, WeightDecay: decay}}
	case "vSGD":
		return &vsgd{set: set, initial: int(o.Initial), factor: float32(o.SlowStart), step: kernel.VSGDStep{Eps: eps}}
	}
	panic("trainer: no optimizer " + o.Name) // unreachable: Validate refuses the name
}
