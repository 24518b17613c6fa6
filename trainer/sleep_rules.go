package trainer

import (
	"math"

	"sparsel/trainer/kernel"
)

// This file says what the rules do with sleeping rows. Plain gradient descent
// and Adagrad do nothing at all without a gradient. Momentum, RMSprop and the
// two proposed variants always update all rows.

func (r *sgd) sleeps() bool { return r.step.WeightDecay == 0 }
func (r *sgd) drifts() bool { return false }
func (r *sgd) updateRows(p *parameter, rows *kernel.Rows) bool {
	return r.set.SGDRows(p.values, rows, r.step)
}
func (r *sgd) wakeRows(*parameter, *kernel.Rows, int32) {}
func (r *sgd) woken(bool)                               {}

func (r *adagrad) sleeps() bool { return r.step.WeightDecay == 0 }
func (r *adagrad) drifts() bool { return false }
func (r *adagrad) updateRows(p *parameter, rows *kernel.Rows) bool {
	return r.set.AdagradRows(p.values, p.state[0], rows, r.step)
}
func (r *adagrad) wakeRows(*parameter, *kernel.Rows, int32) {}
func (r *adagrad) woken(bool)                               {}

func (r *adadelta) sleeps() bool {
	r.longest = standstill(r.step.Rho)
	return r.step.WeightDecay == 0
}

func (r *adadelta) drifts() bool { return false }
func (r *adadelta) updateRows(p *parameter, rows *kernel.Rows) bool {
	r.cut(rows.Sleeps)
	return r.set.AdadeltaRows(p.values, p.state[0], p.state[1], rows, r.step, true)
}

func (r *adadelta) wakeRows(p *parameter, rows *kernel.Rows, _ int32) {
	r.cut(rows.Sleeps)
	r.set.AdadeltaRows(p.values, p.state[0], p.state[1], rows, r.step, false)
}

// cut shortens sleeps, in place, to the number of decays that have an effect.
func (r *adadelta) cut(sleeps []int32) {
	for i, n := range sleeps {
		sleeps[i] = min(n, r.longest)
	}
}

func (r *adadelta) woken(bool) {}

// standstill returns the number of multiplications by factor after which a
// further one changes no result, whatever finite float32 of 0 or more the
// sequence began with. It returns the largest int32 if that takes too long.
//
// Rounding is monotonic, so the largest number stays above all others on its
// way down. If it stops below the smallest normal number, at k units, then
// (1-factor)·k rounds to 0, and so it does for every smaller number of units,
// so these stand still, too.
func standstill(factor float32) int32 {
	x := float32(math.MaxFloat32)
	for n := range int32(1 << 16) {
		next := factor * x
		if next == x {
			if x < 0x1p-126 {
				return n
			}
			break
		}
		x = next
	}
	return math.MaxInt32
}

// sleeps lets rows sleep under Adam if nothing can overflow in a sleep that
// begins below the magnitudes of kernel.AdamRows. Since |m| only shrinks, the
// sleep moves a weight by less than the sum of m·beta1ⁱ·step/eps, which must
// stay far below the distance from AdamCalmWeight to the largest float32.
func (r *adam) sleeps() bool {
	first := r.step
	step := r.lr / (1 - r.beta1) // the largest step size
	first.StepSize, first.SqrtBias2 = float32(step), float32(math.Sqrt(1-r.beta2))
	r.settles = kernel.AdamSettles(first)
	farthest := kernel.AdamCalmMoment * step / (float64(r.step.Eps) * (1 - r.beta1))
	r.remember = r.step.WeightDecay == 0 && farthest < 0x1p120
	return r.remember
}

func (r *adam) drifts() bool { return true }
func (r *adam) updateRows(p *parameter, rows *kernel.Rows) bool {
	return r.set.AdamRows(p.values, p.state[0], p.state[1], rows, r.past[:len(r.past)-1], r.step, r.settles, true)
}

func (r *adam) wakeRows(p *parameter, rows *kernel.Rows, made int32) {
	r.set.AdamRows(p.values, p.state[0], p.state[1], rows, r.past[:made], r.step, r.settles, false)
}

func (r *adam) woken(again bool) { r.past, r.remember = r.past[:0], again }
