package rng

import (
	"math"
	"slices"
	"testing"
)

// baseline is the position after the initial weights of a 784-256-10 network,
// where the first draw of its first epoch begins.
const baseline = 784*256 + 256 + 256*10 + 10

// The initial parameters that PyTorch gives Linear(784, 256) and Linear(256,
// 10) after manual_seed(1).
func TestUniform(t *testing.T) {
	s := New(1)
	tensors := []struct {
		name  string
		n     int
		fanIn float64
		want  map[int]float32
	}{
		{"weight 1", 784 * 256, 784, map[int]float32{
			0: 0.0184022579, 1: -0.01576351, 2: -0.00692362478, 3: 0.0167631768,
			4: -0.0336227491, 784*256 - 1: 0.0223454162}},
		{"bias 1", 256, 784, map[int]float32{0: 0.0053082495, 1: -0.0245630573, 2: 0.0293448791}},
		{"weight 2", 256 * 10, 256, map[int]float32{0: 0.0455487892, 1: -0.0141512677, 2: 0.0416431203}},
		{"bias 2", 10, 256, map[int]float32{0: 0.0601978898, 1: -0.0582882687, 2: 0.014972724}},
	}
	var first []float32
	for _, tensor := range tensors {
		bound := float32(1 / math.Sqrt(tensor.fanIn))
		values := make([]float32, tensor.n)
		s.Uniform(values, -bound, bound)
		for i, want := range tensor.want {
			if values[i] != want {
				t.Errorf("%s[%d]: got %.9g, want %.9g", tensor.name, i, values[i], want)
			}
		}
		if first == nil {
			first = values
		}
	}
	for i, want := range []uint32{0x3c96c055, 0xbc81227a, 0xbbe2df93, 0x3c8952ee, 0xbd09b802} {
		if got := math.Float32bits(first[i]); got != want {
			t.Errorf("weight 1[%d]: got bits %08x, want %08x", i, got, want)
		}
	}
}

// The default initial values of the convolutional network after manual_seed(1).
// Its fan-in is not a square.
func TestUniformConvolution(t *testing.T) {
	s := New(1)
	draw := func(n int, fanIn float64) []float32 {
		bound := float32(1 / math.Sqrt(fanIn))
		values := make([]float32, n)
		s.Uniform(values, -bound, bound)
		return values
	}
	check := func(name string, got []float32, want ...float32) {
		t.Helper()
		if !slices.Equal(got[:len(want)], want) {
			t.Errorf("%s: got %.9g, want %.9g", name, got[:len(want)], want)
		}
	}
	check("conv1 weight", draw(32*9, 9), 0.171754405, -0.147126079, -0.0646204948, 0.156456321)
	check("conv1 bias", draw(32, 9), -0.0631467104)
	check("conv2 weight", draw(64*32*9, 288), -0.0116640283, -0.00446158834, -0.0111903679)
	draw(64, 288)
	check("fully connected", draw(3136*256, 3136), 0.00953530706, 0.00188801973)
}

// The draws of the first two epochs of a recorded session: two int64 when the
// loader starts, the order, and one int64 for the test loader.
func TestEpochDraws(t *testing.T) {
	s := New(1)
	s.Skip(baseline)
	int64s := func(want ...int64) {
		t.Helper()
		for _, w := range want {
			if got := s.Int64(); got != w {
				t.Errorf("int64: got %d, want %d", got, w)
			}
		}
	}
	order := make([]int32, 60000)

	int64s(2252938871934995263, 3723325725243854920)
	s.Perm(order)
	if want := []int32{27731, 6257, 9486, 23530, 16287, 37289, 47702, 45094, 23423, 29982}; !slices.Equal(order[:10], want) {
		t.Errorf("epoch 1 begins %v, want %v", order[:10], want)
	}
	if want := []int32{51106, 27616, 9755}; !slices.Equal(order[59997:], want) {
		t.Errorf("epoch 1 ends %v, want %v", order[59997:], want)
	}
	int64s(747532331804439484)

	int64s(3350315675996664528, 3389527089637270336)
	s.Perm(order)
	if want := []int32{30009, 3714, 57303, 18221, 10230}; !slices.Equal(order[:5], want) {
		t.Errorf("epoch 2 begins %v, want %v", order[:5], want)
	}
}

func TestSecondRunOfSession(t *testing.T) {
	s := New(1)
	s.Skip(baseline + 30*60005)
	bound := float32(1 / math.Sqrt(784))
	got := make([]float32, 5)
	s.Uniform(got, -bound, bound)
	want := []float32{0.0272035822, 0.0174662955, -0.0311460383, 0.00869932398, 0.0340386182}
	if !slices.Equal(got, want) {
		t.Errorf("got %.9g, want %.9g", got, want)
	}
}

func TestPerm(t *testing.T) {
	got := make([]int32, 10)
	s := New(1)
	s.Perm(got)
	if want := []int32{5, 6, 1, 2, 0, 8, 9, 3, 7, 4}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for n, draws := range map[int]uint64{0: 0, 1: 0, 2: 1, 10: 9} {
		a, b := New(3), New(3)
		a.Perm(make([]int32, n))
		b.Skip(draws)
		if a.Uint32() != b.Uint32() {
			t.Errorf("a permutation of %d did not take %d outputs", n, draws)
		}
	}
}

func TestPermAllocatesNothing(t *testing.T) {
	s, order := New(1), make([]int32, 1000)
	if n := testing.AllocsPerRun(10, func() { s.Perm(order) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
