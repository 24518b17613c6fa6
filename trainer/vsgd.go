package trainer

import (
	"slices"

	"sparsel/trainer/gemm"
	"sparsel/trainer/kernel"
)

// vsgd is the optimizer vSGD-fd of Schaul and LeCun, "Adaptive learning rates
// and parallelization for stochastic, sparse, non-smooth gradients" (arXiv
// 1301.3764), in the form of its algorithm for batches of n samples. Each
// parameter is treated by itself. Let g_j be the gradient of sample j, g the
// mean of these, and ḡ, v̄, h̄, w̄ running averages with the memory τ:
//
//  1. The gradients are computed a second time, for the same samples, with all
//     parameters shifted at once, each by its own δ = ḡ ± ε. That gives the
//     curvatures h_j = |(g_j - g_j(θ+δ))/δ|, with mean h.
//  2. If |g-ḡ| > 2√(v̄-ḡ²) or |h-h̄| > 2√(w̄-h̄²), the batch is an outlier and
//     τ ← τ+1.
//  3. ḡ ← (1-1/τ)ḡ + 1/τ·mean g_j, and likewise v̄ with g_j², h̄ with h_j and
//     w̄ with h_j².
//  4. The rate is η = h̄/w̄ · n·ḡ²/(v̄+(n-1)ḡ²). With n = 1 that is h̄/w̄ ·
//     ḡ²/v̄.
//  5. τ ← (1-ḡ²/v̄)·τ + 1.
//  6. θ ← θ - η·g.
//
// In the first Initial steps no parameter changes, and the averages are
// arithmetic means over these batches. Then v̄ and h̄ are multiplied by
// SlowStart, which is C in the preceding paper (Schaul, Zhang and LeCun, "No
// more pesky learning rates", arXiv 1206.1106), w̄ is multiplied by its square,
// and τ is set to Initial. In the very first step δ comes from that batch's own
// gradient.
//
// ε keeps δ away from 0. Here it has the sign of ḡ, so that the two cannot
// cancel. The paper's reweighting of sparse gradients is another algorithm and
// is left out.
type vsgd struct {
	set     *kernel.Set
	step    kernel.VSGDStep
	initial int
	factor  float32 // SlowStart
	taken   int
	sums    kernel.VSGDSums // for the parameters that are updated next, except G

	work *vsgdWork
}

func (r *vsgd) slots() int { return 5 }
func (r *vsgd) advance()   { r.taken++ }

// update makes a step with the sums of the batch, of which g is the first.
func (r *vsgd) update(p parameter, g []float32) bool {
	sums, state := r.sums, vsgdState(p)
	sums.G = g
	if r.taken > r.initial {
		return r.set.VSGD(p.values, state, sums, r.step)
	}
	for i := range state.Tau {
		state.Tau[i] = float32(r.taken)
	}
	r.set.VSGDAverage(state, sums, r.step)
	if r.taken == r.initial {
		r.set.VSGDScale(state, r.factor)
	}
	return r.set.Finite(p.values)
}

func vsgdState(p parameter) kernel.VSGDState {
	return kernel.VSGDState{G: p.state[0], V: p.state[1], H: p.state[2], V2: p.state[3], Tau: p.state[4]}
}

// vsgdRows is how many rows of a panel are updated at a time. Their sums should
// stay in the first-level cache between VSGDSum and VSGD.
const vsgdRows = 64

// vsgdWork is what a network needs to pass a batch through a second time.
type vsgdWork struct {
	layers []vsgdLayer // parallel to network.full
	sums   [4][]float32
	batch  kernel.VSGDBatch
	ones   []float32

	// Which samples of a batch count for each input.
	some, all         []kernel.Span
	someList, allList []int32
}

type vsgdLayer struct {
	weights       *gemm.Panels // shifted
	bias          []float32    // shifted
	output, delta []float32    // results of the shifted network
	dropped       [2][]float32 // outputs of both passes after dropout
	biases        []parameter  // panel by panel
}

func newVSGDWork(n *network, batch int) *vsgdWork {
	w := &vsgdWork{layers: make([]vsgdLayer, len(n.full)), ones: make([]float32, batch)}
	largest := 0
	for i := range w.ones {
		w.ones[i] = 1
		w.allList = append(w.allList, int32(i))
	}
	for i, l := range n.full {
		largest = max(largest, l.weights.Rows)
		w.layers[i] = vsgdLayer{
			weights: gemm.NewPanels(l.weights.Rows, l.weights.Cols), bias: make([]float32, l.stride),
			output: make([]float32, len(l.output)), delta: make([]float32, len(l.delta)),
		}
		if n.dropout.at(i) != nil {
			w.layers[i].dropped = [2][]float32{make([]float32, len(l.output)), make([]float32, len(l.output))}
		}
		for q := range l.weights.Count() {
			w.layers[i].biases = append(w.layers[i].biases, l.bias.slice(q*kernel.Width, (q+1)*kernel.Width))
		}
	}
	w.all, w.some = make([]kernel.Span, largest), make([]kernel.Span, n.full[0].in)
	for i := range w.sums {
		w.sums[i] = make([]float32, vsgdRows*kernel.Width)
	}
	return w
}

