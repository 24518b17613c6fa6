package trainer

import (
	"math"
	"testing"

	"sparsel/trainer/kernel"
	"sparsel/trainer/rng"
)

// The variants of Adagrad and Adadelta follow equations 6.1 and 6.2 of the
// study, written out in float64. A float32 step has fewer than 16 roundings.
// None is followed by a cancellation except in the parameter itself, whose size
// starts near 1. The state carries them from step to step.
func TestProposedRules(t *testing.T) {
	const n, steps = 32, 8
	source := rng.New(9)
	start, gradients := make([]float32, n), make([]float32, n*steps)
	source.Uniform(start, -1, 1)
	source.Uniform(gradients, -0.5, 0.5)
	adagrad := func(o Optimizer, w, g float64, state *[2]float64) float64 {
		state[0] += g * g
		return w - o.LR*o.K*state[0]*state[0]/(math.Sqrt(state[0])+o.Eps)*g
	}
	adadelta := func(o Optimizer, w, g float64, state *[2]float64) float64 {
		state[0] = o.Rho*state[0] + (1-o.Rho)*g*g
		step := o.K * state[0] * state[0] * math.Sqrt(state[1]+o.Eps) / math.Sqrt(state[0]+o.Eps) * g
		state[1] = o.Rho*state[1] + (1-o.Rho)*step*step
		return w - o.LR*step
	}
	for _, tt := range []struct {
		o    Optimizer
		rule func(o Optimizer, w, g float64, state *[2]float64) float64
	}{
		{Optimizer{Name: "AdagradK", LR: 0.1, Eps: 1e-10, K: 2}, adagrad},
		{Optimizer{Name: "AdagradK", LR: 0.1, Eps: 1e-10, K: 2, WeightDecay: 0.1}, adagrad},
		{Optimizer{Name: "AdagradK", LR: 0.1, Eps: 1e-10}, adagrad},
		{Optimizer{Name: "AdadeltaK", LR: 1, Rho: 0.9, Eps: 1e-6, K: 1e4}, adadelta},
		{Optimizer{Name: "AdadeltaK", LR: 0.5, Rho: 0.5, Eps: 1e-6, K: 100, WeightDecay: 0.1}, adadelta},
	} {
		r := newRule(tt.o, kernel.Available()[0])
		p := newParameter(append([]float32(nil), start...), r.slots())
		state := make([][2]float64, n)
		want := make([]float64, n)
		for i, w := range start {
			want[i] = float64(w)
		}
		moved := 0.0
		for s := range steps {
			r.advance()
			if !r.update(p, gradients[s*n:][:n]) {
				t.Fatalf("%+v: not finite after %d steps", tt.o, s+1)
			}
			for i, got := range p.values {
				g := float64(gradients[s*n+i]) + tt.o.WeightDecay*want[i]
				before := want[i]
				want[i] = tt.rule(tt.o, before, g, &state[i])
				moved = max(moved, math.Abs(want[i]-before))
				if bound := float64(16*(s+1)) / (1 << 24) * (1 + math.Abs(want[i])); math.Abs(float64(got)-want[i]) > bound {
					t.Errorf("%+v, step %d, parameter %d: got %v, want %v", tt.o, s+1, i, got, want[i])
				}
			}
		}
		if tt.o.K != 0 && moved < 1e-3 {
			t.Errorf("%+v: no step is larger than %v: nothing is tested", tt.o, moved)
		}
		if tt.o.K == 0 && moved != 0 {
			t.Errorf("%+v: moves without K", tt.o)
		}
	}
}

// The square of an accumulator overflows long before the accumulator does. From
// then on the parameter is infinite, and NaN if infinities meet zeros or each
// other.
func TestProposedRulesOverflow(t *testing.T) {
	inf := math.Inf(1)
	for _, set := range kernel.Available() {
		for _, o := range []Optimizer{adagradKSmall, adadeltaKSmall} {
			r := newRule(o, set)
			p := newParameter([]float32{1, 1, 1}, r.slots())
			r.advance()
			if r.update(p, []float32{1e12, -1e12, 0}) {
				t.Errorf("%s: %+v: reports finite parameters", set, o)
			}
			for i, want := range []float64{-inf, inf, 1} {
				if float64(p.values[i]) != want {
					t.Errorf("%s: %+v: parameter %d is %v, want %v", set, o, i, p.values[i], want)
				}
			}
			r.advance()
			r.update(p, []float32{-1e12, -1e12, 0})
			for i, want := range []float64{math.NaN(), inf, 1} {
				if got := p.values[i]; !sameNumber(got, float32(want)) {
					t.Errorf("%s: %+v: parameter %d is %v after the second step, want %v", set, o, i, got, want)
				}
			}
		}
	}
}
