package trainer

import (
	"sparsel/trainer/kernel"
)

// At least three in four numbers of the gradient with respect to the sums of a
// convolution are 0, because of each window only the place of the maximum, or
// none, has a gradient. Products with this gradient are sparse as long as
// everything that the zeros would meet is finite. Otherwise they are dense,
// because 0·Inf is NaN. Both take the places in window order: place 4w+a is the
// a-th of window w, and places outside all windows come last.
//
// The order of summation for each sample is as follows. A weight's gradient is
// one chain over the places. The input's gradient is the sum over the places,
// in this order, of chains over the output channels. Weight gradients are added
// up sample by sample. Bias gradients are one sum over samples and windows.

// convBack is the work space for the backward pass of a conv.
type convBack struct {
	places    []place
	byChannel lists // places of each output channel
	byPlace   lists // output channels of each place

	transposed []float32 // weights as panels of out rows
	columns    []float32 // places×taps×pitch: what each place adds to the gradient through its taps
	part       []float32 // out×taps×pitch: weight gradient of one sample
	total      []float32 // sum over all samples so far
	gradient   []float32 // one panel of total
	sparse     kernel.SparseProduct

	dense struct { // allocated when first needed
		delta, taps []float32 // places×stride, places×taps×pitch
		visit       func(panel int, g []float32)
	}
}

// A place is one output of a convolution before pooling.
type place struct {
	offset int // offset of its first tap in the grid
}

func (b *convBack) make(c *conv) {
	add := func(y, x int) { b.places = append(b.places, place{(y*c.width + x) * c.pitch}) }
	for w := range c.windows * c.windows {
		for a := range 4 {
			add(w/c.windows*2+a/2, w%c.windows*2+a%2)
		}
	}
	for y := range c.side {
		for x := range c.side {
			if max(y, x) >= 2*c.windows {
				add(y, x)
			}
		}
	}
	rows := c.layer.weights.Rows
	b.byChannel = newLists(c.out, c.windows*c.windows)
	b.byPlace = newLists(4*c.windows*c.windows, c.out)
	b.transposed = make([]float32, rows*c.out)
	b.columns = make([]float32, len(b.places)*rows)
	b.part = make([]float32, c.layer.stride*rows)
	b.total = make([]float32, c.layer.stride*rows)
	b.gradient = make([]float32, rows*kernel.Width)
}

// begin starts the backward pass of a batch.
func (c *conv) begin() {
	clear(c.back.total)
	clear(c.layer.sums)
	w := c.layer.weights
	for k := range w.Rows {
		column := c.back.transposed[k/kernel.Width*c.out*kernel.Width+k%kernel.Width:]
		for q := range w.Count() {
			row := w.Panel(q)[k*kernel.Width:][:kernel.Width]
			for j, v := range row[:min(kernel.Width, c.out-q*kernel.Width)] {
				column[(q*kernel.Width+j)*kernel.Width] = v
			}
		}
	}
}

// backward adds the gradients of one sample. Delta is the gradient with respect
// to its output, with rows of places row apart and places pitch apart. If input
// is set, it also leaves the gradient with respect to the grid in inputDelta.
func (c *conv) backward(slot int, delta []float32, row, pitch int, input bool) {
	c.scatter(c.args[slot], delta, row, pitch, input)
	set := c.engine.Kernel()
	b := &c.back
	grid := c.grids[slot]
	numbers := set.Finite(grid)
	if !numbers || input && !c.layer.finite {
		c.spread(c.args[slot], delta, row, pitch)
	}
	if numbers {
		c.weightGradient(grid)
	} else {
		c.denseWeightGradient(grid)
	}
	add(set, b.total, b.part)
	if !input {
		return
	}
	if c.layer.finite {
		c.inputColumns()
	} else {
		c.engine.MulTransposed(b.columns, c.layer.weights.Rows, b.dense.delta, c.layer.stride, len(b.places), c.layer.weights)
	}
	clear(c.inputDelta)
	run := c.taps * c.pitch
	for i, p := range b.places {
		if c.layer.finite && (i >= len(b.byPlace.counts) || b.byPlace.counts[i] == 0) {
			continue
		}
		column := b.columns[i*c.taps*run:]
		for ky := range c.taps {
			add(set, c.inputDelta[p.offset+ky*c.width*c.pitch:][:run], column[ky*run:][:run])
		}
	}
}