// stepVSGD makes a step. The deltas of all layers hold their gradients, the
// outputs hold the inputs of the next layers, and x is the input of the first.
func (n *network) stepVSGD(r *vsgd, x *images, m int) {
	w := r.work
	r.step.Samples = float32(m)
	if r.taken == 1 {
		n.eachSums(r, x, m, func(p parameter, sums kernel.VSGDSums) bool {
			copy(vsgdState(p).G, sums.G)
			return true
		})
	}
	for i, l := range n.full {
		s := &w.layers[i]
		l.finite = r.set.VSGDShift(s.weights.Data, l.weights.Data, l.whole.state[0], r.step.Eps)
		r.set.VSGDShift(s.bias, l.bias.values, l.bias.state[0], r.step.Eps)
	}
	n.swap(w)
	last := n.last()
	n.throughFull(x, n.hidden, last.output, m, n.dropout)
	crossEntropy(last.output, last.stride, last.out, n.labels[:m], last.delta, nil)
	for i := len(n.full) - 1; i > 0; i-- {
		n.back(i, m)
	}
	n.swap(w)
	for _, l := range n.full {
		l.finite = true
	}
	n.eachSums(r, x, m, func(p parameter, sums kernel.VSGDSums) bool {
		r.sums = sums
		return r.update(p, sums.G)
	})
}

// swap exchanges the parameters with the shifted ones, and the results of the
// last pass with those of the pass before it.
func (n *network) swap(w *vsgdWork) {
	for i, l := range n.full {
		s := &w.layers[i]
		l.weights, s.weights = s.weights, l.weights
		l.bias.values, s.bias = s.bias, l.bias.values
		l.output, s.output = s.output, l.output
		l.delta, s.delta = s.delta, l.delta
		if i < len(n.hidden) {
			n.hidden[i].values = l.output
		}
	}
}

// eachSums calls visit with the sums of all weights, some rows of a panel at a
// time, and of all biases. visit reports whether what it has been given is
// finite afterwards.
func (n *network) eachSums(r *vsgd, x *images, m int, visit func(p parameter, sums kernel.VSGDSums) bool) {
	w := r.work
	for k := range w.all {
		w.all[k] = kernel.Span{To: int32(m)}
	}
	for i, l := range n.full {
		s := &w.layers[i]
		in := pair{a: x.pixels(n.set), b: x.pixels(n.set), stride: x.split.Pixels}
		if i > 0 {
			in = n.inputs(w, i-1, m)
		}
		spans, samples := w.all, w.allList
		// A pixel that is 0 adds nothing unless it meets an infinity.
		if i == 0 && n.set.Finite(l.delta[:m*l.stride]) && n.set.Finite(s.delta[:m*l.stride]) {
			w.light(in, m)
			spans, samples = w.some, w.someList
		}
		ones := pair{a: w.ones, b: w.ones, stride: 1}
		for q := range l.panels {
			p := &l.panels[q]
			for from := 0; from < l.weights.Rows; from += vsgdRows {
				to := min(from+vsgdRows, l.weights.Rows)
				sums := w.add(n.set, in, l, s, from, q, spans[from:to], samples)
				finite := visit(p.slice(from*kernel.Width, to*kernel.Width), sums)
				l.finite = l.finite && finite
			}
			visit(s.biases[q], w.add(n.set, ones, l, s, 0, q, w.all[:1], w.allList))
		}
	}
}

// light lists the samples in which each pixel is not 0.
func (w *vsgdWork) light(in pair, m int) {
	w.someList = slices.Grow(w.someList[:0], m*in.stride)[:m*in.stride]
	n := 0
	for k := range w.some {
		from := n
		for i := range m {
			w.someList[n] = int32(i) // overwritten unless it counts
			if in.a[i*in.stride+k] != 0 {
				n++
			}
		}
		w.some[k] = kernel.Span{From: int32(from), To: int32(n)}
	}
}

// A pair is the input of a layer in the two passes, in rows of one sample.
type pair struct {
	a, b   []float32
	stride int
}

// inputs returns the input of the layer after hidden layer i.
func (n *network) inputs(w *vsgdWork, i, m int) pair {
	l, s := n.full[i], &w.layers[i]
	in := pair{a: l.output, b: s.output, stride: l.stride}
	if drop := n.dropout.at(i); drop != nil {
		used := m * l.stride
		drop.mult(s.dropped[0][:used], l.output)
		drop.mult(s.dropped[1][:used], s.output)
		in.a, in.b = s.dropped[0], s.dropped[1]
	}
	return in
}

// add returns the sums for the parameters that connect the inputs that begin at
// from with the outputs of panel q. spans has the samples of each.
func (w *vsgdWork) add(
	set *kernel.Set, in pair, l *layer, s *vsgdLayer, from, q int, spans []kernel.Span, samples []int32,
) kernel.VSGDSums {
	size := len(spans) * kernel.Width
	sums := kernel.VSGDSums{G: w.sums[0][:size], V: w.sums[1][:size], H: w.sums[2][:size], V2: w.sums[3][:size]}
	w.batch = kernel.VSGDBatch{
		A: in.a[from:], B: in.b[from:], Step: in.stride,
		D: l.delta[q*kernel.Width:], E: s.delta[q*kernel.Width:], DStep: l.stride,
		Spans: spans, Samples: samples,
	}
	set.VSGDSum(sums, &w.batch)
	return sums
}
