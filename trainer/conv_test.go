package trainer

import (
	"math"
	"slices"
	"strings"
	"testing"

	"sparsel/trainer/kernel"
	"sparsel/trainer/rng"
)

// Optimizers that the original study does not use: some with PyTorch's
// defaults, and the variants that it proposes, with constants under which
// parameters move.
var (
	rmspropDefault = Optimizer{Name: "RMSprop", LR: 0.01, Alpha: 0.99, Eps: 1e-8}
	adagradKSmall  = Optimizer{Name: "AdagradK", LR: 0.1, Eps: 1e-10, K: 100}
	adadeltaKSmall = Optimizer{Name: "AdadeltaK", LR: 1, Rho: 0.9, Eps: 1e-6, K: 1e9}
)

// Draws counts what the layers of a network with convolutions take, down to an
// odd side.
func TestConvDraws(t *testing.T) {
	shape := Network{Hidden: []int{7}, Activation: "sigmoid", Conv: []int{3, 5}}
	const side = 14
	n := newNetwork(kernel.Available()[0], recorder{}, side*side, ten, shape, 1)
	a := &author{source: rng.New(8)}
	if err := a.parameters(t.Context(), n.layers); err != nil {
		t.Fatal(err)
	}
	want := rng.New(8)
	want.Skip(Config{Network: shape, Sampler: Sampler{Kind: "shuffled"}}.Draws(side*side, ten, 50))
	if got, want := a.source.Uint32(), want.Uint32(); got != want {
		t.Error("the layers did not draw as many numbers as Draws says")
	}
	if got := len(flatten(n)); got != int(shape.count(side*side, ten)) {
		t.Errorf("the network has %d parameters, count says %d", got, shape.count(side*side, ten))
	}
}

// The study's CNN starts with the numbers that replay.md lists for seed 1.
func TestConvInitialParameters(t *testing.T) {
	n := newNetwork(kernel.Available()[0], recorder{}, 784, ten, Network{Hidden: []int{256}, Activation: "sigmoid", Conv: []int{32, 64}}, 1)
	a := &author{source: rng.New(1)}
	if err := a.parameters(t.Context(), n.layers); err != nil {
		t.Fatal(err)
	}
	all := flatten(n)
	for _, tt := range []struct {
		at   int
		want []float32
	}{
		{0, []float32{0.171754405, -0.147126079, -0.0646204948, 0.156456321}},
		{32 * 9, []float32{-0.0631467104}},
		{320, []float32{-0.0116640283, -0.00446158834, -0.0111903679}},
		{320 + 64*289, []float32{0.00953530706, 0.00188801973}},
	} {
		if got := all[tt.at:][:len(tt.want)]; !slices.Equal(got, tt.want) {
			t.Errorf("parameters from %d on are %v, want %v", tt.at, got, tt.want)
		}
	}
}

// Images that are not square, or are too small, are refused before anything
// runs.
func TestConvRefusesImages(t *testing.T) {
	c, train, test := small(sgdBaseline) // images of 50 pixels
	c.Network.Conv = []int{2}
	err := Train(t.Context(), c, train, test, nil)
	if err == nil || !strings.Contains(err.Error(), "images have 50 pixels: want a square") {
		t.Errorf("got error %v", err)
	}
	c.Network.Conv = []int{2, 2, 2}
	err = Train(t.Context(), c, generated(10, 49, 1), generated(10, 49, 2), nil)
	if err == nil || !strings.Contains(err.Error(), "7×7 pixels are too small for 3 convolutions") {
		t.Errorf("got error %v", err)
	}
}

// kept returns a stem whose forward pass kept the samples of x and which has
// some gradient with respect to its output.
func kept(set *kernel.Set, r rule, x *images, shape Network) *network {
	n := newNetwork(set, r, x.split.Pixels, ten, shape, len(x.rows))
	randomize(n, 4)
	n.stem.forward(x, len(x.rows), true)
	rng.New(7).Uniform(n.stem.delta, -1, 1)
	return n
}

