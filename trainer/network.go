package trainer

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"

	"sparsel/trainer/gemm"
	"sparsel/trainer/kernel"
)

// A network is the model of a run with the work space of one batch.
type network struct {
	set        *kernel.Set
	engine     *gemm.Engine
	rule       rule
	activation activation
	layers     []*layer       // all, input side first, in the order of PyTorch
	stem       *stem          // the first layers, if they are convolutions; or nil
	full       []*layer       // the fully connected ones; all but the last are hidden
	hidden     []*activations // hidden[i] is the output of full[i]
	labels     []uint8        // of the batch
	sleeper    *sleeper       // updates the first layer instead, unless nil
}

// newNetwork returns a network of so many inputs and classes whose parameters are 0, with space for batches
// of up to batch samples.
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
	return n
}

// last returns the output layer.
func (n *network) last() *layer { return n.layers[len(n.layers)-1] }

// step makes one step on the batch x and returns its mean loss before the
// step.
func (n *network) step(x *images) float32 {
	m := len(x.rows)
	labels := n.labels[:m]
	for i, row := range x.rows {
		labels[i] = x.split.Labels[row]
	}

	if n.sleeper != nil {
		n.sleeper.rouse(x)
	}
	last := n.last()
	input := n.input(x, m, true)
	n.throughFull(input, n.hidden, last.output, m)
	loss := crossEntropy(last.output, last.stride, last.out, labels, last.delta, nil)

	n.rule.advance()
	for i := len(n.full) - 1; i > 0; i-- {
		l, before := n.full[i], n.full[i-1]
		l.backward(n.engine, before.delta, before.stride, m)
		used := m * before.stride
		n.activation.backward(before.delta[:used], before.output[:used])
		l.step(n.engine, n.rule, n.hidden[i-1], m)
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

// stepRows updates the first layer row by row, if that is how it is updated.
func (n *network) stepRows(x *images, m int) (made bool) {
	if n.sleeper == nil {
		return false
	}
	made, calm := n.sleeper.step(n.engine, x, m)
	if !calm {
		n.sleeper = nil // for good: a run that has left this range hardly returns
	}
	return made
}

// settle makes all parameters what they are after the last step. It must come
// between a step and any use of the parameters but another step.
func (n *network) settle() {
	if n.sleeper != nil {
		n.sleeper.wake(true)
	}
}

// input returns what enters the first fully connected layer for the m samples
// of x. With keep, convolutions keep what a step needs.
func (n *network) input(x *images, m int, keep bool) source {
	if n.stem == nil {
		return x
	}
	return n.stem.forward(x, m, keep)
}

// forward computes the activations of the m samples of x in every hidden
// layer, and their logits. hidden[i] has space for the output of full[i].
func (n *network) forward(x *images, hidden []*activations, logits []float32, m int) {
	n.throughFull(n.input(x, m, false), hidden, logits, m)
}

// throughFull is the part of forward behind the convolutions.
func (n *network) throughFull(x source, hidden []*activations, logits []float32, m int) {
	for i, a := range hidden {
		l := n.full[i]
		l.forward(n.engine, a.values, x)
		n.activation.forward(a.values, a.stride, m, l.bias.values)
		a.m = m
		x = a
	}
	last := n.last()
	last.forward(n.engine, logits, x)
	n.set.AddBias(logits, last.stride, m, last.bias.values)
}

// parameters calls visit with all parameters, layer by layer, input side
// first: the weights in rows of one output unit, then the biases. Rows are valid
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
