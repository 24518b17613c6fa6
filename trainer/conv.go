package trainer

import (
	"sparsel/trainer/gemm"
	"sparsel/trainer/kernel"
)

// A stem is the convolutional part of a network, in front of its fully
// connected layers. Samples pass through it one at a time, through all stages
// in turn, so that what a sample needs stays in the second-level cache.
type stem struct {
	stages []*conv
	set    *kernel.Set
	output *activations // output of the last stage, windows×windows×out per sample
	delta  []float32    // gradient of the loss with respect to output
	pixels []float32    // one image with a border
}

// newStem returns a stem for square images with the given channels, with space
// for steps of up to batch samples.
func newStem(e *gemm.Engine, pixels int, channels []int, batch int, r rule) *stem {
	s := &stem{set: e.Kernel()}
	side := squareRoot(pixels)
	s.pixels = make([]float32, (side+2)*(side+2))
	in := 1
	for i, out := range channels {
		c := newConv(e, side, in, out, i == 0, batch, r)
		s.stages = append(s.stages, c)
		side, in = c.windows, out
	}
	units := side * side * in
	s.output = &activations{stride: padded(units), units: units}
	s.output.values = make([]float32, batch*s.output.stride)
	s.delta = make([]float32, batch*s.output.stride)
	return s
}

// place returns the order of the stem's output as the input of the first fully
// connected layer. PyTorch flattens channel by channel; here the channels of
// one place are adjacent.
func (s *stem) place() []int32 {
	last := s.stages[len(s.stages)-1]
	places := last.windows * last.windows
	place := make([]int32, places*last.out)
	for i := range place {
		place[i] = int32(i%places*last.out + i/places)
	}
	return place
}

// forward computes the output of the m samples of x. If keep is set, it keeps
// what backward needs of each sample, and m may be at most the batch.
func (s *stem) forward(x *images, m int, keep bool) *activations {
	o := s.output
	if need := m * o.stride; len(o.values) < need {
		o.values = make([]float32, need)
	}
	o.m = m
	for i, row := range x.rows[:m] {
		slot := 0
		if keep {
			slot = i
		}
		s.load(x, int(row), slot)
		for k, c := range s.stages {
			if k+1 < len(s.stages) {
				next := s.stages[k+1]
				c.forward(slot, next.grid(slot)[next.origin():], next.width*next.pitch, next.pitch)
			} else {
				c.forward(slot, o.values[i*o.stride:][:o.units], c.windows*c.out, c.out)
			}
		}
	}
	return o
}

// load writes the 3×3 neighbourhoods of all pixels of an image into the grid of
// the first stage.
func (s *stem) load(x *images, row, slot int) {
	c := s.stages[0]
	n := x.split.Pixels
	width := c.side + 2
	bytes := x.split.Images[row*n:][:n]
	for y := range c.side {
		s.set.Pixels(s.pixels[(y+1)*width+1:][:c.side], bytes[y*c.side:][:c.side])
	}
	grid := c.grid(slot)
	for y := range c.side {
		above, here, below := s.pixels[y*width:], s.pixels[(y+1)*width:], s.pixels[(y+2)*width:]
		for x := range c.side {
			to := (*[9]float32)(grid[(y*c.side+x)*c.pitch:])
			*(*[3]float32)(to[0:]) = [3]float32(above[x:])
			*(*[3]float32)(to[3:]) = [3]float32(here[x:])
			*(*[3]float32)(to[6:]) = [3]float32(below[x:])
		}
	}
}

// backward computes the gradients of all parameters of the stem from delta and
// makes the step. forward must have kept the m samples.
func (s *stem) backward(r rule, m int) {
	for _, c := range s.stages {
		c.begin()
	}
	for i := range m {
		delta := s.delta[i*s.output.stride:]
		last := s.stages[len(s.stages)-1]
		row, pitch := last.windows*last.out, last.out
		for k := len(s.stages) - 1; k >= 0; k-- {
			c := s.stages[k]
			c.backward(i, delta, row, pitch, k > 0)
			if k > 0 {
				delta, row, pitch = c.inputDelta[c.origin():], c.width*c.pitch, c.pitch
			}
		}
	}
	for _, c := range s.stages {
		c.step(r)
	}
}

// squareRoot returns the largest integer whose square is at most n.
func squareRoot(n int) int {
	root := 0
	for (root+1)*(root+1) <= n {
		root++
	}
	return root
}

