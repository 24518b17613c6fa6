package trainer

import (
	"math"
	"slices"
	"testing"

	"sparsel/trainer/kernel"
	"sparsel/trainer/rng"
)

// A recorder is a rule that keeps the gradients and changes nothing. Slices of
// parameters are identified by the address of their first number.
type recorder map[*float32][]float32

func (r recorder) slots() int { return 0 }
func (r recorder) advance()   {}
func (r recorder) update(p parameter, g []float32) bool {
	r[&p.values[0]] = append([]float32(nil), g...)
	return true
}

// gradients returns the recorded gradients in the order of the parameters.
func (r recorder) gradients(n *network) []float32 {
	var all []float32
	for _, l := range n.layers {
		for j := range l.out {
			for i := range l.in {
				panel := r[&l.weights.Panel(j / kernel.Width)[0]]
				all = append(all, panel[l.row(i)*kernel.Width+j%kernel.Width])
			}
		}
		all = append(all, r[&l.bias.values[0]][:l.out]...)
	}
	return all
}

// twin is the network in float64, written directly from the formulas. w holds
// all parameters in their order.
type twin struct {
	shape Network
	w     []float64
	masks func(layer, sample int) []float32 // masks of dropout, or nil
}

// through returns the output for an image of bytes, which is a sample of the
// batch, and the activations of the hidden layers before dropout.
func (n twin) through(image []byte, sample int) (logits []float64, hidden [][]float64) {
	x := make([]float64, len(image))
	for i, b := range image {
		x[i] = float64(b) / 255
	}
	w, channels := n.w, 1
	for _, out := range n.shape.Conv {
		side := squareRoot(len(x) / channels)
		x = pooled(convolved(x, side, channels, out, w), side, out)
		w, channels = w[(9*channels+1)*out:], out
	}
	for layer, out := range append(append([]int(nil), n.shape.Hidden...), ten) {
		bias := w[len(x)*out:]
		z := make([]float64, out)
		for j := range z {
			z[j] = bias[j]
			for i, v := range x {
				z[j] += v * w[j*len(x)+i]
			}
		}
		w, x = bias[out:], z
		if len(w) == 0 {
			break
		}
		for j, v := range z {
			switch n.shape.Activation {
			case "sigmoid":
				z[j] = 1 / (1 + math.Exp(-v))
			case "relu":
				z[j] = max(v, 0)
			case "tanh":
				z[j] = math.Tanh(v)
			}
		}
		hidden = append(hidden, slices.Clone(z))
		if n.masks != nil {
			for j, kept := range n.masks(layer, sample) {
				z[j] *= float64(kept)
			}
		}
	}
	return x, hidden
}

// convolved returns the sums [out][side][side] for the input [in][side][side],
// with w holding the weights [out][in][3][3] and then the biases.
func convolved(x []float64, side, in, out int, w []float64) []float64 {
	z := make([]float64, 0, out*side*side)
	for o := range out {
		for y := range side {
			for c := range side {
				sum := w[9*in*out+o]
				for i := range in {
					for row := max(y-1, 0); row < min(y+2, side); row++ {
						for column := max(c-1, 0); column < min(c+2, side); column++ {
							sum += x[(i*side+row)*side+column] * w[(o*in+i)*9+(row-y+1)*3+column-c+1]
						}
					}
				}
				z = append(z, sum)
			}
		}
	}
	return z
}

// pooled returns the maxima of the rectified windows.
func pooled(z []float64, side, channels int) []float64 {
	half := side / 2
	x := make([]float64, channels*half*half)
	for i := range x {
		top := (i/(half*half)*side+2*(i/half%half))*side + 2*(i%half)
		x[i] = max(z[top], z[top+1], z[top+side], z[top+side+1], 0)
	}
	return x
}

// loss returns the mean cross-entropy of a whole data set, plus the terms that
// the network adds to it.
func (n twin) loss(s Split) float64 {
	var total, added float64
	layers := make([][][]float64, len(n.shape.Hidden)) // by layer and sample
	for i, label := range s.Labels {
		x, hidden := n.through(s.Images[i*s.Pixels:][:s.Pixels], i)
		for l, a := range hidden {
			layers[l] = append(layers[l], a)
			for _, v := range a {
				added += n.shape.L1 * math.Abs(v)
			}
		}
		var sum float64
		for _, v := range x {
			sum += math.Exp(v)
		}
		total += math.Log(sum) - x[label]
	}
	total = (total + added) / float64(len(s.Labels))
	for _, a := range layers {
		total -= n.shape.CSI * meanSelectivity(a, s.Labels) / float64(len(layers))
	}
	return total
}

// meanSelectivity returns the mean over units of the class selectivity index of
// absolute activations, [samples][units].
func meanSelectivity(a [][]float64, labels []uint8) float64 {
	var total float64
	for u := range a[0] {
		sums, counts := map[uint8]float64{}, map[uint8]float64{}
		for i, label := range labels {
			sums[label] += math.Abs(a[i][u])
			counts[label]++
		}
		var means []float64
		for label, sum := range sums {
			means = append(means, sum/counts[label])
		}
		slices.Sort(means)
		largest, rest := means[len(means)-1], 0.0
		for _, mean := range means[:len(means)-1] {
			rest += mean / float64(len(means)-1)
		}
		total += (largest - rest) / (largest + rest + csiEpsilon)
	}
	return total / float64(len(a[0]))
}

