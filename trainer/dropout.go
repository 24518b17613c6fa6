package trainer

import "sparsel/trainer/rng"

// dropout leaves hidden units out of training steps, independently for each
// sample. An activation is kept with a probability of one minus the rate and is
// then divided by that probability, so that its mean is the same as without
// dropout. Tests leave nothing out.
type dropout struct {
	seed   uint32
	layers []*dropoutLayer // one per hidden layer; nil if all units are kept
}

type dropoutLayer struct {
	rate    float64
	mask    []float32    // batch×stride: 0, or one divided by the probability of being kept
	dropped *activations // the input of the next layer in a step
}

// newDropout returns nil if no rate is above 0.
func newDropout(rates []float64, hidden []*activations) *dropout {
	d := &dropout{layers: make([]*dropoutLayer, len(hidden))}
	used := false
	for i, rate := range rates {
		if rate == 0 {
			continue
		}
		a := hidden[i]
		d.layers[i] = &dropoutLayer{rate: rate, mask: make([]float32, len(a.values)),
			dropped: &activations{values: make([]float32, len(a.values)), stride: a.stride, units: a.units}}
		used = true
	}
	if !used {
		return nil
	}
	return d
}

// draw draws the masks of a step of m samples. Each layer has a stream of its
// own in every step, and takes one output for each sample and unit, in this
// order.
func (d *dropout) draw(epoch, step, m int) {
	for i, l := range d.layers {
		if l == nil {
			continue
		}
		stream := rng.Named(d.seed, "dropout", uint64(epoch), uint64(step), uint64(i))
		// Both are exact enough for any rate, because 2⁻³² is less than its
		// rounding error.
		least, stay := uint64(l.rate*(1<<32)), float32(1/(1-l.rate))
		for s := range m {
			row := l.mask[s*l.dropped.stride:][:l.dropped.units]
			for j := range row {
				row[j] = 0
				if uint64(stream.Uint32()) >= least {
					row[j] = stay
				}
			}
		}
	}
}

// apply returns the input of the next layer: a itself, or a with the masks
// applied.
func (d *dropout) apply(i int, a *activations) *activations {
	l := d.at(i)
	if l == nil {
		return a
	}
	l.dropped.m = a.m
	l.mult(l.dropped.values[:a.m*a.stride], a.values)
	return l.dropped
}

// backward turns the gradient with respect to the result of apply into the
// gradient with respect to its argument.
func (d *dropout) backward(i int, delta []float32) {
	if l := d.at(i); l != nil {
		l.mult(delta, delta)
	}
}

// at returns nil if all units of the layer are kept.
func (d *dropout) at(i int) *dropoutLayer {
	if d == nil || i >= len(d.layers) {
		return nil
	}
	return d.layers[i]
}

// mult multiplies src by the masks and stores the result in dst.
func (l *dropoutLayer) mult(dst, src []float32) {
	for k, x := range l.mask[:len(dst)] {
		dst[k] = src[k] * x
	}
}