// scatter lists the places of maxima and their gradients.
func (c *conv) scatter(args []uint8, delta []float32, row, pitch int, input bool) {
	b := &c.back
	b.byChannel.reset()
	b.byPlace.reset()
	sums := c.layer.sums[:c.out]
	for w := range c.windows * c.windows {
		values := delta[w/c.windows*row+w%c.windows*pitch:][:len(sums)]
		var offsets [4]uint32
		for a := range offsets {
			offsets[a] = uint32(4 * b.places[4*w+a].offset)
		}
		for j, a := range args[w*c.out:][:len(sums)] {
			if a >= kernel.NoArgument {
				continue
			}
			v := values[j]
			sums[j] += v
			b.byChannel.add(j, offsets[a], v)
			if input {
				b.byPlace.add(4*w+int(a), uint32(4*kernel.Width*j), v)
			}
		}
	}
}

// weightGradient computes part from the lists. Rows of the other factor are
// runs of 16 channels in the grid, so that one row of taps is taps·pitch/16
// overlapping panels.
func (c *conv) weightGradient(grid []float32) {
	b := &c.back
	groups := b.byChannel.close()
	run := c.taps * c.pitch
	for ky := range c.taps {
		from := grid[ky*c.width*c.pitch:]
		b.sparse = kernel.SparseProduct{
			Panels: run / kernel.Width, C: b.part[ky*run:], CRow: c.taps * run, A: groups,
			B: from, K: (len(from)-run)/kernel.Width + 1, BPanel: kernel.Width,
		}
		c.engine.Kernel().MultiplySparse(&b.sparse)
	}
	b.sparse = kernel.SparseProduct{}
}

// inputColumns computes columns from the lists and the weights.
func (c *conv) inputColumns() {
	b := &c.back
	rows := c.layer.weights.Rows
	b.sparse = kernel.SparseProduct{
		Panels: rows / kernel.Width, C: b.columns, CRow: rows, A: b.byPlace.close(),
		B: b.transposed, K: c.out, BPanel: c.out * kernel.Width,
	}
	c.engine.Kernel().MultiplySparse(&b.sparse)
	b.sparse = kernel.SparseProduct{}
}

// spread writes the gradient with respect to the sums for all places, including
// the zeros.
func (c *conv) spread(args []uint8, delta []float32, row, pitch int) {
	b := &c.back
	d := &b.dense
	stride := c.layer.stride
	if d.delta == nil {
		d.delta = make([]float32, len(b.places)*stride)
	}
	clear(d.delta)
	for w := range c.windows * c.windows {
		values := delta[w/c.windows*row+w%c.windows*pitch:]
		for j, a := range args[w*c.out:][:c.out] {
			if a < kernel.NoArgument {
				d.delta[(4*w+int(a))*stride+j] = values[j]
			}
		}
	}
}

// denseWeightGradient computes part from the result of spread.
func (c *conv) denseWeightGradient(grid []float32) {
	b := &c.back
	d := &b.dense
	rows := c.layer.weights.Rows
	if d.taps == nil {
		d.taps = make([]float32, len(b.places)*rows)
		d.visit = func(q int, g []float32) {
			for k := range rows {
				for j, v := range g[k*kernel.Width:][:kernel.Width] {
					b.part[(q*kernel.Width+j)*rows+k] = v
				}
			}
		}
	}
	run := c.taps * c.pitch
	for i, p := range b.places {
		for ky := range c.taps {
			copy(d.taps[i*rows+ky*run:][:run], grid[p.offset+ky*c.width*c.pitch:])
		}
	}
	c.engine.Gradient(d.taps, rows, len(b.places), rows, d.delta, c.layer.stride, c.out, d.visit)
}

// step updates the parameters from the gradients of the batch.
func (c *conv) step(r rule) {
	l, b := c.layer, &c.back
	rows := l.weights.Rows
	l.finite = true
	for q := range l.weights.Count() {
		clear(b.gradient) // the update may have changed it; padding rows must stay 0
		for j := range min(kernel.Width, c.out-q*kernel.Width) {
			from := b.total[(q*kernel.Width+j)*rows:]
			for _, k := range l.place {
				b.gradient[int(k)*kernel.Width+j] = from[k]
			}
		}
		l.apply(q, b.gradient)
	}
	r.update(l.bias, l.sums)
}

// add computes dst[i] += x[i].
func add(set *kernel.Set, dst, x []float32) { set.AddBias(dst, len(x), 1, x) }
