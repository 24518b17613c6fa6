package trainer

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"

	"sparsel/trainer/gemm"
	"sparsel/trainer/kernel"
)

// A network is the model of a run with the work space for one batch.
type network struct {
	set        *kernel.Set
	engine     *gemm.Engine
	rule       rule
	activation activation
	layers     []*layer       // all layers, input side first, in PyTorch's order
	stem       *stem          // the convolutions in front, or nil
	full       []*layer       // the fully connected layers; all but the last are hidden
	hidden     []*activations // hidden[i] is the output of full[i]
	labels     []uint8        // labels of the batch
	sleeper    *sleeper       // updates the first layer instead of its own step, unless nil
	dropout    *dropout       // applied in steps; or nil
	penalties  *penalties     // added to the loss of steps; or nil

	epoch, taken int // current epoch, and steps made in it
}

// newNetwork returns a network with the given numbers of inputs and classes,
// whose parameters are 0, with space for batches of up to batch samples.
func newNetwork(set *kernel.Set, r rule, inputs, classes int, shape Network, batch int) *network {
	n := &network{set: set, engine: gemm.NewEngine(set), rule: r, labels: make([]uint8, batch)}
	n.activation = newActivation(shape.Activation, set)
	if len(shape.Conv) > 0 {
		n.stem = newStem(n.engine, inputs, shape.Conv, batch, r)
		for _, c := range n.stem.stages {
			n.layers = append(n.layers, c.layer)
		}
		inputs = n.stem.output.units
	}
	for _, units := range append(slices.Clone(shape.Hidden), classes) {
		n.full = append(n.full, newLayer(inputs, units, batch, r))
		inputs = units
	}
	if n.stem != nil {
		n.full[0].place = n.stem.place()
	}
	for i, units := range shape.Hidden {
		l := n.full[i]
		n.hidden = append(n.hidden, &activations{values: l.output, stride: l.stride, units: units})
	}
	n.layers = append(n.layers, n.full...)
	n.sleeper = newSleeper(n, batch)
	n.dropout = newDropout(shape.Dropout, n.hidden)
	n.penalties = newPenalties(shape, classes)
	if r, ok := r.(*vsgd); ok {
		r.work = newVSGDWork(n, batch)
	}
	return n
}

// last returns the output layer.
func (n *network) last() *layer { return n.layers[len(n.layers)-1] }

// begin announces the steps of an epoch.
func (n *network) begin(epoch int) { n.epoch, n.taken = epoch, 0 }

// step makes one step on the batch x and returns the mean cross-entropy before
// the step, with dropout applied.
func (n *network) step(x *images) float32 {
	m := len(x.rows)
	labels := n.labels[:m]
	for i, row := range x.rows {
		labels[i] = x.split.Labels[row]
	}

	if n.sleeper != nil {
		n.sleeper.rouse(x)
	}
	n.taken++
	if n.dropout != nil {
		n.dropout.draw(n.epoch, n.taken, m)
	}
	last := n.last()
	input := n.input(x, m, true)
	n.throughFull(input, n.hidden, last.output, m, n.dropout)
	loss := crossEntropy(last.output, last.stride, last.out, labels, last.delta, nil)

	n.rule.advance()
	if r, ok := n.rule.(*vsgd); ok {
		for i := len(n.full) - 1; i > 0; i-- {
			n.back(i, m)
		}
		n.stepVSGD(r, x, m)
		return loss
	}
	for i := len(n.full) - 1; i > 0; i-- {
		n.back(i, m)
		n.full[i].step(n.engine, n.rule, n.entering(i), m)
	}
	first := n.full[0]
	if n.stem != nil {
		first.backward(n.engine, n.stem.delta, n.stem.output.stride, m)
	}
	if made := n.stepRows(x, m); !made {
		first.step(n.engine, n.rule, input, m)
	}
	if n.stem != nil {
		n.stem.backward(n.rule, m)
	}
	return loss
}

// back computes the delta of the hidden layer before layer i from that of layer
// i.
func (n *network) back(i, m int) {
	l, before := n.full[i], n.full[i-1]
	l.backward(n.engine, before.delta, before.stride, m)
	delta := before.delta[:m*before.stride]
	n.dropout.backward(i-1, delta)
	n.penalties.backward(delta, n.hidden[i-1], n.labels[:m], len(n.hidden))
	n.activation.backward(delta, before.output[:len(delta)])
}

// entering returns the input of layer i > 0 in the current step.
func (n *network) entering(i int) source {
	if l := n.dropout.at(i - 1); l != nil {
		return l.dropped
	}
	return n.hidden[i-1]
}

// stepRows updates the first layer row by row, if it is updated that way.
func (n *network) stepRows(x *images, m int) (made bool) {
	if n.sleeper == nil {
		return false
	}
	made, calm := n.sleeper.step(n.engine, x, m)
	if !calm {
		n.sleeper = nil // permanently, because a run that has left this range hardly ever returns
	}
	return made
}

// settle brings all parameters to their state after the last step. It must be
// called between a step and any use of the parameters other than another step.
func (n *network) settle() {
	if n.sleeper != nil {
		n.sleeper.wake(true)
	}
}

// input returns the input of the first fully connected layer for the m samples
// of x. If keep is set, convolutions keep what a step needs.
func (n *network) input(x *images, m int, keep bool) source {
	if n.stem == nil {
		return x
	}
	return n.stem.forward(x, m, keep)
}

// forward computes the activations of the m samples of x in every hidden layer,
// and their logits. hidden[i] has space for the output of full[i].
func (n *network) forward(x *images, hidden []*activations, logits []float32, m int) {
	n.throughFull(n.input(x, m, false), hidden, logits, m, nil)
}

// throughFull is the part of forward after the convolutions. It applies drop,
// unless that is nil.
func (n *network) throughFull(x source, hidden []*activations, logits []float32, m int, drop *dropout) {
	for i, a := range hidden {
		l := n.full[i]
		l.forward(n.engine, a.values, x)
		n.activation.forward(a.values, a.stride, m, l.bias.values)
		a.m = m
		x = drop.apply(i, a)
	}
	last := n.last()
	last.forward(n.engine, logits, x)
	n.set.AddBias(logits, last.stride, m, last.bias.values)
}

// parameters calls visit with all parameters, layer by layer, input side first:
// the weights in rows of one output unit, then the biases. Rows are valid
// during the call.
func (n *network) parameters(visit func(row []float32)) {
	var row []float32
	for _, l := range n.layers {
		for j := range l.out {
			row = row[:0]
			for i := range l.in {
				row = append(row, l.weights.At(l.row(i), j))
			}
			visit(row)
		}
		visit(l.bias.values[:l.out])
	}
}

// canonicalNaN stands for every NaN.
const canonicalNaN = 0x7fc00000

// digest returns the SHA-256 of all parameters as little-endian float32. All
// NaN are hashed as 7fc00000.
func (n *network) digest() [sha256.Size]byte {
	h := sha256.New()
	var bytes []byte
	n.parameters(func(row []float32) {
		bytes = bytes[:0]
		for _, x := range row {
			bits := math.Float32bits(x)
			if x != x {
				bits = canonicalNaN
			}
			bytes = binary.LittleEndian.AppendUint32(bytes, bits)
		}
		h.Write(bytes)
	})
	return [sha256.Size]byte(h.Sum(nil))
}
