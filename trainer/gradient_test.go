package trainer

import (
	"math"
	"testing"

	"sparsel/trainer/kernel"
	"sparsel/trainer/rng"
)

// A recorder is a rule that keeps the gradients and changes nothing. Pieces of
// parameters are told apart by their first number.
type recorder map[*float32][]float32

func (r recorder) slots() int { return 0 }
func (r recorder) advance()   {}
func (r recorder) update(p parameter, g []float32) bool {
	r[&p.values[0]] = append([]float32(nil), g...)
	return true
}

// gradients returns what the recorder has, in the order of the parameters.
func (r recorder) gradients(n *network) []float32 {
	var all []float32
	for _, l := range n.layers {
		for j := range l.out {
			for i := range l.in {
				panel := r[&l.weights.Panel(j / kernel.Width)[0]]
				all = append(all, panel[i*kernel.Width+j%kernel.Width])
			}
		}
		all = append(all, r[&l.bias.values[0]][:l.out]...)
	}
	return all
}

// twin is the network in float64, written as the formulas are: widths includes
// the inputs and the outputs, and w holds all parameters in their order.
type twin struct {
	widths []int
	w      []float64
}

// logits returns the output for one image of bytes.
func (n twin) logits(image []byte) []float64 {
	x := make([]float64, len(image))
	for i, b := range image {
		x[i] = float64(b) / 255
	}
	w := n.w
	for layer, out := range n.widths[1:] {
		bias := w[len(x)*out:]
		z := make([]float64, out)
		for j := range z {
			z[j] = bias[j]
			for i, v := range x {
				z[j] += v * w[j*len(x)+i]
			}
			if layer < len(n.widths)-2 {
				z[j] = 1 / (1 + math.Exp(-z[j]))
			}
		}
		w, x = bias[out:], z
	}
	return x
}

// loss returns the mean cross-entropy of a whole data set.
func (n twin) loss(s Split) float64 {
	var total float64
	for i, label := range s.Labels {
		x := n.logits(s.Images[i*s.Pixels:][:s.Pixels])
		var sum float64
		for _, v := range x {
			sum += math.Exp(v)
		}
		total += math.Log(sum) - x[label]
	}
	return total / float64(len(s.Labels))
}

// Gradients agree with central differences of the loss of the float64 twin.
// Steps of 2⁻¹⁷ leave the differences an error near 10⁻¹⁰. What float32 adds
// is bounded by its number of roundings: activations, deltas times m and
// inputs are at most 1 in size, and fewer than 128 numbers, each off by 2⁻²⁴
// of at most 1, take part in any element.
func TestGradients(t *testing.T) {
	const tolerance = 128.0 / (1 << 24)
	for _, hidden := range [][]int{{5}, {17}, {9, 6}, {7, 18, 5}} {
		data := generated(7, 24, 9)
		r := recorder{}
		n := newNetwork(kernel.Available()[0], r, data.Pixels, hidden, 7)
		// Weights of this size keep gradients from vanishing on the way back.
		source := rng.New(4)
		for _, l := range n.layers {
			row := make([]float32, l.in)
			for j := range l.out {
				source.Uniform(row, -1.5, 1.5)
				for i, w := range row {
					l.weights.Set(i, j, w)
				}
			}
			source.Uniform(l.bias.values[:l.out], -1, 1)
		}
		n.labels = make([]uint8, 7)
		x := &images{split: data}
		x.load(n.engine, []int32{0, 1, 2, 3, 4, 5, 6})
		loss := n.step(x)

		reference := twin{widths: append(append([]int{data.Pixels}, hidden...), Classes)}
		for _, w := range flatten(n) {
			reference.w = append(reference.w, float64(w))
		}
		if want := reference.loss(data); math.Abs(float64(loss)-want) > tolerance*want {
			t.Errorf("%v: loss is %v, want %v", hidden, loss, want)
		}
		got := r.gradients(n)
		largest := 0.0
		for i := range reference.w {
			const h = 1.0 / (1 << 17)
			w := reference.w[i]
			reference.w[i] = w + h
			above := reference.loss(data)
			reference.w[i] = w - h
			below := reference.loss(data)
			reference.w[i] = w
			want := (above - below) / (2 * h)
			largest = max(largest, math.Abs(want))
			if !(math.Abs(float64(got[i])-want) <= tolerance) {
				t.Errorf("%v: gradient of parameter %d is %v, want %v", hidden, i, got[i], want)
			}
		}
		if largest < 1000*tolerance {
			t.Errorf("%v: no gradient is larger than %v: nothing is tested", hidden, largest)
		}
	}
}