// The dense backward pass, which is for numbers that are not finite, gives the
// bits of the sparse one if all numbers are finite, except for the sign of a
// zero.
func TestConvSparseEqualsDense(t *testing.T) {
	for _, set := range kernel.Available() {
		for _, tt := range networks {
			if tt.Conv == nil {
				continue
			}
			data := generated(1, tt.side*tt.side, 9)
			x := &images{split: data, rows: []int32{0}}
			n := kept(set, recorder{}, x, tt.Network)
			for _, c := range n.stem.stages {
				delta := n.stem.delta
				row, pitch := c.windows*c.out, c.out
				if need := row * c.windows; len(delta) < need {
					delta = make([]float32, need)
					rng.New(7).Uniform(delta, -1, 1)
				}
				c.begin()
				c.backward(0, delta, row, pitch, true)
				b := &c.back
				part, input := slices.Clone(b.part), slices.Clone(c.inputDelta)
				rows := c.layer.weights.Rows

				c.layer.finite = false
				c.backward(0, delta, row, pitch, true) // sets the dense inputDelta
				c.denseWeightGradient(c.grids[0])
				for j := range c.out {
					for i, k := range c.layer.place {
						if got, want := b.part[j*rows+int(k)], part[j*rows+int(k)]; got != want {
							t.Fatalf("%s: %v: weight gradient %d, %d is %v dense and %v sparse", set, tt, j, i, got, want)
						}
					}
				}
				for i, want := range input {
					if i%c.pitch < c.channels && c.inputDelta[i] != want {
						t.Fatalf("%s: %v: input gradient %d is %v dense and %v sparse", set, tt, i, c.inputDelta[i], want)
					}
				}
			}
		}
	}
}

// 0·Inf is NaN in the gradients of a convolution, too. An infinite weight makes
// the gradient NaN at its place in the input wherever a window has a place
// without gradient. An infinite input makes that of all weights of its tap NaN.
func TestConvMeetsInfinities(t *testing.T) {
	inf := float32(math.Inf(1))
	shape := Network{Hidden: []int{3}, Activation: "sigmoid", Conv: []int{2, 4}}
	for _, set := range kernel.Available() {
		x := &images{split: generated(1, 64, 9), rows: []int32{0}}
		n := kept(set, recorder{}, x, shape)
		c := n.stem.stages[1]
		delta := n.stem.delta
		l := c.layer

		l.weights.Set(l.row(9+4), 2, inf) // channel 1, the tap in the middle
		l.finite = false
		c.begin()
		c.backward(0, delta, c.windows*c.out, c.out, true)
		bad := 0
		for y := range c.side {
			for x := range c.side {
				place := c.inputDelta[c.origin()+(y*c.width+x)*c.pitch:]
				if place[0] != place[0] {
					t.Fatalf("%s: the gradient by channel 0 is NaN at %d, %d", set, y, x)
				}
				if place[1] != place[1] {
					bad++
				}
			}
		}
		// At most one place of a window has a gradient for output 2.
		if want := c.side * c.side * 3 / 4; bad < want {
			t.Errorf("%s: %d gradients by channel 1 are NaN, want %d or more", set, bad, want)
		}

		l.weights.Set(l.row(9+4), 2, 0)
		l.finite = true
		c.grids[0][c.origin()+1] = inf // channel 1 of the first place
		c.begin()
		c.backward(0, delta, c.windows*c.out, c.out, true)
		for j := range c.out {
			for i := range l.in {
				g := c.back.total[j*l.weights.Rows+l.row(i)]
				// Taps to the right of the place or below it never meet it.
				meets := i/9 == 1 && i/3%3 <= 1 && i%3 <= 1
				if meets != (g != g || g == inf || g == -inf) {
					t.Errorf("%s: gradient of output %d, input %d is %v", set, j, i, g)
				}
			}
		}
	}
}

