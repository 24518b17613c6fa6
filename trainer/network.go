package trainer

import (
	"crypto/sha256"
	"encoding/binary"
	"math"

	"sparsel/trainer/gemm"
	"sparsel/trainer/kernel"
)

// A network is the model of a run with the work space of one batch.
type network struct {
	set    *kernel.Set
	engine *gemm.Engine
	rule   rule
	layers []*layer       // input side first; all but the last are hidden
	hidden []*activations // hidden[i] is the output of layers[i]
	labels []uint8        // of the batch
}

// newNetwork returns a network whose parameters are 0, with space for batches
// of up to batch samples.
func newNetwork(set *kernel.Set, r rule, inputs int, hidden []int, batch int) *network {
	n := &network{set: set, engine: gemm.NewEngine(set), rule: r, labels: make([]uint8, batch)}
	for _, units := range hidden {
		l := newLayer(inputs, units, batch, r)
		n.layers = append(n.layers, l)
		n.hidden = append(n.hidden, &activations{values: l.output, stride: l.stride, units: units})
		inputs = units
	}
	n.layers = append(n.layers, newLayer(inputs, Classes, batch, r))
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

	last := n.last()
	n.forward(x, n.hidden, last.output, m)
	loss := crossEntropy(last.output, last.stride, labels, last.delta, nil)

	n.rule.advance()
	for i := len(n.layers) - 1; i > 0; i-- {
		l, before := n.layers[i], n.layers[i-1]
		l.backward(n.engine, before.delta, before.stride, m)
		used := m * before.stride
		n.set.SigmoidBackward(before.delta[:used], before.output[:used])
		l.step(n.engine, n.rule, n.hidden[i-1], m)
	}
	n.layers[0].step(n.engine, n.rule, x, m)
	return loss
}

// forward computes the activations of the m samples of x in every hidden
// layer, and their logits. hidden[i] has space for the output of layers[i].
func (n *network) forward(x source, hidden []*activations, logits []float32, m int) {
	for i, a := range hidden {
		l := n.layers[i]
		l.forward(n.engine, a.values, x)
		n.set.BiasSigmoid(a.values, a.stride, m, l.bias.values)
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
				row = append(row, l.weights.At(i, j))
			}
			visit(row)
		}
		visit(l.bias.values[:l.out])
	}
}

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
				bits = 0x7fc00000
			}
			bytes = binary.LittleEndian.AppendUint32(bytes, bits)
		}
		h.Write(bytes)
	})
	return [sha256.Size]byte(h.Sum(nil))
}
