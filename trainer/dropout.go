package trainer

import "sparsel/trainer/rng"

// dropout leaves hidden units out of training steps, each sample for itself. An
// activation stays with a chance of one less the rate, and is then divided by
// that chance, so that its mean is what it is without dropout; tests leave
// nothing out.
type dropout struct {
	seed   uint32
	layers []*dropoutLayer // one a hidden layer; nil where all units stay
}

type dropoutLayer struct {
	rate    float64
	mask    []float32    // batch×stride: 0, or one divided by the chance to stay
	dropped *activations // the input of the next layer in a step
}

// newDropout returns nil where no rate is above 0.
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

// draw draws the masks of a step of m samples. Each layer has a stream of its own
// in every step, and takes one output for each sample and unit, in this order.
func (d *dropout) draw(epoch, step, m int) {
	for i, l := range d.layers {
		if l == nil {
			continue
		}
		stream := rng.Named(d.seed, "dropout", uint64(epoch), uint64(step), uint64(i))
		// Both are exact enough for any rate: 2⁻³² is below a rounding of it.
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

// apply returns the input of the next layer: a itself, or what the masks leave of
// it.
func (d *dropout) apply(i int, a *activations) *activations {
	l := d.at(i)
	if l == nil {
		return a
	}
	l.dropped.m = a.m
	l.mult(l.dropped.values[:a.m*a.stride], a.values)
	return l.dropped
}

// backward turns the gradient by what apply returned into the gradient by what it
// was given.
func (d *dropout) backward(i int, delta []float32) {
	if l := d.at(i); l != nil {
		l.mult(delta, delta)
	}
}

// at returns nil where all units of the layer stay.
func (d *dropout) at(i int) *dropoutLayer {
	if d == nil || i >= len(d.layers) {
		return nil
	}
	return d.layers[i]
}

// mult multiplies src by the masks into dst.
func (l *dropoutLayer) mult(dst, src []float32) {
	for k, x := range l.mask[:len(dst)] {
		dst[k] = src[k] * x
	}
}
