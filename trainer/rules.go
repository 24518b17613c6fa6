package trainer

import (
	"math"

	"sparsel/trainer/kernel"
)

// This file has the update rules. The arithmetic of each is in package kernel;
// the rules here keep what changes from step to step.

type sgd struct {
	set  *kernel.Set
	step kernel.SGDStep
}

func (r *sgd) slots() int { return 0 }
func (r *sgd) advance()   {}
func (r *sgd) update(p parameter, g []float32) bool {
	return r.set.SGD(p.values, g, r.step)
}

type momentum struct {
	set      *kernel.Set
	step     kernel.MomentumStep
	nesterov bool
	taken    int
}

func (r *momentum) slots() int { return 1 }

// advance notes whether this is the first step, in which the velocity is the
// gradient itself.
func (r *momentum) advance() {
	r.step.First = r.taken == 0
	r.taken++
}

func (r *momentum) update(p parameter, g []float32) bool {
	if r.nesterov {
		return r.set.Nesterov(p.values, g, p.state[0], r.step)
	}
	return r.set.Momentum(p.values, g, p.state[0], r.step)
}

type adagrad struct {
	set  *kernel.Set
	step kernel.AdagradStep
}

func (r *adagrad) slots() int { return 1 }
func (r *adagrad) advance()   {}
func (r *adagrad) update(p parameter, g []float32) bool {
	return r.set.Adagrad(p.values, g, p.state[0], r.step)
}

type adadelta struct {
	set  *kernel.Set
	step kernel.AdadeltaStep

	longest int32 // number of missed steps beyond which nothing changes any more
}

func (r *adadelta) slots() int { return 2 }
func (r *adadelta) advance()   {}
func (r *adadelta) update(p parameter, g []float32) bool {
	return r.set.Adadelta(p.values, g, p.state[0], p.state[1], r.step)
}

type adam struct {
	set              *kernel.Set
	step             kernel.AdamStep
	lr, beta1, beta2 float64
	taken            uint64

	remember bool              // rows may sleep: keep the scalars that change from step to step
	past     []kernel.AdamPast // of the steps since all rows were awake, including the current one
	settles  bool              // see kernel.AdamSettles
}

func (r *adam) slots() int { return 2 }

// advance computes the bias corrections of the step in float64, as PyTorch
// does, and rounds what enters the updates to float32.
func (r *adam) advance() {
	r.taken++
	correction1 := 1 - power(r.beta1, r.taken)
	correction2 := 1 - power(r.beta2, r.taken)
	r.step.StepSize = float32(r.lr / correction1)
	r.step.SqrtBias2 = float32(math.Sqrt(correction2))
	if r.remember {
		r.past = append(r.past, kernel.AdamPast{NegStepSize: -r.step.StepSize, SqrtBias2: r.step.SqrtBias2})
	}
}

func (r *adam) update(p parameter, g []float32) bool {
	return r.set.Adam(p.values, g, p.state[0], p.state[1], r.step)
}

type rmsprop struct {
	set  *kernel.Set
	step kernel.RMSpropStep
}

func (r *rmsprop) slots() int { return 1 }
func (r *rmsprop) advance()   {}
func (r *rmsprop) update(p parameter, g []float32) bool {
	return r.set.RMSprop(p.values, g, p.state[0], r.step)
}

type adagradK struct {
	set  *kernel.Set
	step kernel.AdagradKStep
}

func (r *adagradK) slots() int { return 1 }
func (r *adagradK) advance()   {}
func (r *adagradK) update(p parameter, g []float32) bool {
	return r.set.AdagradK(p.values, g, p.state[0], r.step)
}

type adadeltaK struct {
	set  *kernel.Set
	step kernel.AdadeltaKStep
}

func (r *adadeltaK) slots() int { return 2 }
func (r *adadeltaK) advance()   {}
func (r *adadeltaK) update(p parameter, g []float32) bool {
	return r.set.AdadeltaK(p.values, g, p.state[0], p.state[1], r.step)
}

// power returns xⁿ by repeated squaring. Unlike math.Pow it gives the same bits
// on every machine by construction, because it consists only of
// multiplications, each rounded.
func power(x float64, n uint64) float64 {
	y := 1.0
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			y = float64(y * x)
		}
		x = float64(x * x)
	}
	return y
}
