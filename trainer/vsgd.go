package trainer

import "sparsel/trainer/kernel"

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

// vsgdWork is what a network needs to pass a batch through a second time.
type vsgdWork struct {
	layers []vsgdLayer // parallel to network.full
	sums   [4][]float32
	ones   []float32
}

type vsgdLayer struct {
	weights, bias []float32    // values before the shift
	output, delta []float32    // results of the shifted network
	dropped       [2][]float32 // outputs of both passes after dropout
	biases        []parameter  // panel by panel
}

func newVSGDWork(n *network, batch int) *vsgdWork {
	w := &vsgdWork{layers: make([]vsgdLayer, len(n.full)), ones: make([]float32, batch)}
	for i := range w.ones {
		w.ones[i] = 1
	}
	largest := 0
	for i, l := range n.full {
		largest = max(largest, l.weights.Rows*kernel.Width)
		w.layers[i] = vsgdLayer{
			weights: make([]float32, len(l.weights.Data)), bias: make([]float32, l.stride),
			output: make([]float32, len(l.output)), delta: make([]float32, len(l.delta)),
		}
		if n.dropout.at(i) != nil {
			w.layers[i].dropped = [2][]float32{make([]float32, len(l.output)), make([]float32, len(l.output))}
		}
		for q := range l.weights.Count() {
			w.layers[i].biases = append(w.layers[i].biases, l.bias.slice(q*kernel.Width, (q+1)*kernel.Width))
		}
	}
	for i := range w.sums {
		w.sums[i] = make([]float32, largest)
	}
	return w
}

// stepVSGD makes a step. The deltas of all layers hold their gradients, the
// outputs hold the inputs of the next layers, and x is the input of the first.
func (n *network) stepVSGD(r *vsgd, x *images, m int) {
	w := r.work
	r.step.Samples = float32(m)
	if r.taken == 1 {
		n.eachSums(r, x, m, func(p parameter, sums kernel.VSGDSums) { copy(vsgdState(p).G, sums.G) })
	}
	for i, l := range n.full {
		s := &w.layers[i]
		copy(s.weights, l.weights.Data)
		copy(s.bias, l.bias.values)
		r.set.VSGDShift(l.weights.Data, l.whole.state[0], r.step.Eps)
		r.set.VSGDShift(l.bias.values, l.bias.state[0], r.step.Eps)
		l.finite = r.set.Finite(l.weights.Data)
	}
	n.swap(w)
	last := n.last()
	n.throughFull(x, n.hidden, last.output, m, n.dropout)
	crossEntropy(last.output, last.stride, last.out, n.labels[:m], last.delta, nil)
	for i := len(n.full) - 1; i > 0; i-- {
		n.back(i, m)
	}
	n.swap(w)
	for i, l := range n.full {
		copy(l.weights.Data, w.layers[i].weights)
		copy(l.bias.values, w.layers[i].bias)
		l.finite = true
	}
	n.eachSums(r, x, m, func(p parameter, sums kernel.VSGDSums) {
		r.sums = sums
		r.update(p, sums.G)
	})
	for _, l := range n.full {
		l.finite = r.set.Finite(l.weights.Data)
	}
}

// swap exchanges the results of the last pass with those of the pass before it.
func (n *network) swap(w *vsgdWork) {
	for i, l := range n.full {
		s := &w.layers[i]
		l.output, s.output = s.output, l.output
		l.delta, s.delta = s.delta, l.delta
		if i < len(n.hidden) {
			n.hidden[i].values = l.output
		}
	}
}

// eachSums calls visit with the sums of every panel of weights and biases.
func (n *network) eachSums(r *vsgd, x *images, m int, visit func(p parameter, sums kernel.VSGDSums)) {
	w := r.work
	for i, l := range n.full {
		s := &w.layers[i]
		in := pair{a: x.pixels(n.set), b: x.pixels(n.set), stride: x.split.Pixels}
		if i > 0 {
			in = n.inputs(w, i-1, m)
		}
		// What is 0 in both passes adds nothing unless it meets an infinity.
		in.sparse = n.set.Finite(l.delta[:m*l.stride]) && n.set.Finite(s.delta[:m*l.stride])
		for q, p := range l.panels {
			visit(p, w.add(in, l, s, l.weights.Rows, q, m))
		}
		for q, p := range s.biases {
			visit(p, w.add(pair{a: w.ones, b: w.ones, stride: 1}, l, s, 1, q, m))
		}
	}
}

// A pair is the input of a layer in the two passes, in rows of one sample.
type pair struct {
	a, b   []float32
	stride int
	sparse bool
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

// add returns the sums for the parameters that connect rows inputs with the
// outputs of panel q. Samples are added in ascending order.
func (w *vsgdWork) add(in pair, l *layer, s *vsgdLayer, rows, q, m int) kernel.VSGDSums {
	for i := range w.sums {
		clear(w.sums[i][:rows*kernel.Width])
	}
	for sample := range m {
		d := (*[kernel.Width]float32)(l.delta[sample*l.stride+q*kernel.Width:])
		d2 := (*[kernel.Width]float32)(s.delta[sample*l.stride+q*kernel.Width:])
		b := in.b[sample*in.stride:][:rows]
		for k, a := range in.a[sample*in.stride:][:rows] {
			if in.sparse && a == 0 && b[k] == 0 {
				continue
			}
			at := k * kernel.Width
			g, v := (*[kernel.Width]float32)(w.sums[0][at:]), (*[kernel.Width]float32)(w.sums[1][at:])
			h, h2 := (*[kernel.Width]float32)(w.sums[2][at:]), (*[kernel.Width]float32)(w.sums[3][at:])
			for j := range d {
				x := float32(a * d[j])
				y := x - float32(b[k]*d2[j])
				g[j] += x
				v[j] += float32(x * x)
				h[j] += max(y, -y)
				h2[j] += float32(y * y)
			}
		}
	}
	size := rows * kernel.Width
	return kernel.VSGDSums{G: w.sums[0][:size], V: w.sums[1][:size], H: w.sums[2][:size], V2: w.sums[3][:size]}
}