// A conv is one stage of a stem: a convolution of 3×3 taps over an input with a
// border of one zero, the rectifier, and the maximum of windows of 2×2. An odd
// last row or column belongs to no window.
//
// The input of a sample is its grid: for each place, row by row, the channels
// and padding up to whole panel rows. So three neighbouring taps are adjacent
// in memory, and no matrix of neighbourhoods is needed. The exception is the
// first stage, whose input has a single channel. There the nine taps become the
// channels of a grid without border, and the kernel has one tap.
//
// Every output is one chain over the taps, row by row, and over the channels
// within a tap. Border zeros take part in it like any other number.
type conv struct {
	engine *gemm.Engine
	layer  *layer // weights: taps×pitch rows; the rows of padding are 0

	side     int // side of the input
	taps     int // taps of the kernel in one direction
	channels int // channels of a place of the grid
	pitch    int // channels plus padding
	width    int // width of the grid: side plus border
	out      int // channels of the output
	windows  int // windows of the output in one direction

	grids [][]float32 // width×width×pitch for each sample of a batch
	args  [][]uint8   // windows×windows×out: places of the maxima, see kernel.Set.BiasReLUPool
	sums  []float32   // side×side×layer.stride: the convolution of one sample
	mul   kernel.Product

	back convBack
	// inputDelta is the gradient with respect to the grid, for one sample.
	inputDelta []float32
}

func newConv(e *gemm.Engine, side, in, out int, first bool, batch int, r rule) *conv {
	c := &conv{engine: e, side: side, taps: 3, channels: in, width: side + 2, out: out, windows: side / 2}
	if first {
		c.taps, c.channels, c.width = 1, 9*in, side
	}
	c.pitch = padded(c.channels)

	// PyTorch orders a kernel by channel, row and column.
	place := make([]int32, 9*in)
	for i := range place {
		if first {
			place[i] = int32(i)
		} else {
			place[i] = int32(i%9*c.pitch + i/9)
		}
	}
	c.layer = newPlacedLayer(place, c.taps*c.taps*c.pitch, out, r)
	for range batch {
		c.grids = append(c.grids, make([]float32, c.width*c.width*c.pitch))
		c.args = append(c.args, make([]uint8, c.windows*c.windows*out))
	}
	c.sums = make([]float32, side*side*c.layer.stride)
	c.inputDelta = make([]float32, c.width*c.width*c.pitch)
	c.back.make(c)
	return c
}

// grid returns the input of a sample.
func (c *conv) grid(slot int) []float32 { return c.grids[slot] }

// origin returns the index in the grid of the first place inside the border.
func (c *conv) origin() int { return (c.width + 1) * c.pitch }

// run returns the length of a row of taps in the grid, without the padding of
// the last one.
func (c *conv) run() int { return (c.taps-1)*c.pitch + c.channels }

// forward computes the output of a sample from its grid. In dst, rows of places
// are row apart and places within a row are pitch apart.
func (c *conv) forward(slot int, dst []float32, row, pitch int) {
	set, stride := c.engine.Kernel(), c.layer.stride
	c.convolve(set, c.grids[slot])
	arg := c.args[slot]
	for y := range c.windows {
		top := c.sums[2*y*c.side*stride:]
		set.BiasReLUPool(dst[y*row:], pitch, arg[y*c.windows*c.out:], top, top[c.side*stride:], stride,
			c.windows, c.out, c.layer.bias.values)
	}
}

// convolve computes the sums of one sample. The outer loop is over rows of
// taps, because the weights of one row, 24 KB in the study's second stage, stay
// in the first-level cache.
func (c *conv) convolve(set *kernel.Set, grid []float32) {
	w := c.layer.weights
	c.mul = kernel.Product{
		M: c.side, K: c.run(), Panels: w.Count(), CRow: c.layer.stride, CPanel: kernel.Width,
		ARow: c.pitch, ACol: 1, BPanel: w.Rows * kernel.Width,
	}
	for ky := range c.taps {
		c.mul.B = w.Data[ky*c.taps*c.pitch*kernel.Width:]
		c.mul.More = ky > 0
		for y := range c.side {
			c.mul.A = grid[(y+ky)*c.width*c.pitch:]
			c.mul.C = c.sums[y*c.side*c.layer.stride:]
			set.Multiply(&c.mul)
		}
	}
	c.mul = kernel.Product{}
}
