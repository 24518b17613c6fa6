package trainer

import (
	"math"

	"sparsel/trainer/gemm"
	"sparsel/trainer/kernel"
	"sparsel/trainer/rng"
)

// A layer has the parameters of out weighted sums of in numbers and a bias. The
// columns out..stride-1 are called padding below. No result depends on them.
type layer struct {
	in, out int
	stride  int // out rounded up to whole panel rows
	// place says which row of weights belongs to each input if the order
	// differs from that of PyTorch; otherwise it is nil.
	place   []int32
	weights *gemm.Panels // in×out, or more rows if place skips some: those stay 0
	finite  bool         // whether all weights are finite
	bias    parameter    // stride
	whole   parameter    // the weights again, with their optimizer state
	panels  []parameter  // whole, panel by panel

	output []float32 // batch×stride: activations if hidden, logits if last
	delta  []float32 // batch×stride: gradient of the loss with respect to the weighted sums
	sums   []float32 // stride: gradient of the loss with respect to the bias

	// apply updates one panel of the weights from its gradient. It is created
	// once, so that a step allocates nothing.
	apply func(panel int, g []float32)
}

// newLayer returns a layer whose parameters are 0, with space for batches of
// up to batch samples.
func newLayer(in, out, batch int, r rule) *layer {
	l := newLayerOf(gemm.NewPanels(in, out), r)
	l.in = in
	l.output = make([]float32, batch*l.stride)
	l.delta = make([]float32, batch*l.stride)
	return l
}

// newPlacedLayer returns a layer with the given number of rows of weights and
// without space for samples. Input i belongs to row place[i].
func newPlacedLayer(place []int32, rows, out int, r rule) *layer {
	l := newLayerOf(gemm.NewPanels(rows, out), r)
	l.in, l.place = len(place), place
	return l
}

func newLayerOf(weights *gemm.Panels, r rule) *layer {
	l := &layer{out: weights.Cols, stride: weights.Padded(), weights: weights, finite: true}
	l.whole = newParameter(l.weights.Data, r.slots())
	size := weights.Rows * kernel.Width
	for q := range l.weights.Count() {
		l.panels = append(l.panels, l.whole.slice(q*size, (q+1)*size))
	}
	l.bias = newParameter(make([]float32, l.stride), r.slots())
	l.sums = make([]float32, l.stride)
	l.apply = func(q int, g []float32) {
		finite := r.update(l.panels[q], g)
		l.finite = l.finite && finite
	}
	return l
}

// draw sets the parameters as PyTorch initialises a linear or convolutional
// layer: weights in rows of one output unit, then biases, all uniform within
// 1/√in of 0.
func (l *layer) draw(s *rng.Source) {
	bound := float32(1 / math.Sqrt(float64(l.in)))
	row := make([]float32, l.in)
	for j := range l.out {
		s.Uniform(row, -bound, bound)
		for i, w := range row {
			l.weights.Set(l.row(i), j, w)
		}
	}
	s.Uniform(l.bias.values[:l.out], -bound, bound)
}

// row returns the row of weights that belongs to input i.
func (l *layer) row(i int) int {
	if l.place == nil {
		return i
	}
	return int(l.place[i])
}

// forward computes the weighted sums of x, without the bias, into z.
func (l *layer) forward(e *gemm.Engine, z []float32, x source) {
	x.times(e, z, l.stride, l.weights, l.finite)
}

// backward computes the gradient with respect to the m outputs of the layer
// before, whose rows are ldd apart, from the layer's own delta. It must be
// called before step.
func (l *layer) backward(e *gemm.Engine, delta []float32, ldd, m int) {
	e.MulTransposed(delta, ldd, l.delta, l.stride, m, l.weights)
}

// step updates the parameters from delta and the m samples of x that it was
// computed from.
func (l *layer) step(e *gemm.Engine, r rule, x source, m int) {
	set, delta := e.Kernel(), l.delta[:m*l.stride]
	set.ColumnSums(l.sums, delta, l.stride, m)
	// A number that is not finite makes the sum of its column not finite, and
	// finite numbers rarely add up to an infinity, so delta is hardly ever
	// searched.
	finite := set.Finite(l.sums) || set.Finite(delta)
	l.finite = true
	x.gradient(e, delta, l.stride, l.out, finite, l.apply)
	r.update(l.bias, l.sums)
}
