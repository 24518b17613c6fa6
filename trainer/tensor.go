package trainer

import (
	"fmt"
	"math"
)

// A Tensor holds parameters of a network in PyTorch's shape and order.
type Tensor struct {
	// Name is conv1.weight, conv1.bias, … for the convolutions, hidden1.weight,
	// hidden1.bias, … for the hidden layers, and output.weight and output.bias,
	// in the order in which data pass through the network.
	Name   string
	Shape  []int     // (out), (out, in) or (out, in, 3, 3)
	Values []float32 // row-major; every NaN is 7fc00000
}

// tensors returns a copy of all parameters.
func (n *network) tensors() []Tensor {
	var list []Tensor
	convolutions := len(n.layers) - len(n.full)
	for i, l := range n.layers {
		name, shape := fmt.Sprintf("hidden%d", i-convolutions+1), []int{l.out, l.in}
		switch {
		case i < convolutions:
			name, shape = fmt.Sprintf("conv%d", i+1), []int{l.out, l.in / 9, 3, 3}
		case l == n.last():
			name = "output"
		}
		list = append(list,
			Tensor{name + ".weight", shape, make([]float32, 0, l.out*l.in)},
			Tensor{name + ".bias", []int{l.out}, make([]float32, 0, l.out)})
	}
	at := 0
	n.parameters(func(row []float32) {
		t := &list[at]
		if len(t.Values) == cap(t.Values) {
			at++
			t = &list[at]
		}
		t.Values = append(t.Values, row...)
	})
	for _, t := range list {
		for i, v := range t.Values {
			if v != v {
				t.Values[i] = math.Float32frombits(canonicalNaN)
			}
		}
	}
	return list
}
