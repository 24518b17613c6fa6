package trainer

import "sparsel/trainer/kernel"

// An activation is the activation function of the hidden units.
type activation struct {
	// forward adds the bias to m rows of sums, ld apart, and applies the
	// function, in place.
	forward func(z []float32, ld, m int, bias []float32)
	// backward turns the gradient d with respect to the activations a into the
	// gradient with respect to the sums, in place.
	backward func(d, a []float32)
}

func newActivation(name string, set *kernel.Set) activation {
	switch name {
	case "sigmoid":
		return activation{set.BiasSigmoid, set.SigmoidBackward}
	case "relu":
		return activation{set.BiasReLU, set.ReLUBackward}
	case "tanh":
		return activation{set.BiasTanh, set.TanhBackward}
	}
	panic("trainer: no activation " + name) // unreachable: Validate refuses the name
}