// networks are small networks of every kind: several depths and activations,
// channels that do or do not fill panel rows, and images that windows do or do
// not divide evenly.
var networks = []struct {
	Network
	side int
}{
	{Network{Hidden: []int{5}, Activation: "sigmoid"}, 5},
	{Network{Hidden: []int{17}, Activation: "sigmoid"}, 5},
	{Network{Hidden: []int{9, 6}, Activation: "tanh"}, 5},
	{Network{Hidden: []int{12, 9}, Activation: "relu"}, 5},
	{Network{Hidden: []int{7, 18, 5}, Activation: "sigmoid"}, 5},
	{Network{Hidden: []int{6}, Activation: "sigmoid", Conv: []int{3}}, 6},
	{Network{Hidden: []int{6}, Activation: "sigmoid", Conv: []int{16, 5}}, 8},
	{Network{Hidden: []int{7, 5}, Activation: "tanh", Conv: []int{5, 18}}, 7},
	{Network{Hidden: []int{6}, Activation: "sigmoid", Conv: []int{2, 17, 3}}, 9},
}

// penalized are networks whose loss has additional terms, or whose units are
// left out. The seven samples have six classes, so one class has two samples.
var penalized = []struct {
	Network
	side int
}{
	{Network{Hidden: []int{9, 6}, Activation: "sigmoid", L1: 0.1}, 5},
	{Network{Hidden: []int{9, 6}, Activation: "tanh", L1: 0.1}, 5},
	{Network{Hidden: []int{9, 6}, Activation: "relu", L1: 0.1}, 5},
	{Network{Hidden: []int{17}, Activation: "sigmoid", CSI: 1}, 5},
	{Network{Hidden: []int{9, 6}, Activation: "sigmoid", CSI: -3}, 5},
	{Network{Hidden: []int{9, 6}, Activation: "tanh", CSI: 3}, 5},
	{Network{Hidden: []int{12, 9}, Activation: "relu", CSI: -1}, 5},
	{Network{Hidden: []int{12, 9}, Activation: "relu", CSI: 1}, 5},
	{Network{Hidden: []int{6}, Activation: "sigmoid", Conv: []int{3}, CSI: 1, L1: 0.01}, 6},
	{Network{Hidden: []int{9, 16}, Activation: "tanh", Dropout: []float64{0.5, 0.2}}, 5},
	{Network{Hidden: []int{9, 6}, Activation: "sigmoid", Dropout: []float64{0, 0.4}, L1: 0.1, CSI: 1}, 5},
}

// randomize draws weights that are large enough for gradients not to vanish on
// the way back, and small enough in wide layers for sums to stay near 1 in
// size.
func randomize(n *network, seed uint32) {
	source := rng.New(seed)
	for _, l := range n.layers {
		row := make([]float32, l.in)
		bound := float32(min(1.5, 4/math.Sqrt(float64(l.in))))
		for j := range l.out {
			source.Uniform(row, -bound, bound)
			for i, w := range row {
				l.weights.Set(l.row(i), j, w)
			}
		}
		source.Uniform(l.bias.values[:l.out], -1, 1)
	}
}

// Gradients agree with central differences of the loss of the float64 twin.
// With steps of 2⁻¹⁷ the differences have an error near 10⁻¹⁰. The error of
// float32 is bounded by its number of roundings. Activations, deltas times m
// and inputs are at most near 1 in size, and fewer than 128 numbers, each off
// by 2⁻²⁴ of that, take part in any element of a layer's gradient. Behind each
// convolution there are a few more.
//
// The rectifier and the maximum have corners, at which no derivative exists. A
// parameter whose two one-sided differences disagree is near a corner and is
// left out; that must be rare.
func TestGradients(t *testing.T) {
	for _, tt := range slices.Concat(networks, penalized) {
		tolerance := float64(int(128)<<len(tt.Conv)) / (1 << 24)
		data := generated(7, tt.side*tt.side, 9)
		r := recorder{}
		n := newNetwork(kernel.Available()[0], r, data.Pixels, ten, tt.Network, 7)
		randomize(n, 4)
		x := &images{split: data}
		x.load(n.engine, []int32{0, 1, 2, 3, 4, 5, 6})
		loss := n.step(x)

		reference := twin{shape: tt.Network}
		if n.dropout != nil {
			reference.masks = func(layer, sample int) []float32 {
				l := n.dropout.layers[layer]
				if l == nil {
					return nil
				}
				return l.mask[sample*l.dropped.stride:][:l.dropped.units]
			}
		}
		for _, w := range flatten(n) {
			reference.w = append(reference.w, float64(w))
		}
		middle := reference.loss(data)
		bare := reference
		bare.shape.L1, bare.shape.CSI = 0, 0
		if entropy := bare.loss(data); math.Abs(float64(loss)-entropy) > tolerance*entropy {
			t.Errorf("%v: loss is %v, want %v", tt, loss, entropy)
		}
		got := r.gradients(n)
		if len(got) != len(reference.w) {
			t.Fatalf("%v: %d gradients for %d parameters", tt, len(got), len(reference.w))
		}
		largest, corners := 0.0, 0
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
			// Away from corners the two sides differ by h times a second
			// derivative, which is of the order of 1.
			if math.Abs(above-2*middle+below)/h > 16*h {
				corners++
				continue
			}
			if !(math.Abs(float64(got[i])-want) <= tolerance) {
				t.Errorf("%v: gradient of parameter %d is %v, want %v", tt, i, got[i], want)
			}
		}
		if largest < 1000*tolerance/float64(int(1)<<len(tt.Conv)) {
			t.Errorf("%v: no gradient is larger than %v: nothing is tested", tt, largest)
		}
		if corners > len(reference.w)/50 {
			t.Errorf("%v: %d of %d parameters are near a corner", tt, corners, len(reference.w))
		}
		t.Logf("%v: %d parameters, largest gradient %.3f, %d near corners", tt, len(reference.w), largest, corners)
	}
}