// Convolutions give the output and the gradients that PyTorch gives, including
// ties of equal numbers on a dark background. "rounding" is the difference
// between PyTorch's float32 and its float64 results. Ours differs by as much in
// another direction, so twice that is the typical distance, and four times
// leaves room for the tails.
func TestStemFollowsPyTorch(t *testing.T) {
	v := readTorchVectors(t, "torch_vectors.json").Stems
	for _, tt := range v.Cases {
		data := generated(tt.Samples, tt.Side*tt.Side, 4)
		r := recorder{}
		n := newNetwork(kernel.Available()[0], r, data.Pixels, ten, Network{Hidden: []int{1}, Activation: "sigmoid", Conv: tt.Conv}, tt.Samples)
		if err := (&author{source: rng.New(v.Seed)}).parameters(t.Context(), n.layers); err != nil {
			t.Fatal(err)
		}
		s := n.stem
		x := &images{split: data}
		for i := range tt.Samples {
			x.rows = append(x.rows, int32(i))
		}
		s.forward(x, tt.Samples, true)
		state := uint32(5)
		var worst, worstOutput float64
		for i := range tt.Samples {
			for _, at := range s.place() {
				state = state*1664525 + 1013904223
				s.delta[i*s.output.stride+int(at)] = float32(state>>16%9) - 4
				got := s.output.values[i*s.output.stride+int(at)]
				want := tt.Output[0]
				tt.Output = tt.Output[1:]
				worstOutput = max(worstOutput, math.Abs(float64(got)-float64(want)))
			}
		}
		s.backward(r, tt.Samples)
		n.layers = n.layers[:len(tt.Conv)]
		got := r.gradients(n)
		if len(got) != len(tt.Gradients) || len(tt.Output) != 0 {
			t.Fatalf("%v: %d gradients for %d, %d outputs too many", tt.Conv, len(got), len(tt.Gradients), len(tt.Output))
		}
		for i, want := range tt.Gradients {
			worst = max(worst, math.Abs(float64(got[i])-float64(want)))
		}
		if worst > 4*float64(tt.Rounding) || worstOutput > 4*float64(tt.OutputRounding) {
			t.Errorf("%v: gradients differ by up to %.3g, outputs by %.3g, want %.3g and %.3g at most", tt.Conv,
				worst, worstOutput, 4*float64(tt.Rounding), 4*float64(tt.OutputRounding))
		}
		t.Logf("%v: gradients differ by up to %.2f of the rounding, outputs by %.2f", tt.Conv,
			worst/float64(tt.Rounding), worstOutput/float64(tt.OutputRounding))
	}
}

// Steps and passes through convolutions allocate nothing once shapes are known.
func TestConvAllocatesNothing(t *testing.T) {
	for _, o := range []Optimizer{adamBaseline, rmspropDefault, adagradKSmall, adadeltaKSmall} {
		c, _, _ := small(o)
		c.Network.Conv = []int{3, 18}
		r := start(t, kernel.Available()[0], c, generated(100, 81, 1), generated(60, 81, 2))
		r.draws.plan(1, &r.planned)
		step := func() {
			r.batch.load(r.network.engine, r.planned.order[:30])
			r.network.step(r.batch)
			r.batch.load(r.network.engine, r.planned.order[30:37])
			r.network.step(r.batch)
			if _, _, err := r.tester.pass(t.Context(), r.network, nil); err != nil {
				t.Fatal(err)
			}
		}
		for rows := range r.planned.batches() {
			r.batch.load(r.network.engine, rows)
			r.network.step(r.batch)
		}
		if n := testing.AllocsPerRun(10, step); n != 0 {
			t.Errorf("%s: %v allocations in two steps and a pass", o.Name, n)
		}
	}
}

// Lists return rows with their entries in order, and rows of equal length in
// order of their numbers, whatever the lists held before.
func TestLists(t *testing.T) {
	l := newLists(6, 3)
	for round := range 3 {
		l.reset()
		want := make([][]float32, 6)
		source := rng.New(uint32(round))
		for len(want[5]) < round+1 {
			row := int(source.Uint32() % 6)
			if len(want[row]) == 3 {
				continue
			}
			value := float32(source.Uint32()%100 + 1)
			want[row] = append(want[row], value)
			l.add(row, uint32(64*len(want[row])), value)
		}
		seen := make(map[int32]bool)
		last := 4
		for _, g := range l.close() {
			for lane, row := range g.Rows {
				if row < 0 {
					continue
				}
				if seen[row] {
					t.Errorf("row %d appears twice", row)
				}
				seen[row] = true
				if len(want[row]) > last {
					t.Errorf("row %d of %d entries comes after one of %d", row, len(want[row]), last)
				}
				last = len(want[row])
				for i, s := range g.Steps {
					offset, value := uint32(0), float32(0)
					if i < last {
						offset, value = uint32(64*(i+1)), want[row][i]
					}
					if s.Offset[lane] != offset || s.Value[lane] != value {
						t.Errorf("row %d, step %d: %d %v, want %d %v", row, i, s.Offset[lane], s.Value[lane], offset, value)
					}
				}
			}
		}
		if len(seen) != 6 {
			t.Errorf("%d rows, want 6", len(seen))
		}
	}
}
