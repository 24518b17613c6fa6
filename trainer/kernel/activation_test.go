package kernel

import (
	"math"
	"testing"
)

// Over every 1009th float32, Tanh is within the bound of its comment, 2 units
// in the last place. It is odd, and exact at the ends.
func TestTanh(t *testing.T) {
	worst := 0.0
	for b := uint32(0); b < 0x7f800000; b += 1009 {
		x := math.Float32frombits(b)
		got, want := Tanh(x), math.Tanh(float64(x))
		if Tanh(-x) != -got {
			t.Fatalf("Tanh(%v) is %v, Tanh(%v) is %v", x, got, -x, Tanh(-x))
		}
		// The unit of the last place of a float32 of the result's size.
		_, exponent := math.Frexp(want)
		unit := math.Ldexp(1, max(exponent, -125)-24)
		worst = max(worst, math.Abs(float64(got)-want)/unit)
	}
	if worst >= 2 {
		t.Errorf("the error is %.3f units in the last place, want less than 2", worst)
	}
	t.Logf("largest error: %.3f units in the last place", worst)

	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, tt := range []struct{ x, want float32 }{
		{0, 0}, {inf, 1}, {-inf, -1}, {100, 1}, {-100, -1}, {nan, nan},
		{float32(math.Copysign(0, -1)), float32(math.Copysign(0, -1))},
	} {
		if got := Tanh(tt.x); Bits(got) != Bits(tt.want) {
			t.Errorf("Tanh(%v) is %v, want %v", tt.x, got, tt.want)
		}
	}
}

// The loops over rows compute what the functions compute and change nothing
// beside the rows. They follow PyTorch's rule for NaN: it passes the rectifier,
// and so does its gradient.
func TestReLUAndTanhRows(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		r := newSource(3)
		for width := range 40 {
			const m = 3
			ld := width + 2
			z := fill(make([]float32, m*ld), r.any)
			bias := fill(make([]float32, width), r.any)
			for _, f := range []struct {
				name string
				rows func(z []float32, ld, m int, bias []float32)
				one  func(x float32) float32
			}{{"BiasReLU", s.BiasReLU, ReLU}, {"BiasTanh", s.BiasTanh, Tanh}} {
				got := append([]float32(nil), z...)
				f.rows(got, ld, m, bias)
				for i, x := range z {
					want := x
					if i%ld < width {
						want = f.one(x + bias[i%ld])
					}
					if Bits(got[i]) != Bits(want) {
						t.Fatalf("%s, width %d, element %d: %v becomes %v, want %v", f.name, width, i, x, got[i], want)
					}
				}
			}
			d := fill(make([]float32, m*ld), r.any)
			relu, tanh := append([]float32(nil), d...), append([]float32(nil), d...)
			s.ReLUBackward(relu, z)
			s.TanhBackward(tanh, z)
			for i, a := range z {
				want := d[i]
				if a <= 0 {
					want = 0
				}
				if Bits(relu[i]) != Bits(want) {
					t.Fatalf("ReLUBackward of %v at %v is %v, want %v", d[i], a, relu[i], want)
				}
				if want := d[i] * FMA(-a, a, 1); Bits(tanh[i]) != Bits(want) {
					t.Fatalf("TanhBackward of %v at %v is %v, want %v", d[i], a, tanh[i], want)
				}
			}
		}
	})
	nan := float32(math.NaN())
	for _, tt := range []struct{ x, want float32 }{{-1, 0}, {float32(math.Copysign(0, -1)), 0}, {2, 2}, {nan, nan}} {
		if got := ReLU(tt.x); Bits(got) != Bits(tt.want) {
			t.Errorf("ReLU(%v) is %v, want %v", tt.x, got, tt.want)
		}
	}
}

// BiasReLUPool agrees with a direct implementation of its comment for numbers
// that tie, for numbers of all kinds, and for windows of prescribed values.
// What PyTorch computes for the latter is in trainer's torch_vectors.
func TestBiasReLUPool(t *testing.T) {
	forEach(t, func(t *testing.T, s *Set) {
		r := newSource(5)
		small := func() float32 { return float32(r.IntN(5)-2) / 2 }
		for channels := 1; channels < 36; channels++ {
			for windows := range 5 {
				for _, next := range []func() float32{small, r.ordinary, r.any} {
					ld, ldd := channels+3, channels+1
					top := fill(make([]float32, 2*windows*ld), next)
					bottom := fill(make([]float32, 2*windows*ld), next)
					bias := fill(make([]float32, channels+2), next)
					dst := fill(make([]float32, windows*ldd+2), r.ordinary)
					before := append([]float32(nil), dst...)
					arg := make([]uint8, windows*channels)
					s.BiasReLUPool(dst, ldd, arg, top, bottom, ld, windows, channels, bias)
					for i, got := range dst {
						w, c := i/ldd, i%ldd
						if w >= windows || c >= channels {
							if got != before[i] {
								t.Fatalf("%d windows of %d channels: wrote beside the rows", windows, channels)
							}
							continue
						}
						want, place := plainPool([4]float32{
							top[2*w*ld+c] + bias[c], top[(2*w+1)*ld+c] + bias[c],
							bottom[2*w*ld+c] + bias[c], bottom[(2*w+1)*ld+c] + bias[c]})
						if Bits(got) != Bits(want) || arg[w*channels+c] != place {
							t.Fatalf("got %v from place %d, want %v from %d", got, arg[w*channels+c], want, place)
						}
					}
				}
			}
		}
	})
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, tt := range []struct {
		window [4]float32
		want   float32
		place  uint8
	}{
		{[4]float32{1, nan, nan, 2}, nan, 2},
		{[4]float32{3, 3, 5, 3}, 5, 2},
		{[4]float32{3, 3, 1, 3}, 3, 0},
		{[4]float32{-1, -2, -1, 0}, 0, NoArgument},
		{[4]float32{inf, 1, inf, -inf}, inf, 0},
		{[4]float32{-inf, -1, nan, inf}, nan, 2},
	} {
		if got, place := plainPool(tt.window); Bits(got) != Bits(tt.want) || place != tt.place {
			t.Errorf("%v: got %v from place %d, want %v from %d", tt.window, got, place, tt.want, tt.place)
		}
	}
}

func plainPool(window [4]float32) (best float32, place uint8) {
	place = NoArgument
	for i, v := range window {
		switch {
		case v != v, best == best && v > best:
			best, place = v, uint8(i)
		}
	}
	return best, place
}
