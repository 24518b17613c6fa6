package trainer

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"

	"sparsel/trainer/kernel"
)

// torchVectors is the content of testdata/torch_vectors.json and
// nets_vectors.json. The scripts that wrote them explain the fields.
type torchVectors struct {
	Updates struct {
		Start     tensor
		Gradients []tensor
		Cases     []struct {
			Optimizer torchOptimizer
			After     []tensor
		}
	}
	Runs struct {
		Samples, Tests, Pixels int
		Seed                   uint32
		Cases                  []struct {
			Hidden     []int
			Activation string // "" is "sigmoid"
			Conv       []int
			Dropout    []float64
			L1, CSI    float64
			Batch      int
			Optimizer  torchOptimizer
			Epochs     []torchEpoch
			Parameters tensor
			Rounding   torchFloat
		}
	}
	Stems struct {
		Seed  uint32
		Cases []struct {
			Side, Samples            int
			Conv                     []int
			Output, Gradients        tensor
			OutputRounding, Rounding torchFloat
		}
	}
}

type torchEpoch struct {
	TrainLoss, TestLoss torchFloat
	Correct             int
}

type torchOptimizer struct {
	Name        string
	LR          float64
	WeightDecay float64 `json:"weight_decay"`
	Momentum    float64
	Rho         float64
	Eps         float64
	Beta1       float64
	Beta2       float64
	Alpha       float64
	K           float64
	Nesterov    bool
	SlowStart   float64 `json:"slow_start"`
	Initial     float64
}

func (o torchOptimizer) optimizer() Optimizer {
	return Optimizer(o)
}

// A tensor is written as eight hexadecimal digits per float32.
type tensor []float32

func (x *tensor) UnmarshalText(text []byte) error {
	bytes, err := hex.DecodeString(string(text))
	if err != nil {
		return err
	}
	for ; len(bytes) >= 4; bytes = bytes[4:] {
		bits := uint32(bytes[0])<<24 | uint32(bytes[1])<<16 | uint32(bytes[2])<<8 | uint32(bytes[3])
		*x = append(*x, math.Float32frombits(bits))
	}
	return nil
}

// A torchFloat is written as text, because JSON has no NaN.
type torchFloat float64

func (x *torchFloat) UnmarshalText(text []byte) error {
	v, err := strconv.ParseFloat(string(text), 64)
	*x = torchFloat(v)
	return err
}

func readTorchVectors(t *testing.T, name string) *torchVectors {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	v := new(torchVectors)
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
	return v
}

