package trainer

// penalties are terms that are added to the cross-entropy of a batch of m
// samples. They are functions of the hidden activations a before dropout:
//
//	l1 · Σ over layers and units of (Σ over samples of |a|) / m
//	-csi · mean over layers of the mean over units of the selectivity index
//
// The class selectivity index of a unit is that of Leavitt and Morcos,
// "Selectivity considered harmful: evaluating the causal impact of class
// selectivity in DNNs" (2020), computed from the batch. Let μ_c be the mean of
// |a| over the samples of class c, M the largest of them and R the mean of the
// others. The index is
//
//	(M - R) / (M + R + 1e-7).
//
// Classes without a sample in the batch are ignored. A batch with a single
// class has no index, and nothing is added. Of equal means, that of the first
// class is M.
type penalties struct {
	l1, csi float64

	counts  []int32
	means   []float32 // classes×units: means of |a|
	weights []float32 // likewise: the derivative of the term with respect to each |a| of a class
}

// csiEpsilon keeps the index of a silent unit from being 0/0.
const csiEpsilon = 1e-7

// newPenalties returns nil if nothing is added to the loss.
func newPenalties(shape Network, classes int) *penalties {
	if shape.L1 == 0 && shape.CSI == 0 {
		return nil
	}
	widest := 0
	for _, units := range shape.Hidden {
		widest = max(widest, units)
	}
	return &penalties{
		l1: shape.L1, csi: shape.CSI, counts: make([]int32, classes),
		means: make([]float32, classes*widest), weights: make([]float32, classes*widest),
	}
}

// backward adds the derivative with respect to a layer's activations to delta,
// which has their shape. layers is the number of hidden layers.
func (p *penalties) backward(delta []float32, a *activations, labels []uint8, layers int) {
	if p == nil {
		return
	}
	classes, units := len(p.counts), a.units
	weights := p.weights[:classes*units]
	each := float32(p.l1 / float64(len(labels)))
	for i := range weights {
		weights[i] = each
	}
	if p.csi != 0 {
		p.selectivity(a, labels, p.csi/(float64(layers)*float64(units)))
	}
	for s, label := range labels {
		d, w := delta[s*a.stride:][:units], weights[int(label)*units:]
		for j, x := range a.values[s*a.stride:][:units] {
			switch {
			case x > 0:
				d[j] += w[j]
			case x < 0:
				d[j] -= w[j]
			}
		}
	}
}

// selectivity subtracts from weights scale times the derivative of the units'
// indices. With D = M + R + ε the derivative is (2R+ε)/D² with respect to M and
// -(2M+ε)/D² with respect to R.
func (p *penalties) selectivity(a *activations, labels []uint8, scale float64) {
	units := a.units
	clear(p.counts)
	means := p.means[:len(p.counts)*units]
	clear(means)
	for s, label := range labels {
		p.counts[label]++
		sums := means[int(label)*units:]
		for j, x := range a.values[s*a.stride:][:units] {
			sums[j] += max(x, -x)
		}
	}
	present := 0
	for c, n := range p.counts {
		if n == 0 {
			continue
		}
		present++
		row := means[c*units:][:units]
		for j := range row {
			row[j] /= float32(n)
		}
	}
	if present < 2 {
		return
	}
	for j := range units {
		best, largest, rest := -1, float32(0), float32(0)
		for c, n := range p.counts {
			if n > 0 && (best < 0 || means[c*units+j] > largest) {
				best, largest = c, means[c*units+j]
			}
		}
		for c := range p.counts {
			if c != best {
				rest += means[c*units+j] // 0 if the batch has none of the class
			}
		}
		rest /= float32(present - 1)
		size := largest + rest + csiEpsilon
		byLargest := float32(scale) * ((2*rest + csiEpsilon) / float32(size*size))
		byRest := float32(scale) * ((2*largest + csiEpsilon) / float32(size*size)) / float32(present-1)
		for c, n := range p.counts {
			switch {
			case n == 0:
			case c == best:
				p.weights[c*units+j] -= byLargest / float32(n)
			default:
				p.weights[c*units+j] += byRest / float32(n)
			}
		}
	}
}
