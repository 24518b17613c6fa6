package trainer

import "slices"

// Activations are the activations of the hidden units for the measured samples.
// As [Config.Measure] says, these are the test set or the training set after an
// epoch, or the samples of the epoch's steps in the order of the steps.
type Activations struct {
	Layers      [][]float32 // per hidden layer, [samples][units]: row-major, without padding
	Units       []int       // per hidden layer
	Labels      []uint8     // per sample
	Predictions []uint8     // per sample
}

// A collector gathers the activations of an epoch's measured samples, batch by
// batch, and computes their statistics.
type collector struct {
	found       Activations
	meters      []*meter
	predictions []uint8 // predictions for a batch
	// statisticsOnly says that activations are not kept.
	statisticsOnly bool
}

// newCollector returns a collector with space for the given number of samples.
func newCollector(n *network, samples int) *collector {
	c := &collector{}
	for _, a := range n.hidden {
		c.found.Units = append(c.found.Units, a.units)
		c.found.Layers = append(c.found.Layers, make([]float32, 0, samples*a.units))
		c.meters = append(c.meters, newMeter(n.set, a.units, n.last().out))
	}
	c.found.Labels = make([]uint8, 0, samples)
	c.found.Predictions = make([]uint8, 0, samples)
	return c
}

// reset forgets all earlier samples.
func (c *collector) reset() {
	for i := range c.found.Layers {
		c.found.Layers[i] = c.found.Layers[i][:0]
	}
	c.found.Labels, c.found.Predictions = c.found.Labels[:0], c.found.Predictions[:0]
}

// finish returns the statistics of the samples added since the last call.
func (c *collector) finish() []Layer {
	var layers []Layer
	for _, m := range c.meters {
		layers = append(layers, m.finish())
	}
	return layers
}

// add adds a batch: the outputs of each hidden layer, the labels and the
// predictions.
func (c *collector) add(hidden []*activations, labels, predictions []uint8) {
	for i, a := range hidden {
		for s, label := range labels {
			values := a.values[s*a.stride:][:a.units]
			if !c.statisticsOnly {
				c.found.Layers[i] = append(c.found.Layers[i], values...)
			}
			c.meters[i].add(values, label)
		}
	}
	if c.statisticsOnly {
		return
	}
	c.found.Labels = append(c.found.Labels, labels...)
	c.found.Predictions = append(c.found.Predictions, predictions...)
}

// collect adds the m samples of the step just made. The layers still hold what
// they computed before the step updated the parameters.
func (n *network) collect(c *collector, m int) {
	last, labels := n.last(), n.labels[:m]
	c.predictions = slices.Grow(c.predictions[:0], m)[:m]
	crossEntropy(last.output, last.stride, last.out, labels, nil, c.predictions)
	c.add(n.hidden, labels, c.predictions)
}