// sameNumber reports whether two numbers are equal bit for bit, all NaN being
// one number.
func sameNumber(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

// The optimizers do the operations of PyTorch in its order and fuse what its
// vector loops fuse, so every bit of every step must agree. The gradients
// include zeros, subnormals, numbers that overflow, an infinity and a NaN.
func TestUpdatesEqualPyTorch(t *testing.T) {
	updatesEqual(t, readTorchVectors(t, "torch_vectors.json"))
}

func TestNesterovEqualsPyTorch(t *testing.T) {
	updatesEqual(t, readTorchVectors(t, "nets_vectors.json"))
}

func updatesEqual(t *testing.T, v *torchVectors) {
	t.Helper()
	if len(v.Updates.Cases) == 0 {
		t.Fatal("no cases")
	}
	for _, set := range kernel.Available() {
		for _, tt := range v.Updates.Cases {
			o := tt.Optimizer.optimizer()
			if len(tt.After) != len(v.Updates.Gradients) {
				t.Fatalf("%+v: %d steps for %d gradients", o, len(tt.After), len(v.Updates.Gradients))
			}
			r := newRule(o, set)
			p := newParameter(append([]float32(nil), v.Updates.Start...), r.slots())
			for step, want := range tt.After {
				r.advance()
				finite := r.update(p, v.Updates.Gradients[step])
				if finite != set.Finite(want) {
					t.Errorf("%s: %+v, step %d: reports finite %v", set, o, step+1, finite)
				}
				for i, got := range p.values {
					if !sameNumber(got, want[i]) {
						t.Errorf("%s: %+v, step %d, element %d: got %v (%08x), want %v (%08x)", set, o, step+1, i,
							got, math.Float32bits(got), want[i], math.Float32bits(want[i]))
					}
				}
			}
		}
	}
}

// generated returns the data set that torch_vectors.py generates: bytes, four
// fifths of them 0, and labels that depend on them.
func generated(samples, pixels int, state uint32) Split {
	draw := func() uint32 {
		state = state*1664525 + 1013904223
		return state >> 16
	}
	s := Split{Pixels: pixels, Classes: ten}
	for range samples {
		label := draw() % 10
		for p := range pixels {
			often := uint32(1)
			if uint32(p%10) == label {
				often = 6
			}
			var pixel byte
			if draw()%10 < often {
				pixel = byte(draw() % 256)
			}
			s.Images = append(s.Images, pixel)
		}
		s.Labels = append(s.Labels, uint8(label))
	}
	return s
}

// Whole trainings end where PyTorch's do. Sums are taken in another order than
// in PyTorch's matrix products, so the two differ by rounding. PyTorch itself
// tells by how much: "rounding" is the distance between the ends of its float32
// run and of the same run in float64, and ours is as far from the latter in
// another direction. Twice that is the typical distance, and four times leaves
// room for the tails of two maxima over a thousand parameters. Losses are means
// of terms near 1, each with an error of a few units in the last place (2⁻²³).
// They also move with the parameters, of which there are 1210, each off by at
// most the rounding and in a random direction.
func TestRunsFollowPyTorch(t *testing.T) {
	runsFollow(t, readTorchVectors(t, "torch_vectors.json"))
}

// The same is true of trainings with dropout, penalties and Nesterov's
// momentum, and of vSGD as computed by NumPy with gradients from PyTorch.
func TestFurtherRunsFollowPyTorch(t *testing.T) {
	runsFollow(t, readTorchVectors(t, "nets_vectors.json"))
}

func runsFollow(t *testing.T, vectors *torchVectors) {
	t.Helper()
	v := vectors.Runs
	if len(v.Cases) == 0 {
		t.Fatal("no cases")
	}
	train, test := generated(v.Samples, v.Pixels, 1), generated(v.Tests, v.Pixels, 2)
	for _, tt := range v.Cases {
		c := Config{
			Network: Network{Hidden: tt.Hidden, Activation: cmp.Or(tt.Activation, "sigmoid"), Conv: tt.Conv,
				Dropout: tt.Dropout, L1: tt.L1, CSI: tt.CSI},
			Optimizer: tt.Optimizer.optimizer(),
			Sampler:   Sampler{Kind: "shuffled"},
			Batch:     tt.Batch,
			Epochs:    len(tt.Epochs),
			Seeding:   Seeding{Mode: "author", Seed: v.Seed},
		}
		diverges := math.IsNaN(float64(tt.Rounding))
		lossTolerance := 16*math.Pow(2, -23) + 36*float64(tt.Rounding)
		set := kernel.Available()[0]
		var last *network
		err := trainWith(t.Context(), set, c, train, test, func(n *network, e Epoch, _ *Activations) error {
			want := tt.Epochs[e.Epoch-1]
			for _, l := range []struct {
				name      string
				got, want float64
			}{{"train loss", e.TrainLoss, float64(want.TrainLoss)}, {"test loss", e.TestLoss, float64(want.TestLoss)}} {
				if math.IsNaN(l.got) != math.IsNaN(l.want) || math.Abs(l.got-l.want) > lossTolerance {
					t.Errorf("%+v %+v: epoch %d: %s is %v, want %v", c.Network, c.Optimizer, e.Epoch, l.name, l.got, l.want)
				}
			}
			if e.Correct != want.Correct {
				t.Errorf("%+v %+v: epoch %d: %d correct, want %d", c.Network, c.Optimizer, e.Epoch, e.Correct, want.Correct)
			}
			last = n
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		got := flatten(last)
		if len(got) != len(tt.Parameters) {
			t.Fatalf("%+v: %d parameters, want %d", c.Network, len(got), len(tt.Parameters))
		}
		var worst float64
		for i, want := range tt.Parameters {
			if diverges {
				// Convolutions stop changing when what follows them is NaN, and
				// their rounding is as before.
				rounded := tt.Conv != nil && finite(got[i]) && finite(want)
				if !rounded && !sameNumber(got[i], want) {
					t.Fatalf("%+v %+v: parameter %d is %v, want %v", c.Network, c.Optimizer, i, got[i], want)
				}
				continue
			}
			worst = max(worst, math.Abs(float64(got[i])-float64(want)))
		}
		if worst > 4*float64(tt.Rounding) {
			t.Errorf("%+v %+v: parameters differ by up to %.3g, want %.3g at most", c.Network, c.Optimizer, worst, 4*float64(tt.Rounding))
		}
		t.Logf("%+v %s: parameters differ by up to %.2f of the rounding", c.Network, c.Optimizer.Name, worst/float64(tt.Rounding))
	}
}

func finite(x float32) bool { return x-x == 0 }

// flatten returns all parameters in the order of [Epoch.Digest].
func flatten(n *network) []float32 {
	var all []float32
	n.parameters(func(row []float32) { all = append(all, row...) })
	return all
}
